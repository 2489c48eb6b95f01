# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lib.sh - TAP and the files of page_bulk, for the system tests. To be sourced by a script that
# tests/run has started in the guest:
#
#	# vm-args: --append sysctl.vm.page_bulk.sunrpc=stock
#	# timeout: 120
#	# configs: guest numa
#	set -eu
#	. "$(dirname "$0")/lib.sh"
#	setup 'the lab comes up' lab_nfs_up
#	check 'what shall be so' test -e /there
#	equal 'what it says' "$(cat /there)" 'these words'
#	finish
#
# The header lines are read by tests/run: options for tests/vm/run; its timeout in seconds; the
# kernels that the script runs on (guest and numa; deb, in a server's userland; host: on this machine,
# without a guest).
# A script that ends before finish has failed, and so has one that has checked nothing.
#
# shellcheck disable=SC2034 # much of what is set here is for the scripts

PB=/proc/sys/vm/page_bulk
PB_MODES='single list array stock'
PB_DEBUG=/sys/kernel/debug/page_bulk
TRACING=/sys/kernel/tracing
TMP=$(mktemp -d)

tap_count=0 tap_failed=0 tap_finished=

diag() { [ -z "$*" ] || printf '%s\n' "$*" | sed 's/^/# /'; }

result() { # STATUS NAME [DETAILS]: 0 is ok; the details are shown when it is not
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $2"
		diag "${3:-}"
	fi
}

check() { # NAME COMMAND...: runs in a subshell
	local name=$1 status=0 output

	shift
	output=$("$@" 2>&1) || status=$?
	result "$status" "$name" "status $status: $*"$'\n'"$output"
}

equal() { # NAME GOT WANT
	local status=0

	[ "$2" = "$3" ] || status=1
	result "$status" "$1" "got:  $2"$'\n'"want: $3"
}

# Numbers, as in: holds 'fills went up' "$fills" -gt 0
holds() { # NAME EXPRESSION...
	local name=$1 status=0

	shift
	[ "$@" ] || status=1
	result "$status" "$name" "does not hold: $*"
}

skip() { # NAME REASON: must be in tests/skips.allowed
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

check_here() { # NAME COMMAND...: runs in this shell
	local name=$1 status=0

	shift
	"$@" >"$TMP/output" 2>&1 || status=$?
	result "$status" "$name" "status $status: $*"$'\n'"$(cat "$TMP/output")"
	return "$status"
}

# A step that the tests need: runs in this shell, its failure ends the script.
setup() { check_here "$@" || bail "$1"; } # NAME COMMAND...

bail() { # REASON
	echo "Bail out! $*"
	exit 1
}

finish() {
	tap_finished=yes
	[ "$tap_count" -gt 0 ] || bail 'nothing was checked'
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ]
	exit
}

# shellcheck disable=SC2317 # called by the trap
tap_end() {
	local status=$?

	rm -rf "$TMP"
	if [ -z "$tap_finished" ]; then
		echo "not ok $((tap_count + 1)) - the script runs to its end"
		diag "ended with status $status after test $tap_count"
		[ "$status" != 0 ] || status=1
	fi
	exit "$status"
}
trap tap_end EXIT

# --- page_bulk -------------------------------------------------------------------------------

# Sets PB_NOW: a user's mode and generation. Without a fork, which is slow in an emulated guest.
pb_now() { # USER
	local mode generation

	read -r mode <"$PB/$1"
	read -r _ generation <"$PB_DEBUG/$1/stats"
	PB_NOW="$mode $generation"
}

pb_set() { echo "$2" >"$PB/$1"; } # USER MODE

# Read a user's counters into the associative array NAME: [generation], ["list fills"], ... By cat:
# the shell's read seeks back after each line, and that would be a new snapshot.
pb_read_stats() { # USER NAME
	local -n _into=$2
	local _text _first _second _third

	_text=$(cat "$PB_DEBUG/$1/stats")
	_into=()
	while read -r _first _second _third; do
		if [ -z "$_third" ]; then
			_into["$_first"]=$_second
		else
			_into["$_first $_second"]=$_third
		fi
	done <<<"$_text"
}

