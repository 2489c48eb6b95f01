// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stress test's batches: pages are taken in a random way and marked, and
 * later, elsewhere, checked and given back in a random way.
 */
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include "internal.h"
#include "stress.h"

#define STRESS_HELD	256

/* The first word of a page: who owns it, or whose it was last */
#define STRESS_LIVE	(0x11feULL << 48)
#define STRESS_DEAD	(0xdeadULL << 48)
#define STRESS_STATE	(0xffffULL << 48)
#define STRESS_LAST	(PAGE_SIZE / sizeof(u64) - 1)

struct stress_held {
	struct page *page;
	u64 owner;
};

atomic_long_t page_bulk_stress_counts[STRESS_NR_EVENTS];

static atomic64_t stress_owners;

/* Protects stress_held */
static DEFINE_SPINLOCK(stress_held_lock);
static struct stress_held stress_held[STRESS_HELD];

/**
 * page_bulk_stress_error() - count and report something that must not be
 * @page: the page, or NULL
 * @owner: the mark of the batch
 * @what: what is wrong
 *
 * Context: any but NMI.
 */
void page_bulk_stress_error(struct page *page, u64 owner, const char *what)
{
	bool first = atomic_long_inc_return(&page_bulk_stress_counts[STRESS_ERRORS]) == 1;

	pr_err_ratelimited("page_bulk_stress: pfn %lx of %llx: %s\n",
			   page ? page_to_pfn(page) : 0, owner, what);
	if (first && page)
		dump_page(page, what);
}

/* Others may look at a page for a moment, through a stale pointer */
static bool stress_refs(struct page *page, int refs)
{
	unsigned int i;

	for (i = 0; i < 1000000; i++) {
		if (likely(page_ref_count(page) == refs))
			return true;
		cpu_relax();
	}
	return false;
}

/*
 * Does a batch have this page? All of its marks: what a page of a file begins
 * with can look like one of them.
 */
static bool stress_is_live(struct page *page, const u64 *words)
{
	return (words[0] & STRESS_STATE) == STRESS_LIVE &&
	       words[1] == page_to_pfn(page) &&
	       words[STRESS_LAST] == ~(words[0] & ~STRESS_STATE);
}

/* Is the block as a new one has to be? Then it gets its owner's marks. */
static void stress_check_new(struct stress_batch *b, struct page *page,
			     gfp_t gfp)
{
	unsigned int i;

	if (!stress_refs(page, 1))
		page_bulk_stress_error(page, b->owner, "a new page has not one reference");
	if (page->lru.next)
		page_bulk_stress_error(page, b->owner, "a new page is on a list, or pfmemalloc");
	if (page_private(page) || page->mapping)
		page_bulk_stress_error(page, b->owner, "a new page has private data or a mapping");
	if (PageBuddy(page) || PageLRU(page) || PageLocked(page))
		page_bulk_stress_error(page, b->owner, "a new page has flags of another's");
	if (b->order && b->comp != PageCompound(page))
		page_bulk_stress_error(page, b->owner, "a new block is compound, or is not");
	if (b->comp && compound_order(page) != b->order)
		page_bulk_stress_error(page, b->owner, "a new block is of another order");
#ifdef CONFIG_MEMCG
	if (page->memcg_data) {
		stress_count(STRESS_CHARGED, 1);
		if (!(gfp & __GFP_ACCOUNT))
			page_bulk_stress_error(page, b->owner, "a new page is charged unasked");
	}
#endif

	for (i = 0; i < 1U << b->order; i++) {
		u64 *words = page_address(page + i);

		if (i && !b->comp && page_ref_count(page + i))
			page_bulk_stress_error(page + i, b->owner, "a tail has a reference");
		if (stress_is_live(page + i, words))
			page_bulk_stress_error(page + i, words[0], "is handed out a second time");
		if ((gfp & __GFP_ZERO) &&
		    (i & 7 ? words[0] || words[STRESS_LAST / 2] || words[STRESS_LAST] :
			     !!memchr_inv(words, 0, PAGE_SIZE)))
			page_bulk_stress_error(page + i, b->owner, "a new page is not zero");
		words[0] = STRESS_LIVE | b->owner;
		words[1] = page_to_pfn(page + i);
		words[STRESS_LAST] = ~b->owner;
	}
}

/* Are the marks still there? The block loses them. */
static void stress_check_old(struct stress_batch *b, struct page *page)
{
	unsigned int i;

	for (i = 0; i < 1U << b->order; i++) {
		u64 *words = page_address(page + i);

		if (words[0] != (STRESS_LIVE | b->owner) ||
		    words[1] != page_to_pfn(page + i) ||
		    words[STRESS_LAST] != ~b->owner)
			page_bulk_stress_error(page + i, b->owner, "is written to by another");
		words[0] = STRESS_DEAD | b->owner;
	}
	if (page_ref_count(page) < 1)
		page_bulk_stress_error(page, b->owner, "lost its reference");
}

