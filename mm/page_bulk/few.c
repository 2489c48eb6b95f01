// SPDX-License-Identifier: GPL-2.0-only
/*
 * The short way of requests for a few pages. Included by alloc.c.
 */

/*
 * Pages off this CPU's lists, made the caller's on the way: for so few, a
 * second walk over them costs more than the lock is held longer.
 */
static __always_inline void
page_bulk_take_few(struct zone *zone, struct page_bulk_batch *batch,
		   struct page_bulk_request *req, enum page_bulk_form form,
		   struct page ***slots)
{
	unsigned long __maybe_unused UP_flags;
	int mt = batch->ac.migratetype;
	unsigned long nr = req->wanted;
	struct page **slot = *slots;
	struct per_cpu_pages *pcp;
	struct list_head *list;
	unsigned long n;

	pcp = page_bulk_pcp_trylock(zone, &UP_flags);
	if (!pcp)
		return;
	pcp->free_count >>= 1;
	list = &pcp->lists[order_to_pindex(mt, 0)];
	do {
		struct list_head *pos = list->next;
		struct page *page, *last;

		/* Preparing a page clears page->lru.next: read it before */
		for (n = 0; n < nr && pos != list; n++) {
			page = list_entry(pos, struct page, pcp_list);
			pos = pos->next;
			page_bulk_prep_plain(page, NULL);
			slot = page_bulk_emit(req, form, slot, page);
		}
		list->next = pos;
		pos->prev = list;
		pcp->count -= n;
		nr -= n;
		while (nr) {
			n = nr;
			page = page_bulk_open_stash(pcp, mt, &n);
			if (!page)
				break;
			nr -= n;
			for (last = page + n - 1; page <= last; page++) {
				page_bulk_fetch_ahead(page, last);
				page_bulk_prep_plain(page, NULL);
				slot = page_bulk_emit(req, form, slot, page);
			}
		}
	} while (nr && page_bulk_refill(zone, batch, pcp));
	page_bulk_pcp_unlock(pcp, &UP_flags);
	req->got = req->wanted - nr;
	*slots = slot;
}

/*
 * A batch costs more than a few pages do. So these come straight off this
 * CPU's lists, if they or what these can get without further ado suffice, and
 * nothing is to be done for a page but to hand it out. What is missing
 * afterwards is a batch's.
 */
static __always_inline void page_bulk_few(struct page_bulk_batch *batch,
					  struct page_bulk_request *req,
					  enum page_bulk_form form,
					  struct page ***slots)
{
	struct zone *zone = zonelist_zone(batch->ac.preferred_zoneref);
	struct page *pages[PAGE_BULK_FEW] page_bulk_uninitialized;
	struct page **page = pages, **end = pages;

	if (!zone || !batch->plain || (batch->alloc_flags & ALLOC_CPUSET) ||
	    batch->ac.spread_dirty_pages || (batch->gfp & __GFP_ACCOUNT) ||
	    page_bulk_room(zone, batch, req->wanted) != req->wanted)
		return;
	if (form == PAGE_BULK_FORM_REFILL) {
		/* The next empty slot may be far: not to be sought in a lock */
		page_bulk_take_few(zone, batch, req, PAGE_BULK_FORM_DENSE,
				   &end);
		for (; page < end; page++)
			*slots = page_bulk_emit(req, form, *slots, *page);
	} else {
		page_bulk_take_few(zone, batch, req, form, slots);
	}
	if (unlikely(!req->got))
		return;
	__count_zid_vm_events(PGALLOC, zone_idx(zone), req->got);
	zone_statistics(zone, zone, req->got);
}
