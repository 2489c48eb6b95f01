#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bulkctl ab on a real kernel, under NFS load: what it measures, and all the ways in which it ends.
#
# timeout: 1500
# configs: guest
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

experiment=$PB_DEBUG/experiment
# Short, for what is not about the numbers: one block takes half a second.
short=(--slice 100ms --settle 20ms --aa-rounds 1 --rounds 2)
# Long enough to be disturbed before its end. Few metrics: each costs the analysis seconds here.
long=(--slice 200ms --settle 20ms --rounds 60 --metric "fills_per_s,ns_per_page")

mode_is() { # MODE
	pb_now sunrpc
	[ "${PB_NOW% *}" = "$1" ]
}

timing_is() { [ "$(cat "$PB/timing")" = "$1" ]; }

held() { ! grep -q '^holder none' "$experiment"; }

not_running() { ! pgrep -x bulkctl >/dev/null; }

# Runs bulkctl ab; sets STATUS, and its output is in $TMP/stdout and $TMP/stderr.
ab_run() { # ARG...
	STATUS=0
	bulkctl ab sunrpc "$@" >"$TMP/stdout" 2>"$TMP/stderr" || STATUS=$?
}

# Starts one in the background, and returns when the A/A arm has begun. Sets PID.
ab_start() { # ARG...
	bulkctl ab sunrpc "$@" >"$TMP/stdout" 2>"$TMP/stderr" &
	PID=$!
	wait_until 60 held && wait_until 60 mode_is single && sleep 1
}

# Waits for it; sets STATUS.
ab_end() {
	STATUS=0
	wait "$PID" || STATUS=$?
}

all_is_back() { # WHAT MODE
	pb_now sunrpc
	equal "$1: the mode of before is back" "${PB_NOW% *}" "$2"
	equal "$1: nobody holds the experiment" "$(head -n 1 "$experiment")" 'holder none'
	check "$1: timing is off again" wait_until 20 timing_is 0
	check "$1: no process is left" wait_until 20 not_running
}

query() { jq -r "$@" "$TMP/stdout"; }

refused() { # STATUS WORDS ARG...
	local status=$1 words=$2 was

	shift 2
	pb_now sunrpc
	was=$PB_NOW
	ab_run "$@"
	equal "ab $*: exit status" "$STATUS" "$status"
	check "ab $*: says '$words'" grep -F -- "$words" "$TMP/stderr"
	equal "ab $*: nothing on standard output" "$(cat "$TMP/stdout")" ''
	pb_now sunrpc
	equal "ab $*: nothing was switched" "$PB_NOW" "$was"
	equal "ab $*: timing is off" "$(cat "$PB/timing")" 0
}

test_refused() {
	refused 2 "unknown mode 'lits'" --modes lits,array
	refused 2 "unknown metric 'speed'" --modes list,array --metric speed
	refused 2 '--abort-if' --modes list,array --abort-if 'short_rate'
	refused 2 'would slow down' --modes list,array -e kmem:mm_page_alloc
	refused 1 'cannot be checked' --modes list,array --abort-if 'pcp_refills>1'
	STATUS=0
	setpriv --reuid tester --regid tester --init-groups -- bulkctl ab sunrpc --modes list,array \
		>"$TMP/stdout" 2>"$TMP/stderr" || STATUS=$?
	equal 'ab by a user without permission: exit status' "$STATUS" 4
}

# Who has the experiment open, as process ids.
holders() {
	find /proc/[0-9]*/fd -maxdepth 1 -lname "$experiment" 2>/dev/null | cut -d / -f 3
}

# While one runs: who holds the experiment, what COMMAND inherits, and that there is no second one.
test_held() {
	pb_set sunrpc list
	setup 'held: begins' ab_start --modes single,array "${long[@]}" -- sleep 1000
	equal 'held: timing is on' "$(cat "$PB/timing")" 1
	equal 'held: the kernel names the holder' "$(head -n 1 "$experiment")" "holder $PID bulkctl"
	equal 'held: only bulkctl itself has it open, not COMMAND' "$(holders)" "$PID"
	STATUS=0
	bulkctl ab sunrpc --modes list,array >"$TMP/second" 2>&1 || STATUS=$?
	equal 'a second ab: exit status' "$STATUS" 1
	check 'a second ab: names the holder' \
		grep -F "another experiment is running (process $PID, bulkctl)" "$TMP/second"
	equal 'a second ab: leaves timing on' "$(cat "$PB/timing")" 1
	kill -INT "$PID"
	ab_end
	equal 'held: ends with Ctrl-C' "$STATUS" 130
	all_is_back held list
	check 'held: COMMAND is gone' wait_until 20 sh -c '! pgrep -x sleep'
}

