/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a fill of the machine's own memory ended early, in each mode: none is
 * made up here but the fault that is injected. What takes a zone in a certain
 * state is in walk-kunit.h. Included by fill-kunit.h.
 */
#include <linux/fault-inject.h>

/* Among @nr fills there was one that ended with @reason, and no other did */
static void page_bulk_expect_reason(struct kunit *test,
				    enum page_bulk_reason reason)
{
	struct page_bulk_test *t = test->priv;
	int i;

	for (i = PAGE_BULK_END_NONE + 1; i < PAGE_BULK_NR_REASONS; i++)
		KUNIT_EXPECT_EQ_MSG(test, page_bulk_counter(test, t->mode,
							    PAGE_BULK_END + i - 1),
				    i == reason ? 1 : 0, "reason %d", i);
}

/* single and stock make no batch that could end */
static void page_bulk_expect_batch_reason(struct kunit *test,
					  enum page_bulk_reason reason)
{
	struct page_bulk_test *t = test->priv;

	page_bulk_expect_reason(test, page_bulk_has_batch(t->mode) ? reason :
				PAGE_BULK_END_NONE);
}

static void reason_none(struct kunit *test)
{
	page_bulk_slots(test, 259);
	page_bulk_test_fill(test, GFP_KERNEL, NUMA_NO_NODE);
	page_bulk_expect_full(test);
	page_bulk_expect_reason(test, PAGE_BULK_END_NONE);
}

static void reason_one_page(struct kunit *test)
{
	page_bulk_slots(test, 1);
	page_bulk_test_fill(test, GFP_KERNEL, NUMA_NO_NODE);
	page_bulk_expect_full(test);
	page_bulk_expect_batch_reason(test, PAGE_BULK_END_ONE_PAGE);
}

/* __GFP_WRITE has no batch path: all pages come, one by one */
static void reason_no_block(struct kunit *test)
{
	page_bulk_slots(test, 100);
	KUNIT_EXPECT_EQ(test, page_bulk_test_fill(test, GFP_KERNEL | __GFP_WRITE,
						  NUMA_NO_NODE), 100UL);
	page_bulk_expect_full(test);
	page_bulk_expect_batch_reason(test, PAGE_BULK_END_NO_BLOCK);
}

/*
 * A block that the free lists do not have may have been compacted for, or be
 * one of MIGRATE_HIGHATOMIC: to whom a short fill will do, that is for one
 * block. (With __GFP_WRITE each comes that way.) A page is another matter.
 */
static void reason_stops_at_block(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	unsigned int order;
	unsigned long got;

	t->user.stoppable = true;
	for (order = 0; order < 4; order++) {
		unsigned long i, want = 32;

		page_bulk_slots(test, 32);
		page_bulk_reset(&t->user);
		if (order && t->mode != PAGE_BULK_SINGLE)
			want = 1;
		got = page_bulk_fill_dense(&t->user, GFP_KERNEL | __GFP_WRITE,
					   order, NUMA_NO_NODE, 32, t->pages);
		KUNIT_EXPECT_EQ_MSG(test, got, want, "order %u", order);
		page_bulk_expect_batch_reason(test, PAGE_BULK_END_NO_BLOCK);
		for (i = 0; i < got; i++)
			__free_pages(t->pages[i], order);
		memset(t->pages, 0, 32 * sizeof(*t->pages));
	}
}

/*
 * Not all is above the low watermark, and nobody reclaims: a page of what is
 * below, no more. single takes all that the flags permit.
 */
static void reason_watermark(struct kunit *test)
{
	unsigned long nr = totalram_pages() + 1, low = 0, hoarded, ret;
	struct page **hoard = page_bulk_hoard(test, nr);
	struct page_bulk_test *t = test->priv;
	struct zone *zone;

	for_each_populated_zone(zone)
		low += low_wmark_pages(zone) - min_wmark_pages(zone);
	page_bulk_reserve_fill(test);
	page_bulk_slots(test, 2000);
	hoarded = page_bulk_exhaust(hoard, nr);
	/* From min to above low, but not by as much as is asked for */
	KUNIT_EXPECT_GT(test, hoarded, low + 1000);
	ret = min(hoarded, low + 1000);
	page_bulk_free_pages(hoard + hoarded - ret, ret);
	hoarded -= ret;
	drain_all_pages(NULL);
	ret = page_bulk_test_fill(test, GFP_NOWAIT | __GFP_NOWARN, NUMA_NO_NODE);
	page_bulk_free_pages(hoard, hoarded);
	kvfree(hoard);
	page_bulk_slots(test, 0);
	KUNIT_EXPECT_GE(test, ret, 1UL);
	if (page_bulk_has_batch(t->mode)) {
		KUNIT_EXPECT_LT(test, ret, 2000UL);
		page_bulk_expect_reason(test, PAGE_BULK_END_WATERMARK);
	}
}

