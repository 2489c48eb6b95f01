// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is measured: allocating and freeing pages the way that each mode does.
 *
 * The loops are inside, so that finding the mode does not count in batches of
 * one page.
 */
#include <linux/mm.h>
#include <linux/page_bulk.h>
#include "bench.h"

static unsigned long alloc_singles(struct page **pages, unsigned long nr,
				   gfp_t gfp)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		pages[i] = alloc_page(gfp);
		if (!pages[i])
			break;
	}
	return i;
}

static unsigned long alloc_single_slots(struct page **pages, unsigned long nr,
					gfp_t gfp, int nid)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		if (pages[i])
			continue;
		pages[i] = alloc_pages_node(nid, gfp, 0);
		if (!pages[i])
			break;
	}
	return i;
}

static unsigned long alloc_arrays(struct page **pages, unsigned long nr,
				  gfp_t gfp, int nid, unsigned long batch)
{
	unsigned long i, got = 0;

	for (i = 0; i < nr; i += batch) {
		struct page_bulk_request req = {
			.gfp = gfp,
			.nid = nid,
			.wanted = batch,
			.pages = pages + i,
		};

		page_bulk_alloc_array_noprof(&req);
		got += req.got;
	}
	return got;
}

static unsigned long alloc_lists(struct list_head *lists, unsigned long nr,
				 gfp_t gfp, int nid, unsigned long batch)
{
	unsigned long i, got = 0;

	for (i = 0; i < nr; i += batch) {
		struct page_bulk_request req = {
			.gfp = gfp,
			.nid = nid,
			.wanted = batch,
			.list = lists++,
		};

		page_bulk_alloc_list_noprof(&req);
		got += req.got;
	}
	return got;
}

static unsigned long alloc_stock(struct page **pages, unsigned long nr,
				 gfp_t gfp, int nid, unsigned long batch)
{
	unsigned long i, got = 0;

	for (i = 0; i < nr; i += batch)
		got += alloc_pages_bulk_array_node(gfp, nid, batch, pages + i);
	return got;
}

static unsigned long alloc_stock_lists(struct list_head *lists,
				       unsigned long nr, gfp_t gfp,
				       unsigned long batch)
{
	unsigned long i, got = 0;

	for (i = 0; i < nr; i += batch)
		got += alloc_pages_bulk_list(gfp, batch, lists++);
	return got;
}

/**
 * page_bulk_bench_alloc() - allocate pages the way that a mode does
 * @mode: the mode
 * @to: slots, all NULL, and empty lists; GFP flags; size of a batch
 * @nr: pages, a multiple of the batch
 *
 * Context: as the GFP flags say.
 * Return: pages that came, as far as the mode tells without a look at them.
 */
unsigned long page_bulk_bench_alloc(enum page_bulk_bench_mode mode,
				    const struct page_bulk_bench_target *to,
				    unsigned long nr)
{
	int nid = numa_mem_id();

	switch (mode) {
	case BENCH_LOOP:
		return alloc_singles(to->pages, nr, to->gfp);
	case BENCH_SINGLE:
		return alloc_single_slots(to->pages, nr, to->gfp, nid);
	case BENCH_LIST:
		return alloc_lists(to->lists, nr, to->gfp, nid, to->batch);
	case BENCH_ARRAY:
		return alloc_arrays(to->pages, nr, to->gfp, nid, to->batch);
	case BENCH_STOCK_LIST:
		return alloc_stock_lists(to->lists, nr, to->gfp, to->batch);
	default:
		return alloc_stock(to->pages, nr, to->gfp, nid, to->batch);
	}
}

/*
 * Taking the pages off the list is part of both list forms. It counts as
 * freeing for both.
 */
static void free_lists(const struct page_bulk_bench_target *to, unsigned long nr)
{
	struct page **pages = to->pages;
	struct list_head *list;
	unsigned long n;

	for (list = to->lists; list < to->lists + nr / to->batch; list++) {
		for (n = 0; !list_empty(list); n++)
			pages[n] = page_bulk_list_pop(list);
		page_bulk_free(pages, n);
		pages += n;
	}
}

static void free_stock_lists(const struct page_bulk_bench_target *to,
			     unsigned long nr)
{
	struct page **pages = to->pages;
	struct page *page, *next;
	struct list_head *list;
	unsigned long n;

	for (list = to->lists; list < to->lists + nr / to->batch; list++) {
		n = 0;
		list_for_each_entry_safe(page, next, list, lru) {
			list_del(&page->lru);
			pages[n++] = page;
		}
		release_pages(pages, n);
		pages += n;
	}
}

/**
 * page_bulk_bench_free() - free pages the way that belongs to a mode
 * @mode: the mode
 * @to: what page_bulk_bench_alloc() filled; the slots without gaps
 * @nr: pages that were asked for
 * @got: pages in the slots; the list forms look at the lists instead
 *
 * Context: process context.
 */
void page_bulk_bench_free(enum page_bulk_bench_mode mode,
			  const struct page_bulk_bench_target *to,
			  unsigned long nr, unsigned long got)
{
	unsigned long i;

	switch (mode) {
	case BENCH_LOOP:
		for (i = 0; i < got; i++)
			__free_page(to->pages[i]);
		break;
	case BENCH_SINGLE:
		for (i = 0; i < got; i++)
			put_page(to->pages[i]);
		break;
	case BENCH_LIST:
		free_lists(to, nr);
		break;
	case BENCH_ARRAY:
		for (i = 0; i < got; i += to->batch)
			page_bulk_free(to->pages + i, min(to->batch, got - i));
		break;
	case BENCH_STOCK_LIST:
		free_stock_lists(to, nr);
		break;
	default:
		for (i = 0; i < got; i += to->batch)
			release_pages(to->pages + i, min(to->batch, got - i));
	}
}
