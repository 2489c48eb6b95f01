#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# nfsd's fills enter the page allocator only the way that their mode says.
#
# timeout: 360
# configs: guest numa
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/probes.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

setup 'NFS server and client come up' lab_nfs_up
setup 'probes are set' probes_start
for mode in list array single stock; do
	test_probes sunrpc "$mode" lab_nfs_check 16
done
check_down lab_nfs_down
finish
