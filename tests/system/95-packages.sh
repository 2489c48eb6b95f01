#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The Debian packages of kernel and bulkctl: installed with apt into a small server that its own
# systemd boots, used there beside Debian's nfs-kernel-server, and removed. Two boots: the first has
# the packages' kernel but not the packages.
#
# timeout: 900
# configs: deb
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

debs=$SRC/build/deb
state=/var/lib/page-bulk-test
release=$(uname -r)
textfile=/var/lib/prometheus/node-exporter/page_bulk.prom

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

not_installed() { ! installed "$1"; }

# --- the first boot: install ------------------------------------------------------------------

# Nothing is fetched: what the packages depend on is in apt's cache.
install_packages() {
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q -y install "$debs/linux-image-$release"_*.deb "$debs/linux-headers-$release"_*.deb \
		"$debs"/bulkctl_*.deb
}

# The example of the package, with another mode than the kernel's default
install_sysctl_file() {
	sed 's/= array/= list/' /usr/share/doc/bulkctl/examples/90-page-bulk.conf \
		>/etc/sysctl.d/80-page-bulk-test.conf
	grep -qx -- '-vm.page_bulk.sunrpc = list' /etc/sysctl.d/80-page-bulk-test.conf
}

install_export() {
	mkdir -p /srv/nfs
	head -c 16777216 /dev/urandom >/srv/nfs/data
	echo '/srv/nfs 10.9.0.0/24(rw,fsid=0,no_root_squash,no_subtree_check,insecure)' >/etc/exports
}

first_boot() {
	check 'systemd is process 1' grep -qx systemd /proc/1/comm
	check 'before: libgsl27, which bulkctl needs, is not there' not_installed libgsl27
	setup 'apt installs kernel, headers and bulkctl' install_packages
	check 'dpkg finds nothing to complain of' sh -c '[ -z "$(dpkg --audit)" ] && apt-get check'
	check 'apt has brought what bulkctl depends on' installed libgsl27
	check 'and what it recommends' installed trace-cmd
	check 'all libraries of bulkctl are there' sh -c '! ldd /usr/sbin/bulkctl | grep "not found"'
	equal 'the timer is not enabled' \
		"$(systemctl is-enabled page-bulk-textfile.timer || true)" disabled
	equal 'the timer does not run' "$(systemctl is-active page-bulk-textfile.timer || true)" inactive
	equal 'no mode was changed' "$(cat "$PB/sunrpc")" array
	equal 'nothing is in /etc/sysctl.d' "$(dpkg -L bulkctl | grep ^/etc || true)" ''
	setup 'the sysctl.d example is put in place' install_sysctl_file
	setup 'there is something to export' install_export
	echo "$tap_count $tap_failed" >"$state"
	touch /run/page-bulk-reboot
	tap_finished=yes
	exit 0
}

# --- the second boot: use ---------------------------------------------------------------------

test_boot() {
	local unit

	check 'systemd has started all and nothing failed' \
		timeout 120 systemctl is-system-running --wait
	equal 'no unit has failed' "$(systemctl --failed --no-legend --plain)" ''
	check 'the kernel is the one of the package' \
		cmp "/boot/vmlinuz-$release" "$SRC/build/kernel/deb/arch/x86/boot/bzImage"
	equal "dpkg's sums of the kernel are right" "$(dpkg --verify "linux-image-$release" 2>&1)" ''
	equal 'sysctl.d is applied at boot: sunrpc' "$(cat "$PB/sunrpc")" list
	equal 'sysctl.d is applied at boot: page_pool' "$(cat "$PB/page_pool")" list
	for unit in nfs-server rpcbind prometheus-node-exporter; do
		equal "$unit is active" "$(systemctl is-active "$unit" || true)" active
	done
	check 'sunrpc is a module, from the package' \
		sh -c 'grep -q "^sunrpc " /proc/modules && dpkg -S "$(modinfo -n sunrpc)"'
	check 'the headers are where modules look for them' \
		test -e "/lib/modules/$release/build/include/generated/autoconf.h"
}

# Reads the export over and over, past the client's cache, and compares it.
load() {
	until [ -e "$TMP/load-end" ]; do
		dd if="$LAB_NFS_MNT/data" bs=512k iflag=direct status=none | cmp - /srv/nfs/data || return
	done
}

nfs_up() {
	systemctl restart nfs-kernel-server || return
	# no wait for clients of before
	echo Y >/proc/fs/nfsd/v4_end_grace || true
	LAB_NFS_IOSIZE=524288
	lab_nfs_network_up && lab_nfs_mount 4.2 "$LAB_NFS_MNT" || return
	load &
	load=$!
}

nfs_down() {
	touch "$TMP/load-end"
	wait "$load" && lab_nfs_client umount "$LAB_NFS_MNT"
}

fills() { # MODE
	local -A stats

	pb_read_stats sunrpc stats
	echo "${stats["$1 fills"]}"
}

