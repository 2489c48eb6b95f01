#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Injected failures: of page allocations by nfsd's threads, of page allocations below a driver's NAPI
# poll, of slabs, each at 1, 10, 50 and 100 %, in each mode. NFSv3 and NFSv4.2 are served again by
# themselves when they end. And of page allocations for new threads of nfsd, all of which start yet.
#
# usage: 40-faults.sh [quick]: 3 s of each, or 1 s, 50 % and NFSv3 only; longer where none was injected
#
# timeout: 300
# needs: PAGE_BULK DEBUG_FS FAILSLAB FAULT_INJECTION_STACKTRACE_FILTER
# configs: numa
# trust-configs: numa debug
# trust-quick: debug
# trust-timeout: 2400
# shellcheck disable=SC2317 # functions are called by name
set -eu
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"
. "$(dirname "$0")/../labs/xdp/lib.sh"
. "$(dirname "$0")/faults.sh"

seconds=3 percents='1 10 50 100' with_v4=yes
if [ "${1:-}" = quick ]; then
	seconds=1 percents=50 with_v4=
fi

mnt4=/mnt/nfs4

# "BYTES CALLS3 CALLS4": what nfsd has read and written, and how often it was asked to by each protocol
served() {
	awk '$1 == "io" { bytes = $2 + $3 }
	     $1 == "proc3" { v3 = $9 + $10 }
	     $1 == "proc4ops" { v4 = $28 + $41 + $71 }
	     END { printf "%.0f %.0f %.0f\n", bytes, v3, v4 }' /proc/net/rpc/nfsd
}

# A connection that nfsd cannot accept for lack of memory waits until the next one comes, in an unpatched
# kernel, too (svc_tcp_accept()): somebody has to knock.
knock() { lab_nfs_client timeout 1 bash -c ': </dev/tcp/10.9.0.1/2049'; }

serves_at_least() { # BYTES CALLS3 CALLS4
	local bytes v3 v4

	knock || true
	read -r bytes v3 v4 < <(served)
	[ "$bytes" -ge "$1" ] && [ "$v3" -ge "$2" ] && [ "$v4" -ge "$3" ]
}

any_injected() { [ "$(faults_injected "$1")" -gt 0 ]; } # FAULT

# FAULT, an array PIDS of whom
test_nfsd() { # MODE FAULT PERCENT
	local before n bytes v3 v4 more4=0 name="$1: $2 $3 %"

	before=$(short_fills sunrpc)
	setup "$name: for nfsd" faults_of_tasks "$2" "${pids[@]}"
	setup "$name: begins" faults_on "$2" "$3"
	sleep "$seconds"
	wait_until 60 any_injected "$2" || true
	faults_off "$2"
	n=$(faults_injected "$2")
	holds "$name: failures were injected" "$n" -gt 0
	injected[$2]+="$n at $3 %, "
	if [ "$2" = fail_page_alloc ]; then
		short=$((short + $(short_fills sunrpc) - before))
	fi
	# The clients may have lost their connections: they wait longer before each time that they try again
	read -r bytes v3 v4 < <(served)
	# A client of NFSv4 sends a call again only when its connection breaks: that takes a minute, so once
	[ "$with_v4$3" != yes50 ] || more4=4
	setup "$name: nfsd serves again by itself" \
		wait_until 200 serves_at_least $((bytes + 4194304)) $((v3 + 4)) $((v4 + more4))
	setup "$name: the loads run" lab_nfs_load_alive
}

test_pool() { # MODE PERCENT
	local before n=0 round received=0 bad=0 arrived spoiled name="$1: NAPI $2 %"

	before=$(short_fills page_pool)
	lab_xdp_account
	sent=$LAB_XDP_SENT dropped=$LAB_XDP_DROPPED
	setup "$name: below veth_poll()" faults_below fail_page_alloc veth_poll
	setup "$name: begins" faults_on fail_page_alloc "$2"
	# A round makes some sixty fills, of which 1 % may be none
	for ((round = 0; round < 50 && n == 0; round++)); do
		# Packets are lost now, but no more than are counted, and none is spoiled
		LAB_XDP_ANSWER=
		lab_xdp_round 4000 2>"$TMP/round" || true
		read -r _ arrived spoiled <<<"$LAB_XDP_ANSWER"
		received=$((received + arrived)) bad=$((bad + ${spoiled:-4000}))
		n=$(faults_injected fail_page_alloc)
	done
	faults_off fail_page_alloc
	holds "$name: failures were injected" "$n" -gt 0
	injected[fail_page_alloc]+="$n at $2 %, "
	sleep 0.2
	lab_xdp_account
	short=$((short + $(short_fills page_pool) - before))
	diag "$name: $received of $((LAB_XDP_SENT - sent)) packets, $((LAB_XDP_DROPPED - dropped)) counted as dropped"
	equal "$name: no packet that arrived is spoiled" "$bad" 0
	equal "$name: every packet arrived or was counted" \
		$((received + LAB_XDP_DROPPED - dropped)) $((LAB_XDP_SENT - sent))
	setup "$name: a round without faults" lab_xdp_round 2000
}

