/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a caller's flags and order mean, in each mode, with the machine's own
 * zones. Included by fill-kunit.h.
 */
#include <linux/sched/mm.h>

static const gfp_t page_bulk_gfps[] = {
	GFP_KERNEL, GFP_ATOMIC, GFP_NOWAIT, GFP_NOIO, GFP_NOFS, GFP_USER,
	GFP_HIGHUSER_MOVABLE, GFP_KERNEL | __GFP_RECLAIMABLE,
	GFP_KERNEL | __GFP_NORETRY, GFP_KERNEL | __GFP_RETRY_MAYFAIL,
	GFP_KERNEL | __GFP_ZERO, GFP_KERNEL_ACCOUNT, GFP_KERNEL | __GFP_WRITE,
	GFP_ATOMIC | __GFP_MEMALLOC, GFP_ATOMIC | __GFP_NOMEMALLOC,
	GFP_KERNEL | GFP_DMA32, GFP_KERNEL | GFP_DMA, GFP_ATOMIC | GFP_DMA32,
};

static bool page_bulk_is_zero(struct page *page)
{
	return !memchr_inv(page_address(page), 0, PAGE_SIZE);
}

static void page_bulk_dirty_some(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	unsigned long i;

	page_bulk_slots(test, 600);
	for (i = 0; i < t->nr; i++) {
		t->pages[i] = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, t->pages[i]);
		memset(page_address(t->pages[i]), 0xa5, PAGE_SIZE);
	}
}

/* Zone, migrate type and flags are what was asked for, for each page */
static void page_bulk_expect_gfp(struct kunit *test, gfp_t gfp)
{
	struct page_bulk_test *t = test->priv;
	unsigned long i;

	page_bulk_expect_full(test);
	for (i = 0; i < t->nr; i++) {
		KUNIT_EXPECT_LE(test, page_zonenum(t->pages[i]), gfp_zone(gfp));
		if (gfp & __GFP_ZERO)
			KUNIT_EXPECT_TRUE(test, page_bulk_is_zero(t->pages[i]));
	}
	if (t->mode == PAGE_BULK_STOCK || !PAGE_BULK_CAN_PROBE)
		return;
	KUNIT_EXPECT_EQ(test, t->events, t->nr);
	KUNIT_EXPECT_EQ(test, t->mts, BIT(gfp_migratetype(gfp)));
	/* Nothing that sleeps or does I/O comes on top */
	KUNIT_EXPECT_FALSE(test, !!(t->gfps & ~gfp & (GFP_KERNEL | __GFP_ZERO)));
}

static void gfp_classes(struct kunit *test)
{
	static const unsigned long nrs[] = { 1, 3, 64, 300 };
	struct page_bulk_test *t = test->priv;
	int g, i;

	for (g = 0; g < ARRAY_SIZE(page_bulk_gfps); g++) {
		/* Mainline's call then may give one page at a time */
		if (t->mode == PAGE_BULK_STOCK && page_bulk_gfps[g] & __GFP_ACCOUNT)
			continue;
		for (i = 0; i < ARRAY_SIZE(nrs); i++) {
			page_bulk_dirty_some(test);
			page_bulk_slots(test, nrs[i]);
			page_bulk_probe_start(test);
			KUNIT_EXPECT_EQ(test, page_bulk_test_fill(test, page_bulk_gfps[g],
								  NUMA_NO_NODE),
					nrs[i]);
			page_bulk_probe_stop(test);
			page_bulk_expect_gfp(test, page_bulk_gfps[g]);
		}
	}
}

/* The task's own restrictions; mainline's bulk call forgets them */
static void gfp_scope(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	unsigned int flags;

	page_bulk_needs_probe(test);
	page_bulk_slots(test, 64);
	page_bulk_probe_start(test);
	flags = memalloc_noio_save();
	page_bulk_test_fill(test, GFP_KERNEL, NUMA_NO_NODE);
	memalloc_noio_restore(flags);
	page_bulk_probe_stop(test);
	page_bulk_expect_full(test);
	if (t->mode == PAGE_BULK_STOCK)
		return;
	KUNIT_EXPECT_EQ(test, t->events, 64UL);
	KUNIT_EXPECT_FALSE(test, !!(t->gfps & (__GFP_IO | __GFP_FS)));
}

