#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# off-guest.sh - the guest's part of scripts/bench-off: see there.
#
# Usage: off-guest.sh MODE READ-PASSES READS PACKET-PASSES PACKETS
#
# MODE: of both users; "none" in a kernel without page_bulk. Under -icount the scheduler's clock counts
# instructions. In each of PASSES: what nfsd's threads executed for READS times 1 MB, and what
# the sender, the receiving softirqs and the holder of the packets executed for PACKETS. Interrupts that came
# meanwhile are in it. Lines "WHAT mode=MODE pass=N count=N insn=N" in $OUT/off.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/labs/nfs/lib.sh
. "$here/nfs/lib.sh"
# shellcheck source=tests/labs/xdp/lib.sh
. "$here/xdp/lib.sh"

mode=$1 read_passes=$2 reads=$3 packet_passes=$4 packets=$5
sysctls=/proc/sys/vm/page_bulk

fail() { echo "off: $*" >&2; exit 1; }

executed() { # PID...
	local pid files=()

	for pid; do files+=("/proc/$pid/sched"); done
	awk '$1 == "se.sum_exec_runtime" { ns += $3 * 1e6; n++ } END { if (!n) exit 1; printf "%.0f\n", ns }' "${files[@]}"
}

# COMMAND in each pass; what PIDS executed for it
measure() { # WHAT PASSES COUNT COMMAND...
	local what=$1 passes=$2 count=$3 pass before

	shift 3
	# A quarter as many before that warm up: nfsd's first few take up to 3 % less than all later ones
	for ((pass = 1 - (passes + 3) / 4; pass <= passes; pass++)); do
		before=$(executed "${pids[@]}")
		"$@"
		[ "$pass" -lt 1 ] || echo "$what mode=$mode pass=$pass count=$count" \
			"insn=$(($(executed "${pids[@]}") - before))" >>"$OUT/off"
	done
}

read_file() {
	lab_nfs_client dd if="$LAB_NFS_MNT/off" of=/dev/null bs=1M count="$reads" iflag=direct status=none
}

if [ "$mode" = none ]; then
	[ ! -d $sysctls ] || fail 'this kernel has page_bulk: it has no mode "none"'
else
	[ "$(cat $sysctls/timing)" = 0 ] || fail 'fills are timed: timing has to be 0'
	for user in sunrpc page_pool; do echo "$mode" >"$sysctls/$user"; done
fi
LAB_NFS_THREADS=1
lab_nfs_up
lab_nfs_client dd if=/dev/zero of="$LAB_NFS_MNT/off" bs=1M count="$reads" conv=fsync status=none
mapfile -t pids < <(lab_nfs_threads)
measure nfs "$read_passes" "$reads" read_file
lab_nfs_down

lab_xdp_up
mapfile -t pids < <(pgrep -x kpktgend_0; pgrep -x ksoftirqd/0; echo "$LAB_XDP_HOLDER_PID")
# Each network namespace has a thread of pktgen; those that do not send are idle
[ ${#pids[@]} -ge 3 ] || fail "there are ${#pids[@]} of pktgen's, softirq's and the holder's tasks, not 3 or more"
measure xdp "$packet_passes" "$packets" lab_xdp_round "$packets"
lab_xdp_down
