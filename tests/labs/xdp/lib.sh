# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lib.sh - packets into a veth that receives through a page pool, with native XDP, in such a way
# that the pool has to allocate. To be sourced by a script that tests/vm/run runs, after
# tests/labs/xdp/build has run on the host:
#
#	. /src/tests/labs/xdp/lib.sh
#	lab_xdp_up
#	lab_xdp_round 20000          # send, hold, let go; sets the variables below
#	echo "$LAB_XDP_PACKETS packets, $LAB_XDP_SLOW times the pool's slow path"
#	lab_xdp_down
#
# pktgen sends on xdp0; xdp1, in the namespace "xdp", runs an XDP program that passes everything;
# a socket holds all packets of a round and then reads them. Passing alone would let the pool
# recycle its pages for ever; here a round of N packets of 3000 bytes takes N pages out of
# it, about N / 64 times through the slow path. All functions return 0 or, with a sentence on
# standard error, 1.
#
# Settings, read by lab_xdp_up and lab_xdp_round:
#	LAB_XDP_SIZE=3000    bytes of a packet; up to about 1700, two share a page
#	LAB_XDP_CPU=0        the CPU of pktgen's thread; may be another one in each round
# shellcheck disable=SC2034 # the results are for the caller
LAB_XDP_SIZE=${LAB_XDP_SIZE:-3000}
LAB_XDP_CPU=${LAB_XDP_CPU:-0}
LAB_XDP_PORT=9
# Packets of a round that cost fills in any case: of the last round's pages, a veth's pool has at most 256 in its
# ring and 127 beside
LAB_XDP_LEAST=512
LAB_XDP_PROGRAM=${LAB_XDP_PROGRAM:-/src/build/labs/xdp_prog.bpf.o}
LAB_XDP_HOLD=$(dirname "${BASH_SOURCE[0]}")/hold.py

lab_xdp_fail() { echo "lab_xdp: $*" >&2; return 1; }

lab_xdp_ns() { nsenter --net=/run/netns/xdp -- "$@"; }

lab_xdp_network_up() {
	local mtu=$((LAB_XDP_SIZE + 100))

	ip netns add xdp &&
		ip link add xdp0 type veth peer name xdp1 netns xdp &&
		ip link set xdp0 mtu "$mtu" up &&
		ip addr add 10.8.0.1/24 dev xdp0 &&
		ip -n xdp link set xdp1 mtu "$mtu" up &&
		ip -n xdp addr add 10.8.0.2/24 dev xdp1 &&
		ip -n xdp link set dev xdp1 xdpdrv obj "$LAB_XDP_PROGRAM" sec xdp
}

lab_xdp_up() {
	[ -e "$LAB_XDP_PROGRAM" ] ||
		lab_xdp_fail "$LAB_XDP_PROGRAM is missing: run tests/labs/xdp/build on the host" ||
		return
	[ -d /proc/net/pktgen ] || lab_xdp_fail "this kernel has no pktgen" || return
	lab_xdp_network_up || lab_xdp_fail "the veth pair with XDP did not come up" || return
	lab_xdp_holder_up
}

# The socket behind xdp1, of whatever kind that is.
lab_xdp_holder_up() {
	LAB_XDP_MAC=$(ip -j -n xdp link show xdp1 | jq -er ".[0].address") || return
	# Room for all packets of a round, in pages: the default is a fraction of memory.
	sysctl -qw net.ipv4.udp_mem='262144 524288 1048576' || return

	coproc LAB_XDP_HOLDER { exec nsenter --net=/run/netns/xdp -- \
		python3 "$LAB_XDP_HOLD" 10.8.0.2 "$LAB_XDP_PORT"; }
	LAB_XDP_ASKED=0
	lab_xdp_answer ready
}

# Read one line from the holder; 1 when it does not begin with the word $1.
lab_xdp_answer() {
	local line=

	IFS= read -r -t 60 line <&"${LAB_XDP_HOLDER[0]}" || true
	LAB_XDP_ANSWER=$line
	[ "${line%% *}" = "$1" ] || lab_xdp_fail "the holder said '$line' instead of '$1'"
}

# Let go of all packets. LAB_XDP_ANSWER is "drained PACKETS BAD": with those of an answer that came too late
# for the call before.
lab_xdp_drain() {
	local packets=0 bad=0 more spoiled

	echo drain >&"${LAB_XDP_HOLDER[1]}"
	LAB_XDP_ASKED=$((LAB_XDP_ASKED + 1))
	while [ "$LAB_XDP_ASKED" -gt 0 ]; do
		lab_xdp_answer drained || return
		LAB_XDP_ASKED=$((LAB_XDP_ASKED - 1))
		read -r _ more spoiled <<<"$LAB_XDP_ANSWER"
		packets=$((packets + more)) bad=$((bad + spoiled))
	done
	LAB_XDP_ANSWER="drained $packets $bad"
}

# The counter NAME of ethtool -S xdp1, as rx_pp_alloc_slow.
lab_xdp_counter() {
	lab_xdp_ns ethtool -S xdp1 |
		awk -v name="$1:" '$1 == name { n = $2; seen = 1 } END { if (!seen) exit 1; print n }'
}

