// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bulk page allocator: a refill, a dense and a list form over one core.
 *
 * This file is included at the tail of mm/page_alloc.c, because it needs
 * that file's private functions. It only calls them: nothing in
 * mm/page_alloc.c is changed for it, so that the kernel's own functions stay
 * what the compiler makes of them in an unpatched kernel ("make objcompare"
 * of the project compares the disassembly).
 *
 * A fill goes through the zones that it may use, in zonelist order, and takes
 * runs of pages out of each (take.c, pcp.c), which it prepares when the locks are
 * dropped (prep.c). A few pages go a shorter way first (few.c). When no zone
 * gives any, it asks __alloc_pages() for one page, which wakes kswapd, reclaims
 * and says no, and then goes on.
 */
#include <linux/pgalloc_tag.h>
#include <trace/events/kmem.h>
#include "internal.h"

/*
 * For what is on the stack of each request and of which each member is set
 * where it begins: CONFIG_INIT_STACK_ALL_ZERO would clear it by a rep stos,
 * which takes as long as two pages do.
 */
#if __has_attribute(__uninitialized__)
#define page_bulk_uninitialized		__attribute__((__uninitialized__))
#else
#define page_bulk_uninitialized
#endif

/* Where pages go: a constant of each entry point, never tested at run time */
enum page_bulk_form {
	PAGE_BULK_FORM_REFILL,
	PAGE_BULK_FORM_DENSE,
	PAGE_BULK_FORM_LIST,
};

/**
 * struct page_bulk_batch - what is the same for all pages of a request
 * @ac: zones and migrate type
 * @order: order of each block
 * @alloc_flags: ALLOC_* of a first attempt
 * @gfp: the request's flags after the allowed mask and the cpuset
 * @objcg: memory cgroup to charge, or NULL
 * @plain: preparing a page is a few stores, see page_bulk_plain_prep()
 * @singly: the pages come back one by one, see page_bulk_take_listed()
 * @reclaimed: a node was reclaimed for it
 * @zone_locks: how often zone->lock was taken so far
 */
struct page_bulk_batch {
	struct alloc_context ac;
	unsigned int order;
	unsigned int alloc_flags;
	gfp_t gfp;
	struct obj_cgroup *objcg;
	bool plain;
	bool singly;
	bool reclaimed;
	unsigned int zone_locks;
};

#include "take.c"
#include "pcp.c"
#include "prep.c"
#include "few.c"
#include "free.c"

/**
 * page_bulk_refused() - name the reason why the page allocator had no page
 * @gfp: flags of the request
 *
 * Context: Any.
 * Return: the reason.
 */
enum page_bulk_reason page_bulk_refused(gfp_t gfp)
{
	return gfp & __GFP_DIRECT_RECLAIM ? PAGE_BULK_END_OOM :
					    PAGE_BULK_END_NO_RECLAIM;
}

static __always_inline bool
page_bulk_batch_start(struct page_bulk_batch *batch,
		      const struct page_bulk_request *req)
{
	gfp_t gfp = current_gfp_context(req->gfp & gfp_allowed_mask);

	batch->order = req->order;
	batch->alloc_flags = ALLOC_WMARK_LOW;
	batch->gfp = gfp;
	batch->objcg = NULL;
	batch->reclaimed = false;
	batch->zone_locks = 0;
	if (!prepare_alloc_pages(gfp, req->order, req->nid, NULL, &batch->ac,
				 &batch->gfp, &batch->alloc_flags))
		return false;
	if (gfp & __GFP_KSWAPD_RECLAIM)
		batch->alloc_flags |= ALLOC_KSWAPD;
	batch->plain = page_bulk_plain_prep(batch->gfp, req->order);
	batch->singly = req->singly;
	return true;
}

/*
 * Do not take blocks of another migrate type while there is a zone below to
 * protect Normal from it: alloc_flags_nofragment()'s rule.
 */
static unsigned int page_bulk_nofragment(struct zone *zone)
{
	if (IS_ENABLED(CONFIG_ZONE_DMA32) && zone &&
	    zone_idx(zone) == ZONE_NORMAL &&
	    (nr_online_nodes == 1 || populated_zone(zone - 1)))
		return ALLOC_NOFRAGMENT;
	return 0;
}

/*
 * Up to PAGE_BULK_MAX_HOLD pages out of @zone. Return: whether to go on with
 * it; else the reason is in @req.
 */
static __always_inline bool
page_bulk_take_from(struct zone *zone, struct page_bulk_batch *batch,
		    struct page_bulk_request *req, enum page_bulk_form form,
		    struct page ***slots)
{
	unsigned int order = batch->order;
	unsigned long nr = min(req->wanted - req->got,
			       PAGE_BULK_MAX_HOLD >> order ?: 1);
	unsigned long n, got;
	LIST_HEAD(run);

