#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Stopping while no fill can succeed: nfsd by rpc.nfsd 0 and with the end of its network namespace, a
# page pool by the removal of its interface and of its namespace, at last the machine. In list, array
# and single within 10 s; stock is measured beside, and 47-stopping-unpatched.sh compares it.
#
# usage: 45-stopping.sh [quick|stock|unpatched]: three times in each mode, or once in those with a limit; or
# three times in stock only, or in a kernel without page_bulk, and not the machine
#
# timeout: 480
# configs: numa
# needs: PAGE_BULK DEBUG_FS FAULT_INJECTION_DEBUG_FS
# trust-timeout: 600
# trust-alone: yes
# shellcheck disable=SC2317 # functions are called by name
set -eu
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"
. "$(dirname "$0")/../labs/xdp/lib.sh"
. "$(dirname "$0")/faults.sh"

dir=$(dirname "$(readlink -f "$0")")
rounds=3 modes='list array single stock'
case ${1:-} in
quick) rounds=1 modes='list array single' ;;
stock|unpatched) rounds=3 modes=$1 ;;
esac
limit=10

# Without page_bulk nothing is switched, and injected failures are what is counted instead of fills
switch_to() { [ "$modes" = unpatched ] || pb_set "$@"; } # USER MODE

count_failed() { # USER
	if [ "$modes" = unpatched ]; then echo 0; else short_fills "$1"; fi
}

fills_fail() { # USER BEFORE: more than that many were short
	if [ "$modes" = unpatched ]; then
		[ "$(faults_injected fail_page_alloc)" -gt 10 ]
	else
		[ "$(short_fills "$1")" -gt "$2" ]
	fi
}

# Runs COMMAND..., which stops something of USER, whose fills fail, and says how long it took. A mode of page_bulk has
# to end within the limit; stock as an unpatched kernel does, and that has none. How many fail meanwhile says little:
# who is told to stop tries no more.
stops() { # MODE USER NAME COMMAND...
	local mode=$1 user=$2 name=$3 injected short start took counts status=0

	shift 3
	injected=$(faults_injected fail_page_alloc)
	short=$(count_failed "$user")
	start=$(date +%s%N)
	timeout 120 "$@" >"$TMP/stop" 2>&1 || status=$?
	took=$((($(date +%s%N) - start) / 1000000))
	result "$status" "$mode: $name" "status $status"$'\n'"$(cat "$TMP/stop")"
	counts="injected failures: $injected before, $(($(faults_injected fail_page_alloc) - injected)) meanwhile"
	[ "$mode" = unpatched ] ||
		counts+="; short fills: $((short - short_before)) before, $(($(count_failed "$user") - short)) meanwhile"
	diag "$mode: $name: $took ms; $counts"
	holds "$mode: $name: failures were injected" "$injected" -gt 0
	[ "$mode" = unpatched ] || holds "$mode: $name: fills were short" "$short" -gt "$short_before"
	case $mode in
	stock|unpatched) ;;
	*) holds "$mode: $name: within $limit s" "$took" -le $((limit * 1000)) ;;
	esac
}

# In stock a new thread needs all its pages in one call, which page_owner does not let it have
start_in() { # MODE COMMAND...
	[ ! -e /sys/kernel/debug/page_owner ] || switch_to sunrpc array
	"${@:2}" && switch_to sunrpc "$1"
}

fail_nfsd() { # MODE
	local pids

	short_before=$(count_failed sunrpc)
	mapfile -t pids < <(lab_nfs_threads)
	setup "$1: faults for nfsd" faults_of_fills fail_page_alloc "${pids[@]}"
	setup "$1: each fill of nfsd fails" faults_on fail_page_alloc 100
	setup "$1: fills fail" wait_until 20 fills_fail sunrpc "$short_before"
}

# The client waits for the server meanwhile, and goes on when it is back
test_nfsd() { # MODE
	switch_to sunrpc "$1"
	fail_nfsd "$1"
	stops "$1" sunrpc 'rpc.nfsd 0' rpc.nfsd 0
	equal "$1: no thread of nfsd is left" "$(lab_nfs_threads)" ''
	faults_off fail_page_alloc
	setup "$1: nfsd starts again" start_in "$1" rpc.nfsd "$LAB_NFS_THREADS"
	setup "$1: its grace period ends" lab_nfs_end_grace
	check "$1: nfsd serves reads again" wait_until 30 served_more_than "$(lab_nfs_served | cut -d ' ' -f 1)"
}

served_more_than() { [ "$(lab_nfs_served | cut -d ' ' -f 1)" -gt "$1" ]; } # READS

