/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking blocks and pages off the free lists. Included at the tail of alloc.c.
 *
 * The zone is a made-up one: its lists hold what the test puts there, and
 * nothing else.
 */
#include <kunit/test.h>
#include <linux/vmalloc.h>
#include "walk-kunit.h"

struct page_bulk_take_test {
	struct zone *zone;
	int mt;
	struct page *block;	/* of TAKE_ORDER, what the lists are made from */
	struct list_head run;
};

#define TAKE_ORDER	7U

static int take_init(struct kunit *test)
{
	struct page_bulk_take_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	int order, mt;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->zone = kunit_kzalloc(test, sizeof(*t->zone), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->zone);
	for_each_migratetype_order(order, mt)
		INIT_LIST_HEAD(&t->zone->free_area[order].free_list[mt]);
	INIT_LIST_HEAD(&t->run);
	/* Twice that: so the whole block's buddy is the test's own, and in use */
	t->block = alloc_pages(GFP_KERNEL, TAKE_ORDER + 1);
	KUNIT_ASSERT_NOT_NULL(test, t->block);
	t->mt = get_pageblock_migratetype(t->block);
	test->priv = t;
	return 0;
}

static void take_exit(struct kunit *test)
{
	struct page_bulk_take_test *t = test->priv;
	int i;

	for (i = 0; t && t->block && i < 1 << TAKE_ORDER; i++) {
		if (PageBuddy(t->block + i))
			__folio_clear_buddy((struct folio *)(t->block + i));
		set_page_private(t->block + i, 0);
	}
	if (t && t->block)
		__free_pages(t->block, TAKE_ORDER + 1);
}

/* A free block that begins at page @at */
static void take_add(struct page_bulk_take_test *t, int at, unsigned int order)
{
	__add_to_free_list(t->block + at, t->zone, order, t->mt, true);
	set_buddy_order(t->block + at, order);
}

/* Both ways along the list of @order: as many as it counts, all free blocks */
static void take_expect_list(struct kunit *test, unsigned int order,
			     unsigned long nr)
{
	struct page_bulk_take_test *t = test->priv;
	struct free_area *area = &t->zone->free_area[order];
	unsigned long forth = 0, back = 0;
	struct page *page;

	KUNIT_EXPECT_EQ(test, area->nr_free, nr);
	list_for_each_entry(page, &area->free_list[t->mt], buddy_list) {
		KUNIT_EXPECT_TRUE(test, !!PageBuddy(page));
		KUNIT_EXPECT_EQ(test, buddy_order(page), order);
		if (++forth > nr)
			break;
	}
	list_for_each_entry_reverse(page, &area->free_list[t->mt], buddy_list)
		if (++back > nr)
			break;
	KUNIT_EXPECT_EQ(test, forth, nr);
	KUNIT_EXPECT_EQ(test, back, nr);
}

/* Pages on the run; each piece is free of marks, no page is there twice */
static unsigned long take_count(struct kunit *test)
{
	struct page_bulk_take_test *t = test->priv;
	unsigned long seen[BITS_TO_LONGS(1 << TAKE_ORDER)] = { };
	unsigned long n = 0, i;
	struct page *page;

	list_for_each_entry(page, &t->run, lru) {
		KUNIT_EXPECT_FALSE(test, !!PageBuddy(page));
		for (i = 0; i < (page_private(page) ?: 1); i++, n++)
			KUNIT_EXPECT_FALSE(test, __test_and_set_bit(page + i - t->block,
								    seen));
		if (n > 1 << TAKE_ORDER)
			break;
	}
	return n;
}

/* What a page's last owner has left in it is not taken for a size */
static void take_listed(struct kunit *test)
{
	struct page_bulk_take_test *t = test->priv;
	struct page *page;
	LIST_HEAD(list);
	int i;

	for (i = 0; i < 4; i++) {
		set_page_private(t->block + i, 7 << 16);
		list_add_tail(&t->block[i].pcp_list, &list);
	}
	KUNIT_EXPECT_EQ(test, page_bulk_cut(&list, 3, &t->run), 3UL);
	list_for_each_entry(page, &t->run, lru)
		KUNIT_EXPECT_EQ(test, page_private(page), 0UL);
	KUNIT_EXPECT_EQ(test, list_count_nodes(&t->run), 3);
	KUNIT_EXPECT_EQ(test, list_count_nodes(&list), 1);
}

/* From both ends, lists of odd and even length, all of it and parts of it */
static void take_singles(struct kunit *test)
{
	struct page_bulk_take_test *t = test->priv;
	unsigned long len, nr, left;
	unsigned long i;

	for (len = 0; len <= 7; len++) {
		for (nr = 1; nr <= 9; nr++) {
			for (i = 0; i < len; i++)
				take_add(t, 2 * i, 0);
			left = page_bulk_take_singles(t->zone, t->mt, nr, &t->run);
			KUNIT_EXPECT_EQ(test, left, nr - min(nr, len));
			KUNIT_EXPECT_EQ(test, take_count(test), min(nr, len));
			take_expect_list(test, 0, len - min(nr, len));

			/* Take what is left, for the next round */
			INIT_LIST_HEAD(&t->run);
			page_bulk_take_singles(t->zone, t->mt, len + 1, &t->run);
			take_expect_list(test, 0, 0);
			INIT_LIST_HEAD(&t->run);
		}
	}
}

