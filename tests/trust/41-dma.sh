#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Pages that cannot be mapped for DMA: vmxnet3 receives through a page pool that maps its pages, and each
# mapping takes a bounce buffer, of which there are few. Packets that a socket holds keep theirs, until
# none is left: fills succeed, and their pages go back at once. And mappings that succeed but cannot be
# noted (failslab), and are undone. Service comes back by itself; no page and no bounce buffer is lost.
#
# usage: 41-dma.sh [quick]: three times in each mode, or once
#
# Allowed is what lockdep says of the driver, in an unpatched kernel, too; at the end, that it is of nothing else.
#
# vm-args: --vmxnet3 --append swiotlb=8192,force --allow 'WARNING: suspicious RCU usage'
# timeout: 300
# needs: PAGE_BULK DEBUG_FS FAILSLAB FAULT_INJECTION_STACKTRACE_FILTER VMXNET3 SWIOTLB KPROBE_EVENTS HIST_TRIGGERS
# configs: numa
# trust-timeout: 900
# shellcheck disable=SC2317 # functions are called by name
set -eu
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../labs/xdp/lib.sh"
. "$(dirname "$0")/../labs/xdp/load.sh"
. "$(dirname "$0")/faults.sh"

rounds=3
[ "${1:-}" != quick ] || rounds=1
# 4096 pages have a bounce buffer; 2112 are in the rings of the driver's queues, of which each CPU has one. In
# one go no more packets than a ring has pages, 1024: of more the device would drop some.
burst=1000
tolerance=512
! pb_has KASAN || tolerance=4096
LAB_XDP_PATH=nic LAB_XDP_ACTION=hold LAB_XDP_SIZE=1500
probe=$TRACING/events/kprobes/map_failed
hold=$TRACING/events/page_pool/page_pool_state_hold
swiotlb=/sys/kernel/debug/swiotlb
# shellcheck disable=SC2034 # by name
declare -A before after now

# Only the NIC has mappings: virtio's rings do without
# shellcheck disable=SC2016 # the kernel's variable
start_counting() {
	echo 'r:map_failed swiotlb_map address=$retval:x64' >"$TRACING/kprobe_events" &&
		echo 'hist:keys=common_pid if address == 0xffffffffffffffff' >"$probe/trigger" &&
		echo 'hist:keys=common_pid' >"$hold/trigger"
}

# Pools have gone since the trace was emptied, one for each queue, and all with no page out
pools_gone() {
	awk '/ page_pool_release: / { match($0, /page_pool=[^ ]+/); pool = substr($0, RSTART, RLENGTH)
			last[pool] = / inflight=0 / }
		END { for (pool in last) { n++; gone += last[pool] }; exit !n || gone < n }' "$TRACING/trace"
}

fill_16() { echo 16 >"$PB_DEBUG/page_pool/batch"; }

hits() { awk '$1 == "Hits:" { print $2 }' "$1/hist"; } # EVENT

missed() { awk '$1 == "map_failed" { print $3 }' "$TRACING/kprobe_profile"; }

buffers_used() { cat "$swiotlb/io_tlb_used"; }

uses_buffers() { [ "$(buffers_used)" = "$1" ]; } # SLOTS

