// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bulk page allocator: a list form and an array form over one core.
 *
 * This file is included at the tail of mm/page_alloc.c, because it needs
 * that file's private functions. It only calls them: nothing in
 * mm/page_alloc.c is changed for it, so that the kernel's own functions stay
 * what the compiler makes of them in an unpatched kernel ("make objcompare"
 * of the project compares the disassembly).
 *
 * Pages come in runs from the per-CPU list, which is refilled from the buddy
 * lists as for single pages. What that path does not give comes from
 * __alloc_pages(), one page at a time: it knows the other zones, wakes
 * kswapd, reclaims and says no.
 */
#include <trace/events/kmem.h>
#include "internal.h"

/*
 * A slot that was filled under the lock, but whose page still has to be
 * prepared: struct page is aligned, so bit 0 of the pointer is free. The
 * array is the caller's, nobody else looks at it during the fill.
 */
#define PAGE_BULK_RAW		1UL

/**
 * struct page_bulk_batch - the batch path of one request
 * @ac: zones and migrate type
 * @alloc_flags: ALLOC_* of a first attempt
 * @gfp: the request's flags after the allowed mask and the cpuset
 * @taken: pages prepared, those that a memory cgroup refused included
 */
struct page_bulk_batch {
	struct alloc_context ac;
	unsigned int alloc_flags;
	gfp_t gfp;
	unsigned long taken;
};

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

static bool page_bulk_batch_start(struct page_bulk_batch *batch,
				  const struct page_bulk_request *req)
{
	gfp_t gfp = current_gfp_context(req->gfp & gfp_allowed_mask);
	struct zone *zone;

	batch->ac = (struct alloc_context) { };
	batch->alloc_flags = ALLOC_WMARK_LOW;
	batch->gfp = gfp;
	if (!prepare_alloc_pages(gfp, 0, req->nid, NULL, &batch->ac,
				 &batch->gfp, &batch->alloc_flags))
		return false;

	/*
	 * Do not take blocks of another migrate type while there is a zone
	 * below to protect Normal from it: alloc_flags_nofragment()'s rule.
	 * What is then missing is left to __alloc_pages().
	 */
	zone = zonelist_zone(batch->ac.preferred_zoneref);
	if (IS_ENABLED(CONFIG_ZONE_DMA32) && zone &&
	    zone_idx(zone) == ZONE_NORMAL &&
	    (nr_online_nodes == 1 || populated_zone(zone - 1)))
		batch->alloc_flags |= ALLOC_NOFRAGMENT;
	if (gfp & __GFP_KSWAPD_RECLAIM)
		batch->alloc_flags |= ALLOC_KSWAPD;
	return true;
}

/* The first zone of the preferred node that stays above its low watermark */
static struct zone *page_bulk_zone(struct page_bulk_batch *batch,
				   unsigned long nr)
{
	struct alloc_context *ac = &batch->ac;
	struct zoneref *z;
	struct zone *zone;

	/* The fill may have slept, and the cpuset may have changed meanwhile */
	z = first_zones_zonelist(ac->zonelist, ac->highest_zoneidx,
				 ac->nodemask);
	ac->preferred_zoneref = z;
	for_next_zone_zonelist_nodemask(zone, z, ac->highest_zoneidx,
					ac->nodemask) {
		if (cpusets_enabled() && (batch->alloc_flags & ALLOC_CPUSET) &&
		    !__cpuset_zone_allowed(zone, batch->gfp))
			continue;

		/* Another node is __alloc_pages()'s decision */
		if (nr_online_nodes > 1 &&
		    zone_to_nid(zone) != zonelist_node_idx(ac->preferred_zoneref))
			return NULL;

		if (zone_watermark_fast(zone, 0,
					low_wmark_pages(zone) + nr,
					ac->highest_zoneidx, batch->alloc_flags,
					batch->gfp))
			return zone;
	}
	return NULL;
}

/* Make @pcp_list not empty. Context: the per-CPU lock is held. */
static bool page_bulk_refill(struct zone *zone, struct page_bulk_batch *batch,
			     struct per_cpu_pages *pcp,
			     struct list_head *pcp_list)
{
	struct page *page;

	if (!list_empty(pcp_list))
		return true;

