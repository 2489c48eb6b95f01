// SPDX-License-Identifier: GPL-2.0-only
/* The arithmetic of the benchmark: time, quantiles, histograms. */
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/sort.h>
#include "bench.h"

/**
 * page_bulk_bench_start_time() - begin to measure
 * @base: out: this moment on both clocks, and what reading the clock costs
 *
 * Context: any.
 */
void page_bulk_bench_start_time(struct page_bulk_bench_timebase *base)
{
	u64 start, cost = U64_MAX;
	int i;

	for (i = 0; i < 1000; i++) {
		start = page_bulk_bench_clock();
		cost = min(cost, page_bulk_bench_clock() - start);
	}
	base->cost = cost;
	base->ns = ktime_get_ns();
	base->clock = page_bulk_bench_clock();
}

/**
 * page_bulk_bench_ns() - convert a time
 * @base: from page_bulk_bench_start_time(), some ms ago: the longer ago, the
 *	better is the clock's rate known
 * @clock: units of the clock, or thousandths of them
 *
 * Context: any.
 * Return: ns, or ps for thousandths.
 */
u64 page_bulk_bench_ns(const struct page_bulk_bench_timebase *base, u64 clock)
{
	u64 clocks = page_bulk_bench_clock() - base->clock;

	return mul_u64_u64_div_u64(clock, ktime_get_ns() - base->ns,
				   max(clocks, 1ULL));
}

static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/**
 * page_bulk_bench_sort() - sort samples
 * @values: samples, the smallest comes first
 * @nr: how many
 *
 * Context: any.
 */
void page_bulk_bench_sort(u64 *values, unsigned int nr)
{
	sort(values, nr, sizeof(*values), compare_u64, NULL);
}

/**
 * page_bulk_bench_quantile() - the value below which a part of samples lies
 * @sorted: samples in order
 * @nr: how many, not 0
 * @num: the part is @num / @den: 1 / 2 is the median
 * @den: see @num
 *
 * Between two samples it is interpolated.
 *
 * Context: any.
 * Return: the quantile.
 */
u64 page_bulk_bench_quantile(u64 *sorted, unsigned int nr, unsigned int num,
			     unsigned int den)
{
	unsigned int at = (nr - 1) * num / den, rest = (nr - 1) * num % den;

	if (!rest)
		return sorted[at];
	return sorted[at] + div_u64((sorted[at + 1] - sorted[at]) * rest, den);
}

static unsigned int hist_bucket(u64 value)
{
	unsigned int shift;

	if (value < 1 << BENCH_HIST_BITS)
		return value;
	shift = ilog2(value) - BENCH_HIST_BITS;
	return min_t(u64, ((shift + 1) << BENCH_HIST_BITS) +
			  (value >> shift) - (1 << BENCH_HIST_BITS),
		     BENCH_HIST_BUCKETS - 1);
}

/* The largest value that the bucket counts */
static u64 hist_value(unsigned int bucket)
{
	unsigned int shift;

	if (bucket < 1 << BENCH_HIST_BITS)
		return bucket;
	shift = (bucket >> BENCH_HIST_BITS) - 1;
	bucket = (bucket & ((1 << BENCH_HIST_BITS) - 1)) +
		 (1 << BENCH_HIST_BITS) + 1;
	return ((u64)bucket << shift) - 1;
}

/**
 * page_bulk_bench_record() - count a value in a histogram
 * @hist: the histogram
 * @value: the value
 *
 * Context: any; the caller serialises.
 */
void page_bulk_bench_record(struct page_bulk_bench_hist *hist, u64 value)
{
	hist->count++;
	hist->sum += value;
	hist->max = max(hist->max, value);
	hist->buckets[hist_bucket(value)]++;
}

/**
 * page_bulk_bench_merge() - add a histogram to another one
 * @sum: what it is added to
 * @hist: what is added
 *
 * Context: any; the caller serialises.
 */
void page_bulk_bench_merge(struct page_bulk_bench_hist *sum,
			   const struct page_bulk_bench_hist *hist)
{
	int i;

	sum->count += hist->count;
	sum->sum += hist->sum;
	sum->max = max(sum->max, hist->max);
	for (i = 0; i < BENCH_HIST_BUCKETS; i++)
		sum->buckets[i] += hist->buckets[i];
}

/**
 * page_bulk_bench_percentile() - read a histogram
 * @hist: the histogram
 * @ppm: how many of a million values are not above the result
 *
 * Context: any.
 * Return: that value, at most an eighth too large; 0 when nothing was counted.
 */
u64 page_bulk_bench_percentile(const struct page_bulk_bench_hist *hist,
			       unsigned int ppm)
{
	u64 want = DIV_ROUND_UP_ULL(hist->count * ppm, 1000000), sum = 0;
	unsigned int i;

	if (!hist->count)
		return 0;
	for (i = 0; i < BENCH_HIST_BUCKETS - 1; i++) {
		sum += hist->buckets[i];
		if (sum >= want)
			break;
	}
	return min(hist_value(i), hist->max);
}

#ifdef CONFIG_PAGE_BULK_KUNIT_TEST
#include "tests/bench-numbers-kunit.h"
#endif
