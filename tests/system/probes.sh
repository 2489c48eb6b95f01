# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# probes.sh - kprobes on the page allocator's entry points: which of them do the fills of a mode
# enter, and how often? Sourced after lib.sh by the kprobe tests.
#
# Each probe records into a trace instance of its own, so that its number of hits is the number
# of entries of that instance's buffers. Nothing is sampled: lost or missed hits fail the test.

INSTANCES=$TRACING/instances

# The address range of each function whose name matches, as a filter on the field ra.
within() { # EXTENDED_REGEX
	awk -v names="^($1)(\\\\..*)?\$" '
		tolower($2) == "t" {
			if (start != "" && $1 != start) {
				printf "%s(ra >= 0x%s && ra < 0x%s)", sep, start, $1
				sep = " || "
				start = ""
			}
			if ($3 ~ names)
				start = $1
		}' /proc/kallsyms
}

# ra: who called, the return address on the top of the stack
probe_start() { # NAME SYMBOL [FILTER [OPTION]]
	local dir=$INSTANCES/$1

	echo "p:probes/$1 $2 ra=\$stack0:x64" >>"$TRACING/kprobe_events" &&
		mkdir "$dir" &&
		echo 16384 >"$dir/buffer_size_kb" || return
	[ -z "${3:-}" ] || echo "$3" >"$dir/events/probes/$1/filter" || return
	[ -z "${4:-}" ] || echo 1 >"$dir/options/$4" || return
	echo 1 >"$dir/events/probes/$1/enable"
}

probes_start() {
	local fill

	# By a breakpoint, which cannot be interrupted: an optimized probe misses those in softirqs.
	echo 0 >/proc/sys/debug/kprobes-optimization || return
	fill=$(within 'page_bulk_fill_holes|page_bulk_fill_gap')
	[ -n "$fill" ] || return
	probe_start alloc_in_fill __alloc_pages_noprof "$fill" &&
		probe_start bulk alloc_pages_bulk_noprof '' stacktrace &&
		probe_start list page_bulk_alloc_list_noprof &&
		probe_start array page_bulk_alloc_array_noprof &&
		probe_start dense page_bulk_alloc_dense_noprof
}

probes_clear() {
	local dir

	for dir in "$INSTANCES"/*; do
		echo >"$dir/trace"
	done
}

probe_hits() { # NAME
	cat "$INSTANCES/$1"/per_cpu/cpu*/stats | awk '$1 == "entries:" { n += $2 } END { print n }'
}

# How many of alloc_pages_bulk_noprof()'s calls came from a fill, however deep below it. At its first
# instruction a kernel with frame pointers (debug) does not see who called, but who called that.
bulk_in_fills() {
	awk '/<stack trace>/ { seen = 0 }
		/=> (page_bulk_fill_(hull|dense)|svc_page_bulk_fill|page_pool_bulk_fill)_noprof/ && !seen { n++; seen = 1 }
		END { print n + 0 }' "$INSTANCES/bulk/trace"
}

# Hits that were lost: buffers that overflowed, and kprobes that were hit within another's handler.
probes_lost() {
	cat "$INSTANCES"/*/per_cpu/cpu*/stats |
		awk '/overrun:|dropped events:/ && $NF != 0 { print "lost: " $0 }'
	awk '$3 != 0 { print "missed: " $0 }' "$TRACING/kprobe_profile"
}

# Sets HITS and the associative array NAME while nothing fills: what the probes saw is then what the
# counters say.
quiet_snapshot() { # USER NAME
	local -A again
	local -n stats=$2
	local i

	for ((i = 0; i < 50; i++)); do
		pb_read_stats "$1" stats
		HITS[alloc_in_fill]=$(probe_hits alloc_in_fill)
		HITS[list]=$(probe_hits list)
		# holes are filled by the one, gaps by the other
		HITS[array]=$(($(probe_hits array) + $(probe_hits dense)))
		HITS[bulk_in_fills]=$(bulk_in_fills)
		pb_read_stats "$1" again
		[ "${stats[*]}" != "${again[*]}" ] || return 0
		sleep 0.1
	done
	bail "$1: fills go on without a load"
}

declare -A HITS stats_before stats_after

# Under a load that ends: the entry points that a mode enters, by exact numbers.
test_probes() { # USER MODE LOAD...
	local user=$1 mode=$2 fills got key
	local -A want=([alloc_in_fill]=0 [list]=0 [array]=0 [bulk_in_fills]=0)

	shift 2
	pb_set "$user" "$mode"
	probes_clear
	quiet_snapshot "$user" stats_before
	equal "$user, $mode: no hit before the load" "${HITS[*]}" '0 0 0 0'
	setup "$user, $mode: load" "$@"
	quiet_snapshot "$user" stats_after

	fills=$((${stats_after["$mode fills"]} - ${stats_before["$mode fills"]}))
	got=$((${stats_after["$mode got"]} - ${stats_before["$mode got"]}))
	diag "$mode: $fills fills, $got pages"
	holds "$user, $mode: there were fills" "$fills" -gt 0
	case $mode in
	single) want[alloc_in_fill]=$got ;;
	stock)
		# a call that finds no empty slot looks at all of them, too
		want[bulk_in_fills]=$((fills + ${stats_after["$mode full"]} -
			${stats_before["$mode full"]})) ;;
	*) want[$mode]=$fills ;;
	esac
	for key in "${!want[@]}"; do
		equal "$user, $mode: $(probe_words "$key")" "${HITS[$key]}" "${want[$key]}"
	done
	equal "$user, $mode: nothing filled in another mode" \
		"$(pb_moved_but stats_before stats_after "$mode")" ''
	equal "$user, $mode: no hit was lost" "$(probes_lost)" ''
}

probe_words() { # NAME
	case $1 in
	alloc_in_fill) echo "calls of __alloc_pages_noprof by the fill itself (single: one a page)" ;;
	bulk_in_fills) echo "calls of alloc_pages_bulk_noprof within fills (stock: one a call)" ;;
	array) echo "entries of page_bulk_alloc_array_noprof and _dense_noprof (array: one a fill)" ;;
	*) echo "entries of page_bulk_alloc_$1_noprof ($1: one a fill)" ;;
	esac
}