# A COMMAND that prints a number 20 times a second.
numbers='
import time
while True:
    print("uptime", time.monotonic(), "s", flush=True)
    time.sleep(0.05)
'

# single against array, beside a COMMAND, with events: the whole result.
test_result() {
	pb_set sunrpc list
	ab_run --modes single,array --rounds 12 --aa-rounds 12 --slice 300ms --settle 60ms --seed 7 \
		-e context-switches --metric ns_per_page,ns_per_fill,p99_fill_us,fills_per_s \
		--metric short_rate,nfs_ops_per_s,packets_per_s:srv0,sys_cpu_s_per_s,pgalloc_per_s \
		--metric frag_index,rpc_us,zone_locks_per_fill,pcp_refills,context-switches_per_page,command \
		--abort-if 'short_rate>0.9' -o "$OUT/ab.json" --json -- \
		python3 -c "$numbers"
	equal 'result: exit status' "$STATUS" 0
	check 'result: RPCs are timed no longer' no_instance
	all_is_back result list
	check 'result: -o has the same as standard output' cmp "$TMP/stdout" "$OUT/ab.json"
	equal 'result: slices' "$(query '"\(.aa_slices | length) \(.slices | length)"')" '48 48'
	equal 'result: none was dropped' \
		"$(query '[.aa_slices[], .slices[] | select(.dropped)] | length')" 0
	equal 'result: metrics without values' \
		"$(query '[.metrics[] | select(.missing) | .name] | join(" ")')" 'pcp_refills'
	equal 'result: the others have values in each arm' "$(query '[.metrics[] |
		select(.missing == null and (.arms | all(.n > 0 and .median != null) | not)) |
		.name] | join(" ")')" 'zone_locks_per_fill'
	equal 'result: holds of zone->lock are known of array alone' "$(query '.metrics[] |
		select(.name == "zone_locks_per_fill").arms | map(.n > 0) | @text')" '[false,true]'
	check_rpc_time
	equal 'result: the numbers of COMMAND are compared' "$(query '.metrics[] |
		select(.name == "command").comparisons[0].verdict | . != "no_values"')" true
	equal 'result: confounders' "$(query '[.confounders[] | select(.name | IN("kernel", "build_id",
		"cmdline", "clocksource", "hypervisor", "debug_options", "kmem_events", "pcp",
		"memory_total", "fragmentation", "loadavg", "busiest_processes", "bulkctl_cpu",
		"vm.page_bulk.page_pool")) | select(.value != null) | .name] | length')" 14
	query '.confounders[] | select(.name == "busiest_processes").value' >"$TMP/busiest"
	check 'result: the load is among the busiest' grep -E 'fio|nfsd' "$TMP/busiest"
	diag "busiest: $(cat "$TMP/busiest")"
	diag "$(query '.metrics[] | "\(.name): \(.comparisons[0].sentence)"')"
	diag "$(query '.confounders[] | select(.name == "bulkctl_cpu") | "bulkctl: \(.value)"')"
	diag "$(query '.notes[]')"
	diag "$(cat "$TMP/stderr")"
}

# An RPC takes some time, and no more than all the threads of nfsd have for it.
check_rpc_time() {
	local most

	most=$(query '[.metrics[] | select(.name == "nfs_ops_per_s").arms[].median] | min')
	most=$(jq -n "1000000 * $(cat /proc/fs/nfsd/threads) / $most")
	diag "rpc_us: $(query '.metrics[] | select(.name == "rpc_us").arms | @text'), at most $most"
	equal 'result: RPCs take no longer than there is time for' "$(query --argjson most "$most" \
		'.metrics[] | select(.name == "rpc_us").arms | all(.median > 1 and .median < $most)')" true
}

no_instance() { ! ls -d /sys/kernel/tracing/instances/bulkctl-* >/dev/null 2>&1; }

test_text() {
	ab_run --modes single,array "${short[@]}"
	equal 'text: exit status' "$STATUS" 0
	check 'text: has the metrics' grep ns_per_page "$TMP/stdout"
	check 'text: two rounds are too few' grep 'too few' "$TMP/stdout"
	check 'text: no progress when nobody watches' sh -c '! grep "left" "$0"' "$TMP/stderr"
	all_is_back text list
}

