#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# HOST=1: the labs on a machine that has booted the patched kernel, which this guest is. They measure,
# write their reports and leave the machine as it was, and do not touch an NFS server that runs.
#
# timeout: 450
# configs: guest
set -eu
. "$(dirname "$0")/lib.sh"

# /src cannot be written, and a lab leaves its results in build/
top=$(readlink -f "$(dirname "$0")/../..")
mkdir -p /run/labs
mount -t tmpfs tmpfs /run/labs
mkdir /run/labs/upper /run/labs/work
setup 'build/ can be written' \
	mount -t overlay -o "lowerdir=$top/build,upperdir=/run/labs/upper,workdir=/run/labs/work" overlay "$top/build"
results=$top/build/results
rm -rf "$results"

lab() { HOST=1 "$top/tests/labs/$1" "${@:2}"; } # LAB OPTION...

is_as_before() {
	! pgrep -x nfsd && ! grep -e ' /export ' -e ' nfs4* ' /proc/mounts && [ -z "$(ip netns list)" ]
}

modes_now() { cat "$PB/sunrpc" "$PB/page_pool" "$PB/timing"; }

refused() { # SENTENCE LAB OPTION...
	local status=0

	lab "${@:2}" >"$TMP/lab" 2>&1 || status=$?
	equal "$1: refused" "$status" 1
	check "$1: in these words" grep -F "$1" "$TMP/lab"
}

pb_set sunrpc list
pb_set page_pool single
before=$(modes_now)

check 'lab-nfs' lab lab-nfs --quick --only read-1m
equal 'lab-nfs: measured here, in no guest' "$(cd "$results" && echo lab-nfs*)" \
	'lab-nfs-host lab-nfs-host-6.12.html lab-nfs-host-6.12.json lab-nfs-host-6.12.txt'
equal 'lab-nfs: its report' \
	"$(jq -r '.schema, (.cases["read-1m"] | (.icount | length), (keys[]))' "$results"/lab-nfs-host-*.json | xargs)" \
	'page-bulk-lab-nfs/2 0 calls ends git icount longest times'
equal 'lab-nfs: the modes are as before' "$(modes_now)" "$before"
equal 'lab-nfs: nfsd has ended' "$(pgrep -x nfsd)" ''

# As by Ctrl-C, in the first of two cases; what runs in the background ignores that
HOST=1 env --default-signal=INT setsid "$top/tests/labs/lab-nfs" --only read-1m --only mix-256k >"$TMP/lab" 2>&1 &
lab=$!
setup 'lab-nfs measures' wait_until 120 pgrep -x bulkctl
kill -INT -- -"$lab"
check 'lab-nfs, interrupted: all that it has begun ends' wait_until 60 is_as_before
diag "$(pgrep -a -x nfsd; ip netns list; grep -e ' /export ' -e ' nfs4* ' /proc/mounts)"
equal 'lab-nfs, interrupted: the modes are as before' "$(modes_now)" "$before"
status=0
wait "$lab" || status=$?
equal 'lab-nfs, interrupted: there is no next case' "$status $(grep -c mix-256k "$TMP/lab")" '130 0'

check 'lab-xdp' lab lab-xdp --quick --only veth-redirect-1500
equal 'lab-xdp: its report' \
	"$(jq -r '.schema, (.kinds | keys[]), (.kinds.host | keys[]), .kinds.host[].verdict' \
		"$results"/lab-xdp-host-*.json | xargs)" 'page-bulk-lab-xdp/1 host veth-redirect-1500 ab'
equal 'lab-xdp: the modes are as before' "$(modes_now)" "$before"

setup 'an NFS server runs' rpc.nfsd 1
refused 'an NFS server runs here' lab-nfs
equal 'it runs on' "$(pgrep -c -x nfsd)" 1
rpc.nfsd 0
umount "$top/build"
umount /run/labs
finish
