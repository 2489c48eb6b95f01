#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Random and crafted accesses to each sysctl and debugfs file, first by one process that knows what
# every value has to be after each, then by two at once.
#
# usage: 60-bad-input.sh [quick|N]: 100,000 accesses to each file, quick 1000
#
# page_owner, kmemleak and page_poison made it last a quarter longer (118 s and 93, with 4000 accesses, one run each),
# and nobody looks at their notes here.
#
# vm-args: --append 'page_owner=off kmemleak=off'
# timeout: 300
# configs: guest
# needs: PAGE_BULK
# trust-configs: debug
# trust-timeout: 1800
set -eu
. "$(dirname "$0")/../system/lib.sh"

accesses=${1:-100000}
[ "$accesses" != quick ] || accesses=1000
kinds='append ioctl map_it poll read read_at read_into_pipe read_nothing_there seek truncate write
	write_behind_seek write_from_pipe write_nothing_there write_vector'
folders=("$PB")
! pb_has DEBUG_FS || folders+=("$PB_DEBUG")

run_access() { # NAME SEED COUNT [alone]
	local name=$1

	shift
	python3 "$(dirname "$0")/bad_input.py" "$@" >"$TMP/$name" 2>&1
}

declare -A total

# In this shell: forks are what takes long in an emulated guest
add_up() { # OUTPUT...: sets total: of all the lines "WORD N"
	local word n

	total=()
	while read -r word n; do
		[[ ! $n =~ ^[0-9]+$ ]] || total[$word]=$((${total[$word]:-0} + n))
	done < <(cd "$TMP" && cat "$@")
}

happened() { # WORD OUTPUT...: adds to said
	local n=${total[$1]:-0}

	said+="${*:2}: $1 $n"$'\n'
	holds "${*:2}: $1" "$n" -gt 0
}

events() { # OUTPUT...: each kind happened, and each file that takes writes took one and refused one
	local kind file said=

	add_up "$@"
	for kind in $kinds accepted refused unopened; do
		happened "$kind" "$@"
	done
	while read -r file; do
		happened "denied:$file" "$@"
		case $file in
		*/bench/run|*/stress) # what these take would run: they are never given it
			equal "$*: taken:$file" "${total["taken:$file"]:-0}" 0 ;;
		*)
			happened "taken:$file" "$@" ;;
		esac
	done < <(find "${folders[@]}" -type f -perm /222 | sort)
	# Files whose text was there in every size, and what each user's generation was compared with
	if [ "$1" = one ]; then
		happened swept one
		happened changes one
	fi
	diag "${said%$'\n'}"
}

begin=$SECONDS
check_here 'one process: every value is what it has to be after each access' \
	run_access one 1 $((accesses / 2)) alone || diag "$(cat "$TMP/one")"
diag "one: $((SECONDS - begin)) s"
events one

# Whether a write of one changed a mode depends on the other's last: what the generation has to be, nobody knows
if pb_has DEBUG_FS; then
	pb_now sunrpc
	generation=${PB_NOW#* }
fi
begin=$SECONDS
run_access two.1 2 $((accesses / 4)) &
first=$!
run_access two.2 3 $((accesses / 4)) &
check_here 'two at once: the first comes to its end' wait "$first" || diag "$(cat "$TMP/two.1")"
check_here 'two at once: the second comes to its end' wait $! || diag "$(cat "$TMP/two.2")"
diag "two: $((SECONDS - begin)) s"
events two.1 two.2
for user in sunrpc page_pool; do
	pb_set "$user" array
	equal "$user: it can be switched as ever" "$(cat "$PB/$user")" array
done
if pb_has DEBUG_FS; then
	pb_now sunrpc
	holds 'the generation did not fall' "${PB_NOW#* }" -ge "$generation"
	equal 'nobody holds the experiment file' "$(head -n 1 "$PB_DEBUG/experiment")" 'holder none'
fi

add_up one two.1 two.2
said=
while read -r file; do
	n=${total[$file]:-0}
	said+="$file: $n accesses"$'\n'
	holds "$file: accesses" "$n" -ge "$accesses"
done < <(find "${folders[@]}" -type f | sort)
diag "${said%$'\n'}"
finish
