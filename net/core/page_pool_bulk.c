// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page_pool user of bulk page allocation: the slow path of the pools of
 * network drivers. Its fills run in NAPI context, with the pool's flags.
 */
#include "page_pool_bulk.h"

DEFINE_PAGE_BULK_USER(page_pool);

/**
 * page_pool_bulk_fill() - fill empty slots as vm.page_bulk.page_pool says
 * @gfp: the pool's flags
 * @nid: the pool's node, or NUMA_NO_NODE
 * @nr: number of slots
 * @pages: the slots: NULL where a page is wanted
 *
 * Context: as alloc_pages() with the same flags; NAPI with GFP_ATOMIC.
 * Return: the number of leading filled slots, as page_bulk_fill().
 */
unsigned long page_pool_bulk_fill_noprof(gfp_t gfp, int nid, unsigned long nr,
					 struct page **pages)
{
	return page_bulk_fill_noprof(&page_bulk_user_page_pool, gfp, nid, nr, pages);
}