	nr = page_bulk_room(zone, batch, nr << order) >> order;
	if (!nr) {
		req->reason = PAGE_BULK_END_WATERMARK;
		return false;
	}
	if (batch->objcg) {
		nr = page_bulk_charge(batch, nr);
		if (!nr) {
			req->reason = PAGE_BULK_END_MEMCG_LIMIT;
			return false;
		}
	}

	n = page_bulk_take_run(zone, batch, nr, &run, &req->reason);

	/* A refill that took from another migrate type asks for this */
	if ((batch->alloc_flags & ALLOC_KSWAPD) &&
	    unlikely(test_bit(ZONE_BOOSTED_WATERMARK, &zone->flags))) {
		clear_bit(ZONE_BOOSTED_WATERMARK, &zone->flags);
		wakeup_kswapd(zone, 0, 0, zone_idx(zone));
	}

	got = page_bulk_prep_run(&run, batch, req, form, slots);
	req->got += got;
	if (batch->objcg)
		page_bulk_uncharge(batch, nr - got);
	if (got) {
		__count_zid_vm_events(PGALLOC, zone_idx(zone), got << order);
		zone_statistics(zonelist_zone(batch->ac.preferred_zoneref),
				zone, got);
	}
	return n == nr;
}

/*
 * A zone is short: reclaim its node before going elsewhere, if
 * vm.zone_reclaim_mode asks for it and the request may; as
 * get_page_from_freelist() does. Who is to stay stoppable waits for that once.
 * Return: whether the zone is worth another look.
 */
static noinline bool page_bulk_node_reclaim(struct zone *zone,
					    struct page_bulk_batch *batch,
					    bool stoppable)
{
	if (stoppable && batch->reclaimed)
		return false;
	if (!zone_allows_reclaim(zonelist_zone(batch->ac.preferred_zoneref),
				 zone) ||
	    node_reclaim(zone->zone_pgdat, batch->gfp, batch->order) <
	    NODE_RECLAIM_SOME)
		return false;
	batch->reclaimed = true;
	return true;
}

/*
 * All that @zone has above its low watermark. Return: whether the request
 * ends here; else the reason is in @req.
 */
static __always_inline bool
page_bulk_walk_zone(struct zone *zone, struct page_bulk_batch *batch,
		    struct page_bulk_request *req, enum page_bulk_form form,
		    struct page ***slots)
{
	unsigned long before = ULONG_MAX;

again:
	while (page_bulk_take_from(zone, batch, req, form, slots)) {
		if (req->got == req->wanted)
			return true;
		/* Between two holds */
		if (gfpflags_allow_blocking(batch->gfp))
			cond_resched();
	}
	if (req->got == req->wanted || req->reason == PAGE_BULK_END_MEMCG_LIMIT)
		return true;
	/* For as long as that gets pages */
	if (node_reclaim_enabled() && req->reason == PAGE_BULK_END_WATERMARK &&
	    req->got != before &&
	    page_bulk_node_reclaim(zone, batch, req->stoppable)) {
		before = req->got;
		goto again;
	}
	return false;
}

/*
 * All that the zones have above their low watermarks, in zonelist order. When
 * that is not enough, the reason is in @req: that of the first zone that was
 * not short of pages, as such a one decides what to do next.
 */
static __always_inline void
page_bulk_walk(struct page_bulk_batch *batch, struct page_bulk_request *req,
	       enum page_bulk_form form, struct page ***slots)
{
	struct alloc_context *ac = &batch->ac;
	enum page_bulk_reason reason;
	struct zoneref *z;
	struct zone *zone;
	bool nofragment;

	zone = zonelist_zone(ac->preferred_zoneref);
	nofragment = page_bulk_nofragment(zone);
retry:
	reason = PAGE_BULK_END_WATERMARK;
	batch->alloc_flags &= ~ALLOC_NOFRAGMENT;
	if (nofragment)
		batch->alloc_flags |= ALLOC_NOFRAGMENT;
	z = ac->preferred_zoneref;
	for_next_zone_zonelist_nodemask(zone, z, ac->highest_zoneidx,
					ac->nodemask) {
		if (cpusets_enabled() && (batch->alloc_flags & ALLOC_CPUSET) &&
		    !__cpuset_zone_allowed(zone, batch->gfp))
			continue;
		/* Locality is more important than not to fragment */
		if (nofragment && nr_online_nodes > 1 &&
		    zone_to_nid(zone) != zonelist_node_idx(ac->preferred_zoneref)) {
			nofragment = false;
			goto retry;
		}
		cond_accept_memory(zone, batch->order);

		if (page_bulk_walk_zone(zone, batch, req, form, slots))
			return;
		if (reason == PAGE_BULK_END_WATERMARK)
			reason = req->reason;
	}
	if (nofragment) {
		nofragment = false;
		goto retry;
	}
	req->reason = reason;
}

