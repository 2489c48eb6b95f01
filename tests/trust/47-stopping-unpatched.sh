#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What 45-stopping.sh measures, in stock, and in a kernel without page_bulk (stock-numa, which this test builds):
# stock has no limit to keep, but must not take longer than that.
#
# trust-configs: host
# trust-timeout: 2400
set -eu
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/faults.sh"

top=$(readlink -f "$(dirname "$0")/../..")
rounds=3	# of 45-stopping.sh

stops_in() { # MODE KERNEL
	local status=0

	OUT=$TMP/out "$top/tests/vm/run" --timeout 900 --kernel "$top/build/kernel/$2/arch/x86/boot/bzImage" \
		"$top/tests/trust/45-stopping.sh" "$1" >"$TMP/$1" 2>&1 || status=$?
	result "$status" "$1: all of it stops" "status $status: $(tail -n 40 "$TMP/$1")"
	diag "$(grep -E "^# $1: .* ms; " "$TMP/$1" | cut -c 3- || true)"
}

times() { sed -n "s/^# $1: $2: \([0-9]*\) ms; .*/\1/p" "$TMP/$1"; } # MODE NAME

for kernel in numa stock-numa; do
	setup "the kernel $kernel is built" "$top/scripts/kernel" "$kernel"
done
stops_in stock numa
stops_in unpatched stock-numa
for name in 'rpc.nfsd 0' 'the namespace of nfsd goes' 'the interface goes' 'the namespace of the interface goes'; do
	for mode in stock unpatched; do
		equal "$mode: $name: times measured" "$(times "$mode" "$name" | wc -l)" "$rounds"
	done
	stock_as_unpatched "$name" "$(times stock "$name" | median)" "$(times unpatched "$name" | median)"
done
finish
