// SPDX-License-Identifier: GPL-2.0-only
/* The options of the benchmark: one line of words, key=value[,value]. */
#include <linux/kernel.h>
#include <linux/string.h>
#include "bench.h"

const char * const page_bulk_bench_modes[BENCH_NR_MODES] = {
	[BENCH_LOOP]		= "loop",
	[BENCH_SINGLE]		= "single",
	[BENCH_LIST]		= "list",
	[BENCH_ARRAY]		= "array",
	[BENCH_STOCK_LIST]	= "stock_list",
	[BENCH_STOCK]		= "stock",
};

const char * const page_bulk_bench_memories[BENCH_NR_MEMORIES] = {
	[BENCH_HOT]		= "hot",
	[BENCH_SCATTERED]	= "scattered",
	[BENCH_COLD]		= "cold",
	[BENCH_FRAGMENTED]	= "fragmented",
};

const char * const page_bulk_bench_gfps[BENCH_NR_GFPS] = {
	[BENCH_GFP_KERNEL]	= "kernel",
	[BENCH_GFP_ACCOUNT]	= "account",
	[BENCH_GFP_ZERO]	= "zero",
	[BENCH_GFP_ATOMIC]	= "atomic",
};

/* A comma between words of @words: a bit mask of them */
static int parse_words(char *value, const char * const *words, int nr,
		       unsigned long *mask)
{
	char *word;
	int i;

	*mask = 0;
	while ((word = strsep(&value, ","))) {
		i = match_string(words, nr, word);
		if (i < 0)
			return -EINVAL;
		*mask |= BIT(i);
	}
	return 0;
}

static int parse_batches(char *value, unsigned long *mask)
{
	unsigned long batch;
	char *word;

	*mask = 0;
	while ((word = strsep(&value, ","))) {
		if (kstrtoul(word, 10, &batch) || !is_power_of_2(batch) ||
		    batch >= BIT(BENCH_BATCHES))
			return -EINVAL;
		*mask |= BIT(ilog2(batch));
	}
	return 0;
}

static int parse_number(const char *value, unsigned long min,
			unsigned long max, unsigned long *number)
{
	if (kstrtoul(value, 10, number) || *number < min || *number > max)
		return -EINVAL;
	return 0;
}

static int parse_pair(const char *key, char *value,
		      struct page_bulk_bench_options *opts)
{
	if (!strcmp(key, "modes"))
		return parse_words(value, page_bulk_bench_modes,
				   BENCH_NR_MODES, &opts->modes);
	if (!strcmp(key, "memory"))
		return parse_words(value, page_bulk_bench_memories,
				   BENCH_NR_MEMORIES, &opts->memories);
	if (!strcmp(key, "gfp"))
		return parse_words(value, page_bulk_bench_gfps, BENCH_NR_GFPS,
				   &opts->gfps);
	if (!strcmp(key, "batch"))
		return parse_batches(value, &opts->batches);
	if (!strcmp(key, "samples"))
		return parse_number(value, 1, 1000, &opts->samples);
	if (!strcmp(key, "stream"))
		return parse_number(value, 1024, 1UL << 20, &opts->stream);
	if (!strcmp(key, "seed"))
		return parse_number(value, 0, U32_MAX, &opts->seed);
	if (!strcmp(key, "fills"))
		return parse_number(value, 1, 100000000, &opts->fills);
	if (!strcmp(key, "pages"))
		return parse_number(value, 16 * BENCH_MAX_FILL, 1UL << 24,
				    &opts->pages);
	if (!strcmp(key, "noise"))
		return parse_number(value, 0, 1UL << 20, &opts->noise);
	if (!strcmp(key, "cpus"))
		return parse_number(value, 1, 256, &opts->cpus);
	return -EINVAL;
}

/**
 * page_bulk_bench_parse() - read a line of options
 * @line: words between blanks or semicolons; is cut up
 * @opts: out: the options, defaults where the line says nothing
 *
 * Context: any.
 * Return: 0; -EINVAL when a word is unknown or a value out of range.
 */
int page_bulk_bench_parse(char *line, struct page_bulk_bench_options *opts)
{
	char *word, *value;

	*opts = (struct page_bulk_bench_options) {
		.modes = BIT(BENCH_NR_MODES) - 1,
		.memories = BIT(BENCH_HOT) | BIT(BENCH_SCATTERED) |
			    BIT(BENCH_COLD),
		.gfps = BIT(BENCH_GFP_KERNEL),
		.batches = BIT(BENCH_BATCHES) - 1,
		.samples = 15,
		.stream = 32768,	/* 128 MB */
		.seed = 1,
		.fills = 1000000,
		.noise = 32768,
		.cpus = 1,
	};

	while ((word = strsep(&line, " \t\n;"))) {
		if (!*word)
			continue;
		value = strchr(word, '=');
		if (value) {
			*value++ = '\0';
			if (parse_pair(word, value, opts))
				return -EINVAL;
		} else if (!strcmp(word, "longrun")) {
			opts->what = BENCH_LONGRUN;
		} else if (!strcmp(word, "fill")) {
			opts->what = BENCH_FILL;
		} else if (!strcmp(word, "force")) {
			opts->force = true;
		} else {
			return -EINVAL;
		}
	}
	return 0;
}

#ifdef CONFIG_PAGE_BULK_KUNIT_TEST
#include "tests/bench-options-kunit.h"
#endif
