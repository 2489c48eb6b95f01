#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The examples of README.md, of the administrator's guide and of the man pages, run as written, on a
# server with some NFS load. Each document finds the machine as it is after boot. What is an example, and what it must print: examples.py.
#
# timeout: 720
# configs: guest
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

documents=(README.md Documentation/admin-guide/mm/page_bulk.rst)
man_pages=(/src/Documentation/bulkctl/bulkctl-*.8)
documents+=("${man_pages[@]#/src/}")

run_as() { # root|user COMMAND
	case $1 in
	root) bash -c "$2" ;;
	user) setpriv --reuid tester --regid tester --init-groups -- bash -c "$2" ;;
	esac
}

test_example() { # DOCUMENT FILE
	local fields status=0 output verdict=1 name

	mapfile -d '' -t fields <"$2"
	name="$1:${fields[0]}: ${fields[2]//$'\n'/ }"
	output=$(cd "$TMP/work" && run_as "${fields[1]}" "${fields[2]}" 2>&1 |
		sed 's/[[:space:]]*$//'; exit "${PIPESTATUS[0]}") || status=$?
	# Each line, the first too, begins behind a newline and ends with one.
	output=$'\n'$output${output:+$'\n'}
	# shellcheck disable=SC2053 # it is a pattern
	if [ "$status" = 0 ] && [[ $output == ${fields[3]} ]]; then
		verdict=0
	fi
	# a name is one line without the signs of a TAP directive
	result "$verdict" "${name//#/}" "status $status, wanted 0; printed:$output""as a pattern it shall be:${fields[3]}"
}

test_document() { # PATH
	local folder=$TMP/examples/$1 file

	mkdir -p "$folder"
	setup "$1 has examples" python3 "$(dirname "$0")/examples.py" "/src/$1" "$folder"
	diag "$(cat "$TMP/output")"
	for file in "$folder"/*; do
		[ -e "$file" ] || continue	# all of them are left out
		test_example "$1" "$file"
	done
}

mkdir -m 777 "$TMP/work"
chmod 755 "$TMP"
setup 'NFS server and client come up' lab_nfs_up
# 8 MB/s: enough for fills at any time, and leaves the CPUs to the examples.
LAB_NFS_FIO+=(--rate=8m)
setup 'a load of writes and reads starts' lab_nfs_load_start write 1m
# What the examples of bulkctl compare read.
setup 'an experiment makes results' bulkctl ab sunrpc --modes stock,array --slice 50ms --settle 10ms \
	--rounds 6 --aa-rounds 2 -o "$TMP/work/before.json"
for file in after host1 host2 host3; do
	cp "$TMP/work/before.json" "$TMP/work/$file.json"
done
for document in "${documents[@]}"; do
	bulkctl set sunrpc=array page_pool=array >"$TMP/output"
	pb_set timing 0
	test_document "$document"
done
check_load_stop
check_down lab_nfs_down
finish