/*
 * Nothing is left but the reserves: to whom a short fill will do, as to a pool,
 * that is for one page.
 */
static void reason_reserve(struct kunit *test)
{
	unsigned long nr = totalram_pages() + 1, hoarded, ret = 0;
	struct page **hoard = page_bulk_hoard(test, nr);
	struct page_bulk_test *t = test->priv;
	int tries;

	t->user.stoppable = true;
	/* Somebody may give memory back meanwhile: a few tries */
	for (tries = 0; tries < 10; tries++) {
		page_bulk_reserve_fill(test);
		page_bulk_slots(test, 64);
		page_bulk_reset(&t->user);
		hoarded = page_bulk_exhaust(hoard, nr);
		ret = page_bulk_test_fill(test, GFP_ATOMIC | __GFP_NOWARN,
					  NUMA_NO_NODE);
		page_bulk_free_pages(hoard, hoarded);
		page_bulk_slots(test, 0);
		page_bulk_reserve_free();
		if (ret == 1)
			break;
	}
	kvfree(hoard);
	KUNIT_EXPECT_EQ(test, ret, 1UL);
	page_bulk_expect_reason(test, t->mode == PAGE_BULK_STOCK ?
				PAGE_BULK_END_NONE : PAGE_BULK_END_WATERMARK);
}

/* More than there is, without reclaim and with it */
static void reason_refused(struct kunit *test)
{
	static const struct { gfp_t gfp; enum page_bulk_reason reason; } cases[] = {
		{ GFP_NOWAIT, PAGE_BULK_END_NO_RECLAIM },
		{ GFP_KERNEL | __GFP_NORETRY, PAGE_BULK_END_OOM },
	};
	unsigned long nr = totalram_pages() + 1, hoarded, ret = 0;
	struct page **hoard = page_bulk_hoard(test, nr);
	struct page_bulk_test *t = test->priv;
	int i, tries;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		/* Somebody may give memory back meanwhile: a few tries */
		for (tries = 0; tries < 10; tries++) {
			page_bulk_reserve_fill(test);
			page_bulk_slots(test, 400);
			page_bulk_reset(&t->user);
			hoarded = page_bulk_exhaust(hoard, nr);
			ret = page_bulk_test_fill(test, cases[i].gfp | __GFP_NOWARN,
						  NUMA_NO_NODE);
			page_bulk_free_pages(hoard, hoarded);
			page_bulk_slots(test, 0);
			page_bulk_reserve_free();
			/* With reclaim, some may come before it is refused */
			if (!ret || (ret < 400 && i))
				break;
		}
		KUNIT_EXPECT_LT(test, tries, 10);
		page_bulk_expect_reason(test, t->mode == PAGE_BULK_STOCK ?
					PAGE_BULK_END_NONE : cases[i].reason);
	}
	kvfree(hoard);
}

#ifdef CONFIG_FAIL_PAGE_ALLOC
/*
 * The next call of the page allocator that a fault may hit fails: with the
 * boot's settings one of order 1 and more that does not reclaim.
 */
static void reason_injected(struct kunit *test)
{
	static const unsigned long nrs[] = { 1, 8 };
	gfp_t gfp = GFP_ATOMIC | __GFP_COMP | __GFP_NOWARN;
	struct page_bulk_test *t = test->priv;
	unsigned long got, want;
	unsigned int nth;
	int i;

	for (i = 0; i < ARRAY_SIZE(nrs); i++) {
		page_bulk_slots(test, nrs[i]);
		page_bulk_reset(&t->user);
		WRITE_ONCE(current->fail_nth, 1);
		got = page_bulk_fill_dense(&t->user, gfp, 1, NUMA_NO_NODE,
					   t->nr, t->pages);
		nth = READ_ONCE(current->fail_nth);
		WRITE_ONCE(current->fail_nth, 0);
		if (got)
			__free_pages(t->pages[0], 1);
		memset(t->pages, 0, t->nr * sizeof(*t->pages));

		KUNIT_EXPECT_EQ(test, nth, 0U);
		/* The batch as a whole; then one page, which wakes kswapd */
		want = page_bulk_has_batch(t->mode) ? 1 : 0;
		KUNIT_EXPECT_EQ(test, got, want);
		KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode,
							PAGE_BULK_GOT), want);
		if (t->mode == PAGE_BULK_SINGLE)
			page_bulk_expect_reason(test, PAGE_BULK_END_NO_RECLAIM);
		else
			page_bulk_expect_batch_reason(test, PAGE_BULK_END_INJECTED);
	}
}
#endif
