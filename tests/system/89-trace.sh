#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bulkctl trace: what it records is read by trace-cmd and agrees with the counters; what is lost is
# told; the end by a signal; what is refused; nobody else's tracing is touched.
#
# Enabling an event changes instructions in memory. QEMU's TCG with several threads does not always notice when
# another CPU is just there: "Oops: int3" in one run of four, with events of the scheduler. So one CPU.
#
# vm-args: --cpus 1
# timeout: 1200
# configs: guest
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"
. "$(dirname "$0")/../labs/xdp/lib.sh"

bulkctl=$(command -v bulkctl)

as_tester() { setpriv --reuid tester --regid tester --init-groups -- "$@"; }

# Runs bulkctl; sets STATUS, and its output is in $TMP/stdout and $TMP/stderr.
bulkctl_run() { # ARG...
	STATUS=0
	bulkctl "$@" >"$TMP/stdout" 2>"$TMP/stderr" || STATUS=$?
}

# Lines "USER MODE KEY NUMBER" of all counters and sizes.
counters() {
	local user

	for user in sunrpc page_pool; do
		awk -v user="$user" 'NF == 3 { print user, $1, $2, $3 }' "$PB_DEBUG/$user/stats"
		awk -v user="$user" '{ print user, $1, "size_" $2, $3 }' "$PB_DEBUG/$user/sizes"
	done
}

# The same of the summary: the keys that a trace has.
summary_lines() {
	jq -r '.summary |
		(.modes[] | .user as $user | .mode as $mode |
			(to_entries[] | select(.key | IN("fills", "asked", "got", "short", "failed")) |
				"\($user) \($mode) \(.key) \(.value)"),
			(.sizes[] | "\($user) \($mode) size_\(.low) \(.fills)")),
		(.ends[] | select(.reason != "none") |
			"\(.user) \(.mode) end_\(.reason) \(.fills)")' "$TMP/stdout"
}

# Each number of the trace lies between what the counters rose by while it was recorded and what they
# rose by around that: without stray requests all three are the same.
compare_counters() {
	summary_lines >"$TMP/lines" || return
	awk -v dir="$TMP" '
		function take(name, into) {
			while ((getline <(dir "/" name)) > 0)
				into[$1 " " $2 " " $3] = $4
		}
		BEGIN {
			take("outer1", outer1); take("inner1", inner1); take("lines", seen)
			take("inner2", inner2); take("outer2", outer2)
			for (key in outer2) {
				if (key !~ / (fills|asked|got|short|failed|size_.*|end_.*)$/)
					continue
				low = inner2[key] - inner1[key]
				high = outer2[key] - outer1[key]
				keys += seen[key] > 0
				if (seen[key] + 0 < low || seen[key] + 0 > high) {
					print key, "trace", seen[key] + 0, "counters", low, "to", high
					bad = 1
				}
			}
			print keys, "numbers above 0 agree"
			exit bad || keys < 20
		}'
}

instances() { ls "$TRACING/instances"; }

# Recording has begun: events are on, and then tracing.
is_recording() {
	local dir

	dir=$(echo "$TRACING"/instances/bulkctl-*)
	[ -d "$dir" ] && [ "$(cat "$dir/events/page_bulk/enable" "$dir/tracing_on" 2>/dev/null)" = $'1\n1' ]
}

# bulkctl trace in the background: sets PID, until end_recording, which sets STATUS.
start_recording() { # ARG...
	bulkctl trace "$@" >"$TMP/stdout" 2>"$TMP/stderr" &
	PID=$!
	wait_until 60 is_recording
}

end_recording() { # [SIGNAL]
	STATUS=0
	[ -z "${1:-}" ] || kill -s "$1" "$PID"
	wait "$PID" || STATUS=$?
}

quiet() { # until no fill has been seen for a while
	local i now was=''

	for ((i = 0; i < 50; i++)); do
		now=$(counters)
		[ "$now" != "$was" ] || return 0
		was=$now
		sleep 0.5
	done
	return 1
}

load() {
	pb_set sunrpc list
	lab_nfs_check 2 || return
	pb_set sunrpc array
	pb_set page_pool single
	lab_nfs_check 2 && lab_xdp_round 3000 || return
	pb_set page_pool array
	lab_xdp_round 3000
}

# What trace-cmd shows of a file: in $TMP/report. Then the number of lines with an event.
report() { trace-cmd report -i "$1" >"$TMP/report" 2>"$TMP/report.err"; } # FILE

reported() { grep -c " $1: " "$TMP/report"; } # EVENT

json() { jq -r "$1" "$TMP/stdout"; } # FILTER

nothing_left() { # NAME
	equal "$1: no instance is left" "$(instances)" theirs
	equal "$1: no folder is left" "$(find "$TMP" -name '.bulkctl-trace*')" ''
}

