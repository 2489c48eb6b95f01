/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fills when memory runs out, in each mode. Included by fill-kunit.h.
 */
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/shrinker.h>
#include <linux/sizes.h>
#include <linux/swap.h>

/*
 * Some tests take all memory that there is. A thread that needs some meanwhile
 * would cause an OOM kill, and at boot a panic, as there is nobody to kill:
 * give it pages from a reserve instead.
 */
static struct page *page_bulk_reserve[1024];
static atomic_t page_bulk_reserved = ATOMIC_INIT(0);

static int page_bulk_oom(struct notifier_block *nb, unsigned long unused,
			 void *freed)
{
	int i, n;

	for (i = 0; i < 64; i++) {
		n = atomic_dec_if_positive(&page_bulk_reserved);
		if (n < 0)
			break;
		__free_page(page_bulk_reserve[n]);
		++*(unsigned long *)freed;
	}
	return NOTIFY_OK;
}

static struct notifier_block page_bulk_oom_nb = {
	.notifier_call = page_bulk_oom,
};

static void page_bulk_reserve_fill(struct kunit *test)
{
	int n;

	for (n = 0; n < ARRAY_SIZE(page_bulk_reserve); n++) {
		page_bulk_reserve[n] = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, page_bulk_reserve[n]);
	}
	atomic_set(&page_bulk_reserved, n);
	KUNIT_ASSERT_EQ(test, register_oom_notifier(&page_bulk_oom_nb), 0);
}

/* Also where there is none */
static void page_bulk_reserve_free(void)
{
	int n;

	unregister_oom_notifier(&page_bulk_oom_nb);
	while ((n = atomic_dec_if_positive(&page_bulk_reserved)) >= 0)
		__free_page(page_bulk_reserve[n]);
}

/*
 * Take all that NOWAIT gives, so that the next one gets nothing. What is on
 * the per-CPU lists is not free to the watermarks: it is drained in between.
 */
static unsigned long page_bulk_exhaust(struct page **hoard, unsigned long nr)
{
	unsigned long n = 0, before;

	do {
		before = n;
		while (n < nr) {
			hoard[n] = alloc_page(GFP_NOWAIT | __GFP_NOWARN);
			if (!hoard[n])
				break;
			n++;
		}
		drain_all_pages(NULL);
	} while (n > before);
	return n;
}

/* To take all memory is for machines that do nothing else */
static void page_bulk_small_machine_only(struct kunit *test)
{
	if (totalram_pages() > SZ_4G / PAGE_SIZE)
		kunit_skip(test, "takes all memory: only with up to 4 GB");
}

/* The hoard of page_bulk_exhaust(): slots for all pages that there are */
static struct page **page_bulk_hoard(struct kunit *test, unsigned long nr)
{
	struct page **hoard;

	page_bulk_small_machine_only(test);
	hoard = kvcalloc(nr, sizeof(*hoard), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, hoard);
	return hoard;
}

/* More than there is: the fill comes back short, with what it got in front */
static void fill_more_than_available(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	unsigned long nr = totalram_pages() + 1, ret, i;

	page_bulk_small_machine_only(test);
	page_bulk_slots(test, nr);
	page_bulk_reserve_fill(test);
	ret = page_bulk_test_fill(test, GFP_KERNEL | __GFP_NORETRY |
				  __GFP_NOWARN, NUMA_NO_NODE);
	KUNIT_EXPECT_GT(test, ret, 0UL);
	KUNIT_EXPECT_LT(test, ret, nr);
	KUNIT_EXPECT_EQ(test, page_bulk_filled_slots(t->pages, nr), ret);
	for (i = ret; i < nr && !t->pages[i]; i++)
		;
	KUNIT_EXPECT_EQ(test, i, nr);
	/* Reading counters takes memory: give it back first */
	page_bulk_slots(test, 0);
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_SHORT), 1);
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_FAILED), 0);
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_GOT), ret);
	if (t->mode != PAGE_BULK_STOCK)
		KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_END +
							PAGE_BULK_END_OOM - 1), 1);
}

/*
 * Short, with holes: the return value is the number of leading filled slots,
 * not of pages that arrived, and it is not the number of filled ones.
 */
