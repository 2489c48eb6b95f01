#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Pages that are not nfsd's own in its replies: READs that splice pages out of the page cache, compound
# ones of huge tmpfs files, the zero page for holes, those of ext4 files; by clients with and without
# O_DIRECT, while modes are switched, and so the ways of giving pages back, and while files are cut off
# and punched under the readers. Every byte is right, and no page is given back too early or not at all.
#
# usage: 20-splice.sh [quick]: 60 passes over the files, or 4
#
# timeout: 300
# configs: numa
# needs: PAGE_BULK DEBUG_FS HIST_TRIGGERS SMP TRANSPARENT_HUGEPAGE
# trust-configs: numa debug
# trust-timeout: 900
# shellcheck disable=SC2317 # functions are called by name
set -eu
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

dir=$(dirname "$(readlink -f "$0")")
passes=60
[ "${1:-}" != quick ] || passes=4
disk=/var/splice
tolerance=512
! pb_has KASAN || tolerance=4096

# Three files of 16 MB: all of it, a little in every fourth megabyte (a huge page for it
# leaves holes), and one on a disk
make_files() {
	python3 - "$LAB_NFS_EXPORT" <<-'EOT'
		import random, sys
		rng = random.Random(7)
		top = sys.argv[1]
		for path, step in ((f"{top}/huge", 1), (f"{top}/sparse", 64), (f"{top}/disk/file", 1)):
		    with open(path, "wb") as file:
		        file.truncate(16 << 20)
		        for block in range(0, 256, step):
		            file.seek(block << 16)
		            file.write(rng.randbytes(1 << 16))
	EOT
	for name in $files; do
		sha256sum <"$LAB_NFS_EXPORT/$name" >"$TMP/sum.${name//\//-}" || return
	done
}

export_disk() {
	mkdir -p "$disk" "$LAB_NFS_EXPORT/disk" &&
		mount --bind "$disk" "$LAB_NFS_EXPORT/disk" &&
		exportfs -o rw,fsid=1,no_root_squash,no_subtree_check,insecure,sync "10.9.0.0/24:$LAB_NFS_EXPORT/disk"
}

# What was spliced, and what was copied, is told by nfsd's events
count_events() {
	for event in nfsd_read_splice nfsd_read_vector; do
		echo 'hist:keys=common_pid' >"$TRACING/events/nfsd/$event/trigger" || return
	done
}

events_of() { awk '$1 == "Hits:" { print $2 }' "$TRACING/events/nfsd/$1/hist"; } # EVENT

# NAME [DD-FLAG]: is what the client reads what the server has?
read_right() {
	lab_nfs_client dd if="$LAB_NFS_MNT/$1" bs=1M "${@:2}" status=none | sha256sum | cmp - "$TMP/sum.${1//\//-}"
}

read_all() {
	local pass name reader readers

	for ((pass = 0; pass < passes; pass++)); do
		readers=()
		for name in $files; do
			read_right "$name" iflag=direct &
			readers+=($!)
			read_right "$name" &
			readers+=($!)
		done
		for reader in "${readers[@]}"; do
			wait "$reader" || return
		done
		# the client's pages, so that it asks again, and the server's, so that they come and go
		echo 1 >/proc/sys/vm/drop_caches
	done
}

# A file that changes under its reader: the bytes are nobody's business, the pages are
change_files() {
	local n=0

	while [ -e "$TMP/going" ]; do
		head -c 4M /dev/urandom >"$LAB_NFS_EXPORT/changing"
		sleep 0.05
		fallocate -p -o 1M -l 1M "$LAB_NFS_EXPORT/changing"
		truncate -s 300000 "$LAB_NFS_EXPORT/changing"
		rm "$LAB_NFS_EXPORT/changing"
		n=$((n + 1))
	done
	echo "$n" >"$TMP/changes"
}

read_changing() {
	local n=0

	while [ -e "$TMP/going" ]; do
		! lab_nfs_client dd if="$LAB_NFS_MNT/changing" of=/dev/null bs=1M iflag=direct status=none 2>/dev/null ||
			n=$((n + 1))
	done
	echo "$n" >"$TMP/read-changing"
}

files='huge sparse disk/file'
setup 'NFS server and client come up' lab_nfs_up
setup 'tmpfs takes huge pages' mount -o remount,huge=always "$LAB_NFS_EXPORT"
setup 'a folder on a disk is exported, too' export_disk
huge=$(awk '$1 == "thp_file_alloc" { print $2 }' /proc/vmstat)
setup 'files are there' make_files
huge=$(($(awk '$1 == "thp_file_alloc" { print $2 }' /proc/vmstat) - huge))
holds 'huge pages are in them' "$huge" -gt 0
holds 'the sparse file has holes' "$(du -k "$LAB_NFS_EXPORT/sparse" | cut -f 1)" -lt 16384
setup 'events are counted' count_events
# The first pass fills the caches that the kernel keeps
passes_wanted=$passes passes=1
setup 'a first pass' read_all
passes=$passes_wanted
pb_count_memory
lost_before=$PB_LOST

: >"$TMP/going"
change_files 2>"$TMP/change.log" &
changer=$!
read_changing &
reader=$!
python3 "$dir/../system/switcher.py" "$PB/sunrpc" 1 100000000 2 0.01 >"$TMP/switcher" 2>&1 &
switcher=$!
pb_now sunrpc
generation=${PB_NOW#* }
check_here "$passes passes: every byte is right" read_all || true
check 'the switcher ran all the time' kill -0 "$switcher"
kill "$switcher"
wait "$switcher" 2>/dev/null || true
rm "$TMP/going"
wait "$changer" "$reader"
pb_now sunrpc
diag "$((${PB_NOW#* } - generation)) switches, $(cat "$TMP/changes") times a file was cut off and punched," \
	"$(cat "$TMP/read-changing") times it was read; READs: $(events_of nfsd_read_splice) spliced," \
	"$(events_of nfsd_read_vector) copied; $huge huge pages"
holds 'switches' "${PB_NOW#* }" -gt "$generation"
holds 'READs were spliced' "$(events_of nfsd_read_splice)" -gt 0
holds 'files changed' "$(cat "$TMP/changes")" -gt 0
holds 'and were read' "$(cat "$TMP/read-changing")" -gt 0
for mode in $PB_MODES; do
	pb_set sunrpc "$mode"
	check "$mode: the files are still right" read_right huge iflag=direct
done
pb_count_memory
diag "neither free nor counted as used: $lost_before pages before, $PB_LOST after"
holds "no more than $tolerance pages of nobody are more" $((PB_LOST - lost_before)) -le $tolerance
holds "no more than $tolerance pages of nobody are less" $((lost_before - PB_LOST)) -le $tolerance
umount "$LAB_NFS_EXPORT/disk" || true
exportfs -u "10.9.0.0/24:$LAB_NFS_EXPORT/disk" || true
umount "$LAB_NFS_EXPORT/disk" 2>/dev/null || true
check_down lab_nfs_down
equal 'no slot was empty that should not be' "$(dmesg | grep 'page_bulk: a slot' || true)" ''
finish
