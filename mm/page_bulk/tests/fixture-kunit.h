/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of fills and releases share. Included by fill-kunit.h.
 *
 * A probe on kmem:mm_page_alloc looks at the fill from inside: it fires for
 * each page that single, list and array allocate, in mid-fill, and for each
 * refusal. (It does not fire for a batch of stock.) Without tracepoints a fill
 * is judged by what it leaves.
 */
#include <kunit/test.h>
#include <linux/page_owner.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>
#include <trace/events/kmem.h>

#define PAGE_BULK_CAN_PROBE	IS_ENABLED(CONFIG_TRACEPOINTS)

struct page_bulk_test {
	struct page_bulk_user user;
	enum page_bulk_mode mode;
	struct task_struct *task;
	struct page **pages;
	unsigned long nr;

	/* What the probe saw, and what it is to do */
	unsigned long events;		/* pages */
	unsigned long refusals;		/* calls that got no page */
	unsigned long strung;		/* events with an earlier page on a list */
	unsigned long placed;		/* events with the page before in its slot */
	gfp_t gfps;
	unsigned long mts;		/* a bit for each migrate type */
	unsigned long switch_at;	/* event at which the mode is changed */
	unsigned long switch_to;
	struct page *before;
};

/*
 * While the fill prepares a page, page_owner and KASAN may need a page for
 * the stacks that they remember: it is not one that was asked for.
 */
static bool page_bulk_is_nested(gfp_t gfp)
{
	return (gfp & gfp_nested_mask(0)) == gfp_nested_mask(0);
}

static void page_bulk_probe(void *data, struct page *page, unsigned int order,
			    gfp_t gfp, int migratetype)
{
	struct page_bulk_test *t = data;

	if (current != t->task || in_hardirq() || in_serving_softirq() ||
	    page_bulk_is_nested(gfp))
		return;
	t->gfps |= gfp;
	if (!page) {
		t->refusals++;
		return;
	}
	t->events++;
	t->mts |= BIT(migratetype);
	/* A page that was prepared and is on no list has NULL there */
	if (t->before && t->before->lru.next)
		t->strung++;
	if (t->before && t->pages && t->events <= t->nr &&
	    t->pages[t->events - 2] == t->before)
		t->placed++;
	t->before = page;
	if (t->events == t->switch_at)
		WRITE_ONCE(t->user.state, t->switch_to);
}

/* For tests of which nothing is left without */
static void page_bulk_needs_probe(struct kunit *test)
{
	if (!PAGE_BULK_CAN_PROBE)
		kunit_skip(test, "no tracepoints");
}

static void page_bulk_probe_start(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;

	t->events = 0;
	t->refusals = 0;
	t->strung = 0;
	t->placed = 0;
	t->gfps = 0;
	t->mts = 0;
	t->before = NULL;
	if (PAGE_BULK_CAN_PROBE)
		KUNIT_ASSERT_EQ(test, register_trace_mm_page_alloc(page_bulk_probe, t),
				0);
}

static void page_bulk_probe_stop(struct kunit *test)
{
	if (!PAGE_BULK_CAN_PROBE)
		return;
	unregister_trace_mm_page_alloc(page_bulk_probe, test->priv);
	tracepoint_synchronize_unregister();
}

static void page_bulk_mode_desc(const enum page_bulk_mode *mode, char *desc)
{
	strscpy(desc, page_bulk_mode_names[*mode], KUNIT_PARAM_DESC_SIZE);
}

static const enum page_bulk_mode page_bulk_modes[] = {
	PAGE_BULK_SINGLE, PAGE_BULK_LIST, PAGE_BULK_ARRAY, PAGE_BULK_STOCK
};

KUNIT_ARRAY_PARAM(page_bulk_any_mode, page_bulk_modes, page_bulk_mode_desc);

/* Mainline's bulk call gives one page at a time with page_owner=on */
static bool page_bulk_stock_is_single(void)
{
#ifdef CONFIG_PAGE_OWNER
	return static_branch_unlikely(&page_owner_inited);
#else
	return false;
#endif
}

