// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often zone->lock is taken in the long run, and how long it is held.
 *
 * Lockdep's trace points tell it of every user of the lock, mainline's too,
 * with no change to any of them. They are in a kernel with CONFIG_LOCK_STAT
 * only, whose other times are of no use.
 */
#include <linux/mmzone.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <trace/events/lock.h>
#include "bench.h"

struct bench_holds {
	u64 start;
	struct page_bulk_bench_hist hist;
};

static const char locks_format[] = {
	"locks mode=%s holds=%llu holds_per_million_pages=%llu hold_mean_ns=%llu hold_p50_ns=%llu hold_p999_ns=%llu hold_max_ns=%llu"
};

static DEFINE_PER_CPU(struct bench_holds, bench_holds);

static bool is_zone_lock(const struct lockdep_map *map)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		if (map == &zone->lock.dep_map)
			return true;
	return false;
}

/* Both run on the CPU that has the lock, with interrupts off */
static void zone_lock_acquired(void *unused, struct lockdep_map *map,
			       unsigned long ip)
{
	if (is_zone_lock(map))
		this_cpu_write(bench_holds.start, page_bulk_bench_clock());
}

static void zone_lock_release(void *unused, struct lockdep_map *map,
			      unsigned long ip)
{
	struct bench_holds *holds;

	if (!is_zone_lock(map))
		return;
	holds = this_cpu_ptr(&bench_holds);
	if (holds->start)
		page_bulk_bench_record(&holds->hist,
				       page_bulk_bench_clock() - holds->start);
	holds->start = 0;
}

/**
 * page_bulk_bench_watch_locks() - begin or end to watch zone->lock
 * @on: begin, and forget what was seen before
 *
 * Context: process context, may sleep.
 */
void page_bulk_bench_watch_locks(bool on)
{
	int cpu;

	if (on) {
		for_each_possible_cpu(cpu)
			memset(per_cpu_ptr(&bench_holds, cpu), 0,
			       sizeof(bench_holds));
		WARN_ON_ONCE(register_trace_lock_acquired(zone_lock_acquired,
							  NULL));
		WARN_ON_ONCE(register_trace_lock_release(zone_lock_release,
							 NULL));
	} else {
		unregister_trace_lock_release(zone_lock_release, NULL);
		unregister_trace_lock_acquired(zone_lock_acquired, NULL);
		tracepoint_synchronize_unregister();
	}
}

/**
 * page_bulk_bench_emit_locks() - give out what was seen
 * @mode: name of the mode that ran
 * @pages: how many pages it allocated
 * @base: how to convert time
 *
 * Context: process context, may sleep.
 */
void page_bulk_bench_emit_locks(const char *mode, unsigned long pages,
				const struct page_bulk_bench_timebase *base)
{
	struct page_bulk_bench_hist *sum;
	int cpu;

	sum = kzalloc(sizeof(*sum), GFP_KERNEL);
	if (!sum)
		return;
	for_each_possible_cpu(cpu)
		page_bulk_bench_merge(sum, &per_cpu_ptr(&bench_holds, cpu)->hist);
	page_bulk_bench_emit(locks_format, mode, sum->count,
			     div64_ul(sum->count * 1000000, max(pages, 1UL)),
			     page_bulk_bench_ns(base, div64_u64(sum->sum, max(sum->count, 1ULL))),
			     page_bulk_bench_ns(base, page_bulk_bench_percentile(sum, 500000)),
			     page_bulk_bench_ns(base, page_bulk_bench_percentile(sum, 999000)),
			     page_bulk_bench_ns(base, sum->max));
	kfree(sum);
}
