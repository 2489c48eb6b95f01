#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# selftest.sh - test the harness itself, on this machine. TAP output.
#
# Usage: tests/vm/selftest.sh [--kernel BZIMAGE]
set -eu

here=$(dirname "$(readlink -f "$0")")
kernel=()
if [ "${1:-}" = --kernel ]; then
	kernel=(--kernel "$2")
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OUT=$work/out
count=0 failed=0

# Run tests/vm/run on the lines of standard input as a script.
guest() { # ARG... : options, and after "--" the script's arguments
	local -a options=()

	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	[ $# -eq 0 ] || shift
	cat >"$work/a script.sh"
	rm -rf "$OUT"
	status=0
	"$here/run" "${kernel[@]}" "${options[@]}" "$work/a script.sh" "$@" \
		>"$work/stdout" 2>"$work/stderr" </dev/null || status=$?
}

result() { # STATUS NAME
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		failed=$((failed + 1))
		echo "not ok $count - $2"
		echo "# status ${status:-}"
		sed 's/^/# stdout: /' "$work/stdout"
		sed 's/^/# stderr: /' "$work/stderr"
	fi
}

# check NAME COMMAND...
check() {
	local name=$1 rc=0

	shift
	"$@" >/dev/null 2>&1 || rc=1
	result $rc "$name"
}

scan() { # EXPECTED LINE...: does scan-log take the first LINE for a report?
	local rc=0

	printf '[    1.234567] %s\r\n' "${@:2}" >"$work/log"
	"$here/scan-log" "$work/log" >"$work/stdout" 2>"$work/stderr" || rc=$?
	status=$rc
	check "scan-log: $2" [ "$rc" = "$1" ]
}

test_passing_through() {
	guest -- 'two words' "a'b\"c" '' '*' $'line 1\nline 2' <<-'EOT'
		#!/bin/sh
		printf '<%s>\n' "$@"
		printf '\001\002tab\there\r\n' >&2
		echo again >/dev/stderr
		echo kept >"$OUT/file"
		mkdir "$OUT/dir"
		echo deep >"$OUT/dir/file"
		[ -t 0 ] || read -r line || exit 42
	EOT
	printf '<%s>\n' 'two words' "a'b\"c" '' '*' $'line 1\nline 2' >"$work/want"
	printf '\001\002tab\there\r\nagain\n' >>"$work/want"
	check 'the exit status passes through; standard input is empty' [ "$status" = 42 ]
	check 'arguments and output pass through unchanged' cmp "$work/want" "$work/stdout"
	check 'nothing is said on standard error' [ ! -s "$work/stderr" ]
	check 'OUT comes back' grep -qx kept "$OUT/file"
	check 'OUT comes back with its folders' grep -qx deep "$OUT/dir/file"
	check 'the kernel log comes back' grep -q 'Linux version' "$OUT/vm-dmesg.log"
	check 'the console comes back' grep -q 'Linux version' "$OUT/vm-console.log"
}

test_large_output() {
	guest <<-'EOT'
		#!/bin/bash
		set -eu
		touch /src/x 2>/dev/null && exit 11
		grep -q -- '--icount' /src/tests/vm/run
		sleep 1000 &
		seq 300000
	EOT
	check '/src is the repository, read-only; a process left behind does no harm' [ "$status" = 0 ]
	seq 300000 >"$work/want"
	check 'two megabytes of output are complete' cmp "$work/want" "$work/stdout"
}

fake_report='echo "WARNING: CPU: 0 PID: 1 at foo" >/dev/kmsg'

fake_int3='echo "Oops: int3: 0000 [#1] SMP" >/dev/kmsg'

test_reports() {
	guest <<<"$fake_report; echo what follows >/dev/kmsg; exit 3"
	check 'a report in the kernel log: 98' [ "$status" = 98 ]
	check 'the report is shown' grep -q '^  .*WARNING: CPU: 0 PID: 1 at foo' "$work/stderr"
	check 'what the log says after it, too' grep -q '^# .*\] what follows$' "$work/stderr"
	guest <<<"$fake_int3; echo 'Code: e9 75 0f 1f 41 <55> 41 54' >/dev/kmsg"
	check 'an int3 that is not in the text is of QEMU: 96' [ "$status" = 96 ]
	check 'that is said' grep -q '^run: QEMU failed: ' "$work/stderr"
	guest <<<"$fake_int3; echo 'Code: e9 75 0f 1f cc <55> 41 54' >/dev/kmsg"
	check 'one that is there is a report: 98' [ "$status" = 98 ]
	guest <<<"$fake_report; $fake_int3; echo 'Code: e9 75 0f 1f 41 <55> 41 54' >/dev/kmsg"
	check 'behind another report, too: 98' [ "$status" = 98 ]
	guest --allow 'PID: 1 at (foo|bar)$' <<<"$fake_report"
	check 'a report that --allow names: 0' [ "$status" = 0 ]
	guest --allow 'no such report' <<<"$fake_report"
	check 'a report that --allow does not name: 98' [ "$status" = 98 ]
	guest <<<'echo "WARNING: BUG: Oops"; echo "no warning here, no BUG: in it" >/dev/kmsg'
	check 'the mere words are no report' [ "$status" = 0 ]
	guest <<<'dmesg | sed -n "s/.*tsc: Detected \(.*\) MHz processor/\1/p"'
	# shellcheck disable=SC2016 # awk's
	check 'the clock runs as that of this machine' \
		awk -v khz="$("$here/../../build/vm/tsc-khz")" \
			'{ off = $1 * 1000 / khz - 1; exit !(off > -0.001 && off < 0.001) }' "$work/stdout"
	guest <<<'kill -SEGV $$'
	check 'a script ended by a signal: 128 + its number' [ "$status" = 139 ]
	guest <<<'systemctl --force --force reboot; sleep 60'
	check 'a guest that ends without a status: 97' [ "$status" = 97 ]
	check 'the console is shown' grep -q 'machine restart' "$work/stderr"
}

# QEMU crashes as soon as FILE, of "$work/tmp/page-bulk-vm.*/", has WORDS, so often
crash_qemu() { # FILE WORDS TIMES RUN_OPTION...
	local pid i

	TMPDIR=$work/tmp "$here/run" "${kernel[@]}" "${@:4}" "$work/sleep.sh" >"$work/stdout" 2>"$work/stderr" &
	pid=$!
	for ((i = 0; i < $3; i++)); do
		# shellcheck disable=SC2016 # sh's
		timeout 60 sh -c 'until grep -qa "$1" $2; do sleep 0.1; done 2>/dev/null' sh "$2" "$work/tmp/*/$1"
		pkill -SEGV -f "^qemu.*$work/tmp"
		sleep 1
	done
	status=0
	wait "$pid" || status=$?
}

test_crashes() {
	crash_qemu output begun 1
	check 'QEMU crashes while SCRIPT runs: 96' [ "$status" = 96 ]
	check 'that is said' grep -q '^run: QEMU failed: it crashed with status 139' "$work/stderr"
	crash_qemu console 'Linux version' 2 --append init=/usr/bin/cat
	check 'before the guest is up, twice: 96' [ "$status" = 96 ]
	check 'it was started once more' [ "$(grep -c 'QEMU crashed .*, it is started once more' "$work/stderr")" = 1 ]
}

test_ends() {
	local pid children

	guest --timeout 25 <<<"echo begun; echo part >/out/part; sleep 1000"
	check 'timeout: 124' [ "$status" = 124 ]
	check 'timeout: the console is shown' grep -q 'page-bulk-init as init' "$work/stderr"
	check 'timeout: the output so far is there' grep -qx begun "$work/stdout"
	check 'timeout: OUT so far is there' grep -qx part "$OUT/part"

	# a program that waits for ever is no init
	VM_BOOT_LIMIT=3 guest --timeout 33 --append init=/usr/bin/cat <<<true
	check 'a guest that does not come up: 124' [ "$status" = 124 ]
	check 'it was started once more' [ "$(grep -c 'was not up within 3 s, it is started once more' "$work/stderr")" = 1 ]
	# KUnit is before init, and that is how long it takes
	VM_BOOT_LIMIT=30 guest --timeout 60 \
		--append 'kunit.enable=1 kunit.filter_glob=page_bulk_mode init=/usr/bin/cat' <<<true
	check 'KUnit, too, is up' [ "$status/$(grep -c 'not up within' "$work/stderr")" = 124/0 ]
	check 'its results on the console are comments' grep -q '^# .* ok 1 page_bulk_mode' "$work/stderr"
	check 'and nothing else' [ "$(grep -c '^ *\[.* ok 1 page_bulk_mode' "$work/stderr")" = 0 ]
	guest --timeout 200 <<<true
	check 'a guest that comes up is started once' [ "$status$(cat "$work/stderr")" = 0 ]

	TMPDIR=$work/tmp "$here/run" "${kernel[@]}" "$work/sleep.sh" >"$work/stdout" 2>&1 &
	pid=$!
	sleep 2
	children=$(pgrep -f "$work/tmp" | wc -l)
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	sleep 0.5
	check 'SIGTERM: 143' [ "$status" = 143 ]
	check 'SIGTERM: QEMU was there and is gone' \
		[ "$children/$(pgrep -f "$work/tmp" | wc -l)" = "$((children > 0 ? children : 1))/0" ]
	check 'SIGTERM: no temporary folder stays' rmdir "$work/tmp"
}

test_icount() {
	local i

	for i in 1 2; do
		guest --icount -- 'two words' <<-'EOT'
			#!/bin/sh
			cat /proc/uptime /proc/vmstat /proc/interrupts
			dmesg
			[ "$1" = 'two words' ] && [ -e /src/tests/vm/run ] || exit 1
			head -c 10000 /dev/urandom >"$OUT/random"
			touch /src/x || exit 5
		EOT
		cp "$work/stdout" "$work/icount.$i"
		cat "$OUT/random" "$OUT/vm-dmesg.log" >>"$work/icount.$i" || true
	done
	check '--icount: the exit status passes through, /src is read-only' [ "$status" = 5 ]
	check '--icount: OUT comes back' [ "$(wc -c <"$OUT/random")" = 10000 ]
	check '--icount: two runs are the same, byte for byte' cmp "$work/icount.1" "$work/icount.2"
}

test_usage() {
	local arg

	for arg in --bogus --cpus=2 /nonexistent "--cpus x" "--allow ( $here/run" ""; do
		status=0
		# shellcheck disable=SC2086
		"$here/run" $arg >"$work/stdout" 2>"$work/stderr" || status=$?
		check "usage: run $arg: 2" [ "$status" = 2 ]
	done
}

test_patterns() {
	local line

	while IFS= read -r line; do
		scan 1 "$line"
	done <<-'EOT'
		WARNING: CPU: 1 PID: 77 at mm/page_alloc.c:4711 foo+0x1/0x2
		WARNING: mm/page_alloc.c:4711 at foo+0x1/0x2, CPU#1: kworker/0:1
		[   T1] WARNING: CPU: 1 PID: 77 at mm/page_alloc.c:4711 foo+0x1/0x2
		WARNING: possible circular locking dependency detected
		WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected
		WARNING: suspicious RCU usage
		BUG: kernel NULL pointer dereference, address: 0000000000000000
		BUG: KASAN: slab-out-of-bounds in foo+0x1/0x2
		BUG: KCSAN: data-race in tick_sched_do_timer / page_bulk_fill_hull_noprof
		BUG: KCSAN: data-race in svc_page_bulk_fill_noprof / svc_wake_up
		BUG: KCSAN: data-race in svc_alloc_arg / svc_wake_up
		BUG: KCSAN: data-race in reset_write / stats_show
		BUG: KCSAN: data-race in svc_tcp_recvfrom / svc_tcp_recvfrom
		BUG: sleeping function called from invalid context at mm/foo.c:1
		BUG: Bad page state in process nfsd  pfn:12345
		BUG kmalloc-64 (Not tainted): Redzone overwritten
		watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [nfsd:1]
		kernel BUG at mm/page_alloc.c:4711!
		Oops: 0002 [#1] PREEMPT SMP
		Oops: invalid opcode: 0000 [#1] SMP
		divide error: 0000 [#1] SMP
		general protection fault, probably for non-canonical address 0xdead: 0000 [#1]
		Kernel panic - not syncing: Out of memory
		rcu: INFO: rcu_sched self-detected stall on CPU
		rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
		INFO: task nfsd:77 blocked for more than 120 seconds.
		UBSAN: array-index-out-of-bounds in mm/foo.c:1:2
		pagealloc: memory corruption
		pagealloc: single bit error
		kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
	EOT
	while IFS= read -r line; do
		scan 0 "$line"
	done <<-'EOT'
		a WARNING: CPU: 1 PID: 77 at foo, quoted
		BUG: KCSAN: data-race in alloc_pages_bulk_noprof / free_pcppages_bulk
		BUG: KCSAN: data-race in svc_xprt_enqueue / svc_recv
		BUG: KCSAN: data-race in nfsd_reply_cache_stats_show / nfsd_reply_cache_free_locked
		page_bulk: WARNING is a word
		rcu: Hierarchical RCU implementation.
		kmemleak: Kernel memory leak detector initialized
		debug: BUG_ON is compiled in
		fio: page allocation failure: order:0, mode:0xcc0
		ok 3 page_bulk_bug
	EOT
}

# nfsd's counter of 4 bytes in a function that has a hook of ours, too, with pointers of 8
test_race_of_a_function() {
	local line

	line=$(printf '=%.0s' {1..66})
	race() { # EXPECTED BYTES BYTES [END]
		scan "$1" 'BUG: KCSAN: data-race in svc_tcp_recvfrom / svc_tcp_recvfrom' '' \
			"read-write to 0xffff888007a1b2c8 of $2 bytes by task 301 on cpu 0:" ' svc_tcp_recvfrom+0x6e0/0x9a0' '' \
			"read-write to 0xffff888007a1b2c8 of $3 bytes by task 302 on cpu 1:" ' svc_tcp_recvfrom+0x6e0/0x9a0' "${@:4}"
	}
	race 0 4 4 "$line"
	race 1 8 8 "$line"
	race 1 4 8 "$line"
	race 1 4 4 # what does not come to its end may be of anything
	race 1 4 4 'BUG: KCSAN: data-race in svc_tcp_recvfrom / svc_tcp_recvfrom' "$line"
}

test_patterns
test_race_of_a_function
test_usage
test_passing_through
test_large_output
test_reports
mkdir "$work/tmp"
echo 'echo begun; sleep 1000' >"$work/sleep.sh"
test_crashes
test_ends
test_icount
echo "1..$count"
[ "$failed" = 0 ]
