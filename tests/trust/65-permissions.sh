#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Who may do what with which file: the table in Documentation/admin-guide/mm/page_bulk-security.rst
# is what the kernel does. A kernel that is booted under lockdown, as 66 and 67 have it, shows the column
# of that.
#
# usage: 65-permissions.sh [quick]: both are the same
#
# timeout: 240
# configs: numa
# needs: PAGE_BULK DEBUG_FS TRACING
# trust-configs: numa debug
set -eu
. "$(dirname "$0")/../system/lib.sh"

dir=$(dirname "$(readlink -f "$0")")
guide=$dir/../../Documentation/admin-guide/mm/page_bulk-security.rst
# What Docker leaves to uid 0
few=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap
few+=,+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap

# The rows of the guide's table, each file by itself: "PATH WORD..."
table() {
	awk '/^\.\. table begins/ { on = 1; next } /^\.\. table ends/ { on = 0 }
		on && $1 ~ /^``/ { path = $1; gsub(/`/, "", path)
			users = path ~ /USER/ ? "sunrpc page_pool" : "-"
			for (n = split(users, user, " "); n; n--) {
				line = path; gsub(/USER/, user[n], line)
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
	container)
		unshare --net --mount --pid --fork -- setpriv --bounding-set "$few" --inh-caps "$few" -- "$@" ;;
	*)
		"$@" ;;
	esac
}

test_who() { # WHO: a column of the table
	local column=2 name

	for name in root user user-namespace container integrity confidentiality; do
		[ "$name" != "$1" ] || break
		column=$((column + 1))
	done
	table | awk -v column=$column '{ print $1, $column }' >"$TMP/want"
	cut -d ' ' -f 1 "$TMP/want" | as "$1" python3 "$dir/permissions.py" >"$TMP/got" 2>"$TMP/errors" || true
	diag "$(cat "$TMP/errors")"
	while read -r path got <&3 && read -r _ want <&4; do
		equal "$1: $path" "$got" "$want"
	done 3<"$TMP/got" 4<"$TMP/want"
	equal "$1: files tried" "$(wc -l <"$TMP/got")" "$(wc -l <"$TMP/want")"
	pb_now sunrpc
	equal "$1 changed no mode" "$PB_NOW" 'array 0'
}

# The table is about the files; that the folders are closed, too, is what system/20-permissions.sh sees.
chmod 755 /sys/kernel/debug /sys/kernel/tracing
find /proc/sys/vm/page_bulk "$PB_DEBUG" -type f | sort >"$TMP/files"
equal 'the table has every file that there is' \
	"$(table | cut -d ' ' -f 1 | grep -e page_bulk/ | grep -v tracing | diff - "$TMP/files" || true)" ''
lockdown=$(sed -n 's/.*lockdown=\([a-z]*\).*/\1/p' /proc/cmdline)
if [ -n "$lockdown" ]; then
	check "the kernel says that it is locked down for $lockdown" grep -q "Kernel is locked down" <(dmesg)
	test_who "$lockdown"
	finish
fi
for who in root user user-namespace container; do
	test_who $who
done
finish
