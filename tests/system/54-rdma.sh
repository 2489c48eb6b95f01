#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# NFS over RDMA, on soft-RoCE: the transport takes pages out of nfsd's arrays at places of its own.
# In each mode every byte is right, also while the mode is switched, and each fill checks that it
# has left no slot empty (CONFIG_PAGE_BULK_DEBUG). What went over RDMA is counted by soft-RoCE and by
# the server's transport. Server and client are in one network namespace, the only one that
# soft-RoCE works in.
#
# usage: 54-rdma.sh [MEGABYTES]: written and verified in each mode (16)
#
# timeout: 600
# configs: numa
# needs: PAGE_BULK DEBUG_FS RDMA_RXE
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

# The lab's fio, in this namespace
LAB_NFS_FIO=("${LAB_NFS_FIO[@]:3}")
port=20049
megabytes=${1:-16}

rdma_up() {
	ip link add srv0 type veth peer name cli0 &&
		ip link set srv0 mtu 4200 up &&
		ip link set cli0 mtu 4200 up &&
		ip addr add 10.9.0.1/24 dev srv0 &&
		rdma link add rxe0 type rxe netdev srv0
}

mount_rdma() {
	mkdir -p "$LAB_NFS_MNT"
	timeout 60 mount -t nfs -o "vers=4.2,proto=rdma,port=$port,hard,timeo=600" \
		10.9.0.1:/ "$LAB_NFS_MNT"
}

unmount() {
	umount "$LAB_NFS_MNT"
	rpc.nfsd 0
	rdma link delete rxe0
	ip link del srv0
}

# Sets the associative array NAME: what soft-RoCE has sent and received, both sides together, and what
# the server has received, read from the client and written to it
read_rdma() { # NAME
	local -n _counts=$1
	local file

	for file in /sys/class/infiniband/rxe0/ports/1/hw_counters/{rdma_sends,rdma_recvs,sent_pkts} \
			/proc/sys/sunrpc/svc_rdma/rdma_stat_{recv,read,write}; do
		_counts[${file##*/}]=$(cat "$file") || return
	done
}

look_before() { # NAME
	pb_read_stats sunrpc before
	setup "$1: operations are counted" read_rdma rdma_before
}

# Since look_before: fills and freed pages of each MODE, and operations over RDMA
look_after() { # NAME MODE...
	local name=$1 where mode key counts

	shift
	pb_read_stats sunrpc after
	setup "$name: operations are still counted" read_rdma rdma_after
	for mode; do
		where=$name
		[ "$mode" = "$name" ] || where+=": $mode"
		for key in fills freed; do
			counts=$((${after["$mode $key"]} - ${before["$mode $key"]}))
			diag "$where: $counts $key"
			holds "$where: $key" "$counts" -gt 0
		done
	done
	for key in "${!rdma_after[@]}"; do
		counts=$((${rdma_after[$key]} - ${rdma_before[$key]}))
		diag "$name: $counts $key"
		holds "$name: $key" "$counts" -gt 0
	done
}

# shellcheck disable=SC2034 # by name
declare -A before after rdma_before rdma_after

setup 'soft-RoCE comes up' rdma_up
setup 'nfsd starts' lab_nfs_server_up
setup 'nfsd listens for RDMA' sh -c "echo rdma $port >/proc/fs/nfsd/portlist"
setup 'the export is mounted over RDMA' mount_rdma
check 'the mount says so' grep -q " $LAB_NFS_MNT nfs4 .*proto=rdma" /proc/mounts
check 'the kernel checks each fill' sh -c 'zcat /proc/config.gz | grep -qx CONFIG_PAGE_BULK_DEBUG=y'
for mode in $PB_MODES; do
	pb_set sunrpc "$mode"
	look_before "$mode"
	check_here "$mode: every byte is right" lab_nfs_check "$megabytes" || true
	look_after "$mode" "$mode"
done

look_before switching
pb_now sunrpc
generation=${PB_NOW#* }
python3 "$(dirname "$0")/switcher.py" "$PB/sunrpc" 1 1000000 2 0.01 >"$TMP/switcher" 2>&1 &
switcher=$!
check_here 'switching: every byte is right' lab_nfs_check "$megabytes" || true
check 'the switcher ran all the time' kill -0 "$switcher"
kill "$switcher"
wait "$switcher" 2>/dev/null || true
pb_now sunrpc
generation=$((${PB_NOW#* } - generation))
diag "switching: $generation switches"
holds 'switching: switches' "$generation" -gt 0
# shellcheck disable=SC2086 # words
look_after switching $PB_MODES
check_here 'server and client go down' unmount || true
equal 'no slot was empty that should not be' "$(dmesg | grep 'page_bulk: a slot' || true)" ''
finish
