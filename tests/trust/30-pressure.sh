#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Memory is short: in the client's cgroup, then in the whole machine, without swap, with reclaim at work
# and a hog that the OOM killer ends again and again. nfsd answers all the time, no task hangs for 30 s, its
# fills end short and say why, and all is well again when the hog is gone.
#
# usage: 30-pressure.sh [quick]: 30 s in each mode; or 3, and the whole machine in mode array only
#
# vm-args: --mem 1024
# timeout: 600
# needs: PAGE_BULK DEBUG_FS MEMCG
# configs: numa
# trust-timeout: 1800
# shellcheck disable=SC2317 # functions are called by name
set -eu
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"
. "$(dirname "$0")/../labs/xdp/lib.sh"

dir=$(dirname "$(readlink -f "$0")")
seconds=30 packets=8000 sizes=both machine_modes=$PB_MODES quick=
if [ "${1:-}" = quick ]; then
	# a round of 8000 takes minutes beside the loads
	seconds=3 machine_modes=array quick=yes packets=1000
fi
! pb_is_slow || packets=$LAB_XDP_LEAST sizes=1m
# Before others: what is to be seen is memory that is out, not how it goes. With one CPU nobody else would run then
hog_command=(nice -n -15 python3 "$dir/hog.py")
pb_has SMP || hog_command=(python3 "$dir/hog.py")
group=/sys/fs/cgroup/client
LAB_NFS_SIZE=256m

# shellcheck disable=SC2034 # by name
declare -A before after

vmstat_of() { awk -v name="$1" '$1 == name { print $2 }' /proc/vmstat; } # NAME

# Nothing but the hog may be killed
echo -1000 >/proc/self/oom_score_adj

# Fills that were short, and those for which a reason was counted, full ones too
short_and_why() { # USER MODE
	awk -v mode="$2" '$1 == mode && $2 == "short" { short += $3 }
		$1 == mode && $2 ~ /^end_/ { why += $3 } END { print short + 0, why + 0 }' "$PB_DEBUG/$1/stats"
}

# A fill is counted as short first, and then why
each_has_a_reason() { # USER MODE
	local short why

	read -r short why < <(short_and_why "$@")
	[ "$why" -ge "$short" ]
}

# Fills of modes that know why, all but stock (3), for which no reason was given: they have all they asked for
event=$TRACING/events/page_bulk/page_bulk_fill
unexplained='hist:keys=user:vals=asked,got if reason == 0 && mode != 3'

# FILLS MISSING: how many there were since the trigger was set, and what they lack
count_unexplained() {
	tr -d '{},:' <"$event/hist" | awk '$1 == "user" { n += $4; missing += $6 - $8 }
		END { print n + 0, missing + 0 }'
}

# Calls that need no page of a reply, and beside them what nfsd reads and writes for its client
start_ping() { # SECONDS
	lab_nfs_client python3 "$dir/ping_nfsd.py" 10.9.0.1 "$1" >"$TMP/ping" 2>"$TMP/ping.log" &
	ping=$!
	python3 "$dir/standstill.py" >"$TMP/standstill" 2>"$TMP/standstill.log" &
	standstill=$!
}

# The longest fill of nfsd in ms, or what it was shorter than
longest_fill() { # MODE
	awk -v mode="$1" '$1 == mode && $2 == "fill" && $4 && 2 * $3 > longest { longest = 2 * $3 }
		END { printf "%.0f\n", longest / 1e6 }' "$PB_DEBUG/sunrpc/latency"
}

check_ping() { # NAME
	local calls longest bytes

	wait "$ping" || true
	kill "$standstill" || true
	wait "$standstill" || true
	read -r calls longest <"$TMP/ping"
	diag "$1: $calls calls answered, the slowest after $longest ms"
	holds "$1: nfsd answered" "$calls" -gt 0
	holds "$1: and nobody waited for 30 s" "$longest" -lt 30000
	read -r bytes longest <"$TMP/standstill"
	diag "$1: $bytes bytes served, for $longest ms at most none"
	holds "$1: bytes were read and written" "$bytes" -gt 0
	# The client is in the same machine. In a few seconds it may be that it does nothing, not nfsd
	[ -n "$quick" ] || holds "$1: and never none for 30 s" "$longest" -lt 30000
}

