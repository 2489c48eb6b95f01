/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counters' arithmetic. Included at the tail of stats.c.
 */
#include <kunit/test.h>
#include <linux/kthread.h>

static void bucket_bounds(struct kunit *test)
{
	static const struct { u64 n; int nr, bucket; } cases[] = {
		{ 0, 20, 0 }, { 1, 20, 0 }, { 2, 20, 1 }, { 3, 20, 1 },
		{ 4, 20, 2 }, { 63, 20, 5 }, { 64, 20, 6 }, { 259, 20, 8 },
		{ 1ULL << 19, 20, 19 }, { 1ULL << 20, 20, 19 }, { U64_MAX, 36, 35 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, page_bulk_bucket(cases[i].n, cases[i].nr),
				    cases[i].bucket, "case %d", i);
}

/* Every key has a name, and no two have the same */
static void key_names(struct kunit *test)
{
	int i, j;

	for (i = 0; i < PAGE_BULK_NR_KEYS; i++) {
		KUNIT_ASSERT_NOT_NULL(test, page_bulk_key_names[i]);
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_STRNEQ(test, page_bulk_key_names[i],
					    page_bulk_key_names[j]);
	}
}

static void count_and_reset(struct kunit *test)
{
	struct page_bulk_user user = { .name = "kunit" };
	struct page_bulk_fill fill = {
		.user = &user, .state = PAGE_BULK_LIST, .asked = 64, .got = 10,
		.timed = true, .ns = 1000, .reason = PAGE_BULK_END_NO_RECLAIM,
		.zone_locks = 3,
	};
	struct page_bulk_counters *sums;
	u64 *v;
	int i, round;

	KUNIT_ASSERT_EQ(test, page_bulk_init_counters(&user), 0);
	for (round = 0; round < 2; round++) {
		page_bulk_count_fill(&fill);
		page_bulk_count_full(&user, PAGE_BULK_LIST);
		page_bulk_count_freed(&user, PAGE_BULK_LIST, 7, 2);
		sums = page_bulk_read_counters(&user);
		KUNIT_ASSERT_NOT_NULL(test, sums);
		v = sums[PAGE_BULK_LIST].v;
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_FILLS], 1);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_FULL], 1);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_ASKED], 64);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_GOT], 10);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_SHORT], 1);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_FAILED], 0);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_TIMED_FILLS], 1);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_TIMED_GOT], 10);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_NS], 1000);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_END + PAGE_BULK_END_NO_RECLAIM - 1], 1);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_SIZES + 6], 1);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_FREED], 7);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_ZONE_LOCKS], 3);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_FREED_ZONE_LOCKS], 2);
		/* 1000 ns a fill, 100 ns a page */
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_FILL_NS + 9], 1);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_PAGE_NS + 6], 1);
		for (i = 0; i < PAGE_BULK_NR_COUNTERS; i++)
			KUNIT_EXPECT_EQ(test, sums[PAGE_BULK_ARRAY].v[i], 0);
		kfree(sums);
		page_bulk_reset(&user);
	}

	fill.got = 0;
	page_bulk_count_fill(&fill);
	sums = page_bulk_read_counters(&user);
	KUNIT_ASSERT_NOT_NULL(test, sums);
	KUNIT_EXPECT_EQ(test, sums[PAGE_BULK_LIST].v[PAGE_BULK_SHORT], 1);
	KUNIT_EXPECT_EQ(test, sums[PAGE_BULK_LIST].v[PAGE_BULK_FAILED], 1);
	kfree(sums);
	free_percpu(user.counters);
	kfree(user.base);
}

/* Each CPU's counters, and their sums, pass their largest value */
static void count_wraps(struct kunit *test)
{
	struct page_bulk_user user = { .name = "kunit" };
	struct page_bulk_fill fill = {
		.user = &user, .state = PAGE_BULK_LIST, .asked = 64, .got = 10,
		.timed = true, .ns = 1000, .reason = PAGE_BULK_END_NO_RECLAIM,
		.zone_locks = 3,
	};
	struct page_bulk_counters *sums, *c;
	int cpu, i, round;
	u64 *v;

	KUNIT_ASSERT_EQ(test, page_bulk_init_counters(&user), 0);
	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(user.counters, cpu) + PAGE_BULK_LIST;
		for (i = 0; i < PAGE_BULK_NR_COUNTERS; i++)
			c->v[i] = U64_MAX;
	}
	page_bulk_reset(&user);
	for (round = 1; round <= 3; round++) {
		page_bulk_count_fill(&fill);
		page_bulk_count_freed(&user, PAGE_BULK_LIST, 7, 2);
		sums = page_bulk_read_counters(&user);
		KUNIT_ASSERT_NOT_NULL(test, sums);
		v = sums[PAGE_BULK_LIST].v;
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_FILLS], round);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_ASKED], 64 * round);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_GOT], 10 * round);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_SHORT], round);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_NS], 1000 * round);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_SIZES + 6], round);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_SIZES + 5], 0);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_FREED], 7 * round);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_FREED_ZONE_LOCKS], 2 * round);
		KUNIT_EXPECT_EQ(test, v[PAGE_BULK_FILL_NS + 9], round);
		kfree(sums);
	}
	free_percpu(user.counters);
	kfree(user.base);
}

