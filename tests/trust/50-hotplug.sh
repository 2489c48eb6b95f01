#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A CPU goes offline and comes back every second, under NFS and XDP load, in each mode: the counters
# keep what they have counted, also what that CPU has.
#
# usage: 50-hotplug.sh [quick]: 60 s, or 8
#
# The warning is of Linux 6.12's own: see system/75-stress.sh.
#
# vm-args: --allow 'WARNING: .*kernel/sched/deadline\.c:[0-9]+ (task_non_contending|__sub_running_bw)'
# timeout: 300
# configs: guest
# needs: PAGE_BULK DEBUG_FS HOTPLUG_CPU
# trust-configs: guest debug
# trust-timeout: 400
set -eu
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"
. "$(dirname "$0")/../labs/xdp/lib.sh"

seconds=60
[ "${1:-}" != quick ] || seconds=8
cpu=/sys/devices/system/cpu/cpu1/online

# Each writes how often it succeeded
hotplug() {
	local n=0

	while [ -e "$TMP/going" ]; do
		! echo 0 >$cpu || n=$((n + 1))
		sleep 0.5
		echo 1 >$cpu || true
		sleep 0.5
	done
	echo "$n" >"$TMP/offline"
}

# shellcheck disable=SC2034 # by name
declare -A before after sunrpc page_pool

# Reads a user's counters into the array of its name; prints those that are less than they were there
look() { # USER
	local -n last=$1
	local key

	pb_read_stats "$1" after
	fallen=
	for key in "${!last[@]}"; do
		[ "${after[$key]}" -ge "${last[$key]}" ] || fallen+="$key: ${last[$key]}, then ${after[$key]}; "
		last["$key"]=${after[$key]}
	done
	equal "$1: no counter has fallen" "$fallen" ''
}

setup 'a CPU can go offline' test -w $cpu
setup 'NFS server and client come up' lab_nfs_up
setup 'veth with XDP comes up' lab_xdp_up
setup 'a load of reads and writes starts' lab_nfs_load_start both 1m
: >"$TMP/going"
hotplug 2>"$TMP/hotplug.log" &
worker=$!
declare -A first
pb_read_stats sunrpc first
pb_read_stats sunrpc sunrpc
pb_read_stats page_pool page_pool
rounds=0 end=$((SECONDS + seconds))
while [ $SECONDS -lt $end ]; do
	for mode in $PB_MODES; do
		pb_set sunrpc "$mode"
		pb_set page_pool "$mode"
		setup "$mode: a round of packets" lab_xdp_round 2000
		setup "$mode: the load runs" lab_nfs_load_alive
		look page_pool
		look sunrpc
		rounds=$((rounds + 1))
	done
done
rm "$TMP/going"
wait $worker
offline=$(cat "$TMP/offline")
diag "$offline times offline, $rounds rounds of packets; $(sort "$TMP/hotplug.log" | uniq -c | head -n 3)"
holds 'the CPU went offline' "$offline" -gt 0
check_load_stop
check 'the CPU is back' grep -qx 1 $cpu
for mode in $PB_MODES; do
	holds "$mode: fills" "${after["$mode fills"]}" -gt "${first["$mode fills"]}"
done

# Without load a counter is the same, wherever its parts are
sleep 1
for user in sunrpc page_pool; do
	pb_read_stats "$user" before
	echo 0 >$cpu
	pb_read_stats "$user" after
	equal "$user: the sums are the same with the CPU offline" \
		"$(for key in "${!before[@]}"; do echo "$key ${before[$key]}"; done | sort)" \
		"$(for key in "${!after[@]}"; do echo "$key ${after[$key]}"; done | sort)"
	echo 1 >$cpu
	pb_read_stats "$user" after
	equal "$user: and with the CPU back" "$(pb_moved_but before after none)" ''
done
check_down lab_xdp_down
check_down lab_nfs_down
finish
