// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fill, and giving pages back, as the user's mode says.
 *
 * Each reads the user's state once, so that it is wholly in one mode,
 * whatever is switched meanwhile, and is counted in that mode.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/pagevec.h>
#include <linux/sched.h>
#include <trace/events/page_bulk.h>
#include "internal.h"

/*
 * One call of the page allocator for each empty slot of @nr; @dense: all are,
 * whatever is in them.
 *
 * For a user to whom a short fill will do the calls do not reclaim, and do not
 * open the reserves of those who cannot: when one fails, the page that has to
 * be waited for, or comes out of these, is the last one.
 */
static __always_inline void page_bulk_fill_single(struct page_bulk_request *req,
						  unsigned long nr, bool dense)
{
	struct page **slot = req->pages, **end = slot + nr;
	gfp_t gfp = req->gfp;
	unsigned long got = 0;
	struct page *page;

	if (req->stoppable)
		gfp = (gfp & ~(__GFP_DIRECT_RECLAIM | __GFP_HIGH)) |
		      __GFP_NOWARN | __GFP_NOMEMALLOC;
	for (; slot < end; slot++) {
		if (!dense && *slot)
			continue;
		page = alloc_pages_node_noprof(req->nid, gfp, req->order);
		if (unlikely(!page))
			break;
		*slot = page;
		if (unlikely(!(++got % PAGE_BULK_MAX_HOLD)) &&
		    gfpflags_allow_blocking(req->gfp))
			cond_resched();
	}
	if (unlikely(slot < end)) {
		page = NULL;
		if (req->stoppable)
			page = alloc_pages_node_noprof(req->nid, req->gfp,
						       req->order);
		if (page) {
			*slot = page;
			got++;
			/* the allocator does not say why: this is why, as a rule */
			req->reason = PAGE_BULK_END_WATERMARK;
		} else {
			req->reason = page_bulk_refused(req->gfp);
		}
	}
	req->got = got;
}

static __always_inline void page_bulk_fill_list(struct page_bulk_request *req,
						bool dense)
{
	struct page **slot = req->pages;
	LIST_HEAD(list);

	req->list = &list;
	page_bulk_alloc_list_noprof(req);
	for (; !list_empty(&list); slot++)
		if (dense || !*slot)
			*slot = page_bulk_list_pop(&list);
}

static noinline void page_bulk_fill_holes(struct page_bulk_request *req,
					  enum page_bulk_mode mode,
					  unsigned long nr)
{
	switch (mode) {
	case PAGE_BULK_SINGLE:
		page_bulk_fill_single(req, nr, false);
		break;
	case PAGE_BULK_LIST:
		page_bulk_fill_list(req, false);
		break;
	default:
		page_bulk_alloc_array_noprof(req);
	}
}

static noinline void page_bulk_fill_gap(struct page_bulk_request *req,
					enum page_bulk_mode mode)
{
	switch (mode) {
	case PAGE_BULK_SINGLE:
		page_bulk_fill_single(req, req->wanted, true);
		break;
	case PAGE_BULK_LIST:
		page_bulk_fill_list(req, true);
		break;
	default:
		page_bulk_alloc_dense_noprof(req);
	}
}

static unsigned long page_bulk_empty_slots(struct page **pages,
					   unsigned long nr)
{
	unsigned long i, empty = 0;

	for (i = 0; i < nr; i++)
		empty += !pages[i];
	return empty;
}

static unsigned long page_bulk_filled_slots(struct page **pages,
					    unsigned long nr)
{
	unsigned long i = 0;

	while (i < nr && pages[i])
		i++;
	return i;
}

static __always_inline void page_bulk_clock_start(struct page_bulk_fill *fill)
{
	fill->timed = static_branch_unlikely(&page_bulk_timing);
	if (fill->timed)
		fill->ns = local_clock();
}

/* Clocks of two CPUs may differ by more than a short fill takes */
static __always_inline void page_bulk_clock_stop(struct page_bulk_fill *fill)
{
	if (fill->timed)
		fill->ns = max_t(s64, local_clock() - fill->ns, 0);
}