/* The holder's end: nobody else got the page while its reference was there */
static void stress_put_held(struct stress_held *held)
{
	u64 *words = page_address(held->page);
	u64 owner = READ_ONCE(words[0]) & ~STRESS_STATE;

	if (owner != held->owner)
		page_bulk_stress_error(held->page, held->owner, "went to another while held");
	if (page_ref_count(held->page) == 1)
		stress_count(STRESS_LAST_PUT, 1);
	page_bulk_free(&held->page, 1);
}

static void stress_hold(struct stress_batch *b, struct page *page,
			struct rnd_state *rnd)
{
	struct stress_held *held = &stress_held[stress_below(rnd, STRESS_HELD)];

	spin_lock_bh(&stress_held_lock);
	if (!held->page) {
		get_page(page);
		held->page = page;
		held->owner = b->owner;
		stress_count(STRESS_HOLDS, 1);
	}
	spin_unlock_bh(&stress_held_lock);
}

/* A refill of random holes. Return: pages that arrived, at the array's start. */
static unsigned int stress_refill(struct stress_batch *b, struct rnd_state *rnd,
				  struct page_bulk_request *req)
{
	struct page *filler = ZERO_PAGE(0);
	unsigned int i, nr = req->wanted, density = 1 + stress_below(rnd, 8);
	unsigned int got = 0;
	bool hole = false;

	bitmap_zero(b->filled, nr);
	req->wanted = 0;
	for (i = 0; i < nr; i++) {
		bool filled = i != nr - 1 && !stress_below(rnd, density);

		b->pages[i] = filled ? filler : NULL;
		if (filled)
			__set_bit(i, b->filled);
		else
			req->wanted++;
	}

	page_bulk_alloc_array_noprof(req);
	for (i = 0; i < nr; i++) {
		struct page *page = b->pages[i];

		if (test_bit(i, b->filled)) {
			if (page != filler)
				page_bulk_stress_error(page, b->owner, "overwrote a filled slot");
		} else if (!page) {
			hole = true;
		} else {
			if (hole)
				page_bulk_stress_error(page, b->owner, "is behind an empty slot");
			b->pages[got++] = page;
		}
	}
	return got;
}

/*
 * Ask for @nr pages, or where there are holes for less, and count what came of
 * it. Return: pages that arrived, in b->pages.
 */
static unsigned int stress_fill(struct stress_batch *b, struct rnd_state *rnd,
				gfp_t gfp, unsigned int nr)
{
	enum stress_form form = stress_below(rnd, STRESS_NR_FORMS);
	LIST_HEAD(list);
	struct page_bulk_request req = {
		.gfp = gfp,
		.nid = NUMA_NO_NODE,
		.order = b->order,
		.stoppable = stress_below(rnd, 2),
		.singly = stress_below(rnd, 2),
		.wanted = nr,
		.pages = b->pages,
	};
	unsigned int got = 0;

	stress_count(STRESS_FORM + form, 1);
	switch (form) {
	case STRESS_REFILL:
		got = stress_refill(b, rnd, &req);
		break;
	case STRESS_DENSE:
		page_bulk_alloc_dense_noprof(&req);
		got = req.got;
		break;
	case STRESS_LIST:
		req.list = &list;
		page_bulk_alloc_list_noprof(&req);
		while (!list_empty(&list) && got < nr)
			b->pages[got++] = page_bulk_list_pop(&list);
		break;
	case STRESS_ALLOC:
		got = page_bulk_alloc(gfp, b->order, NUMA_NO_NODE, nr, b->pages);
		req.got = got;
		break;
	default:
		b->comp = b->order;
		got = folio_bulk_alloc(gfp, b->order, NUMA_NO_NODE, nr,
				       (struct folio **)b->pages);
		req.got = got;
	}
	/* These two do not tell why */
	if (form != STRESS_ALLOC && form != STRESS_FOLIO)
		stress_count(STRESS_REASON + req.reason, 1);
	if (got < req.wanted)
		stress_count(STRESS_SHORT, 1);
	if (!got)
		stress_count(STRESS_NONE, 1);
	if (got != req.got || got > req.wanted || !list_empty(&list))
		page_bulk_stress_error(NULL, b->owner, "another number of pages than it says");
	return got;
}

