/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a fill promises, in each mode. Included at the tail of fill.c.
 */
#include <linux/vmstat.h>
#include "fixture-kunit.h"
#include "exhaust-kunit.h"
#include "release-kunit.h"
#include "hull-kunit.h"
#include "gfp-kunit.h"
#include "reason-kunit.h"
#include "memcg-kunit.h"

static void fill_empty(struct kunit *test)
{
	static const unsigned long nrs[] = { 0, 1, 2, 64, 259, 1500 };
	struct page_bulk_test *t = test->priv;
	u64 pages = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(nrs); i++) {
		page_bulk_slots(test, nrs[i]);
		KUNIT_EXPECT_EQ(test, page_bulk_test_fill(test, GFP_KERNEL,
							  NUMA_NO_NODE), nrs[i]);
		page_bulk_expect_full(test);
		pages += nrs[i];
	}
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_FILLS),
			ARRAY_SIZE(nrs) - 1);
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_FULL), 1);
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_ASKED),
			pages);
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_GOT),
			pages);
	/* A batch of one page is none */
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_END +
						PAGE_BULK_END_ONE_PAGE - 1),
			t->mode == PAGE_BULK_LIST || t->mode == PAGE_BULK_ARRAY);
}

/* stock does what mainline does: with page_owner=on that is a page a call */
static void fill_stock_calls(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	unsigned long calls = 0, got;

	t->mode = PAGE_BULK_STOCK;
	t->user.state = t->mode;
	page_bulk_slots(test, 64);
	do {
		got = page_bulk_test_fill(test, GFP_KERNEL, 0);
		calls++;
	} while (got < t->nr && calls < t->nr);
	page_bulk_expect_full(test);
	KUNIT_EXPECT_EQ(test, calls, page_bulk_stock_is_single() ? 64UL : 1UL);
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_FILLS),
			calls);
}

static unsigned long page_bulk_pgalloc(void)
{
	static unsigned long events[NR_VM_EVENT_ITEMS];
	unsigned long sum = 0;
	int zid;

	all_vm_events(events);
	for (zid = 0; zid < MAX_NR_ZONES; zid++)
		sum += events[PGALLOC_NORMAL - ZONE_NORMAL + zid];
	return sum;
}

/* /proc/vmstat counts the pages; a little of it may be somebody else's */
static void fill_vmstat(struct kunit *test)
{
	unsigned long before;

	page_bulk_slots(test, 1500);
	before = page_bulk_pgalloc();
	page_bulk_test_fill(test, GFP_KERNEL, 0);
	before = page_bulk_pgalloc() - before;
	KUNIT_EXPECT_GE(test, before, 1500UL);
	KUNIT_EXPECT_LT(test, before, 2500UL);
}

/* Slots that are filled are left alone, wherever the holes are */
static void fill_holes(struct kunit *test)
{
	static const struct { unsigned int every, offset; } holes[] = {
		{ 1, 0 }, { 2, 0 }, { 2, 1 }, { 3, 2 }, { 64, 63 }, { 259, 258 },
	};
	struct page_bulk_test *t = test->priv;
	struct page **before;
	unsigned long i, n;
	int h;

	before = kunit_kcalloc(test, 259, sizeof(*before), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, before);
	for (h = 0; h < ARRAY_SIZE(holes); h++) {
		page_bulk_slots(test, 259);
		for (i = 0, n = 0; i < t->nr; i++) {
			before[i] = NULL;
			if (i % holes[h].every == holes[h].offset) {
				n++;
				continue;
			}
			before[i] = alloc_page(GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, before[i]);
			t->pages[i] = before[i];
		}
		KUNIT_EXPECT_EQ(test, page_bulk_test_fill(test, GFP_KERNEL, 0),
				259UL);
		page_bulk_expect_full(test);
		for (i = 0; i < t->nr; i++)
			if (before[i])
				KUNIT_EXPECT_PTR_EQ(test, t->pages[i], before[i]);

		/* The next one finds nothing to do */
		KUNIT_EXPECT_EQ(test, page_bulk_test_fill(test, GFP_KERNEL, 0),
				259UL);
		KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode,
							PAGE_BULK_FULL), h + 1);
	}
}