	page = __rmqueue_pcplist(zone, 0, batch->ac.migratetype,
				 batch->alloc_flags, pcp, pcp_list);
	if (!page)
		return false;

	/* Put it back in front: the batch is then one run */
	list_add(&page->pcp_list, pcp_list);
	pcp->count++;
	return true;
}

/*
 * Move up to @nr pages from the head of @pcp_list to @run, in order, by one
 * cut. Context: the per-CPU lock is held.
 */
static unsigned long page_bulk_cut_list(struct list_head *pcp_list,
					unsigned long nr,
					struct list_head *run)
{
	struct list_head *last = pcp_list;
	unsigned long n = 0;
	LIST_HEAD(cut);

	while (n < nr && !list_is_last(last, pcp_list)) {
		last = last->next;
		n++;
	}
	list_cut_position(&cut, pcp_list, last);
	list_splice_tail(&cut, run);
	return n;
}

/*
 * Write up to @nr pages from the head of @pcp_list into the empty slots from
 * *@slot on, and take them off the list by relinking its head once. There
 * are at least @nr empty slots. Context: the per-CPU lock is held.
 */
static unsigned long page_bulk_cut_array(struct list_head *pcp_list,
					 unsigned long nr,
					 struct page ***slot)
{
	struct list_head *pos = pcp_list->next;
	unsigned long n = 0;
	struct page **s = *slot;

	for (; n < nr && pos != pcp_list; s++) {
		if (*s)
			continue;
		*s = (void *)((unsigned long)list_entry(pos, struct page,
							pcp_list) | PAGE_BULK_RAW);
		pos = pos->next;
		n++;
	}
	__list_del(pcp_list, pos);
	*slot = s;
	return n;
}

/*
 * Make a page out of what came from the free lists, as single pages are made.
 * Context: no lock is held: page_owner and the memory cgroup may allocate.
 * Return: whether the caller gets the page; else it is gone.
 */
static bool page_bulk_prep(struct page *page, struct page_bulk_batch *batch,
			   struct page_bulk_request *req)
{
	gfp_t gfp = batch->gfp;

	/* A bad page was reported and is left alone, as for single pages */
	if (unlikely(check_new_pages(page, 0)))
		return false;

	prep_new_page(page, 0, gfp, 0);
	batch->taken++;
	if (memcg_kmem_online() && (gfp & __GFP_ACCOUNT) &&
	    (req->reason == PAGE_BULK_END_MEMCG_LIMIT ||
	     __memcg_kmem_charge_page(page, gfp, 0))) {
		req->reason = PAGE_BULK_END_MEMCG_LIMIT;
		__free_page(page);
		return false;
	}
	trace_mm_page_alloc(page, 0, gfp, batch->ac.migratetype);
	kmsan_alloc_page(page, 0, gfp);
	req->got++;
	return true;
}

static void page_bulk_prep_list(struct list_head *run,
				struct page_bulk_batch *batch,
				struct page_bulk_request *req)
{
	struct list_head *pos = run->next;

	/* Preparing a page clears page->lru.next: read it before */
	while (pos != run) {
		struct page *page = list_entry(pos, struct page, lru);

		pos = pos->next;
		if (page_bulk_prep(page, batch, req))
			list_add_tail(&page->lru, req->list);
	}
}

/*
 * A page that the caller does not get leaves no hole: the next ones move up,
 * so that the filled slots stay in front of the empty ones.
 */
static void page_bulk_prep_array(struct page **slot, struct page **end,
				 struct page_bulk_batch *batch,
				 struct page_bulk_request *req)
{
	struct page **to = slot;	/* never behind slot */

	for (; slot < end; slot++) {
		unsigned long raw = (unsigned long)*slot;
		struct page *page;

		if (!(raw & PAGE_BULK_RAW))
			continue;
		page = (struct page *)(raw & ~PAGE_BULK_RAW);
		*slot = NULL;
		if (!page_bulk_prep(page, batch, req))
			continue;
		while (*to)
			to++;
		*to = page;
	}
}

/*
 * One hold of the per-CPU lock: take up to PAGE_BULK_MAX_HOLD of the missing
 * pages. @list: which form. *@slot: the array form: the first slot that may
 * be empty, moved on behind what was filled.
 *
 * Return: pages that left the free lists; 0 with the reason in @req.
 */
