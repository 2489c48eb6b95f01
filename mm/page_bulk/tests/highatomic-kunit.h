/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reserve of blocks for those who cannot reclaim, MIGRATE_HIGHATOMIC, in
 * the machine's own memory. Included by take-kunit.h.
 */
#include <linux/sizes.h>

#define HIGHATOMIC_BLOCKS	3UL

/* Blocks that are the test's own, and pages that keep some from being whole */
struct highatomic_test {
	struct page **blocks;
	unsigned long nr, max;
	struct page **pages;
	unsigned long nr_pages;
	int nid;
};

/* All blocks that anybody can have. Return: whether there were some */
static bool highatomic_hoard(struct highatomic_test *t)
{
	unsigned long before = t->nr;

	drain_all_pages(NULL);
	while (t->nr < t->max) {
		t->blocks[t->nr] = alloc_pages_node(t->nid, GFP_NOWAIT |
						    __GFP_NOWARN, pageblock_order);
		if (!t->blocks[t->nr])
			break;
		t->nr++;
	}
	return t->nr > before;
}

/* Return: a block of @zone out of the hoard, or NULL */
static struct page *highatomic_block(struct highatomic_test *t,
				     struct zone *zone)
{
	unsigned long i;

	for (i = t->nr; i; i--) {
		struct page *page = t->blocks[i - 1];

		if (page_zone(page) == zone) {
			t->blocks[i - 1] = t->blocks[--t->nr];
			return page;
		}
	}
	return NULL;
}

/* No block is whole, and yet @zone has pages enough. Return: whether it is so */
static bool highatomic_break_blocks(struct highatomic_test *t,
				    struct zone *zone)
{
	unsigned long enough = low_wmark_pages(zone) + 2 * pageblock_nr_pages +
			       zone->lowmem_reserve[gfp_zone(GFP_ATOMIC)];
	struct page *page;
	unsigned long i;

	while (zone_page_state(zone, NR_FREE_PAGES) <
	       enough + zone->nr_free_highatomic) {
		page = highatomic_block(t, zone);
		if (!page)
			return false;
		split_page(page, pageblock_order);
		t->pages[t->nr_pages++] = page;
		for (i = 1; i < pageblock_nr_pages; i++)
			__free_page(page + i);
		drain_all_pages(NULL);
	}
	return true;
}

static void highatomic_reserve(struct page *page, struct zone *zone)
{
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	set_pageblock_migratetype(page, MIGRATE_HIGHATOMIC);
	zone->nr_reserved_highatomic += pageblock_nr_pages;
	spin_unlock_irqrestore(&zone->lock, flags);
	__free_pages(page, pageblock_order);
}

static void highatomic_unreserve(int nid)
{
	unsigned int alloc_flags = 0;
	gfp_t gfp = GFP_KERNEL;
	struct alloc_context ac = { };

	drain_all_pages(NULL);
	if (prepare_alloc_pages(gfp, 0, nid, NULL, &ac, &gfp, &alloc_flags))
		while (unreserve_highatomic_pageblock(&ac, true))
			;
}

/* Whoever does not reclaim, and finds no other block, takes one of these */
static void highatomic_fill(struct kunit *test, struct highatomic_test *t,
			    struct zone *zone)
{
	struct page *pages[HIGHATOMIC_BLOCKS] = { };
	struct page_bulk_request req = {
		.gfp = GFP_ATOMIC | __GFP_NOWARN,
		.nid = t->nid,
		.order = pageblock_order,
		.wanted = HIGHATOMIC_BLOCKS,
		.pages = pages,
	};
	struct page *page;
	unsigned long i;

	for (i = 0; i < HIGHATOMIC_BLOCKS; i++) {
		page = highatomic_block(t, zone);
		if (page)
			highatomic_reserve(page, zone);
	}
	drain_all_pages(NULL);
	KUNIT_EXPECT_GE(test, zone->nr_free_highatomic,
			HIGHATOMIC_BLOCKS * pageblock_nr_pages);

	page_bulk_alloc_dense_noprof(&req);
	KUNIT_EXPECT_EQ(test, req.got, 1UL);
	KUNIT_EXPECT_EQ(test, req.reason, PAGE_BULK_END_NO_BLOCK);
	for (i = 0; i < req.got; i++) {
		KUNIT_EXPECT_EQ(test, get_pageblock_migratetype(pages[i]),
				MIGRATE_HIGHATOMIC);
		__free_pages(pages[i], pageblock_order);
	}
	highatomic_unreserve(t->nid);
}

static void take_highatomic(struct kunit *test)
{
	struct highatomic_test t = { .nid = numa_mem_id() };
	struct zone *zone;
	bool broken;

	if (totalram_pages() > SZ_4G / PAGE_SIZE)
		kunit_skip(test, "takes all memory: only with up to 4 GB");
	t.max = (totalram_pages() >> pageblock_order) + 1;
	t.blocks = kunit_kcalloc(test, t.max, sizeof(*t.blocks), GFP_KERNEL);
	t.pages = kunit_kcalloc(test, t.max, sizeof(*t.pages), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t.blocks);
	KUNIT_ASSERT_NOT_NULL(test, t.pages);

	highatomic_hoard(&t);
	KUNIT_EXPECT_GE(test, t.nr, HIGHATOMIC_BLOCKS);
	if (t.nr) {
		zone = page_zone(t.blocks[0]);
		do {
			broken = highatomic_break_blocks(&t, zone);
		} while (broken && highatomic_hoard(&t));
		KUNIT_EXPECT_TRUE(test, broken);
		if (broken)
			highatomic_fill(test, &t, zone);
	}
	while (t.nr)
		__free_pages(t.blocks[--t.nr], pageblock_order);
	while (t.nr_pages)
		__free_page(t.pages[--t.nr_pages]);
}
