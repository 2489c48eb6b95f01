// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a batch uses this CPU's lists of a zone, and takes a run out of the zone
 * by way of them and of its free lists. Included by alloc.c.
 *
 * Blocks of PAGE_BULK_STASH_ORDER on their per-CPU list are the stash: small
 * batches take whole ones, or break one. As it is mainline's own list,
 * whatever drains the lists drains the stash.
 */

/*
 * Move up to @nr pieces from the head of a per-CPU list to @run by one cut.
 * Before 6.12.93 a page comes back with what its last owner left in
 * page->private, which would be taken for the size of a piece.
 * Context: the per-CPU lock is held.
 */
static unsigned long page_bulk_cut(struct list_head *pcp_list,
				   unsigned long nr, struct list_head *run)
{
	struct list_head *first = pcp_list->next;
	struct list_head *pos = first;
	unsigned long n = 0;

	while (n < nr && pos != pcp_list) {
		set_page_private(list_entry(pos, struct page, pcp_list), 0);
		pos = pos->next;
		n++;
	}
	if (!n)
		return 0;

	/* [first, pos) goes to the tail of the run */
	first->prev = run->prev;
	run->prev->next = first;
	run->prev = pos->prev;
	run->prev->next = run;
	pcp_list->next = pos;
	pos->prev = pcp_list;
	return n;
}

/*
 * Open a block that is kept in reserve. @nr: pages wanted; how many of the
 * block are given. The others go to the list of single pages.
 * Context: the per-CPU lock is held.
 * Return: the block's first page, off the lists; NULL when there is none.
 */
static __always_inline struct page *
page_bulk_open_stash(struct per_cpu_pages *pcp, int mt, unsigned long *nr)
{
	unsigned long i = 1UL << PAGE_BULK_STASH_ORDER;
	struct list_head *stash;
	struct page *page;

	stash = &pcp->lists[order_to_pindex(mt, PAGE_BULK_STASH_ORDER)];
	page = list_first_entry_or_null(stash, struct page, pcp_list);
	if (!page)
		return NULL;

	list_del(&page->pcp_list);
	*nr = min(*nr, i);
	pcp->count -= *nr;
	while (i-- > *nr) {
		set_page_private(page + i, 0);
		list_add(&page[i].pcp_list, &pcp->lists[order_to_pindex(mt, 0)]);
	}
	return page;
}

/* The same for a run: up to @nr pages. Return: pages taken. */
static unsigned long page_bulk_take_stash(struct per_cpu_pages *pcp, int mt,
					  unsigned long nr,
					  struct list_head *run)
{
	unsigned long n, left = nr;
	struct page *page;

	while (left) {
		n = left;
		page = page_bulk_open_stash(pcp, mt, &n);
		if (!page)
			break;
		list_add_tail(&page->pcp_list, run);
		set_page_private(page, n);
		left -= n;
	}
	return nr - left;
}

/*
 * Pages had to be fetched one by one: let the per-CPU lists hold as many more,
 * so that they stay there when they come back. nr_pcp_alloc()'s rule. Context:
 * the per-CPU lock is held.
 */
static void page_bulk_raise_high(struct zone *zone, struct per_cpu_pages *pcp,
				 unsigned long nr)
{
	int high_min = READ_ONCE(pcp->high_min);
	int high_max = READ_ONCE(pcp->high_max);

	if (high_min != high_max && !test_bit(ZONE_BELOW_HIGH, &zone->flags))
		pcp->high = clamp(pcp->high + (int)nr, high_min, high_max);
}

/*
 * Fetch pages for the per-CPU lists: blocks for the stash, or where there are
 * none, small pieces. Context: the per-CPU lock is held.
 * Return: whether there are some now.
 */
static bool page_bulk_refill(struct zone *zone, struct page_bulk_batch *batch,
			     struct per_cpu_pages *pcp)
{
	int mt = batch->ac.migratetype;
	unsigned long n, nr = READ_ONCE(pcp->batch);
	struct list_head *list, *stash;
	struct page *page, *next;
	LIST_HEAD(run);
	int high;