# Every third attempt to allocate for a new thread's array fails, and with it the batch. stock is as
# unpatched: there such a thread does not start.
test_threads() { # MODE
	local dir=$FAULTS/fail_page_alloc had pid

	had=$(cat /proc/fs/nfsd/threads)
	# Every third of this task's alone: what others had in between could make it two in a row
	for pid in "${pids[@]}"; do
		echo 0 >"/proc/$pid/make-it-fail"
	done
	setup "$1: below svc_page_bulk_fill()" faults_below fail_page_alloc svc_page_bulk_fill_noprof
	setup "$1: failures for new threads begin" faults_on fail_page_alloc 100
	echo 3 >"$dir/interval"
	# Of the task that starts them, and of no thread that serves
	echo Y >"$dir/task-filter"
	(echo 1 >"/proc/$BASHPID/make-it-fail" && exec rpc.nfsd $((had + 9))) || true
	faults_off fail_page_alloc
	holds "$1: failures for new threads" "$(faults_injected fail_page_alloc)" -gt 2
	equal "$1: all new threads have started" "$(cat /proc/fs/nfsd/threads)" $((had + 9))
	rpc.nfsd "$had"
}

load_v4() {
	lab_nfs_mount 4.2 "$mnt4" &&
		lab_nfs_load_add write-v4 --directory="$mnt4" --bs=1m --size=32m --rw=write --loops=1000000
}

# nfsd drops a call for which it has no memory at all, and the client sends it again after that time
LAB_NFS_VERS=3 LAB_NFS_TIMEO=20
setup 'NFS server and client come up' lab_nfs_up
setup 'a load of reads and writes starts' lab_nfs_load_start both 1m
[ -z "$with_v4" ] || setup 'a load of NFSv4.2 starts' load_v4
# tmpfs says "no space" where there is no memory for a new file's inode: its files are there before
for name in write-1m ${with_v4:+write-v4}; do
	setup "the file of $name is written" wait_until 60 test -s "$LAB_NFS_EXPORT/$name.0.0"
done
declare -A injected
for mode in $PB_MODES; do
	pb_set sunrpc "$mode"
	# Threads come and go in the test of new ones
	mapfile -t pids < <(lab_nfs_threads)
	short=0 injected=()
	for percent in $percents; do
		test_nfsd "$mode" fail_page_alloc "$percent"
		test_nfsd "$mode" failslab "$percent"
	done
	diag "$mode: failures of pages injected: ${injected[fail_page_alloc]%, }; of slabs: ${injected[failslab]%, };" \
		"$short fills of sunrpc were short"
	holds "$mode: fills of sunrpc failed" "$short" -gt 0
	[ "$mode" = stock ] || test_threads "$mode"
done
if [ -n "$with_v4" ]; then
	read -r _ _ v4 < <(served)
	setup 'NFSv4.2 is served before the load ends' wait_until 200 serves_at_least 0 0 $((v4 + 4))
fi
check_load_stop
setup 'every byte that is written now is right' lab_nfs_check 16
if [ -n "$with_v4" ]; then
	LAB_NFS_FIO+=("--directory=$mnt4")
	setup 'every byte that is written now by NFSv4.2 is right' lab_nfs_check 16
	setup 'NFSv4.2 is unmounted' lab_nfs_client umount "$mnt4"
fi

setup 'veth with XDP comes up' lab_xdp_up
for mode in $PB_MODES; do
	pb_set page_pool "$mode"
	short=0 injected=()
	for percent in $percents; do
		test_pool "$mode" "$percent"
	done
	diag "$mode: failures injected: ${injected[fail_page_alloc]%, }; $short fills of page_pool were short"
	holds "$mode: fills of page_pool failed" "$short" -gt 0
done
check_down lab_xdp_down
check_down lab_nfs_down
finish
