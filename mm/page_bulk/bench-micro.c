// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of batches: what allocating and freeing a page costs, by mode,
 * batch size, state of memory and GFP flags.
 *
 * The modes take turns, one sample each, in an order that changes from round
 * to round, and each sample begins from a state of memory that is made anew.
 */
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>
#include "bench.h"

/*
 * Hot: so many pages at least between two readings of the clock. Smaller
 * batches are taken in groups.
 */
#define BENCH_GROUP		64UL
/* Hot: pages of one sample, more where one batch is more */
#define BENCH_HOT_PAGES		16384UL

/* The table in the making; all modes of one row are sampled together */
struct bench_micro {
	const struct page_bulk_bench_options *opts;
	struct page_bulk_bench_timebase time;
	struct page_bulk_bench_fragments frag;
	struct rnd_state rnd;
	struct page_bulk_bench_target to;
	struct page **others;		/* scattered: the pages prefilled */
	unsigned long max_pages, nr_others;
	unsigned long done, all;	/* samples */

	enum page_bulk_bench_memory memory;
	enum page_bulk_bench_gfp gfp;
};

/* One sample: units of the clock, and pages */
struct bench_sample {
	u64 alloc;
	u64 free;
	unsigned long asked;
	unsigned long got;
};

/* Samples of one row, thousandths of the clock's unit for each page */
struct bench_row {
	u64 *alloc;
	u64 *free;
	u64 *total;
	unsigned long missing;		/* pages asked for that did not come */
};

static const gfp_t bench_gfp_flags[BENCH_NR_GFPS] = {
	[BENCH_GFP_KERNEL]	= GFP_KERNEL,
	[BENCH_GFP_ACCOUNT]	= GFP_KERNEL_ACCOUNT,
	[BENCH_GFP_ZERO]	= GFP_KERNEL | __GFP_ZERO,
	[BENCH_GFP_ATOMIC]	= GFP_ATOMIC,
};

/* A short fill leaves empty slots: close the gaps */
static unsigned long bench_compact(struct page **pages, unsigned long nr)
{
	unsigned long i, n = 0;

	for (i = 0; i < nr; i++)
		if (pages[i])
			pages[n++] = pages[i];
	return n;
}

/* Allocate @nr pages, a multiple of the batch, free them, add up the time */
static void bench_round(struct bench_micro *m, enum page_bulk_bench_mode mode,
			unsigned long nr, struct bench_sample *sample)
{
	bool strung = mode == BENCH_LIST || mode == BENCH_STOCK_LIST;
	unsigned long got, i;
	u64 start, end;

	if (strung)
		for (i = 0; i < nr / m->to.batch; i++)
			INIT_LIST_HEAD(&m->to.lists[i]);
	memset(m->to.pages, 0, nr * sizeof(*m->to.pages));

	start = page_bulk_bench_clock();
	got = page_bulk_bench_alloc(mode, &m->to, nr);
	end = page_bulk_bench_clock();
	sample->alloc += page_bulk_bench_elapsed(&m->time, start, end);

	/* Outside of the time: whether the pages really came */
	if (!strung && (got != nr || !m->to.pages[nr - 1]))
		got = bench_compact(m->to.pages, nr);

	start = page_bulk_bench_clock();
	page_bulk_bench_free(mode, &m->to, nr, got);
	end = page_bulk_bench_clock();
	sample->free += page_bulk_bench_elapsed(&m->time, start, end);
	sample->asked += nr;
	sample->got += got;
}

static void bench_rounds(struct bench_micro *m, enum page_bulk_bench_mode mode,
			 unsigned int warm_up, struct bench_sample *sample)
{
	unsigned long group = max(m->to.batch, BENCH_GROUP);
	unsigned long rounds = max(BENCH_HOT_PAGES / group, 4UL);

	while (warm_up--)
		bench_round(m, mode, group, sample);
	*sample = (struct bench_sample) { };
	while (rounds--)
		bench_round(m, mode, group, sample);
}

/*
 * Fill this CPU's list with twice the pages that a group takes, in random
 * order, while the neighbour of each is held.
 */
static void bench_scatter(struct bench_micro *m)
{
	unsigned long nr = 2 * max(m->to.batch, 512UL), got, i;
	struct per_cpu_pages *pcp;
	struct zone *zone;

	memset(m->others, 0, 2 * nr * sizeof(*m->others));
	for (got = 0; got < 2 * nr; got++) {
		m->others[got] = alloc_page(GFP_KERNEL | __GFP_NORETRY);
		if (!m->others[got])
			break;
	}
	for_each_populated_zone(zone) {
		pcp = raw_cpu_ptr(zone->per_cpu_pageset);
		WRITE_ONCE(pcp->high, pcp->high_max);
	}
	/* The even ones to the front, the odd ones behind */
	for (i = 1; i < got / 2; i++)
		swap(m->others[i], m->others[2 * i]);
	page_bulk_bench_shuffle(m->others, got / 2, &m->rnd);
	for (i = 0; i < got / 2; i++) {
		__free_page(m->others[i]);
		m->others[i] = NULL;
	}
}

