#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What 45-stopping.sh measures, of a kernel without page_bulk (stock-numa, which this test builds): what stock
# is to be compared with. It has no limit to keep.
#
# trust-configs: host
# trust-timeout: 1800
set -eu
. "$(dirname "$0")/../system/lib.sh"

top=$(readlink -f "$(dirname "$0")/../..")
status=0
setup 'the kernel stock-numa is built' "$top/scripts/kernel" stock-numa
OUT=$TMP/out "$top/tests/vm/run" --timeout 900 --kernel "$top/build/kernel/stock-numa/arch/x86/boot/bzImage" \
	"$top/tests/trust/45-stopping.sh" unpatched >"$TMP/log" 2>&1 || status=$?
result "$status" 'all of it stops in a kernel without page_bulk' "status $status: $(tail -n 40 "$TMP/log")"
diag "$(grep -E '^# unpatched: .* ms$' "$TMP/log" || true)"
holds 'times measured' "$(grep -cE '^# unpatched: .* ms$' "$TMP/log" || true)" -ge 12
finish
