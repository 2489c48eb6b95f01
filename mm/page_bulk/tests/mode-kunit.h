/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a fill promises, in each mode. Included at the tail of mode.c.
 *
 * A probe on kmem:mm_page_alloc looks at the fill from inside: it fires for
 * each page that single, list and array allocate, in mid-fill, and for each
 * refusal. (It does not fire for a batch of stock.)
 */
#include <kunit/test.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/sizes.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>

#undef CREATE_TRACE_POINTS	/* of mode.c: kmem has them elsewhere */
#include <trace/events/kmem.h>

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
	unsigned long ahead;		/* events with a later slot in use */
	gfp_t gfps;
	unsigned long switch_at;	/* event at which the mode is changed */
	unsigned long switch_to;
	struct page *before;
};

static void page_bulk_probe(void *data, struct page *page, unsigned int order,
			    gfp_t gfp, int migratetype)
{
	struct page_bulk_test *t = data;

	if (current != t->task || in_hardirq() || in_serving_softirq())
		return;
	t->gfps |= gfp;
	if (!page) {
		t->refusals++;
		return;
	}
	t->events++;
	/* A page that was prepared and is on no list has NULL there */
	if (t->before && t->before->lru.next)
		t->strung++;
	if (t->events < t->nr && t->pages && t->pages[t->events])
		t->ahead++;
	t->before = page;
	if (t->events == t->switch_at)
		WRITE_ONCE(t->user.state, t->switch_to);
}

static void page_bulk_probe_start(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;

	t->events = 0;
	t->refusals = 0;
	t->strung = 0;
	t->ahead = 0;
	t->gfps = 0;
	t->before = NULL;
	KUNIT_ASSERT_EQ(test, register_trace_mm_page_alloc(page_bulk_probe, t), 0);
}

static void page_bulk_probe_stop(struct kunit *test)
{
	unregister_trace_mm_page_alloc(page_bulk_probe, test->priv);
	tracepoint_synchronize_unregister();
}

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

static void page_bulk_mode_desc(const enum page_bulk_mode *mode, char *desc)
{
	strscpy(desc, page_bulk_mode_names[*mode], KUNIT_PARAM_DESC_SIZE);
}

static const enum page_bulk_mode page_bulk_modes[] = {
	PAGE_BULK_SINGLE, PAGE_BULK_LIST, PAGE_BULK_ARRAY, PAGE_BULK_STOCK
};

KUNIT_ARRAY_PARAM(page_bulk_mode, page_bulk_modes, page_bulk_mode_desc);

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
		KUNIT_EXPECT_EQ(test, t->ahead, 0UL);
		KUNIT_EXPECT_EQ(test, t->events, t->nr);
		break;
	case PAGE_BULK_LIST:
		/* Every page but the last is on the list when the next comes */
		KUNIT_EXPECT_EQ(test, t->strung, t->nr - 1);
		KUNIT_EXPECT_EQ(test, t->ahead, 0UL);
		break;
	case PAGE_BULK_ARRAY:
		KUNIT_EXPECT_EQ(test, t->strung, 0UL);
		/* Slots are filled before their pages are prepared */
		KUNIT_EXPECT_GT(test, t->ahead, t->nr / 2);
		break;
	default:
		KUNIT_EXPECT_EQ(test, t->events, 0UL);
	}
}

static void fill_way(struct kunit *test)
{
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
	KUNIT_EXPECT_GE(test, t->refusals, 1UL);
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_FAILED), 1);
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

static void match_words(struct kunit *test)
{
	static const struct { const char *buf; int len; loff_t pos; int word; } cases[] = {
		{ "single", 6, 0, PAGE_BULK_SINGLE },
		{ "list\n", 5, 0, PAGE_BULK_LIST },
		{ "array", 5, 0, PAGE_BULK_ARRAY },
		{ "stock\n", 6, 0, PAGE_BULK_STOCK },
		{ "", 0, 0, -EINVAL },
		{ "\n", 1, 0, -EINVAL },
		{ "\0", 1, 0, -EINVAL },
		{ "lis", 3, 0, -EINVAL },
		{ "lists", 5, 0, -EINVAL },
		{ "LIST", 4, 0, -EINVAL },
		{ " list", 5, 0, -EINVAL },
		{ "list ", 5, 0, -EINVAL },
		{ "list\n\n", 6, 0, -EINVAL },
		{ "list\narray\n", 11, 0, -EINVAL },
		{ "list array", 10, 0, -EINVAL },
		{ "list\0", 5, 0, -EINVAL },
		{ "list\0\n", 6, 0, -EINVAL },
		{ "list\n", 5, 1, -EINVAL },
		{ "st", 2, 4, -EINVAL },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, cases[i].word,
				    page_bulk_match(cases[i].buf, cases[i].len,
						    cases[i].pos,
						    page_bulk_mode_names,
						    PAGE_BULK_NR_MODES),
				    "case %d", i);
}

/* The generation counts actual changes */
static void switch_generation(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	enum page_bulk_mode mode;
	unsigned long changes = 0;
	int round;

	for (round = 0; round < 3; round++) {
		for (mode = 0; mode < PAGE_BULK_NR_MODES; mode++) {
			changes += mode != page_bulk_mode(t->user.state);
			page_bulk_set_mode(&t->user, mode);
			page_bulk_set_mode(&t->user, mode);
			KUNIT_EXPECT_EQ(test, page_bulk_mode(t->user.state), mode);
			KUNIT_EXPECT_EQ(test, page_bulk_generation(t->user.state),
					changes);
		}
	}
}

static struct kunit_case page_bulk_fill_cases[] = {
	KUNIT_CASE_PARAM(fill_empty, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_vmstat, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_holes, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_counts, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_events, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_node, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_zero, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_atomic, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_way, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_switch, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_more_than_available, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_short_with_holes, page_bulk_mode_gen_params),
	KUNIT_CASE_PARAM(fill_nothing_left, page_bulk_mode_gen_params),
	{}
};

static struct kunit_suite page_bulk_fill_suite = {
	.name = "page_bulk_fill",
	.init = page_bulk_test_init,
	.exit = page_bulk_test_exit,
	.test_cases = page_bulk_fill_cases,
};

static struct kunit_case page_bulk_mode_cases[] = {
	KUNIT_CASE(list_pop),
	KUNIT_CASE(match_words),
	KUNIT_CASE(switch_generation),
	{}
};

static struct kunit_suite page_bulk_mode_suite = {
	.name = "page_bulk_mode",
	.init = page_bulk_test_init,
	.exit = page_bulk_test_exit,
	.test_cases = page_bulk_mode_cases,
};

kunit_test_suites(&page_bulk_fill_suite, &page_bulk_mode_suite);
