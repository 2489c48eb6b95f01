/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of page_bulk share: the core's entry points (alloc.c), the
 * counters (stats.c) and the way to another mode (mode.c).
 */
#ifndef _MM_PAGE_BULK_INTERNAL_H
#define _MM_PAGE_BULK_INTERNAL_H

#include <linux/jump_label.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/page_bulk.h>
#include <linux/sched/clock.h>

/*
 * Pages taken in one hold of a lock, which bounds the time that it is held,
 * and between two offers of the CPU to others.
 */
#define PAGE_BULK_MAX_HOLD	512UL

/**
 * struct page_bulk_request - one request to the core
 * @gfp: what the caller allows
 * @nid: preferred node, or NUMA_NO_NODE for the nearest with memory
 * @order: order of each block; the counts below are in such blocks
 * @stoppable: when memory may have to be reclaimed or compacted, or to come out
 *	of a reserve, return at the next page or block
 * @singly: the pages come back one by one, see page_bulk_take_listed()
 * @wanted: pages wanted; the refill form: how many of the slots are empty
 * @pages: the array forms: slots; the refill form: the empty ones are NULL
 * @list: the list form: where the pages are strung, in order, at the tail
 * @got: out: pages that arrived
 * @reason: out: why the batch path ended early
 * @zone_locks: out: how often zone->lock was taken; not by __alloc_pages(), to
 *	which a batch turns when the zones have no more above their watermarks
 */
struct page_bulk_request {
	gfp_t gfp;
	int nid;
	unsigned int order;
	bool stoppable;
	bool singly;
	unsigned long wanted;
	union {
		struct page **pages;
		struct list_head *list;
	};
	unsigned long got;
	enum page_bulk_reason reason;
	unsigned int zone_locks;
};

void page_bulk_alloc_array_noprof(struct page_bulk_request *req);
void page_bulk_alloc_dense_noprof(struct page_bulk_request *req);
void page_bulk_alloc_list_noprof(struct page_bulk_request *req);
enum page_bulk_reason page_bulk_refused(gfp_t gfp);
unsigned int page_bulk_free_locks(struct page **pages, unsigned long nr);

/**
 * page_bulk_list_pop() - take the first page off a list of the list form
 * @list: the list, not empty
 *
 * Gives page->lru and page->private the content that they have after
 * alloc_page(): others rely on it (page_is_pfmemalloc(); page_pool ors its
 * signature into the word that is page->lru.next).
 *
 * Context: Any; the caller owns the list.
 * Return: the page.
 */
static inline struct page *page_bulk_list_pop(struct list_head *list)
{
	struct page *page = list_first_entry(list, struct page, lru);

	list_del(&page->lru);
	if (unlikely(page_private(page))) {
		set_page_private(page, 0);
		set_page_pfmemalloc(page);
	} else {
		clear_page_pfmemalloc(page);
	}
	return page;
}

extern unsigned int page_bulk_max_block_order;

/* Histograms: bucket n counts 2^n..2^(n+1)-1, the last one has no upper end */
#define PAGE_BULK_SIZE_BUCKETS	20	/* pages: up to 2^19, 2 GB */
#define PAGE_BULK_NS_BUCKETS	36	/* ns: up to 2^35, 34 s */

/*
 * What is counted. A fill without a hitch adds to two counters only, got and
 * one of the sizes; the sums of the others say the rest when they are read:
 * see page_bulk_derive().
 */
enum page_bulk_key {
	PAGE_BULK_FILLS,	/* derived: all of the sizes */
	PAGE_BULK_FULL,
	PAGE_BULK_ASKED,	/* counts what did not arrive; read: + got */
	PAGE_BULK_GOT,
	PAGE_BULK_SHORT,
	PAGE_BULK_FAILED,
	PAGE_BULK_TIMED_FILLS,
	PAGE_BULK_TIMED_GOT,
	PAGE_BULK_NS,
	PAGE_BULK_FREED,
	PAGE_BULK_END,	/* + reason - 1: a fill without a reason has no key */
	PAGE_BULK_NR_KEYS = PAGE_BULK_END + PAGE_BULK_NR_REASONS - 1,
	PAGE_BULK_ZONE_LOCKS = PAGE_BULK_NR_KEYS,	/* list and array only */
	PAGE_BULK_FREED_ZONE_LOCKS,
	PAGE_BULK_SIZES,
	PAGE_BULK_FILL_NS = PAGE_BULK_SIZES + PAGE_BULK_SIZE_BUCKETS,
	PAGE_BULK_PAGE_NS = PAGE_BULK_FILL_NS + PAGE_BULK_NS_BUCKETS,
	PAGE_BULK_NR_COUNTERS = PAGE_BULK_PAGE_NS + PAGE_BULK_NS_BUCKETS
};