/* The largest that fit come first, and no block is cut that need not be */
static void take_blocks(struct kunit *test)
{
	struct page_bulk_take_test *t = test->priv;
	unsigned long left;

	take_add(t, 0, 5);
	take_add(t, 32, 4);
	take_add(t, 64, 6);
	left = page_bulk_take_blocks(t->zone, t->mt, 4, 32 + 16 + 3, &t->run,
				     &t->run);
	KUNIT_EXPECT_EQ(test, left, 3UL);
	KUNIT_EXPECT_EQ(test, take_count(test), 48UL);
	take_expect_list(test, 4, 0);
	take_expect_list(test, 5, 0);
	take_expect_list(test, 6, 1);
}

/* What is cut off a block goes back as aligned blocks */
static void take_cut(struct kunit *test)
{
	struct page_bulk_take_test *t = test->priv;
	unsigned long left;

	take_add(t, 0, 7);
	left = page_bulk_take_blocks(t->zone, t->mt, 4, 55, &t->run, &t->run);
	KUNIT_EXPECT_EQ(test, left, 7UL);
	KUNIT_EXPECT_EQ(test, take_count(test), 48UL);
	take_expect_list(test, 7, 0);
	take_expect_list(test, 6, 1);
	take_expect_list(test, 5, 0);
	take_expect_list(test, 4, 1);
	KUNIT_EXPECT_TRUE(test, !!PageBuddy(t->block + 48));
	KUNIT_EXPECT_TRUE(test, !!PageBuddy(t->block + 64));
}

/* A block above the bound is left alone; the smallest come first */
static void take_bound(struct kunit *test)
{
	unsigned int bound = page_bulk_max_block_order;
	struct page_bulk_take_test *t = test->priv;
	unsigned long left;

	take_add(t, 0, 6);
	take_add(t, 64, 3);
	WRITE_ONCE(page_bulk_max_block_order, 5);
	left = page_bulk_take_blocks(t->zone, t->mt, 4, 64, &t->run, &t->run);
	KUNIT_EXPECT_EQ(test, left, 64UL);
	left = page_bulk_take_small(t->zone, t->mt, 0, 64, &t->run, &t->run);
	KUNIT_EXPECT_EQ(test, left, 56UL);
	WRITE_ONCE(page_bulk_max_block_order, 0);
	left = page_bulk_take_small(t->zone, t->mt, 0, 1, &t->run, &t->run);
	KUNIT_EXPECT_EQ(test, left, 1UL);
	WRITE_ONCE(page_bulk_max_block_order, bound);
	take_expect_list(test, 6, 1);

	left = page_bulk_take_small(t->zone, t->mt, 0, 3, &t->run, &t->run);
	KUNIT_EXPECT_EQ(test, left, 0UL);
	KUNIT_EXPECT_EQ(test, take_count(test), 11UL);
	take_expect_list(test, 6, 0);
	take_expect_list(test, 0, 1);
	take_expect_list(test, 1, 0);
	take_expect_list(test, 2, 1);
	take_expect_list(test, 5, 1);
}

/* Blocks of another migrate type are nobody's business here */
static void take_type(struct kunit *test)
{
	struct page_bulk_take_test *t = test->priv;
	int other = t->mt == MIGRATE_MOVABLE ? MIGRATE_UNMOVABLE : MIGRATE_MOVABLE;

	take_add(t, 0, 6);
	KUNIT_EXPECT_EQ(test, 64UL,
			page_bulk_take_blocks(t->zone, other, 4, 64, &t->run,
					      &t->run));
	KUNIT_EXPECT_EQ(test, 64UL,
			page_bulk_take_small(t->zone, other, 0, 64, &t->run,
					     &t->run));
	KUNIT_EXPECT_EQ(test, take_count(test), 0UL);
	take_expect_list(test, 6, 1);
}

static struct kunit_case page_bulk_take_cases[] = {
	KUNIT_CASE(take_listed),
	KUNIT_CASE(take_singles),
	KUNIT_CASE(take_blocks),
	KUNIT_CASE(take_cut),
	KUNIT_CASE(take_bound),
	KUNIT_CASE(take_type),
	{}
};

static struct kunit_suite page_bulk_take_suite = {
	.name = "page_bulk_take",
	.init = take_init,
	.exit = take_exit,
	.test_cases = page_bulk_take_cases,
};

kunit_test_suites(&page_bulk_take_suite, &page_bulk_walk_suite);