static void fill_short_with_holes(struct kunit *test)
{
	unsigned long nr = totalram_pages() + 1, hoarded, ret, got, i;
	struct page **hoard = page_bulk_hoard(test, nr);
	struct page_bulk_test *t = test->priv;
	int tries;

	page_bulk_reserve_fill(test);
	/* Somebody else may take or free memory meanwhile: a few tries */
	for (tries = 0; tries < 10; tries++) {
		page_bulk_slots(test, 2000);
		for (i = 1; i < t->nr; i += 2)
			t->pages[i] = alloc_page(GFP_KERNEL);
		page_bulk_reset(&t->user);
		hoarded = page_bulk_exhaust(hoard, nr);
		/* Something to get, but less than is asked for */
		KUNIT_ASSERT_GT(test, hoarded, 300UL);
		hoarded -= 300;
		page_bulk_free_pages(hoard + hoarded, 300);
		drain_all_pages(NULL);
		/* May reclaim: then list and array go on, page by page */
		ret = page_bulk_test_fill(test, GFP_KERNEL | __GFP_NORETRY |
					  __GFP_NOWARN, NUMA_NO_NODE);
		page_bulk_free_pages(hoard, hoarded);
		for (i = 0, got = 0; i < t->nr; i += 2)
			got += !!t->pages[i];
		if (got > 1 && got < 1000)
			break;
		/* All that stock gives below a watermark is one page a call */
		if (t->mode == PAGE_BULK_STOCK && got == 1)
			break;
	}
	kvfree(hoard);

	KUNIT_ASSERT_LT(test, tries, 10);
	if (t->mode == PAGE_BULK_STOCK) {
		/* Mainline's call, having got one page so, counts no further */
		KUNIT_EXPECT_GE(test, ret, 1UL);
		KUNIT_EXPECT_LE(test, ret,
				page_bulk_filled_slots(t->pages, t->nr));
		return;
	}
	KUNIT_EXPECT_EQ(test, ret, page_bulk_filled_slots(t->pages, t->nr));
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_GOT), got);
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_SHORT), 1);
}

/*
 * With nothing left a fill fails, but it has asked the page allocator, which
 * wakes kswapd, and the return value still counts the leading slots.
 */
static void fill_nothing_left(struct kunit *test)
{
	unsigned long nr = totalram_pages() + 1, hoarded, ret = 0;
	struct page **hoard = page_bulk_hoard(test, nr);
	struct page_bulk_test *t = test->priv;
	bool got = true;
	int tries;

	page_bulk_reserve_fill(test);
	/* kswapd may find pages meanwhile: a few tries */
	for (tries = 0; tries < 10 && got; tries++) {
		page_bulk_slots(test, 8);
		t->pages[0] = alloc_page(GFP_KERNEL);
		t->pages[2] = alloc_page(GFP_KERNEL);
		page_bulk_reset(&t->user);
		hoarded = page_bulk_exhaust(hoard, nr);
		page_bulk_probe_start(test);
		ret = page_bulk_test_fill(test, GFP_NOWAIT | __GFP_NOWARN,
					  NUMA_NO_NODE);
		page_bulk_probe_stop(test);
		page_bulk_free_pages(hoard, hoarded);
		got = t->pages[1];
	}
	kvfree(hoard);
	KUNIT_ASSERT_FALSE(test, got);
	KUNIT_EXPECT_EQ(test, ret, 1UL);
	if (PAGE_BULK_CAN_PROBE)
		KUNIT_EXPECT_GE(test, t->refusals, 1UL);
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_FAILED), 1);
}

