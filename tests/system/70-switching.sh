#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# 10,000 switches on one CPU, beside NFS load on the other whose every byte is verified.
#
# timeout: 480
# configs: guest numa
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

switches=10000
declare -A before after

# The server's threads and the client's fio to CPU 0.
pin_load() {
	local pid

	for pid in $(pgrep -x nfsd) $(pgrep -x fio); do
		taskset -a -c -p 0 "$pid" >"$TMP/taskset" || return
	done
}

cpus_of_load() {
	local pid

	for pid in $(pgrep -x nfsd) $(pgrep -x fio); do
		taskset -c -p "$pid" | sed 's/.*: //'
	done | sort -u
}

read_answer() { read -r writes changes <"$TMP/switcher"; }

setup 'NFS server and client come up' lab_nfs_up
setup 'a load of reads and writes starts' lab_nfs_load_start
setup 'the load is pinned to CPU 0' pin_load
equal 'all of the load may run on CPU 0 only' "$(cpus_of_load)" 0
pb_read_stats sunrpc before
setup "$switches switches on CPU 1" \
	python3 "$(dirname "$0")/switcher.py" "$PB/sunrpc" 1 "$switches" 100 0.03
cp "$TMP/output" "$TMP/switcher"
setup 'the switcher says what it did' read_answer
check 'the load still runs' lab_nfs_load_alive
check_load_stop
sleep 0.5

pb_read_stats sunrpc after
diag "$changes actual changes"
equal 'writes' "$writes" "$switches"
holds 'most of them were actual changes' "$changes" -gt $((switches / 2))
equal 'the generation was 0' "${before["generation"]}" 0
equal 'the generation rose by one at each actual change' "${after["generation"]}" "$changes"
for mode in $PB_MODES; do
	fills=$((${after["$mode fills"]} - ${before["$mode fills"]}))
	diag "$mode: $fills fills"
	holds "$mode: fills" "$fills" -gt 0
	if [ "$mode" != stock ] && [ "${after["$mode short"]}" = 0 ]; then
		equal "$mode: what was asked was got" "${after["$mode got"]}" \
			"${after["$mode asked"]}"
	fi
	equal "$mode: no fill failed" "${after["$mode failed"]}" 0
done
check_down lab_nfs_down
finish
