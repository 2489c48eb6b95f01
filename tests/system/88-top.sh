#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bulkctl top in a terminal of tmux, under NFS load: what it draws, switches that are confirmed and not,
# changes of size, and the terminal afterwards, however it ended.
#
# timeout: 600
# configs: guest
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"

tm() { tmux -L top -f /dev/null "$@"; }
screen() { tm capture-pane -t top -p "$@"; }
on_screen() { screen >"$TMP/screen" && grep -qE -- "$1" "$TMP/screen"; }
type_keys() { tm send-keys -t top "$@"; }

# Wait until COMMAND... is true; 1 when it is not within two minutes. By the clock: a look at the screen
# takes long here.
soon() { # COMMAND...
	local end=$((SECONDS + 120))

	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# The screen comes to have a line like PATTERN, an extended regular expression.
sees() { # NAME PATTERN
	local status=0

	soon on_screen "$2" || status=1
	result "$status" "$1" "no line is like '$2':"$'\n'"$(screen)"
}

# The shell of the pane is dash: unlike bash it does not put the terminal right after a command.
pane_up() {
	tm new-session -d -x 80 -y 24 -s top 'PS1="# " exec dash -i' &&
		soon on_screen '^#'
}

# By its terminal: there may be other processes of bulkctl that wait for the end of something.
top_runs() {
	pgrep -x bulkctl -t "$(tm display -p -t top '#{pane_tty}' | sed 's,^/dev/,,')" >"$TMP/pid"
}

# A fresh screen, the terminal's settings to "before", then bulkctl top. TOP_PID is its process.
top_start() { # [WORDS BEFORE IT]
	rm -f "$TMP/before" "$TMP/after" "$TMP/status"
	type_keys "clear; stty -g >$TMP/before" Enter
	soon test -s "$TMP/before" || return
	type_keys "$* bulkctl top --interval 500ms; echo \$? >$TMP/status; stty -g >$TMP/after" Enter
	soon on_screen '^bulkctl top ' || return
	top_runs || return
	read -r TOP_PID <"$TMP/pid"
}

# It ends with STATUS, and all that it did to the terminal is undone.
test_ended() { # NAME STATUS
	check "$1: it ends" soon test -s "$TMP/after"
	equal "$1: exit status" "$(cat "$TMP/status")" "$2"
	equal "$1: the settings of the terminal are as before" "$(cat "$TMP/after")" \
		"$(cat "$TMP/before")"
	check "$1: the screen is that of the shell" soon on_screen '^# .*bulkctl top'
	equal "$1: alternate screen, cursor, keypad" \
		"$(tm display -p -t top '#{alternate_on} #{cursor_flag} #{keypad_flag}')" '0 1 0'
}

test_refused() { # STATUS WORDS ARG...
	local status=0 want=$1 words=$2

	shift 2
	bulkctl top "$@" >"$TMP/stdout" 2>"$TMP/stderr" || status=$?
	equal "without a terminal: top $*: exit status" "$status" "$want"
	check "without a terminal: top $*: says '$words'" grep -F -- "$words" "$TMP/stderr"
	equal "without a terminal: top $*: nothing on standard output" "$(cat "$TMP/stdout")" ''
}

mode_is() { # USER MODE
	pb_now "$1"
	[ "${PB_NOW% *}" = "$2" ]
}

test_drawing() {
	sees 'a line for page_pool, which is idle' '^> page_pool  array  +0 +0\.0 +0\.0 +- +- +- +0\.0$'
	sees 'a line for sunrpc, with rates and the time of a fill' \
		'^  sunrpc     array  +0 +[0-9]+\.[1-9] +[0-9.]+ +[1-9][0-9.]* +0\.0 +[1-9][0-9.]* +[0-9.]+$'
	type_keys j
	sees 'j selects the next user' '^> sunrpc '
	sees 'a history of blocks' '█ *█'
	sees 'its scale' '^fills/s [0-9.]+, highest shown [1-9][0-9.]*;'
	sees 'request sizes' '^ +256-511 +[1-9][0-9]* +[0-9]+% █'
	sees 'end reasons' 'watermark +[0-9]+'
	sees 'quantiles of the time of a fill' 'fill p50 [0-9.]+ [num]s +p99 [0-9.]+ [num]s'
	equal 'the last line: the keys' "$(screen | sed -n 24p)" \
		'q quit  j/k user  switch: [s]ingle [l]ist [a]rray s[t]ock  +/- interval  p pause'
	check 'colours' sh -c 'printf "%s" "$1" | grep -q "\[32m"' sh "$(screen -e)"
}

test_switching() {
	type_keys l
	sees 'l: a question' '^Switch sunrpc from array to list\? y: yes, any other key: no$'
	pb_now sunrpc
	equal 'l: nothing is done before the answer' "$PB_NOW" 'array 0'
	type_keys n
	sees 'n: it says so' '^sunrpc stays in mode array$'
	pb_now sunrpc
	equal 'n: nothing was done' "$PB_NOW" 'array 0'
	type_keys l y
	sees 'y: it says so' '^sunrpc: array -> list$'
	pb_now sunrpc
	equal 'y: the user is switched' "$PB_NOW" 'list 1'
	pb_now page_pool
	equal 'y: the other one is not' "$PB_NOW" 'array 0'
	sees 'y: the table shows it, and fills in it' '^> sunrpc     list   +1 +[0-9]+\.[1-9]'
	sees 'y: the history has its letter' '^ +l *$'

	pb_set sunrpc stock
	sees 'a switch by somebody else shows' '^> sunrpc     stock  +2 '
	pb_set timing 0
	sees 'stock without timing: bounds, and no time of a fill' \
		'^> sunrpc     stock +2 +[0-9]+\.[1-9] +<=[0-9.]+ +<=[0-9.]+ +[0-9.]+ +- '
	sees 'stock without timing: what to do' 'no times: sysctl vm.page_bulk.timing=1$'
	type_keys a
	sees 'a: a question' '^Switch sunrpc from stock to array\?'
	pb_set sunrpc single
	sees 'somebody else is faster: the question is gone' \
		'^sunrpc is in mode single meanwhile: nothing was switched$'
	type_keys y
	sees 'y without a question' '^no such key'
	pb_now sunrpc
	equal 'y without a question: nothing was done' "$PB_NOW" 'single 3'
	bulkctl set sunrpc=list --for 1h >"$TMP/stdout"
	type_keys a
	sees 'a temporary switch: the question says what ends' 'no longer goes back to single'
	type_keys y
	check 'a temporary switch: it is switched' soon mode_is sunrpc array
	check 'a temporary switch: nobody waits any more' test ! -e /run/bulkctl/sunrpc
}

test_figures() {
	type_keys + + +
	sees 'three times +: 5 s' '^bulkctl top  [0-9:]+  every 5s '
	echo 1 >"$PB_DEBUG/sunrpc/reset"
	sees 'counters that were reset: it says so' ' sunrpc: counters were reset during the interval '
	# on the same screen: the next one may be of the next interval
	check 'counters that were reset: nothing is known' \
		grep -E '^> sunrpc +array +[0-9]+ +- +- +- +- +- +-$' "$TMP/screen"
	sees 'counters that were reset: later it is' '^> sunrpc +array +[0-9]+ +[0-9]+\.[1-9] '
	type_keys - - -
	type_keys p
	sees 'p: paused' '^bulkctl top  [0-9:]+  PAUSED '
	type_keys p
	sees 'p again: it goes on' '^bulkctl top  [0-9:]+  every 500ms '
}

keys_in_line() { screen | sed -n "$1p" | grep -q '^q quit '; }

test_sizes() {
	local size

	tm resize-window -t top -x 120 -y 40
	check 'larger: the keys are in the last line' soon keys_in_line 40
	check 'larger: a line goes over the whole width' \
		sh -c 'printf "%s\n" "$1" | grep -qE "^.{110,120}$"' sh "$(screen | grep -F '─── sunrpc ')"
	for size in 79x23 40x10 20x5 5x3 1x1; do
		tm resize-window -t top -x "${size%x*}" -y "${size#*x}"
		sleep 1
		check "$size: it lives" kill -0 "$TOP_PID"
	done
	tm resize-window -t top -x 80 -y 24
	check '80x24 again: the keys are in the last line' soon keys_in_line 24
	sees '80x24 again: the table' '^> sunrpc     array '
}

test_ends() {
	local name

	type_keys q
	test_ended q 0
	# dash tells a signal's number plus 128
	for name in SEGV:139 ABRT:134 QUIT:131 TERM:130 HUP:130 INT:130; do
		setup "it starts, for SIG${name%:*}" top_start
		kill -s "${name%:*}" "$TOP_PID"
		test_ended "SIG${name%:*}" "${name#*:}"
	done
	setup 'it starts, for Ctrl-C' top_start
	type_keys C-c
	test_ended Ctrl-C 130
	type_keys 'echo is "typed"' Enter
	sees 'what is typed is seen' '^is typed$'
}

# The shell of the pane goes on with its line when top stops: what it notes then is of that moment.
test_stop() {
	setup 'it starts, for Ctrl-Z' top_start
	type_keys C-z
	check 'Ctrl-Z: the shell is back' soon test -s "$TMP/after"
	equal 'Ctrl-Z: the settings of the terminal are as before' "$(cat "$TMP/after")" \
		"$(cat "$TMP/before")"
	sees 'Ctrl-Z: the screen is that of the shell' '^# .*bulkctl top'
	check 'Ctrl-Z: it is stopped' grep -q '^State:.T' "/proc/$TOP_PID/status"
	type_keys 'fg; echo $? >'"$TMP/status" Enter
	sees 'fg: it draws again' '^> page_pool '
	type_keys q
	check 'fg and q: the shell is back' soon grep -qx 0 "$TMP/status"
}

test_unprivileged() {
	pb_set sunrpc array
	setup 'it starts, as a user without permission' top_start \
		setpriv --reuid tester --regid tester --init-groups --
	sees 'without permission: the modes' '^  sunrpc     array  +- +- +- +- +- +- +-$'
	sees 'without permission: why there are no rates' '^no permission to read '
	type_keys j l y
	sees 'without permission: a switch says so' '^sunrpc: no permission to write '
	check 'without permission: nothing was switched' mode_is sunrpc array
	type_keys q
	test_ended 'without permission' 0

	setup 'it starts, as uid 0 without CAP_SYS_ADMIN' top_start setpriv --bounding-set -sys_admin --
	type_keys j l y
	sees 'without CAP_SYS_ADMIN: a switch says so' '^sunrpc: no permission to write '
	check 'without CAP_SYS_ADMIN: nothing was switched' mode_is sunrpc array
	sees 'without CAP_SYS_ADMIN: it goes on' '^> sunrpc     array +[0-9]+ +[0-9]+\.[1-9] '
	type_keys q
	test_ended 'without CAP_SYS_ADMIN' 0
}

test_plain() {
	setup 'it starts, without UTF-8 and colours' top_start env LC_ALL=C NO_COLOR=1
	type_keys j
	sees 'without UTF-8: a history of ASCII signs' '^ .*# *#'
	check 'without UTF-8: nothing else' sh -c '! printf "%s" "$1" | LC_ALL=C grep -q "[^ -~]"' sh \
		"$(screen | tr -d '\n')"
	check 'NO_COLOR: no colours' sh -c '! printf "%s" "$1" | grep -qE "\[3[0-7]m|;3[0-7]m"' sh \
		"$(screen -e)"
	type_keys q
	test_ended 'without UTF-8' 0
	type_keys 'clear; TERM=dumb bulkctl top; echo status $?' Enter
	sees 'a terminal without a cursor: refused' "^bulkctl: top: the terminal 'dumb' cannot move its cursor"
	sees 'a terminal without a cursor: exit status' '^status 1$'
}

test_refused 1 'are not a terminal'
test_refused 2 '--interval' --interval x
test_refused 2 'unexpected argument' sunrpc
setup 'NFS server and client come up' lab_nfs_up
LAB_NFS_FIO+=(--rate=8m)
setup 'a load of writes and reads starts' lab_nfs_load_start write 1m
pb_set timing 1
setup 'a terminal of 80x24' pane_up
setup 'it starts' top_start
test_drawing
test_switching
test_figures
test_sizes
test_ends
test_stop
test_unprivileged
test_plain
tm kill-server
check_load_stop
check_down lab_nfs_down
finish
