#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lab-guest.sh - what tests/labs/lab-nfs runs in a guest, or with HOST=1 on this machine.
#
# Usage: lab-guest.sh WAY BLOCKS CASE...
#
# WAY: times         bulkctl ab while CPUs run at the same time, then a pass that counts allocator calls
#      instructions  bulkctl ab in a guest under -icount: its ns are instructions
#      locks         only the pass that counts, of zone->lock, in a kernel with CONFIG_LOCK_STAT
#      soak          bulkctl ab that switches every second, for BLOCKS minutes
# CASE: a load, and what differs from the usual: read-1m,mtu=9000,threads=64
#      loads  read-1m, write-1m, mix-256k (reads and writes), read-4k (random), dbench, untar (and grep)
#      fs     tmpfs, or ext4 (on a loop device)      vers   4.2, or 3
#      mtu    1500 of the veth pair                  threads  8 of nfsd
#      sec    sys, or krb5, krb5i, krb5p: with these last two nfsd cannot splice, and copies
#      memory all, or so many MB that are left: files that are read over and over take these
#      cpus   that the guest has: 2, under -icount 1, where they take turns
#
# Leaves in $OUT: CASE.json of bulkctl ab; CASE.calls, a line for each mode of the pass that counts; CASE.stats
# and CASE.latency, the kernel's counters after the experiment. BLOCKS: of the experiment; 0: as many as
# are usual for WAY.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/labs/nfs/lib.sh
. "$here/lib.sh"
# shellcheck source=tests/labs/calls.sh
. "$here/../calls.sh"

modes='single list array stock'
sysctls=/proc/sys/vm/page_bulk
stats=/sys/kernel/debug/page_bulk/sunrpc
metrics=ns_per_fill,ns_per_page,p99_fill_us,pages_per_fill,fills_per_rpc,pages_per_rpc
metrics+=,nfs_ops_per_s,nfs_mib_per_s,short_rate,task-clock_per_rpc

way=$1 rounds=$2
shift 2
case $way in
times)	# as many blocks as a verdict needs after Holm's correction, and twice what is usual to be brief
	[ "$rounds" != 0 ] || rounds=12
	aa_rounds=$rounds slice=500ms settle=100ms
	metrics+=,rpc_us,sys_cpu_ms_per_mib
	file_size=32m jobs=4 ;;
instructions)
	# A second is as many instructions as a host executes in a quarter of a minute
	[ "$rounds" != 0 ] || rounds=3
	aa_rounds=1 slice=60ms settle=10ms
	file_size=8m jobs=2 ;;
locks)	slice='' file_size=32m jobs=4 ;;
soak)	# no A/A arm: what counts is the last minutes against the first. A block is two slices of each mode.
	aa_rounds=0 slice=900ms settle=100ms
	[ "$rounds" != 0 ] || rounds=60
	rounds=$(((rounds * 60 + 7) / 8))
	metrics+=,sys_cpu_ms_per_mib,frag_index,free_mib
	file_size=32m jobs=4 ;;
*)	echo "lab-nfs: $way: no such way (times, instructions, locks, soak)" >&2; exit 2 ;;
esac

fail() { echo "lab-nfs: $*" >&2; exit 1; }
say() { echo "[$(cut -d' ' -f1 /proc/uptime) s] $*"; }

# --- the loads ------------------------------------------------------------------------------------

load_fio() { # OPTION...
	: >"$LAB_NFS_DIR/load.jobs"
	"${LAB_NFS_FIO[@]}" --verify=0 --name=lab --size="$file_size" --numjobs="$jobs" --rw=write --bs=1m \
		>"$LAB_NFS_DIR/prepare.json" 2>&1 || fail "fio could not write its files: $(cat "$LAB_NFS_DIR/prepare.json")"
	lab_nfs_load_add lab --verify=0 --size="$file_size" --numjobs="$jobs" --time_based --runtime=1000000 "$@"
}

# COMMAND in the client, again and again, in a folder of its own
load_command() { # COMMAND...
	mkdir -p "$LAB_NFS_MNT/work"
	(cd "$LAB_NFS_MNT/work" && exec nsenter --net=/run/netns/client -- "$@") >"$LAB_NFS_DIR/load.lab.err" 2>&1 &
	echo "$! lab" >"$LAB_NFS_DIR/load.jobs"
}

