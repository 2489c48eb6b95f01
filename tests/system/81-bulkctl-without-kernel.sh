#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bulkctl on a kernel without page_bulk, this machine's: exit 3 and one sentence; doctor tells more.
#
# timeout: 240
# configs: host
set -eu
. "$(dirname "$0")/lib.sh"

bulkctl=$(dirname "$0")/../../build/bulkctl/bulkctl

check 'bulkctl is built' "$bulkctl" --version
for words in status 'status --json' report 'report --json' 'set sunrpc=list' \
		'set sunrpc=list --for 1s' 'set sunrpc=list --dry-run'; do
	if [ -e "$PB" ]; then
		skip "$words: exit 3" 'this machine runs a kernel with page_bulk'
		continue
	fi
	status=0
	# shellcheck disable=SC2086 # words
	"$bulkctl" $words >"$TMP/stdout" 2>"$TMP/stderr" || status=$?
	equal "$words: exit status" "$status" 3
	equal "$words: nothing on standard output" "$(cat "$TMP/stdout")" ''
	equal "$words: one sentence" "$(wc -l <"$TMP/stderr")" 1
	check "$words: it says what is missing" grep -E '^bulkctl: .*page_bulk' "$TMP/stderr"
done
# doctor says what it can, and on standard output that one cannot measure here.
status=0
"$bulkctl" doctor >"$TMP/stdout" 2>"$TMP/stderr" || status=$?
if [ -e "$PB" ]; then
	skip 'doctor: exit 1' 'this machine runs a kernel with page_bulk'
else
	equal 'doctor: exit status' "$status" 1
	check 'doctor: the interface is missing' \
		grep -E '^missing +interface .*no page_bulk .* -> boot a kernel' "$TMP/stdout"
fi
equal 'doctor: nothing on standard error' "$(cat "$TMP/stderr")" ''
check 'doctor: the kernel' grep -E "^ok +release +$(uname -r) " "$TMP/stdout"
check 'doctor: whether one may switch' grep -E '^(ok|missing) +switching +[^ ]' "$TMP/stdout"
check 'doctor: memory' grep -E '^(ok|warn) +memory +[0-9]+ of [0-9]+ MB' "$TMP/stdout"
for words in 'ab sunrpc --modes list,array --dry-run' 'bench --dry-run'; do
	if [ -e "$PB" ]; then
		skip "$words: exit 3" 'this machine runs a kernel with page_bulk'
		continue
	fi
	status=0
	# shellcheck disable=SC2086 # words
	"$bulkctl" $words >"$TMP/stdout" 2>"$TMP/stderr" || status=$?
	equal "$words: exit status" "$status" 3
done
check '--help works without the kernel' "$bulkctl" --help
finish
