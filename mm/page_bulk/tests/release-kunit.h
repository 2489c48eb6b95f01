/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What giving pages back promises, in each mode. Included by fill-kunit.h.
 *
 * A probe on kmem:mm_page_free sees each page that really goes. Without
 * tracepoints, what is left of the others is looked at, and the counters.
 */
#include <linux/file.h>
#include <linux/pagevec.h>
#include <linux/shmem_fs.h>
#include <linux/swap.h>

static unsigned long page_bulk_gone[2];	/* order 0, higher orders */

static void page_bulk_free_probe(void *data, struct page *page,
				 unsigned int order)
{
	struct page_bulk_test *t = data;

	if (current == t->task && !in_hardirq() && !in_serving_softirq())
		page_bulk_gone[!!order]++;
}

static void page_bulk_free_probe_start(struct kunit *test)
{
	memset(page_bulk_gone, 0, sizeof(page_bulk_gone));
	if (PAGE_BULK_CAN_PROBE)
		KUNIT_ASSERT_EQ(test, register_trace_mm_page_free(page_bulk_free_probe,
								  test->priv), 0);
}

/* Expect that so many of each kind are gone */
static void page_bulk_free_probe_stop(struct kunit *test, unsigned long singles,
				      unsigned long blocks)
{
	if (!PAGE_BULK_CAN_PROBE)
		return;
	unregister_trace_mm_page_free(page_bulk_free_probe, test->priv);
	tracepoint_synchronize_unregister();
	KUNIT_EXPECT_EQ(test, page_bulk_gone[0], singles);
	KUNIT_EXPECT_EQ(test, page_bulk_gone[1], blocks);
}

/* Release @nr pages and expect that so many of each kind are gone */
static void page_bulk_expect_release(struct kunit *test, struct page **pages,
				     unsigned long nr, unsigned long singles,
				     unsigned long blocks)
{
	struct page_bulk_test *t = test->priv;
	u64 freed = page_bulk_counter(test, t->mode, PAGE_BULK_FREED);

	page_bulk_free_probe_start(test);
	page_bulk_release(&t->user, pages, nr);
	page_bulk_free_probe_stop(test, singles, blocks);
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_FREED),
			freed + nr);
}

#define PAGE_BULK_ABOVE_BLOCKS	64

/*
 * The zone was below its high watermark, and is not any more: who gives pages
 * back takes the note of that away, here by whole blocks, or by every other
 * page of them, which are more than the per-CPU lists may keep
 */
static void page_bulk_above_high(struct kunit *test, int step, bool above)
{
	struct page *block[PAGE_BULK_ABOVE_BLOCKS], **pages;
	unsigned long i, n, nr = 0, want = 1, nr_blocks = 0;
	struct page_bulk_test *t = test->priv;
	unsigned long mark;
	struct zone *zone;

	pages = kvmalloc_array(PAGE_BULK_ABOVE_BLOCKS * 512, sizeof(*pages),
			       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pages);
	migrate_disable();
	while (nr < want && nr_blocks < PAGE_BULK_ABOVE_BLOCKS) {
		struct page *page = alloc_pages(GFP_KERNEL, 9);

		if (!page)
			break;
		split_page(page, 9);
		if (!nr_blocks) {
			zone = page_zone(page);
			want = this_cpu_ptr(zone->per_cpu_pageset)->high_min;
			want = step == 1 ? 512 : want + 1024;
		}
		block[nr_blocks++] = page;
		for (n = 0; page_zone(page) == zone && n < 512; n += step)
			pages[nr++] = page + n;
	}
	KUNIT_EXPECT_GE(test, nr, want);
	if (nr >= want) {
		mark = zone->_watermark[WMARK_HIGH];
		if (!above)
			zone->_watermark[WMARK_HIGH] = zone_managed_pages(zone);
		set_bit(ZONE_BELOW_HIGH, &zone->flags);
		page_bulk_release(&t->user, pages, nr);
		KUNIT_EXPECT_EQ(test, !above,
				test_bit(ZONE_BELOW_HIGH, &zone->flags));
		zone->_watermark[WMARK_HIGH] = mark;
		clear_bit(ZONE_BELOW_HIGH, &zone->flags);
	}
	migrate_enable();
	/* What was not released */
	for (i = 0; i < nr_blocks; i++)
		for (n = 0; n < 512; n++)
			if (nr < want || page_zone(block[i]) != zone || n % step)
				__free_page(block[i] + n);
	kvfree(pages);
}

static void release_above_high(struct kunit *test)
{
	page_bulk_above_high(test, 1, true);
	page_bulk_above_high(test, 2, true);
	page_bulk_above_high(test, 1, false);
	page_bulk_above_high(test, 2, false);
}

