// SPDX-License-Identifier: GPL-2.0-only
/*
 * The long run: what a policy does to free memory in the end.
 *
 * A table of fills of 1 to 512 pages is kept full: each step frees the fill
 * at a random place and makes a new one there, so that lifetimes are random
 * too. Between them single pages of two migrate types come and go. Time is
 * taken of the fills only. How much of the free memory lies in large blocks
 * is looked at before, meanwhile, and after the last fill was freed.
 */
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>
#include "bench.h"

/* Looks at free memory during the second half */
#define LONGRUN_LOOKS		16

struct longrun_fill {
	unsigned int nr;		/* pages that came */
	struct list_head list;		/* the list forms */
};

struct longrun {
	const struct page_bulk_bench_options *opts;
	struct page_bulk_bench_timebase time;
	enum page_bulk_bench_mode mode;
	struct rnd_state rnd;
	unsigned long nr_fills;		/* alive at a time */
	struct longrun_fill *fills;
	struct page **pages;		/* BENCH_MAX_FILL for each of them */
	struct page **noise;

	u64 alloc, free;		/* units of the clock */
	unsigned long asked, got;	/* pages */
	u64 large_ppm;			/* sum over the looks */
	struct page_bulk_bench_hist latency;	/* of a fill */
};

/* Free pages, and those of them in large blocks */
struct longrun_share {
	unsigned long free;
	unsigned long on_cpus;		/* on per-CPU lists, not in free */
	unsigned long large;
};

static void longrun_look(struct longrun_share *share)
{
	struct zone *zone;
	int cpu, order;

	*share = (struct longrun_share) { };
	for_each_populated_zone(zone) {
		for (order = 0; order < NR_PAGE_ORDERS; order++) {
			unsigned long nr = READ_ONCE(zone->free_area[order].nr_free);

			share->free += nr << order;
			if (order >= BENCH_BLOCK_ORDER)
				share->large += nr << order;
		}
		for_each_online_cpu(cpu)
			share->on_cpus += READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset,
								cpu)->count);
	}
}

static u64 longrun_ppm(const struct longrun_share *share)
{
	return div64_ul(share->large * 1000000ULL,
			max(share->free + share->on_cpus, 1UL));
}

/* As /proc/pagetypeinfo counts them, and as far: the lock is held meanwhile */
static unsigned long longrun_count(struct zone *zone, int order, int type)
{
	unsigned long nr = 0;
	struct list_head *pos;

	spin_lock_irq(&zone->lock);
	list_for_each(pos, &zone->free_area[order].free_list[type])
		if (++nr == 100000)
			break;
	spin_unlock_irq(&zone->lock);
	cond_resched();
	return nr;
}

static const char share_format[] =
	"share mode=%s when=%s free=%lu large=%lu large_ppm=%llu unusable_ppm=%llu";

static void longrun_show_zone(struct zone *zone, const char *mode,
			      const char *when)
{
	char line[12 * NR_PAGE_ORDERS];
	int order, type, len;

	for (type = 0; type < MIGRATE_TYPES; type++) {
		len = 0;
		for (order = 0; order < NR_PAGE_ORDERS; order++)
			len += scnprintf(line + len, sizeof(line) - len,
					 "%s%lu", order ? "," : "",
					 longrun_count(zone, order, type));
		page_bulk_bench_emit("buddy mode=%s when=%s zone=%s type=%s blocks=%s",
				     mode, when, zone->name,
				     migratetype_names[type], line);
	}
}

/* Drains the per-CPU lists: all that is free is then in the buddy lists */
static void longrun_show(struct longrun *run, const char *when)
{
	const char *mode = page_bulk_bench_modes[run->mode];
	struct longrun_share share;
	struct zone *zone;

	page_bulk_bench_reset_lists();
	longrun_look(&share);
	for_each_populated_zone(zone)
		longrun_show_zone(zone, mode, when);
	page_bulk_bench_emit(share_format, mode, when, share.free, share.large,
			     longrun_ppm(&share),
			     1000000 - longrun_ppm(&share));
}

