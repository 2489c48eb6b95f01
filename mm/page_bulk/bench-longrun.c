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
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/kthread.h>
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

struct longrun;

/* Who fills: one for each CPU, with its part of the tables */
struct longrun_worker {
	struct longrun *run;
	struct completion done;
	struct rnd_state rnd;
	unsigned long steps;
	unsigned long nr_fills;		/* alive at a time */
	unsigned long nr_noise;
	struct longrun_fill *fills;
	struct page **pages;		/* BENCH_MAX_FILL for each of them */
	struct page **noise;
	int ret;

	u64 alloc, free;		/* units of the clock */
	unsigned long asked, got;	/* pages */
	struct page_bulk_bench_hist latency;	/* of a fill */
};

struct longrun {
	const struct page_bulk_bench_options *opts;
	struct page_bulk_bench_timebase time;
	enum page_bulk_bench_mode mode;
	unsigned long nr_fills;		/* of all workers */
	struct longrun_worker *workers;
	struct longrun_fill *fills;
	struct page **pages;
	struct page **noise;
	u64 large_ppm;			/* sum over the first worker's looks */
	bool stop;
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

static void longrun_target(const struct longrun_worker *worker,
			   unsigned long at, unsigned long nr,
			   struct page_bulk_bench_target *to)
{
	to->gfp = GFP_KERNEL;
	to->batch = nr;
	to->pages = worker->pages + at * BENCH_MAX_FILL;
	to->lists = &worker->fills[at].list;
}

static void longrun_drop(struct longrun_worker *worker, unsigned long at)
{
	struct longrun_fill *fill = &worker->fills[at];
	struct longrun *run = worker->run;
	struct page_bulk_bench_target to;
	u64 start;

	if (!fill->nr)
		return;
	longrun_target(worker, at, fill->nr, &to);
	start = page_bulk_bench_clock();
	page_bulk_bench_free(run->mode, &to, fill->nr, fill->nr);
	worker->free += page_bulk_bench_elapsed(&run->time, start,
						page_bulk_bench_clock());
	fill->nr = 0;
}

static void longrun_step(struct longrun_worker *worker)
{
	unsigned long at = prandom_u32_state(&worker->rnd) % worker->nr_fills;
	unsigned long nr = prandom_u32_state(&worker->rnd) % BENCH_MAX_FILL + 1;
	struct longrun_fill *fill = &worker->fills[at];
	struct longrun *run = worker->run;
	struct page_bulk_bench_target to;
	u64 time;

	longrun_drop(worker, at);
	longrun_target(worker, at, nr, &to);
	memset(to.pages, 0, nr * sizeof(*to.pages));
	INIT_LIST_HEAD(&fill->list);
	time = page_bulk_bench_clock();
	fill->nr = page_bulk_bench_alloc(run->mode, &to, nr);
	time = page_bulk_bench_elapsed(&run->time, time,
				       page_bulk_bench_clock());
	worker->alloc += time;
	worker->asked += nr;
	worker->got += fill->nr;
	page_bulk_bench_record(&worker->latency, time);
}

/* One single page comes or goes: the even ones kernel memory, the odd movable */
static void longrun_noise(struct longrun_worker *worker)
{
	struct page **page;
	u32 at;

	if (!worker->nr_noise)
		return;
	at = prandom_u32_state(&worker->rnd) % worker->nr_noise;
	page = &worker->noise[at];
	if (*page) {
		__free_page(*page);
		*page = NULL;
	} else {
		*page = alloc_page(at & 1 ? GFP_HIGHUSER_MOVABLE : GFP_KERNEL);
	}
}

/* The first worker also looks at free memory during its second half */
static void longrun_watch(struct longrun_worker *worker, unsigned long step)
{
	unsigned long half = worker->steps / 2;
	unsigned long every = max((worker->steps - half) / LONGRUN_LOOKS, 1UL);
	struct longrun_share share;

	if (step % 1024 == 0)
		page_bulk_bench_progress(step, worker->steps);
	if (step < half || (step - half) % every ||
	    (step - half) / every >= LONGRUN_LOOKS)
		return;
	longrun_look(&share);
	worker->run->large_ppm += longrun_ppm(&share);
}

static int longrun_work(void *data)
{
	struct longrun_worker *worker = data;
	struct longrun *run = worker->run;
	unsigned long i;

	worker->ret = 0;
	for (i = 0; !worker->ret && i < worker->steps; i++) {
		longrun_step(worker);
		longrun_noise(worker);
		if (worker == run->workers)
			longrun_watch(worker, i);
		cond_resched();
		if (signal_pending(current) || READ_ONCE(run->stop))
			worker->ret = -EINTR;
	}
	complete(&worker->done);
	return 0;
}

/* One worker works here, more of them in threads of their own, each on a CPU */
static int longrun_workers(struct longrun *run)
{
	unsigned int i, started = 0;
	struct task_struct *task;
	int cpu, ret = 0;

	run->stop = false;
	if (run->opts->cpus == 1) {
		longrun_work(run->workers);
		return run->workers->ret;
	}

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		if (started == run->opts->cpus)
			break;
		task = kthread_create_on_cpu(longrun_work,
					     &run->workers[started], cpu,
					     "page_bulk_bench/%u");
		if (IS_ERR(task))
			break;
		started++;
		wake_up_process(task);
	}
	cpus_read_unlock();

