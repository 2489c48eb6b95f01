#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# demo-guest.sh - the guest's part of `make demo`: see tests/labs/demo.
#
# Usage: demo-guest.sh ROUNDS FILLS
#
# For each user: put it under load, and switch it through the modes for ROUNDS rounds, at least FILLS
# fills a mode in all. The counters of each slice go to $OUT/USER.json, in the form that
# demo_report.py reads. Allocator calls are counted by kprobes, in a pass of its own after
# each slice, so that they are not in its times.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/labs/nfs/lib.sh
. "$here/nfs/lib.sh"
# shellcheck source=tests/labs/xdp/lib.sh
. "$here/xdp/lib.sh"
# shellcheck source=tests/labs/calls.sh
. "$here/calls.sh"

rounds=$1
fills_wanted=$2

# The 4 kB loads do not drown those of 1 MB, which the demo is about.
LAB_NFS_PAUSE_4K=5000

# How long a slice lasts at least, and at most if fills are slow to come, in seconds.
slice_min=2
slice_max=30
# After a switch: fills in flight end, and the per-CPU lists forget the mode before.
settle=0.3

modes=(single list array stock)
# Each mode once at each place, and once after each other mode.
orders=('0 1 3 2' '1 2 0 3' '2 3 1 0' '3 0 2 1')

debugfs=/sys/kernel/debug/page_bulk

fail() { echo "demo: $*" >&2; exit 1; }
say() { echo "[$(cut -d' ' -f1 /proc/uptime) s] $*"; }

# The stats of USER as one JSON object: {"generation": N, "single": {"fills": N, ...}, ...}
stats() {
	jq -Rn 'reduce (inputs / " ") as $w ({};
		if $w | length == 2 then .[$w[0]] = ($w[1] | tonumber)
		else .[$w[0]][$w[1]] = ($w[2] | tonumber) end)' "$debugfs/$1/stats"
}

fills() { # USER MODE
	awk -v mode="$2" '$1 == mode && $2 == "fills" { print $3 }' "$debugfs/$1/stats"
}

now_ms() { date +%s%3N; }

# --- one slice ------------------------------------------------------------------------------------

# Both count_* set calls and work, for USER in its present mode.

# Only the readers of 1 MB go on; the others wait meanwhile.
count_sunrpc() {
	local before after end

	lab_nfs_load_hold read-1m
	lab_calls_begin 'comm == "nfsd"'
	read -r _ before _ < <(lab_nfs_served)
	end=$(($(now_ms) + 10000))
	while :; do
		sleep 0.5
		read -r _ after _ < <(lab_nfs_served)
		work=$(((after - before) / 1048576))
		if [ "$work" -ge 20 ] || [ "$(now_ms)" -ge "$end" ]; then
			break
		fi
	done
	calls=$(lab_calls_end)
	lab_nfs_load_go
	[ "$work" -gt 0 ] || fail "sunrpc: no 1 MB READ in 10 s"
}

count_page_pool() {
	lab_calls_begin 'comm ~ "kpktgend*" || comm ~ "ksoftirqd*"'
	lab_xdp_round 5000 || exit 1
	calls=$(lab_calls_end)
	work=$LAB_XDP_PACKETS
}

# Let the load run until there were enough fills.
run_sunrpc() { # MODE FILLS
	local start now

	start=$(now_ms)
	while :; do
		sleep 0.5
		lab_nfs_load_alive || exit 1
		now=$(now_ms)
		if [ $((now - start)) -lt $((slice_min * 1000)) ]; then
			continue
		fi
		if [ $((now - start)) -ge $((slice_max * 1000)) ] ||
				[ "$(fills sunrpc "$1")" -ge "$2" ]; then
			break
		fi
	done
}

run_page_pool() { # MODE FILLS
	local end packets=$((fills_wanted * 64 / rounds + 2000))

	end=$(($(now_ms) + slice_max * 1000))
	while :; do
		lab_xdp_round "$packets" || exit 1
		if [ "$(fills page_pool "$1")" -ge "$2" ] || [ "$(now_ms)" -ge "$end" ]; then
			break
		fi
	done
}

