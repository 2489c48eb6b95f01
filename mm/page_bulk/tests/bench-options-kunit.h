/* SPDX-License-Identifier: GPL-2.0-only */
/* KUnit tests of the benchmark's option parser, included by bench-options.c. */
#include <kunit/test.h>

static int parse_copy(struct kunit *test, const char *line,
		      struct page_bulk_bench_options *opts)
{
	size_t len = strlen(line) + 1;
	char *copy = kunit_kzalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	strscpy(copy, line, len);
	return page_bulk_bench_parse(copy, opts);
}

static void test_defaults(struct kunit *test)
{
	struct page_bulk_bench_options opts;

	KUNIT_ASSERT_EQ(test, parse_copy(test, "\n ", &opts), 0);
	KUNIT_EXPECT_EQ(test, opts.modes, BIT(BENCH_NR_MODES) - 1);
	KUNIT_EXPECT_EQ(test, opts.memories, BIT(BENCH_HOT) |
			BIT(BENCH_SCATTERED) | BIT(BENCH_COLD));
	KUNIT_EXPECT_EQ(test, opts.gfps, BIT(BENCH_GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, opts.batches, 0x7fff);
	KUNIT_EXPECT_EQ(test, opts.samples, 15);
	KUNIT_EXPECT_EQ(test, opts.cpus, 1);
	KUNIT_EXPECT_EQ(test, opts.stream, 32768);
	KUNIT_EXPECT_EQ(test, opts.what, BENCH_TABLE);
	KUNIT_EXPECT_FALSE(test, opts.force);
}

static void test_words(struct kunit *test)
{
	struct page_bulk_bench_options opts;

	KUNIT_ASSERT_EQ(test, parse_copy(test,
					 "modes=stock,array;memory=fragmented batch=1,16384\tgfp=zero,account samples=31 stream=4096 seed=7 force\n",
					 &opts), 0);
	KUNIT_EXPECT_EQ(test, opts.modes, BIT(BENCH_STOCK) | BIT(BENCH_ARRAY));
	KUNIT_EXPECT_EQ(test, opts.memories, BIT(BENCH_FRAGMENTED));
	KUNIT_EXPECT_EQ(test, opts.batches, BIT(0) | BIT(14));
	KUNIT_EXPECT_EQ(test, opts.gfps, BIT(BENCH_GFP_ZERO) |
			BIT(BENCH_GFP_ACCOUNT));
	KUNIT_EXPECT_EQ(test, opts.samples, 31);
	KUNIT_EXPECT_EQ(test, opts.stream, 4096);
	KUNIT_EXPECT_EQ(test, opts.seed, 7);
	KUNIT_EXPECT_TRUE(test, opts.force);

	KUNIT_ASSERT_EQ(test, parse_copy(test,
					 "longrun fills=10 pages=8192 noise=0 cpus=2",
					 &opts), 0);
	KUNIT_EXPECT_EQ(test, opts.what, BENCH_LONGRUN);
	KUNIT_EXPECT_EQ(test, opts.fills, 10);
	KUNIT_EXPECT_EQ(test, opts.pages, 8192);
	KUNIT_EXPECT_EQ(test, opts.noise, 0);
	KUNIT_EXPECT_EQ(test, opts.cpus, 2);
}

static const char * const bad_lines[] = {
	"modes", "modes=", "modes=,", "modes=stock,", "modes=Stock",
	"modes=stocks", "mode=stock", "memory=warm", "gfp=user", "batch=0",
	"batch=3", "batch=32768", "batch=-1", "batch=8,", "batch=8x",
	"samples=0", "samples=1001", "samples=1e3", "samples=",
	"stream=1023", "stream=1048577", "seed=-1", "seed=4294967296",
	"fills=0", "pages=8191", "noise=1048577", "longrun=1", "force=1", "fill=1",
	"=", "longrun x", "cpus=0", "cpus=257", "samples=99999999999999999999",
};

static void test_bad_lines(struct kunit *test)
{
	struct page_bulk_bench_options opts;
	int i;

	for (i = 0; i < ARRAY_SIZE(bad_lines); i++)
		KUNIT_EXPECT_EQ_MSG(test, parse_copy(test, bad_lines[i], &opts),
				    -EINVAL, "'%s'", bad_lines[i]);
}

static struct kunit_case bench_options_cases[] = {
	KUNIT_CASE(test_defaults),
	KUNIT_CASE(test_words),
	KUNIT_CASE(test_bad_lines),
	{ }
};

static struct kunit_suite bench_options_suite = {
	.name = "page_bulk_bench_options",
	.test_cases = bench_options_cases,
};

kunit_test_suite(bench_options_suite);
