/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the stress test share: batches of pages (stress-pages.c),
 * the lists that they are on when free (stress-lists.c), who takes and gives
 * them (stress.c), and what is counted.
 */
#ifndef _MM_PAGE_BULK_STRESS_H
#define _MM_PAGE_BULK_STRESS_H

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/page_bulk.h>
#include <linux/prandom.h>

#define STRESS_PAGES	1024U	/* pages of a batch, and its slots */

enum stress_form {
	STRESS_REFILL,
	STRESS_DENSE,
	STRESS_LIST,
	STRESS_ALLOC,
	STRESS_FOLIO,
	STRESS_NR_FORMS
};

/* What happened, in the order in which it is shown */
enum stress_event {
	STRESS_ERRORS,
	STRESS_TOOK,
	STRESS_GAVE,
	STRESS_SHORT,
	STRESS_NONE,
	STRESS_FORM,
	STRESS_ORDER = STRESS_FORM + STRESS_NR_FORMS,
	STRESS_KERNEL = STRESS_ORDER + 4,
	STRESS_ATOMIC,
	STRESS_ZERO,
	STRESS_ACCOUNT,
	STRESS_CHARGED,
	STRESS_NORETRY,
	STRESS_MOVABLE,
	STRESS_RECLAIMABLE,
	STRESS_BY_BULK,
	STRESS_BY_RELEASE,
	STRESS_BY_PUT,
	STRESS_BY_ORDER,
	STRESS_OTHER_CPU,
	STRESS_SOFTIRQ_TOOK,
	STRESS_SOFTIRQ_GAVE,
	STRESS_HARDIRQ,
	STRESS_HOLDS,
	STRESS_LAST_PUT,
	STRESS_DRAINS,
	STRESS_LISTS,
	STRESS_REASON,
	STRESS_NR_EVENTS = STRESS_REASON + PAGE_BULK_NR_REASONS
};

/**
 * struct stress_batch - pages on their way
 * @owner: the mark in each page, without its state
 * @cpu: where they were taken
 * @order: order of each block
 * @nr: number of blocks
 * @comp: whether they are compound pages, or single ones
 * @filled: slots of a refill that were not empty
 * @pages: the blocks
 */
struct stress_batch {
	u64 owner;
	int cpu;
	unsigned int order;
	unsigned int nr;
	bool comp;
	DECLARE_BITMAP(filled, STRESS_PAGES);
	struct page *pages[STRESS_PAGES];
};

extern atomic_long_t page_bulk_stress_counts[STRESS_NR_EVENTS];

static inline void stress_count(enum stress_event event, unsigned long nr)
{
	atomic_long_add(nr, &page_bulk_stress_counts[event]);
}

static inline unsigned int stress_below(struct rnd_state *rnd, unsigned int n)
{
	return prandom_u32_state(rnd) % n;
}

bool page_bulk_stress_take(struct stress_batch *b, struct rnd_state *rnd,
			   unsigned int max, bool may_sleep);
void page_bulk_stress_give(struct stress_batch *b, struct rnd_state *rnd);
void page_bulk_stress_release_held(struct rnd_state *rnd, bool all);
void page_bulk_stress_check_lists(void);
void page_bulk_stress_error(struct page *page, u64 owner, const char *what);

#endif /* _MM_PAGE_BULK_STRESS_H */
