# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lib.sh - an NFS server and its client in one guest. To be sourced by a script that tests/vm/run
# runs:
#
#	. /src/tests/labs/nfs/lib.sh
#	lab_nfs_up                           # server here, client in the namespace "client"
#	lab_nfs_load_start                   # reads and writes, every byte verified, until stopped
#	...
#	lab_nfs_load_stop || exit 1          # an I/O or verify error fails here
#	lab_nfs_down
#
# The server: nfsd with LAB_NFS_THREADS threads exports a tmpfs or an ext4. The client: mounts it at
# $LAB_NFS_MNT in its own network namespace, over a veth pair, TCP, rsize and wsize 1 MB. Its
# programs must run there: lab_nfs_client COMMAND. All functions return 0 or, with a sentence
# on standard error, 1.
#
# Settings, read by lab_nfs_up:
#	LAB_NFS_VERS=4.2    or 3
#	LAB_NFS_THREADS=8
#	LAB_NFS_FS=tmpfs   or ext4, on a loop device in a tmpfs
#	LAB_NFS_SIZE=1g     of the exported file system
#	LAB_NFS_MTU=1500   of the veth pair
#	LAB_NFS_IOSIZE=1048576  rsize and wsize
#	LAB_NFS_SEC=sys    or krb5, krb5i, krb5p, with a realm of the lab's own
#	LAB_NFS_TIMEO=600  tenths of a second until the client sends a call again
#	LAB_NFS_PAUSE_4K=0  microseconds that the 4 kB loads wait between two blocks
#	LAB_HOST=          not empty: this is no guest, and keeps its rpcbind and its /etc
LAB_HOST=${LAB_HOST:-}
LAB_NFS_VERS=${LAB_NFS_VERS:-4.2}
LAB_NFS_THREADS=${LAB_NFS_THREADS:-8}
LAB_NFS_FS=${LAB_NFS_FS:-tmpfs}
LAB_NFS_SIZE=${LAB_NFS_SIZE:-1g}
LAB_NFS_MTU=${LAB_NFS_MTU:-1500}
LAB_NFS_IOSIZE=${LAB_NFS_IOSIZE:-1048576}
LAB_NFS_SEC=${LAB_NFS_SEC:-sys}
LAB_NFS_TIMEO=${LAB_NFS_TIMEO:-600}
LAB_NFS_PAUSE_4K=${LAB_NFS_PAUSE_4K:-0}
LAB_NFS_MNT=/mnt/nfs
LAB_NFS_EXPORT=/export
LAB_NFS_DIR=/run/lab-nfs
# shellcheck source=tests/labs/nfs/krb5.sh
. "$(dirname "${BASH_SOURCE[0]}")/krb5.sh"

lab_nfs_fail() { echo "lab_nfs: $*" >&2; return 1; }

# COMMAND... in the client's network. Not `ip netns exec`: that mounts /sys anew and so hides
# debugfs and tracefs.
lab_nfs_client() { nsenter --net=/run/netns/client -- "$@"; }

lab_nfs_network_up() {
	ip netns add client &&
		ip link add srv0 type veth peer name cli0 netns client &&
		ip addr add 10.9.0.1/24 dev srv0 &&
		ip link set srv0 mtu "$LAB_NFS_MTU" up &&
		ip -n client addr add 10.9.0.2/24 dev cli0 &&
		ip -n client link set lo up &&
		ip -n client link set cli0 mtu "$LAB_NFS_MTU" up
}

# What is exported: in memory, so that no disk is measured.
lab_nfs_export_up() {
	mkdir -p "$LAB_NFS_EXPORT"
	mount -t tmpfs -o "size=$LAB_NFS_SIZE,mode=1777" tmpfs "$LAB_NFS_EXPORT" || return
	[ "$LAB_NFS_FS" = ext4 ] || return 0
	truncate -s "$LAB_NFS_SIZE" "$LAB_NFS_EXPORT/image" &&
		mkfs.ext4 -q -E lazy_itable_init=0 "$LAB_NFS_EXPORT/image" &&
		mount -o loop "$LAB_NFS_EXPORT/image" "$LAB_NFS_EXPORT" &&
		chmod 1777 "$LAB_NFS_EXPORT"
}