# An administrator writes in the middle: another mode, or the very mode that is set.
test_administrator() {
	local mode

	for mode in stock single; do
		pb_set sunrpc list
		setup "administrator writes $mode: begins" ab_start --modes single,array --json \
			"${long[@]}"
		pb_set sunrpc "$mode"
		ab_end
		equal "administrator writes $mode: exit status" "$STATUS" 1
		check "administrator writes $mode: says so" \
			grep -F "wrote sysctl vm.page_bulk.sunrpc: it is $mode now, and stays" \
			"$TMP/stderr"
		all_is_back "administrator writes $mode" "$mode"
		equal "administrator writes $mode: one slice is dropped, or none where it fell into a gap" \
			"$(query '[.aa_slices[] | select(.dropped)] | length | . < 2')" true
		equal "administrator writes $mode: what was measured is there" \
			"$(query '.aa_slices | length > 0')" true
	done

	pb_set sunrpc list
	setup 'keep going: begins' ab_start --modes single,array --json --keep-going --slice 500ms \
		--settle 0 --aa-rounds 2 --rounds 1
	pb_set sunrpc stock
	ab_end
	equal 'keep going: exit status' "$STATUS" 0
	equal 'keep going: all slices are there' "$(query '.aa_slices + .slices | length')" 12
	equal 'keep going: one is dropped, or none where it fell into a gap' \
		"$(query '[.aa_slices[], .slices[] | select(.dropped)] | length < 2')" true
	check 'keep going: a note says it' \
		sh -c 'jq -r ".notes[]" "$0" | grep "it is stock now"' "$TMP/stdout"
	all_is_back 'keep going' stock
}

test_signals() {
	local signal

	for signal in INT TERM HUP; do
		pb_set sunrpc list
		setup "SIG$signal: begins" ab_start --modes single,array --json "${long[@]}"
		kill "-$signal" "$PID"
		ab_end
		equal "SIG$signal: exit status" "$STATUS" 130
		all_is_back "SIG$signal" list
		equal "SIG$signal: what was measured is there" \
			"$(query '"\(.interrupted) \(.aa_slices | length > 0)"')" 'true true'
	done

	pb_set sunrpc list
	setup 'SIGKILL: begins' ab_start --modes single,array "${long[@]}" --metric rpc_us \
		-- sleep 1000
	check 'SIGKILL: RPCs are timed before' \
		grep -q '^hist:keys=netns_ino' "/sys/kernel/tracing/instances/bulkctl-$PID/events/sunrpc/svc_stats_latency/trigger"
	kill -KILL "$PID"
	ab_end
	all_is_back SIGKILL list
	check 'SIGKILL: RPCs are timed no longer' wait_until 20 no_instance
	check 'SIGKILL: COMMAND is gone' wait_until 20 sh -c '! pgrep -x sleep'
}

test_guard() {
	pb_set sunrpc list
	ab_run --modes single,array --json --abort-if 'fills_per_s>0' "${long[@]}"
	equal 'guard: exit status' "$STATUS" 1
	check 'guard: says why, with the value' \
		grep -E "abort-if 'fills_per_s>0': fills_per_s was [0-9.]+ in a slice of mode single" \
		"$TMP/stderr"
	# on a slow machine there may be slices without a fill
	equal 'guard: ends after the first slice with fills' \
		"$(query '[(.aa_slices + .slices)[].values[0]] | .[-1] > 0 and all(.[:-1][]; . == 0)')" true
	all_is_back guard list
}

test_per_slice() {
	ab_run --modes single,array --json --metric command,fills_per_s --settle 0 --per-slice \
		--aa-rounds 0 --rounds 2 -- dash -c "sleep 0.2; echo got 42 ms"
	equal 'per slice: exit status' "$STATUS" 0
	equal 'per slice: the number of COMMAND' \
		"$(query '[.slices[].values[0]] | unique | join(" ")')" 42
	equal 'per slice: a slice lasts as long as COMMAND' \
		"$(query '[.slices[].seconds] | min > 0.19')" true
}

# Five experiments of a mode with itself: one in twenty finds something, by chance.
test_same() {
	local found=0 run verdicts

	for run in 1 2 3 4 5; do
		ab_run --modes array,array --json --slice 100ms --settle 10ms --rounds 12 \
			--aa-rounds 12 --metric ns_per_page,ns_per_fill,fills_per_s,nfs_ops_per_s
		equal "A/A $run: exit status" "$STATUS" 0
		verdicts=$(query '[.metrics[].comparisons[0].verdict] | unique | join(", ")')
		diag "A/A $run: $verdicts"
		diag "$(query '.metrics[] | .comparisons[0].sentence')"
		case $verdicts in
		*better*|*worse*|*differs*) found=$((found + 1)) ;;
		esac
	done
	diag "$found of 5 experiments of array with itself found a difference"
	holds 'A/A: at most 2 of 5 find a difference (by chance 1 in 1000 would)' "$found" -le 2
}

setup 'NFS server and client come up' lab_nfs_up
setup 'a load of reads and writes starts' lab_nfs_load_start
pb_set sunrpc list
test_refused
test_held
test_text
test_guard
test_per_slice
test_signals
test_administrator
test_result
pb_set sunrpc array
test_same
check 'the load still runs' lab_nfs_load_alive
check_load_stop
check_down lab_nfs_down
finish