static void longrun_target(const struct longrun *run, unsigned long at,
			   unsigned long nr,
			   struct page_bulk_bench_target *to)
{
	to->gfp = GFP_KERNEL;
	to->batch = nr;
	to->pages = run->pages + at * BENCH_MAX_FILL;
	to->lists = &run->fills[at].list;
}

static void longrun_drop(struct longrun *run, unsigned long at)
{
	struct longrun_fill *fill = &run->fills[at];
	struct page_bulk_bench_target to;
	u64 start;

	if (!fill->nr)
		return;
	longrun_target(run, at, fill->nr, &to);
	start = page_bulk_bench_clock();
	page_bulk_bench_free(run->mode, &to, fill->nr, fill->nr);
	run->free += page_bulk_bench_elapsed(&run->time, start,
					     page_bulk_bench_clock());
	fill->nr = 0;
}

static void longrun_step(struct longrun *run)
{
	unsigned long at = prandom_u32_state(&run->rnd) % run->nr_fills;
	unsigned long nr = prandom_u32_state(&run->rnd) % BENCH_MAX_FILL + 1;
	struct longrun_fill *fill = &run->fills[at];
	struct page_bulk_bench_target to;
	u64 time;

	longrun_drop(run, at);
	longrun_target(run, at, nr, &to);
	memset(to.pages, 0, nr * sizeof(*to.pages));
	INIT_LIST_HEAD(&fill->list);
	time = page_bulk_bench_clock();
	fill->nr = page_bulk_bench_alloc(run->mode, &to, nr);
	time = page_bulk_bench_elapsed(&run->time, time,
				       page_bulk_bench_clock());
	run->alloc += time;
	run->asked += nr;
	run->got += fill->nr;
	page_bulk_bench_record(&run->latency, time);
}

/* One single page comes or goes: the even ones kernel memory, the odd movable */
static void longrun_noise(struct longrun *run)
{
	struct page **page;
	u32 at;

	if (!run->opts->noise)
		return;
	at = prandom_u32_state(&run->rnd) % run->opts->noise;
	page = &run->noise[at];
	if (*page) {
		__free_page(*page);
		*page = NULL;
	} else {
		*page = alloc_page(at & 1 ? GFP_HIGHUSER_MOVABLE : GFP_KERNEL);
	}
}

static int longrun_steps(struct longrun *run)
{
	unsigned long i, half = run->opts->fills / 2;
	unsigned long every = max((run->opts->fills - half) / LONGRUN_LOOKS,
				  1UL);
	struct longrun_share share;

	for (i = 0; i < run->opts->fills; i++) {
		longrun_step(run);
		longrun_noise(run);
		cond_resched();
		if (i % 1024 == 0) {
			page_bulk_bench_progress(i, run->opts->fills);
			if (signal_pending(current))
				return -EINTR;
		}
		if (i >= half && (i - half) % every == 0 &&
		    (i - half) / every < LONGRUN_LOOKS) {
			longrun_look(&share);
			run->large_ppm += longrun_ppm(&share);
		}
	}
	return 0;
}

static const char longrun_format[] = {
	"longrun mode=%s fills=%lu alive=%lu noise=%lu pages=%lu missing=%lu alloc_ps=%llu free_ps=%llu total_ps=%llu alloc_clocks=%llu free_clocks=%llu total_clocks=%llu live_large_ppm=%llu fill_p50_ns=%llu fill_p999_ns=%llu fill_max_ns=%llu"
};

static u64 longrun_latency(const struct longrun *run, unsigned int ppm)
{
	u64 clocks = page_bulk_bench_percentile(&run->latency, ppm);

	return page_bulk_bench_ns(&run->time, clocks);
}