served() { lab_nfs_served | awk '{ printf "%.0f\n", $2 + $3 }'; }

# More bytes than could be on their way before, 1 MB in each thread. Sets RECOVERED, the seconds that took.
recovers() { # SECONDS
	local start=$SECONDS enough

	enough=$(($(served) + LAB_NFS_THREADS * 1048576))
	until RECOVERED=$((SECONDS - start)); [ "$(served)" -gt "$enough" ]; do
		[ "$RECOVERED" -lt "$1" ] || return
		sleep 0.1
	done
}

# The log shows any task of the kernel that does not run for 30 s; 0 of the second file: as often as the first says
watch_tasks() { # SECONDS INTERVAL
	echo "$1" >/proc/sys/kernel/hung_task_timeout_secs && echo "$2" >/proc/sys/kernel/hung_task_check_interval_secs
}

# A file's pages go and come, so that reclaim has work and fills may wait for it
read_files() {
	while [ -e "$TMP/going" ]; do
		cat /usr/bin/* >/dev/null 2>&1 || true
		sleep 1
	done
}

# The load's and the test's own programs stay in memory, as a server's do that has to survive this. Else an
# emulated machine, with KASAN above all, reads them again and again for minutes before it counts as out of memory.
# Nor does compaction move them: where an emulated CPU has run what is in a page, each store that poisons the page
# when it is freed makes QEMU look for code to translate anew. kcompactd, which does that to 32 pages that others
# wait for, then takes minutes: an nfsd waited for a page's lock for 31 s, a program for 64 s.
lock_programs() {
	local program

	for program in awk bash cat fio nsenter python3 sleep; do
		echo "+$(type -P "$program")"
	done >"$TMP/memlockd.cfg"
	memlockd -f -c "$TMP/memlockd.cfg" >"$TMP/memlockd" 2>&1 &
	memlockd=$!
	wait_until 60 programs_locked && echo 0 >/proc/sys/vm/compact_unevictable_allowed &&
		echo 0 >/proc/sys/vm/compaction_proactiveness
}

programs_locked() { awk '$1 == "VmLck:" && $2 > 1000 { locked = 1 } END { exit !locked }' "/proc/$memlockd/status"; }

# The client's pages are charged to its cgroup, nfsd's are not: its fills have all that they ask for
test_cgroup() { # MODE
	local stalls fills

	pb_read_stats sunrpc before
	stalls=$(awk '$1 == "max" { print $2 }' "$group/memory.events")
	start_ping "$seconds"
	(
		echo "$BASHPID" >"$group/cgroup.procs"
		exec "${LAB_NFS_FIO[@]}" --name=cgroup --direct=0 --bs=256k --size=64m --rw=write \
			--time_based --runtime="$seconds" --do_verify=0
	) >"$TMP/fio" 2>&1 || result 1 "$1: fio in a small cgroup" "$(tail -n 5 "$TMP/fio")"
	check_ping "$1, a small cgroup"
	stalls=$(($(awk '$1 == "max" { print $2 }' "$group/memory.events") - stalls))
	diag "$1: $stalls times at the cgroup's limit"
	holds "$1: the cgroup's limit was met" "$stalls" -gt 0
	pb_read_stats sunrpc after
	fills=$((${after["$1 fills"]} - ${before["$1 fills"]}))
	diag "$1: $fills fills of nfsd meanwhile"
	holds "$1: nfsd filled" "$fills" -gt 0
	equal "$1: the cgroup's limit is not nfsd's" \
		$((${after["$1 end_memcg_limit"]} - ${before["$1 end_memcg_limit"]})) 0
}

test_machine() { # MODE
	local kills reclaimed user short why rounds=0 lost=0 hog fills missing longest

	# before the mode is set: no fill of it is half counted now
	for user in sunrpc page_pool; do
		echo 1 >"$PB_DEBUG/$user/reset"
		pb_set "$user" "$1"
	done
	[ ! -e "$event/trigger" ] || echo "$unexplained" >"$event/trigger"
	kills=$(vmstat_of oom_kill)
	reclaimed=$(($(vmstat_of pgsteal_direct) + $(vmstat_of pgsteal_kswapd)))
	"${hog_command[@]}" "$seconds" >"$TMP/hog" 2>&1 &
	hog=$!
	start_ping "$seconds"
	while kill -0 $hog 2>/dev/null; do
		LAB_XDP_ANSWER=
		lab_xdp_round "$packets" 2>"$TMP/round" || lost=$((lost + 1))
		rounds=$((rounds + 1))
		[[ $LAB_XDP_ANSWER == "drained "*" 0" ]] ||
			result 1 "$1: no packet is spoiled" "${LAB_XDP_ANSWER:-who holds the packets did not answer}"
	done
	wait $hog
	check_here "$1: nfsd serves again within 30 s of the hog's end" recovers 30 || true
	diag "$1: it served $LAB_NFS_THREADS MB more within $RECOVERED s"
	check_ping "$1, memory is out"
	kills=$(($(vmstat_of oom_kill) - kills))
	reclaimed=$(($(vmstat_of pgsteal_direct) + $(vmstat_of pgsteal_kswapd) - reclaimed))
	longest=$(longest_fill "$1")
	diag "$1: the longest fill of nfsd took less than $longest ms"
	holds "$1: fills were timed" "$longest" -gt 0
	holds "$1: and none took 30 s" "$longest" -lt 30000
	diag "$1: $kills OOM kills, $reclaimed pages reclaimed; $rounds rounds of packets, $lost of them with losses"
	holds "$1: OOM kills" "$kills" -gt 0
	holds "$1: pages were reclaimed" "$reclaimed" -gt 0
	for user in sunrpc page_pool; do
		read -r short why < <(short_and_why "$user" "$1")
		diag "$1: $short fills of $user short, $why ended early for a reason"
		# The pool's may take the reserves, and in a few rounds none has to be short
		[ "$user" = page_pool ] || holds "$1: fills of $user were short" "$short" -gt 0
		# stock does not know why
		[ "$1" = stock ] ||
			check "$1: each short fill of $user has a reason" wait_until 5 each_has_a_reason "$user" "$1"
	done
	if [ "$1" != stock ] && [ -e "$event/trigger" ]; then
		read -r fills missing < <(count_unexplained)
		holds "$1: fills without a reason" "$fills" -gt 0
		equal "$1: none of them was short" "$missing" 0
	fi
	[ ! -e "$event/trigger" ] || echo "!$unexplained" >"$event/trigger"
	setup "$1: the load runs" lab_nfs_load_alive
	setup "$1: a round of packets when the hog is gone" lab_xdp_round "$packets"
}

equal 'there is no swap' "$(tail -n +2 /proc/swaps)" ''
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
mkdir -p $group
echo 16M >$group/memory.max
setup 'the programs are locked in memory' lock_programs
setup 'NFS server and client come up' lab_nfs_up
setup 'veth with XDP comes up' lab_xdp_up
for mode in $PB_MODES; do
	pb_set sunrpc "$mode"
	test_cgroup "$mode"
done
setup 'a load of reads and writes starts' lab_nfs_load_start both "$sizes"
echo 1 >"$PB/timing"
: >"$TMP/going"
read_files &
reader=$!
hung=$(cat /proc/sys/kernel/hung_task_timeout_secs)
setup 'tasks that hang for 30 s are reported' watch_tasks 30 5
for mode in $machine_modes; do
	test_machine "$mode"
done
rm "$TMP/going"
wait $reader
kill "$memlockd"
echo 0 >"$PB/timing"
check_load_stop
setup 'such reports are as before' watch_tasks "$hung" 0
setup 'every byte that is written now is right' lab_nfs_check 16
check_down lab_xdp_down
check_down lab_nfs_down
finish
