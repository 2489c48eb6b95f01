#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A storm of switches from both CPUs, while clients of NFSv3 and v4.2 verify every byte and XDP takes
# packets: nothing is lost but what is counted, and when all is quiet every page is back.
#
# Most of it is random: both CPUs switch both users, and experiments come in between. Then only the kernel's own
# event tells how many writes were changes. So in a fifth of it each CPU has a user of its own and no experiments:
# there the writer knows, and what it has counted is compared with the generation.
#
# A kernel that is booted with page_owner=on kmemleak=on, as "leaks" and "debug" are, looks for leaks, too.
#
# usage: 10-storm.sh [quick]: 1,000,000 switches, or 40,000
#
# timeout: 480
# configs: guest
# needs: PAGE_BULK DEBUG_FS HIST_TRIGGERS SMP
# trust-configs: leaks
# trust-timeout: 1500
# shellcheck disable=SC2317 # functions are called by name
set -eu
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../labs/nfs/lib.sh"
. "$(dirname "$0")/../labs/xdp/lib.sh"

dir=$(dirname "$(readlink -f "$0")")
# Changes: a quarter of all writes is none, as it is of the mode that is. So the two CPUs write 144 % of that:
# own and random, each, in percent
switches=1000000 own=14 random=58
# So many writes, then so many seconds for fills
pace=(100 0.002)
# So few writes may all be over before most packets have come: then not each mode of page_pool has had fills
every_mode=yes
[ "${1:-}" != quick ] || { switches=40000 pace=(10 0.02) every_mode=; }
# Packets of a round: the storm ends with one, and with KASAN, beside the loads, 4000 took more than ten minutes
round=4000
! pb_is_slow || round=$LAB_XDP_LEAST
# About half of its CPU, where the loads have some eight threads
storm=(nice -n -10 python3)
leaks=
[[ " $(</proc/cmdline) " != *' page_owner=on '* ]] || leaks=yes
owner=/sys/kernel/debug/page_owner_stacks/show_stacks
memleak=/sys/kernel/debug/kmemleak

# Changes by user, from one mode to another: counted in the event, none is lost
changes='hist:keys=user,old,new'
count_changes() { echo "$changes" >"$TRACING/events/page_bulk/page_bulk_switch/trigger"; }
changes_of() { # USER
	tr -d '{},:' <"$TRACING/events/page_bulk/page_bulk_switch/hist" |
		awk -v user="$1" '$1 == "user" && $2 == user && $4 != $6 { n += $8 } END { print n + 0 }'
}

# CALLS RETRANSMISSIONS of the client
# shellcheck disable=SC2016 # awk's
rpc_calls() { lab_nfs_client awk '$1 == "rpc" { print $2, $3 }' /proc/net/rpc/nfs; }

load_start() {
	lab_nfs_load_start both both || return
	lab_nfs_load_add write-v3 --directory=/mnt/nfs3 --bs=256k --size=16m --rw=write --loops=1000000
	lab_nfs_load_add mixed-v3 --directory=/mnt/nfs3 --bs=4k --size=2m --rw=randwrite --loops=1000000
}

# Fills of each user in each mode since the reset
test_fills() {
	local user mode fills
	# shellcheck disable=SC2034 # by name
	local -A stats

	for user in sunrpc page_pool; do
		pb_read_stats "$user" stats
		fills=0
		for mode in $PB_MODES; do
			diag "$user: $mode: ${stats["$mode fills"]} fills"
			[ -z "$every_mode" ] || holds "$user: $mode: fills" "${stats["$mode fills"]}" -gt 0
			fills=$((fills + ${stats["$mode fills"]}))
		done
		holds "$user: fills" "$fills" -gt 0
	done
}

rounds=0 packets=0 dropped_in_sum=0

