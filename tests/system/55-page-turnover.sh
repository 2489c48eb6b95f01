#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What nfsd takes to answer READs of 1 MB, in each mode: one fill for each, and in pages the payload
# plus 2 %. Two loads: one thread whose client pauses after each READ, so that each is followed by a
# wakeup without a request, which took 257 pages more where a reply's pages are released twice
# (patches/6.12/0001-*); and eight threads with four READs at once.
#
# usage: 55-page-turnover.sh [PASSES]: of each load in each mode (3)
#
# Leaves turnover.tsv in $OUT, a line a pass, for scripts/turnover_table.py. pgalloc is of the whole
# machine, several hundred pages of each pass for this script's own processes.
#
# timeout: 480
# configs: guest
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

passes=${1:-3}
megabytes=16
data=${OUT:-$TMP}/turnover.tsv

# shellcheck disable=SC2034 # by name
declare -A before after

start_reader() {
	coproc READER { exec python3 "$(dirname "$0")/reader.py" "$LAB_NFS_MNT/turnover" "$megabytes"; }
	reader_in=${READER[1]} reader_out=${READER[0]} reader_pid=$!
	read_answer && [ "$answer" = ready ]
}

read_answer() { IFS= read -r -t 60 answer <&"$reader_out"; }

pgalloc() { awk '/^pgalloc_/ { n += $2 } END { printf "%.0f\n", n }' /proc/vmstat; }

# Sets fills and pages of this pass. A thread fills its array after the client has its reply.
all_have_filled() {
	pb_read_stats sunrpc after
	fills=$((${after["$mode fills"]} - ${before["$mode fills"]}))
	pages=$((${after["$mode got"]} - ${before["$mode got"]}))
	[ "$fills" -ge "$reads" ]
}

# Sets reads, fills, pages and allocated.
run_pass() { # READERS GAP
	pb_read_stats sunrpc before
	allocated=$(pgalloc)
	echo "$1 $2" >&"$reader_in"
	read_answer || bail 'the reader does not answer, or has read what was not written'
	reads=$answer
	wait_until 10 all_have_filled || bail "$reads READs, but $fills fills"
	# and more than that, if they do
	sleep 0.3
	all_have_filled
	allocated=$(($(pgalloc) - allocated))
}

test_load() { # LOAD READERS GAP
	local pass worst_pages=0 worst_fills=0

	for ((pass = 1; pass <= passes; pass++)); do
		run_pass "$2" "$3"
		printf '%s\t' "$1" "$mode" "$pass" "$reads" "$fills" "$pages" >>"$data"
		echo "$allocated" >>"$data"
		diag "$1, $mode: $reads READs, $fills fills, $pages pages, pgalloc $allocated"
		[ "$fills" -le "$worst_fills" ] || worst_fills=$fills
		[ "$pages" -le "$worst_pages" ] || worst_pages=$pages
	done
	holds "$1, $mode: no more than payload + 2 % pages" $((worst_pages * 100)) -le \
		$((reads * 256 * 102))
	# With page_owner mainline's bulk call gives one page, and is called again for the next
	[ "$mode" != stock ] || [ ! -e /sys/kernel/debug/page_owner ] || return 0
	# one more: the client may renew its lease
	holds "$1, $mode: one fill for each READ" "$worst_fills" -le $((reads + 1))
}

printf 'load\tmode\tpass\treads\tfills\tpages\tpgalloc\n' >"$data"
LAB_NFS_THREADS=1
setup 'NFS server and client come up' lab_nfs_up
setup 'the file is written' start_reader
# so that the pages of stock are counted exactly
pb_set timing 1
for mode in $PB_MODES; do
	pb_set sunrpc "$mode"
	test_load '1 thread' 1 0.02
done
# In stock a new thread needs all its pages in one call, which page_owner does not let it have
pb_set sunrpc array
setup 'seven threads more' rpc.nfsd 8
# until their arrays are full
sleep 1
for mode in $PB_MODES; do
	pb_set sunrpc "$mode"
	test_load '8 threads' 4 0
done
eval "exec $reader_in>&-"
check_here 'the reader ends, and has found no wrong byte' wait "$reader_pid" || true
check_down lab_nfs_down
finish
