#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# shutdown-guest.sh - the part of 46-shutdown.sh that runs in the guest: keeps all fills of a user from
# succeeding, and shuts the machine down. Says so, and how many failed, in the kernel log; it does not return.
#
# usage: shutdown-guest.sh sunrpc|page_pool MODE: of the user; unpatched: without page_bulk
# shellcheck disable=SC2317 # functions are called by name
set -eu
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"
. "$(dirname "$0")/../labs/xdp/lib.sh"
. "$(dirname "$0")/faults.sh"

user=$1 mode=$2 short_before=0
enough=20		# failures that show that fills are tried again and again

injected() { [ "$(faults_injected fail_page_alloc)" -ge "$enough" ]; }

reads_served() { lab_nfs_served | cut -d ' ' -f 1; }

nfsd_serves_nothing() {
	local before

	before=$(reads_served)
	sleep 1
	[ "$(reads_served)" = "$before" ]
}

fail_sunrpc() {
	local pids

	setup 'NFS server and client come up' lab_nfs_up
	setup 'a load of reads starts' lab_nfs_load_start read 1m
	mapfile -t pids < <(lab_nfs_threads)
	[ "$mode" = unpatched ] || short_before=$(short_fills sunrpc)
	setup 'faults for nfsd' faults_of_fills fail_page_alloc "${pids[@]}"
	setup 'each fill of nfsd fails' faults_on fail_page_alloc 100
	setup 'failures were injected' wait_until 30 injected
	setup 'nfsd serves nothing' wait_until 30 nfsd_serves_nothing
}

# Packets come all the time, and the pool gets no page for them
fail_page_pool() {
	setup 'veth with XDP comes up' lab_xdp_up
	[ "$mode" = unpatched ] || short_before=$(short_fills page_pool)
	setup 'faults for the pool' faults_below fail_page_alloc veth_poll
	setup 'each of its allocations fails' faults_on fail_page_alloc 100
	lab_xdp_send 100000000 >"$TMP/send" 2>&1 &
	setup 'failures were injected' wait_until 30 injected
}

# What nfs-server.service does when it is stopped; the client, another machine, goes on asking
stop_sunrpc() {
	rpc.nfsd 0
	exportfs -au
	exportfs -f
	pkill -x rpc.mountd || true
	pkill -x rpcbind || true
	umount "$LAB_NFS_EXPORT"
}

stop_page_pool() {
	ip -n xdp link set dev xdp1 down
	ip link set dev xdp0 down
}

[ "$mode" = unpatched ] || pb_set "$user" "$mode"
"fail_$user"
[ "$mode" = unpatched ] || echo "shutdown-guest.sh: short fills: $(($(short_fills "$user") - short_before))" >/dev/kmsg
echo "shutdown-guest.sh: injected failures: $(faults_injected fail_page_alloc)" >/dev/kmsg
echo 'shutdown-guest.sh: shutdown begins' >/dev/kmsg
"stop_$user" || echo "shutdown-guest.sh: stopping $user failed" >/dev/kmsg
echo 'shutdown-guest.sh: services have stopped' >/dev/kmsg
exec systemctl --force --force reboot
