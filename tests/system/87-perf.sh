#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bulkctl report -e against perf stat over the same interval, with NFS traffic within; events that
# the guest lacks; nfsd's threads.
#
# timeout: 1200
# configs: guest
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

PROBE=page_bulk_test_recv

# Seconds that are enough for the traffic, tried one after the other. With KASAN bulkctl begins and ends slowly,
# and the machine does not stand still meanwhile: more traffic against that
intervals=(10 30 90) size=4m
! pb_has KASAN || intervals=(30 90 270) size=8m

# Runs bulkctl; sets STATUS, and its output is in $TMP/stdout and $TMP/stderr.
bulkctl_run() { # ARG...
	STATUS=0
	bulkctl "$@" >"$TMP/stdout" 2>"$TMP/stderr" || STATUS=$?
}

report() { jq -r "$1" "${2:-$TMP/stdout}"; } # FILTER [FILE]: from the JSON report

# --- the same interval -----------------------------------------------------------------------

# bulkctl has taken its first sample and not yet its last, or perf stat has ended. By the shell itself: a
# process that asks would have page faults and switches, which only perf stat counts as long as the answer is no.
asleep() { # PID
	local file name what

	kill -0 "$1" 2>/dev/null || return 0
	for file in /proc/[0-9]*/comm; do
		read -r name <"$file" || continue
		[ "$name" = bulkctl ] || continue
		# it has no end of line
		read -r what <"${file%comm}wchan" || true
		[[ $what != *sigtimedwait* ]] || return 0
	done 2>/dev/null
	return 1
}

wait_asleep() { # PID
	local i

	[ -p "$TMP/silence" ] || mkfifo "$TMP/silence"
	for ((i = 0; i < 60; i++)); do
		read -r -t 1 _ <>"$TMP/silence" || true
		! asleep "$1" || return 0
	done
	return 1
}

# bulkctl report within perf stat: the report in $TMP/stdout, perf's numbers in FILE.
both() { # FILE INTERVAL EVENTS PERF_TARGET BULKCTL_TARGET
	local -a by_perf by_bulkctl

	read -ra by_perf <<<"$4"
	read -ra by_bulkctl <<<"$5"
	perf stat -x, -o "$1" -e "$3" "${by_perf[@]}" -- \
		bulkctl report --json --interval "$2" -e "$3" "${by_bulkctl[@]}" \
		>"$TMP/stdout" 2>"$TMP/stderr" || { cat "$TMP/stderr"; return 1; }
}

# Both, and COMMAND between bulkctl's first sample and its last, a time of silence otherwise. perf stat
# counts what bulkctl's own start and end take, too: measured with nothing in between.
measure() { # EVENTS PERF_TARGET BULKCTL_TARGET COMMAND...
	local seconds pid events=$1 perf_target=$2 bulkctl_target=$3

	shift 3
	both "$TMP/edges" 100ms "$events" "$perf_target" "$bulkctl_target" || return
	mv "$TMP/stdout" "$TMP/silent"
	for seconds in "${intervals[@]}"; do
		both "$TMP/perf" "$seconds" "$events" "$perf_target" "$bulkctl_target" &
		pid=$!
		wait_asleep "$pid" || return
		"$@" || return
		sleep 0.3
		if kill -0 "$pid" 2>/dev/null && asleep "$pid"; then
			wait "$pid"
			return
		fi
		# COMMAND took too long.
		wait "$pid" || return
	done
	return 1
}

perf_value() { # FILE EVENT: of perf's; ms are ns in ours
	awk -F, -v event="$2" '$3 == event { printf "%.0f", $2 == "msec" ? $1 * 1e6 : $1 }' "$1"
}

within_two_percent() { # NAME EVENT [ATLEAST]
	local ours perf edges

	ours=$(report ".perf.\"$2\".value")
	perf=$(perf_value "$TMP/perf" "$2")
	edges=$(($(perf_value "$TMP/edges" "$2") - $(report ".perf.\"$2\".value | round" "$TMP/silent")))
	diag "$1: $2: bulkctl $ours, perf stat $perf, of which about $edges at the edges"
	check "$1: $2: within 2 % of perf stat" awk -v ours="$ours" -v perf="$perf" \
		-v edges="$edges" -v least="${3:-300}" 'BEGIN {
			d = perf - edges - ours
			if (d < 0)
				d = -d
			exit !(ours >= least && perf >= 0.999 * ours && d <= 0.02 * ours)
		}'
}

traffic() { # verified
	"${LAB_NFS_FIO[@]}" --name=perf --bs=16k --size="$size" --rw=write >"$TMP/fio" 2>&1
}

