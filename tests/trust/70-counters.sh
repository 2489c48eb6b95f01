#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Counters that both CPUs read while both fill and modes are switched, first without, then with resets:
# never torn, never below zero. When all is quiet the sums are exact: what the tracepoint has added
# up is what the counters say. First those of sunrpc, which nfsd's threads count, then those of page_pool,
# which softirqs count. (That they wrap well is KUnit's page_bulk_stats.count_wraps.)
#
# usage: 70-counters.sh [quick]: 60 s for each user, or 6 at least
#
# timeout: 300
# configs: guest
# needs: PAGE_BULK DEBUG_FS HIST_TRIGGERS SMP
# trust-configs: numa
# trust-timeout: 600
# shellcheck disable=SC2317 # functions are called by name
set -eu
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"
. "$(dirname "$0")/../labs/xdp/lib.sh"

dir=$(dirname "$(readlink -f "$0")")
seconds=30 burst=12000 sizes=both
# Where what reads and switches leaves the sender's thread little time, that many packets take minutes
! pb_is_slow || burst=3000
[ "${1:-}" != quick ] || seconds=3 sizes=1m
event=$TRACING/events/page_bulk/page_bulk_fill
hist=hist:keys=user,mode,common_cpu:vals=asked,got:size=256

# FILLS ASKED GOT that the event has counted; of all modes or one, on all CPUs or one
counted_by_event() { # USER [MODE-NUMBER [CPU]]
	tr -d '{},:' <"$event/hist" | awk -v user="$1" -v mode="${2:-}" -v cpu="${3:-}" '
		$1 == "user" && $2 == user && (mode == "" || $4 == mode) && (cpu == "" || $6 == cpu) {
			for (i = 7; i < NF; i += 2) sum[$i] += $(i + 1)
		}
		END { print sum["hitcount"] + 0, sum["asked"] + 0, sum["got"] + 0 }'
}

# --- what makes a user fill: go is called again and again -----------------------------------------

up_sunrpc() { lab_nfs_up; }
start_sunrpc() { lab_nfs_load_start both "$sizes"; }
go_sunrpc() { sleep 0.5; }
stop_sunrpc() { lab_nfs_load_stop; }
down_sunrpc() { lab_nfs_down; }

up_page_pool() { lab_xdp_up; }
start_page_pool() { rounds=0 packets=0; }
# The CPU that sends is the one whose softirq fills: the other one than last time
go_page_pool() {
	LAB_XDP_CPU=$((1 - LAB_XDP_CPU))
	LAB_XDP_ANSWER=
	# where the CPUs have much to do, packets are dropped; none is spoiled
	lab_xdp_round "$burst" || [[ $LAB_XDP_ANSWER == "drained "*" 0" ]] || return
	rounds=$((rounds + 1))
	packets=$((packets + LAB_XDP_PACKETS))
}
stop_page_pool() { echo "$rounds rounds, $packets packets"; [ "$packets" -gt 0 ]; }
down_page_pool() { lab_xdp_down; }

# --- the same for each user ------------------------------------------------------------------------

start_readers() { # NAME USER [resets]: they read when this returns
	local cpu

	readers=()
	rm -f "$TMP/stop"
	for cpu in 0 1; do
		python3 "$dir/read_counters.py" "$2" "$cpu" "$TMP/stop" "${@:3}" >"$TMP/reader.$1.$cpu" 2>&1 &
		readers+=($!)
	done
	wait_until 60 grep -qs . "$TMP/reader.$1.0" && wait_until 60 grep -qs . "$TMP/reader.$1.1"
}

# So long, and so often that page_pool has filled on each CPU
fill() { # USER
	local turns=0 end=$((SECONDS + seconds))

	while [ "$SECONDS" -lt "$end" ] || [ "$turns" -lt 2 ]; do
		"go_$1" || return
		turns=$((turns + 1))
	done
}