	if (started < run->opts->cpus) {
		ret = -EINVAL;
		WRITE_ONCE(run->stop, true);
	}
	for (i = 0; i < started; i++) {
		if (wait_for_completion_interruptible(&run->workers[i].done)) {
			WRITE_ONCE(run->stop, true);
			wait_for_completion(&run->workers[i].done);
		}
		ret = ret ?: run->workers[i].ret;
	}
	return ret;
}

static const char longrun_format[] = {
	"longrun mode=%s cpus=%lu fills=%lu alive=%lu noise=%lu pages=%lu missing=%lu alloc_ps=%llu free_ps=%llu total_ps=%llu alloc_clocks=%llu free_clocks=%llu total_clocks=%llu live_large_ppm=%llu fill_p50_ns=%llu fill_p999_ns=%llu fill_max_ns=%llu"
};

static u64 longrun_latency(const struct longrun_worker *sum,
			   unsigned int ppm)
{
	u64 clocks = page_bulk_bench_percentile(&sum->latency, ppm);

	return page_bulk_bench_ns(&sum->run->time, clocks);
}

/* The first worker becomes the sum of all */
static struct longrun_worker *longrun_sum(struct longrun *run)
{
	struct longrun_worker *sum = run->workers, *worker;

	for (worker = sum + 1; worker < sum + run->opts->cpus; worker++) {
		sum->alloc += worker->alloc;
		sum->free += worker->free;
		sum->asked += worker->asked;
		sum->got += worker->got;
		page_bulk_bench_merge(&sum->latency, &worker->latency);
	}
	return sum;
}

static void longrun_emit(struct longrun *run)
{
	struct longrun_worker *sum = longrun_sum(run);
	unsigned long got = max(sum->got, 1UL);
	u64 alloc = div64_ul(sum->alloc * 1000, got);
	u64 free = div64_ul(sum->free * 1000, got);

	page_bulk_bench_emit(longrun_format, page_bulk_bench_modes[run->mode],
			     run->opts->cpus, run->opts->fills,
			     run->nr_fills, run->opts->noise, sum->got,
			     sum->asked - sum->got,
			     page_bulk_bench_ns(&run->time, alloc),
			     page_bulk_bench_ns(&run->time, free),
			     page_bulk_bench_ns(&run->time, alloc + free),
			     alloc, free, alloc + free,
			     div_u64(run->large_ppm, LONGRUN_LOOKS),
			     longrun_latency(sum, 500000),
			     longrun_latency(sum, 999000),
			     page_bulk_bench_ns(&run->time, sum->latency.max));
	page_bulk_bench_emit_locks(page_bulk_bench_modes[run->mode], sum->got,
				   &run->time);
}

/* Divide the tables; the same random numbers for each mode */
static void longrun_divide(struct longrun *run)
{
	unsigned long nr_fills = run->nr_fills / run->opts->cpus;
	unsigned long nr_noise = run->opts->noise / run->opts->cpus;
	struct longrun_worker *worker;
	unsigned long i;

	for (i = 0; i < run->opts->cpus; i++) {
		worker = &run->workers[i];
		memset(worker, 0, sizeof(*worker));
		worker->run = run;
		init_completion(&worker->done);
		prandom_seed_state(&worker->rnd, run->opts->seed + i);
		worker->steps = run->opts->fills / run->opts->cpus;
		worker->nr_fills = nr_fills;
		worker->nr_noise = nr_noise;
		worker->fills = run->fills + i * nr_fills;
		worker->pages = run->pages + i * nr_fills * BENCH_MAX_FILL;
		worker->noise = run->noise + i * nr_noise;
	}
	run->large_ppm = 0;
}

static void longrun_drop_all(struct longrun *run)
{
	struct longrun_worker *worker = run->workers;
	unsigned long i;

	for (; worker < run->workers + run->opts->cpus; worker++) {
		for (i = 0; i < worker->nr_fills; i++) {
			longrun_drop(worker, i);
			cond_resched();
		}
	}
}

static int longrun_mode(struct longrun *run)
{
	unsigned long i;
	int ret;

	longrun_divide(run);
	longrun_show(run, "before");
	page_bulk_bench_watch_locks(true);
	ret = longrun_workers(run);
	page_bulk_bench_watch_locks(false);
	if (!ret)
		longrun_show(run, "live");
	longrun_drop_all(run);
	if (!ret) {
		longrun_emit(run);
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
	run->nr_fills = max(pages / (BENCH_MAX_FILL / 2), run->opts->cpus);
	run->fills = vcalloc(run->nr_fills, sizeof(*run->fills));
	run->pages = vcalloc(run->nr_fills * BENCH_MAX_FILL,
			     sizeof(*run->pages));
	run->noise = vcalloc(max(run->opts->noise, 1UL), sizeof(*run->noise));
	run->workers = vcalloc(run->opts->cpus, sizeof(*run->workers));
	if (!run->fills || !run->pages || !run->noise || !run->workers)
		return -ENOMEM;
	return 0;
}

/**
 * page_bulk_bench_longrun() - fills of random sizes and lifetimes
 * @opts: what to measure; the modes run one after the other
 *
 * Context: process context, sleeps; one at a time.
 * Return: 0; -ENOMEM when there is too little free memory; -EINTR when a
 * signal ended it; -EINVAL when fewer CPUs are online than were asked for.
 */
int page_bulk_bench_longrun(const struct page_bulk_bench_options *opts)
{
	struct longrun *run = kzalloc(sizeof(*run), GFP_KERNEL);
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
	vfree(run->workers);
	vfree(run->noise);
	vfree(run->pages);
	vfree(run->fills);
	kfree(run);
	return ret;
}