load_start() {
	case $load in
	read-1m)  load_fio --rw=read --bs=1m ;;
	write-1m) load_fio --rw=write --bs=1m ;;
	mix-256k) load_fio --rw=rw --bs=256k ;;
	read-4k)  load_fio --rw=randread --bs=4k ;;
	dbench)   load_command dbench -t 1000000 -c /usr/share/dbench/client.txt "$jobs" ;;
	untar)
		tar -C "$here/../../.." -cf "$LAB_NFS_DIR/source.tar" mm net include tools tests Documentation
		# shellcheck disable=SC2016
		load_command bash -c 'while rm -rf tree && mkdir tree && tar -C tree -xf "$1" &&
			grep -rq page_bulk_fill tree; do :; done' untar "$LAB_NFS_DIR/source.tar" ;;
	*)	fail "$load: no such load" ;;
	esac
	wait_busy
}

wait_busy() {
	local before i

	before=$(served)
	for ((i = 0; i < 300; i++)); do
		lab_nfs_load_alive || exit 1
		[ "$(served)" -lt $((before + 20)) ] || return 0
		sleep 0.1
	done
	fail "$name: nfsd was asked nothing within 30 s"
}

load_stop() {
	local pid

	case $load in
	dbench|untar)
		lab_nfs_load_alive || exit 1
		read -r pid _ <"$LAB_NFS_DIR/load.jobs"
		# dbench may end with its children
		pkill -INT -P "$pid" || true
		kill "$pid" 2>/dev/null || true
		wait "$pid" || true ;;
	*)	lab_nfs_load_stop >/dev/null || fail "$name: a load met an error (see above)" ;;
	esac
}

# --- what is measured -----------------------------------------------------------------------------

served() { awk '$1 == "rpc" { print $2 }' /proc/net/rpc/nfsd; }

# "RPCS FILLS PAGES N" so far: what nfsd has served, what MODE has filled, and what this pass is about, calls of
# the page allocator by nfsd or holds of zone->lock by everybody. One process reads them all: on a busy machine
# a tenth of a second and more passes until the next has begun: 289 pages a READ were seen for 257. RPCs by
# procedure: these counters are per CPU; that of the line "rpc" is a plain variable, which loses some of what two CPUs
# add to it at a time.
snapshot() { # MODE
	local files=(/proc/lock_stat)

	[ "$way" = locks ] || files=("$LAB_CALLS_INSTANCE"/per_cpu/cpu*/stats)
	awk -v mode="$1" "$LAB_CALLS_AWK"'
		/^proc[0-9] / { for (i = 3; i <= NF; i++) rpcs += $i }
		$1 == mode && $2 == "fills" { fills = $3 }
		$1 == mode && $2 == "got" { got = $3 }
		$1 == "&zone->lock:" { n = $9 }
		END { print rpcs, fills, got, n + 0 }' /proc/net/rpc/nfsd "$stats/stats" "${files[@]}"
}

# A line for each mode, over 5 s or until 1000 RPCs are served. Fills are timed, as only then those of stock are counted
# exactly.
count() {
	local mode first last i what=calls

	[ "$way" != locks ] || what=zone_locks
	echo 1 >$sysctls/timing
	if [ "$way" = locks ]; then
		echo 1 >/proc/sys/kernel/lock_stat
	else
		lab_calls_begin 'comm == "nfsd"'
	fi
	for mode in $modes; do
		echo "$mode" >"$sysctls/sunrpc"
		sleep 0.2
		read -ra first < <(snapshot "$mode")
		sleep 5
		# What a thread has served just now is not yet filled again: of 8 threads 0.8 % then
		for ((i = 0; i < 85 && $(served) - first[0] < 1000; i++)); do
			sleep 1
		done
		read -ra last < <(snapshot "$mode")
		echo "mode=$mode rpcs=$((last[0] - first[0])) fills=$((last[1] - first[1]))" \
			"got=$((last[2] - first[2])) $what=$((last[3] - first[3]))" >>"$OUT/$name.calls"
	done
	if [ "$way" = locks ]; then
		echo 0 >/proc/sys/kernel/lock_stat
	else
		lab_calls_end >/dev/null
	fi
	echo "$timing" >$sysctls/timing
}

