#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's selftests for net that receive through a page pool: veth with XDP or GRO; and the benchmark of
# page_pool, which takes and gives back pages without a device.
#
# usage: net.sh KERNEL: the folder of the benchmark in build/suites/net/bench
set -eu
. "$(dirname "$0")/../system/lib.sh"

mode=none
[ ! -e "$PB/page_pool" ] || mode=$(cat "$PB/page_pool")

pool_fills() { # MODE
	local -A stats

	pb_read_stats page_pool stats
	echo "${stats["$1 fills"]}"
}

# STATUS NAME of each of their tests. A line begins with its name and blanks, and ends in "ok" or "fail" and
# why; what the programs say may stand in between, in lines of its own.
read_results() {
	awk '{
		line = $0
		sub(/^ +/, "", line)
		if (name == "" && line ~ /[^ ]  /) {
			name = line
			sub(/  .*/, "", name)
		}
		if (name == "" || line !~ /(^| )(ok *$|fail)/)
			next
		print (line ~ /(^| )fail/) + 0, name
		name = ""
	}' "$1"
}

run_script() { # NAME
	local status=0 outcome name

	"./$1" >"$TMP/$1" 2>&1 || status=$?
	while read -r outcome name; do
		result "$outcome" "$1: $name"
	done < <(read_results "$TMP/$1")
	result "$status" "$1: ends with 0" "status $status"$'\n'"$(cat "$TMP/$1")"
}

# A line for each of its three loops: "no-softirq-page_pool03 Per elem: 1234 cycles(tsc) 567.890 ns". The third
# one recycles nothing, so that each page is of a fill.
run_bench() { # KERNEL
	local status=0 name time

	if [ ! -e "/root/net/bench/$1/page_pool/bench_page_pool.ko" ]; then
		skip 'test_bench_page_pool.sh' 'tests/suites/build has not built it'
		return
	fi
	cd "/root/net/bench/$1"
	bash ./test_bench_page_pool.sh >"$TMP/bench" 2>&1 || status=$?
	result "$status" 'test_bench_page_pool.sh: ends with 0' "status $status"$'\n'"$(cat "$TMP/bench")"
	while read -r name time; do
		result 0 "test_bench_page_pool.sh: $name"
		diag "info: ns a page, $name: $time"
	done < <(sed -n 's/^\(no-softirq-page_pool[0-9]*\) Per elem: .* \([0-9.]*\) ns$/\1 \2/p' "$TMP/bench")
}

cp -r /src/build/suites/net /root/net
cd /root/net
mkdir -p /run/netns
[ "$mode" = none ] || before=$(pool_fills "$mode")
run_script veth.sh
run_script udpgro.sh
run_bench "$1"
if [ "$mode" != none ]; then
	holds 'the mode of page_bulk had fills' "$(pool_fills "$mode")" -gt "$before"
fi
finish