static __always_inline void page_bulk_record(const struct page_bulk_fill *fill)
{
	page_bulk_count_fill(fill);
	trace_page_bulk_fill(fill->user->name, page_bulk_mode(fill->state),
			     page_bulk_generation(fill->state), fill->nid,
			     fill->asked, fill->got, fill->reason, fill->ns);
}

/*
 * What an unpatched kernel does: look at the whole array. Empty slots are
 * counted only where a price was agreed to, by timing; else what lies between
 * the first and the last slot that may be empty counts as empty.
 */
static __always_inline unsigned long
page_bulk_fill_stock(struct page_bulk_fill *fill, gfp_t gfp, unsigned long nr,
		     struct page **pages, unsigned long first,
		     unsigned long end)
{
	bool exact = static_branch_unlikely(&page_bulk_timing);
	unsigned long ret;

	fill->asked = exact ? page_bulk_empty_slots(pages + first, end - first) :
			      end - first;
	page_bulk_clock_start(fill);
	ret = alloc_pages_bulk_array_node_noprof(gfp, fill->nid, nr, pages);
	page_bulk_clock_stop(fill);
	if (exact)
		fill->got = fill->asked -
			    page_bulk_empty_slots(pages + first, end - first);
	else if (ret > first)
		fill->got = min(ret, end) - first;
	return ret;
}

/* Return: the number of leading filled slots, up to @end; @end when all are. */
static __always_inline unsigned long
page_bulk_fill_range(struct page_bulk_fill *fill, gfp_t gfp,
		     struct page **pages, unsigned long first,
		     unsigned long end, bool all)
{
	enum page_bulk_mode mode = page_bulk_mode(fill->state);
	struct page_bulk_request req = {
		.gfp = gfp | fill->user->gfp,
		.nid = fill->nid,
		.stoppable = fill->user->stoppable,
		.wanted = end - first,
		.pages = pages + first,
	};

	/* req.pages is not ours any more when it was a list */
	pages += first;
	if (!all && mode != PAGE_BULK_SINGLE)
		req.wanted = page_bulk_empty_slots(pages, end - first);
	page_bulk_clock_start(fill);
	if (all)
		page_bulk_fill_gap(&req, mode);
	else
		page_bulk_fill_holes(&req, mode, end - first);
	page_bulk_clock_stop(fill);

	fill->got = req.got;
	fill->asked = req.wanted;
	fill->reason = req.reason;
	fill->zone_locks = req.zone_locks;
	/* Which of the slots were empty shows itself when they are filled */
	if (!all && mode == PAGE_BULK_SINGLE)
		fill->asked = req.got + page_bulk_empty_slots(pages, end - first);
	if (fill->got == fill->asked)
		return end;
	return first + (all ? req.got :
			page_bulk_filled_slots(pages, end - first));
}

static void page_bulk_check_gap(struct page_bulk_hull *hull,
				struct page **pages, unsigned long first,
				unsigned long end)
{
	if (IS_ENABLED(CONFIG_PAGE_BULK_DEBUG) && hull->all &&
	    WARN_ONCE(page_bulk_empty_slots(pages + first, end - first) !=
		      end - first, "page_bulk: a slot holds a page that was said to be empty\n"))
		hull->all = false;
}

static void page_bulk_check_full(struct page **pages, unsigned long nr)
{
	if (IS_ENABLED(CONFIG_PAGE_BULK_DEBUG))
		WARN_ONCE(page_bulk_filled_slots(pages, nr) != nr,
			  "page_bulk: a slot is empty that was said to be filled\n");
}

/**
 * page_bulk_fill_hull() - fill those slots of an array that may be empty
 * @user: on whose behalf: its mode says how, its counters count it
 * @gfp: what the page allocator may do; the user's own flags are added, but
 *	in mode stock
 * @nid: preferred node, or NUMA_NO_NODE for the nearest with memory
 * @nr: number of slots
 * @pages: the slots: NULL where a page is wanted; the others are left alone
 * @hull: which slots may be empty; afterwards those that still may be
 *
 * As page_bulk_fill(), but no other slot than those of @hull is looked at. In
 * mode stock all are, as in an unpatched kernel. With CONFIG_PAGE_BULK_DEBUG
 * it is checked that @hull was right.
 *
 * Context: as alloc_pages() with the same flags. Takes no lock of its own.
 * Return: the number of leading filled slots: @nr when all are filled. Also
 * when that is less, pages may have arrived: call again, or use what is there.
 */
