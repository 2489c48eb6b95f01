# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# load.sh - packets without end into an interface that receives through a page pool, with a native XDP
# program. To be sourced behind lib.sh, on which it builds:
#
#	LAB_XDP_PATH=veth LAB_XDP_ACTION=redirect LAB_XDP_SIZE=1500
#	lab_xdp_load_up
#	...                       # pktgen sends until
#	lab_xdp_load_down
#
# pktgen sends on xdp0; xdp1, in the namespace "xdp", receives. LAB_XDP_PATH:
#	veth       they are a pair
#	nic        they are LAB_XDP_SENDER and LAB_XDP_NIC, two devices that a cable connects
#
# LAB_XDP_ACTION, what becomes of a packet:
#	pass       XDP_PASS; a socket has no room for it and drops it
#	hold       XDP_PASS; a socket holds LAB_XDP_HELD bytes, then gives all back at once
#	drop, tx   XDP_DROP; XDP_TX: back to xdp0, which drops it
#	redirect   XDP_REDIRECT into the veth xdp2, whose peer xdp3 does XDP_PASS; IP drops it there, as
#	           it is for another host
#	redirect_hold  the same, but for this host: a socket behind xdp3 holds it
#
# Packets of more than 3000 bytes are received in several buffers, with programs that can do that.
# All functions return 0 or, with a sentence on standard error, 1.
# shellcheck disable=SC2153 # lib.sh has LAB_XDP_HOLD, and who wants "nic" sets LAB_XDP_NIC
LAB_XDP_PATH=${LAB_XDP_PATH:-veth}
LAB_XDP_ACTION=${LAB_XDP_ACTION:-redirect}
LAB_XDP_HELD=${LAB_XDP_HELD:-4194304}
LAB_XDP_IFINDEX=1000	# xdp_prog.bpf.c knows it too

# Which device receives, by its driver, and which may send to it: of a guest that has them
lab_xdp_find_nic() {
	local path driver

	for path in /sys/class/net/*/device/driver; do
		driver=$(basename "$(readlink -f "$path")")
		path=${path%/device/driver}
		case $driver in
		vmxnet3) LAB_XDP_NIC=${path##*/} ;;
		virtio_net) LAB_XDP_SENDER=${path##*/} ;;
		esac
	done
	if [ -z "${LAB_XDP_NIC:-}" ] || [ -z "${LAB_XDP_SENDER:-}" ]; then
		lab_xdp_fail "there is no vmxnet3 with a sender: tests/vm/run --vmxnet3"
	fi
}

lab_xdp_attach() { # NAMESPACE IFACE PROGRAM
	local several=

	[ "$LAB_XDP_SIZE" -le 3000 ] || several=_frags
	ip ${1:+-n "$1"} link set dev "$2" xdpdrv obj "$LAB_XDP_PROGRAM" program "xdp_$3$several"
}

lab_xdp_load_devices() {
	local mtu=1500

	[ "$LAB_XDP_SIZE" -le 1500 ] || mtu=$LAB_XDP_SIZE
	ip netns add xdp || return
	case $LAB_XDP_PATH in
	veth)
		ip link add xdp0 type veth peer name xdp1 netns xdp ;;
	nic)
		ip link set "$LAB_XDP_SENDER" down && ip link set "$LAB_XDP_SENDER" name xdp0 &&
			ip link set "$LAB_XDP_NIC" down && ip link set "$LAB_XDP_NIC" netns xdp name xdp1 ;;
	esac || return
	# pktgen takes its source address from xdp0
	ip link set xdp0 mtu "$mtu" up && ip addr add 10.8.0.1/24 dev xdp0 &&
		ip -n xdp link set xdp1 mtu "$mtu" up &&
		ip -n xdp addr add 10.8.0.2/24 dev xdp1 || return
	case $LAB_XDP_ACTION in
	redirect*)
		ip -n xdp link add xdp2 index "$LAB_XDP_IFINDEX" mtu "$mtu" type veth \
			peer name xdp3 mtu "$mtu" &&
			ip -n xdp link set xdp2 up && ip -n xdp link set xdp3 up ;;
	esac
}