# Sets SEEN, packets that the XDP program has seen, and DROPPED, those that the driver, the device or UDP
# has counted as dropped. What the driver has no new page for it drops after the program has seen it; the
# sk_buff of such a packet is lost, in an unpatched kernel, too.
# shellcheck disable=SC2016 # these are awk's
account() {
	local early late udp

	read -r SEEN late early < <(lab_xdp_ns ethtool -S xdp1 | awk -F : '
		$1 ~ /^ *xdp packets$/ { seen += $2 }
		$1 ~ /^ *rx buf alloc fail$/ { late += $2 }
		$1 ~ /^ *pkts rx (OOB|err)$/ { early += $2 }
		END { printf "%d %d %d\n", seen, late, early }')
	udp=$(lab_xdp_ns awk '$1 == "Udp:" && $2 ~ /^[0-9]/ { print $4 }' /proc/net/snmp)
	SEEN=$((SEEN + early)) DROPPED=$((early + late + udp)) LATE=$late
}

have_seen() { account; [ "$SEEN" -ge "$1" ]; } # PACKETS

# The driver forgets its program when it goes down
goes_up() { ip -n xdp link set xdp1 up && lab_xdp_attach xdp xdp1 pass; }

goes_down() { ip -n xdp link set xdp1 down && ip -n xdp link set dev xdp1 xdpdrv off; }

# A burst, which the socket holds then. Sets dropped and late, what account counts for it
send() { # NAME
	local seen

	account
	seen=$SEEN dropped=$DROPPED late=$LATE
	setup "$1: packets are sent" lab_xdp_send $burst
	check_here "$1: all have come" wait_until 60 have_seen $((seen + burst)) || true
	# the driver is still to take a new page for the last one
	sleep 0.2
	account
	dropped=$((DROPPED - dropped)) late=$((LATE - late))
}

# Bursts, until the device has no bounce buffer for more. Sets sent, dropped and late
send_all() { # NAME
	local all=0

	sent=0 late=0
	while [ "$late" = 0 ] && [ $sent -lt 20000 ]; do
		send "$1"
		sent=$((sent + burst)) all=$((all + dropped))
	done
	dropped=$all
	holds "$1: the driver got no page" "$late" -gt 0
}

# The socket lets go of what it holds. Sets received
drain() { # NAME PACKETS
	local bad=

	LAB_XDP_ANSWER=
	check_here "$1: the socket is emptied" lab_xdp_drain || true
	read -r _ received bad <<<"$LAB_XDP_ANSWER"
	equal "$1: no packet that arrived is spoiled" "$bad" 0
	equal "$1: every packet arrived or was counted" $((received + dropped)) "$2"
}

works() { # NAME
	local failed

	failed=$(hits "$probe")
	send "$1"
	drain "$1" $burst
	equal "$1: all arrived" "$received" $burst
	equal "$1: each page was mapped" "$(hits "$probe")" "$failed"
}

# Pages that fills have got and no pool has taken: differences of it are of use
refused() { # MODE
	pb_read_stats page_pool now
	echo $((${now["$1 got"]} - $(hits "$hold")))
}

# A mapping is noted in an array, which cannot grow. In a new pool: in another it may have grown enough
test_slabs() { # MODE NAME
	local pages injected

	pages=$(refused "$1")
	setup "$2: for the pool" faults_below failslab __page_pool_alloc_pages_slow
	setup "$2: begins" faults_on failslab 100
	send "$2"
	faults_off failslab
	injected=$(faults_injected failslab)
	pages=$(($(refused "$1") - pages))
	drain "$2" $burst
	diag "$2: $injected slabs failed, $pages pages were unmapped; $received of $burst packets, $late dropped"
	holds "$2: failures of slabs" "$injected" -gt 0
	holds "$2: mappings were undone" "$pages" -gt 0
	holds "$2: the driver got no page" "$late" -gt 0
}

test_buffers() { # MODE NAME
	local pages failed

	pages=$(refused "$1") failed=$(hits "$probe")
	send_all "$2"
	pages=$(($(refused "$1") - pages)) failed=$(($(hits "$probe") - failed))
	drain "$2" "$sent"
	diag "$2: $failed mappings failed; $received of $sent packets, $late dropped"
	holds "$2: mappings failed" "$failed" -gt 0
	equal "$2: all pages of fills but those that could not be mapped became the pool's" "$pages" "$failed"
}

# In a new pool
test_mode() { # MODE NAME
	local used

	pb_set page_pool "$1"
	pb_read_stats page_pool before
	used=$(buffers_used)
	: >"$TRACING/trace"
	setup "$2: the interface comes up" goes_up
	test_slabs "$1" "$2, failslab"
	works "$2, after failslab"
	test_buffers "$1" "$2, no bounce buffer"
	works "$2, with bounce buffers again"
	setup "$2: the interface goes down" goes_down
	check "$2: the pools end with no page out" wait_until 20 pools_gone
	check "$2: no bounce buffer is lost" wait_until 10 uses_buffers "$used"
	pb_read_stats page_pool after
	equal "$2: no counter of another mode moves" "$(pb_moved_but before after "$1")" ''
}

# With all of its buffers in packets that a socket holds, which outlive it
test_removal() {
	pb_set page_pool array
	: >"$TRACING/trace"
	setup 'removal: the interface comes up' goes_up
	send_all 'removal'
	check 'removal: the device goes' sh -c "echo 1 >$device/remove"
	check 'removal: it is gone' test ! -e "$device"
	check 'removal: no bounce buffer is lost' wait_until 10 uses_buffers 0
	drain 'removal' "$sent"
	check 'removal: the pools end with no page out' wait_until 20 pools_gone
}

setup 'bounce buffers are all that is mapped' test -r "$swiotlb/io_tlb_used"
diag "$(cat $swiotlb/io_tlb_nslabs) slots of 2 kB"
# While no page can be mapped each packet costs a fill, whose pages all go back at once, in an unpatched kernel,
# too: with KASAN and 64 of them a poll of the NIC takes longer than the soft lockup detector waits
! pb_is_slow || setup 'fills are small' fill_16
setup 'failures to map are counted' start_counting
setup 'there is a vmxnet3' lab_xdp_find_nic
device=$(readlink -f "/sys/class/net/$LAB_XDP_NIC/device")
# The second ring of a queue is for packets that are larger than a page
setup 'it has small rings' ethtool -G "$LAB_XDP_NIC" rx 1024 rx-jumbo 32
setup 'its devices come up' lab_xdp_load_devices
setup 'it has an XDP program' lab_xdp_load_programs
setup 'a socket listens' lab_xdp_holder_up
setup 'the release of pools is recorded' lab_xdp_watch_release
works 'at first'
setup 'the interface goes down' goes_down
pb_count_memory
lost_before=$PB_LOST
for ((round = 1; round <= rounds; round++)); do
	for mode in $PB_MODES; do
		test_mode "$mode" "$mode, round $round"
	done
done
pb_count_memory
diag "neither free nor counted as used: $lost_before pages before, $PB_LOST after"
holds "no more than $tolerance pages of nobody are more" $((PB_LOST - lost_before)) -le $tolerance
test_removal
equal 'no failure to map was missed' "$(missed)" 0
equal 'no use of RCU is suspicious but in the driver' \
	"$(dmesg | grep 'suspicious rcu_' | grep -v ' [^ ]*drivers/net/vmxnet3/[^ ]* suspicious' || true)" ''
equal 'no pool waits for pages' "$(dmesg | grep 'page_pool_release_retry() stalled' || true)" ''
finish
