/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the benchmark share: options (bench-options.c),
 * statistics (bench-numbers.c), states of memory (bench-memory.c), the
 * measurements (bench-micro.c, bench-fill.c, bench-longrun.c), and where
 * results go (bench.c).
 */
#ifndef _MM_PAGE_BULK_BENCH_H
#define _MM_PAGE_BULK_BENCH_H

#include <linux/gfp.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include "internal.h"

/* Who allocates and who frees: the rows of the tables */
enum page_bulk_bench_mode {
	BENCH_LOOP,		/* alloc_page(), __free_page() */
	BENCH_SINGLE,		/* as page_bulk's mode single; put_page() */
	BENCH_LIST,		/* page_bulk's list form; page_bulk_free() */
	BENCH_ARRAY,		/* page_bulk's array form; page_bulk_free() */
	BENCH_STOCK_LIST,	/* mainline's list call; release_pages() */
	BENCH_STOCK,		/* mainline's array call; release_pages() */
	BENCH_NR_MODES
};

enum page_bulk_bench_memory {
	BENCH_HOT,		/* recycled again and again */
	BENCH_SCATTERED,	/* per-CPU list full of pages without neighbours */
	BENCH_COLD,		/* per-CPU lists empty, one long stream */
	BENCH_FRAGMENTED,	/* as cold, and no block of order >= 4 is free */
	BENCH_NR_MEMORIES
};

enum page_bulk_bench_gfp {
	BENCH_GFP_KERNEL,
	BENCH_GFP_ACCOUNT,
	BENCH_GFP_ZERO,
	BENCH_GFP_ATOMIC,
	BENCH_NR_GFPS
};

enum page_bulk_bench_what {
	BENCH_TABLE,		/* the table of batches */
	BENCH_FILL,		/* whole fills of nfsd's size */
	BENCH_LONGRUN,		/* fills of random sizes and lifetimes */
};

#define BENCH_BATCHES		15	/* 1, 2, 4 ... 16384 pages */
#define BENCH_BLOCK_ORDER	4	/* smallest block that is not small */
#define BENCH_MAX_FILL		512UL	/* long run: largest fill in pages */

extern const char * const page_bulk_bench_modes[BENCH_NR_MODES];
extern const char * const page_bulk_bench_memories[BENCH_NR_MEMORIES];
extern const char * const page_bulk_bench_gfps[BENCH_NR_GFPS];

/**
 * struct page_bulk_bench_options - what to measure
 * @modes: bit mask of enum page_bulk_bench_mode
 * @memories: bit mask of enum page_bulk_bench_memory
 * @gfps: bit mask of enum page_bulk_bench_gfp
 * @batches: bit n: batches of 2^n pages
 * @samples: of each row
 * @stream: pages of one sample in cold and fragmented memory
 * @seed: of everything random
 * @what: which of the measurements
 * @force: take nearly all memory, on a running system too
 * @fills: long run: how many
 * @pages: long run: pages alive on average; 0 is 3/4 of what is free, less noise
 * @noise: long run: single pages that come and go, half of them alive
 * @cpus: long run: CPUs that fill at the same time
 */
struct page_bulk_bench_options {
	unsigned long modes;
	unsigned long memories;
	unsigned long gfps;
	unsigned long batches;
	unsigned long samples;
	unsigned long stream;
	unsigned long seed;
	enum page_bulk_bench_what what;
	bool force;
	unsigned long fills;
	unsigned long pages;
	unsigned long noise;
	unsigned long cpus;
};

int page_bulk_bench_parse(char *line, struct page_bulk_bench_options *opts);

/*
 * A histogram of 8 steps to each power of two: a value is known to within an
 * eighth, which is enough for a percentile.
 */
#define BENCH_HIST_BITS		3
#define BENCH_HIST_BUCKETS	(40 << BENCH_HIST_BITS)

struct page_bulk_bench_hist {
	u64 count;
	u64 sum;
	u64 max;
	u64 buckets[BENCH_HIST_BUCKETS];
};

