/* SPDX-License-Identifier: GPL-2.0-only */
/* KUnit tests of the benchmark's arithmetic, included by bench-numbers.c. */
#include <kunit/test.h>

struct quantile_case {
	const char *name;
	u64 values[6];
	unsigned int nr;
	u64 quarter, median, three_quarters;
};

static const struct quantile_case quantile_cases[] = {
	{ "one", { 7 }, 1, 7, 7, 7 },
	{ "two", { 10, 20 }, 2, 12, 15, 17 },
	{ "odd", { 5, 1, 4, 2, 3 }, 5, 2, 3, 4 },
	{ "even", { 40, 10, 30, 20 }, 4, 17, 25, 32 },
	{ "equal", { 9, 9, 9 }, 3, 9, 9, 9 },
	{ "above 32 bits", { 3ULL << 40, 1ULL << 40, 2ULL << 40 }, 3,
	  3ULL << 39, 2ULL << 40, 5ULL << 39 },
};

KUNIT_ARRAY_PARAM_DESC(quantile, quantile_cases, name);

static void test_quantiles(struct kunit *test)
{
	const struct quantile_case *c = test->param_value;
	u64 values[6];

	memcpy(values, c->values, sizeof(values));
	page_bulk_bench_sort(values, c->nr);
	KUNIT_EXPECT_EQ(test, c->quarter,
			page_bulk_bench_quantile(values, c->nr, 1, 4));
	KUNIT_EXPECT_EQ(test, c->median,
			page_bulk_bench_quantile(values, c->nr, 1, 2));
	KUNIT_EXPECT_EQ(test, c->three_quarters,
			page_bulk_bench_quantile(values, c->nr, 3, 4));
}

/* Each value is in a bucket that ends at most an eighth above it */
static void test_buckets(struct kunit *test)
{
	unsigned int before = 0;
	u64 value;

	for (value = 0; value < 1ULL << 36; value += value / 16 + 1) {
		unsigned int bucket = hist_bucket(value);

		KUNIT_ASSERT_GE(test, bucket, before);
		KUNIT_ASSERT_GE(test, hist_value(bucket), value);
		KUNIT_ASSERT_LE(test, hist_value(bucket), value + value / 8);
		before = bucket;
	}
	KUNIT_EXPECT_EQ(test, hist_bucket(U64_MAX), BENCH_HIST_BUCKETS - 1);
}

static void test_percentiles(struct kunit *test)
{
	struct page_bulk_bench_hist *hist;
	u64 i;

	hist = kunit_kzalloc(test, sizeof(*hist), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, hist);
	KUNIT_EXPECT_EQ(test, page_bulk_bench_percentile(hist, 999000), 0);

	for (i = 1; i <= 1000; i++)
		page_bulk_bench_record(hist, i);
	KUNIT_EXPECT_EQ(test, hist->count, 1000);
	KUNIT_EXPECT_EQ(test, hist->sum, 500500);
	KUNIT_EXPECT_EQ(test, page_bulk_bench_percentile(hist, 0), 0);
	KUNIT_EXPECT_EQ(test, page_bulk_bench_percentile(hist, 1000000), 1000);
	i = page_bulk_bench_percentile(hist, 500000);
	KUNIT_EXPECT_GE(test, i, 500);
	KUNIT_EXPECT_LE(test, i, 563);

	/* One slow one in two thousand is above p99.9 and is the longest */
	for (i = 0; i < 1000; i++)
		page_bulk_bench_record(hist, 100);
	page_bulk_bench_record(hist, 1000000);
	KUNIT_EXPECT_LE(test, page_bulk_bench_percentile(hist, 999000), 1125);
	KUNIT_EXPECT_EQ(test, hist->max, 1000000);
}

static void test_elapsed(struct kunit *test)
{
	struct page_bulk_bench_timebase base = { .cost = 20 };

	KUNIT_EXPECT_EQ(test, page_bulk_bench_elapsed(&base, 100, 150), 30);
	KUNIT_EXPECT_EQ(test, page_bulk_bench_elapsed(&base, 100, 110), 0);
}

static struct kunit_case bench_numbers_cases[] = {
	KUNIT_CASE_PARAM(test_quantiles, quantile_gen_params),
	KUNIT_CASE(test_buckets),
	KUNIT_CASE(test_percentiles),
	KUNIT_CASE(test_elapsed),
	{ }
};

static struct kunit_suite bench_numbers_suite = {
	.name = "page_bulk_bench_numbers",
	.test_cases = bench_numbers_cases,
};

kunit_test_suite(bench_numbers_suite);
