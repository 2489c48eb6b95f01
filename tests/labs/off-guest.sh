#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# off-guest.sh - the guest's part of scripts/bench-off: see there.
#
# Usage: off-guest.sh PASSES READS PACKETS
#
# Under -icount the scheduler's clock counts instructions. In each of PASSES, in each mode in turn that the
# kernel has ("none" without page_bulk): what nfsd's threads executed for READS times 1 MB, and what
# the sender, the receiving softirqs and the holder of the packets executed for PACKETS. Interrupts that came
# meanwhile are in it. Lines "WHAT mode=MODE pass=N count=N insn=N" in $OUT/off.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/labs/nfs/lib.sh
. "$here/nfs/lib.sh"
# shellcheck source=tests/labs/xdp/lib.sh
. "$here/xdp/lib.sh"

passes=$1 reads=$2 packets=$3
sysctls=/proc/sys/vm/page_bulk
modes=none
[ ! -d $sysctls ] || modes='stock array list single'

fail() { echo "off: $*" >&2; exit 1; }

executed() { # PID...
	local pid files=()

	for pid; do files+=("/proc/$pid/sched"); done
	awk '$1 == "se.sum_exec_runtime" { ns += $3 * 1e6; n++ } END { if (!n) exit 1; printf "%.0f\n", ns }' "${files[@]}"
}

# COMMAND in each pass and mode; what PIDS executed for it
measure() { # WHAT USER COUNT COMMAND...
	local what=$1 user=$2 count=$3 pass mode before

	shift 3
	for ((pass = 0; pass <= passes; pass++)); do
		for mode in $modes; do
			[ "$mode" = none ] || echo "$mode" >"$sysctls/$user"
			before=$(executed "${pids[@]}")
			"$@"
			# the first pass warms up
			[ "$pass" = 0 ] || echo "$what mode=$mode pass=$pass count=$count" \
				"insn=$(($(executed "${pids[@]}") - before))" >>"$OUT/off"
		done
	done
}

read_file() {
	lab_nfs_client dd if="$LAB_NFS_MNT/off" of=/dev/null bs=1M count="$reads" iflag=direct status=none
}

[ ! -d $sysctls ] || [ "$(cat $sysctls/timing)" = 0 ] || fail 'fills are timed: timing has to be 0'
LAB_NFS_THREADS=1
lab_nfs_up
lab_nfs_client dd if=/dev/zero of="$LAB_NFS_MNT/off" bs=1M count="$reads" conv=fsync status=none
mapfile -t pids < <(lab_nfs_threads)
measure nfs sunrpc "$reads" read_file
lab_nfs_down

lab_xdp_up
mapfile -t pids < <(pgrep -x kpktgend_0; pgrep -x ksoftirqd/0; echo "$LAB_XDP_HOLDER_PID")
# Each network namespace has a thread of pktgen; those that do not send are idle
[ ${#pids[@]} -ge 3 ] || fail "there are ${#pids[@]} of pktgen's, softirq's and the holder's tasks, not 3 or more"
measure xdp page_pool "$packets" lab_xdp_round "$packets"
lab_xdp_down
