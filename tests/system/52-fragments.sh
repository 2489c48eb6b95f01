#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# RPC records that come in fragments and in pieces: nfsd keeps the pages of what is incomplete
# and leaves holes in its arrays, from the first slot on. In each mode every reply is right, also
# while the mode is switched and while clients vanish within a record. In the guest "numa" each
# fill checks that it has left no slot empty (CONFIG_PAGE_BULK_DEBUG).
#
# usage: 52-fragments.sh [ROUNDS]: of each client in each mode (4)
#
# timeout: 480
# configs: guest numa
# needs: PAGE_BULK DEBUG_FS EVENT_TRACING
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

dir=$(dirname "$(readlink -f "$0")")
clients=4

# The threads' arrays are full before and after. Fragments of sk_buffs make a difference
tolerance_lost=96

# Each time that an incomplete record is kept with bytes in it, svc_tcp_save_pages() has run: it
# is inlined, but this event follows it. A record of several fragments is kept between them, too;
# that has no event.
start_events() {
	local event=$TRACING/events/sunrpc/svcsock_tcp_recv_short

	echo 'received > 0' >"$event/filter" &&
		echo 1 >"$event/enable" &&
		echo 4096 >"$TRACING/buffer_size_kb"
}

saved() {
	cat "$TRACING"/per_cpu/cpu*/stats | awk '$1 == "entries:" || $1 == "overrun:" { n += $2 } END { print n }'
}

# Several clients at once, so that the threads' arrays are used in turn
run_clients() { # ROUNDS SEED
	local i pids=() status=0

	for ((i = 0; i < clients; i++)); do
		lab_nfs_client python3 "$dir/rpc_fragments.py" 10.9.0.1 "$LAB_NFS_EXPORT" "$1" \
			$(($2 + i)) >"$TMP/client.$i" 2>&1 &
		pids+=($!)
	done
	for i in "${!pids[@]}"; do
		wait "${pids[i]}" || { status=1; cat "$TMP/client.$i"; }
	done
	return "$status"
}

test_fragments() { # NAME SEED
	local saves calls vanished

	saves=$(saved)
	check_here "$1: every reply and every byte is right" run_clients "$rounds" "$2" || return 0
	saves=$(($(saved) - saves))
	read -r calls vanished < <(cat "$TMP"/client.* | awk '{ c += $1; v += $2 } END { print c, v }')
	diag "$1: $calls calls, $vanished clients vanished, $saves times an incomplete record was kept"
	holds "$1: incomplete records were kept" "$saves" -gt 0
	holds "$1: clients vanished within a record" "$vanished" -gt 0
}

# shellcheck disable=SC2034 # by name
declare -A before after

LAB_NFS_VERS=3
rounds=${1:-4}
setup 'NFS server and client come up' lab_nfs_up
setup 'events are recorded' start_events
if [ -d /sys/devices/system/node/node1 ]; then
	check 'the kernel checks each fill' \
		sh -c 'zcat /proc/config.gz | grep -qx CONFIG_PAGE_BULK_DEBUG=y'
fi
# The first load fills the caches that the kernel keeps from then on
setup 'a first load' run_clients 1 100
pb_count_memory
lost_before=$PB_LOST
seed=1
for mode in $PB_MODES; do
	pb_set sunrpc "$mode"
	pb_read_stats sunrpc before
	test_fragments "$mode" $seed
	pb_read_stats sunrpc after
	seed=$((seed + clients))
	holds "$mode: it filled" "${after["$mode fills"]}" -gt "${before["$mode fills"]}"
	holds "$mode: it gave pages back" "${after["$mode freed"]}" -gt "${before["$mode freed"]}"
done

python3 "$dir/switcher.py" "$PB/sunrpc" $(($(nproc) - 1)) 1000000 2 0.01 >"$TMP/switcher" 2>&1 &
switcher=$!
test_fragments 'switching' $seed
check 'the switcher ran all the time' kill -0 "$switcher"
kill "$switcher"
wait "$switcher" 2>/dev/null || true

pb_count_memory
diag "neither free nor counted as used: $lost_before pages before, $PB_LOST after"
holds "no more than $tolerance_lost pages of nobody are more" "$((PB_LOST - lost_before))" -le "$tolerance_lost"
setup 'a last load' lab_nfs_check 16
check_down lab_nfs_down
equal 'no slot was empty that should not be' "$(dmesg | grep 'page_bulk: a slot' || true)" ''
finish
