/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way through the zones: which of them gives, of which migrate type, and
 * the reasons why one does not. Included by take-kunit.h.
 *
 * Where mainline's own refill has to step in it finds single pages: with
 * CONFIG_DEBUG_VM it splits no block whose zone is another than that of its
 * struct page.
 */
#include "zones-kunit.h"

/* What each has above its low watermark, in zonelist order */
static void walk_order(struct kunit *test)
{
	zones_add(test, 0, MIGRATE_MOVABLE, 5, 4);
	zones_add(test, 1, MIGRATE_MOVABLE, 5, 4);
	zones_add(test, 2, MIGRATE_MOVABLE, 5, 8);
	zones_room(test, 0, 64);
	zones_room(test, 1, 96);
	zones_room(test, 2, 256);
	KUNIT_EXPECT_EQ(test, zones_walk(test, 288), 288UL);
	zones_expect(test, 0, 64, 0, MIGRATE_MOVABLE);
	zones_expect(test, 64, 160, 1, MIGRATE_MOVABLE);
	zones_expect(test, 160, 288, 2, MIGRATE_MOVABLE);
	KUNIT_EXPECT_EQ(test, zones_free(test, 0), 64UL);
	KUNIT_EXPECT_EQ(test, zones_free(test, 1), 32UL);
	KUNIT_EXPECT_EQ(test, zones_free(test, 2), 128UL);

	/* The first two are at their watermarks; the third has not enough */
	KUNIT_EXPECT_EQ(test, zones_walk(test, 300), 128UL);
	zones_expect(test, 0, 128, 2, MIGRATE_MOVABLE);
}

/* An empty zone is passed over */
static void walk_empty_first(struct kunit *test)
{
	zones_add(test, 1, MIGRATE_MOVABLE, 0, 20);
	zones_add(test, 1, MIGRATE_MOVABLE, 6, 1);
	zones_room(test, 1, 84);
	KUNIT_EXPECT_EQ(test, zones_walk(test, 84), 84UL);
	zones_expect(test, 0, 84, 1, MIGRATE_MOVABLE);
}

static void walk_expect_nothing(struct kunit *test, enum page_bulk_reason reason)
{
	struct page_bulk_zones *t = test->priv;

	KUNIT_EXPECT_EQ(test, zones_walk(test, 20), 0UL);
	KUNIT_EXPECT_EQ(test, t->reason, reason);
}

/* What lies below the watermark, and what is reserved for others, stays */
static void walk_watermark(struct kunit *test)
{
	struct page_bulk_zones *t = test->priv;
	struct zone *zone = t->zone[0];

	zones_only(test, 1);
	zones_add(test, 0, MIGRATE_MOVABLE, 5, 4);
	zones_room(test, 0, 0);
	walk_expect_nothing(test, PAGE_BULK_END_WATERMARK);
	KUNIT_EXPECT_TRUE(test, test_bit(ZONE_BELOW_HIGH, &zone->flags));

	zones_room(test, 0, 128);
	zone->lowmem_reserve[ZONE_NORMAL] = 128;
	walk_expect_nothing(test, PAGE_BULK_END_WATERMARK);
	zone->lowmem_reserve[ZONE_NORMAL] = 0;

	zone->nr_free_highatomic = 128;
	walk_expect_nothing(test, PAGE_BULK_END_WATERMARK);
	zone->nr_free_highatomic = 0;

	KUNIT_EXPECT_EQ(test, zones_free(test, 0), 128UL);
	KUNIT_EXPECT_EQ(test, zones_walk(test, 32), 32UL);
	KUNIT_EXPECT_EQ(test, t->reason, PAGE_BULK_END_NONE);
}

/* Free pages are counted that no list has: those of isolated blocks, say */
static void walk_pcp_empty(struct kunit *test)
{
	struct page_bulk_zones *t = test->priv;

	zones_only(test, 1);
	zones_add(test, 0, MIGRATE_MOVABLE, 0, 5);
	zones_count(t->zone[0], 1000);
	KUNIT_EXPECT_EQ(test, zones_walk(test, 20), 5UL);
	KUNIT_EXPECT_EQ(test, t->reason, PAGE_BULK_END_PCP_EMPTY);
	zones_expect(test, 0, 5, 0, MIGRATE_MOVABLE);
	walk_expect_nothing(test, PAGE_BULK_END_PCP_EMPTY);
}