# Processes that start and end have page faults: many against those at the edges.
traffic_and_faults() {
	local i

	traffic || return
	for ((i = 0; i < 300; i++)); do
		(:)
	done
}

test_all() {
	local event events
	local -a counted=(context-switches page-faults cs:k page_bulk:page_bulk_fill
		sched:sched_switch "kprobes:$PROBE")

	events=$(IFS=,; echo "${counted[*]}")
	setup 'all CPUs: perf stat and bulkctl, with NFS traffic within' measure "$events" -a '' \
		traffic_and_faults
	for event in "${counted[@]}"; do
		within_two_percent 'all CPUs' "$event"
	done
	equal 'all CPUs: fills by tracepoint and by our counters' \
		"$(report '.perf."page_bulk:page_bulk_fill".value')" \
		"$(report '[.users[].modes[].fills] | add')"
}

test_one_cpu() {
	setup 'one CPU: perf stat and bulkctl' measure 'context-switches,sched:sched_switch' '-C 1' \
		'-C 1' traffic
	within_two_percent 'one CPU' context-switches
	within_two_percent 'one CPU' sched:sched_switch
	equal 'one CPU: nothing per fill' \
		"$(report '[.perf_target.cpus[0], .counts.fill, .perf."context-switches".per.fill] | @json')" \
		'[1,null,null]'
}

test_nfsd() {
	local pids

	pids=$(lab_nfs_threads | paste -sd,)
	setup 'nfsd: perf stat and bulkctl' measure \
		"context-switches,task-clock,page_bulk:page_bulk_fill,kprobes:$PROBE" "-p $pids" \
		--nfsd traffic
	within_two_percent nfsd context-switches
	within_two_percent nfsd task-clock
	within_two_percent nfsd page_bulk:page_bulk_fill
	within_two_percent nfsd "kprobes:$PROBE"
	equal 'nfsd: threads' "$(report .perf_target.threads)" "$LAB_NFS_THREADS"
	equal 'nfsd: does all fills of sunrpc' "$(report '.perf."page_bulk:page_bulk_fill".value')" \
		"$(report .counts.fill)"
}

# A process that waits for a word, and then starts others.
worker() {
	local i

	read -r _ <"$TMP/go"
	for ((i = 0; i < 100; i++)); do
		(:)
	done
	: >"$TMP/done"
}

let_work() {
	echo >"$TMP/go"
	wait_until 60 test -e "$TMP/done"
	rm "$TMP/done"
}

test_process() {
	local pid

	mkfifo "$TMP/go"
	while :; do
		worker
	done &
	pid=$!
	setup 'a process: perf stat and bulkctl' measure 'page-faults,page-faults:u' "-p $pid" \
		"-p $pid" let_work
	within_two_percent 'a process and those it starts' page-faults
	within_two_percent 'a process and those it starts' page-faults:u
	kill "$pid"
	wait "$pid" 2>/dev/null || true
	bulkctl_run report -p "$pid"
	equal 'a process that is gone: refused' "$STATUS" 2
	check 'a process that is gone: said' grep -F "there is no process $pid" "$TMP/stderr"
}

# --- per fill, page, RPC, packet -------------------------------------------------------------

served() { awk '$1 == "rpc" { print $2 }' /proc/net/rpc/nfsd; }

packets() { # of srv0, both ways
	echo $(($(cat /sys/class/net/srv0/statistics/rx_packets) + \
		$(cat /sys/class/net/srv0/statistics/tx_packets)))
}

# Traffic that may be too slow for the interval, and comes again in a longer one
traffic_from_here() {
	echo "$(served) $(packets)" >"$TMP/from"
	traffic
}

test_per() {
	local rpcs packets

	setup 'per fill: an interval with traffic within' measure cs -a '' traffic_from_here
	# the time around the interval is silent
	read -r rpcs packets <"$TMP/from"
	rpcs=$(($(served) - rpcs))
	packets=$(($(packets) - packets))
	equal 'interfaces whose packets are counted' "$(report '.counts.interfaces | join(" ")')" srv0
	check 'RPCs: what nfsd counted' awk -v a="$(report .counts.rpc)" -v b="$rpcs" \
		'BEGIN { exit !(b > 300 && a <= b && a >= 0.98 * b) }'
	check 'packets: what srv0 counted' awk -v a="$(report .counts.packet)" -v b="$packets" \
		'BEGIN { exit !(b > 300 && a <= b && a >= 0.98 * b) }'
	equal 'fills and pages: of all users' "$(report '.counts | "\(.fill) \(.page)"')" \
		"$(report '[.users[].modes[]] | "\(map(.fills) | add) \(map(.got) | add)"')"
	equal 'per fill, page, RPC and packet: value by count' \
		"$(report '. as $r | .perf.cs | .value as $v | .per | to_entries
			| map(.value * $r.counts[.key] / $v | . > 0.999 and . < 1.001) | @json')" \
		'[true,true,true,true]'
}

