// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a user's fill costs beyond its pages: a whole fill against the same
 * without counters and against the bare call under it, and fills that find
 * (nearly) all slots full, which is what nfsd does every second time. As in
 * nfsd, the fill knows which slots may be empty.
 *
 * The user is one of our own that is not registered: it has counters but no
 * sysctl, and nobody else fills through it.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include "bench.h"

#define FILL_SLOTS	259UL	/* nfsd's array, for 1 MB */
#define FILL_WARM_UP	16

enum fill_case {
	FILL_EMPTY,		/* all slots are empty */
	FILL_UNCOUNTED,		/* the same, by a user that has no counters */
	FILL_BARE,		/* the same without page_bulk_fill_hull() */
	FILL_FEW,		/* the first two slots are empty */
	FILL_FULL,		/* none is */
	FILL_NR_CASES
};

static const char * const fill_cases[FILL_NR_CASES] = {
	[FILL_EMPTY] = "empty",
	[FILL_UNCOUNTED] = "uncounted",
	[FILL_BARE] = "bare",
	[FILL_FEW] = "few",
	[FILL_FULL] = "full",
};

static const char fill_format[] =
	"fill mode=%s slots=%lu case=%s samples=%u fill_ps=%llu fill_clocks=%llu";

static struct page_bulk_user fill_user = { .name = "bench" };
static struct page_bulk_user fill_uncounted = { .name = "bench" };

static const struct {
	enum page_bulk_bench_mode row;
	enum page_bulk_mode mode;
} fill_modes[] = {
	{ BENCH_SINGLE, PAGE_BULK_SINGLE },
	{ BENCH_LIST, PAGE_BULK_LIST },
	{ BENCH_ARRAY, PAGE_BULK_ARRAY },
	{ BENCH_STOCK, PAGE_BULK_STOCK },
};

struct bench_fill {
	struct page_bulk_bench_timebase time;
	struct page *pages[FILL_SLOTS];
	u64 *samples[FILL_NR_CASES];
};

static void fill_free(enum page_bulk_mode mode, struct page **pages)
{
	if (mode == PAGE_BULK_LIST || mode == PAGE_BULK_ARRAY)
		page_bulk_free(pages, FILL_SLOTS);
	else
		release_pages(pages, FILL_SLOTS);
	memset(pages, 0, FILL_SLOTS * sizeof(*pages));
}

/* What is under a fill: the loop, or one call */
static unsigned long fill_bare(enum page_bulk_mode mode, struct page **pages)
{
	struct page_bulk_request req = {
		.gfp = GFP_KERNEL,
		.nid = numa_mem_id(),
		.wanted = FILL_SLOTS,
	};
	unsigned long i = 0;
	LIST_HEAD(list);

	switch (mode) {
	case PAGE_BULK_SINGLE:
		while (i < FILL_SLOTS) {
			pages[i] = alloc_pages_node(req.nid, req.gfp, 0);
			if (!pages[i])
				break;
			i++;
		}
		return i;
	case PAGE_BULK_LIST:
		req.list = &list;
		page_bulk_alloc_list_noprof(&req);
		while (!list_empty(&list))
			pages[i++] = page_bulk_list_pop(&list);
		return i;
	case PAGE_BULK_ARRAY:
		req.pages = pages;
		page_bulk_alloc_dense_noprof(&req);
		return req.got;
	default:
		return alloc_pages_bulk_array_node(req.gfp, req.nid,
						   FILL_SLOTS, pages);
	}
}

/*
 * One call, and in @time what it took, in units of the clock. @user: NULL for
 * the bare call; @empty: leading slots that are empty. -ENOMEM: some still are.
 */
static int fill_once(struct bench_fill *b, enum page_bulk_mode mode,
		     struct page_bulk_user *user, unsigned int empty, u64 *time)
{
	struct page_bulk_hull hull = {
		.end = empty,
		.known = FILL_SLOTS,
		.all = empty,
	};
	u64 start, end;
	unsigned long got;