static void bench_unscatter(struct bench_micro *m)
{
	unsigned long i, nr = 4 * max(m->to.batch, 512UL);

	for (i = 0; i < nr; i++)
		if (m->others[i])
			__free_page(m->others[i]);
}

static int bench_sample(struct bench_micro *m, enum page_bulk_bench_mode mode,
			struct bench_sample *sample)
{
	unsigned long stream = roundup(m->opts->stream, m->to.batch);
	struct bench_sample unused = { };
	unsigned long batch = m->to.batch;
	int ret = 0;

	*sample = (struct bench_sample) { };
	page_bulk_bench_reset_lists();
	migrate_disable();
	switch (m->memory) {
	case BENCH_HOT:
		bench_rounds(m, mode, 16, sample);
		break;
	case BENCH_SCATTERED:
		bench_scatter(m);
		bench_rounds(m, mode, 1, sample);
		bench_unscatter(m);
		break;
	case BENCH_COLD:
		/* The same work before each sample, whoever had the last */
		m->to.batch = 1;
		bench_round(m, BENCH_LOOP, stream, &unused);
		m->to.batch = batch;
		page_bulk_bench_reset_lists();
		bench_round(m, mode, stream, sample);
		break;
	default:
		ret = page_bulk_bench_refragment(&m->frag, &m->rnd);
		if (!ret)
			bench_round(m, mode, stream, sample);
	}
	migrate_enable();
	cond_resched();
	return ret;
}

static const char row_format[] = {
	"row mode=%s memory=%s batch=%lu gfp=%s samples=%u alloc_ps=%llu free_ps=%llu total_ps=%llu spread_ppm=%llu alloc_clocks=%llu free_clocks=%llu total_clocks=%llu missing=%lu"
};

static void bench_emit_row(struct bench_micro *m,
			   enum page_bulk_bench_mode mode,
			   struct bench_row *row)
{
	unsigned int nr = m->opts->samples;
	u64 alloc, free, total, spread;

	page_bulk_bench_sort(row->alloc, nr);
	page_bulk_bench_sort(row->free, nr);
	page_bulk_bench_sort(row->total, nr);
	alloc = page_bulk_bench_quantile(row->alloc, nr, 1, 2);
	free = page_bulk_bench_quantile(row->free, nr, 1, 2);
	total = page_bulk_bench_quantile(row->total, nr, 1, 2);
	spread = page_bulk_bench_quantile(row->total, nr, 3, 4) -
		 page_bulk_bench_quantile(row->total, nr, 1, 4);

	page_bulk_bench_emit(row_format, page_bulk_bench_modes[mode],
			     page_bulk_bench_memories[m->memory], m->to.batch,
			     page_bulk_bench_gfps[m->gfp], nr,
			     page_bulk_bench_ns(&m->time, alloc),
			     page_bulk_bench_ns(&m->time, free),
			     page_bulk_bench_ns(&m->time, total),
			     div64_u64(spread * 1000000, max(total, 1ULL)),
			     alloc, free, total, row->missing);
}

static int bench_alloc_rows(struct bench_row *rows, unsigned long samples)
{
	int i;

	for (i = 0; i < BENCH_NR_MODES; i++) {
		rows[i] = (struct bench_row) { };
		rows[i].alloc = kcalloc(3 * samples, sizeof(u64), GFP_KERNEL);
		if (!rows[i].alloc)
			return -ENOMEM;
		rows[i].free = rows[i].alloc + samples;
		rows[i].total = rows[i].free + samples;
	}
	return 0;
}

static void bench_store(struct bench_row *row, int at,
			const struct bench_sample *sample)
{
	unsigned long got = max(sample->got, 1UL);

	row->alloc[at] = div64_ul(sample->alloc * 1000, got);
	row->free[at] = div64_ul(sample->free * 1000, got);
	row->total[at] = div64_ul((sample->alloc + sample->free) * 1000, got);
	row->missing += sample->asked - sample->got;
}