/* Count exactly, in the mode that is set and nowhere else */
static void fill_counts(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	unsigned long i, empty = t->mode == PAGE_BULK_STOCK ? 90 : 89;
	enum page_bulk_mode mode;

	page_bulk_slots(test, 100);
	/* Empty: 10 to 99 but 50; stock counts from the first empty one on */
	for (i = 0; i < 10; i++)
		t->pages[i] = alloc_page(GFP_KERNEL);
	t->pages[50] = alloc_page(GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, page_bulk_test_fill(test, GFP_KERNEL, 0), 100UL);
	for (mode = 0; mode < PAGE_BULK_NR_MODES; mode++) {
		bool on = mode == t->mode;

		KUNIT_EXPECT_EQ(test, page_bulk_counter(test, mode, PAGE_BULK_FILLS),
				on ? 1 : 0);
		KUNIT_EXPECT_EQ(test, page_bulk_counter(test, mode, PAGE_BULK_ASKED),
				on ? empty : 0);
		KUNIT_EXPECT_EQ(test, page_bulk_counter(test, mode, PAGE_BULK_GOT),
				on ? empty : 0);
		KUNIT_EXPECT_EQ(test, page_bulk_counter(test, mode, PAGE_BULK_SHORT), 0);
		/* 64 to 127 */
		KUNIT_EXPECT_EQ(test, page_bulk_counter(test, mode,
							PAGE_BULK_SIZES + 6),
				on ? 1 : 0);
	}
}

/* One event of the page allocator for each page, none of them left over */
static void fill_events(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;

	page_bulk_needs_probe(test);
	page_bulk_slots(test, 64);
	page_bulk_probe_start(test);
	page_bulk_test_fill(test, GFP_KERNEL, 0);
	page_bulk_probe_stop(test);
	page_bulk_expect_full(test);
	if (t->mode != PAGE_BULK_STOCK)
		KUNIT_EXPECT_EQ(test, t->events, 64UL);
	KUNIT_EXPECT_EQ(test, t->refusals, 0UL);
}

static void fill_node(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	unsigned long i;
	int nid;

	for_each_node_state(nid, N_MEMORY) {
		page_bulk_slots(test, 64);
		KUNIT_EXPECT_EQ(test, page_bulk_test_fill(test, GFP_KERNEL |
							  __GFP_THISNODE, nid),
				64UL);
		page_bulk_expect_full(test);
		for (i = 0; i < 64; i++)
			KUNIT_EXPECT_EQ(test, page_to_nid(t->pages[i]), nid);
	}
}

static void fill_zero(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	unsigned long i;

	/* Dirty what the fill will find; single pages come last in, first out */
	page_bulk_slots(test, 1024);
	for (i = 0; i < t->nr; i++) {
		t->pages[i] = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, t->pages[i]);
		memset(page_address(t->pages[i]), 0xa5, PAGE_SIZE);
	}
	page_bulk_slots(test, 259);
	KUNIT_EXPECT_EQ(test, page_bulk_test_fill(test, GFP_KERNEL | __GFP_ZERO,
						  0), 259UL);
	page_bulk_expect_full(test);
	for (i = 0; i < t->nr; i++)
		KUNIT_EXPECT_NULL(test, memchr_inv(page_address(t->pages[i]), 0,
						   PAGE_SIZE));
}

/*
 * GFP_ATOMIC in a softirq: nothing may be asked for that could sleep, on the
 * batch path and, with one page, on the other.
 */
