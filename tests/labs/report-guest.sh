#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: reports of a real kernel under NFS load, for readers that run on the host.
#
# usage: tests/vm/run tests/labs/report-guest.sh metrics|html
#
#   metrics  leaves in $OUT 1.prom to 3.prom, as the systemd service of tools/bulkctl/contrib writes
#            them: before a switch of sunrpc to list, under load behind it, and at rest; and stats,
#            the counters of sunrpc in debugfs that belong to the last
#   html     leaves report.html: intervals of half a second in all four modes
set -eu
here=$(dirname "$0")
. "$here/nfs/lib.sh"

contrib=$here/../../tools/bulkctl/contrib
file=/var/lib/prometheus/node-exporter/page_bulk.prom

# What the service starts; systemd is not there to start it.
textfile() {
	local -a command

	read -r -a command < <(sed -n 's/^ExecStart=//p' "$contrib/page-bulk-textfile.service")
	"${command[@]}"
}

# Each time a whole file, until there is $LAB_NFS_DIR/stop.
keep_reading() {
	while [ ! -e "$LAB_NFS_DIR/stop" ]; do
		[ "$(tail -n 1 "$file")" = '# EOF' ] || { echo "half of a file: $file"; return 1; }
		sleep 0.05
	done
}

make_metrics() {
	local reader

	systemd-analyze verify --man=no "$contrib"/page-bulk-textfile.{service,timer}
	mkdir -p "${file%/*}"
	textfile
	keep_reading &
	reader=$!
	sleep 2
	textfile
	cp "$file" "$OUT/1.prom"
	bulkctl set sunrpc=list
	sleep 3
	textfile
	cp "$file" "$OUT/2.prom"
	lab_nfs_load_stop
	lab_nfs_down
	textfile
	touch "$LAB_NFS_DIR/stop"
	wait "$reader"
	[ "$(stat -c %a "$file") $(ls -A "${file%/*}")" = '644 page_bulk.prom' ]
	cp "$file" "$OUT/3.prom"
	cat /sys/kernel/debug/page_bulk/sunrpc/stats >"$OUT/stats"
}

wait_until() { # COMMAND...
	local i

	for ((i = 0; i < 1200; i++)); do
		! "$@" || return 0
		sleep 0.1
	done
	return 1
}

# Has sunrpc filled in that mode, a few times?
has_filled() { # MODE
	awk -v mode="$1" '$1 == mode && $2 == "fills" && $3 > 20 { n++ } END { exit !n }' \
		/sys/kernel/debug/page_bulk/sunrpc/stats
}

# Until Ctrl-C: nobody knows how long this takes on a busy machine.
make_html() {
	local report status=0

	bulkctl report --interval 500ms --count 10000 --format html -o "$OUT/report.html" &
	report=$!
	# It has taken its first sample when it sleeps.
	wait_until grep -q sigtimedwait "/proc/$report/wchan"
	for mode in array list single stock; do
		echo "$mode" >/proc/sys/vm/page_bulk/sunrpc
		wait_until has_filled "$mode"
		sleep 1
	done
	kill -INT "$report"
	wait "$report" || status=$?
	[ "$status" = 130 ]
	lab_nfs_load_stop
	lab_nfs_down
}

lab_nfs_up
LAB_NFS_FIO+=(--rate=8m)
echo 1 >/proc/sys/vm/page_bulk/timing
lab_nfs_load_start write 1m
"make_$1"