static gfp_t stress_gfp(struct rnd_state *rnd, bool may_sleep)
{
	static const struct {
		gfp_t flag;
		enum stress_event event;
	} extra[] = {
		{ __GFP_ZERO, STRESS_ZERO },
		{ __GFP_ACCOUNT, STRESS_ACCOUNT },
		{ __GFP_NORETRY, STRESS_NORETRY },
	};
	gfp_t gfp = GFP_ATOMIC;
	unsigned int i;

	if (may_sleep && stress_below(rnd, 3))
		gfp = GFP_KERNEL;
	stress_count(gfp == GFP_KERNEL ? STRESS_KERNEL : STRESS_ATOMIC, 1);
	for (i = 0; i < ARRAY_SIZE(extra); i++) {
		if (stress_below(rnd, 4))
			continue;
		gfp |= extra[i].flag;
		stress_count(extra[i].event, 1);
	}
	switch (stress_below(rnd, 6)) {
	case 0:
	case 1:
		gfp |= __GFP_MOVABLE;
		stress_count(STRESS_MOVABLE, 1);
		break;
	case 2:
		gfp |= __GFP_RECLAIMABLE;
		stress_count(STRESS_RECLAIMABLE, 1);
		break;
	}
	return gfp | __GFP_NOWARN;
}

/**
 * page_bulk_stress_take() - take a batch of pages and mark them
 * @b: an empty batch
 * @rnd: the caller's random numbers
 * @max: pages at the most
 * @may_sleep: whether the fill, and this function, may
 *
 * Context: any but NMI and hard interrupts.
 * Return: whether there are any pages in the batch now.
 */
bool page_bulk_stress_take(struct stress_batch *b, struct rnd_state *rnd,
			   unsigned int max, bool may_sleep)
{
	gfp_t gfp = stress_gfp(rnd, may_sleep);
	unsigned int i, nr;

	b->owner = atomic64_inc_return(&stress_owners) & ~STRESS_STATE;
	b->cpu = raw_smp_processor_id();
	b->order = stress_below(rnd, 2) ? 0 : stress_below(rnd, 4);
	b->comp = b->order && stress_below(rnd, 2);
	if (b->comp)
		gfp |= __GFP_COMP;
	/* As many small batches as large ones */
	nr = 1 + stress_below(rnd, max >> b->order >> stress_below(rnd, ilog2(max >> b->order)));

	b->nr = stress_fill(b, rnd, gfp, nr);
	stress_count(STRESS_ORDER + b->order, 1);
	stress_count(STRESS_TOOK, b->nr << b->order);
	for (i = 0; i < b->nr; i++) {
		stress_check_new(b, b->pages[i], gfp);
		if ((b->comp || !b->order) && !stress_below(rnd, 64))
			stress_hold(b, b->pages[i], rnd);
		if (may_sleep && !(i & 63))
			cond_resched();
	}
	return b->nr;
}

/* Drop the references of pages[first, first + nr) in one way */
static void stress_give_some(struct stress_batch *b, struct rnd_state *rnd,
			     unsigned int first, unsigned int nr)
{
	struct page **pages = b->pages + first;
	enum stress_event way = STRESS_BY_BULK + stress_below(rnd, 3);
	unsigned int i;

	if (b->order && !b->comp)
		way = STRESS_BY_ORDER;
	stress_count(way, 1);
	switch (way) {
	case STRESS_BY_BULK:
		page_bulk_free(pages, nr);
		break;
	case STRESS_BY_RELEASE:
		release_pages(pages, nr);
		break;
	case STRESS_BY_PUT:
		for (i = 0; i < nr; i++)
			put_page(pages[i]);
		break;
	default:
		for (i = 0; i < nr; i++)
			__free_pages(pages[i], b->order);
	}
}

/**
 * page_bulk_stress_give() - check a batch and drop its references
 * @b: the batch; empty afterwards
 * @rnd: the caller's random numbers: sometimes in disorder and in parts
 *
 * Context: any but NMI and hard interrupts.
 */
void page_bulk_stress_give(struct stress_batch *b, struct rnd_state *rnd)
{
	unsigned int i, n;

	for (i = 0; i < b->nr; i++)
		stress_check_old(b, b->pages[i]);
	if (raw_smp_processor_id() != b->cpu)
		stress_count(STRESS_OTHER_CPU, 1);
	stress_count(STRESS_GAVE, b->nr << b->order);
	if (!stress_below(rnd, 3))
		for (i = b->nr - 1; i; i--) {
			n = stress_below(rnd, i + 1);
			swap(b->pages[i], b->pages[n]);
		}
	for (i = 0; i < b->nr; i += n) {
		n = stress_below(rnd, 2) ? b->nr - i : 1 + stress_below(rnd, b->nr - i);
		stress_give_some(b, rnd, i, n);
	}
	b->nr = 0;
}

/**
 * page_bulk_stress_release_held() - drop the third party's references
 * @rnd: the caller's random numbers
 * @all: of all pages; else of some
 *
 * Context: process context.
 */
void page_bulk_stress_release_held(struct rnd_state *rnd, bool all)
{
	unsigned int i;

	for (i = 0; i < STRESS_HELD; i++) {
		struct stress_held held;

		if (!all && stress_below(rnd, 8))
			continue;
		spin_lock_bh(&stress_held_lock);
		held = stress_held[i];
		stress_held[i].page = NULL;
		spin_unlock_bh(&stress_held_lock);
		if (held.page)
			stress_put_held(&held);
	}
}