	/* No more than what mainline fetches, and nothing where it keeps none */
	high = clamp(pcp->high, READ_ONCE(pcp->high_min),
		     READ_ONCE(pcp->high_max));
	if (high < (int)nr)
		return false;

	nr = clamp(high - pcp->count - (int)nr, (int)nr,
		   (int)nr << pcp->alloc_factor);
	nr = min(round_up(nr, 1UL << PAGE_BULK_STASH_ORDER), PAGE_BULK_MAX_HOLD);
	list = &pcp->lists[order_to_pindex(mt, 0)];
	stash = &pcp->lists[order_to_pindex(mt, PAGE_BULK_STASH_ORDER)];
	n = page_bulk_take_zone(zone, batch, 0, nr, &run, list,
				page_bulk_take_refill);
	list_for_each_entry_safe(page, next, &run, lru) {
		unsigned long size = page_private(page), i;

		if (size >> PAGE_BULK_STASH_ORDER) {
			for (i = 0; i < size; i += 1UL << PAGE_BULK_STASH_ORDER) {
				set_page_private(page + i, 0);
				list_add_tail(&page[i].pcp_list, stash);
			}
			continue;
		}
		for (i = 0; i < size; i++) {
			set_page_private(page + i, 0);
			list_add_tail(&page[i].pcp_list, list);
		}
	}
	pcp->count += n;
	page_bulk_raise_high(zone, pcp, n);
	if (n && pcp->alloc_factor < CONFIG_PCP_BATCH_SCALE_MAX)
		pcp->alloc_factor++;
	return n;
}

/*
 * Mainline's refill: it knows when to claim or steal from another type. How
 * much it takes in one hold of zone->lock grows by alloc_factor, to four times
 * what ours may.
 */
static bool page_bulk_refill_any(struct zone *zone,
				 struct page_bulk_batch *batch,
				 struct per_cpu_pages *pcp,
				 struct list_head *list)
{
	unsigned int order = batch->order;
	unsigned long batch_pages = max(READ_ONCE(pcp->batch), 1);
	struct page *page;

	pcp->alloc_factor = min_t(unsigned int, pcp->alloc_factor,
				  ilog2(PAGE_BULK_MAX_HOLD / batch_pages ?: 1));
	page = __rmqueue_pcplist(zone, order, batch->ac.migratetype,
				 batch->alloc_flags, pcp, list);
	batch->zone_locks++;
	if (!page)
		return false;

	/* Put it back in front: the batch is then one run */
	list_add(&page->pcp_list, list);
	pcp->count += 1 << order;
	return true;
}

/* sparse cannot follow a lock that a function returns with: do not show it */
#ifdef __CHECKER__
#define page_bulk_spin_trylock(_lock)	((void)(_lock), true)
#define page_bulk_spin_unlock(_lock)	((void)(_lock))
#else
#define page_bulk_spin_trylock(_lock)	spin_trylock(_lock)
#define page_bulk_spin_unlock(_lock)	spin_unlock(_lock)
#endif

/* Fails when the lists are being drained, and in an interrupt during a hold */
static __always_inline struct per_cpu_pages *
page_bulk_pcp_trylock(struct zone *zone, unsigned long *UP_flags)
{
	struct per_cpu_pages *pcp;

	pcp_trylock_prepare(*UP_flags);
	pcpu_task_pin();
	pcp = this_cpu_ptr(zone->per_cpu_pageset);
	if (likely(page_bulk_spin_trylock(&pcp->lock)))
		return pcp;
	pcpu_task_unpin();
	pcp_trylock_finish(*UP_flags);
	return NULL;
}

static __always_inline void page_bulk_pcp_unlock(struct per_cpu_pages *pcp,
						 unsigned long *UP_flags)
{
	page_bulk_spin_unlock(&pcp->lock);
	pcpu_task_unpin();
	pcp_trylock_finish(*UP_flags);
}

/*
 * For who gives back one by one: what this CPU's lists hold, when that may be
 * all of the @nr blocks asked for. Pages taken as large blocks would come back
 * to full lists, and leave these for the free lists one by one, to be merged.
 *
 * Return: blocks taken.
 */