static unsigned long page_bulk_take_run(struct page_bulk_request *req,
					struct page_bulk_batch *batch,
					bool list, struct page ***slot)
{
	unsigned long nr = min(req->wanted - req->got, PAGE_BULK_MAX_HOLD);
	struct page **first = *slot;
	unsigned long __maybe_unused UP_flags;
	unsigned long got_before = req->got;
	struct list_head *pcp_list;
	struct per_cpu_pages *pcp;
	unsigned long n = 0;
	struct zone *zone;
	LIST_HEAD(run);

	zone = page_bulk_zone(batch, nr);
	if (!zone) {
		req->reason = PAGE_BULK_END_WATERMARK;
		return 0;
	}

	/*
	 * pcp_spin_trylock() in full, so that sparse sees where it returns
	 * with the lock. It fails when the list is being drained, and in an
	 * interrupt during a hold.
	 */
	pcp_trylock_prepare(UP_flags);
	pcpu_task_pin();
	pcp = this_cpu_ptr(zone->per_cpu_pageset);
	if (!spin_trylock(&pcp->lock)) {
		pcpu_task_unpin();
		pcp_trylock_finish(UP_flags);
		req->reason = PAGE_BULK_END_PCP_CONTENDED;
		return 0;
	}
	pcp->free_count >>= 1;
	pcp_list = &pcp->lists[order_to_pindex(batch->ac.migratetype, 0)];
	while (n < nr && page_bulk_refill(zone, batch, pcp, pcp_list)) {
		unsigned long cut;

		cut = list ? page_bulk_cut_list(pcp_list, nr - n, &run) :
			     page_bulk_cut_array(pcp_list, nr - n, slot);
		pcp->count -= cut;
		n += cut;
	}
	pcp_spin_unlock(pcp);
	pcp_trylock_finish(UP_flags);

	/* A refill that took from another migrate type asks for this */
	if ((batch->alloc_flags & ALLOC_KSWAPD) &&
	    unlikely(test_bit(ZONE_BOOSTED_WATERMARK, &zone->flags))) {
		clear_bit(ZONE_BOOSTED_WATERMARK, &zone->flags);
		wakeup_kswapd(zone, 0, 0, zone_idx(zone));
	}

	if (!n) {
		req->reason = PAGE_BULK_END_PCP_EMPTY;
		return 0;
	}

	batch->taken = 0;
	if (list)
		page_bulk_prep_list(&run, batch, req);
	else
		page_bulk_prep_array(first, *slot, batch, req);
	/* A bad page or a refused charge leaves a slot empty: look again */
	if (unlikely(req->got - got_before != n))
		*slot = first;
	__count_zid_vm_events(PGALLOC, zone_idx(zone), batch->taken);
	zone_statistics(zonelist_zone(batch->ac.preferred_zoneref), zone,
			batch->taken);
	return n;
}

static void page_bulk_store(struct page_bulk_request *req, bool list,
			    struct page ***slot, struct page *page)
{
	req->got++;
	if (list) {
		/* The mark lives in page->lru.next: keep it elsewhere for now */
		set_page_private(page, page_is_pfmemalloc(page));
		list_add_tail(&page->lru, req->list);
		return;
	}
	while (**slot)
		(*slot)++;
	*(*slot)++ = page;
}