u64 page_bulk_bench_quantile(u64 *sorted, unsigned int nr, unsigned int num,
			     unsigned int den);
void page_bulk_bench_sort(u64 *values, unsigned int nr);
void page_bulk_bench_record(struct page_bulk_bench_hist *hist, u64 value);
void page_bulk_bench_merge(struct page_bulk_bench_hist *sum,
			   const struct page_bulk_bench_hist *hist);
u64 page_bulk_bench_percentile(const struct page_bulk_bench_hist *hist,
			       unsigned int ppm);

/* The clock: cycles of the TSC where there is one, else ns */
static inline u64 page_bulk_bench_clock(void)
{
#ifdef __x86_64__	/* also User Mode Linux, which has no get_cycles() */
	u32 low, high;

	asm volatile("lfence\n\trdtsc" : "=a" (low), "=d" (high) : : "memory");
	return (u64)high << 32 | low;
#else
	return ktime_get_ns();
#endif
}

/**
 * struct page_bulk_bench_timebase - how the clock is read
 * @clock: the clock when the run began
 * @ns: ktime_get_ns() at that moment
 * @cost: what two readings with nothing between them differ by
 */
struct page_bulk_bench_timebase {
	u64 clock;
	u64 ns;
	u64 cost;
};

void page_bulk_bench_start_time(struct page_bulk_bench_timebase *base);
u64 page_bulk_bench_ns(const struct page_bulk_bench_timebase *base, u64 clock);

/* The time from @start to @end without what reading the clock takes */
static inline u64
page_bulk_bench_elapsed(const struct page_bulk_bench_timebase *base, u64 start,
			u64 end)
{
	u64 time = end - start;

	return time > base->cost ? time - base->cost : 0;
}

/**
 * struct page_bulk_bench_target - where pages are allocated to
 * @gfp: how
 * @batch: pages in one call
 * @pages: slots
 * @lists: the list forms: one for each batch
 */
struct page_bulk_bench_target {
	gfp_t gfp;
	unsigned long batch;
	struct page **pages;
	struct list_head *lists;
};

unsigned long page_bulk_bench_alloc(enum page_bulk_bench_mode mode,
				    const struct page_bulk_bench_target *to,
				    unsigned long nr);
void page_bulk_bench_free(enum page_bulk_bench_mode mode,
			  const struct page_bulk_bench_target *to,
			  unsigned long nr, unsigned long got);

struct page_bulk_bench_fragments {
	struct page **free;
	unsigned long nr;
	struct list_head held;
	struct list_head blocks;
};

void page_bulk_bench_reset_lists(void);
void page_bulk_bench_shuffle(struct page **pages, unsigned long nr,
			     struct rnd_state *rnd);
unsigned long page_bulk_bench_blocks(unsigned int order);
int page_bulk_bench_fragment(struct page_bulk_bench_fragments *frag,
			     struct rnd_state *rnd);
int page_bulk_bench_refragment(struct page_bulk_bench_fragments *frag,
			       struct rnd_state *rnd);
void page_bulk_bench_defragment(struct page_bulk_bench_fragments *frag);

#ifdef CONFIG_PAGE_BULK_BENCH_LOCKS
void page_bulk_bench_watch_locks(bool on);
void page_bulk_bench_emit_locks(const char *mode, unsigned long pages,
				const struct page_bulk_bench_timebase *base);
#else
static inline void page_bulk_bench_watch_locks(bool on)
{
}

static inline void
page_bulk_bench_emit_locks(const char *mode, unsigned long pages,
			   const struct page_bulk_bench_timebase *base)
{
}
#endif

int page_bulk_bench_micro(const struct page_bulk_bench_options *opts);
int page_bulk_bench_fill(const struct page_bulk_bench_options *opts);
int page_bulk_bench_longrun(const struct page_bulk_bench_options *opts);

__printf(1, 2) void page_bulk_bench_emit(const char *fmt, ...);
void page_bulk_bench_progress(unsigned long done, unsigned long all);

#endif /* _MM_PAGE_BULK_BENCH_H */