static unsigned long page_bulk_take_listed(struct zone *zone,
					   struct page_bulk_batch *batch,
					   unsigned long nr,
					   struct list_head *run)
{
	unsigned long __maybe_unused UP_flags;
	int mt = batch->ac.migratetype;
	unsigned int order = batch->order;
	struct per_cpu_pages *pcp;
	unsigned long n = 0;

	pcp = page_bulk_pcp_trylock(zone, &UP_flags);
	if (!pcp)
		return 0;
	if (pcp->count >= (int)(nr << order)) {
		pcp->free_count >>= 1;
		n = page_bulk_cut(&pcp->lists[order_to_pindex(mt, order)], nr,
				  run);
		pcp->count -= n << order;
	}
	page_bulk_pcp_unlock(pcp, &UP_flags);
	return n;
}

/*
 * One hold of the per-CPU lock: what the lists hold, and then more from the
 * free lists. @nr: blocks of the order asked for.
 *
 * Return: blocks taken; -EBUSY when somebody else holds the lock.
 */
static long page_bulk_take_pcp(struct zone *zone, struct page_bulk_batch *batch,
			       unsigned long nr, struct list_head *run)
{
	unsigned long __maybe_unused UP_flags;
	int mt = batch->ac.migratetype;
	unsigned int order = batch->order;
	unsigned long n, left, got = 0;
	struct per_cpu_pages *pcp;
	struct list_head *list;

	pcp = page_bulk_pcp_trylock(zone, &UP_flags);
	if (!pcp)
		return -EBUSY;
	pcp->free_count >>= 1;
	list = &pcp->lists[order_to_pindex(mt, order)];
	for (;;) {
		n = page_bulk_cut(list, nr - got, run);
		pcp->count -= n << order;
		got += n;
		if (!order && got < nr)
			got += page_bulk_take_stash(pcp, mt, nr - got, run);
		if (got == nr)
			break;
		left = (nr - got) << order;
		if (left >= 1UL << PAGE_BULK_MIN_BLOCK || order) {
			n = page_bulk_take_zone(zone, batch, order, left, run,
						run, page_bulk_take_small);
			page_bulk_raise_high(zone, pcp, n);
			got += n >> order;
			if (n)
				continue;
		} else if (page_bulk_refill(zone, batch, pcp)) {
			continue;
		}
		/* Only now another migrate type */
		if (!page_bulk_refill_any(zone, batch, pcp, list))
			break;
	}
	page_bulk_pcp_unlock(pcp, &UP_flags);
	return got;
}

/*
 * Take up to @nr blocks of the order asked for out of @zone. @nr << order is
 * at most PAGE_BULK_MAX_HOLD.
 *
 * Return: blocks that left the free lists, with the reason in @reason when
 * they are less than @nr.
 */
static unsigned long page_bulk_take_run(struct zone *zone,
					struct page_bulk_batch *batch,
					unsigned long nr, struct list_head *run,
					enum page_bulk_reason *reason)
{
	unsigned int order = batch->order;
	unsigned int min = max(order, PAGE_BULK_MIN_BLOCK);
	unsigned long left = nr << order;
	long n = 0;

	if (batch->singly && pcp_allowed_order(order)) {
		left -= page_bulk_take_listed(zone, batch, nr, run) << order;
		if (!left)
			return nr;
	}
	/* Whole blocks, while there are any */
	if (left >> min)
		left -= page_bulk_take_zone(zone, batch, min, left, run, run,
					    page_bulk_take_blocks);
	if (!left)
		return nr;

	/* The per-CPU lists, and what they can get */
	if (pcp_allowed_order(order)) {
		n = page_bulk_take_pcp(zone, batch, left >> order, run);
		if (n >= 0)
			left -= n << order;
	}
	if (left && (n < 0 || !pcp_allowed_order(order)))
		left -= page_bulk_take_zone(zone, batch, order, left, run, run,
					    page_bulk_take_small);
	if (left)
		*reason = n < 0 ? PAGE_BULK_END_PCP_CONTENDED :
			  order ? PAGE_BULK_END_NO_BLOCK :
				  PAGE_BULK_END_PCP_EMPTY;
	return nr - (left >> order);
}
