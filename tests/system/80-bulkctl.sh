#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bulkctl on a real kernel: status, report, set and its ways back.
#
# timeout: 360
# configs: guest numa
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

conf=/etc/sysctl.d/90-page-bulk.conf
# shellcheck disable=SC2034 # by name
declare -A before after

as_tester() { setpriv --reuid tester --regid tester --init-groups -- "$@"; }

now() { # USER...: modes and generations
	local user

	NOW=''
	for user in "$@"; do
		pb_now "$user"
		NOW="$NOW$user $PB_NOW, "
	done
	NOW=${NOW%, }
}

# Runs bulkctl; sets STATUS, and its output is in $TMP/stdout and $TMP/stderr.
bulkctl_run() { # ARG...
	STATUS=0
	bulkctl "$@" >"$TMP/stdout" 2>"$TMP/stderr" || STATUS=$?
}

# A command that must be refused: exit status, one sentence on standard error that has WORDS.
test_refused() { # STATUS WORDS ARG...
	local status=$1 words=$2 was

	shift 2
	now sunrpc page_pool
	was=$NOW
	bulkctl_run "$@"
	equal "bulkctl $*: exit status" "$STATUS" "$status"
	check "bulkctl $*: says '$words' on standard error" grep -F -- "$words" "$TMP/stderr"
	equal "bulkctl $*: nothing on standard output" "$(cat "$TMP/stdout")" ''
	now sunrpc page_pool
	equal "bulkctl $*: changes nothing" "$NOW" "$was"
}

test_set() {
	bulkctl_run set sunrpc=list page_pool=single
	equal 'set of two users: exit status' "$STATUS" 0
	now sunrpc page_pool
	equal 'set of two users: modes and generations' "$NOW" 'sunrpc list 1, page_pool single 1'
	bulkctl_run set page_pool=single sunrpc=array
	now sunrpc page_pool
	equal 'set of two users, one as it is' "$STATUS $NOW" '0 sunrpc array 2, page_pool single 1'

	test_refused 2 "unknown mode 'lits'" set sunrpc=lits
	test_refused 2 'single list array stock' set sunrpc=lits
	test_refused 2 "unknown mode 'lits'" set sunrpc=list page_pool=lits
	test_refused 2 "unknown user 'nfsd'" set nfsd=list
	test_refused 2 'is not USER=MODE' set sunrpc
	test_refused 2 'USER=MODE' set
	test_refused 2 'bogus' set --bogus sunrpc=list
	test_refused 2 '--for' set sunrpc=list --for yesterday
	test_refused 2 '--persist' set sunrpc=list --for 1s --persist
	test_refused 2 'unknown verb' frobnicate
	test_refused 2 '--interval' report --interval x
}

