/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pools of each order, in each mode. Included at the tail of page_pool_bulk.c.
 *
 * A pool as a driver sees it: without a device, and with one that does DMA.
 */
#include <kunit/device.h>
#include <kunit/test.h>
#include <linux/dma-mapping.h>
#include <linux/kprobes.h>
#include <linux/page_owner.h>
#include <net/netdev_rx_queue.h>
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
static unsigned int pool_batch_before, pool_batch;

/* The mode of the real user, for the time of a test, as no switch; and the default batch */
static int pool_test_init(struct kunit *test)
{
	const enum page_bulk_mode *mode = test->param_value;

	pool_state = READ_ONCE(page_bulk_user_page_pool.state);
	WRITE_ONCE(page_bulk_user_page_pool.state,
		   (pool_state & ~PAGE_BULK_MODE_MASK) | *mode);
	pool_batch_before = READ_ONCE(page_pool_bulk_batch);
	pool_batch = PP_ALLOC_CACHE_REFILL;
	WRITE_ONCE(page_pool_bulk_batch, pool_batch);
	return 0;
}

static void pool_test_exit(struct kunit *test)
{
	WRITE_ONCE(page_bulk_user_page_pool.state, pool_state);
	WRITE_ONCE(page_pool_bulk_batch, pool_batch_before);
}

static void pool_expect_page(struct kunit *test, struct page_pool *pool,
			     struct page *page, unsigned int order)
{
	KUNIT_EXPECT_EQ(test, PageHead(page), order > 0);
	KUNIT_EXPECT_EQ(test, compound_order(page), order);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	KUNIT_EXPECT_PTR_EQ(test, page->pp, pool);
	KUNIT_EXPECT_EQ(test, page->pp_magic & PP_MAGIC_MASK, PP_SIGNATURE);
}

/* Mainline's bulk call knows order 0 only, and with page_owner=on one page */
static bool pool_stock_is_single(unsigned int order)
{
#ifdef CONFIG_PAGE_OWNER
	if (static_branch_unlikely(&page_owner_inited))
		return true;
#endif
	return order;
}

/* Blocks that a fill asks for: of at most a batch's memory */
static unsigned int pool_bulk(unsigned int order)
{
	if (page_bulk_user_mode(&page_bulk_user_page_pool) ==
	    PAGE_BULK_STOCK && pool_stock_is_single(order))
		return 1;
	return max(pool_batch >> order, 1U);
}

/*
 * Take pages, give them back, and expect that the pool knows of each, and
 * that none is out at the end.
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
	unsigned int bulk = pool_bulk(order);
	struct page_pool *pool;
	struct page **pages;

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

/* A fill is as large as the batch says: no more than the cache has room for */
static void pool_batches(struct kunit *test)
{
	static const int batches[] = { 1, 2, 16, 32, 63, 65, PP_ALLOC_CACHE_SIZE };
	static const int wrong[] = { 0, PP_ALLOC_CACHE_SIZE + 1, INT_MAX, -1 };
	unsigned int i, order;

	for (i = 0; i < ARRAY_SIZE(batches); i++) {
		KUNIT_ASSERT_EQ(test, batch_set(batches[i]), 0);
		pool_batch = batches[i];
		for (order = 0; order <= 3; order++)
			pool_take_and_return(test, order, GFP_ATOMIC);
	}
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		KUNIT_EXPECT_EQ(test, batch_set(wrong[i]), -EINVAL);
		KUNIT_EXPECT_EQ(test, page_pool_bulk_batch, PP_ALLOC_CACHE_SIZE);
	}
}

/* As in NAPI context */
static void pool_atomic(struct kunit *test)
{
	unsigned int order;

	for (order = 0; order <= 3; order++)
		pool_take_and_return(test, order, GFP_ATOMIC);
}

static struct page **pool_slots(struct kunit *test)
{
	struct page **pages = kunit_kcalloc(test, POOL_PAGES, sizeof(*pages),
					    GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, pages);
	return pages;
}

#ifdef CONFIG_HAS_DMA
static struct device *pool_device(struct kunit *test)
{
	struct device *dev = kunit_device_register(test, "page_bulk_pool");

	KUNIT_ASSERT_FALSE(test, IS_ERR(dev));
	dev->dma_mask = &dev->coherent_dma_mask;
	KUNIT_ASSERT_EQ(test, dma_set_mask(dev, DMA_BIT_MASK(64)), 0);
	return dev;
}

static struct page_pool *pool_create_dma(struct kunit *test, struct device *dev,
					 unsigned int order)
{
	struct page_pool_params params = {
		.flags = PP_FLAG_DMA_MAP | PP_FLAG_DMA_SYNC_DEV,
		.dma_dir = DMA_FROM_DEVICE,
		.max_len = PAGE_SIZE << order,
		.order = order,
		.pool_size = 256,
		.nid = NUMA_NO_NODE,
		.dev = dev,
	};
	struct page_pool *pool = page_pool_create(&params);

	KUNIT_ASSERT_FALSE(test, IS_ERR(pool));
	return pool;
}

