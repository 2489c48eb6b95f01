#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Who may do what with which file: the table in Documentation/admin-guide/mm/page_bulk-security.rst
# is what the kernel does; and a descriptor that root has opened is of no use to who may not write. A kernel
# that is booted under lockdown, as 66 and 67 have it, shows the column of that.
#
# usage: 65-permissions.sh [quick]: both are the same
#
# timeout: 240
# configs: numa
# needs: PAGE_BULK DEBUG_FS TRACING
# trust-timeout: 300
set -eu
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../labs/xdp/lib.sh"

dir=$(dirname "$(readlink -f "$0")")
guide=$dir/../../Documentation/admin-guide/mm/page_bulk-security.rst
# What Docker leaves to uid 0
few=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap
few+=,+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap

# The rows of the guide's table, each file by itself: "PATH WORD..."
table() {
	awk '/^\.\. table begins/ { on = 1; next } /^\.\. table ends/ { on = 0 }
		on && $1 ~ /^``/ { path = $1; gsub(/`/, "", path)
			names = path ~ /USER/ ? "sunrpc page_pool" : "-"
			if (path ~ /EVENT/) names = "page_bulk_fill page_bulk_switch"
			for (n = split(names, name, " "); n; n--) {
				line = path; gsub(/USER|EVENT/, name[n], line)
				for (i = 2; i <= NF; i++) line = line " " $i
				print line
			} }' "$guide" | sort
}

as() { # WHO COMMAND...
	local who=$1

	shift
	case $who in
	user)
		setpriv --reuid tester --regid tester --init-groups -- "$@" ;;
	user-namespace)
		setpriv --reuid tester --regid tester --init-groups -- unshare --user --map-root-user -- "$@" ;;
	root-namespace)
		unshare --user --map-root-user -- "$@" ;;
	container)
		unshare --net --mount --pid --fork -- setpriv --bounding-set "$few" --inh-caps "$few" -- "$@" ;;
	*)
		"$@" ;;
	esac
}

# What every file says, "PATH:LINE"; a file that cannot be read says nothing
texts() { grep -s '' "${files[@]}" || true; }
counters='/\(stats\|sizes\|latency\|zone_locks\):'

test_who() { # WHO: a column of the table
	local column=2 name before reads refused unseen

	for name in root user user-namespace root-namespace container integrity confidentiality; do
		[ "$name" != "$1" ] || break
		column=$((column + 1))
	done
	before=$(texts)
	table | awk -v column=$column '{ print $1, $column }' >"$TMP/want"
	cut -d ' ' -f 1 "$TMP/want" | as "$1" python3 "$dir/permissions.py" >"$TMP/got" 2>"$TMP/errors" || true
	diag "$(cat "$TMP/errors")"
	while read -r path got <&3 && read -r _ want <&4; do
		equal "$1: $path" "$got" "$want"
	done 3<"$TMP/got" 4<"$TMP/want"
	equal "$1: files tried" "$(grep -c ^/ "$TMP/got")" "$(wc -l <"$TMP/want")"
	diag "$1: $(tail -n 1 "$TMP/got")"
	read -r _ reads _ _ _ refused _ unseen < <(tail -n 1 "$TMP/got")
	holds "$1: reads" "$reads" -gt 0
	holds "$1: refused" "$refused" -gt 0
	# Otherwise it would be the folder that is closed
	[ "$1" = confidentiality ] || equal "$1: files that are not seen" "$unseen" 0
	if [ "$1" = root ]; then
		equal 'root has reset the counters' "$(texts | grep "$counters" | grep -v ' 0$\|:generation' || true)" ''
		before=$(grep -v "$counters" <<<"$before")
		equal 'root has changed nothing else' "$(texts | grep -v "$counters")" "$before"
	else
		equal "$1 has changed nothing" "$(texts)" "$before"
	fi
}

# By python, because a shell does not tell the error
write_handed='
import errno, os, sys
for number, word in enumerate(sys.argv[1:]):
    try:
        print(os.write(6 + number, word.encode()))
    except OSError as error:
        print(errno.errorcode[error.errno])'

test_handed_over() { # WHO...: each gets descriptors that root has opened; then root uses the same ones
	local who before answers refused=0 taken=0 words

	words=("$(cat "$PB/sunrpc")" 1 "$(cat "$PB_DEBUG/page_pool/batch")")
	for who; do
		exec 6>"$PB/sunrpc" 7>"$PB_DEBUG/sunrpc/reset" 8>"$PB_DEBUG/page_pool/batch"
		before=$(texts)
		mapfile -t answers < <(as "$who" python3 -c "$write_handed" "${words[@]}" 2>&1)
		equal "$who: writes to descriptors of root's: sysctl, reset, batch" "${answers[*]}" 'EPERM EPERM EPERM'
		equal "$who has changed nothing by them" "$(texts)" "$before"
		refused=$((refused + $(printf '%s\n' "${answers[@]}" | grep -cx EPERM || true)))
		mapfile -t answers < <(python3 -c "$write_handed" "${words[@]}" 2>&1)
		equal "$who: root writes the same to the same descriptors" "${answers[*]}" "${#words[0]} 1 ${#words[2]}"
		taken=$((taken + $(printf '%s\n' "${answers[@]}" | grep -cx '[0-9]*' || true)))
		exec 6>&- 7>&- 8>&-
	done
	diag "handed over: writes refused $refused, root's taken $taken"
	holds 'handed over: writes refused' "$refused" -gt 0
	holds "handed over: root's writes taken" "$taken" -gt 0
}

# The table is about the files; that the folders are closed, too, is what system/20-permissions.sh sees.
chmod 755 /sys/kernel/debug /sys/kernel/tracing
# Under lockdown=confidentiality tracefs is empty
dirs=("$PB" "$PB_DEBUG")
[ ! -d "$TRACING/events" ] || dirs+=("$TRACING/events/page_bulk")
mapfile -t files < <(find "${dirs[@]}" -type f | sort)
equal 'the table has every file that there is' \
	"$(table | cut -d ' ' -f 1 | comm -13 - <(printf '%s\n' "${files[@]}"))" ''
# So that each counter has something to lose
setup 'veth with XDP comes up' lab_xdp_up
echo 1 >"$PB/timing"
setup 'a round of packets' lab_xdp_round 1000
lockdown=$(sed -n 's/.*lockdown=\([a-z]*\).*/\1/p' /proc/cmdline)
if [ -n "$lockdown" ]; then
	check "the kernel says that it is locked down for $lockdown" grep -q "Kernel is locked down" <(dmesg)
	test_who "$lockdown"
else
	test_handed_over user user-namespace root-namespace container
	for who in user user-namespace root-namespace container root; do
		for name in stats sizes latency zone_locks; do
			holds "$who: before: counts in $name" "$(grep -vc ' 0$' "$PB_DEBUG/page_pool/$name")" -gt 0
		done
		test_who $who
	done
fi
check_down lab_xdp_down
finish