static void fill_atomic(struct kunit *test)
{
	static const unsigned long nrs[] = { 1, 64, 1500 };
	struct page_bulk_test *t = test->priv;
	unsigned long switches, ret;
	int i;

	for (i = 0; i < ARRAY_SIZE(nrs); i++) {
		page_bulk_slots(test, nrs[i]);
		page_bulk_probe_start(test);
		local_bh_disable();
		switches = current->nvcsw + current->nivcsw;
		ret = page_bulk_test_fill(test, GFP_ATOMIC, NUMA_NO_NODE);
		switches = current->nvcsw + current->nivcsw - switches;
		local_bh_enable();
		page_bulk_probe_stop(test);
		KUNIT_EXPECT_EQ(test, ret, nrs[i]);
		/* There zone->lock sleeps, and local_bh_disable() leaves preemption on */
		if (!IS_ENABLED(CONFIG_PREEMPT_RT))
			KUNIT_EXPECT_EQ(test, switches, 0UL);
		KUNIT_EXPECT_FALSE(test, !!(t->gfps & __GFP_DIRECT_RECLAIM));
		page_bulk_expect_full(test);
	}
}

/* Each mode goes its own way: seen from inside, page by page */
static void page_bulk_expect_way(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;

	switch (t->mode) {
	case PAGE_BULK_SINGLE:
		KUNIT_EXPECT_EQ(test, t->strung, 0UL);
		KUNIT_EXPECT_EQ(test, t->placed, t->nr - 1);
		KUNIT_EXPECT_EQ(test, t->events, t->nr);
		break;
	case PAGE_BULK_LIST:
		/* Every page but the last is on the list when the next comes */
		KUNIT_EXPECT_EQ(test, t->strung, t->nr - 1);
		KUNIT_EXPECT_EQ(test, t->placed, 0UL);
		break;
	case PAGE_BULK_ARRAY:
		KUNIT_EXPECT_EQ(test, t->strung, 0UL);
		KUNIT_EXPECT_EQ(test, t->placed, t->nr - 1);
		break;
	default:
		KUNIT_EXPECT_EQ(test, t->events, 0UL);
	}
}

static void fill_way(struct kunit *test)
{
	page_bulk_needs_probe(test);
	page_bulk_slots(test, 128);
	page_bulk_probe_start(test);
	page_bulk_test_fill(test, GFP_KERNEL, 0);
	page_bulk_probe_stop(test);
	page_bulk_expect_full(test);
	page_bulk_expect_way(test);
}

/* A switch in mid-fill: the fill ends, and is counted, in its first mode */
static void fill_switch(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	enum page_bulk_mode to;

	page_bulk_needs_probe(test);
	for (to = 0; to < PAGE_BULK_NR_MODES; to++) {
		if (to == t->mode)
			continue;
		t->user.state = t->mode;
		t->switch_to = 1UL << PAGE_BULK_MODE_BITS | to;
		t->switch_at = 3;
		page_bulk_reset(&t->user);
		page_bulk_slots(test, 128);
		page_bulk_probe_start(test);
		page_bulk_test_fill(test, GFP_KERNEL, 0);
		page_bulk_probe_stop(test);
		page_bulk_expect_full(test);
		page_bulk_expect_way(test);
		KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode,
							PAGE_BULK_GOT), 128);
		KUNIT_EXPECT_EQ(test, page_bulk_counter(test, to,
							PAGE_BULK_FILLS), 0);
		KUNIT_EXPECT_EQ(test, page_bulk_counter(test, to,
							PAGE_BULK_GOT), 0);
		/* stock has no event to switch at */
		if (t->mode == PAGE_BULK_STOCK)
			continue;
		KUNIT_EXPECT_EQ(test, t->user.state, t->switch_to);
		/* and the next fill is in the new mode */
		page_bulk_slots(test, 2);
		page_bulk_test_fill(test, GFP_KERNEL, 0);
		KUNIT_EXPECT_EQ(test, page_bulk_counter(test, to,
							PAGE_BULK_FILLS), 1);
	}
}

/*
 * page_is_pfmemalloc() looks at page->lru.next: what a list does to that word
 * must not be seen afterwards.
 */