# Packets until the processes have ended
packets_while() { # PID...
	local pid sent dropped

	for pid; do
		while kill -0 "$pid" 2>/dev/null; do
			lab_xdp_account
			sent=$LAB_XDP_SENT dropped=$LAB_XDP_DROPPED
			# where the CPUs have much to do, packets are dropped; none is spoiled
			lab_xdp_round "$round" 2>"$TMP/round" || true
			[[ $LAB_XDP_ANSWER == "drained "*" 0" ]] || {
				cat "$TMP/round"
				return 1
			}
			lab_xdp_account
			rounds=$((rounds + 1))
			packets=$((packets + LAB_XDP_SENT - sent))
			dropped_in_sum=$((dropped_in_sum + LAB_XDP_DROPPED - dropped))
			[ $((LAB_XDP_PACKETS + LAB_XDP_DROPPED - dropped)) = $((LAB_XDP_SENT - sent)) ] || {
				echo "$((LAB_XDP_SENT - sent)) packets sent, $LAB_XDP_PACKETS received," \
					"$((LAB_XDP_DROPPED - dropped)) dropped"
				return 1
			}
			lab_nfs_load_alive || return
		done
	done
}

# Each CPU switches a user of its own: it knows which writes were changes
test_own_users() {
	local user cpu=0 pids=() writes changes begin=$SECONDS
	local -A start

	for user in sunrpc page_pool; do
		pb_now "$user"
		start[$user]=${PB_NOW#* }
		"${storm[@]}" "$dir/../system/switcher.py" "$PB/$user" $cpu $((switches * own / 100)) "${pace[@]}" \
			>"$TMP/switcher.$user" 2>&1 &
		pids+=($!)
		cpu=$((cpu + 1))
	done
	setup 'a user for each CPU: every packet is accounted for, every load runs' packets_while "${pids[@]}"
	diag "a user for each CPU: $((SECONDS - begin)) s"
	for user in sunrpc page_pool; do
		check_here "$user: the switcher ends without an error" wait "${pids[0]}" || diag "$(cat "$TMP/switcher.$user")"
		pids=("${pids[@]:1}")
		read -r writes changes <"$TMP/switcher.$user"
		pb_now "$user"
		diag "$user: $writes writes, $changes of them changes"
		holds "$user: changes" "$changes" -gt 0
		all_changes=$((all_changes + changes))
		equal "$user: the generation rose by one at each change" $((${PB_NOW#* } - start[$user])) "$changes"
	done
}

# Both CPUs switch both users, and experiments come, end, are killed
test_storm() {
	local user cpu pids=() generation begin=$SECONDS
	local -A start

	for user in sunrpc page_pool; do
		pb_now "$user"
		start[$user]=${PB_NOW#* }
	done
	setup 'changes are counted by the event' count_changes
	for cpu in 0 1; do
		"${storm[@]}" "$dir/storm.py" $cpu $((cpu + 1)) $((switches * random / 100)) >"$TMP/storm.$cpu" 2>&1 &
		pids+=($!)
	done
	setup 'the storm: every packet is accounted for, every load runs' packets_while "${pids[@]}"
	diag "the storm: $((SECONDS - begin)) s"
	for cpu in 0 1; do
		check_here "CPU $cpu: the storm ends without an error" wait "${pids[cpu]}" || true
		diag "CPU $cpu: $(cat "$TMP/storm.$cpu")"
		check "CPU $cpu: each event happened" grep -qE '^writes [1-9].* opened [1-9].* busy [1-9].* killed [1-9].* inherited [1-9]' \
			"$TMP/storm.$cpu"
	done
	equal 'nobody holds the experiment file' "$(head -n 1 "$PB_DEBUG/experiment")" 'holder none'
	for user in sunrpc page_pool; do
		pb_now "$user"
		generation=$((${PB_NOW#* } - start[$user]))
		diag "$user: $generation changes"
		holds "$user: changes in the storm" "$generation" -gt 0
		all_changes=$((all_changes + generation))
		equal "$user: the generation rose by one at each change in the storm" "$generation" "$(changes_of "$user")"
	done
	equal 'the event has counted each change' \
		"$(sed -n 's/.*Dropped: //p' "$TRACING/events/page_bulk/page_bulk_switch/hist")" 0
	# It has some 600 pages
	echo "!$changes" >"$TRACING/events/page_bulk/page_bulk_switch/trigger"
}

# Pages in which nfsd keeps its answers, for two minutes: those to NFSv3 above all
reply_cache() { awk '$1 == "mem" && $2 == "usage:" { printf "%.0f\n", $3 / 4096 }' /proc/fs/nfsd/reply_cache_stats; }

# Pages that page_owner knows to be of a user's fills. That it knows any while the load runs shows that
# these are still the functions' names.
pages_of() { # USER
	local functions='svc_page_bulk_fill|svc_alloc_arg'

	[ "$1" = sunrpc ] || functions='page_pool_bulk|page_pool_alloc'
	awk -v functions=" ($functions)" '$0 ~ functions { ours = 1 }
		/^nr_base_pages:/ { if (ours) n += $2; ours = 0 }
		END { print n + 0 }' "$owner"
}

setup 'NFS server and client come up' lab_nfs_up
setup 'the export is mounted with NFSv3, too' lab_nfs_mount 3 /mnt/nfs3
setup 'veth with XDP comes up' lab_xdp_up

# A first load fills the caches that the kernel keeps from then on
setup 'a first load starts' load_start
setup 'a first round of packets' lab_xdp_round "$round"
sleep 2
check_load_stop
rm -f "$LAB_NFS_EXPORT"/*
if [ -n "$leaks" ]; then
	setup 'page_owner is on' test -r "$owner"
	setup 'kmemleak is on' pb_clear_leaks
else
	diag 'not booted with page_owner=on kmemleak=on'
fi
pb_count_memory
free_before=$PB_FREE lost_before=$PB_LOST replies_before=$(reply_cache)
read -r calls_before retrans_before < <(rpc_calls)

setup 'the load starts' load_start
all_changes=0
for user in sunrpc page_pool; do
	echo 1 >"$PB_DEBUG/$user/reset"
done
test_own_users
test_storm
test_fills
diag "$all_changes changes in all"
holds 'changes in all' "$all_changes" -ge "$switches"
if [ -n "$leaks" ]; then
	for user in sunrpc page_pool; do
		pages=$(pages_of "$user")
		diag "$user: page_owner knows of $pages pages of its fills while the load runs"
		holds "$user: page_owner knows of pages of its fills while the load runs" "$pages" -gt 0
	done
fi
check_load_stop
# NAME MEGABYTES_READ MEGABYTES_WRITTEN: a load that was stopped before its first look back has verified nothing
diag "$(cat "$TMP/output")"
holds 'loads' "$(wc -l <"$TMP/output")" -ge 6
equal 'loads that have read nothing back' "$(awk '$2 == 0 { print $1 }' "$TMP/output")" ''
read -r calls retrans < <(rpc_calls)
diag "$((calls - calls_before)) RPCs; $rounds rounds of packets, $packets sent, $dropped_in_sum dropped and counted"
holds 'RPCs' "$calls" -gt "$calls_before"
equal 'no RPC was sent again' "$((retrans - retrans_before))" 0
holds 'packets' "$packets" -gt 0

pb_set sunrpc array
pb_set page_pool array
rm -f "$LAB_NFS_EXPORT"/*
pb_count_memory
total=$(awk '$1 == "managed" { n += $2 } END { print n }' /proc/zoneinfo)
replies=$(reply_cache)
diag "free: $free_before pages before, $PB_FREE after; nfsd's reply cache: $replies_before, $replies;" \
	"neither free nor counted as used: $lost_before, $PB_LOST"
holds 'free pages are back, within 0.1 %' "$((free_before + replies_before - PB_FREE - replies))" -le $((total / 1000))
holds 'pages of nobody are not more, within 0.1 %' "$((PB_LOST - lost_before))" -le $((total / 1000))

setup 'the release of pools is recorded' lab_xdp_watch_release
check_down lab_xdp_down
check 'the pool ends with no page out' wait_until 20 lab_xdp_released
equal 'no pool waits for pages' "$(dmesg | grep 'page_pool_release_retry() stalled' || true)" ''
setup 'the v3 mount goes' lab_nfs_client umount /mnt/nfs3
check_down lab_nfs_down
if [ -n "$leaks" ]; then
	for user in sunrpc page_pool; do
		pages=$(pages_of "$user")
		diag "$user: page_owner knows of $pages pages of its fills at the end"
		equal "$user: page_owner knows of no page of its fills at the end" "$pages" 0
	done
	check 'kmemleak scans' pb_scan_for_leaks
	equal 'kmemleak finds nothing' "$(head -n 40 "$memleak")" ''
fi
finish