/* Each reason is counted by its own name, and by no other */
static void count_reasons(struct kunit *test)
{
	static const char * const names[] = {
		[PAGE_BULK_END_ONE_PAGE] = "end_one_page",
		[PAGE_BULK_END_PCP_CONTENDED] = "end_pcp_contended",
		[PAGE_BULK_END_PCP_EMPTY] = "end_pcp_empty",
		[PAGE_BULK_END_WATERMARK] = "end_watermark",
		[PAGE_BULK_END_NO_BLOCK] = "end_no_block",
		[PAGE_BULK_END_MEMCG_LIMIT] = "end_memcg_limit",
		[PAGE_BULK_END_NO_RECLAIM] = "end_no_reclaim",
		[PAGE_BULK_END_OOM] = "end_oom",
		[PAGE_BULK_END_INJECTED] = "end_injected",
	};
	struct page_bulk_user user = { .name = "kunit" };
	struct page_bulk_fill fill = {
		.user = &user, .state = PAGE_BULK_ARRAY, .asked = 64, .got = 64,
	};
	struct page_bulk_counters *sums;
	int reason, i;

	KUNIT_ASSERT_EQ(test, (int)ARRAY_SIZE(names), (int)PAGE_BULK_NR_REASONS);
	KUNIT_ASSERT_EQ(test, page_bulk_init_counters(&user), 0);
	for (reason = 1; reason < PAGE_BULK_NR_REASONS; reason++) {
		page_bulk_reset(&user);
		fill.reason = reason;
		page_bulk_count_fill(&fill);
		sums = page_bulk_read_counters(&user);
		KUNIT_ASSERT_NOT_NULL(test, sums);
		for (i = PAGE_BULK_END; i < PAGE_BULK_NR_KEYS; i++)
			KUNIT_EXPECT_EQ_MSG(test, sums[PAGE_BULK_ARRAY].v[i],
					    !strcmp(page_bulk_key_names[i], names[reason]),
					    "%s, %s", names[reason],
					    page_bulk_key_names[i]);
		kfree(sums);
	}
	free_percpu(user.counters);
	kfree(user.base);
}

/* Whose mode changes before each of its fills, until it is stopped */
static int page_bulk_switch_and_count(void *data)
{
	struct page_bulk_user *user = data;
	struct page_bulk_fill fill = { .user = user, .asked = 1, .got = 1 };

	while (!kthread_should_stop()) {
		page_bulk_set_mode(user, page_bulk_user_mode(user) == PAGE_BULK_LIST ?
					 PAGE_BULK_ARRAY : PAGE_BULK_LIST);
		fill.state = user->state;
		page_bulk_count_fill(&fill);
		cond_resched();
	}
	return 0;
}

/* The sums are those of the generation that they come with */
static void sums_of_generation(struct kunit *test)
{
	struct page_bulk_user user = { .name = "kunit" };
	unsigned long generation = 0, fills, late = 0;
	unsigned long end = jiffies + HZ / 2;
	struct page_bulk_counters *sums;
	struct task_struct *task;

	KUNIT_ASSERT_EQ(test, page_bulk_init_counters(&user), 0);
	task = kthread_run(page_bulk_switch_and_count, &user, "page_bulk_kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	while (time_before(jiffies, end) || !generation) {
		sums = page_bulk_read_generation(&user, &generation);
		if (!sums)
			break;
		fills = sums[PAGE_BULK_LIST].v[PAGE_BULK_FILLS] +
			sums[PAGE_BULK_ARRAY].v[PAGE_BULK_FILLS];
		kfree(sums);
		/* The fill of this generation may have been counted, or not */
		late += generation - fills > 1;
		cond_resched();
	}
	kthread_stop(task);
	KUNIT_EXPECT_GT(test, generation, 0UL);
	KUNIT_EXPECT_EQ(test, late, 0UL);
	free_percpu(user.counters);
	kfree(user.base);
}

static struct kunit_case page_bulk_stats_cases[] = {
	KUNIT_CASE(bucket_bounds),
	KUNIT_CASE(key_names),
	KUNIT_CASE(count_and_reset),
	KUNIT_CASE(count_wraps),
	KUNIT_CASE(count_reasons),
	KUNIT_CASE(sums_of_generation),
	{}
};

static struct kunit_suite page_bulk_stats_suite = {
	.name = "page_bulk_stats",
	.test_cases = page_bulk_stats_cases,
};

kunit_test_suite(page_bulk_stats_suite);
