#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bulkctl on a kernel without page_bulk, this machine's: exit 3 and one sentence.
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
check '--help works without the kernel' "$bulkctl" --help
finish
