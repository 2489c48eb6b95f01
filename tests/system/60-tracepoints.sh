#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The tracepoints: what trace-cmd and perf record agrees with the counters, field by field; and
# kmem:mm_page_alloc fires for each page of a fill.
#
# timeout: 480
# configs: guest numa
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

# shellcheck disable=SC2034 # by name
declare -A before after again
# "MODE GENERATION" of each switch that the load made, in order
switches=()

# A tool that records for as long as the command behind it runs: from $TMP/NAME.on to $TMP/stop.
record() { # NAME TOOL [ARG]...
	local name=$1

	shift
	"$@" sh -c 'touch "$0.on"; while [ ! -e "$1" ]; do sleep 0.1; done' \
		"$TMP/$name" "$TMP/stop" >"$TMP/$name.log" 2>&1 &
	pids+=($!)
	wait_until 60 test -e "$TMP/$name.on"
}

start_tools() {
	pids=()
	record trace-cmd trace-cmd record -o "$TMP/trace.dat" -b 8192 \
		-e page_bulk:page_bulk_fill -e page_bulk:page_bulk_switch &&
		record perf-stat perf stat -a -x, -o "$TMP/stat" -e page_bulk:page_bulk_fill \
			-e page_bulk:page_bulk_switch &&
		record perf-record perf record -a -m 1024 -o "$TMP/perf.data" \
			-e page_bulk:page_bulk_fill
}

end_tools() {
	local pid

	touch "$TMP/stop"
	for pid in "${pids[@]}"; do
		wait "$pid" || return
	done
}

quiet_stats() { # USER NAME
	local -n read_stats=$2
	local i

	for ((i = 0; i < 50; i++)); do
		pb_read_stats "$1" "$2"
		sleep 0.3
		pb_read_stats "$1" again
		[ "${read_stats[*]}" != "${again[*]}" ] || return 0
	done
	bail "$1: fills go on without a load"
}

traffic_in_all_modes() {
	local mode

	for mode in list single stock array; do
		pb_set sunrpc "$mode"
		pb_now sunrpc
		switches+=("$PB_NOW")
		lab_nfs_check 4 || return
	done
	# one mode timed, for the field ns
	pb_set sunrpc list
	pb_now sunrpc
	switches+=("$PB_NOW")
	pb_set timing 1
	lab_nfs_check 2 || return
	pb_set timing 0
}

# Lines with the fields of page_bulk_fill to lines of counters, as pb_moved_but prints them.
sum_up() {
	awk '{
		delete f
		for (i = 1; i <= NF; i++)
			if (split($i, p, "=") == 2)
				f[p[1]] = p[2]
		if (f["user"] != "sunrpc")
			next
		m = f["mode"]
		n[m " fills"]++
		n[m " asked"] += f["asked"]
		n[m " got"] += f["got"]
		n[m " short"] += f["got"] + 0 < f["asked"] + 0
		n[m " failed"] += f["got"] == 0
		n[m " timed_fills"] += f["ns"] > 0
		n[m " timed_got"] += f["ns"] > 0 ? f["got"] : 0
		n[m " ns"] += f["ns"]
		if (f["reason"] != "none")
			n[m " end_" f["reason"]]++
	}
	END { for (k in n) if (n[k]) printf "%s %.0f\n", k, n[k] }' | sort
}

# The fills that carry a generation carry the mode of that generation, and none is without fills.
modes_by_generation() {
	sed -n 's/.*user=sunrpc mode=\([a-z]*\) generation=\([0-9]*\) .*/\1 \2/p' | sort -u | sort -n -k 2
}

