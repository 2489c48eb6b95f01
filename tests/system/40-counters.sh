#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Under NFS load only the counters of the mode that is set move; and what the debugfs files say
# is of the documented form, and agrees with itself.
#
# timeout: 360
# configs: guest numa
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

keys='fills full asked got short failed timed_fills timed_got ns freed end_one_page
	end_pcp_contended end_pcp_empty end_watermark end_no_block end_memcg_limit end_no_reclaim
	end_oom end_injected'

# What stats must consist of, in any order but for its first line.
expected_stats() {
	local mode key

	echo 'generation N'
	for mode in $PB_MODES; do
		for key in $keys; do
			echo "$mode $key N"
		done
	done
}

test_format() { # USER WHEN
	sed 's/[0-9][0-9]*$/N/' "$PB_DEBUG/$1/stats" >"$TMP/stats"
	equal "$1: stats, $2: the generation comes first" "$(head -n 1 "$TMP/stats")" 'generation N'
	equal "$1: stats, $2: every mode and every key, once" \
		"$(sort "$TMP/stats")" "$(expected_stats | sort)"
	equal "$1: zone_locks, $2: form" "$(sed 's/[0-9][0-9]*$/N/' "$PB_DEBUG/$1/zone_locks")" \
		"$(printf '%s N\n' 'list fill' 'list free' 'array fill' 'array free')"
	equal "$1: sizes, $2: form" \
		"$(grep -vE '^(single|list|array|stock) [0-9]+ [0-9]+$' "$PB_DEBUG/$1/sizes" || true)" ''
	equal "$1: latency, $2: form" "$(grep -vE '^(single|list|array|stock) (fill|page) [0-9]+ [0-9]+$' \
		"$PB_DEBUG/$1/latency" || true)" ''
}

declare -A before after
# shellcheck disable=SC2034 # by name
declare -A other_before other_after

# One mode under load: a second to let fills in flight end, then watch.
test_mode() { # MODE
	local generation

	pb_now sunrpc
	generation=${PB_NOW#* }
	if [ "${PB_NOW% *}" != "$1" ]; then
		generation=$((generation + 1))
	fi
	pb_set sunrpc "$1"
	pb_now sunrpc
	equal "$1: mode and generation after the switch" "$PB_NOW" "$1 $generation"
	pb_set sunrpc "$1"
	pb_now sunrpc
	equal "$1: the same written again" "$PB_NOW" "$1 $generation"

	sleep 1
	pb_read_stats sunrpc before
	pb_read_stats page_pool other_before
	sleep 1.5
	pb_read_stats sunrpc after
	pb_read_stats page_pool other_after

	holds "$1: fills" "${after["$1 fills"]}" -gt "${before["$1 fills"]}"
	holds "$1: pages got" "${after["$1 got"]}" -gt "${before["$1 got"]}"
	equal "$1: no counter of another mode moves" "$(pb_moved_but before after "$1")" ''
	equal "$1: no counter of page_pool moves" \
		"$(pb_moved_but other_before other_after none)" ''
}

sum_of() { # USER FILE MODE [fill|page]: the sum of the last column
	awk -v mode="$3" -v what="${4:-}" '$1 == mode && (what == "" || $2 == what) { n += $NF }
		END { print n + 0 }' "$PB_DEBUG/$1/$2"
}

test_agreement() { # MODE: without load
	equal "$1: the sizes sum up to the fills" "$(sum_of sunrpc sizes "$1")" \
		"${after["$1 fills"]}"
	equal "$1: the fill times sum up to the timed fills" \
		"$(sum_of sunrpc latency "$1" fill)" "${after["$1 timed_fills"]}"
	holds "$1: no more pages got than asked" "${after["$1 got"]}" -le "${after["$1 asked"]}"
	holds "$1: no more failed than short" "${after["$1 failed"]}" -le "${after["$1 short"]}"
	if [ "${after["$1 short"]}" = 0 ]; then
		equal "$1: no fill was short, so all that was asked was got" \
			"${after["$1 got"]}" "${after["$1 asked"]}"
	fi
}

test_timing() {
	pb_read_stats sunrpc before
	equal 'timing is off: nothing was timed' "$(for mode in $PB_MODES; do
		echo "${before["$mode timed_fills"]} ${before["$mode ns"]}"
	done | sort -u)" '0 0'
	pb_set sunrpc list
	pb_set timing 1
	sleep 1.5
	pb_set timing 0
	sleep 0.5
	pb_read_stats sunrpc after
	holds 'timing on: fills were timed' "${after["list timed_fills"]}" -gt 0
	holds 'timing on: their pages were counted' "${after["list timed_got"]}" -gt 0
	holds 'timing on: their time was counted' "${after["list ns"]}" -gt 0
	holds 'timing on: not before it was on' "${after["list timed_fills"]}" -le \
		$((after["list fills"] - before["list fills"]))
	pb_read_stats sunrpc before
	sleep 1
	pb_read_stats sunrpc after
	holds 'timing off again: fills go on' "${after["list fills"]}" -gt "${before["list fills"]}"
	equal 'timing off again: no fill is timed' "${after["list timed_fills"]}" \
		"${before["list timed_fills"]}"
}

test_reset() {
	local value generation

	pb_now sunrpc
	generation=${PB_NOW#* }
	pb_read_stats sunrpc before
	poke_start
	for value in 0 2 x; do
		poke "$PB_DEBUG/sunrpc/reset" "write=$value"
		equal "reset: '$value' is refused" "$POKED" EINVAL
	done
	pb_read_stats sunrpc after
	equal 'reset: refused values change nothing' "$(pb_moved_but before after none)" ''
	pb_read_stats page_pool other_before
	poke "$PB_DEBUG/sunrpc/reset" 'write=1\n'
	equal 'reset: 1 is taken' "$POKED" 2
	pb_read_stats sunrpc after
	equal 'reset: the generation stays' "${after["generation"]}" "$generation"
	unset 'after[generation]'
	equal 'reset: every counter is 0' "$(printf '%s\n' "${after[@]}" | sort -u)" 0
	equal 'reset: the histograms are empty' \
		"$(cat "$PB_DEBUG/sunrpc/sizes" "$PB_DEBUG/sunrpc/latency")" ''
	pb_read_stats page_pool other_after
	equal "reset: page_pool's counters are left alone" \
		"$(pb_moved_but other_before other_after none)" ''
}

test_format sunrpc 'before the load'
test_format page_pool 'before the load'
setup 'NFS server and client come up' lab_nfs_up
setup 'a load of reads and writes starts' lab_nfs_load_start
for mode in list single array stock; do
	test_mode "$mode"
done
test_timing
check_load_stop
sleep 0.5

pb_read_stats sunrpc after
for mode in $PB_MODES; do
	test_agreement "$mode"
done
test_format sunrpc 'after the load'
test_reset
test_format sunrpc 'after a reset'

# What is counted after a reset starts from 0.
setup 'more NFS traffic' lab_nfs_check 4
sleep 0.5
pb_read_stats sunrpc after
holds 'after the reset fills are counted' "${after["list fills"]}" -gt 0
test_agreement list
check_down lab_nfs_down
finish
