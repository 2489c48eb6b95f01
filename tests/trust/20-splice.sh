#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Pages that are not nfsd's own in its replies: READs that splice pages out of the page cache, compound
# ones of huge tmpfs files, the zero page for holes, those of ext4 files; over NFSv3 and v4.2, with and
# without O_DIRECT, while modes are switched, and so the ways of giving pages back, and while files are cut
# off and punched under the readers. Every byte is right, and no page is given back too early or not at all.
#
# usage: 20-splice.sh [quick]: 30 passes over the files, or 3
#
# vm-args: --append page_poison=1
# timeout: 300
# configs: numa
# needs: PAGE_BULK DEBUG_FS HIST_TRIGGERS KPROBE_EVENTS SMP TRANSPARENT_HUGEPAGE
# trust-configs: numa debug
# trust-quick: debug
# trust-timeout: 900
# shellcheck disable=SC2317 # functions are called by name
set -eu
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

dir=$(dirname "$(readlink -f "$0")")
passes=30
[ "${1:-}" != quick ] || passes=3
disk=/var/splice
v3=/mnt/nfs3
splice=$TRACING/events/kprobes/splice
tolerance=512
! pb_has KASAN || tolerance=4096

# Three files of 16 MB: all of it, a little in every fourth megabyte (a huge page for it
# leaves holes), and one on a disk
make_files() {
	local name

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
	for name in $names; do
		sha256sum <"$LAB_NFS_EXPORT/$name" >"$TMP/sum.${name//\//-}" || return
	done
}

export_disk() {
	mkdir -p "$disk" "$LAB_NFS_EXPORT/disk" &&
		mount --bind "$disk" "$LAB_NFS_EXPORT/disk" &&
		exportfs -o rw,fsid=1,no_root_squash,no_subtree_check,insecure,sync "10.9.0.0/24:$LAB_NFS_EXPORT/disk"
}

# NFSv3 does not cross from one export into the other by itself
mount_disk3() {
	lab_nfs_client timeout 60 mount -t nfs -o "vers=3,proto=tcp,nolock,mountproto=tcp" \
		"10.9.0.1:$LAB_NFS_EXPORT/disk" "$v3/disk"
}

umount_v3() { lab_nfs_client umount "$v3/disk" && lab_nfs_client umount "$v3"; }

reads3() { awk '$1 == "proc3" { print $9 }' /proc/net/rpc/nfsd; }

# What was spliced, and what was copied, is told by nfsd's events. What pages those are: a probe where
# nfsd takes the pipe's buffer into its reply (struct pipe_buffer: page, offset, len, ops). A page of a
# compound one, other than its first, points there with bit 0 of its second word; the zero page comes with
# operations of its own (its address is none that a script knows).
count_events() {
	local event

	for event in nfsd_read_splice nfsd_read_vector; do
		echo 'hist:keys=common_pid' >"$TRACING/events/nfsd/$event/trigger" || return
	done
	echo 'p:kprobes/splice nfsd_splice_actor head=+8(+0(%si)):x64 ops=+16(%si):x64' \
		>>"$TRACING/kprobe_events" || return
	echo 'hist:keys=common_cpu:name=tails if head & 1' >"$splice/trigger" &&
		echo 'hist:keys=ops:name=kinds' >>"$splice/trigger"
}

events_of() { awk '$1 == "Hits:" { print $2 }' "$TRACING/events/nfsd/$1/hist"; } # EVENT

# Hits of the probe's trigger NAME; of those with OPS only
buffers_of() { # NAME [OPS]
	awk -v name="hist:name=$1:" -v ops="${2:-}" '/^# trigger info/ { on = index($0, name) }
		on && ops == "" && $1 == "Hits:" { n = $2 }
		on && ops != "" && $3 "" == ops "" { n = $NF }
		END { print n + 0 }' "$splice/hist"
}

kinds() { awk '$1 == "{" && $2 == "ops:" { print $3 }' "$splice/hist" | sort; }

# The operations that come with the first READ of a hole
see_zero_page() {
	local before

	truncate -s 1M "$LAB_NFS_EXPORT/hole" &&
		lab_nfs_client dd if="$LAB_NFS_MNT/huge" of=/dev/null bs=1M iflag=direct count=1 status=none || return
	before=$(kinds)
	lab_nfs_client dd if="$LAB_NFS_MNT/hole" of=/dev/null bs=1M iflag=direct status=none || return
	zero_page=$(comm -13 <(echo "$before") <(kinds))
	rm "$LAB_NFS_EXPORT/hole"
	[[ $zero_page =~ ^[0-9]+$ ]]
}