# --- what must be said -----------------------------------------------------------------------

test_missing() {
	bulkctl_run report --interval 100ms --json \
		-e '{cycles,instructions}:k,L1-dcache-load-misses,r003c,GLOBAL_POWER_EVENTS:RUNNING,cs'
	equal 'events that the guest lacks: exit status' "$STATUS" 0
	equal 'events that the guest lacks: no value, and not supported' \
		"$(report '[.perf[] | select(.supported | not) | select(.value == null)
			| .reason | startswith("not supported")] | @json')" '[true,true,true,true,true]'
	equal 'one that it has: a value' "$(report '.perf.cs | .supported and .value > 0')" true
	bulkctl_run report --interval 100ms -e cycles:u
	check 'in text' grep -E '^ +cycles:u +not supported$' "$TMP/stdout"
}

refused() { # WORDS ARG...
	local words=$1

	shift
	bulkctl_run report "$@"
	equal "report $*: exit status" "$STATUS" 2
	check "report $*: says '$words'" grep -F -- "$words" "$TMP/stderr"
	equal "report $*: nothing on standard output" "$(cat "$TMP/stdout")" ''
}

test_refused() {
	refused "unknown event 'contxt-switches'; similar: context-switches" -e contxt-switches
	refused 'similar: page_bulk:page_bulk_fill' -e page_bulk:page_bulk_fil
	refused "unknown event 'kprobes:no_such_probe'" -e kprobes:no_such_probe
	refused "a group lacks its '}'" -e '{cs'
	refused 'CPU 77 is not online' -C 77
	refused 'cannot be used together' -p 1 --nfsd
}

# kmem:mm_page_alloc does not see mainline's bulk call. With page_owner that gives one page, as a call for one
# page does.
test_blind() {
	local mode blind

	for mode in stock array; do
		blind=
		[ "$mode" = array ] || [ -e /sys/kernel/debug/page_owner ] || blind=yes
		pb_set sunrpc "$mode"
		setup "kmem:mm_page_alloc in mode $mode" measure kmem:mm_page_alloc:k '-a' '--nfsd' \
			traffic
		equal "kmem:mm_page_alloc in mode $mode: is it said to be blind?" \
			"$(report '.perf[].note // "no"' | cut -d: -f1)" \
			"$([ "$mode" = array ] && echo no || echo 'blind to mode stock')"
		diag "nfsd's fills got $(report .counts.page) pages, the event shows" \
			"$(report '.perf[].value')"
		check "kmem:mm_page_alloc in mode $mode: does it see the pages of fills?" \
			awk -v seen="$(report '.perf[].value')" -v got="$(report .counts.page)" \
			-v blind="$blind" 'BEGIN { exit !(blind ? seen < got / 2 : seen >= got) }'
	done
}

# Threads of nfsd that come and go within an interval.
test_threads() {
	local seconds=$((intervals[0] * 3 / 10))

	bulkctl report --json --interval "$seconds" --count 3 --nfsd -e cs >"$TMP/stdout" 2>"$TMP/stderr" &
	wait_asleep $! || true
	rpc.nfsd $((LAB_NFS_THREADS + 2))
	sleep "$seconds"
	rpc.nfsd "$LAB_NFS_THREADS"
	wait $!
	equal 'threads of nfsd: started, ended' "$(report '[.samples[].perf_target]
		| "\(map(.threads_started) | add) \(map(.threads_ended) | add)"')" '2 2'
	equal 'threads of nfsd: at the end' "$(report '.samples[-1].perf_target.threads')" \
		"$LAB_NFS_THREADS"
}

test_no_nfsd() {
	bulkctl_run report --json --interval 100ms --nfsd -e cs
	equal 'no thread of nfsd: no value, and a reason' \
		"$(report '.perf.cs | [.supported, .value, .reason] | @json')" \
		'[false,null,"not counted: no thread of nfsd was there"]'
}

check 'no thread of nfsd yet' sh -c '! pgrep -x nfsd'
test_no_nfsd
setup 'NFS server and client come up' lab_nfs_up
setup 'a kprobe event' sh -c "echo 'p:kprobes/$PROBE svc_recv' >>'$TRACING/kprobe_events'"
test_all
test_one_cpu
test_nfsd
test_process
test_per
test_missing
test_refused
test_blind
test_threads
check 'the kprobe event goes' sh -c "echo '-:kprobes/$PROBE' >>'$TRACING/kprobe_events'"
check_down lab_nfs_down
finish