/* The last references: all pages go, in one piece, scattered, and none */
static void release_last(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	enum page_bulk_mode mode;
	unsigned long i;

	page_bulk_slots(test, 600);
	KUNIT_ASSERT_EQ(test, page_bulk_test_fill(test, GFP_KERNEL, 0), 600UL);
	for (i = 0; i < 300; i += 2)
		swap(t->pages[i], t->pages[599 - i]);
	page_bulk_expect_release(test, t->pages, 600, 600, 0);
	memset(t->pages, 0, 600 * sizeof(*t->pages));
	page_bulk_expect_release(test, t->pages, 0, 0, 0);

	page_bulk_slots(test, 1);
	KUNIT_ASSERT_EQ(test, page_bulk_test_fill(test, GFP_KERNEL, 0), 1UL);
	page_bulk_expect_release(test, t->pages, 1, 1, 0);
	memset(t->pages, 0, sizeof(*t->pages));

	for (mode = 0; mode < PAGE_BULK_NR_MODES; mode++)
		KUNIT_EXPECT_EQ(test, page_bulk_counter(test, mode, PAGE_BULK_FREED),
				mode == t->mode ? 601 : 0);
}

/* As with pages that the socket still sends: only those with no user go */
static void release_shared(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	unsigned long i;

	page_bulk_slots(test, 128);
	KUNIT_ASSERT_EQ(test, page_bulk_test_fill(test, GFP_KERNEL, 0), 128UL);
	for (i = 0; i < 128; i += 2)
		get_page(t->pages[i]);
	page_bulk_expect_release(test, t->pages, 128, 64, 0);
	for (i = 0; i < 128; i++) {
		if (i % 2)
			t->pages[i] = NULL;
		else
			page_bulk_expect_page(test, t->pages[i]);
	}
}

/* A page of a file, on an LRU, with a reference */
static struct page *page_bulk_file_page(struct kunit *test, struct file *file)
{
	struct page *page = shmem_read_mapping_page(file->f_mapping, 0);

	KUNIT_ASSERT_FALSE(test, IS_ERR(page));
	memset(page_address(page), 0x77, PAGE_SIZE);
	lru_add_drain_all();
	KUNIT_EXPECT_TRUE(test, PageLRU(page));
	return page;
}

/*
 * What nfsd's reply array holds after a splice: between its own pages one of
 * a file, the zero page twice in a row, and parts of a compound page.
 */
static void release_not_plain(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	struct page *zero = ZERO_PAGE(0);
	struct page *block, *cached;
	struct file *file;
	int zeroes, users;
	unsigned long i;

	file = shmem_kernel_file_setup("page_bulk", PAGE_SIZE, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	cached = page_bulk_file_page(test, file);
	block = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
	KUNIT_ASSERT_NOT_NULL(test, block);

	page_bulk_slots(test, 64);
	KUNIT_ASSERT_EQ(test, page_bulk_test_fill(test, GFP_KERNEL, 0), 64UL);
	page_bulk_free_pages(t->pages + 20, 7);
	users = page_count(cached);
	zeroes = page_count(zero);
	t->pages[20] = cached;
	t->pages[21] = zero;
	t->pages[22] = zero;
	get_page(zero);
	get_page(zero);
	for (i = 0; i < 4; i++)
		t->pages[23 + i] = block + i;
	/* The block keeps a reference, then goes with the last of its parts */
	for (i = 0; i < 4; i++)
		get_page(block);
	page_bulk_expect_release(test, t->pages, 64, 57, 0);
	KUNIT_EXPECT_EQ(test, page_count(block), 1);
	KUNIT_EXPECT_EQ(test, page_count(zero), zeroes);
	KUNIT_EXPECT_EQ(test, page_count(cached), users - 1);
	KUNIT_EXPECT_TRUE(test, PageLRU(cached));
	/* Its neighbours there may have come and gone */
	KUNIT_EXPECT_PTR_EQ(test, cached->lru.next->prev, &cached->lru);
	KUNIT_EXPECT_PTR_EQ(test, cached->lru.prev->next, &cached->lru);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(cached), 0x77, PAGE_SIZE));

	t->pages[0] = block + 3;
	page_bulk_expect_release(test, t->pages, 1, 0, 1);
	memset(t->pages, 0, 64 * sizeof(*t->pages));
	fput(file);
}