test_tools() {
	local expected got

	quiet_stats sunrpc before
	setup 'trace-cmd, perf stat and perf record start' start_tools
	setup 'NFS traffic in all modes' traffic_in_all_modes
	quiet_stats sunrpc after
	setup 'trace-cmd, perf stat and perf record end' end_tools

	expected=$(pb_moved_but before after none | grep -vE ' (full|freed) ' | sort)
	holds 'the load filled in all modes' \
		"$(grep -cE '^(single|list|array|stock) fills ' <<<"$expected")" -eq 4

	trace-cmd report -i "$TMP/trace.dat" >"$TMP/trace.txt" 2>"$TMP/trace.err"
	equal 'trace-cmd: the fields of page_bulk_fill sum up to the counters' \
		"$(grep 'page_bulk_fill:' "$TMP/trace.txt" | sum_up)" "$expected"
	equal 'trace-cmd: each fill has the mode of its generation' \
		"$(modes_by_generation <"$TMP/trace.txt")" "$(printf '%s\n' "${switches[@]}")"
	equal 'trace-cmd: sunrpc asks for no particular node' \
		"$(sed -n 's/.*page_bulk_fill:.* \(nid=[-0-9]*\) .*/\1/p' "$TMP/trace.txt" | sort -u)" nid=-1

	perf script -i "$TMP/perf.data" >"$TMP/perf.txt" 2>"$TMP/perf.err"
	equal 'perf record: the fields of page_bulk_fill sum up to the counters' \
		"$(grep 'page_bulk_fill:' "$TMP/perf.txt" | sum_up)" "$expected"
	got=$(awk '$2 == "fills" { n += $3 } END { print n }' <<<"$expected")
	equal 'perf stat: page_bulk_fill' \
		"$(awk -F, '$3 == "page_bulk:page_bulk_fill" { print $1 }' "$TMP/stat")" "$got"
	equal 'perf stat: page_bulk_switch' \
		"$(awk -F, '$3 == "page_bulk:page_bulk_switch" { print $1 }' "$TMP/stat")" \
		"${#switches[@]}"
}

test_switch_event() {
	local old=array i want=''

	for i in "${switches[@]}"; do
		want="${want}user=sunrpc old=$old new=${i% *} generation=${i#* } comm=$(cat /proc/$$/comm) pid=$$"$'\n'
		old=${i% *}
	done
	equal 'trace-cmd: page_bulk_switch: each switch, with who did it' \
		"$(sed -n 's/.*page_bulk_switch: *//p' "$TMP/trace.txt")" "${want%$'\n'}"
}

# --- kmem:mm_page_alloc ----------------------------------------------------------------------

# Record of nfsd's threads: a fill begins, a page is allocated, a fill has ended. The clock is a
# counter, so that the order is right.
start_instance() {
	instance=$TRACING/instances/pages

	echo 'p:probes/fill_begins page_bulk_fill_hull_noprof' >>"$TRACING/kprobe_events" &&
		mkdir "$instance" &&
		echo counter >"$instance/trace_clock" &&
		echo 16384 >"$instance/buffer_size_kb" &&
		echo 'comm == "nfsd"' >"$instance/events/kmem/mm_page_alloc/filter" &&
		echo 'comm == "nfsd"' >"$instance/events/page_bulk/page_bulk_fill/filter" &&
		echo 'comm == "nfsd"' >"$instance/events/probes/fill_begins/filter" &&
		echo 1 >"$instance/events/probes/fill_begins/enable" &&
		echo 1 >"$instance/events/page_bulk/page_bulk_fill/enable" &&
		echo 1 >"$instance/events/kmem/mm_page_alloc/enable"
}

# For each fill, the pages that kmem:mm_page_alloc announced within it against those it got.
# Lines: "FILLS PAGES", then the fills that differ. What an interrupt allocated meanwhile does not
# count: the third of the flags says so.
compare_pages() { # MODE
	awk -v mode="mode=$1" '
		!match($0, /nfsd-[0-9]+ +\[[0-9]+\] +/) { next }
		{
			split(substr($0, RSTART), w, " ")
			task = w[1]
			if (substr(w[3], 3, 1) != ".")
				next
		}
		/ fill_begins: / { within[task] = 1; n[task] = 0 }
		/ mm_page_alloc: / && / order=0 / && within[task] { n[task]++ }
		/ page_bulk_fill: / && within[task] {
			match($0, / got=[0-9]+/)
			got = substr($0, RSTART + 5, RLENGTH - 5)
			fills++
			pages += got
			if (got != n[task] || !index($0, mode))
				bad = bad "\n" n[task] " events: " $0
			within[task] = 0
		}
		END { print fills + 0, pages + 0 bad }' "$instance/trace"
}

test_page_events() { # MODE
	local seen fills pages

	pb_set sunrpc "$1"
	echo >"$instance/trace"
	quiet_stats sunrpc before
	setup "$1: NFS traffic" lab_nfs_check 2
	quiet_stats sunrpc after
	seen=$(compare_pages "$1")
	fills=$((${after["$1 fills"]} - ${before["$1 fills"]}))
	pages=$((${after["$1 got"]} - ${before["$1 got"]}))
	holds "$1: fills" "$fills" -gt 0
	equal "$1: in each fill, kmem:mm_page_alloc fired once for each page it got" "$seen" \
		"$fills $pages"
}

setup 'NFS server and client come up' lab_nfs_up
test_tools
test_switch_event
setup 'events of the kernel are recorded' start_instance
for mode in array list single; do
	test_page_events "$mode"
done
check_down lab_nfs_down
finish
