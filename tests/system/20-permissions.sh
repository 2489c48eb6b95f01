#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Who may read and who may switch: CAP_SYS_ADMIN in the initial user namespace, nothing less.
#
# timeout: 240
# configs: guest numa
set -eu
. "$(dirname "$0")/lib.sh"

dir=$(dirname "$(readlink -f "$0")")

# Each way of being less than root: run a command so.
as() { # WHO COMMAND...
	local who=$1

	shift
	case $who in
	tester)
		setpriv --reuid tester --regid tester --init-groups -- "$@" ;;
	'tester, root in a user namespace')
		as tester unshare --user --map-root-user -- "$@" ;;
	'root in a user namespace')
		unshare --user --map-root-user -- "$@" ;;
	'uid 0 without CAP_SYS_ADMIN')
		setpriv --bounding-set -sys_admin --inh-caps -sys_admin -- "$@" ;;
	'uid 0 after capsh --drop')
		capsh --drop=cap_sys_admin -- -c '"$0" "$@"' "$@" ;;
	'uid 0 with few capabilities')
		setpriv --bounding-set \
			-all,+dac_override,+dac_read_search,+net_admin,+sys_resource -- "$@" ;;
	*)
		return 1 ;;
	esac
}

state() {
	pb_now sunrpc
	STATE=$PB_NOW
	pb_now page_pool
	STATE="$STATE, $PB_NOW, $(cat "$PB/timing" "$PB/max_block_order")"
}

# What one WHO tries: pairs of a line for poke.py and the answer that is right. All of them in
# one go, because starting Python is slow here.
plan() { # FILE OP ANSWER
	tries+=("$1"$'\t'"$2")
	wants+=("$3")
}

run_plan() { # WHO
	local i file op answers=()

	state
	before=$STATE
	mapfile -t answers < <(printf '%s\n' "${tries[@]}" | as "$1" python3 "$dir/poke.py" 2>&1)
	for i in "${!tries[@]}"; do
		IFS=$'\t' read -r file op <<<"${tries[i]}"
		equal "$1: ${file##*/page_bulk/}: $op" "${answers[i]:-nothing}" "${wants[i]}"
	done
	state
	equal "$1 changed nothing" "$STATE" "$before"
	tries=() wants=()
}

plan_reading() {
	plan "$PB/sunrpc" read=4096 'array\n'
	plan "$PB/page_pool" read=4096 'array\n'
	plan "$PB/available_modes" read=4096 "$PB_MODES\\n"
	plan "$PB/timing" read=4096 '0\n'
	plan "$PB/max_block_order" read=4096 "$max_order\\n"
}

plan_writing() { # ERROR
	plan "$PB/sunrpc" write=list "$1"
	plan "$PB/sunrpc" write=bogus "$1"
	plan "$PB/page_pool" write=list "$1"
	plan "$PB/timing" write=1 "$1"
	plan "$PB/max_block_order" write=4 "$1"
	plan "$PB/max_block_order" write=bogus "$1"
}

plan_debugfs() {
	local file

	for file in version sunrpc/stats sunrpc/sizes sunrpc/latency page_pool/stats; do
		plan "$PB_DEBUG/$file" read=4096 open:EACCES
	done
	plan "$PB_DEBUG/sunrpc/reset" write=1 open:EACCES
}

has_admin() { # WHO: bit 21 of the effective capabilities
	as "$1" sh -c 'echo $((0x$(sed -n "s/^CapEff:[[:space:]]*//p" /proc/self/status) >> 21 & 1))'
}

tries=() wants=()
max_order=$(cat "$PB/max_block_order")
check 'the user tester is there' id tester
equal 'tester: name' "$(as tester id -un)" tester
equal 'tester, root in a user namespace: uid there' \
	"$(as 'tester, root in a user namespace' id -u)" 0

plan_reading
plan_writing open:EACCES
plan_debugfs
run_plan tester

plan_writing open:EACCES
plan_debugfs
run_plan 'tester, root in a user namespace'

for who in 'uid 0 without CAP_SYS_ADMIN' 'uid 0 after capsh --drop' 'uid 0 with few capabilities'; do
	equal "$who: uid" "$(as "$who" id -u)" 0
	equal "$who: CAP_SYS_ADMIN" "$(has_admin "$who")" 0
	plan_reading
	plan_writing EPERM
	run_plan "$who"
done

plan_reading
plan_writing EPERM
run_plan 'root in a user namespace'

# What keeps a user from the counters must be the modes of their files too, not only the folder's.
chmod 755 /sys/kernel/debug
plan_debugfs
run_plan tester
chmod 700 /sys/kernel/debug

# The same by whom it is meant for: so it was the permission that was missing.
equal 'root: sunrpc: write=list' "$(python3 "$dir/poke.py" "$PB/sunrpc" write=list)" 4
pb_now sunrpc
equal 'root has switched' "$PB_NOW" 'list 1'
finish
