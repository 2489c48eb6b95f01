#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The page of bulkctl report --format html, of a real kernel, in a headless Chromium without a network:
# light and dark, and something is to be seen on it.
#
# timeout: 1200
# configs: host
set -eu
. "$(dirname "$0")/lib.sh"

top=$(readlink -f "$(dirname "$0")/../..")
# A CPU that gets no time from a busy host is no stall.
patience=rcupdate.rcu_cpu_stall_timeout=120
kernel=$top/build/kernel/guest/arch/x86/boot/bzImage
page=$TMP/guest/report.html

find_browser() {
	local name

	for name in chromium-headless-shell chromium chromium-shell; do
		! command -v "$name" >/dev/null || { echo "$name"; return; }
	done
}

# Without a network: a name space of its own has none. Chromium's own sandbox needs what a container
# does not give; the page is ours.
browse() { # ARG...
	timeout 120 unshare -rn "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars \
		"--user-data-dir=$TMP/chromium" --virtual-time-budget=2000 "$@" "file://$page"
}

screenshot() { # light|dark
	local scheme=1

	[ "$1" != dark ] || scheme=0
	browse "--blink-settings=preferredColorScheme=$scheme" --window-size=1000,1200 \
		"--screenshot=$TMP/$1.png" && test -s "$TMP/$1.png"
}

mkdir "$TMP/guest"
setup 'the guest writes its page' env "OUT=$TMP/guest" \
	"$top/tests/vm/run" --timeout 900 --kernel "$kernel" --append "$patience" \
	"$top/tests/labs/report-guest.sh" html
[ -z "${OUT:-}" ] || install -D -m 644 "$page" "$OUT/report.html"
check 'it names all modes of sunrpc' \
	sh -c 'for m in single list array stock; do grep -q "<td>$m" "$0" || exit; done' "$page"
holds 'it has histograms and time lines' "$(grep -c '<svg role' "$page")" -ge 5

browser=$(find_browser)
if [ -z "$browser" ]; then
	skip 'the page in a browser' 'there is no chromium here (apt install chromium-headless-shell)'
	finish
fi
check 'the page has its parts in the browser' \
	sh -c '[ "$1" -ge 5 ]' sh "$(browse --dump-dom 2>/dev/null | grep -c '</svg>')"
for scheme in light dark; do
	check "$scheme: the browser draws it" screenshot "$scheme"
	[ -z "${OUT:-}" ] || cp "$TMP/$scheme.png" "$OUT/report-$scheme.png"
	equal "$scheme: something is to be seen, in that scheme" "$(python3 "$(dirname "$0")/look.py" "$TMP/$scheme.png")" \
		"1000 1200 many $scheme"
done
finish
