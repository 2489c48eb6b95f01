#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm.zone_reclaim_mode: a fill that finds its node short of pages reclaims there, as single pages do, and takes
# what that has freed. Page cache fills the node meanwhile, and nfsd's fills compete with it.
#
# vm-args: --mem 1024
# timeout: 900
# debug-timeout: 1800
# configs: numa
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

# a hole: its pages come without a disk
cache=/var/cache/hole
probe=$TRACING/events/kprobes/node_reclaim

count_reclaims() {
	echo 'r:kprobes/node_reclaim page_bulk_node_reclaim worth=$retval:u8' >>"$TRACING/kprobe_events" &&
		echo 'hist:keys=worth' >"$probe/trigger"
}

# Calls so far that freed pages ("worth another look", 1), or that did not (0)
reclaims() { # WORTH
	tr -d '{},:' <"$probe/hist" | awk -v worth="$1" '$1 == "worth" && $2 == worth { n = $4 } END { print n + 0 }'
}

pages_of_node() { # NAME: of numa_hit and the like, of node 0
	awk -v name="$1" '$1 == name { print $2 }' /sys/devices/system/node/node0/numastat
}

read_hole() {
	while [ -e "$TMP/going" ]; do
		cat "$cache" >/dev/null
	done
}

served() { lab_nfs_served | cut -d ' ' -f 2; }

read_and_reclaimed() { [ "$(served)" -gt "$1" ] && [ "$(reclaims 1)" -ge "$2" ]; } # BYTES RECLAIMS

# Until so much has been read, and the node was reclaimed so often. Sets freed and vain: how often that freed
# pages, and how often it did not.
test_mode() { # MODE RECLAIMS
	pb_set sunrpc "$1"
	pb_read_stats sunrpc before
	freed=$(reclaims 1) vain=$(reclaims 0)
	setup "$1: reads go on" wait_until 200 read_and_reclaimed $(($(served) + (32 << 20))) $((freed + $2))
	freed=$(($(reclaims 1) - freed)) vain=$(($(reclaims 0) - vain))
	pb_read_stats sunrpc after
	fills=$((${after["$1 fills"]} - ${before["$1 fills"]}))
	diag "$1: $fills fills, $((${after["$1 short"]} - ${before["$1 short"]})) of them short;" \
		"$freed reclaims that freed pages, $vain that did not"
	holds "$1: fills" "$fills" -gt 0
}

# shellcheck disable=SC2034 # by name
declare -A before after
equal 'there are two nodes' "$(cat /sys/devices/system/node/online)" 0-1
setup 'NFS server and client come up' lab_nfs_up
setup 'reclaims of a node are counted' count_reclaims
truncate -s 2G "$cache"
setup 'a load of reads starts' lab_nfs_load_start read 1m
: >"$TMP/going"
read_hole &
reader=$!

for mode in array list; do
	test_mode "$mode" 0
	equal "$mode: with zone_reclaim_mode 0 no fill reclaims a node" $((freed + vain)) 0
done
echo 1 >/proc/sys/vm/zone_reclaim_mode
for mode in array list; do
	foreign=$(pages_of_node numa_foreign) hit=$(pages_of_node numa_hit)
	test_mode "$mode" 5
	diag "$mode: of the pages wanted from node 0, $(($(pages_of_node numa_hit) - hit)) came from there," \
		"$(($(pages_of_node numa_foreign) - foreign)) from elsewhere"
	holds "$mode: with zone_reclaim_mode 1 fills reclaimed pages of their node" "$freed" -gt 0
done
echo 0 >/proc/sys/vm/zone_reclaim_mode
rm "$TMP/going"
wait $reader
rm "$cache"
check_load_stop
check_down lab_nfs_down
finish
