# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# faults.sh - failures that the kernel injects, for the tests of trust, and whether stock is as an unpatched
# kernel while they last. To be sourced after system/lib.sh. Functions that use files of the kernel's return 0 or,
# with the error of the file on standard error, 1.

FAULTS=/sys/kernel/debug

# Not -1, no end: that is not counted down, and no other file of the kernel's says how many were injected. More than
# any test injects.
FAULTS_TIMES=1000000000

# Of FAULT (fail_page_alloc or failslab), PERCENT of all allocations
faults_on() { # FAULT PERCENT
	local dir=$FAULTS/$1

	echo 0 >"$dir/verbose" &&
		echo "$FAULTS_TIMES" >"$dir/times" &&
		echo 1 >"$dir/interval" &&
		echo 0 >"$dir/space" || return
	[ ! -e "$dir/min-order" ] || echo 0 >"$dir/min-order" || return
	[ ! -e "$dir/cache-filter" ] || echo N >"$dir/cache-filter" || return
	echo "$2" >"$dir/probability"
}

# How many there were since faults_on
faults_injected() { echo $((FAULTS_TIMES - $(cat "$FAULTS/$1/times"))); } # FAULT

faults_off() { # FAULT
	echo 0 >"$FAULTS/$1/probability"
	echo N >"$FAULTS/$1/task-filter"
	[ ! -e "$FAULTS/$1/require-start" ] || {
		echo 0 >"$FAULTS/$1/require-start"
		echo 0xffffffffffffffff >"$FAULTS/$1/require-end"
	}
}

# Only allocations of these tasks, those that may sleep too
faults_of_tasks() { # FAULT PID...
	local dir=$FAULTS/$1 pid

	shift
	for pid; do
		echo 1 >"/proc/$pid/make-it-fail" || return
	done
	echo Y >"$dir/task-filter" && echo N >"$dir/ignore-gfp-wait"
}

# Only allocations below FUNCTION of the kernel
faults_below() { # FAULT FUNCTION
	local dir=$FAULTS/$1 start end

	read -r start end < <(awk -v name="$2" 'found && $1 != start { print start, $1; exit }
		$3 == name { start = $1; found = 1 }' /proc/kallsyms)
	[ -n "$start" ] || { echo "the kernel has no function $2"; return 1; }
	echo 32 >"$dir/stacktrace-depth" &&
		echo "0x$start" >"$dir/require-start" &&
		echo "0x$end" >"$dir/require-end" &&
		echo N >"$dir/task-filter" && echo N >"$dir/ignore-gfp-wait"
}

# Only when these tasks, nfsd's threads, fill; where the kernel cannot tell, all their allocations. Then a thread that
# finds no memory to send with may wait for it for 30 s, with or without page_bulk: svc_tcp_accept() sets that time.
faults_of_fills() { # FAULT PID...
	local fill=alloc_pages_bulk_noprof

	! grep -q ' svc_page_bulk_fill_noprof$' /proc/kallsyms || fill=svc_page_bulk_fill_noprof
	[ ! -e "$FAULTS/$1/require-start" ] || faults_below "$1" "$fill" || return
	faults_of_tasks "$@"
}

# How often fills of USER ended short, in any mode; stock counts them, too
short_fills() { # USER
	awk '$2 == "short" { n += $3 } END { print n }' "$PB_DEBUG/$1/stats"
}

# Stock may take twice the unpatched time: one and the same stop took it 9.0 to 15.9 s on emulated CPUs. And so many ms
# more, which count where both take hardly any time: on a busy host each fork of the test takes part of a second.
STOCK_SLACK=3000

# The middle one of the numbers on standard input, nothing when there is none
median() { sort -n | awk '{ n[NR] = $1 } END { if (NR) print n[int((NR + 1) / 2)] }'; }

stock_as_unpatched() { # NAME STOCK UNPATCHED: in ms; one that was not measured is a failure
	local limit

	if [ -z "$2" ] || [ -z "$3" ]; then
		result 1 "$1: stock takes no longer than unpatched" "not measured: stock '$2' ms, unpatched '$3'"
		return
	fi
	limit=$((2 * $3 + STOCK_SLACK))
	diag "$1: stock $2 ms, unpatched $3 ms, allowed $limit"
	holds "$1: stock takes no longer than unpatched" "$2" -le "$limit"
}
