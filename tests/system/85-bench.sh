#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The benchmark on a running system: it measures, refuses nonsense, one run at a time, ends at a
# signal, and leaves no page behind.
#
# timeout: 300
# configs: guest
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../trust/faults.sh"

bench=$PB_DEBUG/bench
short='modes=loop,array,stock memory=hot,cold,scattered batch=1,64 samples=3 stream=1024'
long='modes=loop memory=hot samples=1000'
# With page_owner mainline's bulk call gives one page
modes='single list array stock'
[ ! -e /sys/kernel/debug/page_owner ] || modes='single list array'

run() { printf '%s\n' "$*" >"$bench/run"; }

# So many of this process's pages fail
run_with_failures() ( # PERCENT LINE
	faults_of_tasks fail_page_alloc "$BASHPID" && faults_on fail_page_alloc "$1" && run "$2"
)

# Until none of those that fail is one that the run itself needs
run_with_some_failures() { # LINE
	local i

	for ((i = 0; i < 30; i++)); do
		! run_with_failures 1 "$1" 2>/dev/null || return 0
		faults_off fail_page_alloc
	done
	return 1
}

refused() { # LINE ERROR-WORDS
	local status=0

	(run "$1") 2>"$TMP/stderr" || status=$?
	holds "'$1': refused" "$status" -ne 0
	check "'$1': $2" grep -F "$2" "$TMP/stderr"
}

running() { grep -q ^running "$bench/progress"; }
idle() { ! running; }

check 'a short run' run "$short"
equal 'its rows' "$(grep -c '^row ' "$bench/results")" 18
equal 'no page was missing' \
	"$(grep -E "^row mode=(loop|${modes// /|}) " "$bench/results" | grep -vc ' missing=0$' || true)" 0
check 'it says that it ended well' grep -q '^end status=0 ' "$bench/results"
check 'fills of 259 slots' run "fill samples=3 modes=${modes// /,}"
equal 'five cases in each mode' "$(grep -c '^fill ' "$bench/results")" $((5 * $(wc -w <<<"$modes")))
for mode in single list array stock; do
	status=0
	run_with_failures 100 "fill samples=3 modes=$mode" 2>"$TMP/stderr" || status=$?
	holds "$mode: failures of pages" "$(faults_injected fail_page_alloc)" -gt 0
	faults_off fail_page_alloc
	holds "$mode: fills that get no page: refused" "$status" -ne 0
	check "$mode: and it says so" grep -F 'Cannot allocate memory' "$TMP/stderr"
done

setup 'a run of which some pages fail' run_with_some_failures 'modes=loop,single memory=hot batch=64 samples=3'
diag "failures of pages in it: $(faults_injected fail_page_alloc)"
faults_off fail_page_alloc
for mode in loop single; do
	holds "$mode: pages that are missing are counted" \
		"$(sed -n "s/^row mode=$mode .* missing=//p" "$bench/results")" -gt 0
done

for line in nonsense modes=warm batch=3 samples=0 'gfp=kernel,' longrun=1; do
	refused "$line" 'Invalid argument'
done
refused memory=fragmented 'Operation not permitted'
refused longrun 'Operation not permitted'

pb_count_memory
lost_before=$PB_LOST
run "$long" 2>/dev/null &
pid=$!
check 'a long one starts' wait_until 20 running
refused "$short" 'Device or resource busy'
kill -INT "$pid" || true
kill -TERM "$pid" || true
check 'a signal ends it' wait_until 20 idle
wait "$pid" || true
check 'and results says so' grep -q '^end status=4 ' "$bench/results"

check 'fragmented memory, by force' run \
	'force memory=fragmented modes=array,stock batch=64 samples=1 stream=1024'
check 'a small long run on two CPUs, by force' run 'force longrun modes=array,stock fills=2000 cpus=2'
equal 'missing pages of the long run' \
	"$(grep -E "^longrun mode=(${modes// /|}) " "$bench/results" | grep -vc ' missing=0 ' || true)" 0
pb_count_memory
diag "neither free nor counted as used: $lost_before pages before, $PB_LOST after"
holds 'no page is lost' $((PB_LOST - lost_before)) -lt 1024

check 'bulkctl bench' bulkctl bench --modes array,stock --memory cold --batch 64 --samples 3
bulkctl bench --modes array --memory cold --batch 64 --samples 3 --json >"$TMP/json"
equal 'bulkctl bench --json' "$(jq -r '.schema, (.rows | length)' "$TMP/json" | xargs)" \
	'page-bulk-bench/1 1'
finish
