#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What every kernel of the matrix can do: modes are switched by the sysctls, with timing and without, while
# a client of NFS verifies every byte and each packet of XDP is accounted for. Without debugfs bulkctl says
# what is missing. A kernel without CONFIG_PAGE_BULK has nothing of it, and bears the same load.
#
# timeout: 480
set -eu
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"
. "$(dirname "$0")/../labs/xdp/lib.sh"

rounds=3 writes=200
switches=0 read_back=0

test_load() { # NAME: a round of packets beside the load
	local sent dropped

	lab_xdp_account
	sent=$LAB_XDP_SENT dropped=$LAB_XDP_DROPPED
	setup "$1: a round of packets" lab_xdp_round 2000
	lab_xdp_account
	equal "$1: each packet was received or counted as dropped" \
		$((LAB_XDP_PACKETS + LAB_XDP_DROPPED - dropped)) $((LAB_XDP_SENT - sent))
	setup "$1: the load runs" lab_nfs_load_alive
}

switch_often() {
	local user mode now i

	for ((i = 0; i < writes; i++)); do
		for mode in $PB_MODES; do
			for user in sunrpc page_pool; do
				pb_set "$user" "$mode"
				read -r now <"$PB/$user"
				switches=$((switches + 1))
				[ "$now" != "$mode" ] || read_back=$((read_back + 1))
			done
		done
	done
}

test_modes() {
	local round mode

	for ((round = 1; round <= rounds; round++)); do
		for mode in $PB_MODES; do
			echo $((round % 2)) >"$PB/timing"
			pb_set sunrpc "$mode"
			pb_set page_pool "$mode"
			test_load "$mode, timing $((round % 2))"
		done
		switch_often
	done
	echo 0 >"$PB/timing"
	diag "$switches switches"
	holds 'switches' "$switches" -gt 0
	equal 'each mode that was written was read' "$read_back" "$switches"
}

test_bulkctl() {
	local status=0

	bulkctl status >"$TMP/status" 2>"$TMP/errors" || status=$?
	equal 'bulkctl status: exit status' "$status" 0
	check 'bulkctl status: the mode' grep -qE '^sunrpc +stock' "$TMP/status"
	if pb_has DEBUG_FS; then
		equal 'bulkctl status: nothing is missing' "$(cat "$TMP/errors")" ''
		return
	fi
	equal 'bulkctl status: one sentence' "$(wc -l <"$TMP/errors")" 1
	check 'bulkctl status: what is missing' grep -q 'CONFIG_DEBUG_FS' "$TMP/errors"
	bulkctl doctor >"$TMP/doctor" || true
	check 'bulkctl doctor: what is missing' grep -qE '^missing +debugfs +this kernel has no debugfs' "$TMP/doctor"
}

! pb_has NUMA_EMU || check 'there are two nodes' test -d /sys/devices/system/node/node1
setup 'NFS server and client come up' lab_nfs_up
setup 'veth with XDP comes up' lab_xdp_up
setup 'a load of reads and writes starts' lab_nfs_load_start
if pb_has PAGE_BULK; then
	test_modes
	test_bulkctl
else
	check 'there is no sysctl of page_bulk' test ! -e "$PB"
	check 'there is no folder of page_bulk in debugfs' test ! -e "$PB_DEBUG"
	for ((i = 1; i <= rounds; i++)); do
		test_load "round $i"
	done
fi
check_load_stop
check_down lab_xdp_down
check_down lab_nfs_down
finish
