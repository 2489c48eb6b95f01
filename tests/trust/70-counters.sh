#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Counters that both CPUs read while both fill and modes are switched, first without, then with resets:
# never torn, never below zero. When all is quiet the sums are exact: what the tracepoint has added
# up is what the counters say. (That they wrap well is KUnit's page_bulk_stats.count_wraps.)
#
# usage: 70-counters.sh [quick]: 60 s, or 6
#
# timeout: 300
# configs: guest
# needs: PAGE_BULK DEBUG_FS HIST_TRIGGERS SMP
# trust-configs: guest debug
# trust-timeout: 400
# shellcheck disable=SC2317 # functions are called by name
set -eu
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

dir=$(dirname "$(readlink -f "$0")")
seconds=30
[ "${1:-}" != quick ] || seconds=3
event=$TRACING/events/page_bulk/page_bulk_fill

count_by_event() { echo 'hist:keys=user,mode:vals=asked,got:size=256' >"$event/trigger"; }

# FILLS ASKED GOT that the event has counted
counted_by_event() { # USER MODE-NUMBER
	tr -d '{},:' <"$event/hist" | awk -v user="$1" -v mode="$2" '
		$1 == "user" && $2 == user && $4 == mode { print $6, $8, $10; found = 1 }
		END { if (!found) print 0, 0, 0 }'
}

start_readers() { # NAME [resets]
	local cpu

	readers=()
	for cpu in 0 1; do
		python3 "$dir/read_counters.py" sunrpc $cpu $seconds "${@:2}" >"$TMP/reader.$1.$cpu" 2>&1 &
		readers+=($!)
	done
}

wait_readers() { # NAME
	local cpu readings changed

	for cpu in 0 1; do
		check_here "$1: CPU $cpu finds no fault" wait "${readers[cpu]}" || {
			diag "$(cat "$TMP/reader.$1.$cpu")"
			continue
		}
		read -r readings changed <"$TMP/reader.$1.$cpu"
		diag "$1: CPU $cpu: $readings readings, $changed of them new"
		holds "$1: CPU $cpu: new readings" "$changed" -gt 1
	done
}

reset_often() {
	local n=0

	while kill -0 "${readers[0]}" 2>/dev/null; do
		echo 1 >"$PB_DEBUG/sunrpc/reset"
		n=$((n + 1))
		sleep 0.02
	done
	resets=$n
}

# shellcheck disable=SC2034 # by name
declare -A before after
setup 'NFS server and client come up' lab_nfs_up
setup 'fills are counted by the event' count_by_event
pb_read_stats sunrpc before
setup 'a load of reads and writes starts' lab_nfs_load_start
python3 "$dir/../system/switcher.py" "$PB/sunrpc" 1 100000000 2 0.01 >"$TMP/switcher" 2>&1 &
switcher=$!
start_readers plain
wait_readers plain
check_load_stop
check 'the switcher ran all the time' kill -0 "$switcher"
kill "$switcher"
wait "$switcher" 2>/dev/null || true
sleep 1
pb_read_stats sunrpc after
number=0
for mode in $PB_MODES; do
	# shellcheck disable=SC2034 # by name
	read -r fills asked got < <(counted_by_event sunrpc $number)
	holds "$mode: fills" "$fills" -gt 0
	for key in fills asked got; do
		equal "$mode: $key as the event counted" \
			$((${after["$mode $key"]} - ${before["$mode $key"]})) "${!key}"
	done
	number=$((number + 1))
done

setup 'the load starts again' lab_nfs_load_start
start_readers resets resets
reset_often
wait_readers resets
diag "$resets resets"
holds 'resets' "$resets" -gt 0
check_load_stop
echo 1 >"$PB_DEBUG/sunrpc/reset"
sleep 1
pb_read_stats sunrpc before
equal 'after the last reset, and without load, each counter is 0' \
	"$(for key in "${!before[@]}"; do [ "$key" = generation ] || echo "${before[$key]}"; done | sort -u)" 0
check_down lab_nfs_down
finish
