#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The sysctls take exactly their words; everything else is EINVAL and changes nothing.
#
# timeout: 240
# configs: guest numa
set -eu
. "$(dirname "$0")/lib.sh"

file_mode() { stat -c %a "$1"; }

test_files() {
	local user file

	for user in sunrpc page_pool; do
		equal "$user: sysctl file mode" "$(file_mode "$PB/$user")" 644
		for file in stats sizes latency; do
			equal "$user/$file: debugfs file mode" \
				"$(file_mode "$PB_DEBUG/$user/$file")" 400
		done
		equal "$user/reset: debugfs file mode" "$(file_mode "$PB_DEBUG/$user/reset")" 600
		pb_now "$user"
		equal "$user: mode and generation at boot" "$PB_NOW" 'array 0'
	done
	equal 'timing: file mode' "$(file_mode "$PB/timing")" 644
	equal 'timing: value at boot' "$(cat "$PB/timing")" 0
	equal 'max_block_order: file mode' "$(file_mode "$PB/max_block_order")" 644
	equal 'max_block_order: value at boot' "$(cat "$PB/max_block_order")" "$max_order"
	equal 'debugfs version: file mode' "$(file_mode "$PB_DEBUG/version")" 400
	equal 'debugfs version' "$(cat "$PB_DEBUG/version")" 1
	equal 'available_modes: file mode' "$(file_mode "$PB/available_modes")" 444
	poke "$PB/available_modes" read=4096
	equal 'available_modes: content' "$POKED" "$PB_MODES\\n"
	poke "$PB/available_modes" write=array
	equal 'available_modes: cannot be written, not even by root' "$POKED" open:EACCES
}