static void longrun_emit(struct longrun *run)
{
	unsigned long got = max(run->got, 1UL);
	u64 alloc = div64_ul(run->alloc * 1000, got);
	u64 free = div64_ul(run->free * 1000, got);

	page_bulk_bench_emit(longrun_format,
			     page_bulk_bench_modes[run->mode], run->opts->fills,
			     run->nr_fills, run->opts->noise, run->got,
			     run->asked - run->got,
			     page_bulk_bench_ns(&run->time, alloc),
			     page_bulk_bench_ns(&run->time, free),
			     page_bulk_bench_ns(&run->time, alloc + free),
			     alloc, free, alloc + free,
			     div_u64(run->large_ppm, LONGRUN_LOOKS),
			     longrun_latency(run, 500000),
			     longrun_latency(run, 999000),
			     page_bulk_bench_ns(&run->time, run->latency.max));
}

static int longrun_mode(struct longrun *run)
{
	unsigned long i;
	int ret;

	prandom_seed_state(&run->rnd, run->opts->seed);
	run->alloc = 0;
	run->free = 0;
	run->asked = 0;
	run->got = 0;
	run->large_ppm = 0;
	memset(&run->latency, 0, sizeof(run->latency));

	longrun_show(run, "before");
	page_bulk_bench_watch_locks(true);
	ret = longrun_steps(run);
	page_bulk_bench_watch_locks(false);
	if (!ret)
		longrun_show(run, "live");
	for (i = 0; i < run->nr_fills; i++)
		longrun_drop(run, i);
	if (!ret) {
		longrun_emit(run);
		page_bulk_bench_emit_locks(page_bulk_bench_modes[run->mode],
					   run->got, &run->time);
		longrun_show(run, "after");
	}
	for (i = 0; i < run->opts->noise; i++) {
		if (run->noise[i])
			__free_page(run->noise[i]);
		run->noise[i] = NULL;
	}
	if (!ret)
		longrun_show(run, "end");
	return ret;
}

static int longrun_prepare(struct longrun *run)
{
	unsigned long free = global_zone_page_state(NR_FREE_PAGES);
	unsigned long noise = run->opts->noise / 2;
	unsigned long pages = run->opts->pages;

	if (!pages)
		pages = max(free - free / 4, noise) - noise;
	/* What chance may add, and something for the rest of the system */
	if (pages + noise + 32 * BENCH_MAX_FILL > free - free / 16)
		return -ENOMEM;
	run->nr_fills = max(pages / (BENCH_MAX_FILL / 2), 1UL);
	run->fills = vcalloc(run->nr_fills, sizeof(*run->fills));
	run->pages = vcalloc(run->nr_fills * BENCH_MAX_FILL,
			     sizeof(*run->pages));
	run->noise = vcalloc(max(run->opts->noise, 1UL), sizeof(*run->noise));
	return run->fills && run->pages && run->noise ? 0 : -ENOMEM;
}

/**
 * page_bulk_bench_longrun() - fills of random sizes and lifetimes
 * @opts: what to measure; the modes run one after the other
 *
 * Context: process context, sleeps; one at a time.
 * Return: 0; -ENOMEM when there is too little free memory; -EINTR when a
 * signal ended it.
 */
int page_bulk_bench_longrun(const struct page_bulk_bench_options *opts)
{
	struct longrun *run = kvzalloc(sizeof(*run), GFP_KERNEL);
	unsigned long mode;
	int ret;

	if (!run)
		return -ENOMEM;
	run->opts = opts;
	ret = longrun_prepare(run);
	page_bulk_bench_start_time(&run->time);
	for_each_set_bit(mode, &opts->modes, BENCH_NR_MODES) {
		run->mode = mode;
		if (!ret)
			ret = longrun_mode(run);
	}
	vfree(run->noise);
	vfree(run->pages);
	vfree(run->fills);
	kvfree(run);
	return ret;
}