# nfsd in a network namespace of its own, with mounts of its own; it ends with them. A namespace is gone
# when the other end of a veth in it is.
start_other_nfsd() {
	ip netns add other && ip -n other link set lo up &&
		ip link add other0 type veth peer name other1 netns other || return
	nsenter --net=/run/netns/other -- unshare --mount sh -c "
		umount /proc/fs/nfsd; mount -t nfsd nfsd /proc/fs/nfsd && rpc.nfsd --no-udp -N 4 2 &&
			touch $TMP/other && exec sleep 1000000" >"$TMP/other.log" 2>&1 &
	other=$!
	wait_until 30 test -e "$TMP/other"
}

stop_other_nfsd() {
	kill "$other" "$ping"
	ip netns del other
	wait_until 110 no_more_threads_than "$LAB_NFS_THREADS" && wait_until 110 is_gone other0
}

# Its holder, a process in it, would keep it
stop_pool_namespace() {
	kill "$LAB_XDP_HOLDER_PID"
	ip netns del xdp
	wait_until 110 is_gone xdp0
}

is_gone() { [ ! -e "/sys/class/net/$1" ]; } # INTERFACE

no_more_threads_than() { [ "$(lab_nfs_threads | wc -l)" -le "$1" ]; }

test_namespace() { # MODE
	local threads pids

	mapfile -t threads < <(lab_nfs_threads)
	rm -f "$TMP/other"
	setup "$1: nfsd runs in another network namespace" start_in "$1" start_other_nfsd
	mapfile -t pids < <(lab_nfs_threads | grep -vxF "$(printf '%s\n' "${threads[@]}")")
	equal "$1: threads there" "${#pids[@]}" 2
	short_before=$(count_failed sunrpc)
	# with a connection from before: without memory none is accepted
	rm -f "$TMP/answered"
	nsenter --net=/run/netns/other -- python3 "$dir/ping_nfsd.py" 127.0.0.1 60 >"$TMP/ping" 2>"$TMP/answered" &
	ping=$!
	setup "$1: it answers" wait_until 30 test -s "$TMP/answered"
	setup "$1: faults for those" faults_of_fills fail_page_alloc "${pids[@]}"
	setup "$1: each of their fills fails" faults_on fail_page_alloc 100
	setup "$1: they have failed" wait_until 20 fills_fail sunrpc "$short_before"
	# Where reads take all that two emulated CPUs can do: they are of the nfsd that stays
	! pb_is_slow || lab_nfs_load_hold none
	export TMP LAB_NFS_THREADS other ping
	export -f stop_other_nfsd wait_until no_more_threads_than lab_nfs_threads is_gone
	stops "$1" sunrpc 'the namespace of nfsd goes' bash -c stop_other_nfsd
	faults_off fail_page_alloc
	lab_nfs_load_go
}

# Packets come all the time, and the pool gets no page for them
test_pool() { # MODE NAME COMMAND...
	local sender

	setup "$1: veth with XDP comes up" lab_xdp_up
	switch_to page_pool "$1"
	short_before=$(count_failed page_pool)
	setup "$1: faults for the pool" faults_below fail_page_alloc veth_poll
	setup "$1: each of its allocations fails" faults_on fail_page_alloc 100
	lab_xdp_send 100000000 >"$TMP/send" 2>&1 &
	sender=$!
	setup "$1: fills fail" wait_until 20 fills_fail page_pool "$short_before"
	export LAB_XDP_HOLDER_PID
	export -f stop_pool_namespace wait_until is_gone
	stops "$1" page_pool "$2" "${@:3}"
	faults_off fail_page_alloc
	echo stop >/proc/net/pktgen/pgctrl || true
	wait "$sender" || true
	lab_xdp_down 2>/dev/null || true
}

setup 'NFS server and client come up' lab_nfs_up
setup 'a load of reads starts' lab_nfs_load_start read 1m
for ((round = 1; round <= rounds; round++)); do
	for mode in $modes; do
		test_nfsd "$mode"
		test_namespace "$mode"
		if [ -e "$FAULTS/fail_page_alloc/require-start" ]; then
			test_pool "$mode" 'the interface goes' ip link del xdp0
			test_pool "$mode" 'the namespace of the interface goes' bash -c stop_pool_namespace
		else
			skip "$mode: a page pool" \
				'no faults for it alone without CONFIG_FAULT_INJECTION_STACKTRACE_FILTER'
		fi
	done
done
check_load_stop
case ${1:-} in
stock|unpatched) finish ;;
esac
pb_set sunrpc array
setup 'a load of reads starts again' lab_nfs_load_start read 1m
fail_nfsd 'the machine goes down'
finish