test_good_words() { # USER
	local mode other generation

	for mode in single list array stock; do
		other=single
		[ "$mode" != single ] || other=stock
		pb_set "$1" "$other"
		pb_now "$1"
		generation=$((${PB_NOW#* } + 1))
		poke "$PB/$1" "write=$mode"
		equal "$1: '$mode': answer" "$POKED" "${#mode}"
		pb_now "$1"
		equal "$1: '$mode': mode, and generation one up" "$PB_NOW" "$mode $generation"
		poke "$PB/$1" "write=$mode\\n"
		equal "$1: '$mode' with newline: answer" "$POKED" $((${#mode} + 1))
		pb_now "$1"
		equal "$1: '$mode' once more: same generation" "$PB_NOW" "$mode $generation"
		poke "$PB/$1" read=4096
		equal "$1: '$mode': read back" "$POKED" "$mode\\n"
		poke "$PB/$1" read=1
		equal "$1: '$mode': read back byte by byte" "$POKED" "$mode\\n"
	done
}

# Who has read the whole value is at its end: no letters of a longer one that is set meanwhile
test_read_across() { # FILE VALUE LONGER
	local file first second

	pb_set "$1" "$2"
	exec {file}<"$PB/$1"
	first=$(head -c 64 <&"$file" | tr '\n' .)
	pb_set "$1" "$3"
	second=$(head -c 64 <&"$file" | tr '\n' .)
	exec {file}<&-
	equal "$1: $2 is read, $3 is set: nothing more to read" "$first '$second'" "$2. ''"
}

# Writes that are refused, each OP of them, and what they are. In list mode at the start: "array"
# and "single" in them would show.
bad_writes() {
	cat <<-'EOT'
		an empty write	write=
		a newline alone	write=\n
		a blank alone	write=\x20
		a NUL alone	write=\0
		an unknown word	write=none
		a number	write=2
		upper case	write=ARRAY
		a capital	write=Array
		a prefix	write=arra
		a prefix with newline	write=arra\n
		the first letter	write=a
		a longer word	write=arrays
		a leading blank	write=\x20array
		a leading tab	write=\tarray
		a leading newline	write=\narray
		a trailing blank	write=array\x20
		a trailing blank and newline	write=array\x20\n
		a trailing tab	write=array\t
		two newlines	write=array\n\n
		carriage return and newline	write=array\r\n
		a second word	write=array single
		the same word twice	write=array array
		a comma	write=array,single
		a second line	write=array\nsingle\n
		a trailing NUL	write=array\0
		a NUL and newline	write=array\0\n
		a newline and NUL	write=array\n\0
		a NUL within	write=arr\0ay
		a second word behind a NUL	write=array\0single
		a leading NUL	write=\0array
		binary	write=\xff\xfe\x80array
		UTF-8 look-alike	write=\xd0\xb0rray
		quotes	write="array"
		4 KB	write*4096=a
		4 KB of the word	write*820=array
		the word and 4 KB of blanks	pad*4096=array\x20
		the word and 4 KB of NULs	pad*4096=array\0
		the word and 4 KB of newlines	pad*4096=array\n
		1 MB	write*1048576=a
		the word and 1 MB of NULs	pad*1048576=array\0
		at position 1	pwrite@1=array
		at position 4	pwrite@4=array
		behind a seek	seek=5	write=array
		two halves	write=arr	write=ay
		two halves at their positions	pwrite@0=arr	pwrite@3=ay\n
		byte by byte	write=a	write=r	write=r	write=a	write=y
	EOT
}

test_bad_words() { # USER
	local name ops op want before

	pb_set "$1" list
	pb_now "$1"
	before=$PB_NOW
	while IFS=$'\t' read -r name ops; do
		want=''
		IFS=$'\t' read -r -a ops <<<"$ops"
		for op in "${ops[@]}"; do
			case $op in
			seek=*) want="$want ${op#seek=}" ;;
			*) want="$want EINVAL" ;;
			esac
		done
		poke "$PB/$1" "${ops[@]}"
		pb_now "$1"
		equal "$1: $name: EINVAL, nothing changed" "$POKED, $PB_NOW" "${want# }, $before"
	done < <(bad_writes)

	poke "$PB/$1" write=array write=single
	pb_now "$1"
	equal "$1: a second write to the same file descriptor is refused, the first stays" \
		"$POKED, $PB_NOW" "5 EINVAL, array $((${before#* } + 1))"
	poke "$PB/$1" write=single seek=0 write=list
	pb_now "$1"
	equal "$1: a second write after a seek to the start is a write like any other" \
		"$POKED, $PB_NOW" "6 0 4, list $((${before#* } + 3))"
}

check_timing() { # NAME OP ANSWER VALUE
	local value

	poke "$PB/timing" "$2"
	read -r value <"$PB/timing"
	equal "timing: $1" "$POKED, $value" "$3, $4"
}

test_timing() {
	local value bad

	check_timing 'on' write=1 1 1
	check_timing 'off' write=0 1 0
	check_timing 'on, with newline' 'write=1\n' 2 1
	check_timing 'off, with newline' 'write=0\n' 2 0
	for value in 0 1; do
		pb_set timing "$value"
		for bad in '' '\n' 2 -1 +1 00 01 10 11 0x1 '1\x20' '\x201' '1\0' '1\n\n' '1 0' \
				'0 1' yes on true '1\n0\n'; do
			check_timing "'$bad' while it is $value: EINVAL, nothing changed" \
				"write=$bad" EINVAL "$value"
		done
		check_timing "a write at position 1 while it is $value" "pwrite@1=$((1 - value))" \
			EINVAL "$value"
	done
	pb_set timing 0
}

check_order() { # NAME OP ANSWER VALUE
	local value

	poke "$PB/max_block_order" "$2"
	read -r value <"$PB/max_block_order"
	equal "max_block_order: $1" "$POKED, $value" "$3, $4"
}

test_max_block_order() {
	local value bad

	for ((value = 0; value <= max_order; value++)); do
		check_order "$value" "write=$value" ${#value} "$value"
		check_order "$value, with newline" "write=$value\\n" $((${#value} + 1)) "$value"
	done
	pb_set max_block_order 3
	for bad in '' '\n' -1 +1 00 01 04 $((max_order + 1)) 99 100 0x4 '4\x20' '\x204' '4\t' '4\0' \
			'4\0\n' '4\n\n' '4 5' '4,5' '4\n5\n' 4.0 4k a max array '\xd9\xa4' \
			4294967297 18446744073709551617; do
		check_order "'$bad': EINVAL, nothing changed" "write=$bad" EINVAL 3
	done
	check_order 'the digit and 4 KB of newlines' 'pad*4096=4\n' EINVAL 3
	check_order 'the digit and 4 KB of NULs' 'pad*4096=4\0' EINVAL 3
	check_order 'a write at position 1' pwrite@1=4 EINVAL 3
	poke "$PB/max_block_order" read=4096
	equal 'max_block_order: read back' "$POKED" '3\n'
	poke "$PB/max_block_order" read=1
	equal 'max_block_order: read back byte by byte' "$POKED" '3\n'
	pb_set max_block_order "$max_order"
}

# The files of debugfs that take writes: one at another position gives EINVAL, not seq_file's ESPIPE, and
# one at the start is as any other. What stress takes would run: there the word at the start is none.
test_positions() {
	local file want word wrong count=0

	while read -r file word want wrong; do
		poke "$PB_DEBUG/$file" "pwrite@0=$word"
		equal "$file: pwrite() of $word at position 0" "$POKED" "$want"
		poke "$PB_DEBUG/$file" "pwrite@1=$wrong" "pwrite@4096=$wrong" "write=$word" "pwrite@0=$word"
		equal "$file: pwrite() of $wrong at others, $word at 0 again" "$POKED" "EINVAL EINVAL $want $want"
		count=$((count + 1))
	done <<-EOT
		sunrpc/reset 1 1 1
		page_pool/reset 1 1 1
		page_pool/batch 64 2 64
		experiment sunrpc=stock 12 sunrpc=stock
		stress x EINVAL 1
		bench/run batch=3 EINVAL batch=3
	EOT
	diag "positions: $count files"
	equal 'these are the files of debugfs that take writes' "$count" \
		"$(find "$PB_DEBUG" -type f -perm /222 | wc -l)"
}

# MAX_PAGE_ORDER: the columns of buddyinfo are the orders from 0 on
max_order=$(awk 'NR == 1 { print NF - 5 }' /proc/buddyinfo)

poke_start
test_files
for user in sunrpc page_pool; do
	other=sunrpc
	[ "$user" != sunrpc ] || other=page_pool
	pb_now "$other"
	before=$PB_NOW
	test_good_words "$user"
	test_bad_words "$user"
	test_read_across "$user" list single
	pb_now "$other"
	equal "$user: all this did nothing to $other" "$PB_NOW" "$before"
done
test_timing
test_max_block_order
if [ "$max_order" -ge 10 ]; then
	test_read_across max_block_order 9 10
	pb_set max_block_order "$max_order"
fi
test_positions
finish
