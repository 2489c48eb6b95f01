# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# calls.sh - how often a fill calls the page allocator, counted by kprobes. To be sourced by a guest's script:
#
#	. /src/tests/labs/calls.sh
#	lab_calls_up
#	lab_calls_begin 'comm == "nfsd"'     # a filter of ftrace: whose calls count
#	...
#	calls=$(lab_calls_end)
#	lab_calls_down
#
# The probes cost time: nothing else is to be measured meanwhile. All functions return 0 or, with a sentence
# on standard error, 1.

LAB_CALLS_TRACING=/sys/kernel/tracing
LAB_CALLS_INSTANCE=$LAB_CALLS_TRACING/instances/page_bulk_calls

# Functions that allocate for a fill; "single" has the address that it was called from, because everybody
# calls __alloc_pages_noprof().
LAB_CALLS_BULK=(alloc_pages_bulk_noprof page_bulk_alloc_list_noprof page_bulk_alloc_array_noprof
	page_bulk_alloc_dense_noprof)
# For awk, over "$LAB_CALLS_INSTANCE"/per_cpu/cpu*/stats: n calls so far. The ring buffer need not hold them all: it
# counts those that it has overwritten.
# shellcheck disable=SC2016
LAB_CALLS_AWK='$1 == "entries:" || $1 == "overrun:" { n += $2 }'
LAB_CALLS_FILLS='^(page_bulk_(fill|alloc|batch).*|alloc_pages_bulk_noprof)$'

lab_calls_up() {
	local function

	mkdir -p "$LAB_CALLS_INSTANCE" || return
	# shellcheck disable=SC2016
	echo 'p:page_bulk_calls/single __alloc_pages_noprof caller=$stack0:x64' \
		>>"$LAB_CALLS_TRACING/kprobe_events" || return
	for function in "${LAB_CALLS_BULK[@]}"; do
		echo "p:page_bulk_calls/$function $function" >>"$LAB_CALLS_TRACING/kprobe_events" || return
	done
	LAB_CALLS_FROM=$(lab_calls_callers)
	[ -n "$LAB_CALLS_FROM" ] || {
		echo "lab_calls: /proc/kallsyms has no function that matches $LAB_CALLS_FILLS" >&2
		return 1
	}
}

# An event filter: caller lies in one of the functions that fill.
lab_calls_callers() {
	grep -i ' t ' /proc/kallsyms | sort | awk -v want="$LAB_CALLS_FILLS" '
		name ~ want && name !~ /\.cold$/ {
			printf "%s(caller >= 0x%s && caller < 0x%s)", sep, start, $1
			sep = " || "
		}
		{ start = $1; name = $3 }'
}

lab_calls_begin() { # FILTER of the tasks to count
	local event

	for event in "$LAB_CALLS_INSTANCE"/events/page_bulk_calls/*/; do
		case $event in
		*/single/) echo "($1) && ($LAB_CALLS_FROM)" >"$event/filter" ;;
		*) echo "$1" >"$event/filter" ;;
		esac
	done
	echo >"$LAB_CALLS_INSTANCE/trace"
	echo 1 >"$LAB_CALLS_INSTANCE/events/page_bulk_calls/enable"
}

# How many calls there were so far.
lab_calls_now() {
	cat "$LAB_CALLS_INSTANCE"/per_cpu/cpu*/stats |
		awk "$LAB_CALLS_AWK END { print n + 0 }"
}

# Stop counting; prints how many calls there were.
lab_calls_end() {
	echo 0 >"$LAB_CALLS_INSTANCE/events/page_bulk_calls/enable"
	lab_calls_now
}

lab_calls_down() {
	rmdir "$LAB_CALLS_INSTANCE" &&
		echo >"$LAB_CALLS_TRACING/kprobe_events"
}