test_permissions() {
	local was words

	now sunrpc page_pool
	was=$NOW
	STATUS=0
	as_tester bulkctl set sunrpc=stock >"$TMP/stdout" 2>"$TMP/stderr" || STATUS=$?
	equal 'set by a user without permission: exit status' "$STATUS" 4
	check 'set by a user without permission: says so' grep -i permission "$TMP/stderr"
	STATUS=0
	as_tester bulkctl set sunrpc=stock --for 1s >"$TMP/stdout" 2>"$TMP/stderr" || STATUS=$?
	equal 'set --for by a user without permission: exit status' "$STATUS" 4
	STATUS=0
	setpriv --bounding-set -sys_admin -- bulkctl set sunrpc=stock >"$TMP/stdout" \
		2>"$TMP/stderr" || STATUS=$?
	equal 'set by uid 0 without CAP_SYS_ADMIN: exit status' "$STATUS" 4
	for words in 'set sunrpc=stock --persist' report 'report --json' bench 'bench --dry-run' \
			'ab sunrpc --modes stock,list' 'ab sunrpc --modes stock,list --dry-run'; do
		STATUS=0
		# shellcheck disable=SC2086 # words
		as_tester bulkctl $words >"$TMP/stdout" 2>"$TMP/stderr" || STATUS=$?
		equal "$words by a user without permission: exit status" "$STATUS" 4
		equal "$words by a user without permission: nothing on standard output" \
			"$(cat "$TMP/stdout")" ''
		check "$words by a user without permission: names the capability" \
			grep -E '^bulkctl: .*CAP_(SYS_ADMIN|DAC_OVERRIDE)' "$TMP/stderr"
	done
	STATUS=0
	setpriv --bounding-set -sys_admin -- bulkctl ab sunrpc --modes stock,list >"$TMP/stdout" \
		2>"$TMP/stderr" || STATUS=$?
	equal 'ab by uid 0 without CAP_SYS_ADMIN: exit status' "$STATUS" 4
	check 'ab by uid 0 without CAP_SYS_ADMIN: names it' grep CAP_SYS_ADMIN "$TMP/stderr"
	now sunrpc page_pool
	equal 'none of them changed anything' "$NOW" "$was"
	STATUS=0
	as_tester bulkctl status >"$TMP/stdout" 2>"$TMP/stderr" || STATUS=$?
	equal 'status by a user without permission: shows the modes' \
		"$STATUS $(awk '$1 == "sunrpc" || $1 == "page_pool" { printf "%s %s ", $1, $2 }' \
		"$TMP/stdout")" '0 page_pool single sunrpc array '
	check 'status by a user without permission: names the capability for the rest' \
		grep -F CAP_DAC_OVERRIDE "$TMP/stderr"
	STATUS=0
	as_tester bulkctl set sunrpc=stock --dry-run >"$TMP/stdout" 2>"$TMP/stderr" || STATUS=$?
	equal 'set --dry-run by a user without permission: exit status' "$STATUS" 0
}

test_dry_run() {
	now sunrpc page_pool
	was=$NOW
	bulkctl_run set sunrpc=stock page_pool=stock --persist --dry-run
	equal '--dry-run: exit status' "$STATUS" 0
	check '--dry-run: says what it would do' grep -F 'would switch sunrpc: array -> stock' \
		"$TMP/stdout"
	now sunrpc page_pool
	equal '--dry-run: changes nothing' "$NOW" "$was"
	check '--dry-run --persist: writes nothing' test ! -e "$conf"
	bulkctl_run ab sunrpc --modes stock,list --dry-run --metric ns_per_page,rpc_us -o "$TMP/none"
	equal 'ab --dry-run: exit status' "$STATUS" 0
	check 'ab --dry-run: says what it would do' \
		grep -F 'would switch sunrpc, now array, to and fro, and back to array' "$TMP/stdout"
	now sunrpc page_pool
	equal 'ab --dry-run: changes nothing' "$NOW $(cat "$PB/timing")" "$was 0"
	equal 'ab --dry-run: makes no instance of tracing' "$(ls "$TRACING/instances")" ''
	check 'ab --dry-run: writes nothing' test ! -e "$TMP/none"
	bulkctl_run bench --dry-run --modes array
	equal 'bench --dry-run: exit status' "$STATUS" 0
	check 'bench --dry-run: runs nothing' grep -E '^idle 0 0' "$PB_DEBUG/bench/progress"
}

test_persist() {
	bulkctl_run set sunrpc=stock --persist
	equal '--persist: exit status' "$STATUS" 0
	equal '--persist: the file sets it, and nothing else' "$(grep -v '^#' "$conf")" \
		'vm.page_bulk.sunrpc = stock'
	bulkctl_run set page_pool=list --persist
	equal '--persist: a second user joins the first' "$(grep -v '^#' "$conf" | sort)" \
		$'vm.page_bulk.page_pool = list\nvm.page_bulk.sunrpc = stock'
	bulkctl_run set sunrpc=single --persist
	equal '--persist: a later mode replaces the earlier' "$(grep -v '^#' "$conf" | sort)" \
		$'vm.page_bulk.page_pool = list\nvm.page_bulk.sunrpc = single'
	bulkctl_run set sunrpc=array page_pool=array
	check 'sysctl --system, as at boot' sysctl --system
	now sunrpc page_pool
	equal 'sysctl --system sets what was made to persist' "${NOW//[0-9]/N}" \
		'sunrpc single N, page_pool list N'

	now sunrpc page_pool
	was=$NOW
	mount -t tmpfs -o ro tmpfs /etc/sysctl.d
	bulkctl_run set sunrpc=array --persist
	umount /etc/sysctl.d
	equal '--persist that cannot write: exit status' "$STATUS" 1
	check '--persist that cannot write: says which file' grep -F "$conf" "$TMP/stderr"
	pb_now sunrpc
	equal '--persist that cannot write: the mode is as before' "${PB_NOW% *}" single
	rm "$conf"
	bulkctl_run set sunrpc=array page_pool=array
}

