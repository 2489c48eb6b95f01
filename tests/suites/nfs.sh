#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fio, dbench and stress-ng over the mount of the NFS lab, by NFSv3 and v4.2.
set -eu
. "$(dirname "$0")/../system/lib.sh"
LAB_NFS_VERS=4.2
. "$(dirname "$0")/../labs/nfs/lib.sh"

mode=none
[ ! -e "$PB/sunrpc" ] || mode=$(cat "$PB/sunrpc")
# of each stressor; the first that is reached ends it
operations=20 seconds=15
stressors=(copy-file hdd readahead seek sendfile mmap fallocate sync-file fsize
	dentry dir fstat getdent rename open locka xattr)
# small ones: the export is in memory, and the guest is emulated
sizes=(--copy-file-bytes 128m --fallocate-bytes 8m --hdd-bytes 8m --mmap-bytes 8m --mmap-file
	--readahead-bytes 8m --seek-size 8m --sync-file-bytes 8m)
# compare.py shows it and does not compare it
info() { diag "info: $1: $2"; } # NAME VALUE

served_fills() { # MODE
	local -A stats

	pb_read_stats sunrpc stats
	echo "${stats["$1 fills"]}"
}

# What fio wrote and then read and verified, in bytes; nothing when it met an error
fio_verified() { # DIRECTORY OPTION...
	local directory=$1

	shift
	"${LAB_NFS_FIO[@]}" --directory="$directory" --name=suite "$@" >"$TMP/fio" 2>&1 || true
	sed -n '/^{/,$p' "$TMP/fio" | jq -er '.jobs[0] | select(.error == 0) | "\(.write.io_bytes) \(.read.io_bytes)"' ||
		cat "$TMP/fio"
	rm -f "$directory"/suite*
}

test_fio() { # VERS DIRECTORY
	local mb=$((1024 * 1024))

	equal "fio, NFSv$1: 1 MB blocks, bytes written and verified" \
		"$(fio_verified "$2" --bs=1m --size=128m --rw=write)" "$((128 * mb)) $((128 * mb))"
	equal "fio, NFSv$1: 4 kB blocks at random, bytes written and verified" \
		"$(fio_verified "$2" --bs=4k --size=4m --rw=randwrite)" "$((4 * mb)) $((4 * mb))"
	equal "fio, NFSv$1: through the page cache, bytes written and verified" \
		"$(fio_verified "$2" --direct=0 --bs=64k --size=64m --rw=write)" "$((64 * mb)) $((64 * mb))"
}

test_dbench() { # VERS DIRECTORY
	local status=0

	mkdir "$2/dbench"
	lab_nfs_client timeout 120 dbench -t 10 -D "$2/dbench" 2 >"$TMP/dbench" 2>&1 || status=$?
	grep -q '^Throughput' "$TMP/dbench" || status=1
	result "$status" "dbench, NFSv$1: two clients" "status $status"$'\n'"$(tail -n 20 "$TMP/dbench")"
	info "dbench, NFSv$1" "$(awk '/^Throughput/ { print $2, $3 }' "$TMP/dbench")"
	rm -rf "$2/dbench"
}

# Its exit status: 2 a check failed, 3 lack of something, 4 not for this kernel or file system
test_stressor() { # NAME DIRECTORY
	local status=0 count

	mkdir "$2/stress"
	lab_nfs_client timeout 120 stress-ng --temp-path "$2/stress" --verify --metrics-brief "${sizes[@]}" \
		--timeout "$seconds" "--$1" 2 "--$1-ops" "$operations" >"$TMP/stress" 2>&1 || status=$?
	count=$(awk -v name="$1" '$2 == "metrc:" && $4 == name { print $5; exit }' "$TMP/stress")
	[ "$status" != 0 ] || [ "${count:-0}" != 0 ] || status='0, but nothing was done'
	case $status in
	3|4) skip "stress-ng: $1" "status $status" ;;
	*) result "$status" "stress-ng: $1" "status $status"$'\n'"$(cat "$TMP/stress")" ;;
	esac
	info "stress-ng: $1, operations" "${count:-none}"
	rm -rf "$2/stress"
}

setup 'NFS server and client come up' lab_nfs_up
setup 'NFSv3 mounts, too' lab_nfs_mount 3 /mnt/nfs3
[ "$mode" = none ] || before=$(served_fills "$mode")
for vers in 4.2 3; do
	directory=$LAB_NFS_MNT
	[ "$vers" = 4.2 ] || directory=/mnt/nfs3
	test_fio "$vers" "$directory"
	test_dbench "$vers" "$directory"
done
for name in "${stressors[@]}"; do
	test_stressor "$name" "$LAB_NFS_MNT"
done
equal 'RPC calls sent again' "$(lab_nfs_client cat /proc/net/rpc/nfs | awk '$1 == "rpc" { print $3 }')" 0
if [ "$mode" != none ]; then
	holds 'the mode of page_bulk had fills' "$(served_fills "$mode")" -gt "$before"
fi
check_here 'NFSv3 is unmounted' lab_nfs_client umount /mnt/nfs3 || true
check_down lab_nfs_down
finish
