// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page_pool user of bulk page allocation: the slow path of the pools of
 * network drivers. Its fills run in NAPI context, with the pool's flags.
 */
#include "page_pool_bulk.h"

DEFINE_PAGE_BULK_USER(page_pool);

/**
 * page_pool_bulk_fill() - fill a pool's cache as vm.page_bulk.page_pool says
 * @gfp: the pool's flags
 * @order: the pool's order; above 0 the blocks are compound pages
 * @nid: the pool's node, or NUMA_NO_NODE
 * @nr: number of slots, page_pool_bulk_size()
 * @pages: the slots; need not be cleared
 *
 * Context: as alloc_pages() with the same flags; NAPI with GFP_ATOMIC.
 * Return: the number of blocks that arrived, in the leading slots. In mode
 * stock it is one at most when there is an order, as in an unpatched kernel.
 */
unsigned long page_pool_bulk_fill_noprof(gfp_t gfp, unsigned int order, int nid,
					 unsigned long nr, struct page **pages)
{
	if (order)
		gfp |= __GFP_COMP;
	return page_bulk_fill_dense_noprof(&page_bulk_user_page_pool, gfp, order,
					   nid, nr, pages);
}

#ifdef CONFIG_PAGE_BULK_KUNIT_TEST
#include "tests/page_pool_bulk-kunit.h"
#endif