unsigned long page_bulk_fill_hull_noprof(struct page_bulk_user *user, gfp_t gfp,
					 int nid, unsigned long nr,
					 struct page **pages,
					 struct page_bulk_hull *hull)
{
	struct page_bulk_fill fill = {
		.user = user,
		.state = READ_ONCE(user->state),
		.nid = nid,
	};
	enum page_bulk_mode mode = page_bulk_mode(fill.state);
	unsigned long first, end, ret = nr;

	/* What lies behind the slots of the fill before is not known */
	if (unlikely(nr > hull->known))
		page_bulk_hull_add(hull, hull->known, nr - hull->known, false);
	first = hull->first;
	end = min_t(unsigned long, hull->end, nr);
	page_bulk_check_gap(hull, pages, first, max(first, end));
	if (!hull->all && first < end)
		first += page_bulk_filled_slots(pages + first, end - first);

	if (first >= end) {
		page_bulk_count_full(user, mode);
		if (mode == PAGE_BULK_STOCK)
			ret = alloc_pages_bulk_array_node_noprof(gfp, nid, nr,
								 pages);
	} else {
		if (mode == PAGE_BULK_STOCK)
			ret = page_bulk_fill_stock(&fill, gfp, nr, pages, first,
						   end);
		else
			ret = page_bulk_fill_range(&fill, gfp, pages, first,
						   end, hull->all);
		page_bulk_record(&fill);
		if (mode != PAGE_BULK_STOCK && ret == end)
			ret = nr;
	}

	if (likely(ret == nr)) {
		*hull = (struct page_bulk_hull) { .known = nr };
		page_bulk_check_full(pages, nr);
	} else {
		hull->first = ret;
		hull->all &= mode != PAGE_BULK_STOCK;
	}
	return ret;
}

/**
 * page_bulk_fill() - fill the empty slots of an array with pages
 * @user: on whose behalf: its mode says how, its counters count it
 * @gfp: what the page allocator may do; the user's own flags are added, but
 *	in mode stock
 * @nid: preferred node, or NUMA_NO_NODE for the nearest with memory
 * @nr: number of slots
 * @pages: the slots: NULL where a page is wanted; the others are left alone
 *
 * The whole fill happens in the mode that the user had at its beginning. Each
 * new page is an order-0 page with one reference, as from alloc_page().
 *
 * Context: as alloc_pages() with the same flags. Takes no lock of its own.
 * Return: the number of leading filled slots: @nr when all are filled. Also
 * when that is less, pages may have arrived: call again, or use what is there.
 */
unsigned long page_bulk_fill_noprof(struct page_bulk_user *user, gfp_t gfp,
				    int nid, unsigned long nr,
				    struct page **pages)
{
	struct page_bulk_hull hull = { };

	return page_bulk_fill_hull_noprof(user, gfp, nid, nr, pages, &hull);
}

/**
 * page_bulk_fill_dense() - fill an array from its first slot on
 * @user: on whose behalf: its mode says how, its counters count it
 * @gfp: what the page allocator may do; the user's own flags are added, but
 *	in mode stock. With an order, __GFP_COMP if the blocks are to be
 *	compound pages
 * @order: order of each block
 * @nid: preferred node, or NUMA_NO_NODE for the nearest with memory
 * @nr: number of slots
 * @pages: the slots; what is in them does not matter, and is gone afterwards
 *
 * In mode stock it does what page_pool does in an unpatched kernel: with order
 * 0, clear the array and make the page allocator's bulk call; else take one
 * block. A fill is counted in blocks, and a fill of stock with an order asks
 * for one.
 *
 * Context: as alloc_pages() with the same flags. Takes no lock of its own.
 * Return: the number of blocks that arrived. They are in the leading slots,
 * and what is in the others is not defined.
 */
