/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Made-up zones, for the tests of the way through them. Included by
 * walk-kunit.h.
 *
 * Each zone has what the test puts there, and nothing else. It is the Normal
 * zone of a made-up node; the pages are those of whole page blocks that the
 * test has allocated, whose migrate type it may set therefore.
 */
#define ZONES_NR	3
#define ZONES_BLOCKS	12
#define ZONES_PAGES	600	/* slots for what a walk takes */

/* Page blocks of memory that the test took, and where it put their pages */
struct page_bulk_zones_block {
	struct page *page;
	int zone;
	int mt;
	int was;	/* migrate type before the test */
};

struct page_bulk_zones {
	struct pglist_data *node[ZONES_NR];
	struct zone *zone[ZONES_NR];
	struct zonelist *zonelist;
	nodemask_t nodes;
	struct page_bulk_batch batch;
	struct page_bulk_zones_block block[ZONES_BLOCKS];
	int nr_blocks;
	enum page_bulk_reason reason;
	struct page *pages[ZONES_PAGES];
};

/* Per-CPU lists that keep nothing, as those of a zone are at boot */
static int zones_init_pcp(struct zone *zone)
{
	struct per_cpu_pages *pcp;
	int cpu, i;

	/* Without SMP and NUMA there is nothing in it */
	if (sizeof(struct per_cpu_zonestat)) {
		zone->per_cpu_zonestats = alloc_percpu(struct per_cpu_zonestat);
		if (!zone->per_cpu_zonestats)
			return -ENOMEM;
	}
	zone->per_cpu_pageset = alloc_percpu(struct per_cpu_pages);
	if (!zone->per_cpu_pageset)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		pcp = per_cpu_ptr(zone->per_cpu_pageset, cpu);
		spin_lock_init(&pcp->lock);
		for (i = 0; i < NR_PCP_LISTS; i++)
			INIT_LIST_HEAD(&pcp->lists[i]);
		pcp->batch = 1;
	}
	return 0;
}

static int zones_init_zone(struct kunit *test, int i)
{
	struct page_bulk_zones *t = test->priv;
	struct pglist_data *node;
	struct zone *zone;
	int order, mt;

	node = kunit_kzalloc(test, sizeof(*node), GFP_KERNEL);
	if (!node)
		return -ENOMEM;
	zone = &node->node_zones[ZONE_NORMAL];
	t->node[i] = node;
	t->zone[i] = zone;
	zone->zone_pgdat = node;
	zone->name = "made up";
	zone_set_nid(zone, first_online_node);
	spin_lock_init(&zone->lock);
	for_each_migratetype_order(order, mt)
		INIT_LIST_HEAD(&zone->free_area[order].free_list[mt]);
	t->zonelist->_zonerefs[i].zone = zone;
	t->zonelist->_zonerefs[i].zone_idx = ZONE_NORMAL;
	return zones_init_pcp(zone);
}

/*
 * A request for movable pages that may use all zones. Its pages are prepared
 * with a few stores: to the rest of the kernel they are in use all the time.
 */
static int zones_init(struct kunit *test)
{
	struct page_bulk_zones *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	int i, err;

	if (!t)
		return -ENOMEM;
	test->priv = t;
	t->zonelist = kunit_kzalloc(test, sizeof(*t->zonelist), GFP_KERNEL);
	if (!t->zonelist)
		return -ENOMEM;
	for (i = 0; i < ZONES_NR; i++) {
		err = zones_init_zone(test, i);
		if (err)
			return err;
	}
	t->batch = (struct page_bulk_batch) {
		.ac = {
			.zonelist = t->zonelist,
			.preferred_zoneref = t->zonelist->_zonerefs,
			.highest_zoneidx = ZONE_NORMAL,
			.migratetype = MIGRATE_MOVABLE,
		},
		.alloc_flags = ALLOC_WMARK_LOW,
		.gfp = GFP_KERNEL | __GFP_MOVABLE,
		.plain = true,
	};
	return 0;
}

/* To the count of free pages of a zone, whatever its lists hold */
static void zones_count(struct zone *zone, long nr)
{
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	account_freepages(zone, nr, MIGRATE_MOVABLE);
	spin_unlock_irqrestore(&zone->lock, flags);
}

/*
 * Wherever a page is now: with one reference, it is the test's again. None may
 * look free when the first one goes: the per-CPU list can be full and hand it
 * on at once, and the zone would merge it with a free neighbour.
 */
static void zones_exit_block(struct page_bulk_zones_block *block)
{
	unsigned long i;
	struct page *page;

	set_pageblock_migratetype(block->page, block->was);
	for (i = 0; i < pageblock_nr_pages; i++) {
		page = block->page + i;
		if (PageBuddy(page))
			__folio_clear_buddy((struct folio *)page);
		set_page_private(page, 0);
		set_page_count(page, 1);
	}
	for (i = 0; i < pageblock_nr_pages; i++)
		__free_page(block->page + i);
}

static void zones_exit(struct kunit *test)
{
	struct page_bulk_zones *t = test->priv;
	struct zone *zone;
	int i;

	if (!t)
		return;
	for (i = 0; i < t->nr_blocks; i++)
		zones_exit_block(&t->block[i]);
	for (i = 0; i < ZONES_NR && t->zone[i]; i++) {
		/* They were added to the machine's, too */
		zone = t->zone[i];
		if (zone->per_cpu_pageset) {
			mod_zone_page_state(zone, NR_FREE_PAGES,
					    -(long)zone_page_state(zone, NR_FREE_PAGES));
#ifdef CONFIG_CMA
			mod_zone_page_state(zone, NR_FREE_CMA_PAGES,
					    -(long)zone_page_state(zone, NR_FREE_CMA_PAGES));
#endif
		}
		free_percpu(zone->per_cpu_pageset);
		free_percpu(zone->per_cpu_zonestats);
	}
}

