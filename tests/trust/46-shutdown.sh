#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The machine is shut down while no fill can succeed: of nfsd, whose service is stopped first, with a client
# that goes on asking; of a page pool to which packets come. In list, array and single within 10 s; stock as a
# kernel without page_bulk (stock-numa, which this test builds), measured beside. The guest cannot tell how it
# ended: its console does.
#
# trust-configs: host
# trust-timeout: 3600
set -eu
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/faults.sh"

top=$(readlink -f "$(dirname "$0")/../..")
limit=10

# Seconds on the console's line with these WORDS, nothing when there is none. (Before what the kernel says
# there may be a part of a program's line.)
console_time() { # CONSOLE WORDS
	sed -n "s/.*\[ *\([0-9]*\.[0-9]*\)\].* $2.*/\1/p" "$1" 2>/dev/null | tail -n 1
}

milliseconds() { awk -v from="$1" -v to="$2" 'BEGIN { printf "%.0f", (to - from) * 1000 }'; } # FROM TO

# The number behind these WORDS on the console, nothing when there is none
console_count() { # CONSOLE WORDS
	sed -n "s/.*\[.*\] .* $2: \([0-9]*\).*/\1/p" "$1" 2>/dev/null | tail -n 1
}

# Sets TOOK, in ms; empty when it did not end as it should
shuts_down() { # USER MODE KERNEL
	local name="$1, $2" status=0 begin stopped end injected short

	OUT=$TMP/out "$top/tests/vm/run" --timeout 600 --kernel "$top/build/kernel/$3/arch/x86/boot/bzImage" \
		"$top/tests/trust/shutdown-guest.sh" "$1" "$2" >"$TMP/log" 2>&1 || status=$?
	begin=$(console_time "$TMP/out/vm-console.log" 'shutdown begins')
	stopped=$(console_time "$TMP/out/vm-console.log" 'services have stopped')
	end=$(console_time "$TMP/out/vm-console.log" 'reboot: Restarting system')
	injected=$(console_count "$TMP/out/vm-console.log" 'injected failures')
	short=$(console_count "$TMP/out/vm-console.log" 'short fills')
	rm -rf "$TMP/out"
	TOOK=
	# 97: the guest ended before the script did, as it should
	equal "$name: the guest ends by its shutdown" "$status" 97
	if [ -z "$begin" ] || [ -z "$stopped" ] || [ -z "$end" ]; then
		result 1 "$name: shutdown begins, services stop, the machine restarts" \
			"at '$begin', '$stopped', '$end'"$'\n'"$(cat "$TMP/log")"
		return
	fi
	TOOK=$(milliseconds "$begin" "$end")
	diag "$name: $TOOK ms, until services had stopped $(milliseconds "$begin" "$stopped") ms;" \
		"before, ${injected:-no} failures were injected, ${short:-uncounted} fills short"
	holds "$name: failures were injected" "${injected:-0}" -gt 0
	[ "$2" = unpatched ] || holds "$name: fills were short" "${short:-0}" -gt 0
	case $2 in
	stock|unpatched) ;;
	*) holds "$name: within $limit s" "$TOOK" -le $((limit * 1000)) ;;
	esac
}

for kernel in numa stock-numa; do
	setup "the kernel $kernel is built" "$top/scripts/kernel" "$kernel"
done
for user in sunrpc page_pool; do
	for mode in list array single stock; do
		shuts_down "$user" "$mode" numa
	done
	stock=$TOOK
	shuts_down "$user" unpatched stock-numa
	stock_as_unpatched "$user: shutdown" "$stock" "$TOOK"
done
finish