# DIR NAME [DD-FLAG]: is what the client reads there what the server has?
read_right() {
	lab_nfs_client dd if="$1/$2" bs=1M "${@:3}" status=none | sha256sum | cmp - "$TMP/sum.${2//\//-}"
}

read_all() {
	local pass name mount reader readers

	for ((pass = 0; pass < passes; pass++)); do
		readers=()
		for name in $names; do
			for mount in "$LAB_NFS_MNT" "$v3"; do
				read_right "$mount" "$name" iflag=direct &
				readers+=($!)
				read_right "$mount" "$name" &
				readers+=($!)
			done
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

# shellcheck disable=SC2034 # by name
declare -A before after
names='huge sparse disk/file'
setup 'NFS server and client come up' lab_nfs_up
setup 'tmpfs takes huge pages' mount -o remount,huge=always "$LAB_NFS_EXPORT"
setup 'a folder on a disk is exported, too' export_disk
huge=$(awk '$1 == "thp_file_alloc" { print $2 }' /proc/vmstat)
setup 'files are there' make_files
huge=$(($(awk '$1 == "thp_file_alloc" { print $2 }' /proc/vmstat) - huge))
holds 'huge pages are in them' "$huge" -gt 0
holds 'the sparse file has holes' "$(du -k "$LAB_NFS_EXPORT/sparse" | cut -f 1)" -lt 16384
setup 'the export is mounted over NFSv3, too' lab_nfs_mount 3 "$v3"
setup "and the disk's" mount_disk3
setup 'events are counted' count_events
setup 'the zero page is known' see_zero_page
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
pb_read_stats sunrpc before
spliced=$(events_of nfsd_read_splice) copied=$(events_of nfsd_read_vector)
calls=$(reads3) tails=$(buffers_of tails) zeros=$(buffers_of kinds "$zero_page")
begin=$SECONDS
check_here "$passes passes: every byte is right" read_all || true
diag "$passes passes: $((SECONDS - begin)) s"
check 'the switcher ran all the time' kill -0 "$switcher"
kill "$switcher"
wait "$switcher" 2>/dev/null || true
rm "$TMP/going"
wait "$changer" "$reader"
pb_now sunrpc
pb_read_stats sunrpc after
spliced=$(($(events_of nfsd_read_splice) - spliced)) copied=$(($(events_of nfsd_read_vector) - copied))
calls=$(($(reads3) - calls)) tails=$(($(buffers_of tails) - tails))
zeros=$(($(buffers_of kinds "$zero_page") - zeros))
diag "$((${PB_NOW#* } - generation)) switches, $(cat "$TMP/changes") times a file was cut off and punched," \
	"$(cat "$TMP/read-changing") times it was read; READs: $spliced spliced," \
	"$copied copied, $calls of NFSv3; $huge huge pages;" \
	"of the spliced buffers $tails in compound pages, $zeros the zero page"
holds 'switches' "${PB_NOW#* }" -gt "$generation"
holds 'READs were spliced' "$spliced" -gt 0
holds 'and some of them NFSv3' "$calls" -gt 0
holds 'pages of compound ones were spliced' "$tails" -gt 0
holds 'the zero page was spliced' "$zeros" -gt 0
holds 'files changed' "$(cat "$TMP/changes")" -gt 0
holds 'and were read' "$(cat "$TMP/read-changing")" -gt 0
for mode in $PB_MODES; do
	fills=$((${after["$mode fills"]} - ${before["$mode fills"]}))
	freed=$((${after["$mode freed"]} - ${before["$mode freed"]}))
	diag "$mode: $fills fills, $freed pages given back"
	holds "$mode: fills while modes are switched" "$fills" -gt 0
	holds "$mode: pages given back while modes are switched" "$freed" -gt 0
done
for mode in $PB_MODES; do
	pb_set sunrpc "$mode"
	check "$mode: the files are still right" read_right "$LAB_NFS_MNT" huge iflag=direct
	check "$mode: and over NFSv3" read_right "$v3" huge iflag=direct
done
pb_count_memory
diag "neither free nor counted as used: $lost_before pages before, $PB_LOST after"
holds "no more than $tolerance pages of nobody are more" $((PB_LOST - lost_before)) -le $tolerance
holds "no more than $tolerance pages of nobody are less" $((lost_before - PB_LOST)) -le $tolerance
check 'NFSv3 is unmounted' umount_v3
umount "$LAB_NFS_EXPORT/disk" || true
exportfs -u "10.9.0.0/24:$LAB_NFS_EXPORT/disk" || true
umount "$LAB_NFS_EXPORT/disk" 2>/dev/null || true
check_down lab_nfs_down
equal 'no slot was empty that should not be' "$(dmesg | grep 'page_bulk: a slot' || true)" ''
finish