lab_nfs_server_up() {
	mkdir -p "$LAB_NFS_DIR" /run/rpc_pipefs /var/lib/nfs/v4recovery
	lab_nfs_export_up || return
	mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd || return
	mountpoint -q /run/rpc_pipefs || mount -t rpc_pipefs rpc_pipefs /run/rpc_pipefs || return

	# A reply of 1 MB: must be known before the threads start (else memory / 4096 a thread).
	echo 1048576 >/proc/fs/nfsd/max_block_size || return
	# No wait for clients of a server that ran before: see the end, too.
	echo 10 >/proc/fs/nfsd/nfsv4gracetime || return
	# lockd's own: as long as it lasts NFSv4 refuses locks, too, and clients wait up to 15 s
	echo 1 >/proc/sys/fs/nfs/nlm_grace_period || return

	# The guest has no IPv6: the daemons need not try.
	[ "$LAB_HOST" ] || sed -i '/^\(udp\|tcp\)6/d' /etc/netconfig
	pgrep -x rpcbind >/dev/null || rpcbind || return
	if [ "$LAB_NFS_VERS" = 3 ]; then
		rpc.statd --no-notify || return
	fi
	# NFSv4 needs mountd too: it answers the kernel's question for the export.
	rpc.mountd || return
	exportfs -o rw,fsid=0,no_root_squash,no_subtree_check,insecure,sync,sec="$LAB_NFS_SEC" \
		"10.9.0.0/24:$LAB_NFS_EXPORT" || return
	rpc.nfsd "$LAB_NFS_THREADS" && lab_nfs_end_grace
}

# nfsd is busy when it has ended: by itself, where a slow machine took longer to get here
lab_nfs_end_grace() {
	echo Y 2>/dev/null >/proc/fs/nfsd/v4_end_grace || [ "$(cat /proc/fs/nfsd/v4_end_grace)" = Y ]
}

lab_nfs_mount() { # VERS DIR
	local path=/ options server=10.9.0.1

	[ "$LAB_NFS_SEC" = sys ] || server=$LAB_KRB5_SERVER
	options="vers=$1,proto=tcp,rsize=$LAB_NFS_IOSIZE,wsize=$LAB_NFS_IOSIZE,hard,timeo=$LAB_NFS_TIMEO,sec=$LAB_NFS_SEC"
	if [ "$1" = 3 ]; then
		path=$LAB_NFS_EXPORT
		# its own locks suffice: there is one client
		options="$options,nolock,mountproto=tcp"
	fi
	mkdir -p "$2"
	lab_nfs_client timeout 60 mount -t nfs -o "$options" "$server:$path" "$2"
}

# Server and client up, and the export mounted.
lab_nfs_up() {
	lab_nfs_network_up || lab_nfs_fail "the veth pair did not come up" || return
	lab_nfs_server_up || lab_nfs_fail "nfsd did not start" || return
	[ "$LAB_NFS_SEC" = sys ] || lab_krb5_up || return
	lab_nfs_mount "$LAB_NFS_VERS" "$LAB_NFS_MNT" ||
		lab_nfs_fail "10.9.0.1:$LAB_NFS_EXPORT cannot be mounted" || return
	grep -q " $LAB_NFS_MNT nfs.*rsize=$LAB_NFS_IOSIZE,wsize=$LAB_NFS_IOSIZE" /proc/mounts ||
		lab_nfs_fail "the server does not grant rsize and wsize $LAB_NFS_IOSIZE:" \
			"$(grep " $LAB_NFS_MNT " /proc/mounts)"
}