static __always_inline void page_bulk_take(struct page_bulk_request *req,
					   bool list)
{
	enum page_bulk_reason first = PAGE_BULK_END_NONE;
	unsigned long resched_at = PAGE_BULK_MAX_HOLD;
	struct page **slot = list ? NULL : req->pages;
	struct page_bulk_batch batch;
	bool use_batch = false;

	req->got = 0;
	req->reason = PAGE_BULK_END_NONE;
	if (req->nid == NUMA_NO_NODE)
		req->nid = numa_mem_id();

	if (req->wanted == 1)
		req->reason = PAGE_BULK_END_ONE_PAGE;
	else if (page_bulk_batch_start(&batch, req))
		use_batch = true;
	else
		req->reason = PAGE_BULK_END_INJECTED;

	while (req->got < req->wanted) {
		struct page *page;

		/* Between two holds, not behind the last one */
		if (gfpflags_allow_blocking(req->gfp) &&
		    req->got >= resched_at) {
			cond_resched();
			resched_at = req->got + PAGE_BULK_MAX_HOLD;
		}

		if (use_batch && page_bulk_take_run(req, &batch, list, &slot)) {
			if (req->reason == PAGE_BULK_END_MEMCG_LIMIT)
				return;
			continue;
		}
		if (!first)
			first = req->reason;

		/* STUB: how to be stoppable is the core author's */
		if (req->stoppable) {
			page = __alloc_pages_noprof((req->gfp & ~__GFP_DIRECT_RECLAIM) |
						    __GFP_NOWARN, 0, req->nid, NULL);
			if (!page) {
				page = __alloc_pages_noprof(req->gfp, 0, req->nid, NULL);
				if (page)
					page_bulk_store(req, list, &slot, page);
				req->reason = page_bulk_refused(req->gfp);
				return;
			}
		} else {
			page = __alloc_pages_noprof(req->gfp, 0, req->nid, NULL);
		}
		if (!page) {
			if (req->reason != PAGE_BULK_END_INJECTED)
				req->reason = page_bulk_refused(req->gfp);
			return;
		}
		page_bulk_store(req, list, &slot, page);
		if (req->reason == PAGE_BULK_END_INJECTED)
			return;
		/*
		 * Nobody reclaims for this fill: the rest would come out of
		 * the reserves, where others need it more.
		 */
		if (req->reason == PAGE_BULK_END_WATERMARK &&
		    !gfpflags_allow_blocking(req->gfp) &&
		    req->got < req->wanted)
			return;
	}
	req->reason = first;
}

/* STUB, until the core knows orders */
static void page_bulk_stub_order(struct page_bulk_request *req, bool list)
{
	struct page **slot = list ? NULL : req->pages;

	req->got = 0;
	req->reason = PAGE_BULK_END_NONE;
	while (req->got < req->wanted) {
		struct page *page = alloc_pages_node_noprof(req->nid, req->gfp,
							    req->order);

		if (!page) {
			req->reason = page_bulk_refused(req->gfp);
			return;
		}
		if (list)
			list_add_tail(&page->lru, req->list);
		else
			*slot++ = page;
		req->got++;
	}
}

/**
 * page_bulk_alloc_array() - fill the empty slots of an array
 * @req: gfp, nid, pages and wanted, the exact number of empty
 *	slots in pages, not 0; got and reason are set
 *
 * Slots that hold a page are left alone, the empty ones are filled from the
 * first on. Each new page is an order-0 page with one reference, as from
 * alloc_page().
 *
 * Context: as alloc_pages() with the same flags: with GFP_ATOMIC any context
 * but NMI, else it may sleep. Takes the per-CPU lock and zone->lock inside.
 */
noinline void page_bulk_alloc_array_noprof(struct page_bulk_request *req)
{
	page_bulk_take(req, false);
}

/**
 * page_bulk_alloc_list() - string pages on a list
 * @req: gfp, nid, list, wanted, not 0; got and reason are set
 *
 * The pages are strung through page->lru at the tail of the list. While they
 * are, page->lru and page->private are the allocator's; take them off with
 * page_bulk_list_pop().
 *
 * Context: as page_bulk_alloc_array_noprof().
 */
noinline void page_bulk_alloc_list_noprof(struct page_bulk_request *req)
{
	/* STUB, until the core knows orders */
	if (req->order) {
		page_bulk_stub_order(req, true);
		return;
	}
	page_bulk_take(req, true);
}

/* STUB, until the core has it */
noinline void page_bulk_alloc_dense_noprof(struct page_bulk_request *req)
{
	if (req->order) {
		page_bulk_stub_order(req, false);
		return;
	}
	memset(req->pages, 0, req->wanted * sizeof(*req->pages));
	page_bulk_take(req, false);
}

/* STUB, until the core has it */
void page_bulk_free(struct page **pages, unsigned long nr)
{
	release_pages(pages, nr);
}

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
struct page *page_bulk_list_pop(struct list_head *list)
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
