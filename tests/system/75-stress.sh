#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The stress test of mm/page_bulk/stress.c on two CPUs, while one of them goes offline and comes back,
# memory is drained and compacted, CMA pages are isolated, and fail_page_alloc fails every tenth
# allocation. Afterwards no page is missing.
#
# usage: 75-stress.sh [SECONDS]: 20, under a debug kernel 600
#
# The warnings are of Linux 6.12's own: sched_cpu_dying() stops the fair server of a CPU that goes offline
# also when it does not run, and its bandwidth is taken off twice; at once or by its timer (which was also
# seen where CPU 1 went 172 times without the stress and with both users in stock). It is __sub_running_bw()
# that warns, which the compiler puts into its callers in some configurations: both names are there.
#
# vm-args: --allow 'WARNING: .*kernel/sched/deadline\.c:[0-9]+ (task_non_contending|inactive_task_timer|__sub_running_bw)'
# vm-args: --mem 2048
# timeout: 120
# debug-timeout: 4800
# configs: guest numa
# debug-configs: debug rt up
set -eu
. "$(dirname "$0")/lib.sh"

stress=$PB_DEBUG/stress
fault=/sys/kernel/debug/fail_page_alloc
cma=(/sys/kernel/debug/cma/*/)
memleak=/sys/kernel/debug/kmemleak
owner=/sys/kernel/debug/page_owner_stacks
group=/sys/fs/cgroup/stress
cpu=/sys/devices/system/cpu/cpu1

seconds=20
! pb_has KASAN || seconds=600
seconds=${1:-$seconds}

# Pages by which the free ones may differ: what the kernel keeps for itself in caches, KASAN's quarantine,
# notes of page_owner and kmemleak. Most of that is counted as slab: what is neither free nor counted
# anywhere may differ by less.
tolerance=512 tolerance_lost=128
! pb_has KASAN || tolerance=4096 tolerance_lost=1024

declare -A count
read_counts() {
	local name value text

	text=$(cat "$stress")
	count=()
	while read -r name value; do
		count[$name]=$value
	done <<<"$text"
}

# The kernel compares all lists of free pages to their counts, too, while the stress runs and at its end.
no_errors() { # NAME
	equal "$1" "${count["errors"]}$(dmesg | sed -n 's/.*page_bulk_stress: /, /p' | head -n 5)" 0
}

# Pause without a new process, of which every tenth would fail
exec {never}<> <(:)
pause() { read -r -t "$1" -u "$never" || true; } # SECONDS

# What goes on beside: until the file is gone. Each writes how often it succeeded.
going() { [ -e "$TMP/going" ]; }

switch_cpu() {
	local n=0

	while going; do
		! echo 0 >"$cpu/online" || n=$((n + 1))
		pause 0.5
		echo 1 >"$cpu/online" || true
		pause 0.5
	done
	echo 1 >"$cpu/online" || true
	echo "$n" >"$TMP/offline"
}

compact() {
	local n=0

	while going; do
		! echo 1 >/proc/sys/vm/compact_memory || n=$((n + 1))
		! echo 1 >/proc/sys/vm/drop_caches || true
		pause 0.7
	done
	echo "$n" >"$TMP/compactions"
}

# Takes a piece of the contiguous area, which isolates its page blocks; gives it back
isolate() {
	local n=0

	while going; do
		if echo 256 >"${cma[0]}/alloc"; then
			n=$((n + 1))
			echo 256 >"${cma[0]}/free" || true
		fi
		pause 0.3
	done
	echo "$n" >"$TMP/isolations"
}

# Faults of two kinds in turn: all allocations of the stress's threads, and atomic ones of everybody.
# (Those of everybody that may sleep would end this script, too.)
inject() {
	while going; do
		echo Y >"$fault/task-filter"
		echo N >"$fault/ignore-gfp-wait"
		pause 1
		echo Y >"$fault/ignore-gfp-wait"
		echo N >"$fault/task-filter"
		pause 1
	done
}

faults_on() {
	echo 10 >"$fault/probability"
	echo -1 >"$fault/times"
	echo 0 >"$fault/min-order"
	echo 0 >"$fault/verbose"
}

run_beside() { # SECONDS
	local jobs=(compact inject) job status=0

	[ ! -e "$cpu/online" ] || jobs+=(switch_cpu)
	[ ! -e "${cma[0]}/alloc" ] || jobs+=(isolate)
	: >"$TMP/going"
	for job in "${jobs[@]}"; do
		"$job" 2>>"$TMP/beside.log" &
	done
	(
		echo "$BASHPID" >"$group/cgroup.procs"
		echo "$1" >"$stress"
	) || status=$?
	echo 0 >"$fault/probability"
	rm "$TMP/going"
	wait
	return "$status"
}

# How many pages the stress took and nobody gave back; pages of slab and of the stack depot, which
# others asked for below it, are not meant
pages_of_stress() {
	awk '/ stress_(maker|timer|irq)/ { ours = 1 }
		/ (stack_depot|.*kmalloc|.*kmem_cache|.*slab)/ { theirs = 1 }
		/^nr_base_pages:/ { if (ours && !theirs) n += $2; ours = theirs = 0 }
		END { print n + 0 }' "$owner/show_stacks"
}

# "PAGES STACK" of each stack that page_owner knows, its functions from the innermost one on
owners() {
	awk '/^ / { sub(/\+.*/, "", $1); stack = stack " " $1 }
		/^nr_base_pages:/ { n[stack] += $2; stack = "" }
		END { for (stack in n) print n[stack] stack }' "$owner/show_stacks"
}

