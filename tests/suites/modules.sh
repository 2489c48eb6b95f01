#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's modules that test when they are loaded: test_vmalloc, by its own script, and others of lib/.
# What they found they say in the kernel log; whether one stays loaded says less (test_ida does after a failure).
#
# usage: modules.sh KERNEL: the folder in build/kernel where they were built
# shellcheck disable=SC2317 # functions are called by name
set -eu
. "$(dirname "$0")/../system/lib.sh"

modules=/lib/modules/$(uname -r)
# enough for each of its tests to take and give back thousands of areas, not for a benchmark
vmalloc_parameters='nr_threads=2 test_repeat_count=2 test_loop_count=500'

install_modules() {
	mkdir -p "$modules"
	cp "/src/build/kernel/$1"/lib/*.ko "$modules/" && depmod
}

# Sets LOG: what the kernel said while COMMAND... ran
log_of() {
	echo "modules.sh: $*" >/dev/kmsg
	timeout 300 "$@" >"$TMP/output" 2>&1 || true
	LOG=$(dmesg | sed '1,/modules\.sh: '"${*//\//\\/}"'$/d; s/^\[[^]]*\] //')
}

test_module() { # NAME REGEX: of the line in the log that says all is well
	local status=0

	log_of modprobe "$1"
	grep -qE "$2" <<<"$LOG" || status=1
	result "$status" "$1" "$(cat "$TMP/output")"$'\n'"$LOG"
	modprobe -r "$1" 2>/dev/null || true
}

# One line for each of its tests and threads: "Summary: NAME passed: 2 failed: 0 ... avg: N usec"
test_vmalloc() {
	local name passed failed count=0

	# shellcheck disable=SC2086 # words
	log_of bash /src/build/suites/mm/test_vmalloc.sh $vmalloc_parameters
	while read -r name passed failed; do
		count=$((count + 1))
		equal "test_vmalloc: $name: passed, failed" "$passed $failed" '2 0'
	done < <(sed -n 's/.*Summary: \([a-z0-9_]*\) passed: \([0-9]*\) failed: \([0-9]*\) .*/\1 \2 \3/p' <<<"$LOG")
	holds 'test_vmalloc: tests that ran' "$count" -gt 0
}

setup 'the modules are installed' install_modules "$1"
test_vmalloc
test_module test_free_pages 'Test completed$'
test_module test_meminit 'all [0-9]+ tests passed!'
test_module test_xarray '^XArray: ([0-9]+) of \1 tests passed$'
test_module test_maple_tree '^maple_tree: ([0-9]+) of \1 tests passed$'
test_module test_ida '^IDA: ([0-9]+) of \1 tests passed$'
finish
