#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Injected failures: of page allocations by nfsd's threads, of page allocations below a driver's NAPI
# poll, of slabs, each at 1, 10, 50 and 100 %, in each mode. Service comes back by itself when they end.
# And of page allocations for new threads of nfsd, all of which start yet.
#
# usage: 40-faults.sh [quick]: 5 s of each, or 1 s and 50 % only
#
# timeout: 300
# needs: PAGE_BULK DEBUG_FS FAILSLAB FAULT_INJECTION_STACKTRACE_FILTER
# configs: numa
# trust-configs: numa debug
# trust-timeout: 2400
# shellcheck disable=SC2317 # functions are called by name
set -eu
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"
. "$(dirname "$0")/../labs/xdp/lib.sh"
. "$(dirname "$0")/faults.sh"

seconds=5 percents='1 10 50 100'
if [ "${1:-}" = quick ]; then
	seconds=1 percents=50
fi

served() {
	local _ read written

	read -r _ read written < <(lab_nfs_served)
	echo $((read + written))
}

# A connection that nfsd cannot accept for lack of memory waits until the next one comes, in an unpatched
# kernel, too (svc_tcp_accept()): somebody has to knock.
knock() { lab_nfs_client timeout 1 bash -c ': </dev/tcp/10.9.0.1/2049'; }

serves_more_than() { # BYTES
	knock || true
	[ "$(served)" -gt "$1" ]
}

# FAULT, an array PIDS of whom
test_nfsd() { # MODE FAULT PERCENT
	local before name="$1: $2 $3 %"

	before=$(short_fills sunrpc)
	setup "$name: for nfsd" faults_of_tasks "$2" "${pids[@]}"
	setup "$name: begins" faults_on "$2" "$3"
	sleep "$seconds"
	faults_off "$2"
	injected[$2]=$((${injected[$2]} + $(faults_injected "$2")))
	if [ "$2" = fail_page_alloc ]; then
		short=$((short + $(short_fills sunrpc) - before))
	fi
	# The client may have lost its connection: it waits longer before each time that it tries again
	setup "$name: nfsd serves again by itself" wait_until 100 serves_more_than "$(($(served) + 4194304))"
	setup "$name: the load runs" lab_nfs_load_alive
}

test_pool() { # MODE PERCENT
	local before name="$1: NAPI $2 %"

	before=$(short_fills page_pool)
	lab_xdp_account
	sent=$LAB_XDP_SENT dropped=$LAB_XDP_DROPPED
	setup "$name: below veth_poll()" faults_below fail_page_alloc veth_poll
	setup "$name: begins" faults_on fail_page_alloc "$2"
	# Packets are lost now, but no more than are counted, and none is spoiled
	LAB_XDP_ANSWER=
	lab_xdp_round 4000 2>"$TMP/round" || true
	faults_off fail_page_alloc
	injected[fail_page_alloc]=$((injected[fail_page_alloc] + $(faults_injected fail_page_alloc)))
	sleep 0.2
	lab_xdp_account
	read -r _ received bad <<<"$LAB_XDP_ANSWER"
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
	local dir=$FAULTS/fail_page_alloc had

	had=$(cat /proc/fs/nfsd/threads)
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

# nfsd drops a call for which it has no memory at all, and the client sends it again after that time
LAB_NFS_VERS=3 LAB_NFS_TIMEO=20
setup 'NFS server and client come up' lab_nfs_up
setup 'a load of reads and writes starts' lab_nfs_load_start both 1m
declare -A injected
for mode in $PB_MODES; do
	pb_set sunrpc "$mode"
	# Threads come and go in the test of new ones
	mapfile -t pids < <(lab_nfs_threads)
	short=0 injected=([fail_page_alloc]=0 [failslab]=0)
	for percent in $percents; do
		test_nfsd "$mode" fail_page_alloc "$percent"
		test_nfsd "$mode" failslab "$percent"
	done
	diag "$mode: ${injected[fail_page_alloc]} failures of pages, ${injected[failslab]} of slabs injected;" \
		"$short fills of sunrpc were short or refused"
	holds "$mode: failures of slabs" "${injected[failslab]}" -gt 0
	holds "$mode: fills of sunrpc failed" "$short" -gt 0
	[ "$mode" = stock ] || test_threads "$mode"
done
check_load_stop
setup 'every byte that is written now is right' lab_nfs_check 16

setup 'veth with XDP comes up' lab_xdp_up
for mode in $PB_MODES; do
	pb_set page_pool "$mode"
	short=0 injected=([fail_page_alloc]=0)
	for percent in $percents; do
		test_pool "$mode" "$percent"
	done
	diag "$mode: ${injected[fail_page_alloc]} failures injected; $short fills of page_pool were short or refused"
	holds "$mode: fills of page_pool failed" "$short" -gt 0
done
check_down lab_xdp_down
check_down lab_nfs_down
finish
