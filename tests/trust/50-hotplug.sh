#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A CPU goes offline and comes back every second, under NFS and XDP load, in each mode: the counters
# keep what they have counted, also what that CPU has. So first both users fill on it in each mode: those who
# fill may run nowhere else then, and where there are histograms of events, one has counted these fills.
#
# usage: 50-hotplug.sh [quick]: 60 s, or 8
#
# The warning is of Linux 6.12's own: see system/75-stress.sh.
#
# vm-args: --allow 'WARNING: .*kernel/sched/deadline\.c:[0-9]+ (task_non_contending|inactive_task_timer|__sub_running_bw)'
# timeout: 300
# configs: guest
# needs: PAGE_BULK DEBUG_FS HOTPLUG_CPU
# trust-configs: numa
# trust-timeout: 400
# shellcheck disable=SC2317 # functions are called by name
set -eu
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"
. "$(dirname "$0")/../labs/xdp/lib.sh"

seconds=60
[ "${1:-}" != quick ] || seconds=8
cpu=/sys/devices/system/cpu/cpu1/online
event=$TRACING/events/page_bulk/page_bulk_fill
hist=hist:keys=user,mode,common_cpu

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
declare -A before after sunrpc page_pool first_sunrpc first_page_pool

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

# nfsd's threads run on these CPUs
nfsd_on() { # CPUS
	local pid

	for pid in $(lab_nfs_threads); do
		taskset -c -p "$1" "$pid" || return
	done
}

# Where those may run that make a user fill: nfsd's threads; pktgen's, on whose CPU veth's NAPI runs
fills_on() { # USER
	local pid pids

	case $1 in
	sunrpc) pids=$(lab_nfs_threads) ;;
	page_pool) pids=$(pgrep -x "kpktgend_$LAB_XDP_CPU") ;;
	esac
	for pid in $pids; do
		taskset -c -p "$pid" | sed 's/.*: //'
	done | sort -u
}

count_fills() { echo "$hist" >"$event/trigger"; }
counted_by_event() { # USER MODE-NUMBER CPU
	tr -d '{},:' <"$event/hist" | awk -v user="$1" -v mode="$2" -v cpu="$3" '
		$1 == "user" && $2 == user && $4 == mode && $6 == cpu { n += $8 }
		END { print n + 0 }'
}

sunrpc_fills() { # MODE: since first_sunrpc was read
	pb_read_stats sunrpc after
	[ "${after["$1 fills"]}" -gt "${first_sunrpc["$1 fills"]}" ]
}

# Before the CPU has ever been away: what is bound to it, pktgen's thread, no longer is afterwards
test_fills_on_cpu1() {
	local mode user number=0 fills

	LAB_XDP_CPU=1
	setup 'nfsd runs on CPU 1' nfsd_on 1
	if pb_has HIST_TRIGGERS; then
		setup 'fills are counted by the event' count_fills
	else
		diag 'this kernel has no histograms of events: where fills are counted is known from where threads may run'
	fi
	for mode in $PB_MODES; do
		pb_set sunrpc "$mode"
		pb_set page_pool "$mode"
		pb_read_stats sunrpc first_sunrpc
		pb_read_stats page_pool first_page_pool
		setup "$mode: nfsd fills on CPU 1" wait_until 60 sunrpc_fills "$mode"
		# one after the other: beside nfsd, and with KASAN, pktgen's thread would take minutes
		lab_nfs_load_hold none
		setup "$mode: a round of packets from CPU 1" lab_xdp_round 2000
		lab_nfs_load_go
		for user in sunrpc page_pool; do
			pb_read_stats "$user" after
			local -n first=first_$user
			fills=$((${after["$mode fills"]} - ${first["$mode fills"]}))
			diag "$user: $mode: $fills fills by those who run on CPU 1"
			holds "$user: $mode: fills" "$fills" -gt 0
			equal "$user: $mode: those who fill run on CPU 1 only" "$(fills_on "$user")" 1
			if pb_has HIST_TRIGGERS; then
				fills=$(counted_by_event "$user" $number 1)
				diag "$user: $mode: $fills fills that the event has counted on CPU 1"
				holds "$user: $mode: fills on CPU 1" "$fills" -gt 0
			fi
		done
		number=$((number + 1))
	done
	if pb_has HIST_TRIGGERS; then
		equal 'the event has counted each fill' "$(sed -n 's/.*Dropped: //p' "$event/hist")" 0
		echo "!$hist" >"$event/trigger"
	fi
	setup 'nfsd runs on both CPUs' nfsd_on 0,1
	LAB_XDP_CPU=0
}

setup 'a CPU can go offline' test -w $cpu
setup 'NFS server and client come up' lab_nfs_up
setup 'veth with XDP comes up' lab_xdp_up
setup 'a load of reads and writes starts' lab_nfs_load_start both 1m
test_fills_on_cpu1
: >"$TMP/going"
hotplug 2>"$TMP/hotplug.log" &
worker=$!
pb_read_stats sunrpc first_sunrpc
pb_read_stats page_pool first_page_pool
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
for user in sunrpc page_pool; do
	pb_read_stats "$user" after
	declare -n first=first_$user
	for mode in $PB_MODES; do
		fills=$((${after["$mode fills"]} - ${first["$mode fills"]}))
		diag "$user: $mode: $fills fills"
		holds "$user: $mode: fills while the CPU comes and goes" "$fills" -gt 0
	done
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