test_record() {
	local fills

	setup 'no fills without a load' quiet
	counters >"$TMP/outer1"
	setup 'recording begins' start_recording --interval 10m --buffer 16384 --stacks \
		-e sched:sched_switch -o "$TMP/trace.dat" --summary --json
	counters >"$TMP/inner1"
	setup 'NFS and XDP traffic, with switches' load
	setup 'no fills after the load' quiet
	counters >"$TMP/inner2"
	end_recording INT
	counters >"$TMP/outer2"
	equal 'Ctrl-C ends the recording: exit status' "$STATUS" 130
	equal 'nothing on standard error' "$(cat "$TMP/stderr")" ''
	equal 'schema, interrupted, lost events' "$(json '[.schema, .interrupted, .lost] | @json')" \
		'["page-bulk-trace/1",true,[]]'
	nothing_left 'after Ctrl-C'

	check_here 'the summary agrees with the counters' compare_counters || true
	diag "$(cat "$TMP/output")"
	fills=$(json .summary.fills)
	holds 'fills were recorded' "$fills" -gt 100
	equal 'every fill has a mode, an end reason, a size and a caller' \
		"$(json '.summary | [([.modes, .ends, .callers][] | map(.fills) | add),
			([.modes[].sizes[].fills] | add)] | unique | @json')" "[$fills]"
	setup 'trace-cmd report reads the file' report "$TMP/trace.dat"
	equal 'trace-cmd report: as many fills' "$(reported page_bulk_fill)" "$fills"
	equal 'trace-cmd report: four switches' "$(reported page_bulk_switch)" 4
	equal 'the summary: four switches' "$(json .summary.switches)" 4
	holds 'trace-cmd report: the event of -e' "$(reported sched_switch)" -gt 100

	equal 'callers of sunrpc' "$(json '[.summary.callers[] | select(.user == "sunrpc") |
		[.mode, .context, .task, .function]] | sort | @json')" \
		'[["array","task","nfsd","svc_recv"],["list","task","nfsd","svc_recv"]]'
	equal 'callers of page_pool are in softirqs, and no task is blamed' \
		"$(json '[.summary.callers[] | select(.user == "page_pool") |
			[.mode, .context, .task, .function != null]] | unique | @json')" \
		'[["array","softirq",null,true],["single","softirq",null,true]]'
	equal 'page_pool by interface: all fills are of xdp1' \
		"$(json '.summary | (.modes | map(select(.user == "page_pool") | [.mode, .fills])) as $modes |
			[.interfaces[] | [.interface, .via, ([.mode, .fills] | IN($modes[]))]] |
			unique | @json')" '[["xdp1","poll",true]]'
}

# The same file again, by one who may do nothing but read it.
test_summary() {
	cp "$TMP/stdout" "$TMP/recorded"
	chmod 755 "$TMP"
	chmod 644 "$TMP/trace.dat"
	as_tester bulkctl trace --summary --json "$TMP/trace.dat" >"$TMP/stdout"
	equal 'an unprivileged user sums up the file to the same' "$(json '.summary | @json')" \
		"$(jq -r '.summary | @json' "$TMP/recorded")"
	equal 'of what machine it is, nobody says' "$(json '[.kernel, .recorded_s] | @json')" '[null,null]'
	bulkctl_run trace --summary "$TMP/trace.dat"
	check 'as text: the interface' grep -E '^  xdp1 +array +[1-9]' "$TMP/stdout"
	check 'as text: the caller' grep -E '^  sunrpc +list +nfsd in svc_recv ' "$TMP/stdout"
	check 'as text: no event was lost' grep -x 'lost events: none' "$TMP/stdout"
}

test_interval() {
	bulkctl_run trace --interval 500ms -o "$TMP/trace.dat"
	equal 'an interval passes: exit status, standard error' "$STATUS $(cat "$TMP/stderr")" '0 '
	check 'it says what it recorded' grep -E "^$TMP/trace.dat: recorded 0\.[5-9].* bytes$" "$TMP/stdout"
	setup 'trace-cmd report reads the new file' report "$TMP/trace.dat"
	equal 'without the event of the one before' "$(reported sched_switch)" 0
	nothing_left 'after an interval'
}

many_events() {
	local i

	for ((i = 0; i < 300; i++)); do
		(:)
	done
}