# The counters whose value differs between two arrays of pb_read_stats, but those of MODE: lines
# "MODE KEY DIFFERENCE".
pb_moved_but() { # BEFORE AFTER MODE
	local -n _from=$1 _to=$2
	local _key _difference

	for _key in "${!_to[@]}"; do
		case $_key in
		generation|"$3 "*) continue ;;
		esac
		_difference=$((${_to[$_key]} - ${_from[$_key]}))
		[ "$_difference" = 0 ] || echo "$_key $_difference"
	done
}

# Wait until COMMAND... is true. 1 when it is not within SECONDS.
wait_until() { # SECONDS COMMAND...
	local i

	for ((i = 0; i < $1 * 10; i++)); do
		! "${@:2}" || return 0
		sleep 0.1
	done
	return 1
}

# Is it built in? Read once: in an emulated debug kernel a fork can take seconds.
pb_has() { # OPTION
	[ -n "${PB_CONFIG:-}" ] || PB_CONFIG=$'\n'$(zcat /proc/config.gz)$'\n'
	[[ $PB_CONFIG == *$'\n'"CONFIG_$1=y"$'\n'* ]]
}

# With such checks two emulated CPUs have more than enough to do with a part of a load
pb_is_slow() { pb_has KASAN || pb_has KCSAN || pb_has PROVE_LOCKING; }

# Sets PB_FREE, the pages in the free lists and the per-CPU lists, and PB_LOST: those that are neither
# free nor in a count of what they are used for. What leaks is there, with kernel stacks that are not
# vmalloc's, buffers of tracing, fragments of sk_buffs and the like. Other caches are emptied before, and
# the CPUs' own parts of the counts are added up.
pb_count_memory() {
	local file files=(/proc/zoneinfo /proc/vmstat /proc/meminfo) depot=/sys/kernel/debug/stackdepot/stats

	sync
	echo 3 >/proc/sys/vm/drop_caches
	for file in /sys/kernel/slab/*/shrink; do
		echo 1 >"$file" || true
	done 2>/dev/null
	sleep 1
	# with one CPU there is nothing to add up, and no such file
	[ ! -e /proc/sys/vm/stat_refresh ] || cat /proc/sys/vm/stat_refresh
	# Stacks that KASAN, page_owner and kmemleak keep, each once: pools of 4 pages that nobody counts
	[ ! -r "$depot" ] || files+=("$depot")
	read -r PB_FREE PB_LOST < <(awk '
		$1 == "managed" { lost += $2 }
		$1 == "pages" && $2 == "free" { free += $3 }
		$1 == "count:" { free += $2 }
		$1 ~ /^(nr_(in)?active_(anon|file)|nr_unevictable|nr_slab_(un)?reclaimable|nr_page_table_pages)$/ &&
			FILENAME ~ /vmstat/ { lost -= $2 }
		$1 ~ /^(VmallocUsed|Percpu):$/ { lost -= $2 / 4 }
		$1 == "pools:" { lost -= 4 * $2 }
		END { print free, lost - free }' "${files[@]}")
}

# What there was before is no leak of ours. Fails where kmemleak is not on: "clear" alone would not, it frees
# what a kmemleak that is off has kept.
pb_clear_leaks() {
	echo scan=off >/sys/kernel/debug/kmemleak && echo clear >/sys/kernel/debug/kmemleak
} 2>/dev/null

# Twice: what kmemleak has just seen it takes for a leak only if it is still lost a while later
pb_scan_for_leaks() {
	echo scan >/sys/kernel/debug/kmemleak
	sleep 6
	echo scan >/sys/kernel/debug/kmemleak
}

# --- the load of the NFS lab -----------------------------------------------------------------

check_load_stop() { # ends lab_nfs_load_start
	check_here 'the load had no I/O error and every byte was right' lab_nfs_load_stop || true
}

check_down() { # COMMAND: of a lab
	check_here 'the lab goes down' "$@" || true
}

# --- poke.py: writes that a shell cannot do --------------------------------------------------

poke_start() {
	coproc POKE { exec python3 "$(dirname "$0")/poke.py"; }
	poke_in=${POKE[1]} poke_out=${POKE[0]}
}

# Do OPs on one open FILE: see poke.py. Sets POKED: the answers, separated by blanks.
poke() { # FILE OP...
	local IFS=$'\t'

	printf '%s\n' "$*" >&"$poke_in"
	IFS= read -r -t 60 POKED <&"$poke_out" || bail "poke.py does not answer: $*"
}