/* Of two reasons the one that is no lack of pages says what to do next */
static void walk_reasons(struct kunit *test)
{
	struct page_bulk_zones *t = test->priv;

	zones_only(test, 2);
	zones_add(test, 0, MIGRATE_MOVABLE, 0, 5);
	zones_count(t->zone[0], 1000);
	zones_add(test, 1, MIGRATE_MOVABLE, 5, 1);
	zones_room(test, 1, 0);
	KUNIT_EXPECT_EQ(test, zones_walk(test, 20), 5UL);
	KUNIT_EXPECT_EQ(test, t->reason, PAGE_BULK_END_PCP_EMPTY);
	t->batch.order = 4;
	walk_expect_nothing(test, PAGE_BULK_END_NO_BLOCK);
	t->batch.order = 0;

	/* In whichever order they come */
	swap(t->zonelist->_zonerefs[0].zone, t->zonelist->_zonerefs[1].zone);
	walk_expect_nothing(test, PAGE_BULK_END_PCP_EMPTY);
}

/*
 * Mainline's refill, for another type's pages, takes no more in one hold than
 * ours does, however much it has grown
 */
static void walk_other_type_bounded(struct kunit *test)
{
	struct page_bulk_zones *t = test->priv;
	unsigned long kept = 0;
	int cpu, i;

	zones_only(test, 1);
	for (i = 0; i < 3; i++)
		zones_add(test, 0, MIGRATE_UNMOVABLE, 0, pageblock_nr_pages);
	zones_room(test, 0, zones_free(test, 0));
	zones_keep(test, 0, 63, 10000);
	for_each_possible_cpu(cpu)
		per_cpu_ptr(t->zone[0]->per_cpu_pageset, cpu)->alloc_factor =
			CONFIG_PCP_BATCH_SCALE_MAX;
	KUNIT_EXPECT_EQ(test, zones_walk(test, 4), 4UL);
	zones_expect(test, 0, 4, 0, MIGRATE_UNMOVABLE);
	for_each_possible_cpu(cpu)
		kept += per_cpu_ptr(t->zone[0]->per_cpu_pageset, cpu)->count;
	KUNIT_EXPECT_GT(test, kept, 0UL);
	KUNIT_EXPECT_LE(test, kept + 4, PAGE_BULK_MAX_HOLD);
}

/* Smaller blocks are no use: of orders with a per-CPU list, and without */
static void walk_no_block(struct kunit *test)
{
	struct page_bulk_zones *t = test->priv;
	unsigned int order;

	zones_only(test, 1);
	zones_add(test, 0, MIGRATE_MOVABLE, 0, 100);
	zones_add(test, 0, MIGRATE_UNMOVABLE, 0, 100);
	zones_count(t->zone[0], 100000);
	for (order = 1; order <= MAX_PAGE_ORDER; order++) {
		t->batch.order = order;
		walk_expect_nothing(test, PAGE_BULK_END_NO_BLOCK);
	}
	KUNIT_EXPECT_EQ(test, zones_free(test, 0), 100200UL);
}

/*
 * Somebody else has this CPU's lists locked. Not without SMP: there the lock
 * is none, interrupts are off, and nobody can be in the way.
 */