lab_nfs_down() {
	local rc=0

	if mountpoint -q "$LAB_NFS_MNT"; then
		lab_nfs_client umount "$LAB_NFS_MNT" || rc=1
	fi
	rpc.nfsd 0 || rc=1
	exportfs -ua || rc=1
	[ "$LAB_NFS_SEC" = sys ] || lab_krb5_down || rc=1
	pkill -x rpc.mountd || true
	pkill -x rpc.statd || true
	[ "$LAB_HOST" ] || pkill -x rpcbind || true
	# an ext4 lies on the tmpfs that its image is in
	while mountpoint -q "$LAB_NFS_EXPORT"; do
		umount "$LAB_NFS_EXPORT" || { rc=1; break; }
	done
	ip netns del client || rc=1
	# The namespace's end of the pair goes with it, a moment later.
	ip link del srv0 2>/dev/null || true
	[ "$rc" = 0 ] || lab_nfs_fail "not everything could be taken down"
}

# The process ids of the nfsd threads, one a line.
lab_nfs_threads() { pgrep -x nfsd; }

# "READS BYTES_READ BYTES_WRITTEN" that nfsd has served since it started.
lab_nfs_served() {
	awk '$1 == "io" { r = $2; w = $3 }
	     $1 == "proc3" { n += $9 }
	     $1 == "proc4ops" { n += $28 + $71 }
	     END { printf "%.0f %.0f %.0f\n", n, r, w }' /proc/net/rpc/nfsd
}

# fio in the client, for one job: add --name, --bs, --size and --rw. An array and not a function, so
# that $! of "${LAB_NFS_FIO[@]}" ... & is fio's process. O_DIRECT: each block is one RPC, and no
# page cache of the client's hides the server.
LAB_NFS_FIO=(nsenter --net=/run/netns/client -- fio "--directory=$LAB_NFS_MNT"
	     --direct=1 --ioengine=psync --thread --fallocate=none --group_reporting
	     --verify=crc32c --verify_fatal=1 --output-format=json --eta=never)

# Write files with 1 MB and 4 kB blocks, read them back and verify: once through.
lab_nfs_check() { # [MEGABYTES]
	local mb=${1:-64} bs

	for bs in 1m 4k; do
		[ "$bs" = 1m ] || mb=$(((mb + 31) / 32))
		"${LAB_NFS_FIO[@]}" --name="check-$bs" --bs="$bs" --size="${mb}m" --rw=write \
			>"$LAB_NFS_DIR/check-$bs.json" 2>&1 ||
			lab_nfs_fail "fio with $bs blocks failed:" \
				"$(tail -n 20 "$LAB_NFS_DIR/check-$bs.json")" || return
	done
}

# Start loads in the background, each at 1 MB and at 4 kB blocks: KIND write writes a file and reads
# it back, over and over; KIND read reads a file over and over. Every byte is verified. Both
# kinds unless told. They run until lab_nfs_load_stop.
lab_nfs_load_start() { # [KIND [BLOCKSIZE [JOBS]]] : read|write|both, 1m|4k|both, jobs of each
	local kinds=${1:-both} sizes=${2:-both} jobs=${3:-1} kind bs size
	local -a repeat

	[ "$kinds" != both ] || kinds='read write'
	[ "$sizes" != both ] || sizes='1m 4k'
	rm -f "$LAB_NFS_DIR"/load.*
	: >"$LAB_NFS_DIR/load.jobs"
	for kind in $kinds; do
		for bs in $sizes; do
			size=32m
			# fio 3.33 reads only once with loops=, and verifies only at the end with
			# time_based.
			repeat=(--loops=1000000)
			[ "$kind" = write ] || repeat=(--time_based --runtime=1000000)
			if [ "$bs" = 4k ]; then
				size=1m
				repeat+=(--thinktime="$LAB_NFS_PAUSE_4K")
			fi
			if [ "$kind" = read ]; then
				"${LAB_NFS_FIO[@]}" --name="read-$bs" --bs="$bs" --size="$size" \
					--rw=write --do_verify=0 --numjobs="$jobs" \
					>"$LAB_NFS_DIR/prepare-$bs.json" 2>&1 ||
					lab_nfs_fail "fio could not write its files:" \
						"$(tail -n 20 "$LAB_NFS_DIR/prepare-$bs.json")" || return
			fi
			lab_nfs_load_add "$kind-$bs" --bs="$bs" --size="$size" --rw="$kind" \
				--numjobs="$jobs" "${repeat[@]}"
		done
	done
}