# Who has more pages now than in FILE, or fewer: the ten who differ most
owners_changed() { # FILE
	owners | awk -v file="$1" '{ n = $1; $1 = "" } FILENAME == file { n = -n } { d[$0] += n }
		END { for (stack in d) if (d[stack]) print d[stack] stack }' "$1" - |
		awk '{ print ($1 < 0 ? -$1 : $1), $0 }' | sort -rn | head -n 10 | cut -d " " -f 2-
}

check 'the kernel has the stress test' test -w "$stress"
for seconds_given in +5 05 '5 ' 0 86401 100000 five; do
	check "'$seconds_given' seconds: refused" bash -c "! echo '$seconds_given' 2>/dev/null >'$stress'"
done
! pb_has SMP || check 'a CPU can go offline' test -e "$cpu/online"
mkdir -p "$group"
echo +memory >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || true
# Not everybody boots with kmemleak=on
with_memleak=
if pb_clear_leaks; then
	with_memleak=yes
fi

# The files are there when page_owner is on. (Who reads show_stacks has to read all of it: when it is closed
# before, Linux 6.12 frees the stack that was to be next, seq_release_private(), and its list is broken.)
with_owner=
[ ! -e "$owner" ] || with_owner=yes

# The first run fills the caches that the kernel keeps from then on
setup 'a short run without faults' run_beside 5
read_counts
no_errors 'short run: no error'
pb_count_memory
before=$PB_FREE lost_before=$PB_LOST
if [ -n "$with_owner" ]; then
	owners >"$TMP/owners"
fi
faults_on
setup "$seconds seconds with faults" run_beside "$seconds"
read_counts
pb_count_memory

diag "$(cat "$stress")"
no_errors 'no error'
equal 'every page that was taken was given back' "${count["pages_given"]}" "${count["pages_taken"]}"
events='pages_taken fills_short fills_empty form_refill form_dense form_list form_alloc form_folio
	order_0 order_1 order_2 order_3 gfp_kernel gfp_atomic gfp_zero gfp_account gfp_noretry
	gfp_movable gfp_reclaimable free_bulk free_release free_put free_order
	softirq_fills softirq_frees hardirq_fills held held_last drains list_checks end_injected'
! pb_has MEMCG || events+=' pages_charged'
! pb_has SMP || events+=' free_other_cpu'
for name in $events; do
	holds "$name" "${count[$name]:-0}" -gt 0
done
for name in offline compactions isolations; do
	if [ -e "$TMP/$name" ]; then
		diag "$name $(cat "$TMP/$name")"
		holds "$name" "$(cat "$TMP/$name")" -gt 0
	fi
done
diag "$(sort "$TMP/beside.log" | uniq -c | sort -rn | head -n 5)"

diag "free pages: $before before, $PB_FREE after, $((PB_FREE - before)) more"
holds "no more than $tolerance pages are missing" "$((before - PB_FREE))" -le "$tolerance"
holds "no more than $tolerance pages are too many" "$((PB_FREE - before))" -le "$tolerance"
diag "neither free nor counted as used: $lost_before before, $PB_LOST after"
holds "no more than $tolerance_lost pages of nobody are more" "$((PB_LOST - lost_before))" -le "$tolerance_lost"
if [ -n "$with_owner" ]; then
	diag "$(owners_changed "$TMP/owners")"
	equal 'page_owner knows of no page of the stress' "$(pages_of_stress)" 0
fi
if [ -n "$with_memleak" ]; then
	check 'kmemleak is still there, and scans' pb_scan_for_leaks
	equal 'kmemleak finds nothing' "$(head -n 40 "$memleak")" ''
fi
finish