test_lost() {
	local counted

	setup 'a tiny buffer' start_recording --interval 10m --buffer 4 -e 'kmem:*,sched:*' \
		-o "$TMP/lost.dat" --json
	many_events
	end_recording TERM
	equal 'a tiny buffer: exit status' "$STATUS" 130
	counted=$(json '[.lost[].at_least] | add')
	holds 'a tiny buffer: events were lost, and how many is known' "$counted" -gt 0
	equal 'a tiny buffer: all of them are counted' "$(json '[.lost[].events != null] | all')" true
	check 'a tiny buffer: a warning' grep -F 'events were lost' "$TMP/stderr"
	setup 'trace-cmd report reads that file' report "$TMP/lost.dat"
	check 'trace-cmd report sees the loss, too' grep -m 1 'EVENTS DROPPED' "$TMP/report"
	bulkctl_run trace --summary --json "$TMP/lost.dat"
	equal 'the file alone: exit status' "$STATUS" 0
	check 'the file alone: a warning' grep -F 'events were lost' "$TMP/stderr"
	holds 'the file alone: not more are lost than the kernel counted' \
		"$(json '[.lost[].at_least] | add')" -le "$counted"
	holds 'the file alone: some are' "$(json '.lost | length')" -gt 0
}

test_refused() { # STATUS WORDS ARG...
	local status=$1 words=$2

	shift 2
	STATUS=0
	"$@" >"$TMP/stdout" 2>"$TMP/stderr" || STATUS=$?
	equal "$*: exit status" "$STATUS" "$status"
	check "$*: says '$words'" grep -F -- "$words" "$TMP/stderr"
	equal "$*: nothing on standard output" "$(cat "$TMP/stdout")" ''
	nothing_left "$*"
}

test_refusals() {
	cd "$TMP"
	mkdir sub
	test_refused 2 'near it: sched:sched_switch' bulkctl trace -e sched:sched_swich -o no.dat
	test_refused 2 "unknown event 'nonsense:*'" bulkctl trace -e nonsense -o no.dat
	test_refused 1 'cannot write sub: Is a directory' bulkctl trace -o sub
	test_refused 2 '--summary sums up one FILE' bulkctl trace trace.dat
	test_refused 2 '--interval is for recording' bulkctl trace --summary --interval 1 trace.dat
	test_refused 4 'needs root' as_tester "$bulkctl" trace -o /tmp/no.dat
	test_refused 1 'apt install trace-cmd' env PATH=/nonexistent "$bulkctl" trace -o no.dat
	test_refused 1 'cannot write no/no.dat: No such file or directory' bulkctl trace -o no/no.dat
	test_refused 1 'is no file of trace-cmd' bulkctl trace --summary /etc/passwd
	equal 'nothing was recorded' "$(ls /tmp/no.dat no.dat 2>/dev/null)" ''
	cd /
}

test_killed() {
	local before

	before=$(cksum <"$TMP/trace.dat")
	setup 'recording begins, trace-cmd will be killed' start_recording --interval 10m -o "$TMP/trace.dat"
	pkill -KILL -o -P "$PID" -x trace-cmd
	end_recording
	equal 'trace-cmd killed: exit status' "$STATUS" 1
	check 'trace-cmd killed: a sentence' grep -F 'trace-cmd was ended by signal 9' "$TMP/stderr"
	equal 'trace-cmd killed: the file of before is there' "$(cksum <"$TMP/trace.dat")" "$before"
	nothing_left 'trace-cmd killed'

	setup 'recording begins, bulkctl will be killed' start_recording --interval 10m -o "$TMP/trace.dat"
	end_recording KILL
	check 'bulkctl killed: trace-cmd ends, and its instance goes' wait_until 60 \
		eval '[ "$(instances)" = theirs ]'
	check 'bulkctl killed: what was recorded is whole' bulkctl trace --summary \
		"$(echo "$TMP"/.bulkctl-trace.*/trace.dat)"
	rm -r "$TMP"/.bulkctl-trace.*
}

# Somebody else traces, in the common buffer and in an instance.
others_start() {
	mkdir "$TRACING/instances/theirs" &&
		echo 1 >"$TRACING/instances/theirs/events/sched/sched_process_fork/enable" &&
		echo 1 >"$TRACING/events/sched/sched_process_exit/enable"
}

others() {
	cat "$TRACING/tracing_on" "$TRACING/instances/theirs/tracing_on" \
		"$TRACING/instances/theirs/events/sched/sched_process_fork/enable" \
		"$TRACING/events/sched/sched_process_exit/enable" "$TRACING/current_tracer" \
		"$TRACING/events/page_bulk/enable" "$TRACING/trace_clock" "$TRACING/buffer_size_kb"
}

setup 'NFS server and client come up' lab_nfs_up
setup 'veth with XDP comes up' lab_xdp_up
setup 'somebody else traces' others_start
theirs=$(others)
test_record
test_summary
test_interval
test_lost
test_refusals
test_killed
equal 'what others trace was left alone' "$(others)" "$theirs"
check_down lab_xdp_down
check_down lab_nfs_down
finish