# One more, after lab_nfs_load_start: fio with these options until lab_nfs_load_stop.
lab_nfs_load_add() { # NAME OPTION...
	local name=$1

	shift
	"${LAB_NFS_FIO[@]}" --name="$name" "$@" --output="$LAB_NFS_DIR/load.$name.json" \
		>"$LAB_NFS_DIR/load.$name.err" 2>&1 &
	echo "$! $name" >>"$LAB_NFS_DIR/load.jobs"
}

# 0 while every load runs: one that has ended met an error.
lab_nfs_load_alive() {
	local pid name

	while read -r pid name; do
		# one that has ended and was not waited for can still be sent a signal
		grep -q '^State:[[:space:]]*[^ZX]' "/proc/$pid/status" 2>/dev/null ||
			lab_nfs_fail "the load $name has ended:" \
			"$(tail -n 20 "$LAB_NFS_DIR/load.$name.err")" || return
	done <"$LAB_NFS_DIR/load.jobs"
}

lab_nfs_wait_end() { # PID: 0 when it ends by itself within 60 s; killed otherwise
	local i

	for ((i = 0; i < 600; i++)); do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.1
	done
	kill -KILL "$1"
	return 1
}

# Hold all loads but those named NAME, as read-1m, and let them go on: for a look at one kind alone.
lab_nfs_load_hold() { # NAME...
	lab_nfs_load_signal STOP "$@"
	# what they have asked for is answered
	sleep 0.2
}

lab_nfs_load_go() { lab_nfs_load_signal CONT; }

lab_nfs_load_signal() { # SIGNAL [NAME...] : to all loads but those
	local pid name signal=$1

	shift
	while read -r pid name; do
		case " $* " in
		*" $name "*) ;;
		*) kill "-$signal" "$pid" 2>/dev/null || true ;;
		esac
	done <"$LAB_NFS_DIR/load.jobs"
}

# Stop the loads. 1 when any of them met an I/O or verify error, or moved no byte. Prints what each
# did: NAME MEGABYTES_READ MEGABYTES_WRITTEN.
lab_nfs_load_stop() {
	local pid name status rc=0

	while read -r pid name; do
		kill -INT "$pid" 2>/dev/null || lab_nfs_fail "the load $name had ended already" || rc=1
	done <"$LAB_NFS_DIR/load.jobs"
	while read -r pid name; do
		lab_nfs_wait_end "$pid" || lab_nfs_fail "the load $name did not end within 60 s" || rc=1
		status=0
		wait "$pid" || status=$?
		# 128 is fio's answer to SIGINT.
		if [ "$status" != 0 ] && [ "$status" != 128 ]; then
			lab_nfs_fail "the load $name ended with status $status:" \
				"$(tail -n 20 "$LAB_NFS_DIR/load.$name.err")" || rc=1
			continue
		fi
		lab_nfs_load_result "$name" || rc=1
	done <"$LAB_NFS_DIR/load.jobs"
	return "$rc"
}

lab_nfs_load_result() { # NAME
	local file=$LAB_NFS_DIR/load.$1.json

	# fio puts its notes before the JSON.
	sed -n '/^{/,$p' "$file" | jq -er --arg name "$1" '
		.jobs | if all(.error == 0) and (map(.read.io_bytes + .write.io_bytes) | add) > 0
		then "\($name) \(map(.read.io_bytes) | add / 1048576 | floor) \(
			map(.write.io_bytes) | add / 1048576 | floor)" else empty end' ||
		lab_nfs_fail "the load $1 met errors, or moved nothing: $(grep -m 3 '"error"' "$file")"
}
