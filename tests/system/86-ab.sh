#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"
setup 'NFS server and client come up' lab_nfs_up
setup 'a load of reads starts' lab_nfs_load_start read 1m
cat /sys/kernel/debug/page_bulk/experiment
time bulkctl ab sunrpc --modes single,array --rounds 3 --slice 300ms --settle 50ms --abort-if 'short_rate>0.5' -e context-switches --metric rpc_us,ns_per_page,fills_per_s,p99_fill_us,nfs_ops_per_s,packets_per_s:srv0,sys_cpu_s_per_s,frag_index,context-switches_per_page,command  -- sh -c 'while :; do echo $(date +%s.%N) iops=$(awk "{print \$1}" /proc/uptime); sleep 0.1; done' || echo $?
cat $PB/sunrpc $PB/timing /sys/kernel/debug/page_bulk/experiment
check_load_stop
check_down lab_nfs_down
finish
