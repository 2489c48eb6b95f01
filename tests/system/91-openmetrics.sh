#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The counters of a real kernel in Debian's Prometheus, by way of node_exporter's textfile; the
# queries of the dashboard. The files come from a guest; Prometheus runs here, on loopback: in an
# emulated guest it takes minutes to start and misses half of its scrapes.
#
# timeout: 1200
# configs: host
set -eu
. "$(dirname "$0")/lib.sh"

top=$(readlink -f "$(dirname "$0")/../..")
# A CPU that gets no time from a busy host is no stall.
patience=rcupdate.rcu_cpu_stall_timeout=120
kernel=$top/build/kernel/guest/arch/x86/boot/bzImage
dashboard=$top/tools/bulkctl/contrib/page-bulk-grafana.json
# Where scripts/setup unpacks them: installed, they would be started as daemons.
PATH=$PATH:$top/build/tools/usr/bin
# shellcheck disable=SC2034 # by name
declare -A stats
daemons=()

end_daemons() {
	[ ${#daemons[@]} = 0 ] || kill "${daemons[@]}" || true
	wait
	tap_end
}

free_port() {
	python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

prometheus_up() {
	local exporter

	exporter=127.0.0.1:$(free_port)
	server=127.0.0.1:$(free_port)
	mkdir "$TMP/textfile"
	cat >"$TMP/prometheus.yml" <<-EOT
		global: {scrape_interval: 1s}
		scrape_configs:
		- {job_name: node, static_configs: [{targets: ['$exporter']}]}
	EOT
	promtool check config "$TMP/prometheus.yml" || return
	prometheus-node-exporter --collector.disable-defaults --collector.textfile \
		"--collector.textfile.directory=$TMP/textfile" --web.listen-address="$exporter" \
		>"$TMP/node_exporter.log" 2>&1 &
	daemons+=($!)
	prometheus --config.file="$TMP/prometheus.yml" --storage.tsdb.path="$TMP/tsdb" \
		--web.listen-address="$server" >"$TMP/prometheus.log" 2>&1 &
	daemons+=($!)
	wait_until 60 is_value 'up{job="node"}' 1 || { tail -n 20 "$TMP"/*.log; return 1; }
}

# The HTTP API of Prometheus.
query() { promtool query instant -o json "http://$server" "$1"; }

value() { # EXPR: of one series; nothing if there is none
	query "$1" 2>/dev/null | python3 -c 'import json, sys
for series in json.load(sys.stdin):
    print(series["value"][1])'
}

is_value() { [ "$(value "$1")" = "$2" ]; } # EXPR VALUE

is_above() { # EXPR NUMBER
	local number

	number=$(value "$1")
	[ "${number%.*}" -gt "$2" ] 2>/dev/null
}

# A file of the guest, as bulkctl -o puts it there: by a rename.
show() { # FILE
	cp "$TMP/guest/$1" "$TMP/textfile/.new"
	mv "$TMP/textfile/.new" "$TMP/textfile/page_bulk.prom"
}

test_promtool() {
	local file

	for file in "$TMP"/guest/?.prom; do
		equal "promtool check metrics: nothing to say of ${file##*/}" \
			"$(promtool check metrics <"$file" 2>&1; echo "status $?")" 'status 0'
	done
}

test_series() {
	local array='{user="sunrpc",mode="array"}' list='{user="sunrpc",mode="list"}'

	show 1.prom
	check 'a page_bulk series is there: fills of sunrpc' \
		wait_until 30 is_above "page_bulk_fills_total$array" 0
	equal 'node_exporter has nothing against the file' "$(value node_textfile_scrape_error)" 0
	check 'mode before the switch' is_value "page_bulk_mode$array" 1
	show 2.prom
	check 'a switch shows: mode' wait_until 30 is_value "page_bulk_mode$list" 1
	check 'a switch shows: generation' is_value 'page_bulk_generation{user="sunrpc"}' 1
	check 'a switch shows: fills in the new mode' is_above "page_bulk_fills_total$list" 0
	show 3.prom
}

# What Prometheus has is what debugfs said.
test_totals() {
	local mode key series

	pb_read_stats sunrpc stats
	check 'the last file arrives' wait_until 30 is_value \
		'page_bulk_fills_total{user="sunrpc",mode="list"}' "${stats["list fills"]}"
	for mode in list array; do
		for key in got:page_bulk_pages_total asked:page_bulk_request_pages_sum \
			fills:page_bulk_request_pages_count \
			timed_fills:page_bulk_fill_seconds_count freed:page_bulk_freed_pages_total; do
			series="${key#*:}{user=\"sunrpc\",mode=\"$mode\"}"
			equal "$series is ${key%%:*} of debugfs" "$(value "$series")" \
				"${stats["$mode ${key%%:*}"]}"
			holds "$series is above 0" "${stats["$mode ${key%%:*}"]}" -gt 0
		done
	done
	check 'the median time of a fill is a time' is_above "1e9 * histogram_quantile(0.5,
		rate(page_bulk_fill_seconds_bucket{user=\"sunrpc\",mode=\"list\"}[1m]))" 100
}

# Each query of the dashboard, of all machines and users, gives something; but for fills that ended
# early, of which there may be none.
test_dashboard() {
	local expr count

	while IFS= read -r expr; do
		expr=${expr//\$instance/.*}
		expr=${expr//\$user/.*}
		expr=${expr//\$__rate_interval/1m}
		expr=${expr//\$__interval/1m}
		count=$(query "$expr" 2>&1 | grep -o '"metric"' | wc -l) || true
		[[ $expr != *_ends_total* ]] || count=$((count + 1))
		holds "dashboard: $expr" "$count" -gt 0
	done < <(python3 -c 'import json, sys
dashboard = json.load(sys.stdin)
for panel in dashboard["panels"]:
    for target in panel["targets"]:
        print(target["expr"])
for annotation in dashboard["annotations"]["list"]:
    print(annotation["expr"])' <"$dashboard")
}

trap end_daemons EXIT
mkdir "$TMP/guest"
setup 'the units are right, and the guest writes its files' env "OUT=$TMP/guest" \
	"$top/tests/vm/run" --timeout 900 --kernel "$kernel" --append "$patience" \
	"$top/tests/labs/report-guest.sh" metrics
# shellcheck disable=SC2034 # for pb_read_stats
PB_DEBUG=$TMP/debugfs
mkdir -p "$PB_DEBUG/sunrpc"
cp "$TMP/guest/stats" "$PB_DEBUG/sunrpc/stats"
test_promtool
setup 'node_exporter and Prometheus start' prometheus_up
test_series
test_totals
test_dashboard
finish
