/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pools of each order, in each mode. Included at the tail of page_pool_bulk.c.
 *
 * A pool without a device: what a driver sees of it, but for DMA.
 */
#include <kunit/test.h>
#include <net/page_pool/helpers.h>
#include "page_pool_priv.h"

#define POOL_PAGES	256U	/* pages of memory taken from a pool */

static const enum page_bulk_mode pool_modes[] = {
	PAGE_BULK_SINGLE, PAGE_BULK_LIST, PAGE_BULK_ARRAY, PAGE_BULK_STOCK
};

static void pool_mode_desc(const enum page_bulk_mode *mode, char *desc)
{
	static const char * const names[] = { "single", "list", "array", "stock" };

	strscpy(desc, names[*mode], KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(pool_mode, pool_modes, pool_mode_desc);

static unsigned long pool_state;

/* The mode of the real user, for the time of a test, as no switch */
static int pool_test_init(struct kunit *test)
{
	const enum page_bulk_mode *mode = test->param_value;

	pool_state = READ_ONCE(page_bulk_user_page_pool.state);
	WRITE_ONCE(page_bulk_user_page_pool.state,
		   (pool_state & ~PAGE_BULK_MODE_MASK) | *mode);
	return 0;
}

static void pool_test_exit(struct kunit *test)
{
	WRITE_ONCE(page_bulk_user_page_pool.state, pool_state);
}

static void pool_expect_page(struct kunit *test, struct page_pool *pool,
			     struct page *page, unsigned int order)
{
	KUNIT_EXPECT_EQ(test, PageHead(page), order > 0);
	KUNIT_EXPECT_EQ(test, compound_order(page), order);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	KUNIT_EXPECT_PTR_EQ(test, page->pp, pool);
	KUNIT_EXPECT_EQ(test, page->pp_magic & ~0x3UL, PP_SIGNATURE);
}

/*
 * Take pages, give them back, and expect that the pool knows of each, and
 * that none is out at the end. Blocks of a fill: at most 64 pages of memory.
 */
static void pool_take_and_return(struct kunit *test, unsigned int order,
				 gfp_t gfp)
{
	struct page_pool_params params = {
		.order = order,
		.pool_size = 256,
		.nid = NUMA_NO_NODE,
	};
	unsigned int nr = max(POOL_PAGES >> order, 2U), i;
	unsigned int bulk = max(64U >> order, 1U);
	struct page_pool *pool;
	struct page **pages;

	if (order && page_bulk_user_mode(&page_bulk_user_page_pool) ==
		     PAGE_BULK_STOCK)
		bulk = 1;
	pages = kunit_kcalloc(test, nr, sizeof(*pages), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pages);
	pool = page_pool_create(&params);
	KUNIT_ASSERT_FALSE(test, IS_ERR(pool));

	for (i = 0; i < nr; i++) {
		pages[i] = page_pool_alloc_pages(pool, gfp);
		KUNIT_ASSERT_NOT_NULL(test, pages[i]);
		pool_expect_page(test, pool, pages[i], order);
		/* As if all that was filled were in flight, cache included */
		KUNIT_EXPECT_EQ(test, page_pool_inflight(pool, false),
				roundup(i + 1, bulk));
	}
#ifdef CONFIG_PAGE_POOL_STATS
	KUNIT_EXPECT_EQ(test, order ? pool->alloc_stats.slow_high_order :
				      pool->alloc_stats.slow,
			DIV_ROUND_UP(nr, bulk));
#endif
	for (i = 0; i < nr; i++)
		page_pool_put_full_page(pool, pages[i], false);
	page_pool_destroy(pool);
}

static void pool_orders(struct kunit *test)
{
	unsigned int order;

	for (order = 0; order <= 7; order++)
		pool_take_and_return(test, order, GFP_KERNEL);
}

/* As in NAPI context */
static void pool_atomic(struct kunit *test)
{
	unsigned int order;

	for (order = 0; order <= 3; order++)
		pool_take_and_return(test, order, GFP_ATOMIC);
}

static struct kunit_case pool_cases[] = {
	KUNIT_CASE_PARAM(pool_orders, pool_mode_gen_params),
	KUNIT_CASE_PARAM(pool_atomic, pool_mode_gen_params),
	{}
};

static struct kunit_suite pool_suite = {
	.name = "page_bulk_page_pool",
	.init = pool_test_init,
	.exit = pool_test_exit,
	.test_cases = pool_cases,
};

kunit_test_suite(pool_suite);
