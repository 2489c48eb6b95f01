#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bench-guest.sh - the guest's part of `make bench-vm`: see scripts/bench-vm.
#
# Usage: bench-guest.sh bench NAME OPTIONS
#        bench-guest.sh nfsd READS MODE...
#
# bench: runs the benchmark with OPTIONS and leaves its results in $OUT/NAME. nfsd: puts a fixed
# load of READS times 1 MB on nfsd in each MODE, and leaves what a kprobe and a kretprobe saw of one function
# at a time in $OUT/trace-MODE-FUNCTION. The clock is the TSC, which counts instructions here.
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

case $1 in
bench) run_bench "$2" "$3" ;;
nfsd) reads=$2; shift 2; measure_nfsd "$@" ;;
*) fail "$1: bench or nfsd" ;;
esac