struct page_bulk_counters {
	u64 v[PAGE_BULK_NR_COUNTERS];
};

/**
 * struct page_bulk_fill - one fill, as it is counted and traced
 * @user: who asked
 * @state: generation and mode that the fill ran in, read once
 * @nid: node asked for
 * @asked: empty slots; stock, when not timed: slots from the first empty one
 *	to the last that may be
 * @got: pages that arrived
 * @ns: time of the fill in ns
 * @timed: whether @ns was taken
 * @reason: why the batch path ended early
 * @zone_locks: how often zone->lock was taken, in list and array
 */
struct page_bulk_fill {
	const struct page_bulk_user *user;
	unsigned long state;
	int nid;
	unsigned long asked;
	unsigned long got;
	u64 ns;
	bool timed;
	enum page_bulk_reason reason;
	unsigned int zone_locks;
};

static inline enum page_bulk_mode page_bulk_mode(unsigned long state)
{
	return state & PAGE_BULK_MODE_MASK;
}

static inline unsigned long page_bulk_generation(unsigned long state)
{
	return state >> PAGE_BULK_MODE_BITS;
}

extern const char * const page_bulk_mode_names[PAGE_BULK_NR_MODES];

extern struct mutex page_bulk_lock;
extern struct list_head page_bulk_users;	/* protected by page_bulk_lock */

void page_bulk_change_mode(struct page_bulk_user *user,
			   enum page_bulk_mode mode);
void page_bulk_set_mode(struct page_bulk_user *user, enum page_bulk_mode mode);
int page_bulk_match(const char *buf, size_t len, loff_t pos,
		    const char * const *words, int nr);
void page_bulk_experiment_override(struct page_bulk_user *user);

/* Time every fill: vm.page_bulk.timing */
DECLARE_STATIC_KEY_FALSE(page_bulk_timing);

/*
 * Safe against interrupts of the same user: page_pool fills in softirqs. @c:
 * looked up once for a fill, as the compiler takes each addition to be one
 * that may change where the counters are.
 */
static __always_inline void page_bulk_add(struct page_bulk_counters __percpu *c,
					  int counter, u64 n)
{
	this_cpu_add(c->v[counter], n);
}

static __always_inline int page_bulk_bucket(u64 n, int nr_buckets)
{
	return min_t(int, __fls(n | 1), nr_buckets - 1);
}

void page_bulk_count_rest(struct page_bulk_counters __percpu *c,
			  unsigned long asked, unsigned long got,
			  enum page_bulk_reason reason);
void page_bulk_count_time(struct page_bulk_counters __percpu *c,
			  unsigned long got, u64 ns);

/**
 * page_bulk_count_fill() - count a fill that found at least one empty slot
 * @fill: what happened; @fill->got is at most @fill->asked
 *
 * Inline, for the sake of the fill that has all it asked for.
 *
 * Context: any but NMI.
 */
static __always_inline void
page_bulk_count_fill(const struct page_bulk_fill *fill)
{
	struct page_bulk_counters __percpu *c = fill->user->counters;

	if (unlikely(!c))
		return;

	c += page_bulk_mode(fill->state);
	page_bulk_add(c, PAGE_BULK_GOT, fill->got);
	page_bulk_add(c, PAGE_BULK_SIZES +
		      page_bulk_bucket(fill->asked, PAGE_BULK_SIZE_BUCKETS), 1);
	if (fill->zone_locks)
		page_bulk_add(c, PAGE_BULK_ZONE_LOCKS, fill->zone_locks);
	if (unlikely(fill->got != fill->asked || fill->reason))
		page_bulk_count_rest(c, fill->asked, fill->got, fill->reason);
	if (unlikely(fill->timed))
		page_bulk_count_time(c, fill->got, fill->ns);
}

void page_bulk_count_full(const struct page_bulk_user *user,
			  enum page_bulk_mode mode);
void page_bulk_count_freed(const struct page_bulk_user *user,
			   enum page_bulk_mode mode, unsigned long nr,
			   unsigned int zone_locks);
struct page_bulk_counters *
page_bulk_read_counters(const struct page_bulk_user *user);
void page_bulk_reset(struct page_bulk_user *user);
int page_bulk_init_counters(struct page_bulk_user *user);
void page_bulk_create_debugfs(struct page_bulk_user *user);

#endif /* _MM_PAGE_BULK_INTERNAL_H */