static __always_inline void page_bulk_store(struct page_bulk_request *req,
					    enum page_bulk_form form,
					    struct page ***slots,
					    struct page *page)
{
	req->got++;
	/* The mark lives in page->lru.next: keep it elsewhere for now */
	if (form == PAGE_BULK_FORM_LIST)
		set_page_private(page, page_is_pfmemalloc(page));
	*slots = page_bulk_emit(req, form, *slots, page);
}

/*
 * The batch path and the slow path in turn, until there is nothing missing, or
 * a reason to end.
 */
static __always_inline void page_bulk_fill_up(struct page_bulk_batch *batch,
					      struct page_bulk_request *req,
					      enum page_bulk_form form,
					      struct page **slots)
{
	struct alloc_context *ac = &batch->ac;
	enum page_bulk_reason first = PAGE_BULK_END_NONE;
	struct page *page;

	for (;;) {
		/* Dirty limits are __alloc_pages()'s business */
		if (likely(!ac->spread_dirty_pages))
			page_bulk_walk(batch, req, form, &slots);
		else
			req->reason = PAGE_BULK_END_NO_BLOCK;
		if (req->got == req->wanted)
			break;
		if (req->reason == PAGE_BULK_END_MEMCG_LIMIT)
			return;
		if (!first)
			first = req->reason;

		page = __alloc_pages_noprof(req->gfp, req->order, req->nid,
					    NULL);
		if (!page) {
			req->reason = page_bulk_refused(req->gfp);
			return;
		}
		page_bulk_store(req, form, &slots, page);
		if (req->got == req->wanted)
			break;
		/*
		 * Where nobody reclaims for this fill, the rest would come
		 * out of the reserves, where others need it more. Where it
		 * reclaims or compacts itself, that takes its time, and a
		 * block may be one of MIGRATE_HIGHATOMIC, unseen from here:
		 * whoever asked to stay stoppable looks for a stop request
		 * first.
		 */
		if (!gfpflags_allow_blocking(batch->gfp) &&
		    (req->reason == PAGE_BULK_END_WATERMARK ||
		     !page_bulk_room(page_zone(page), batch, 1)))
			return;
		if (req->stoppable &&
		    (req->reason == PAGE_BULK_END_WATERMARK || batch->order))
			return;

		/* It may have slept, and the cpuset may have changed */
		ac->preferred_zoneref =
			first_zones_zonelist(ac->zonelist, ac->highest_zoneidx,
					     ac->nodemask);
	}
	req->reason = first;
}

/* Functions of their own: a few pages need not pay for what a batch saves */
static noinline void page_bulk_batch_refill(struct page_bulk_batch *batch,
					    struct page_bulk_request *req,
					    struct page **slots)
{
	page_bulk_fill_up(batch, req, PAGE_BULK_FORM_REFILL, slots);
}

static noinline void page_bulk_batch_dense(struct page_bulk_batch *batch,
					   struct page_bulk_request *req,
					   struct page **slots)
{
	page_bulk_fill_up(batch, req, PAGE_BULK_FORM_DENSE, slots);
}

static noinline void page_bulk_batch_list(struct page_bulk_batch *batch,
					  struct page_bulk_request *req,
					  struct page **slots)
{
	page_bulk_fill_up(batch, req, PAGE_BULK_FORM_LIST, slots);
}

static __always_inline void page_bulk_take(struct page_bulk_request *req,
					   enum page_bulk_form form)
{
	struct page **slots = form == PAGE_BULK_FORM_LIST ? NULL : req->pages;
	struct page_bulk_batch batch page_bulk_uninitialized;
	struct page *page;

	req->got = 0;
	req->reason = PAGE_BULK_END_NONE;
	req->zone_locks = 0;
	if (req->nid == NUMA_NO_NODE)
		req->nid = numa_mem_id();

	if (unlikely(!page_bulk_batch_start(&batch, req))) {
		/* A failure was injected: one page, so that kswapd is woken */
		req->reason = PAGE_BULK_END_INJECTED;
		page = __alloc_pages_noprof(req->gfp, req->order, req->nid, NULL);
		if (page)
			page_bulk_store(req, form, &slots, page);
		return;
	}