mode_is() { # USER MODE
	pb_now "$1"
	[ "${PB_NOW% *}" = "$2" ]
}

test_for() {
	local leader

	bulkctl_run set sunrpc=list --for 4s
	equal '--for: exit status' "$STATUS" 0
	check '--for: returns at once, with the mode set' mode_is sunrpc list
	bulkctl_run status --interval 0.1
	check '--for: status says where it goes back to' grep -F 'sunrpc: goes back to array' \
		"$TMP/stdout"
	check '--for: goes back by itself' wait_until 20 mode_is sunrpc array

	# The whole session of the caller dies, as when a connection breaks.
	setsid sh -c 'bulkctl set sunrpc=single page_pool=stock --for 4s; echo $$ >"$0"; sleep 100' \
		"$TMP/leader" >"$TMP/stdout" 2>&1 &
	check '--for in a session of its own' wait_until 20 test -s "$TMP/leader"
	leader=$(cat "$TMP/leader")
	check '--for in a session of its own: set' mode_is sunrpc single
	kill -HUP -- "-$leader"
	kill -KILL -- "-$leader" 2>/dev/null || true
	check '--for: the session is dead' wait_until 5 test ! -d "/proc/$leader"
	check '--for: goes back although the session is dead' wait_until 20 mode_is sunrpc array
	check '--for: so does the second user' wait_until 20 mode_is page_pool array

	# An administrator is right.
	bulkctl_run set sunrpc=list --for 1s
	pb_set sunrpc stock
	sleep 2.5
	check '--for: another mode that was set meanwhile stays' mode_is sunrpc stock
	pb_set sunrpc array
	bulkctl_run set sunrpc=list --for 1s
	pb_set sunrpc single
	pb_set sunrpc list
	sleep 2.5
	check '--for: the same mode that was set meanwhile stays' mode_is sunrpc list
	pb_set sunrpc array
	bulkctl_run set sunrpc=list --for 1s
	bulkctl_run set sunrpc=list
	sleep 2.5
	check '--for: a set for good of the same mode stays' mode_is sunrpc list
	bulkctl_run set sunrpc=array
	check '--for: no process is left' wait_until 5 sh -c '! pgrep -x bulkctl'
}

test_status() {
	bulkctl_run status --interval 0.2
	equal 'status: exit status' "$STATUS" 0
	pb_now sunrpc
	equal 'status: mode and generation of sunrpc' \
		"$(awk '$1 == "sunrpc" { print $2, $3 }' "$TMP/stdout")" "$PB_NOW"
	bulkctl_run status --interval 0.2 --json
	equal 'status --json' "$STATUS $(jq -r '.users.sunrpc | "\(.mode) \(.generation)"' \
		"$TMP/stdout")" "0 $PB_NOW"
}

traffic() { # a little, verified
	"${LAB_NFS_FIO[@]}" --name=report --bs=1m --size=4m --rw=write >"$TMP/fio" 2>&1
}

# The report of an interval that began and ended in silence, with traffic within it: it must say what
# the counters say. Sets the arrays before and after, writes $TMP/stdout.
report_traffic() { # SECONDS ARG...
	local pid

	pb_read_stats sunrpc before
	bulkctl report --interval "$@" >"$TMP/stdout" 2>"$TMP/stderr" &
	pid=$!
	# It has taken its first sample when it sleeps.
	wait_until 30 grep -q sigtimedwait "/proc/$pid/wchan" || return
	traffic || return
	sleep 0.3
	kill -0 "$pid" 2>/dev/null || return 9
	wait "$pid" || return
	pb_read_stats sunrpc after
}