/* A page of a file that was cut short after the splice: still on an LRU */
static void release_truncated(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	unsigned long nr, i;
	struct file *file;
	struct page *page;

	for (nr = 1; nr <= 3; nr += 2) {
		file = shmem_kernel_file_setup("page_bulk", PAGE_SIZE, 0);
		KUNIT_ASSERT_FALSE(test, IS_ERR(file));
		page_bulk_slots(test, nr);
		KUNIT_ASSERT_EQ(test, page_bulk_test_fill(test, GFP_KERNEL, 0), nr);
		__free_page(t->pages[0]);
		page = page_bulk_file_page(test, file);
		shmem_truncate_range(file_inode(file), 0, PAGE_SIZE - 1);
		lru_add_drain_all();
		KUNIT_EXPECT_EQ(test, page_count(page), 1);
		KUNIT_EXPECT_TRUE(test, PageLRU(page));
		t->pages[0] = page;
		page_bulk_expect_release(test, t->pages, nr, nr, 0);
		KUNIT_EXPECT_FALSE(test, PageLRU(page));
		for (i = 0; i < nr; i++)
			t->pages[i] = NULL;
		fput(file);
	}
}

static unsigned long page_bulk_pgfree(void)
{
	unsigned long events[NR_VM_EVENT_ITEMS];

	all_vm_events(events);
	return events[PGFREE];
}

/* With nobody looking: the counters of /proc/vmstat see each page once */
static void release_vmstat(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	unsigned long before;

	page_bulk_slots(test, 1500);
	KUNIT_ASSERT_EQ(test, page_bulk_test_fill(test, GFP_KERNEL, 0), 1500UL);
	before = page_bulk_pgfree();
	page_bulk_release(&t->user, t->pages, 1500);
	before = page_bulk_pgfree() - before;
	memset(t->pages, 0, 1500 * sizeof(*t->pages));
	KUNIT_EXPECT_GE(test, before, 1500UL);
	KUNIT_EXPECT_LT(test, before, 2500UL);
}

/* Whether @page lies in a free block of at least @order */
static bool page_bulk_in_block(struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page);
	struct page *head;

	for (; order <= MAX_PAGE_ORDER; order++) {
		head = pfn_to_page(round_down(pfn, 1UL << order));
		if (PageBuddy(head) && page_private(head) >= order)
			return true;
	}
	return false;
}

/*
 * Neighbours, last one first: list and array give back the block they are. It
 * is merged with the one before, and a page in mid-block has nothing in its
 * page->private, which who splits the block later would get.
 */
static void release_block(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	struct page *block;
	int i;

	page_bulk_slots(test, 64);
	block = alloc_pages(GFP_KERNEL, 7);
	KUNIT_ASSERT_NOT_NULL(test, block);
	split_page(block, 7);
	for (i = 0; i < 64; i++)
		t->pages[63 - i] = block + i;
	page_bulk_release(&t->user, t->pages, 64);
	if (page_bulk_has_batch(t->mode))
		KUNIT_EXPECT_TRUE(test, page_bulk_in_block(block, 6));
	for (i = 0; i < 64; i++)
		t->pages[63 - i] = block + 64 + i;
	page_bulk_release(&t->user, t->pages, 64);
	memset(t->pages, 0, 64 * sizeof(*t->pages));
	if (page_bulk_has_batch(t->mode)) {
		KUNIT_EXPECT_TRUE(test, page_bulk_in_block(block, 7));
		KUNIT_EXPECT_EQ(test, page_private(block + 64), 0UL);
	}
}

/* A batch of folios: a reference of a folio is one of its first page */
static void release_folios(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	struct folio *kept, *large;
	struct folio_batch fbatch;

	folio_batch_init(&fbatch);
	kept = folio_alloc(GFP_KERNEL, 0);
	large = folio_alloc(GFP_KERNEL, 2);
	KUNIT_ASSERT_NOT_NULL(test, kept);
	KUNIT_ASSERT_NOT_NULL(test, large);
	folio_get(kept);
	folio_batch_add(&fbatch, kept);
	folio_batch_add(&fbatch, large);
	while (folio_batch_space(&fbatch))
		folio_batch_add(&fbatch, folio_alloc(GFP_KERNEL, 0));

	page_bulk_free_probe_start(test);
	page_bulk_release_folios(&t->user, &fbatch);
	page_bulk_free_probe_stop(test, PAGEVEC_SIZE - 2UL, 1);
	KUNIT_EXPECT_EQ(test, folio_batch_count(&fbatch), 0);
	KUNIT_EXPECT_EQ(test, folio_ref_count(kept), 1);
	KUNIT_EXPECT_EQ(test, page_bulk_counter(test, t->mode, PAGE_BULK_FREED),
			PAGEVEC_SIZE);
	folio_put(kept);
}