/* Each page is mapped, as a whole: the address is that of its first byte */
static void pool_dma(struct kunit *test)
{
	struct device *dev = pool_device(test);
	struct page **pages = pool_slots(test);
	struct page_pool *pool;
	unsigned int order, nr, i;

	for (order = 0; order <= 6; order++) {
		pool = pool_create_dma(test, dev, order);
		nr = max(POOL_PAGES >> order, 2U);
		for (i = 0; i < nr; i++) {
			pages[i] = page_pool_alloc_pages(pool, GFP_ATOMIC);
			KUNIT_ASSERT_NOT_NULL(test, pages[i]);
			pool_expect_page(test, pool, pages[i], order);
			KUNIT_EXPECT_EQ(test, page_pool_get_dma_addr(pages[i]),
					page_to_phys(pages[i]));
		}
		KUNIT_EXPECT_EQ(test, page_pool_inflight(pool, false),
				roundup(nr, pool_bulk(order)));
		for (i = 0; i < nr; i++)
			page_pool_put_full_page(pool, pages[i], false);
		page_pool_destroy(pool);
	}
}

#ifdef CONFIG_KRETPROBES
/* Mapping fails for this device: each page with (its number % 3) == 1 */
static struct pool_faults {
	struct device *dev;
	unsigned int maps;
	unsigned int failed;
	struct page *page[POOL_PAGES];	/* whose mapping failed */
} pool_faults;

static int pool_map_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct page **page = (struct page **)ri->data;

	if ((struct device *)regs_get_kernel_argument(regs, 0) != pool_faults.dev)
		return 1;
	*page = (struct page *)regs_get_kernel_argument(regs, 1);
	return 0;
}

static int pool_map_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	if (pool_faults.maps++ % 3 != 1)
		return 0;
	regs_set_return_value(regs, DMA_MAPPING_ERROR);
	if (pool_faults.failed < POOL_PAGES)
		pool_faults.page[pool_faults.failed++] = *(struct page **)ri->data;
	return 0;
}

/*
 * A mapping that fails in the middle of a fill: the page goes back, those
 * before and behind it are the pool's, and no other is lost.
 */
static void pool_dma_fails(struct kunit *test)
{
	struct kretprobe probe = {
		.kp.symbol_name = "dma_map_page_attrs",
		.entry_handler = pool_map_entry,
		.handler = pool_map_return,
		.data_size = sizeof(struct page *),
	};
	struct device *dev = pool_device(test);
	struct page **pages = pool_slots(test);
	unsigned int order, i, nr, maps, failed = 0, in_use = 0;
	struct page_pool *pool;

	for (order = 0; order <= 6; order++) {
		pool = pool_create_dma(test, dev, order);
		memset(&pool_faults, 0, sizeof(pool_faults));
		pool_faults.dev = dev;
		KUNIT_ASSERT_EQ(test, register_kretprobe(&probe), 0);
		nr = 0;
		for (i = 0; i < max(POOL_PAGES >> order, 6U); i++) {
			pages[nr] = page_pool_alloc_pages(pool, GFP_ATOMIC);
			/* It had nothing but one block, which was not mapped */
			if (!pages[nr])
				continue;
			pool_expect_page(test, pool, pages[nr], order);
			KUNIT_EXPECT_EQ(test, page_pool_get_dma_addr(pages[nr]),
					page_to_phys(pages[nr]));
			nr++;
		}
		unregister_kretprobe(&probe);
		/* It leaves them so that it cannot be registered again */
		probe.kp.addr = NULL;
		probe.kp.flags = 0;
		maps = pool_faults.maps;

		KUNIT_EXPECT_GT(test, nr, 0U);
		KUNIT_EXPECT_GT(test, pool_faults.failed, 0U);
		/* Each that was asked for is the pool's, or was given back */
		KUNIT_EXPECT_EQ(test, maps % pool_bulk(order), 0U);
		KUNIT_EXPECT_EQ(test, page_pool_inflight(pool, false),
				maps - pool_faults.failed);
		for (i = 0; i < nr; i++)
			page_pool_put_full_page(pool, pages[i], false);
		page_pool_destroy(pool);

		for (i = 0; i < pool_faults.failed; i++, failed++)
			in_use += !!page_count(pool_faults.page[i]);
	}
	/* Those that failed are free, but for some that found a new owner */
	KUNIT_EXPECT_LT(test, in_use, failed / 2);
}
#endif
#endif

static struct kunit_case pool_cases[] = {
	KUNIT_CASE_PARAM(pool_orders, pool_mode_gen_params),
	KUNIT_CASE_PARAM(pool_batches, pool_mode_gen_params),
	KUNIT_CASE_PARAM(pool_atomic, pool_mode_gen_params),
#ifdef CONFIG_HAS_DMA
	KUNIT_CASE_PARAM(pool_dma, pool_mode_gen_params),
#ifdef CONFIG_KRETPROBES
	KUNIT_CASE_PARAM(pool_dma_fails, pool_mode_gen_params),
#endif
#endif
	{}
};

static struct kunit_suite pool_suite = {
	.name = "page_bulk_page_pool",
	.init = pool_test_init,
	.exit = pool_test_exit,
	.test_cases = pool_cases,
};

kunit_test_suite(pool_suite);