unsigned long page_bulk_fill_dense_noprof(struct page_bulk_user *user, gfp_t gfp,
					  unsigned int order, int nid,
					  unsigned long nr, struct page **pages)
{
	struct page_bulk_fill fill = {
		.user = user,
		.state = READ_ONCE(user->state),
		.nid = nid,
		.asked = nr,
	};
	enum page_bulk_mode mode = page_bulk_mode(fill.state);
	struct page_bulk_request req = {
		.gfp = gfp | user->gfp,
		.nid = nid,
		.order = order,
		.stoppable = user->stoppable,
		.singly = user->singly,
		.wanted = nr,
		.pages = pages,
	};

	if (unlikely(!nr)) {
		page_bulk_count_full(user, mode);
		return 0;
	}

	page_bulk_clock_start(&fill);
	if (mode != PAGE_BULK_STOCK) {
		page_bulk_fill_gap(&req, mode);
	} else if (!order) {
		memset(pages, 0, nr * sizeof(*pages));
		req.got = alloc_pages_bulk_array_node_noprof(gfp, nid, nr, pages);
	} else {
		fill.asked = 1;
		pages[0] = alloc_pages_node_noprof(nid, gfp, order);
		req.got = !!pages[0];
	}
	page_bulk_clock_stop(&fill);

	fill.got = req.got;
	fill.reason = req.reason;
	fill.zone_locks = req.zone_locks;
	page_bulk_record(&fill);
	return fill.got;
}

/* Return: how often zone->lock was taken, as far as that is known */
static unsigned int page_bulk_release_in(enum page_bulk_mode mode,
					 struct page **pages, unsigned long nr)
{
	unsigned long i;

	if (mode != PAGE_BULK_SINGLE)
		return page_bulk_free_locks(pages, nr);
	for (i = 0; i < nr; i++)
		put_page(pages[i]);
	return 0;
}

/**
 * page_bulk_release() - drop a reference of each page of an array
 * @user: on whose behalf: its mode says how, its counters count it
 * @pages: the pages: any that put_page() takes, no NULL among them
 * @nr: number of pages
 *
 * single: put_page(), one by one. list and array: page_bulk_free(). stock:
 * release_pages(), as in an unpatched kernel. The counter freed counts @nr:
 * references dropped, whether or not it was the last one of the page.
 *
 * Context: as put_page(): any but NMI and hard interrupts.
 */
void page_bulk_release(struct page_bulk_user *user, struct page **pages,
		       unsigned long nr)
{
	enum page_bulk_mode mode = page_bulk_mode(READ_ONCE(user->state));
	unsigned int zone_locks = 0;

	if (mode == PAGE_BULK_STOCK)
		release_pages(pages, nr);
	else
		zone_locks = page_bulk_release_in(mode, pages, nr);
	page_bulk_count_freed(user, mode, nr, zone_locks);
}

/**
 * page_bulk_release_folios() - drop a reference of each folio of a batch
 * @user: on whose behalf: its mode says how, its counters count it
 * @fbatch: the folios; empty afterwards
 *
 * As page_bulk_release(). A reference of a folio is one of its first page, so
 * the batch is an array of pages to all modes but stock, which does what the
 * unpatched kernel does, __folio_batch_release().
 *
 * Context: process context, may sleep.
 */
void page_bulk_release_folios(struct page_bulk_user *user,
			      struct folio_batch *fbatch)
{
	enum page_bulk_mode mode = page_bulk_mode(READ_ONCE(user->state));
	unsigned int nr = folio_batch_count(fbatch);
	unsigned int zone_locks = 0;

	static_assert(offsetof(struct folio, page) == 0);
	if (mode == PAGE_BULK_STOCK) {
		__folio_batch_release(fbatch);
	} else {
		zone_locks = page_bulk_release_in(mode,
						  (struct page **)fbatch->folios,
						  nr);
		folio_batch_reinit(fbatch);
	}
	page_bulk_count_freed(user, mode, nr, zone_locks);
}

#ifdef CONFIG_PAGE_BULK_KUNIT_TEST
#include "tests/fill-kunit.h"
#endif