	if (req->wanted <= PAGE_BULK_FEW)
		page_bulk_few(&batch, req, form, &slots);
	if (req->got != req->wanted) {
		page_bulk_get_memcg(&batch);
		if (form == PAGE_BULK_FORM_REFILL)
			page_bulk_batch_refill(&batch, req, slots);
		else if (form == PAGE_BULK_FORM_DENSE)
			page_bulk_batch_dense(&batch, req, slots);
		else
			page_bulk_batch_list(&batch, req, slots);
		page_bulk_put_memcg(&batch);
	}
	req->zone_locks = batch.zone_locks;
	if (req->wanted == 1 && req->got)
		req->reason = PAGE_BULK_END_ONE_PAGE;
}

/**
 * page_bulk_alloc_array() - fill the empty slots of an array
 * @req: gfp, nid, order, pages and wanted, the exact number of empty slots in
 *	pages, not 0; got and reason are set
 *
 * Slots that hold a page are left alone, the empty ones are filled from the
 * first on. Each new page has one reference, as from alloc_pages().
 *
 * Context: as alloc_pages() with the same flags: with GFP_ATOMIC any context
 * but NMI, else it may sleep. Takes the per-CPU lock and zone->lock inside.
 */
noinline void page_bulk_alloc_array_noprof(struct page_bulk_request *req)
{
	page_bulk_take(req, PAGE_BULK_FORM_REFILL);
}

/**
 * page_bulk_alloc_dense() - write pages into an array from its start
 * @req: gfp, nid, order, pages and wanted, not 0; got and reason are set
 *
 * The array need not be cleared; slots from got on keep what they had.
 *
 * Context: as page_bulk_alloc_array_noprof().
 */
noinline void page_bulk_alloc_dense_noprof(struct page_bulk_request *req)
{
	page_bulk_take(req, PAGE_BULK_FORM_DENSE);
}

/**
 * page_bulk_alloc_list() - string pages on a list
 * @req: gfp, nid, order, list, wanted, not 0; got and reason are set
 *
 * The pages are strung through page->lru at the tail of the list. While they
 * are, page->lru and page->private are the allocator's; take them off with
 * page_bulk_list_pop().
 *
 * Context: as page_bulk_alloc_array_noprof().
 */
noinline void page_bulk_alloc_list_noprof(struct page_bulk_request *req)
{
	page_bulk_take(req, PAGE_BULK_FORM_LIST);
}

/**
 * page_bulk_alloc() - allocate many blocks of pages
 * @gfp: what the page allocator may do
 * @order: order of each block; with __GFP_COMP in @gfp they are compound
 * @nid: preferred node, or NUMA_NO_NODE for the nearest with memory
 * @nr: number of blocks
 * @pages: array for them; need not be cleared
 *
 * For who has no mode to be switched. Tries as hard for each block as
 * alloc_pages() does with these flags, so that the caller needs no loop; but
 * for who cannot reclaim it takes one block of what is below the low watermark.
 *
 * Context: as alloc_pages() with the same flags.
 * Return: the number of blocks that were written to @pages, from its start;
 * less than @nr when memory is short.
 */
unsigned long page_bulk_alloc_noprof(gfp_t gfp, unsigned int order, int nid,
				     unsigned long nr, struct page **pages)
{
	struct page_bulk_request req = {
		.gfp = gfp,
		.nid = nid,
		.order = order,
		.wanted = nr,
		.pages = pages,
	};

	if (!nr)
		return 0;
	/* No such order: alloc_pages() says so, as it does for one block */
	if (unlikely(order > MAX_PAGE_ORDER)) {
		__alloc_pages_noprof(gfp, order, numa_mem_id(), NULL);
		return 0;
	}
	page_bulk_alloc_dense_noprof(&req);
	return req.got;
}
EXPORT_SYMBOL_GPL(page_bulk_alloc_noprof);

/**
 * folio_bulk_alloc() - allocate many folios
 * @gfp: what the page allocator may do; __GFP_COMP is added
 * @order: order of each folio
 * @nid: preferred node, or NUMA_NO_NODE for the nearest with memory
 * @nr: number of folios
 * @folios: array for them; need not be cleared
 *
 * Context: as page_bulk_alloc().
 * Return: as page_bulk_alloc().
 */
unsigned long folio_bulk_alloc_noprof(gfp_t gfp, unsigned int order, int nid,
				      unsigned long nr, struct folio **folios)
{
	unsigned long i, got;

	got = page_bulk_alloc_noprof(gfp | __GFP_COMP, order, nid, nr,
				     (struct page **)folios);
	for (i = 0; order && i < got; i++)
		folios[i] = page_rmappable_folio((struct page *)folios[i]);
	return got;
}
EXPORT_SYMBOL_GPL(folio_bulk_alloc_noprof);

#ifdef CONFIG_PAGE_BULK_KUNIT_TEST
#include "tests/take-kunit.h"
#endif