#ifdef CONFIG_SMP
static void walk_pcp_contended(struct kunit *test)
{
	struct page_bulk_zones *t = test->priv;
	unsigned long got, whole, enough, few;
	enum page_bulk_reason reason;
	struct per_cpu_pages *pcp;

	zones_only(test, 1);
	zones_add(test, 0, MIGRATE_MOVABLE, 0, 15);
	zones_add(test, 0, MIGRATE_MOVABLE, 5, 1);
	zones_add(test, 0, MIGRATE_UNMOVABLE, 0, 32);
	zones_room(test, 0, 79);
	t->batch.gfp = GFP_ATOMIC | __GFP_MOVABLE;

	pcpu_task_pin();
	pcp = this_cpu_ptr(t->zone[0]->per_cpu_pageset);
	spin_lock(&pcp->lock);
	whole = zones_walk(test, 32);
	enough = zones_walk(test, 4);
	reason = t->reason;
	few = zones_few(test, 4);
	got = zones_walk(test, 20);
	spin_unlock(&pcp->lock);
	pcpu_task_unpin();

	/* Blocks, and the free lists' own, need no per-CPU lock */
	KUNIT_EXPECT_EQ(test, whole, 32UL);
	KUNIT_EXPECT_EQ(test, enough, 4UL);
	KUNIT_EXPECT_EQ(test, reason, PAGE_BULK_END_NONE);
	KUNIT_EXPECT_EQ(test, few, 0UL);
	/* Another type's block is not taken so */
	KUNIT_EXPECT_EQ(test, got, 11UL);
	zones_expect(test, 0, 11, 0, MIGRATE_MOVABLE);
	KUNIT_EXPECT_EQ(test, t->reason, PAGE_BULK_END_PCP_CONTENDED);

	KUNIT_EXPECT_EQ(test, zones_walk(test, 20), 20UL);
	zones_expect(test, 0, 20, 0, MIGRATE_UNMOVABLE);
}
#endif

/* A few pages: only off this CPU's lists, or what these can get at once */
static void walk_few(struct kunit *test)
{
	struct page_bulk_zones *t = test->priv;

	zones_add(test, 0, MIGRATE_MOVABLE, 5, 2);
	zones_add(test, 0, MIGRATE_UNMOVABLE, 5, 2);
	zones_add(test, 1, MIGRATE_MOVABLE, 5, 2);
	zones_room(test, 0, 128);
	zones_room(test, 1, 64);
	/* Lists that keep nothing get nothing so */
	KUNIT_EXPECT_EQ(test, zones_few(test, 4), 0UL);
	zones_keep(test, 0, 8, 64);
	KUNIT_EXPECT_EQ(test, zones_few(test, 4), 4UL);
	zones_expect(test, 0, 4, 0, MIGRATE_MOVABLE);
	KUNIT_EXPECT_EQ(test, zones_few(test, 15), 15UL);
	zones_expect(test, 0, 15, 0, MIGRATE_MOVABLE);

	/* All of them, or none */
	zones_room(test, 0, 3);
	KUNIT_EXPECT_EQ(test, zones_few(test, 4), 0UL);
	zones_room(test, 0, zones_free(test, 0));
	t->batch.gfp |= __GFP_ACCOUNT;
	KUNIT_EXPECT_EQ(test, zones_few(test, 4), 0UL);
}

/*
 * Who gives back one by one gets what this CPU's lists hold, when they hold as
 * much as is asked for. Else whole blocks are taken, as for everybody.
 */
static void walk_singly(struct kunit *test)
{
	struct page_bulk_zones *t = test->priv;
	unsigned long got[4], free[5];

	zones_only(test, 1);
	zones_add(test, 0, MIGRATE_MOVABLE, 0, 64);
	zones_room(test, 0, 64);
	zones_keep(test, 0, 64, 1000);
	migrate_disable();
	/* The lists get all that there is, and keep 63 */
	got[0] = zones_walk(test, 1);
	free[0] = zones_free(test, 0);
	zones_add(test, 0, MIGRATE_MOVABLE, 5, 4);
	zones_room(test, 0, 128);

	free[1] = zones_free(test, 0);
	got[1] = zones_walk(test, 32);
	free[2] = zones_free(test, 0);
	t->batch.singly = true;
	got[2] = zones_walk(test, 64);
	free[3] = zones_free(test, 0);
	got[3] = zones_walk(test, 63);
	free[4] = zones_free(test, 0);
	migrate_enable();

	KUNIT_EXPECT_EQ(test, got[0], 1UL);
	KUNIT_EXPECT_EQ(test, free[0], 0UL);
	KUNIT_EXPECT_EQ(test, got[1], 32UL);
	KUNIT_EXPECT_EQ(test, free[1] - free[2], 32UL);
	KUNIT_EXPECT_EQ(test, got[2], 64UL);
	KUNIT_EXPECT_EQ(test, free[2] - free[3], 64UL);
	KUNIT_EXPECT_EQ(test, got[3], 63UL);
	KUNIT_EXPECT_EQ(test, free[4], free[3]);
	zones_expect(test, 0, 63, 0, MIGRATE_MOVABLE);
}

