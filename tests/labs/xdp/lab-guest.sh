#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lab-guest.sh - what `make lab-xdp` runs in a guest, or on this machine: see tests/labs/lab-xdp.
#
# Usage: lab-guest.sh ROUNDS SLICE_MS SETTLE_MS CASE...
#
# A CASE is PATH-ACTION-SIZE, or PATH-ACTION-SIZE-batchN with N pages a fill, as load.sh knows them; PATH is
# veth, or vmxnet3 or nic: LAB_XDP_NIC receives what LAB_XDP_SENDER sends, by default what
# tests/vm/run --vmxnet3 gives. For each case, in $OUT:
#
#	CASE.counters  lines "MODE before|after SOURCE NAME VALUE", around a short time in each mode
#	CASE.json      what bulkctl ab measured, when the slow path is taken at all
#	CASE.log       what it printed
#
# and a line "CASE ab", "CASE recycles" or "CASE failed" in $OUT/cases. Exit: 1 when a case failed.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/labs/xdp/lib.sh
. "$here/lib.sh"
# shellcheck source=tests/labs/xdp/load.sh
. "$here/load.sh"

rounds=$1 slice=$2 settle=$3
shift 3
modes=(single list array stock)
sysctl=/proc/sys/vm/page_bulk/page_pool
debugfs=/sys/kernel/debug/page_bulk/page_pool
metrics=packets_per_s:xdp1,ns_per_fill,ns_per_page,pages_per_fill,fills_per_s,p99_fill_us,task-clock_per_s
# /proc/stat counts in hundredths of a second
[ "$slice" -lt 500 ] || metrics+=,sys_cpu_s_per_s

say() { echo "[$(cut -d' ' -f1 /proc/uptime) s] $*"; }

pause() { sleep "$(awk -v ms="$1" 'BEGIN { print ms / 1000 }')"; }

snapshot() { # MODE before|after
	local iface

	for iface in xdp1 xdp3; do
		lab_xdp_ns ethtool -S "$iface" 2>/dev/null |
			awk -v p="$1 $2 $iface" '$1 ~ /^rx_pp_/ { sub(":", "", $1); print p, $1, $2 }'
	done
	awk -v mode="$1" -v p="$1 $2 page_bulk" '$1 == mode { print p, $2, $3 }' "$debugfs/stats"
	echo "$1 $2 xdp1 packets $(lab_xdp_received)"
}

count_by_mode() { # FILE
	local mode

	for mode in "${modes[@]}"; do
		echo "$mode" >"$sysctl"
		pause "$settle"
		snapshot "$mode" before
		pause $((10 * slice))
		snapshot "$mode" after
	done >"$1"
}

# At least a page for a hundred packets, in one of the modes
takes_slow_path() { # FILE
	awk '$3 == "page_bulk" && $4 == "got" { got[$1] += $2 == "after" ? $5 : -$5 }
		$3 == "xdp1" && $4 == "packets" { packets[$1] += $2 == "after" ? $5 : -$5 }
		END { for (mode in got) slow = slow || got[mode] * 100 >= packets[mode]; exit !slow }' "$1"
}

measure() { # CASE
	local out=$OUT/$1 pids

	count_by_mode "$out.counters"
	if ! takes_slow_path "$out.counters"; then
		verdict=recycles
		return
	fi
	pids=$(pgrep -d, -x "kpktgend_$LAB_XDP_CPU|ksoftirqd/$LAB_XDP_CPU")${LAB_XDP_HOLDER_PID:+,$LAB_XDP_HOLDER_PID}
	lab_xdp_ns bulkctl ab page_pool --modes "$(IFS=,; echo "${modes[*]}")" --rounds "$rounds" \
		--aa-rounds $((rounds / 2)) --slice "${slice}ms" --settle "${settle}ms" --metric "$metrics" \
		-e task-clock -p "$pids" -o "$out.json" >"$out.log" 2>&1 || {
		tail -n 5 "$out.log" >&2
		return 1
	}
	verdict=ab
}

run_case() { # CASE
	local batch=64

	IFS=- read -r LAB_XDP_PATH LAB_XDP_ACTION LAB_XDP_SIZE batch <<<"$1-batch64"
	batch=${batch#batch}
	batch=${batch%%-*}
	case $LAB_XDP_PATH in
	veth) ;;
	vmxnet3|nic)
		LAB_XDP_PATH=nic
		[ -n "${LAB_XDP_NIC:-}" ] || lab_xdp_find_nic || return ;;
	*) lab_xdp_fail "$1: no such path" || return ;;
	esac
	echo "$batch" >"$debugfs/batch" || return
	loaded=yes
	if lab_xdp_load_up; then
		measure "$1" || verdict=failed
	fi
	loaded=''
	lab_xdp_load_down
}

# All as it was before, also when somebody interrupts it
# shellcheck disable=SC2317 # called by the trap
leave() {
	[ -z "$loaded" ] || lab_xdp_load_down || true
	echo "$before" >"$sysctl"
	echo "$batch_before" >"$debugfs/batch"
}

before=$(cat "$sysctl") batch_before=$(cat "$debugfs/batch")
status=0 loaded=''
trap leave EXIT
for case; do
	verdict=failed
	run_case "$case" || verdict=failed
	[ "$verdict" != failed ] || status=1
	echo "$case $verdict" >>"$OUT/cases"
	say "$case: $verdict"
done
exit "$status"