/* What is tried without reclaim, to stay stoppable, is not to open reserves */
static void gfp_stoppable(struct kunit *test)
{
	static const gfp_t gfps[] = { GFP_KERNEL, GFP_ATOMIC };
	struct page_bulk_test *t = test->priv;
	int i;

	page_bulk_needs_probe(test);
	t->user.stoppable = true;
	for (i = 0; i < ARRAY_SIZE(gfps); i++) {
		page_bulk_slots(test, 64);
		page_bulk_probe_start(test);
		page_bulk_test_fill(test, gfps[i], NUMA_NO_NODE);
		page_bulk_probe_stop(test);
		page_bulk_expect_full(test);
		/* Only single makes such a call */
		if (t->mode != PAGE_BULK_SINGLE)
			continue;
		KUNIT_EXPECT_EQ(test, t->events, 64UL);
		KUNIT_EXPECT_FALSE(test, !!(t->gfps & (__GFP_DIRECT_RECLAIM |
						       __GFP_HIGH)));
		KUNIT_EXPECT_TRUE(test, !!(t->gfps & __GFP_NOMEMALLOC));
	}
}

/* A block without __GFP_COMP: one reference, on its first page, and no head */
static void page_bulk_expect_block(struct kunit *test, struct page *page,
				   unsigned int order, gfp_t gfp)
{
	bool compound = order && (gfp & __GFP_COMP);
	unsigned long i;

	KUNIT_EXPECT_EQ(test, page_to_pfn(page) & ((1UL << order) - 1), 0UL);
	KUNIT_EXPECT_EQ(test, !!PageHead(page), compound);
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
	KUNIT_EXPECT_PTR_EQ(test, page->lru.next, (struct list_head *)NULL);
	if (compound)
		KUNIT_EXPECT_EQ(test, compound_order(page), order);
	for (i = 1; i < 1UL << order; i++) {
		KUNIT_EXPECT_EQ(test, page_ref_count(page + i), 0);
		KUNIT_EXPECT_EQ(test, PageTail(page + i), compound);
	}
	for (i = 0; (gfp & __GFP_ZERO) && i < 1UL << order; i++)
		KUNIT_EXPECT_TRUE(test, page_bulk_is_zero(page + i));
}

/* Each order, compound or not, from blocks of its own size on */
static void gfp_orders(struct kunit *test)
{
	static const gfp_t gfps[] = {
		GFP_KERNEL, GFP_KERNEL | __GFP_COMP,
		GFP_KERNEL | __GFP_COMP | __GFP_ZERO,
		GFP_ATOMIC | __GFP_COMP | __GFP_NOWARN,
	};
	struct page_bulk_test *t = test->priv;
	unsigned long i, nr, got;
	unsigned int order;
	int g;

	for (order = 0; order <= 9; order++) {
		for (g = 0; g < ARRAY_SIZE(gfps); g++) {
			page_bulk_dirty_some(test);
			page_bulk_slots(test, max(64 >> order, 2));
			page_bulk_reset(&t->user);
			nr = order && t->mode == PAGE_BULK_STOCK ? 1 : t->nr;
			got = page_bulk_fill_dense(&t->user, gfps[g], order,
						   NUMA_NO_NODE, t->nr, t->pages);
			KUNIT_EXPECT_EQ(test, got, nr);
			page_bulk_expect_counts(test, nr);
			for (i = 0; i < got; i++) {
				page_bulk_expect_block(test, t->pages[i], order,
						       gfps[g]);
				__free_pages(t->pages[i], order);
			}
			/* What is in the other slots is not defined */
			memset(t->pages, 0, t->nr * sizeof(*t->pages));
		}
	}
}

/*
 * With nothing above the min watermark, __GFP_MEMALLOC still gives: the mark
 * says that the page came from the reserves, in list as well. They are for one
 * page a fill, but in single, where each is asked for.
 */
static void gfp_memalloc(struct kunit *test)
{
	unsigned long nr = totalram_pages() + 1, hoarded, got = 0, want, i;
	struct page **hoard = page_bulk_hoard(test, nr);
	struct page_bulk_test *t = test->priv;
	int tries;

	want = t->mode == PAGE_BULK_SINGLE ? 8 : 1;
	page_bulk_reserve_fill(test);
	/* Somebody may give memory back meanwhile: a few tries */
	for (tries = 0; tries < 10; tries++) {
		page_bulk_slots(test, 8);
		hoarded = page_bulk_exhaust(hoard, nr);
		got = page_bulk_test_fill(test, GFP_NOWAIT | __GFP_MEMALLOC |
					  __GFP_NOWARN, NUMA_NO_NODE);
		page_bulk_free_pages(hoard, hoarded);
		for (i = 0; i < got && page_is_pfmemalloc(t->pages[i]); i++)
			;
		if (got == want && i == got)
			break;
	}
	kvfree(hoard);
	KUNIT_ASSERT_LT(test, tries, 10);
	for (i = 0; i < got; i++)
		KUNIT_EXPECT_EQ(test, page_private(t->pages[i]), 0UL);
}