/* Each type out of its own blocks, whole ones and single pages */
static void walk_types(struct kunit *test)
{
	static const int mts[] = {
		MIGRATE_UNMOVABLE, MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE
	};
	struct page_bulk_zones *t = test->priv;
	int i;

	zones_only(test, 1);
	for (i = 0; i < ARRAY_SIZE(mts); i++) {
		zones_add(test, 0, mts[i], 5, 1);
		zones_add(test, 0, mts[i], 0, 3);
	}
	zones_room(test, 0, 105);
	for (i = 0; i < ARRAY_SIZE(mts); i++) {
		t->batch.ac.migratetype = mts[i];
		KUNIT_EXPECT_EQ(test, zones_walk(test, 3), 3UL);
		zones_expect(test, 0, 3, 0, mts[i]);
		KUNIT_EXPECT_EQ(test, zones_walk(test, 32), 32UL);
		zones_expect(test, 0, 32, 0, mts[i]);
	}
}

/* Another type only when there is nothing left of the own one */
static void walk_other_type(struct kunit *test)
{
	zones_only(test, 1);
	zones_add(test, 0, MIGRATE_UNMOVABLE, 0, 32);
	zones_add(test, 0, MIGRATE_MOVABLE, 0, 4);
	zones_room(test, 0, 36);
	KUNIT_EXPECT_EQ(test, zones_walk(test, 20), 20UL);
	zones_expect(test, 0, 4, 0, MIGRATE_MOVABLE);
	zones_expect(test, 4, 20, 0, MIGRATE_UNMOVABLE);
}

/*
 * Where there is a zone below Normal, another zone comes before another type,
 * and another type before nothing.
 */
static void walk_nofragment(struct kunit *test)
{
	struct page_bulk_zones *t = test->priv;
	int first = 0, second = 1;

	if (IS_ENABLED(CONFIG_ZONE_DMA32)) {
		t->zone[0][-1].present_pages = 1;
		swap(first, second);
	}
	zones_only(test, 2);
	zones_add(test, 0, MIGRATE_UNMOVABLE, 0, 16);
	zones_add(test, 1, MIGRATE_MOVABLE, 4, 1);
	zones_room(test, 0, 16);
	zones_room(test, 1, 16);
	KUNIT_EXPECT_EQ(test, zones_walk(test, 16), 16UL);
	zones_expect(test, 0, 16, first,
		     first ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE);
	KUNIT_EXPECT_EQ(test, zones_walk(test, 16), 16UL);
	zones_expect(test, 0, 16, second,
		     second ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE);
}

#ifdef CONFIG_CMA
/* Contiguous areas: only for who says so, then the greater part first */
static void walk_cma(struct kunit *test)
{
	struct page_bulk_zones *t = test->priv;

	zones_only(test, 1);
	zones_add(test, 0, MIGRATE_CMA, 5, 4);
	zones_add(test, 0, MIGRATE_MOVABLE, 5, 2);
	zones_room(test, 0, 192);
	t->batch.alloc_flags |= ALLOC_CMA;
	KUNIT_EXPECT_EQ(test, zones_walk(test, 64), 64UL);
	zones_expect(test, 0, 64, 0, MIGRATE_CMA);
	/* Now it is the half, and no more */
	KUNIT_EXPECT_EQ(test, zones_walk(test, 32), 32UL);
	zones_expect(test, 0, 32, 0, MIGRATE_MOVABLE);

	t->batch.alloc_flags &= ~ALLOC_CMA;
	KUNIT_EXPECT_EQ(test, zones_walk(test, 64), 32UL);
	zones_expect(test, 0, 32, 0, MIGRATE_MOVABLE);
	KUNIT_EXPECT_EQ(test, t->reason, PAGE_BULK_END_WATERMARK);
	KUNIT_EXPECT_EQ(test, zones_free(test, 0), 64UL);
}
#endif

#ifdef CONFIG_NUMA
static void walk_two_nodes(struct kunit *test)
{
	struct page_bulk_zones *t = test->priv;
	int i;

	for (i = 0; i < ZONES_NR; i++) {
		zones_add(test, i, MIGRATE_MOVABLE, 5, 2);
		zones_room(test, i, 64);
	}
	zone_set_nid(t->zone[1], first_online_node + 1);
	t->nodes = nodemask_of_node(first_online_node + 1);
}

