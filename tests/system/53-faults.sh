#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Faults that fail_page_alloc injects into the fills of page_pool, in single pages and with the real
# user's counters: each mode says what it can of them, and no packet that arrives is spoiled.
#
# timeout: 240
# configs: guest numa
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/xdp/lib.sh"

fault=/sys/kernel/debug/fail_page_alloc
# shellcheck disable=SC2034 # by name
declare -A before after

# Every fifth of all allocations that must not sleep, as those of a driver that receives
faults_on() {
	echo 0 >"$fault/min-order" &&
		echo Y >"$fault/ignore-gfp-wait" &&
		echo 0 >"$fault/verbose" &&
		echo -1 >"$fault/times" &&
		echo 20 >"$fault/probability"
}

faults_off() { echo 0 >"$fault/probability"; }

moved() { echo $((${after["$1"]} - ${before["$1"]})); } # "MODE KEY"

test_mode() { # MODE KEY: that counts the faults
	pb_set page_pool "$1"
	pb_read_stats page_pool before
	setup "$1: faults are injected" faults_on
	# Packets may be lost now, but not spoiled: LAB_XDP_ANSWER is "drained RECEIVED BAD"
	LAB_XDP_ANSWER=
	lab_xdp_round 4000 2>"$TMP/round" || true
	faults_off
	pb_read_stats page_pool after
	diag "$1: $LAB_XDP_ANSWER; fills $(moved "$1 fills"), short $(moved "$1 short"), $2 $(moved "$1 $2")"
	check "$1: every packet that arrived is right" \
		grep -qE '^drained [1-9][0-9]* 0( |$)' <<<"$LAB_XDP_ANSWER"
	holds "$1: $2" "$(moved "$1 $2")" -gt 0
	holds "$1: short fills" "$(moved "$1 short")" -gt 0
	equal "$1: no counter of another mode moves" "$(pb_moved_but before after "$1")" ''
	setup "$1: a round without faults" lab_xdp_round 2000
}

setup 'veth with XDP comes up' lab_xdp_up
for mode in array list; do
	test_mode "$mode" end_injected
done
# The page allocator said no; mainline's bulk call does not say why
test_mode single end_no_reclaim
test_mode stock short
check_down lab_xdp_down
finish