/* Short, in a gap: the hull then begins behind what arrived, and is a gap */
static void hull_short(struct kunit *test)
{
	unsigned long nr = totalram_pages() + 1, hoarded, ret;
	struct page **hoard = page_bulk_hoard(test, nr);
	struct page_bulk_hull hull = { .first = 1, .end = 2000, .known = 2000 };
	struct page_bulk_test *t = test->priv;

	page_bulk_reserve_fill(test);
	page_bulk_slots(test, 2000);
	t->pages[0] = alloc_page(GFP_KERNEL);
	hull.all = true;
	hoarded = page_bulk_exhaust(hoard, nr);
	if (hoarded > 300) {
		hoarded -= 300;
		page_bulk_free_pages(hoard + hoarded, 300);
		drain_all_pages(NULL);
	}
	ret = page_bulk_fill_hull(&t->user, GFP_KERNEL | __GFP_NORETRY |
				  __GFP_NOWARN, NUMA_NO_NODE, t->nr, t->pages,
				  &hull);
	page_bulk_free_pages(hoard, hoarded);
	kvfree(hoard);
	KUNIT_ASSERT_LT(test, ret, 2000UL);
	KUNIT_EXPECT_EQ(test, ret, page_bulk_filled_slots(t->pages, t->nr));
	KUNIT_EXPECT_EQ(test, hull.first, ret);
	KUNIT_EXPECT_EQ(test, hull.end, 2000);
	KUNIT_EXPECT_EQ(test, hull.all, t->mode != PAGE_BULK_STOCK);
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_ASKED),
			1999);
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_GOT),
			ret - 1);

	ret = page_bulk_fill_hull(&t->user, GFP_KERNEL, NUMA_NO_NODE, t->nr,
				  t->pages, &hull);
	KUNIT_EXPECT_EQ(test, ret, 2000UL);
	KUNIT_EXPECT_EQ(test, hull.end, 0);
	page_bulk_expect_full(test);
}

/* Memory that only reclaim yields: as much as page_bulk_reserve has */
static bool page_bulk_shrink;

static unsigned long page_bulk_shrink_count(struct shrinker *shrinker,
					    struct shrink_control *sc)
{
	return page_bulk_shrink ? atomic_read(&page_bulk_reserved) : 0;
}

static unsigned long page_bulk_shrink_scan(struct shrinker *shrinker,
					   struct shrink_control *sc)
{
	unsigned long freed = 0;

	page_bulk_oom(NULL, 0, &freed);
	mm_account_reclaimed_pages(freed);
	return freed ?: SHRINK_STOP;
}

/*
 * Who may be stopped waits for one page only: with reclaim it gets all pages
 * that it asks for, and yet comes back before.
 */
static void fill_stoppable(struct kunit *test)
{
	unsigned long nr = totalram_pages() + 1, hoarded, ret, got[2];
	struct page **hoard = page_bulk_hoard(test, nr);
	struct page_bulk_test *t = test->priv;
	struct shrinker *shrinker;
	int stoppable, why[2];

	/* seeks 0: all that there is can go in one round of reclaim */
	shrinker = shrinker_alloc(0, "page_bulk_kunit");
	KUNIT_ASSERT_NOT_NULL(test, shrinker);
	shrinker->count_objects = page_bulk_shrink_count;
	shrinker->scan_objects = page_bulk_shrink_scan;
	shrinker->seeks = 0;
	shrinker_register(shrinker);

	for (stoppable = 0; stoppable < 2; stoppable++) {
		page_bulk_slots(test, 400);
		page_bulk_reserve_fill(test);
		t->user.stoppable = stoppable;
		hoarded = page_bulk_exhaust(hoard, nr);
		page_bulk_shrink = true;
		ret = page_bulk_test_fill(test, GFP_KERNEL | __GFP_NOWARN |
					  __GFP_RETRY_MAYFAIL, NUMA_NO_NODE);
		page_bulk_shrink = false;
		page_bulk_free_pages(hoard, hoarded);
		got[stoppable] = ret;
		why[stoppable] = page_bulk_counter(test, t->mode, PAGE_BULK_END +
						   PAGE_BULK_END_WATERMARK - 1);
		page_bulk_reserve_free();
	}
	shrinker_free(shrinker);
	kvfree(hoard);

	KUNIT_EXPECT_GE(test, got[1], 1UL);
	/* stock is what it is: all, or one page a call */
	if (t->mode == PAGE_BULK_STOCK)
		return;
	KUNIT_EXPECT_EQ(test, got[0], 400UL);
	KUNIT_EXPECT_LT(test, got[1], 400UL);
	KUNIT_EXPECT_EQ(test, why[1] - why[0], 1);
}