experiment() {
	echo 1 >"$stats/reset"
	# shellcheck disable=SC2086
	bulkctl ab sunrpc --modes "${modes// /,}" --seed 1 --rounds "$rounds" --aa-rounds "$aa_rounds" --slice "$slice" \
		--settle "$settle" -e task-clock --nfsd --metric "$metrics" -o "$OUT/$name.json" >"$OUT/$name.txt" ||
		fail "$name: bulkctl ab failed (see above)"
	cat "$stats/stats" >"$OUT/$name.stats"
	cat "$stats/latency" >"$OUT/$name.latency"
}

# --- memory pressure ------------------------------------------------------------------------------

# All but so many MB lie in a tmpfs, and the page cache of a disk takes what is left: each page that a fill
# gets has to be reclaimed.
pressure_up() { # MB
	local available disk

	disk=$(findmnt -n -o SOURCE /)
	[ -b "$disk" ] || fail "$name: $disk, the root file system, is no disk to read from"
	available=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)
	[ "$available" -gt "$1" ] || fail "$name: only $available MB are there"
	mkdir -p /run/ballast
	mount -t tmpfs -o size=100% tmpfs /run/ballast
	fallocate -l $((available - $1))M /run/ballast/file
	(while cat "$disk"; do :; done >/dev/null) &
	reader=$!
}

pressure_down() {
	kill "$reader"
	wait "$reader" || true
	umount /run/ballast
}

# --- a case ---------------------------------------------------------------------------------------

usual_slice=$slice
configure() { # CASE
	local words word

	name=$1 memory=all
	LAB_NFS_FS=tmpfs LAB_NFS_VERS=4.2 LAB_NFS_THREADS=8 LAB_NFS_MTU=1500 LAB_NFS_SEC=sys
	IFS=, read -ra words <<<"$1"
	load=${words[0]} slice=$usual_slice
	for word in "${words[@]:1}"; do
		case $word in
		fs=*) LAB_NFS_FS=${word#*=} ;;
		vers=*) LAB_NFS_VERS=${word#*=} ;;
		mtu=*) LAB_NFS_MTU=${word#*=} ;;
		threads=*) LAB_NFS_THREADS=${word#*=} ;;
		sec=*) LAB_NFS_SEC=${word#*=} ;;
		memory=*) memory=${word#*=} ;;
		cpus=*) [ "${word#*=}" = "$(nproc)" ] || fail "$1: this machine has $(nproc) CPUs" ;;
		*) fail "$1: '$word' is not known" ;;
		esac
	done
	# Where each byte is copied and its checksum computed, a READ executes 35 to 43 million in nfsd's threads alone
	case $way,$LAB_NFS_SEC in
	instructions,krb5[ip]) slice=300ms ;;
	esac
}

run_case() { # CASE
	configure "$1"
	say "$name"
	up=yes
	lab_nfs_up || exit 1
	load_start
	[ "$memory" = all ] || pressure_up "$memory"
	[ "$way" = locks ] || experiment
	case $way in
	times|locks) count ;;
	esac
	[ "$memory" = all ] || pressure_down
	load_stop
	up=
	lab_nfs_down || exit 1
}

# As it was before, also when a case has failed or somebody interrupts it. A guest is gone then in any case.
# shellcheck disable=SC2317 # called by the trap
leave() {
	local pid

	echo "$before" >$sysctls/sunrpc
	echo "$timing" >$sysctls/timing
	[ "$LAB_HOST$up" = 1yes ] || return 0
	for pid in $(jobs -p); do
		pkill -P "$pid" || true
		kill "$pid" 2>/dev/null || true
	done
	wait
	! mountpoint -q /run/ballast || umount /run/ballast
	lab_nfs_down || true
}

[ -e $stats/stats ] || fail "this kernel has no $stats: it is not the patched one"
[ "$way" != locks ] || [ -e /proc/lock_stat ] || fail 'this kernel has no /proc/lock_stat (CONFIG_LOCK_STAT)'
before=$(cat $sysctls/sunrpc) timing=$(cat $sysctls/timing)
up=
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
# Else the commands of this script wait behind the load
[ "$way" = instructions ] || renice -n -10 $$ >/dev/null
[ "$way" != times ] || lab_calls_up || exit 1
for case; do
	run_case "$case"
done
[ "$way" != times ] || lab_calls_down
say "done"