/* The modes' rows of one batch size, sampled in turn */
static int bench_batch(struct bench_micro *m)
{
	struct bench_row rows[BENCH_NR_MODES] = { };
	int ret, mode, i, nr = BENCH_NR_MODES;
	struct bench_sample sample;
	long s;

	ret = bench_alloc_rows(rows, m->opts->samples);
	/* Sample -1 warms the code up and is not kept */
	for (s = -1; !ret && s < (long)m->opts->samples; s++) {
		for (i = 0; !ret && i < nr; i++) {
			mode = s & 1 ? (s + i) % nr : (s + nr - i) % nr;
			if (s < 0)
				mode = i;
			if (!(m->opts->modes & BIT(mode)))
				continue;
			ret = bench_sample(m, mode, &sample);
			if (!ret && signal_pending(current))
				ret = -EINTR;
			if (s >= 0)
				bench_store(&rows[mode], s, &sample);
			page_bulk_bench_progress(++m->done, m->all);
		}
	}
	for (mode = 0; mode < nr; mode++) {
		if (!ret && m->opts->modes & BIT(mode))
			bench_emit_row(m, mode, &rows[mode]);
		kfree(rows[mode].alloc);
	}
	return ret;
}

static int bench_memory(struct bench_micro *m)
{
	unsigned long gfp, batch;
	int ret = 0;

	if (m->memory == BENCH_FRAGMENTED)
		ret = page_bulk_bench_fragment(&m->frag, &m->rnd);
	if (ret)
		return ret;
	for_each_set_bit(gfp, &m->opts->gfps, BENCH_NR_GFPS) {
		for_each_set_bit(batch, &m->opts->batches, BENCH_BATCHES) {
			m->gfp = gfp;
			m->to.gfp = bench_gfp_flags[gfp];
			m->to.batch = 1UL << batch;
			ret = bench_batch(m);
			if (ret)
				goto out;
		}
	}
out:
	if (m->memory == BENCH_FRAGMENTED)
		page_bulk_bench_defragment(&m->frag);
	return ret;
}

static int bench_alloc_arrays(struct bench_micro *m)
{
	unsigned long largest = 1UL << __fls(m->opts->batches);
	unsigned long lists;

	m->nr_others = 4 * max(largest, 512UL);
	m->max_pages = max3(roundup(m->opts->stream, largest), largest,
			    BENCH_GROUP);
	lists = m->max_pages >> __ffs(m->opts->batches);
	if (global_zone_page_state(NR_FREE_PAGES) <
	    2 * (m->max_pages + m->nr_others))
		return -ENOMEM;
	m->to.pages = vmalloc_array(m->max_pages, sizeof(*m->to.pages));
	m->others = vmalloc_array(m->nr_others, sizeof(*m->others));
	m->to.lists = vmalloc_array(lists, sizeof(*m->to.lists));
	return m->to.pages && m->others && m->to.lists ? 0 : -ENOMEM;
}

static unsigned long bench_take_pages(struct page **pages, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		pages[i] = alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
		if (!pages[i])
			break;
		if (!(i % 1024))
			cond_resched();
	}
	return i;
}

/*
 * A machine that has run for a while has pageblocks of the kernel's own type
 * for what its kernel uses at most: take that much once and give it back.
 * Without, the first rows would pay for claiming them, and what a row finds
 * would depend on the rows before it.
 */
static void bench_claim_blocks(struct bench_micro *m)
{
	unsigned long stream, others;

	stream = bench_take_pages(m->to.pages, m->max_pages);
	others = bench_take_pages(m->others, m->nr_others);
	while (stream)
		__free_page(m->to.pages[--stream]);
	while (others)
		__free_page(m->others[--others]);
	page_bulk_bench_reset_lists();
}

/**
 * page_bulk_bench_micro() - measure the table of batches
 * @opts: what to measure
 *
 * Context: process context, sleeps; one at a time.
 * Return: 0; -ENOMEM when there is too little free memory; -EINTR when a
 * signal ended it, the rows until then have been given out; -EBUSY when
 * memory cannot be fragmented.
 */
int page_bulk_bench_micro(const struct page_bulk_bench_options *opts)
{
	struct bench_micro *m = kzalloc(sizeof(*m), GFP_KERNEL);
	unsigned long memory;
	int ret;

	if (!m)
		return -ENOMEM;
	m->opts = opts;
	m->all = hweight_long(opts->modes) * hweight_long(opts->memories) *
		 hweight_long(opts->gfps) * hweight_long(opts->batches) *
		 (opts->samples + 1);
	prandom_seed_state(&m->rnd, opts->seed);
	ret = bench_alloc_arrays(m);
	if (!ret)
		bench_claim_blocks(m);
	page_bulk_bench_start_time(&m->time);
	for_each_set_bit(memory, &opts->memories, BENCH_NR_MEMORIES) {
		m->memory = memory;
		if (!ret)
			ret = bench_memory(m);
	}
	vfree(m->to.lists);
	vfree(m->others);
	vfree(m->to.pages);
	kfree(m);
	return ret;
}