# Switch USER to MODE, let it run, print a line, add the sample to $OUT/USER.samples.
slice() { # USER MODE ROUND
	local user=$1 mode=$2 round=$3 before after start ms calls work sample
	local need=$(((fills_wanted + rounds - 1) / rounds + 1)) name=reads_1m

	bulkctl set "$user=$mode" >/dev/null || fail "bulkctl cannot set $user to $mode"
	sleep "$settle"
	before=$(stats "$user")
	start=$(now_ms)
	"run_$user" "$mode" "$(($(fills "$user" "$mode") + need))"
	ms=$(($(now_ms) - start))
	after=$(stats "$user")
	"count_$user"
	[ "$calls" -gt 0 ] || fail "$user $mode: the kprobes counted no call of the page allocator"
	[ "$user" = sunrpc ] || name=packets

	sample=$(jq -n --argjson before "$before" --argjson after "$after" --arg mode "$mode" \
		--argjson round "$round" --argjson ms "$ms" --argjson calls "$calls" \
		--argjson work "$work" --arg name "$name" '
		if $before.generation != $after.generation then
			error("the generation changed within the slice")
		elif ($before | del(.[$mode])) != ($after | del(.[$mode])) then
			error("the counters of another mode moved")
		else
			{ round: $round, mode: $mode, seconds: ($ms / 1000),
			  generation: $after.generation } +
			($after[$mode] | with_entries(.value -= $before[$mode][.key])) +
			{ allocator_calls: $calls, reads_1m: null, packets: null, ($name): $work }
		end') || fail "$user $mode: the counters are not those of one mode (see above)"
	echo "$sample" >>"$OUT/$user.samples"
	say "$(jq -rn --argjson s "$sample" --arg user "$user" --arg name "$name" \
		--arg work "${name/reads_1m/1 MB READs}" '
		def per(a; b): if b > 0 then a / b * 10 | round / 10 else "-" end;
		"round \($s.round) \($user) \($s.mode): \($s.fills) fills, " +
		"\(per($s.got; $s.fills)) pages/fill, \(per($s.ns; $s.timed_got)) ns/page, " +
		"\($s.short) short; \($s.allocator_calls) allocator calls for \($s[$name]) \($work)"')"
}

all_slices() { # USER
	local user=$1 round index

	for ((round = 1; round <= rounds; round++)); do
		for index in ${orders[(round - 1) % 4]}; do
			slice "$user" "${modes[index]}" "$round"
		done
	done
	jq -s --arg user "$user" --arg kernel "$(uname -r)" --argjson rounds "$rounds" '
		{ schema: "page-bulk-demo/1", user: $user, kernel: $kernel, emulated: true,
		  rounds: $rounds, samples: . }' "$OUT/$user.samples" >"$OUT/$user.json"
	rm "$OUT/$user.samples"
}

check_fills() { # USER
	jq -r --argjson wanted "$fills_wanted" --arg user "$1" '
		.samples | group_by(.mode)[] | { mode: .[0].mode, fills: map(.fills) | add } |
		select(.fills < $wanted) |
		"demo: \($user): only \(.fills) fills in mode \(.mode), at least \($wanted) are wanted"' \
		"$OUT/$1.json" >"$OUT/few"
	[ ! -s "$OUT/few" ] || { cat "$OUT/few" >&2; exit 1; }
	rm "$OUT/few"
}

# --- the two users --------------------------------------------------------------------------------

demo_sunrpc() {
	say "nfsd: $LAB_NFS_THREADS threads, NFSv$LAB_NFS_VERS over TCP, rsize and wsize 1 MB;" \
		"fio reads and writes 1 MB and 4 kB blocks and verifies every byte"
	lab_nfs_up
	lab_nfs_load_start both both
	# Else every command of this script waits behind the load.
	renice -n -10 $$ >/dev/null
	sleep 1
	say "sunrpc switches through ${modes[*]}, $rounds rounds, while the load runs"
	all_slices sunrpc
	say "bulkctl report:"
	bulkctl report --interval 2
	lab_nfs_load_stop >"$OUT/load.txt" || fail "sunrpc: a load met an error (see above)"
	awk '{ r += $2; w += $3 } END { print "every byte verified: " r " MB read, " w " MB written" }' \
		"$OUT/load.txt"
	rm "$OUT/load.txt"
	lab_nfs_down
	check_fills sunrpc
}

demo_page_pool() {
	local pid

	say "page_pool: pktgen into a veth with native XDP; a socket holds the packets, so that" \
		"pages leave the pool"
	lab_xdp_up
	lab_xdp_round 5000
	say "page_pool switches through ${modes[*]}, $rounds rounds"
	all_slices page_pool
	say "bulkctl report:"
	bulkctl report --interval 3 &
	pid=$!
	lab_xdp_round 20000
	wait "$pid"
	lab_xdp_down
	check_fills page_pool
}

[ -e "$debugfs/version" ] || fail "this kernel has no $debugfs: it is not the patched one"
say "Linux $(uname -r), $(nproc) CPUs, emulated; vm.page_bulk.timing=1"
sysctl -qw vm.page_bulk.timing=1
lab_calls_up
demo_sunrpc
demo_page_pool
lab_calls_down
say "done"