test_bulkctl() {
	local before

	check 'bulkctl doctor: one can measure here' bulkctl doctor
	bulkctl doctor --json >"$TMP/doctor.json" || true
	equal 'bulkctl doctor --json: the release' \
		"$(jq -r '.checks[] | select(.name == "release") | .finding' "$TMP/doctor.json" | cut -d ' ' -f 1)" \
		"$release"
	before=$(fills array)
	check 'bulkctl set sunrpc=array' bulkctl set sunrpc=array
	equal 'the mode is array' "$(sysctl -n vm.page_bulk.sunrpc)" array
	sleep 2
	holds 'nfsd fills in mode array' "$(fills array)" -gt "$before"
	check 'bulkctl ab under load' bulkctl ab sunrpc --modes list,array --json --rounds 2 --aa-rounds 1 \
		--slice 200ms --settle 50ms --metric fills_per_s,ns_per_page -o "$OUT/ab.json"
	equal 'bulkctl ab: modes and slices of the result' \
		"$(jq -c '[.modes, (.slices | length)]' "$OUT/ab.json")" '[["list","array"],8]'
	equal 'bulkctl ab: the mode of before is back' "$(cat "$PB/sunrpc")" array
	check 'bulkctl trace finds trace-cmd' sh -c \
		'bulkctl doctor --json | jq -e ".checks[] | select(.name == \"trace-cmd\") | .status == \"ok\""'
}

completions() ( # WORDS of a command line
	set +eu
	# shellcheck source=/dev/null
	. /usr/share/bash-completion/bash_completion
	_completion_loader bulkctl
	# complete -F FUNCTION bulkctl
	read -r _ _ function _ < <(complete -p bulkctl)
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
	"$function" bulkctl "${!#}" "" 2>/dev/null
	echo "${COMPREPLY[*]}"
)

test_documents() {
	local page

	for page in /usr/share/man/man8/bulkctl*.8.gz; do
		page=${page##*/}
		page=${page%.8.gz}
		check "man $page" sh -c "MANPAGER=cat man $page | grep -q '^NAME'"
	done
	check 'whatis knows them' whatis bulkctl-ab
	equal 'bash completes a verb' "$(completions bulkctl comp)" compare
	equal 'bash completes a mode' "$(completions bulkctl set sunrpc = si)" single
}

metrics_have() ( # PATTERN: node_exporter's page
	exec 3<>/dev/tcp/localhost/9100
	printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
	grep -q "$1" <&3
)

test_timer() {
	equal 'systemd-analyze verify has nothing to say' \
		"$(systemd-analyze verify page-bulk-textfile.service page-bulk-textfile.timer 2>&1)" ''
	check 'the service writes the file once' systemctl start page-bulk-textfile.service
	check 'the file has the modes' grep -q '^page_bulk_mode{user="sunrpc",mode="array"} 1' "$textfile"
	rm -f "$textfile"
	check 'the timer is enabled and started' systemctl enable --now page-bulk-textfile.timer
	check 'the timer writes the file' wait_until 60 test -s "$textfile"
	check 'node_exporter shows it' wait_until 60 metrics_have '^page_bulk_mode{'
}

# --- and remove -------------------------------------------------------------------------------

leftovers() {
	find / -xdev \( -iname '*bulkctl*' -o -iname '*page-bulk*' -o -iname '*page_bulk*' \) \
		! -path '/usr/src/*' ! -path '/lib/modules/*' ! -path '/usr/lib/modules/*' \
		! -path "/boot/*-$release" ! -path '/usr/share/doc/linux-*' \
		! -path "/var/lib/dpkg/info/linux-*" \
		! -path '*/page-bulk-vm.service' ! -path "$state" ! -path '*/80-page-bulk-test.conf' \
		! -path '/var/log/*' ! -path '/var/cache/man/*'
}

test_removal() {
	check 'bulkctl set --persist' bulkctl set sunrpc=single --persist
	check 'apt removes bulkctl' apt-get -q -y remove bulkctl
	equal 'removed: the timer is stopped' \
		"$(systemctl is-active page-bulk-textfile.timer || true)" inactive
	check 'removed: its file is gone' test ! -e "$textfile"
	check 'removed: what --persist wrote is there' test -e /etc/sysctl.d/90-page-bulk.conf
	equal 'removed: the kernel keeps its mode' "$(cat "$PB/sunrpc")" single
	check 'apt purges bulkctl' apt-get -q -y purge bulkctl
	equal 'purged: nothing is left' "$(leftovers)" ''
	equal 'no unit has failed' "$(systemctl --failed --no-legend --plain)" ''
}

second_boot() {
	read -r tap_count tap_failed <"$state"
	test_boot
	setup "Debian's nfs-kernel-server serves a client" nfs_up
	test_bulkctl
	check_here 'every byte that the client read was right' nfs_down || true
	test_documents
	test_timer
	test_removal
	journalctl -b --no-pager >"$OUT/journal.txt" || true
	finish
}

if [ -e "$state" ]; then
	second_boot
else
	first_boot
fi