	start = page_bulk_bench_clock();
	if (!user)
		got = fill_bare(mode, b->pages);
	else
		got = page_bulk_fill_hull(user, GFP_KERNEL, numa_mem_id(),
					  FILL_SLOTS, b->pages, &hull);
	end = page_bulk_bench_clock();
	*time = page_bulk_bench_elapsed(&b->time, start, end);
	return got == FILL_SLOTS ? 0 : -ENOMEM;
}

/* On an error the slots that are full stay so */
static int fill_sample(struct bench_fill *b, enum page_bulk_mode mode, int at)
{
	u64 times[FILL_NR_CASES];
	int i, ret;

	ret = fill_once(b, mode, NULL, FILL_SLOTS, &times[FILL_BARE]);
	if (ret)
		return ret;
	fill_free(mode, b->pages);
	ret = fill_once(b, mode, &fill_uncounted, FILL_SLOTS,
			&times[FILL_UNCOUNTED]);
	if (ret)
		return ret;
	fill_free(mode, b->pages);
	ret = fill_once(b, mode, &fill_user, FILL_SLOTS, &times[FILL_EMPTY]) ?:
	      fill_once(b, mode, &fill_user, 0, &times[FILL_FULL]);
	if (ret)
		return ret;
	for (i = 0; i < 2; i++) {
		put_page(b->pages[i]);
		b->pages[i] = NULL;
	}
	ret = fill_once(b, mode, &fill_user, 2, &times[FILL_FEW]);
	if (ret)
		return ret;
	for (i = 0; at >= 0 && i < FILL_NR_CASES; i++)
		b->samples[i][at] = times[i] * 1000;
	fill_free(mode, b->pages);
	return 0;
}

static int fill_mode(struct bench_fill *b, unsigned int samples, int index)
{
	enum page_bulk_mode mode = fill_modes[index].mode;
	int i, at, ret = 0;

	WRITE_ONCE(fill_user.state, mode);
	WRITE_ONCE(fill_uncounted.state, mode);
	page_bulk_bench_reset_lists();
	for (at = -FILL_WARM_UP; !ret && at < (int)samples; at++) {
		migrate_disable();
		ret = fill_sample(b, mode, at);
		migrate_enable();
		cond_resched();
		if (!ret && signal_pending(current))
			ret = -EINTR;
	}
	if (ret) {
		/* release_pages() takes no empty slot */
		for (i = 0; i < FILL_SLOTS; i++)
			if (b->pages[i])
				put_page(b->pages[i]);
		memset(b->pages, 0, sizeof(b->pages));
		return ret;
	}
	for (i = 0; i < FILL_NR_CASES; i++) {
		enum page_bulk_bench_mode row = fill_modes[index].row;
		u64 median, ps;

		page_bulk_bench_sort(b->samples[i], samples);
		median = page_bulk_bench_quantile(b->samples[i], samples, 1, 2);
		ps = page_bulk_bench_ns(&b->time, median);
		page_bulk_bench_emit(fill_format, page_bulk_bench_modes[row],
				     FILL_SLOTS, fill_cases[i], samples, ps,
				     median);
	}
	return 0;
}

/**
 * page_bulk_bench_fill() - measure whole fills of nfsd's size
 * @opts: modes and samples
 *
 * Context: process context, sleeps; one at a time.
 * Return: 0; -ENOMEM when there is too little free memory; -EINTR when a
 * signal ended it.
 */
int page_bulk_bench_fill(const struct page_bulk_bench_options *opts)
{
	struct bench_fill *b = kvzalloc(sizeof(*b), GFP_KERNEL);
	u64 *samples;
	int i, ret = 0;

	samples = kcalloc(FILL_NR_CASES * opts->samples, sizeof(*samples),
			  GFP_KERNEL);
	if (!b || !samples)
		ret = -ENOMEM;
	if (!ret && !fill_user.counters)
		ret = page_bulk_init_counters(&fill_user);
	if (ret)
		goto out;
	for (i = 0; i < FILL_NR_CASES; i++)
		b->samples[i] = samples + i * opts->samples;
	page_bulk_bench_start_time(&b->time);
	for (i = 0; !ret && i < ARRAY_SIZE(fill_modes); i++)
		if (opts->modes & BIT(fill_modes[i].row))
			ret = fill_mode(b, opts->samples, i);
out:
	kfree(samples);
	kvfree(b);
	return ret;
}