/* @nr free blocks of @order and migrate type @mt for zone @i */
static void zones_add(struct kunit *test, int i, int mt, unsigned int order,
		      unsigned int nr)
{
	struct page_bulk_zones *t = test->priv;
	struct page_bulk_zones_block *block = &t->block[t->nr_blocks];
	struct zone *zone = t->zone[i];
	unsigned long flags, n;
	struct page *page;

	KUNIT_ASSERT_LT(test, t->nr_blocks, ZONES_BLOCKS);
	KUNIT_ASSERT_LE(test, nr << order, pageblock_nr_pages);
	page = alloc_pages(GFP_KERNEL, pageblock_order);
	KUNIT_ASSERT_NOT_NULL(test, page);
	split_page(page, pageblock_order);
	*block = (struct page_bulk_zones_block) {
		.page = page,
		.zone = i,
		.mt = mt,
		.was = get_pageblock_migratetype(page),
	};
	t->nr_blocks++;
	set_pageblock_migratetype(page, mt);
	for (n = 0; n < pageblock_nr_pages; n++)
		set_page_count(page + n, 0);

	spin_lock_irqsave(&zone->lock, flags);
	for (n = 0; n < nr; n++, page += 1UL << order) {
		__add_to_free_list(page, zone, order, mt, true);
		set_buddy_order(page, order);
	}
	account_freepages(zone, nr << order, mt);
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* Pages above its low watermark that zone @i has to give; 0 is none */
static void zones_room(struct kunit *test, int i, unsigned long room)
{
	struct page_bulk_zones *t = test->priv;
	struct zone *zone = t->zone[i];

	zone->_watermark[WMARK_LOW] = zone_page_state(zone, NR_FREE_PAGES) - room;
	zone->_watermark[WMARK_HIGH] = zone->_watermark[WMARK_LOW] + 8;
}

static unsigned long zones_free(struct kunit *test, int i)
{
	struct page_bulk_zones *t = test->priv;

	return zone_page_state(t->zone[i], NR_FREE_PAGES);
}

/* No more than the first @nr zones */
static void zones_only(struct kunit *test, int nr)
{
	struct page_bulk_zones *t = test->priv;

	t->zonelist->_zonerefs[nr].zone = NULL;
}

/* The way through the zones alone: no slow path. Return: what arrived. */
static noinline unsigned long zones_walk(struct kunit *test, unsigned long nr)
{
	struct page_bulk_zones *t = test->priv;
	struct page_bulk_request req = {
		.gfp = t->batch.gfp,
		.order = t->batch.order,
		.wanted = nr,
		.pages = t->pages,
	};
	struct page **slots = t->pages;

	KUNIT_ASSERT_LE(test, nr, ZONES_PAGES);
	page_bulk_walk(&t->batch, &req, PAGE_BULK_FORM_DENSE, &slots);
	KUNIT_EXPECT_PTR_EQ(test, slots, t->pages + req.got);
	t->reason = req.reason;
	return req.got;
}

/* What comes before a batch, for a few pages. Return: what arrived. */
static noinline unsigned long zones_few(struct kunit *test, unsigned long nr)
{
	struct page_bulk_zones *t = test->priv;
	struct page_bulk_request req = {
		.gfp = t->batch.gfp,
		.wanted = nr,
		.pages = t->pages,
	};
	struct page **slots = t->pages;

	page_bulk_few(&t->batch, &req, PAGE_BULK_FORM_DENSE, &slots);
	return req.got;
}

/* Let the per-CPU lists of zone @i keep pages, and get @batch at a time */
static void zones_keep(struct kunit *test, int i, int batch, int high)
{
	struct page_bulk_zones *t = test->priv;
	struct per_cpu_pages *pcp;
	int cpu;

	for_each_possible_cpu(cpu) {
		pcp = per_cpu_ptr(t->zone[i]->per_cpu_pageset, cpu);
		pcp->batch = batch;
		pcp->high = high;
		pcp->high_min = high;
		pcp->high_max = high;
	}
}

/* The page block that a page comes from */
static struct page_bulk_zones_block *zones_block(struct kunit *test,
						 struct page *page)
{
	struct page_bulk_zones *t = test->priv;
	int i;

	for (i = 0; i < t->nr_blocks; i++)
		if (page >= t->block[i].page &&
		    page < t->block[i].page + pageblock_nr_pages)
			return &t->block[i];
	return NULL;
}

/*
 * Slots @from to @to - 1 hold pages with one reference, out of blocks of zone
 * @i and migrate type @mt.
 */
static void zones_expect(struct kunit *test, unsigned long from,
			 unsigned long to, int i, int mt)
{
	struct page_bulk_zones *t = test->priv;
	struct page_bulk_zones_block *block;
	unsigned long n;

	for (n = from; n < to; n++) {
		block = zones_block(test, t->pages[n]);
		KUNIT_ASSERT_NOT_NULL(test, block);
		KUNIT_EXPECT_EQ_MSG(test, block->zone, i, "slot %lu", n);
		KUNIT_EXPECT_EQ_MSG(test, block->mt, mt, "slot %lu", n);
		KUNIT_EXPECT_EQ(test, page_count(t->pages[n]), 1);
		KUNIT_EXPECT_FALSE(test, !!PageBuddy(t->pages[n]));
	}
}