static void list_pop(struct kunit *test)
{
	struct page *a = alloc_page(GFP_KERNEL);
	struct page *b = alloc_page(GFP_KERNEL);
	LIST_HEAD(list);

	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, b);
	/* as the core strings a page that is marked, and one that is not */
	set_page_private(a, 1);
	list_add_tail(&a->lru, &list);
	list_add_tail(&b->lru, &list);
	KUNIT_EXPECT_PTR_EQ(test, page_bulk_list_pop(&list), a);
	KUNIT_EXPECT_PTR_EQ(test, page_bulk_list_pop(&list), b);
	KUNIT_EXPECT_TRUE(test, list_empty(&list));
	KUNIT_EXPECT_TRUE(test, page_is_pfmemalloc(a));
	KUNIT_EXPECT_EQ(test, page_private(a), 0UL);
	page_bulk_expect_page(test, b);
	__free_page(a);
	__free_page(b);
}

static struct kunit_case page_bulk_fill_cases[] = {
	KUNIT_CASE_PARAM(fill_empty, page_bulk_mode_gen_params),
	KUNIT_CASE(fill_stock_calls),
	KUNIT_CASE_PARAM(fill_vmstat, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_holes, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_counts, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_events, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_node, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_zero, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_atomic, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_way, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_switch, page_bulk_mode_gen_params),
	KUNIT_CASE(list_pop),
	KUNIT_CASE_PARAM(hull_gap, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(hull_gaps, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(hull_grows, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(hull_short, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(dense_order_0, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(dense_singly, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_more_than_available, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_short_with_holes, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_nothing_left, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_stoppable, page_bulk_mode_gen_params),
	{}
};

static struct kunit_case page_bulk_gfp_cases[] = {
	KUNIT_CASE_PARAM(gfp_classes, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(gfp_scope, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(gfp_stoppable, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(gfp_orders, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(gfp_memalloc, page_bulk_mode_gen_params),
	{}
};

static struct kunit_suite page_bulk_gfp_suite = {
	.name = "page_bulk_gfp",
	.init = page_bulk_test_init,
	.exit = page_bulk_test_exit,
	.test_cases = page_bulk_gfp_cases,
};

static struct kunit_case page_bulk_reason_cases[] = {
	KUNIT_CASE_PARAM(reason_none, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(reason_one_page, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(reason_no_block, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(reason_stops_at_block, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(reason_watermark, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(reason_reserve, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(reason_refused, page_bulk_mode_gen_params),
#ifdef CONFIG_FAIL_PAGE_ALLOC
	KUNIT_CASE_PARAM(reason_injected, page_bulk_mode_gen_params),
#endif
#ifdef CONFIG_MEMCG
	KUNIT_CASE_PARAM(memcg_charge, page_bulk_group_mode_gen_params),
	KUNIT_CASE_PARAM(memcg_limit, page_bulk_group_mode_gen_params),
#endif
	{}
};

static struct kunit_suite page_bulk_reason_suite = {
	.name = "page_bulk_reason",
	.init = page_bulk_test_init,
	.exit = page_bulk_test_exit,
	.test_cases = page_bulk_reason_cases,
};

static struct kunit_suite page_bulk_fill_suite = {
	.name = "page_bulk_fill",
	.init = page_bulk_test_init,
	.exit = page_bulk_test_exit,
	.test_cases = page_bulk_fill_cases,
};

static struct kunit_case page_bulk_release_cases[] = {
	KUNIT_CASE_PARAM(release_last, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(release_above_high, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(release_shared, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(release_not_plain, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(release_truncated, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(release_folios, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(release_vmstat, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(release_block, page_bulk_mode_gen_params),
	{}
};

static struct kunit_suite page_bulk_release_suite = {
	.name = "page_bulk_release",
	.init = page_bulk_test_init,
	.exit = page_bulk_test_exit,
	.test_cases = page_bulk_release_cases,
};

kunit_test_suites(&page_bulk_fill_suite, &page_bulk_gfp_suite,
		  &page_bulk_reason_suite, &page_bulk_release_suite);