report_of_traffic() { # ARG...: a longer interval if the traffic took too long
	local seconds

	for seconds in 4 10 30; do
		report_traffic "$seconds" "$@" && return 0
		[ $? = 9 ] || return 1
	done
	return 1
}

json_counters() { # what the report says of the stats file, as pb_moved_but does
	jq -r '.users.sunrpc.modes | to_entries[] | .key as $mode |
		(.value | to_entries[] | select(.value | type == "number")
			| select(.key | test("_per_|zone_locks") | not) | "\($mode) \(.key) \(.value)"),
		(.value.ends | to_entries[] | "\($mode) end_\(.key) \(.value)")' "$TMP/stdout" |
		grep -v ' 0$' | sort
}

test_report() {
	pb_set timing 0
	setup 'report, with NFS traffic within' report_of_traffic
	check 'report: sunrpc has fills in mode array' \
		awk '/^\* array/ && $3 > 0 { n++ } END { exit !n }' "$TMP/stdout"
	check 'report: timing is off' grep -F 'timing is off: sysctl vm.page_bulk.timing=1' "$TMP/stdout"
	check 'report: cycles' grep -E '^ +cycles +not supported$' "$TMP/stdout"
	check 'report: context-switches' grep -E '^ +context-switches +[0-9]+ ' "$TMP/stdout"
	check 'report: pgalloc' grep -E '^ +pgalloc +[1-9][0-9]* .* pages$' "$TMP/stdout"

	setup 'report --json, with NFS traffic within' report_of_traffic --json
	check 'report --json: is JSON' python3 -m json.tool "$TMP/stdout"
	holds 'report --json: the traffic filled' "${after["array fills"]}" -gt "${before["array fills"]}"
	equal 'report --json: every counter is what debugfs says' "$(json_counters)" \
		"$(pb_moved_but before after none | sort)"
	equal 'report --json: generation' \
		"$(jq -r '.users.sunrpc | "\(.generation_start) \(.generation_end)"' "$TMP/stdout")" \
		"${before["generation"]} ${after["generation"]}"
	check 'report --json: holds of zone->lock, where they are counted' jq -e '.users.sunrpc.modes |
		.array.zone_locks > 0 and .list.zone_locks == 0 and .stock.zone_locks == null' \
		"$TMP/stdout"
	equal 'report --json: cycles' "$(jq -c '.perf.cycles | [.supported, .value]' "$TMP/stdout")" \
		'[false,null]'

	pb_set timing 1
	setup 'report with timing, with NFS traffic within' report_of_traffic
	check 'report with timing: ns per fill and page' \
		awk '/^\* array/ && $8 > 0 && $9 > 0 { n++ } END { exit !n }' "$TMP/stdout"
	check 'report with timing: no word of timing being off' \
		sh -c '! grep "timing is off" "$0"' "$TMP/stdout"
	setup 'report --json with timing' report_of_traffic --json
	equal 'report --json with timing: every counter is what debugfs says' "$(json_counters)" \
		"$(pb_moved_but before after none | sort)"
	equal 'report --json with timing: ns per page' \
		"$(jq '.users.sunrpc.modes.array | (.ns_per_page * .timed_got - .ns | fabs) < 1' "$TMP/stdout")" true
	pb_set timing 0

	bulkctl_run report --interval 300ms --count 3 --json
	equal 'report --count 3 --json: samples' "$STATUS $(jq '.samples | length' "$TMP/stdout")" '0 3'
}

check 'bulkctl is there' bulkctl --version
now sunrpc page_pool
equal 'at boot' "$NOW" 'sunrpc array 0, page_pool array 0'
test_set
test_permissions
test_dry_run
test_persist
test_for
test_status
setup 'NFS server and client come up' lab_nfs_up
test_report
check_down lab_nfs_down
finish