lab_xdp_load_programs() {
	local program=$LAB_XDP_ACTION

	case $LAB_XDP_ACTION in
	hold) program=pass ;;
	tx)
		# A veth without a program takes no frames from XDP
		[ "$LAB_XDP_PATH" = nic ] || lab_xdp_attach '' xdp0 drop || return ;;
	redirect*)
		program=redirect
		lab_xdp_attach xdp xdp3 pass || return ;;
	esac
	[ "$LAB_XDP_ACTION" != redirect_hold ] || ip -n xdp link set xdp3 address "$LAB_XDP_MAC" || return
	lab_xdp_attach xdp xdp1 "$program"
}

lab_xdp_load_socket() {
	local bytes=0

	case $LAB_XDP_ACTION in
	hold|redirect_hold) bytes=$LAB_XDP_HELD ;;
	pass) ;;
	*) return ;;
	esac
	coproc LAB_XDP_HOLDER { exec nsenter --net=/run/netns/xdp -- \
		python3 "$LAB_XDP_HOLD" 10.8.0.2 "$LAB_XDP_PORT" "$bytes"; }
	lab_xdp_answer ready
}

# Packets that xdp1 received
# shellcheck disable=SC2016 # this is awk's
lab_xdp_received() { lab_xdp_ns awk '$1 == "xdp1:" { print $3 }' /proc/net/dev; }

lab_xdp_load_up() {
	local tries=200

	[ -e "$LAB_XDP_PROGRAM" ] ||
		lab_xdp_fail "$LAB_XDP_PROGRAM is missing: run tests/labs/xdp/build on the host" || return
	[ -d /proc/net/pktgen ] || lab_xdp_fail "this kernel has no pktgen" || return
	LAB_XDP_HOLDER_PID='' LAB_XDP_SENDING=''
	lab_xdp_load_devices || lab_xdp_fail "the devices of $LAB_XDP_PATH did not come up" || return
	LAB_XDP_MAC=$(ip -j -n xdp link show xdp1 | jq -er ".[0].address") || return
	lab_xdp_load_programs || lab_xdp_fail "the XDP programs for $LAB_XDP_ACTION were not taken" || return
	# Room for what is held, in pages: the default is a fraction of memory
	sysctl -qw net.ipv4.udp_mem='262144 524288 1048576' || return
	lab_xdp_load_socket || return
	lab_xdp_pktgen_device 0 || return
	# It does not return before somebody writes "stop"
	lab_xdp_pktgen pgctrl start &
	LAB_XDP_SENDING=$!
	until [ "$(lab_xdp_received)" -ge 1000 ]; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || lab_xdp_fail "packets do not arrive at xdp1" || return
		sleep 0.1
	done
}

# Also after a lab_xdp_load_up that has failed, whatever there is
lab_xdp_load_down() {
	local rc=0 in

	lab_xdp_pktgen pgctrl stop || rc=1
	[ -z "$LAB_XDP_SENDING" ] || wait "$LAB_XDP_SENDING" || rc=1
	lab_xdp_pktgen "kpktgend_$LAB_XDP_CPU" rem_device_all || rc=1
	if [ -n "${LAB_XDP_HOLDER_PID:-}" ]; then
		in=${LAB_XDP_HOLDER[1]}
		exec {in}>&-
		wait "$LAB_XDP_HOLDER_PID" || rc=1
	fi
	case $LAB_XDP_PATH in
	veth)
		ip link del xdp0 || rc=1 ;;
	nic)
		ip -n xdp link set dev xdp1 xdpdrv off && ip -n xdp link set xdp1 down &&
			ip -n xdp link set xdp1 netns 1 name "$LAB_XDP_NIC" || rc=1
		ip addr del 10.8.0.1/24 dev xdp0 || rc=1
		ip link set xdp0 down && ip link set xdp0 name "$LAB_XDP_SENDER" || rc=1 ;;
	esac
	ip netns del xdp || rc=1
	[ "$rc" = 0 ] || lab_xdp_fail "not everything could be taken down"
}
