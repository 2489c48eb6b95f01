#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's selftests for net that receive through a page pool: veth with XDP or GRO.
set -eu
. "$(dirname "$0")/../system/lib.sh"

mode=none
[ ! -e "$PB/page_pool" ] || mode=$(cat "$PB/page_pool")

pool_fills() { # MODE
	local -A stats

	pb_read_stats page_pool stats
	echo "${stats["$1 fills"]}"
}

# STATUS NAME of each of their tests. A line begins with its name and blanks, and ends in "ok" or "fail" and
# why; what the programs say may stand in between, in lines of its own.
read_results() {
	awk '{
		line = $0
		sub(/^ +/, "", line)
		if (name == "" && line ~ /[^ ]  /) {
			name = line
			sub(/  .*/, "", name)
		}
		if (name == "" || line !~ /(^| )(ok *$|fail)/)
			next
		print (line ~ /(^| )fail/) + 0, name
		name = ""
	}' "$1"
}

run_script() { # NAME
	local status=0 outcome name

	"./$1" >"$TMP/$1" 2>&1 || status=$?
	while read -r outcome name; do
		result "$outcome" "$1: $name"
	done < <(read_results "$TMP/$1")
	result "$status" "$1: ends with 0" "status $status"$'\n'"$(cat "$TMP/$1")"
}

cp -r /src/build/suites/net /root/net
cd /root/net
mkdir -p /run/netns
[ "$mode" = none ] || before=$(pool_fills "$mode")
run_script veth.sh
run_script udpgro.sh
if [ "$mode" != none ]; then
	holds 'the mode of page_bulk had fills' "$(pool_fills "$mode")" -gt "$before"
fi
finish