/* All modes; but stock, the last one, only where it can fill in one call */
static const void *page_bulk_mode_gen_params(const void *prev, char *desc)
{
	const enum page_bulk_mode *mode;

	mode = page_bulk_any_mode_gen_params(prev, desc);
	if (mode && *mode == PAGE_BULK_STOCK && page_bulk_stock_is_single())
		return NULL;
	return mode;
}

static bool page_bulk_has_batch(enum page_bulk_mode mode)
{
	return mode == PAGE_BULK_LIST || mode == PAGE_BULK_ARRAY;
}

static void page_bulk_reserve_free(void);	/* exhaust-kunit.h */

static int page_bulk_test_init(struct kunit *test)
{
	struct page_bulk_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	if (test->param_value)
		t->mode = *(const enum page_bulk_mode *)test->param_value;
	t->task = current;
	t->user.name = "kunit";
	t->user.state = t->mode;
	test->priv = t;
	return page_bulk_init_counters(&t->user);
}

static void page_bulk_free_pages(struct page **pages, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		if (pages[i])
			__free_page(pages[i]);
		pages[i] = NULL;
	}
}

static void page_bulk_test_exit(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;

	if (!t)
		return;
	if (t->pages)
		page_bulk_free_pages(t->pages, t->nr);
	kvfree(t->pages);
	page_bulk_reserve_free();
	free_percpu(t->user.counters);
	kfree(t->user.base);
}

/* An array of @nr empty slots, and one behind that must not be touched */
static void page_bulk_slots(struct kunit *test, unsigned long nr)
{
	struct page_bulk_test *t = test->priv;

	if (t->pages)
		page_bulk_free_pages(t->pages, t->nr);
	kvfree(t->pages);
	t->nr = nr;
	t->pages = kvcalloc(nr + 1, sizeof(*t->pages), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->pages);
}

static unsigned long page_bulk_test_fill(struct kunit *test, gfp_t gfp, int nid)
{
	struct page_bulk_test *t = test->priv;

	return page_bulk_fill(&t->user, gfp, nid, t->nr, t->pages);
}

static u64 page_bulk_counter(struct kunit *test, enum page_bulk_mode mode,
			     int counter)
{
	struct page_bulk_test *t = test->priv;
	struct page_bulk_counters *sums = page_bulk_read_counters(&t->user);
	u64 v;

	KUNIT_ASSERT_NOT_NULL(test, sums);
	v = sums[mode].v[counter];
	kfree(sums);
	return v;
}

/* A page must be what alloc_page() gives: order 0, one reference, unused */
static void page_bulk_expect_page(struct kunit *test, struct page *page)
{
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_TRUE(test, pfn_valid(page_to_pfn(page)));
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&page->_mapcount), -1);
	KUNIT_EXPECT_FALSE(test, PageCompound(page));
	KUNIT_EXPECT_FALSE(test, PageBuddy(page));
	KUNIT_EXPECT_FALSE(test, PageLRU(page));
	KUNIT_EXPECT_NULL(test, page->mapping);
	KUNIT_EXPECT_EQ(test, page_private(page), 0UL);
	KUNIT_EXPECT_PTR_EQ(test, page->lru.next, (struct list_head *)NULL);
}

static int page_bulk_cmp(const void *a, const void *b)
{
	unsigned long pa = (unsigned long)*(struct page * const *)a;
	unsigned long pb = (unsigned long)*(struct page * const *)b;

	return pa < pb ? -1 : pa > pb;
}

/* All slots hold a page, no page twice, and the slot behind is untouched */
static void page_bulk_expect_full(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	struct page **sorted;
	unsigned long i;

	KUNIT_EXPECT_NULL(test, t->pages[t->nr]);
	for (i = 0; i < t->nr; i++)
		page_bulk_expect_page(test, t->pages[i]);

	sorted = kvcalloc(t->nr + 1, sizeof(*sorted), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, sorted);
	memcpy(sorted, t->pages, t->nr * sizeof(*sorted));
	sort(sorted, t->nr, sizeof(*sorted), page_bulk_cmp, NULL);
	for (i = 1; i < t->nr; i++)
		KUNIT_EXPECT_PTR_NE(test, sorted[i - 1], sorted[i]);
	kvfree(sorted);
}
