#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bench-guest.sh - the guest's part of `make bench-vm`: see scripts/bench-vm.
#
# Usage: bench-guest.sh bench NAME OPTIONS
#        bench-guest.sh nfsd READS MODE...
#        bench-guest.sh contention READS MODE...
#
# bench: runs the benchmark with OPTIONS and leaves its results in $OUT/NAME. nfsd: puts a fixed
# load of READS times 1 MB on nfsd in each MODE, and leaves what a kprobe and a kretprobe saw of one function
# at a time in $OUT/trace-MODE-FUNCTION. The clock is the TSC, which counts instructions here.
# contention: two clients read READS times 1 MB each, four times in each MODE in turn; leaves in
# $OUT/contention what lock_stat says of zone->lock meanwhile. For a kernel with CONFIG_LOCK_STAT and a guest
# whose CPUs run at the same time, which they do not under -icount.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/labs/nfs/lib.sh
. "$here/nfs/lib.sh"

bench=/sys/kernel/debug/page_bulk/bench
tracing=/sys/kernel/tracing

# Functions of nfsd's threads: a fill, and the two places where they give pages back
functions='svc_page_bulk_fill_noprof svc_rqst_release_pages svc_page_bulk_release_replaced'

fail() { echo "bench: $*" >&2; exit 1; }

run_bench() { # NAME OPTIONS
	printf '%s\n' "$2" >"$bench/run" || fail "the kernel does not take '$2'"
	cat "$bench/results" >"$OUT/$1"
	grep -q '^end status=0' "$OUT/$1" || fail "the benchmark did not finish '$2'"
}

probe() { # FUNCTION FILTER
	echo >"$tracing/kprobe_events"
	echo "p:bench/enter $1" >>"$tracing/kprobe_events"
	echo "r:bench/leave $1" >>"$tracing/kprobe_events"
	echo "$2" >"$tracing/events/bench/filter"
	echo >"$tracing/trace"
	echo 1 >"$tracing/events/bench/enable"
}

unprobe() { # FILE
	echo 0 >"$tracing/events/bench/enable"
	grep -E ' (enter|leave): ' "$tracing/trace" >"$OUT/$1" || fail "$1: nothing was traced"
	echo >"$tracing/kprobe_events"
}

read_file() { # MEGABYTES
	lab_nfs_client dd if="$LAB_NFS_MNT/bench" of=/dev/null bs=1M count="$1" iflag=direct status=none
}

measure_nfsd() { # MODE...
	local mode function

	# A probe must cost the same each time
	echo 0 >/proc/sys/debug/kprobes-optimization
	echo x86-tsc >"$tracing/trace_clock"
	echo 16384 >"$tracing/buffer_size_kb"
	# What the probes cost: around a function of a handful of instructions
	probe page_bulk_bench_progress 'common_pid > 0'
	echo 'modes=loop memory=hot batch=64 samples=40' >"$bench/run"
	unprobe trace-none-page_bulk_bench_progress

	lab_nfs_up
	lab_nfs_client dd if=/dev/zero of="$LAB_NFS_MNT/bench" bs=1M count="$reads" conv=fsync status=none
	for mode in "$@"; do
		echo "$mode" >/proc/sys/vm/page_bulk/sunrpc
		for function in $functions; do
			grep -q " $function\$" /proc/kallsyms || continue
			read_file 4
			probe "$function" 'common_pid > 0 && comm == "nfsd"'
			read_file "$reads"
			unprobe "trace-$mode-$function"
		done
	done
	lab_nfs_down
}

# Times of /proc/lock_stat are microseconds with two digits behind the point; ours are ns.
zone_lock() {
	awk '$1 == "&zone->lock:" { print "contentions=" $3, "wait_ns=" int($6 * 1000),
		"acquisitions=" $9, "hold_ns=" int($12 * 1000); found = 1 }
		END { if (!found) print "contentions=0 wait_ns=0 acquisitions=0 hold_ns=0" }' /proc/lock_stat
}

got() { awk -v mode="$1" '$1 == mode && $2 == "got" { print $3 }' /sys/kernel/debug/page_bulk/sunrpc/stats; }

measure_contention() { # MODE...
	local mode round before client clients

	[ -e /proc/lock_stat ] || fail 'the kernel has no lock_stat'
	lab_nfs_up
	lab_nfs_client dd if=/dev/zero of="$LAB_NFS_MNT/bench" bs=1M count="$reads" conv=fsync status=none
	# stock's pages are exact only while fills are timed
	echo 1 >/proc/sys/vm/page_bulk/timing
	echo 1 >/proc/sys/kernel/lock_stat
	for round in 1 2 3 4; do
		for mode in "$@"; do
			echo "$mode" >/proc/sys/vm/page_bulk/sunrpc
			read_file 4
			before=$(got "$mode")
			echo 0 >/proc/lock_stat
			clients=()
			for client in 1 2; do
				read_file "$reads" &
				clients+=($!)
			done
			for client in "${clients[@]}"; do
				wait "$client" || fail "a read failed in mode $mode"
			done
			echo "contention mode=$mode round=$round reads=$((2 * reads))" \
				"pages=$(($(got "$mode") - before)) $(zone_lock)" >>"$OUT/contention"
		done
	done
	lab_nfs_down
}

case $1 in
bench) run_bench "$2" "$3" ;;
nfsd) reads=$2; shift 2; measure_nfsd "$@" ;;
contention) reads=$2; shift 2; measure_contention "$@" ;;
*) fail "$1: bench, nfsd or contention" ;;
esac