lab_xdp_pktgen() { # FILE WORD...
	local file=/proc/net/pktgen/$1

	shift
	echo "$*" >"$file" || lab_xdp_fail "pktgen does not take '$*'"
}

# pktgen's thread has xdp0 and is told what to send: COUNT packets, 0 without end.
lab_xdp_pktgen_device() { # COUNT
	local thread=kpktgend_$LAB_XDP_CPU other setting tries

	# Only a thread that has it: another one would take away what it is given before it gets to run
	for other in $(cd /proc/net/pktgen && grep -l xdp0 kpktgend_*); do
		lab_xdp_pktgen "$other" rem_device_all || return
	done
	# The thread lets go of the device when it gets to run; until then it is busy
	tries=100
	until echo "add_device xdp0" 2>/dev/null >"/proc/net/pktgen/$thread"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || lab_xdp_fail "pktgen does not take 'add_device xdp0'" || return
		sleep 0.1
	done
	for setting in "count $1" "pkt_size $LAB_XDP_SIZE" "delay 0" "dst 10.8.0.2" \
			"dst_mac $LAB_XDP_MAC" "udp_dst_min $LAB_XDP_PORT" "udp_dst_max $LAB_XDP_PORT"; do
		lab_xdp_pktgen xdp0 "$setting" || return
	done
}

lab_xdp_send() { # PACKETS
	lab_xdp_pktgen_device "$1" || return
	# returns when all are sent
	lab_xdp_pktgen pgctrl start
}

# Packets that the veth has taken care of: tx_packets of a veth counts what the NAPI poll of its peer has seen.
lab_xdp_polled() {
	echo $(($(cat /sys/class/net/xdp0/statistics/tx_packets) + $(cat /sys/class/net/xdp0/statistics/tx_dropped)))
}

# Send PACKETS, hold them all, let them go. Sets LAB_XDP_PACKETS (received) and LAB_XDP_SLOW (how
# often the pool took the slow path). 1 when a packet was lost or spoiled or the slow path not taken.
lab_xdp_round() { # [PACKETS]
	local packets=${1:-20000} before after received bad polled tries=100

	before=$(lab_xdp_counter rx_pp_alloc_slow) || lab_xdp_fail \
		"xdp1 has no counter rx_pp_alloc_slow: CONFIG_PAGE_POOL_STATS is off" || return
	polled=$(lab_xdp_polled)
	lab_xdp_send "$packets" || return
	# The last ones may still be in the ring of the veth; on a busy machine these can be many.
	while [ $(($(lab_xdp_polled) - polled)) -lt "$packets" ] && [ "$tries" -gt 0 ]; do
		tries=$((tries - 1))
		sleep 0.1
	done
	sleep 0.05
	lab_xdp_drain || return
	after=$(lab_xdp_counter rx_pp_alloc_slow) || return
	read -r _ received bad <<<"$LAB_XDP_ANSWER"
	LAB_XDP_PACKETS=$received
	LAB_XDP_SLOW=$((after - before))
	[ "$bad" = 0 ] || lab_xdp_fail "$bad of $received packets are not what was sent" || return
	[ "$received" -ge $((packets * 9 / 10)) ] ||
		lab_xdp_fail "only $received of $packets packets arrived" || return
	[ "$LAB_XDP_SLOW" -gt 0 ] || lab_xdp_fail "the pool's slow path was not taken"
}

# Sets LAB_XDP_SENT, packets sent until now, and LAB_XDP_DROPPED: those of them that UDP, for lack of room,
# or veth has counted as dropped.
# shellcheck disable=SC2016 # these are awk's
lab_xdp_account() {
	LAB_XDP_SENT=$(cat /sys/class/net/xdp0/statistics/tx_packets)
	LAB_XDP_DROPPED=$(($(cat /sys/class/net/xdp0/statistics/tx_dropped) +
		$(lab_xdp_counter rx_queue_0_drops) +
		$(lab_xdp_ns awk '$1 == "Udp:" && $2 ~ /^[0-9]/ { print $4 }' /proc/net/snmp)))
}

# The pool says how many of its pages are out, last when it goes: before lab_xdp_down and after.
lab_xdp_watch_release() { echo 1 >/sys/kernel/tracing/events/page_pool/page_pool_release/enable; }
lab_xdp_released() { grep -q 'page_pool_release: .* inflight=0 ' /sys/kernel/tracing/trace; }

lab_xdp_down() {
	local rc=0 pid=${LAB_XDP_HOLDER_PID:-} in

	lab_xdp_pktgen "kpktgend_$LAB_XDP_CPU" rem_device_all || rc=1
	if [ -n "$pid" ]; then
		in=${LAB_XDP_HOLDER[1]}
		exec {in}>&-
		wait "$pid" || rc=1
	fi
	ip link del xdp0 || rc=1
	ip netns del xdp || rc=1
	[ "$rc" = 0 ] || lab_xdp_fail "not everything could be taken down"
}