wait_readers() { # NAME
	local cpu readings changed

	for cpu in 0 1; do
		check_here "$1: CPU $cpu finds no fault" wait "${readers[cpu]}" || {
			diag "$(cat "$TMP/reader.$1.$cpu")"
			continue
		}
		read -r readings changed < <(tail -n 1 "$TMP/reader.$1.$cpu")
		diag "$1: CPU $cpu: $readings readings, $changed of them new"
		holds "$1: CPU $cpu: new readings" "$changed" -gt 1
	done
}

reset_often() { # USER
	local n=0

	until [ -e "$TMP/stop" ]; do
		echo 1 >"$PB_DEBUG/$1/reset"
		n=$((n + 1))
		echo "$n" >"$TMP/resets"
		sleep 0.02
	done
}

# Fill and switch while both CPUs read, until all is quiet again
run_load() { # NAME USER [resets]
	local switcher resetter=

	setup "$1: the load starts" "start_$2"
	python3 "$dir/../system/switcher.py" "$PB/$2" 1 100000000 2 0.01 >"$TMP/switcher" 2>&1 &
	switcher=$!
	setup "$1: both CPUs read" start_readers "$@"
	if [ "${3:-}" = resets ]; then
		reset_often "$2" &
		resetter=$!
	fi
	check_here "$1: what makes it fill goes on" fill "$2" || true
	touch "$TMP/stop"
	wait_readers "$1"
	[ -z "$resetter" ] || wait "$resetter"
	check_here "$1: the load met no error" "stop_$2" || true
	diag "$(cat "$TMP/output")"
	check "$1: the switcher ran all the time" kill -0 "$switcher"
	kill "$switcher"
	wait "$switcher" 2>/dev/null || true
	sleep 1
}

test_sums() { # USER
	local number=0 mode key cpu fills asked got
	# shellcheck disable=SC2034 # by name
	local -A before after

	pb_read_stats "$1" before
	run_load "$1" "$1"
	pb_read_stats "$1" after
	for mode in $PB_MODES; do
		# shellcheck disable=SC2034 # by name
		read -r fills asked got < <(counted_by_event "$1" $number)
		diag "$1: $mode: $fills fills"
		holds "$1: $mode: fills" "$fills" -gt 0
		for key in fills asked got; do
			equal "$1: $mode: $key as the event counted" \
				$((${after["$mode $key"]} - ${before["$mode $key"]})) "${!key}"
		done
		number=$((number + 1))
	done
	for cpu in 0 1; do
		read -r fills _ < <(counted_by_event "$1" '' $cpu)
		diag "$1: CPU $cpu: $fills fills"
		holds "$1: CPU $cpu: fills" "$fills" -gt 0
	done
}

test_resets() { # USER
	local fills fills_before
	local -A rest

	read -r fills_before _ < <(counted_by_event "$1")
	rm -f "$TMP/resets"
	run_load "$1, resets" "$1" resets
	read -r fills _ < <(counted_by_event "$1")
	diag "$1: $(cat "$TMP/resets") resets, $((fills - fills_before)) fills"
	holds "$1: resets" "$(cat "$TMP/resets")" -gt 0
	holds "$1: fills while there are resets" "$fills" -gt "$fills_before"
	echo 1 >"$PB_DEBUG/$1/reset"
	sleep 1
	pb_read_stats "$1" rest
	equal "$1: after the last reset, and without load, each counter is 0" \
		"$(for key in "${!rest[@]}"; do [ "$key" = generation ] || echo "${rest[$key]}"; done | sort -u)" 0
}

for user in sunrpc page_pool; do
	setup "$user: what makes it fill comes up" "up_$user"
	echo "$hist" >"$event/trigger"
	test_sums "$user"
	equal "$user: the event has counted each fill" "$(sed -n 's/.*Dropped: //p' "$event/hist")" 0
	test_resets "$user"
	echo "!$hist" >"$event/trigger"
	check_down "down_$user"
done
finish