/* Only nodes of the mask give, wherever they are in the list */
static void walk_nodemask(struct kunit *test)
{
	struct page_bulk_zones *t = test->priv;

	walk_two_nodes(test);
	t->batch.ac.nodemask = &t->nodes;
	t->batch.ac.preferred_zoneref =
		first_zones_zonelist(t->zonelist, ZONE_NORMAL, &t->nodes);
	KUNIT_EXPECT_EQ(test, zones_walk(test, 100), 64UL);
	zones_expect(test, 0, 64, 1, MIGRATE_MOVABLE);
	KUNIT_EXPECT_EQ(test, t->reason, PAGE_BULK_END_WATERMARK);
	KUNIT_EXPECT_EQ(test, zones_free(test, 0), 64UL);
	KUNIT_EXPECT_EQ(test, zones_free(test, 2), 64UL);
}

/*
 * A node is short, and vm.zone_reclaim_mode says that it is to be reclaimed:
 * where that yields nothing, the next node gives, as to single pages
 */
static void walk_node_reclaim(struct kunit *test)
{
	static const gfp_t gfps[] = { GFP_ATOMIC, GFP_KERNEL };
	struct page_bulk_zones *t = test->priv;
	int mode = node_reclaim_mode, i;
	unsigned long got;

	walk_two_nodes(test);
	zones_room(test, 0, 0);
	for (i = 0; i < ARRAY_SIZE(gfps); i++) {
		t->batch.gfp = gfps[i] | __GFP_MOVABLE;
		node_reclaim_mode = RECLAIM_ZONE;
		got = zones_walk(test, 32);
		node_reclaim_mode = mode;
		KUNIT_EXPECT_EQ(test, got, 32UL);
		zones_expect(test, 0, got, 1, MIGRATE_MOVABLE);
	}
}

#ifdef CONFIG_CPUSETS
/* As for a batch that could not take its nodes from the cpuset at the start */
static void walk_cpuset(struct kunit *test)
{
	struct page_bulk_zones *t = test->priv;
	nodemask_t mems = current->mems_allowed;
	unsigned long got;

	walk_two_nodes(test);
	static_branch_inc(&cpusets_enabled_key);
	t->batch.alloc_flags |= ALLOC_CPUSET;
	t->batch.gfp |= __GFP_HARDWALL;
	set_mems_allowed(t->nodes);
	got = zones_walk(test, 100);
	set_mems_allowed(mems);
	static_branch_dec(&cpusets_enabled_key);
	KUNIT_EXPECT_EQ(test, got, 64UL);
	zones_expect(test, 0, 64, 1, MIGRATE_MOVABLE);
	KUNIT_EXPECT_EQ(test, zones_free(test, 0), 64UL);
	KUNIT_EXPECT_EQ(test, zones_free(test, 2), 64UL);
}
#endif
#endif

static struct kunit_case page_bulk_walk_cases[] = {
	KUNIT_CASE(walk_order),
	KUNIT_CASE(walk_empty_first),
	KUNIT_CASE(walk_watermark),
	KUNIT_CASE(walk_pcp_empty),
	KUNIT_CASE(walk_reasons),
	KUNIT_CASE(walk_other_type_bounded),
	KUNIT_CASE(walk_no_block),
#ifdef CONFIG_SMP
	KUNIT_CASE(walk_pcp_contended),
#endif
	KUNIT_CASE(walk_few),
	KUNIT_CASE(walk_singly),
	KUNIT_CASE(walk_types),
	KUNIT_CASE(walk_other_type),
	KUNIT_CASE(walk_nofragment),
#ifdef CONFIG_CMA
	KUNIT_CASE(walk_cma),
#endif
#ifdef CONFIG_NUMA
	KUNIT_CASE(walk_nodemask),
	KUNIT_CASE(walk_node_reclaim),
#ifdef CONFIG_CPUSETS
	KUNIT_CASE(walk_cpuset),
#endif
#endif
	{}
};

static struct kunit_suite page_bulk_walk_suite = {
	.name = "page_bulk_walk",
	.init = zones_init,
	.exit = zones_exit,
	.test_cases = page_bulk_walk_cases,
};
