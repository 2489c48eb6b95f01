#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# page_pool under XDP load: it fills in each mode, packets are all accounted for, also while the
# mode is switched, and no page is leaked.
#
# timeout: 360
# configs: guest numa
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/xdp/lib.sh"

# shellcheck disable=SC2034 # by name
declare -A before after

# Pages that a fill gets. With page_owner mainline's bulk call gives one
declare -A per_fill=([single]=64 [list]=64 [array]=64 [stock]=64)
[ ! -e /sys/kernel/debug/page_owner ] || per_fill[stock]=1

test_round() { # NAME PACKETS: checks a round; before and after are its counters
	local slow_before empty_before sent dropped

	pb_read_stats page_pool before
	lab_xdp_account
	sent=$LAB_XDP_SENT dropped=$LAB_XDP_DROPPED
	slow_before=$(lab_xdp_counter rx_pp_alloc_slow)
	empty_before=$(lab_xdp_counter rx_pp_alloc_empty)
	setup "$1: a round of $2 packets" lab_xdp_round "$2"
	pb_read_stats page_pool after
	lab_xdp_account

	equal "$1: packets sent" $((LAB_XDP_SENT - sent)) "$2"
	equal "$1: each packet sent was received or counted as dropped" \
		$((LAB_XDP_PACKETS + LAB_XDP_DROPPED - dropped)) "$2"
	slow=$(($(lab_xdp_counter rx_pp_alloc_slow) - slow_before))
	equal "$1: the pool never found its cache and its ring empty but went the slow path" \
		$(($(lab_xdp_counter rx_pp_alloc_empty) - empty_before)) "$slow"
}

moved() { # KEY: over all modes
	local mode n=0

	for mode in $PB_MODES; do
		n=$((n + ${after["$mode $1"]} - ${before["$mode $1"]}))
	done
	echo "$n"
}

# Pages that the fills between before and after should have got
pages_due() {
	local mode n=0

	for mode in $PB_MODES; do
		n=$((n + per_fill[$mode] * (${after["$mode fills"]} - ${before["$mode fills"]})))
	done
	echo "$n"
}

test_mode() { # MODE
	pb_set page_pool "$1"
	test_round "$1" 4000
	equal "$1: each time on the slow path was a fill in this mode" \
		$((${after["$1 fills"]} - ${before["$1 fills"]})) "$slow"
	equal "$1: pages got are ${per_fill[$1]} a fill" $((${after["$1 got"]} - ${before["$1 got"]})) \
		$((per_fill[$1] * slow))
	equal "$1: no counter of another mode moves" "$(pb_moved_but before after "$1")" ''
}

start_switcher() {
	python3 "$(dirname "$0")/switcher.py" "$PB/page_pool" 1 3000 2 0.004 >"$TMP/switcher" &
	switcher=$!
}

# Rounds until the switcher has ended.
test_switching() {
	local i generation writes changes
	local -A first last

	pb_read_stats page_pool first
	generation=${first["generation"]}
	start_switcher
	for ((i = 1; i <= 100; i++)); do
		test_round "switching, round $i" 4000
		equal "switching, round $i: each time on the slow path was a fill" "$(moved fills)" "$slow"
		equal "switching, round $i: pages got are as many as a fill of the mode gets" "$(moved got)" "$(pages_due)"
		kill -0 "$switcher" 2>/dev/null || break
	done
	setup 'the switcher ends without an error' wait "$switcher"
	read -r writes changes <"$TMP/switcher"
	pb_read_stats page_pool last
	equal 'switching: the generation rose by one at each actual change' \
		"${last["generation"]}" $((generation + changes))
	diag "$i rounds, $writes writes, $changes changes"
	for mode in $PB_MODES; do
		holds "switching: $mode: fills" "${last["$mode fills"]}" -gt "${first["$mode fills"]}"
	done
}

setup 'veth with XDP comes up' lab_xdp_up
for mode in array list single stock; do
	test_mode "$mode"
done
test_switching
holds 'recycling works too: pages came back by the ring or the cache' \
	$(($(lab_xdp_counter rx_pp_alloc_fast) + $(lab_xdp_counter rx_pp_alloc_refill))) -gt 0
holds 'pages left the pool' "$(lab_xdp_counter rx_pp_recycle_ring_full)" -gt 0
setup 'the release of pools is recorded' lab_xdp_watch_release
check_down lab_xdp_down
check 'the pool ends with no page out' wait_until 20 lab_xdp_released
equal 'no pool waits for pages' "$(dmesg | grep 'page_pool_release_retry() stalled' || true)" ''
finish
