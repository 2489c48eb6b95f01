#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Random and crafted accesses to each sysctl and debugfs file, first by one process that knows what
# every value has to be after each, then by two at once.
#
# usage: 60-bad-input.sh [quick]: 100,000 accesses to each file, with KASAN 20,000, or quick 1000
#
# timeout: 300
# configs: guest
# needs: PAGE_BULK DEBUG_FS
# trust-configs: guest debug
# trust-timeout: 1800
set -eu
. "$(dirname "$0")/../system/lib.sh"

accesses=100000
# There an access takes five times as long
! pb_has KASAN || accesses=20000
[ "${1:-}" != quick ] || accesses=1000
kinds='append ioctl map_it poll read read_at read_into_pipe seek truncate write write_from_pipe write_vector'

run_access() { # NAME SEED COUNT [alone]
	local name=$1

	shift
	python3 "$(dirname "$0")/bad_input.py" "$@" >"$TMP/$name" 2>&1
}

sum() { # WORD OUTPUT...: of all the lines "WORD N"
	(cd "$TMP" && awk -v word="$1" '$1 == word { n += $2 } END { print n + 0 }' "${@:2}")
}

events() { # OUTPUT...: each kind happened
	local kind n

	for kind in $kinds accepted refused unopened; do
		n=$(sum "$kind" "$@")
		diag "$*: $kind $n"
		holds "$*: $kind" "$n" -gt 0
	done
}

begin=$SECONDS
check_here 'one process: every value is what it has to be after each access' \
	run_access one 1 $((accesses / 2)) alone || diag "$(cat "$TMP/one")"
diag "one: $((SECONDS - begin)) s"
events one

pb_now sunrpc
generation=${PB_NOW#* }
begin=$SECONDS
run_access two.1 2 $((accesses / 4)) &
first=$!
run_access two.2 3 $((accesses / 4)) &
check_here 'two at once: the first comes to its end' wait "$first" || diag "$(cat "$TMP/two.1")"
check_here 'two at once: the second comes to its end' wait $! || diag "$(cat "$TMP/two.2")"
diag "two: $((SECONDS - begin)) s"
events two.1 two.2
pb_now sunrpc
holds 'the generation did not fall' "${PB_NOW#* }" -ge "$generation"
for user in sunrpc page_pool; do
	pb_set "$user" array
	pb_now "$user"
	equal "$user: it can be switched as ever" "${PB_NOW% *}" array
done
equal 'nobody holds the experiment file' "$(head -n 1 "$PB_DEBUG/experiment")" 'holder none'

while read -r file; do
	n=$(sum "$file" one two.1 two.2)
	diag "$file: $n accesses"
	holds "$file: accesses" "$n" -ge "$accesses"
done < <(find "$PB" "$PB_DEBUG" -type f | sort)
finish
