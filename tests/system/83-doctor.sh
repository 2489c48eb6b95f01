#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bulkctl doctor on a real kernel: what it says is so, and follows what is changed.
#
# timeout: 360
# configs: guest numa
set -eu
. "$(dirname "$0")/lib.sh"

as_tester() { setpriv --reuid tester --regid tester --init-groups -- "$@"; }

doctor() { # [COMMAND...]: sets STATUS, the document is in $TMP/doctor.json
	STATUS=0
	"$@" bulkctl doctor --json >"$TMP/doctor.json" 2>"$TMP/stderr" || STATUS=$?
}

told() { # CHECK: its status and finding
	jq -r --arg name "$1" '.checks[] | select(.name == $name) | "\(.status) \(.finding)"' \
		"$TMP/doctor.json"
}

test_says() { # CHECK PATTERN [NAME]
	local told

	told=$(told "$1")
	# shellcheck disable=SC2053 # a pattern
	if [[ $told == $2 ]]; then
		result 0 "${3:-doctor}: $1"
	else
		result 1 "${3:-doctor}: $1" "got:  $told"$'\n'"want: $2"
	fi
}

snapshot() { # what doctor could change
	local user

	for user in sunrpc page_pool; do
		pb_now "$user"
		echo "$user $PB_NOW"
	done
	grep -r . /proc/sys/vm/page_bulk
	cat "$TRACING"/events/kmem/*/enable
	ls "$TRACING/instances"
}

doctor
equal 'as root: exit status' "$STATUS" 0
equal 'as root: nothing on standard error' "$(cat "$TMP/stderr")" ''
equal 'as root: one can measure' "$(jq .can_measure "$TMP/doctor.json")" true
test_says release "ok $(uname -r) *"
test_says interface 'ok vm.page_bulk, modes single list array stock'
test_says users 'ok page_pool array, sunrpc array'
test_says format 'ok version 1 *'
test_says experiments 'ok *'
test_says debugfs 'ok /sys/kernel/debug'
test_says tracefs 'ok /sys/kernel/tracing'
test_says switching 'ok CAP_SYS_ADMIN *'
test_says perf 'ok CAP_PERFMON; *'
test_says PMU 'missing *'
test_says hardware 'missing not cycles, instructions, cache-misses, branch-misses: not supported'
test_says software 'ok task-clock, context-switches, page-faults'
test_says tracepoints '*page_bulk:page_bulk_fill, page_bulk:page_bulk_switch*'
test_says emulation 'warn QEMU TCG: *'
test_says 'kmem events' 'ok none is enabled'
test_says timing 'ok off'
test_says experiment 'ok none runs'
test_says 'set --for' 'ok no mode is temporary'
test_says memory 'ok * MB are available'
test_says swap 'ok none'
test_says nfsd 'missing does not run; sunrpc: 0 fills so far'
test_says trace-cmd 'ok /usr/bin/trace-cmd'
equal 'each that is not ok says what to do, and no other' \
	"$(jq -c '[.checks[] | select((.status == "ok") != (.remedy == null)) | .name]' \
	"$TMP/doctor.json")" '[]'

snapshot >"$TMP/before"
bulkctl doctor >"$TMP/text" || :
snapshot >"$TMP/after"
check 'it changes nothing' cmp "$TMP/before" "$TMP/after"
equal 'text: a line for each check, and a last one' "$(grep -c -E '^(ok|warn|missing) ' "$TMP/text")" \
	"$(jq '.checks | length' "$TMP/doctor.json")"
check 'text: the last line' grep -E '^[0-9]+ ok, [0-9]+ warn, [0-9]+ missing; status, set, report and ab have' \
	"$TMP/text"

# What disturbs, made to be.
pb_set timing 1
echo 1 >"$TRACING/events/kmem/mm_page_alloc/enable"
bulkctl set sunrpc=list --for 5m >"$TMP/output"
exec 7>"$PB_DEBUG/experiment"
( while :; do :; done ) &
busy=$!
sleep 0.5
doctor
equal 'disturbed: exit status' "$STATUS" 0
test_says timing 'warn on: *' disturbed
test_says 'kmem events' 'warn mm_page_alloc: *' disturbed
test_says 'set --for' 'warn sunrpc goes back to array in [45]m*' disturbed
test_says experiment "warn process $$, *" disturbed
test_says busy 'warn in 500 ms: *' disturbed
check 'disturbed: what to do against kmem events' sh -c "$(jq -r \
	'.checks[] | select(.name == "kmem events") | .remedy' "$TMP/doctor.json")"
exec 7>&-
kill "$busy"
wait "$busy" 2>/dev/null || :
pb_set timing 0
bulkctl set sunrpc=array >"$TMP/output"
doctor
test_says 'kmem events' 'ok *' 'after the remedy'
test_says timing 'ok *' 'after the remedy'
test_says 'set --for' 'ok *' 'after the remedy'

# Without permission.
doctor as_tester
equal 'unprivileged: exit status' "$STATUS" 1
equal 'unprivileged: nothing on standard error' "$(cat "$TMP/stderr")" ''
test_says interface 'ok *' unprivileged
test_says users 'ok page_pool array, sunrpc array' unprivileged
test_says debugfs 'missing no permission *CAP_DAC_OVERRIDE' unprivileged
test_says format 'missing no permission *CAP_DAC_OVERRIDE' unprivileged
test_says switching 'missing no CAP_SYS_ADMIN*' unprivileged
test_says 'kmem events' 'warn cannot be seen: *' unprivileged
test_says memory 'ok *' unprivileged
doctor setpriv --bounding-set -sys_admin,-perfmon --
equal 'uid 0 without CAP_SYS_ADMIN: exit status' "$STATUS" 1
test_says switching 'missing no CAP_SYS_ADMIN*' 'uid 0 without CAP_SYS_ADMIN'
if [ -e /proc/self/ns/user ]; then
	doctor unshare --user --map-root-user --
	equal 'in a user namespace: exit status' "$STATUS" 1
	test_says switching 'missing not in the initial user namespace*' 'in a user namespace'
fi

# Without debugfs.
umount /sys/kernel/debug/tracing 2>/dev/null || :
if check_here 'debugfs is unmounted' umount /sys/kernel/debug; then
	doctor
	equal 'without debugfs: exit status' "$STATUS" 1
	test_says debugfs 'missing not mounted at /sys/kernel/debug' 'without debugfs'
	test_says users 'ok page_pool array, sunrpc array' 'without debugfs'
	check 'without debugfs: what to do' sh -c "$(jq -r \
		'.checks[] | select(.name == "debugfs") | .remedy' "$TMP/doctor.json")"
	doctor
	equal 'after that: exit status' "$STATUS" 0
fi
finish
