// SPDX-License-Identifier: GPL-2.0-only
/*
 * States of memory for the benchmark: per-CPU lists empty and in their first
 * tuning, and free memory in pieces.
 */
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>
#include "bench.h"

/* All that needs neither reclaim nor the reserves */
#define BENCH_TAKE	((GFP_KERNEL & ~__GFP_RECLAIM) | __GFP_NOWARN | \
			 __GFP_NOMEMALLOC)

/**
 * page_bulk_bench_reset_lists() - give the per-CPU lists their first state
 *
 * Empties those of all CPUs. How many pages they hold and how many a refill
 * takes tunes itself with use: that starts again too, so that no sample
 * inherits it from the one before.
 *
 * Context: process context, may sleep.
 */
void page_bulk_bench_reset_lists(void)
{
	struct per_cpu_pages *pcp;
	struct zone *zone;
	int cpu;

	drain_all_pages(NULL);
	for_each_populated_zone(zone) {
		for_each_online_cpu(cpu) {
			pcp = per_cpu_ptr(zone->per_cpu_pageset, cpu);
			spin_lock(&pcp->lock);
			pcp->high = pcp->high_min;
			pcp->flags &= ~PCPF_PREV_FREE_HIGH_ORDER;
			pcp->alloc_factor = 0;
			pcp->free_count = 0;
			spin_unlock(&pcp->lock);
		}
	}
}

/**
 * page_bulk_bench_shuffle() - put pages in random order
 * @pages: the pages
 * @nr: how many
 * @rnd: random numbers
 *
 * Context: process context, may sleep.
 */
void page_bulk_bench_shuffle(struct page **pages, unsigned long nr,
			     struct rnd_state *rnd)
{
	unsigned long i, other;

	for (i = nr; i > 1; i--) {
		other = prandom_u32_state(rnd) % i;
		swap(pages[i - 1], pages[other]);
		if (i % 4096 == 0)
			cond_resched();
	}
}

/**
 * page_bulk_bench_blocks() - count free blocks of an order and above
 * @order: the order
 *
 * Context: any; a snapshot.
 * Return: blocks in the zone that kernel memory comes from first.
 */
unsigned long page_bulk_bench_blocks(unsigned int order)
{
	struct zonelist *zonelist = node_zonelist(numa_mem_id(), GFP_KERNEL);
	struct zone *zone = zonelist_zone(first_zones_zonelist(zonelist,
							       gfp_zone(GFP_KERNEL),
							       NULL));
	unsigned long nr = 0;

	for (; order < NR_PAGE_ORDERS; order++)
		nr += READ_ONCE(zone->free_area[order].nr_free);
	return nr;
}

static void free_pages_strung(struct list_head *list)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, list, lru) {
		unsigned int order = page_private(page);

		list_del(&page->lru);
		set_page_private(page, 0);
		__free_pages(page, order);
		cond_resched();
	}
}

static void string_page(struct page *page, unsigned int order,
			struct list_head *list)
{
	set_page_private(page, order);
	list_add(&page->lru, list);
}

static void free_shuffled(struct page_bulk_bench_fragments *frag,
			  struct rnd_state *rnd)
{
	unsigned long i;

	page_bulk_bench_shuffle(frag->free, frag->nr, rnd);
	for (i = 0; i < frag->nr; i++) {
		__free_page(frag->free[i]);
		if (i % 1024 == 0)
			cond_resched();
	}
	page_bulk_bench_reset_lists();
}

/**
 * page_bulk_bench_fragment() - leave no block of order 4 or more free
 * @frag: out: what is held, for page_bulk_bench_defragment()
 * @rnd: random numbers
 *
 * Takes all free memory above the watermarks page by page, gives a random
 * half of the pages back in random order, and takes whatever is still a
 * block.
 *
 * Context: process context, may sleep.
 * Return: 0; -ENOMEM; -EINTR when a signal is pending; -EBUSY when blocks
 * remain that cannot be taken.
 */
int page_bulk_bench_fragment(struct page_bulk_bench_fragments *frag,
			     struct rnd_state *rnd)
{
	unsigned long max = global_zone_page_state(NR_FREE_PAGES) * 5 / 8;
	struct page *page;
	int order, ret;

	INIT_LIST_HEAD(&frag->held);
	INIT_LIST_HEAD(&frag->blocks);
	frag->nr = 0;
	frag->free = vmalloc_array(max, sizeof(*frag->free));
	if (!frag->free)
		return -ENOMEM;

	page_bulk_bench_reset_lists();
	while ((page = alloc_page(BENCH_TAKE))) {
		if (frag->nr < max && prandom_u32_state(rnd) & 1)
			frag->free[frag->nr++] = page;
		else
			string_page(page, 0, &frag->held);
		cond_resched();
		if (signal_pending(current))
			break;
	}
	free_shuffled(frag, rnd);

	for (order = MAX_PAGE_ORDER; order >= BENCH_BLOCK_ORDER; order--)
		while ((page = alloc_pages(BENCH_TAKE, order)))
			string_page(page, order, &frag->blocks);
	frag->nr -= frag->nr / 64;	/* some now lie in such blocks */

	ret = signal_pending(current) ? -EINTR :
	      page_bulk_bench_blocks(BENCH_BLOCK_ORDER) ? -EBUSY : 0;
	if (ret) {
		frag->nr = 0;
		page_bulk_bench_defragment(frag);
	}
	return ret;
}

/**
 * page_bulk_bench_refragment() - put the free pages in random order again
 * @frag: from page_bulk_bench_fragment()
 * @rnd: random numbers
 *
 * Context: process context, may sleep.
 * Return: 0, or -ENOMEM when memory that was free no longer is.
 */
int page_bulk_bench_refragment(struct page_bulk_bench_fragments *frag,
			       struct rnd_state *rnd)
{
	unsigned long nr = frag->nr;

	page_bulk_bench_reset_lists();
	for (frag->nr = 0; frag->nr < nr; frag->nr++) {
		frag->free[frag->nr] = alloc_page(BENCH_TAKE);
		if (!frag->free[frag->nr])
			break;
		if (frag->nr % 1024 == 0)
			cond_resched();
	}
	free_shuffled(frag, rnd);
	/* Others free memory too, but hardly so much of it */
	if (frag->nr < nr - nr / 8)
		return -ENOMEM;
	return 0;
}

/**
 * page_bulk_bench_defragment() - give everything back
 * @frag: from page_bulk_bench_fragment()
 *
 * Context: process context, may sleep.
 */
void page_bulk_bench_defragment(struct page_bulk_bench_fragments *frag)
{
	free_pages_strung(&frag->held);
	free_pages_strung(&frag->blocks);
	vfree(frag->free);
	frag->free = NULL;
	page_bulk_bench_reset_lists();
}
