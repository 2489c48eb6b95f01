#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The experiment file: modes that return at the last close, however the process ended; 200 of 200 kills
# at random moments, beside NFS load and without; an administrator's write wins.
#
# The warning is of Linux 6.12's own: sched_cpu_dying() stops the fair server of a CPU that goes offline
# also when it does not run, and its bandwidth is taken off twice.
#
# vm-args: --allow 'WARNING: .*kernel/sched/deadline\.c:[0-9]+ (task_non_contending|inactive_task_timer|__sub_running_bw)'
# timeout: 900
# configs: guest
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

dir=$(dirname "$(readlink -f "$0")")
experiment=$PB_DEBUG/experiment

run_part() { # experiment_*.py ARGUMENT...
	local name got want status=0 started=$SECONDS

	python3 "$dir/$1" "${@:2}" >"$TMP/looked" 2>"$TMP/errors" || status=$?
	while IFS=$'\t' read -r name got want; do
		equal "$name" "$got" "$want"
	done <"$TMP/looked"
	result "$status" "$* comes to its end" "status $status"$'\n'"$(cat "$TMP/errors")"
	diag "$* took $((SECONDS - started)) s"
}

# A write to a descriptor that was opened with the capability, without it
write_without_capability() {
	local status=0

	setpriv --bounding-set -sys_admin --inh-caps -sys_admin -- \
		sh -c 'echo sunrpc=list >&3' 3>"$experiment" || status=$?
	[ "$status" != 0 ]
}

test_permissions() {
	local who as

	equal 'file mode' "$(stat -c %a "$experiment")" 600
	while IFS=: read -r who as; do
		# shellcheck disable=SC2086 # words
		equal "$who: opening for writing" \
			"$($as python3 "$dir/poke.py" "$experiment" write=sunrpc=list)" open:EPERM
		# shellcheck disable=SC2086
		equal "$who: opening for reading" \
			"$($as python3 "$dir/poke.py" "$experiment" read=4096)" 'holder none\n'
	done <<-'EOT'
		uid 0 without CAP_SYS_ADMIN:setpriv --bounding-set -sys_admin --inh-caps -sys_admin --
		root in a user namespace:unshare --user --map-root-user --
	EOT
	chmod 755 /sys/kernel/debug
	equal 'tester: opening for reading' \
		"$(setpriv --reuid tester --regid tester --init-groups -- \
			python3 "$dir/poke.py" "$experiment" read=4096)" open:EACCES
	chmod 700 /sys/kernel/debug
	check 'a write by who has lost the capability is refused' write_without_capability
	pb_now sunrpc
	equal 'nothing has changed' "$PB_NOW" 'array 0'
}

test_shell() {
	exec 7>"$experiment"
	check 'shell: a write' pb_write_pair sunrpc=list
	equal 'shell: switched' "$(cat "$PB/sunrpc")" list
	check 'shell: another write' pb_write_pair sunrpc=stock
	equal 'shell: who holds it' "$(head -n 1 "$experiment")" "holder $$ $(cat /proc/$$/comm)"
	exec 7>&-
	equal 'shell: back' "$(cat "$PB/sunrpc")" array
}

pb_write_pair() { echo "$1" >&7; }

test_permissions
test_shell
run_part experiment_files.py
run_part experiment_ends.py races 400
run_part experiment_ends.py kills 100 1
setup 'NFS server and client come up' lab_nfs_up
setup 'a load of reads and writes starts' lab_nfs_load_start
run_part experiment_ends.py kills 100 2
check 'the load still runs' lab_nfs_load_alive
check_load_stop
check_down lab_nfs_down
finish
