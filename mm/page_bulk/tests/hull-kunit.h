/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fills that know where the empty slots are, and fills that need no empty
 * ones. Included by fill-kunit.h.
 */

static void page_bulk_fill_slots(struct kunit *test, unsigned long first,
				 unsigned long nr)
{
	struct page_bulk_test *t = test->priv;
	unsigned long i;

	for (i = first; i < first + nr; i++) {
		t->pages[i] = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, t->pages[i]);
	}
}

static unsigned long page_bulk_test_hull(struct kunit *test, unsigned long nr,
					 struct page_bulk_hull *hull)
{
	struct page_bulk_test *t = test->priv;

	page_bulk_reset(&t->user);
	return page_bulk_fill_hull(&t->user, GFP_KERNEL, NUMA_NO_NODE, nr,
				   t->pages, hull);
}

static void page_bulk_expect_counts(struct kunit *test, u64 asked)
{
	struct page_bulk_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_ASKED),
			asked);
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_GOT),
			asked);
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_FULL),
			!asked);
}

/* One gap is filled, no other slot is looked at, then nothing is left to do */
static void hull_gap(struct kunit *test)
{
	struct page_bulk_hull hull = { .known = 259 };
	struct page_bulk_test *t = test->priv;
	bool blind = !IS_ENABLED(CONFIG_PAGE_BULK_DEBUG);

	page_bulk_slots(test, 259);
	page_bulk_fill_slots(test, 0, 10);
	page_bulk_fill_slots(test, 20, 239);
	if (blind) {
		__free_page(t->pages[100]);
		t->pages[100] = NULL;
	}
	page_bulk_hull_add(&hull, 10, 10, true);
	KUNIT_EXPECT_EQ(test, page_bulk_test_hull(test, 259, &hull), 259UL);
	page_bulk_expect_counts(test, 10);
	KUNIT_EXPECT_EQ(test, hull.end, 0);
	KUNIT_EXPECT_EQ(test, hull.known, 259);
	if (blind) {
		/* stock looks at all slots, as in an unpatched kernel */
		KUNIT_EXPECT_EQ(test, !!t->pages[100],
				t->mode == PAGE_BULK_STOCK);
		if (!t->pages[100])
			page_bulk_fill_slots(test, 100, 1);
	}
	page_bulk_expect_full(test);

	KUNIT_EXPECT_EQ(test, page_bulk_test_hull(test, 259, &hull), 259UL);
	page_bulk_expect_counts(test, 0);
	page_bulk_expect_full(test);
}

/* Two gaps with pages between them, which stay */
static void hull_gaps(struct kunit *test)
{
	struct page_bulk_hull hull = { .known = 259 };
	struct page_bulk_test *t = test->priv;
	struct page *between;

	page_bulk_slots(test, 259);
	page_bulk_fill_slots(test, 0, 10);
	page_bulk_fill_slots(test, 20, 30);
	page_bulk_fill_slots(test, 60, 199);
	between = t->pages[30];
	page_bulk_hull_add(&hull, 50, 10, true);
	page_bulk_hull_add(&hull, 10, 10, true);
	page_bulk_hull_add(&hull, 100, 0, true);
	KUNIT_EXPECT_EQ(test, page_bulk_test_hull(test, 259, &hull), 259UL);
	page_bulk_expect_counts(test, t->mode == PAGE_BULK_STOCK ? 50 : 20);
	page_bulk_expect_full(test);
	KUNIT_EXPECT_PTR_EQ(test, t->pages[30], between);

	/* Nothing is empty where something could be */
	page_bulk_hull_add(&hull, 40, 100, false);
	KUNIT_EXPECT_EQ(test, page_bulk_test_hull(test, 259, &hull), 259UL);
	page_bulk_expect_counts(test, 0);
	page_bulk_expect_full(test);
}

/* Nothing is known at first, and nothing of slots that were not asked for */
static void hull_grows(struct kunit *test)
{
	struct page_bulk_hull hull = { };
	struct page_bulk_test *t = test->priv;

	page_bulk_slots(test, 259);
	KUNIT_EXPECT_EQ(test, page_bulk_test_hull(test, 100, &hull), 100UL);
	page_bulk_expect_counts(test, 100);
	KUNIT_EXPECT_NULL(test, t->pages[100]);

	KUNIT_EXPECT_EQ(test, page_bulk_test_hull(test, 259, &hull), 259UL);
	page_bulk_expect_counts(test, 159);
	page_bulk_expect_full(test);

	/* As svc_alloc_arg() ends an array that became shorter */
	KUNIT_EXPECT_EQ(test, page_bulk_test_hull(test, 50, &hull), 50UL);
	page_bulk_expect_counts(test, 0);
	__free_page(t->pages[50]);
	t->pages[50] = NULL;
	KUNIT_EXPECT_EQ(test, page_bulk_test_hull(test, 259, &hull), 259UL);
	page_bulk_expect_counts(test, t->mode == PAGE_BULK_STOCK ? 209 : 1);
	page_bulk_expect_full(test);

	/* A gap that is partly behind what is asked for */
	page_bulk_free_pages(t->pages + 90, 20);
	page_bulk_hull_add(&hull, 90, 20, true);
	KUNIT_EXPECT_EQ(test, page_bulk_test_hull(test, 100, &hull), 100UL);
	page_bulk_expect_counts(test, 10);
	KUNIT_EXPECT_NULL(test, t->pages[100]);
	KUNIT_EXPECT_EQ(test, page_bulk_test_hull(test, 259, &hull), 259UL);
	page_bulk_expect_full(test);
}

/* What came back one by one is what the next fill of such a user takes */
static void dense_singly(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	u64 locks = 0;
	int tries;

	t->user.singly = true;
	/* Somebody may empty the lists meanwhile */
	for (tries = 0; tries < 10; tries++) {
		page_bulk_slots(test, 64);
		migrate_disable();
		page_bulk_fill_dense(&t->user, GFP_KERNEL, 0, NUMA_NO_NODE, 64,
				     t->pages);
		page_bulk_free_pages(t->pages, 64);
		page_bulk_reset(&t->user);
		page_bulk_fill_dense(&t->user, GFP_KERNEL, 0, NUMA_NO_NODE, 64,
				     t->pages);
		migrate_enable();
		page_bulk_expect_full(test);
		locks = page_bulk_counter(test, t->mode, PAGE_BULK_ZONE_LOCKS);
		if (!locks)
			break;
	}
	KUNIT_EXPECT_EQ(test, locks, 0);
}

/* The array need not be clear, and is not looked at */
static void dense_order_0(struct kunit *test)
{
	static const unsigned long nrs[] = { 0, 1, 64, 1500 };
	struct page_bulk_test *t = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(nrs); i++) {
		page_bulk_slots(test, nrs[i]);
		memset(t->pages, 0x5a, nrs[i] * sizeof(*t->pages));
		page_bulk_reset(&t->user);
		KUNIT_EXPECT_EQ(test, page_bulk_fill_dense(&t->user, GFP_KERNEL,
							   0, NUMA_NO_NODE,
							   nrs[i], t->pages),
				nrs[i]);
		page_bulk_expect_counts(test, nrs[i]);
		page_bulk_expect_full(test);
	}
}
