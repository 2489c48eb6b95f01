// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a batch takes free pages out of one zone. Included by alloc.c.
 *
 * What is taken hangs on a list, the run, through page->lru of the first page
 * of each piece; a piece is physically contiguous, and page->private of its
 * first page says how many pages it has. (0 is what a page on a per-CPU list
 * has there: one block of the order asked for.) Under the locks pieces only
 * change lists; the pages are looked at and prepared afterwards.
 */

/*
 * Blocks of at least this order go to a batch as a whole, and come back as a
 * whole. Smaller ones cost more per page than they save: 3 to 5 measured
 * alike, see "Whole blocks" in Documentation/mm/page_bulk.rst.
 */
#define PAGE_BULK_MIN_BLOCK	4U

/* What the per-CPU lists keep in reserve for small batches: blocks of this */
#define PAGE_BULK_STASH_ORDER	PAGE_ALLOC_COSTLY_ORDER

/* Largest block that a batch may split; larger ones can mix migrate types */
static unsigned int page_bulk_top_order(void)
{
	return min3(READ_ONCE(page_bulk_max_block_order),
		    (unsigned int)pageblock_order, (unsigned int)MAX_PAGE_ORDER);
}

/* What __del_page_from_free_list() does to a page, but for the list */
static __always_inline void page_bulk_unbuddy(struct page *page)
{
	if (page_reported(page))
		__ClearPageReported(page);
	__ClearPageBuddy(page);
	set_page_private(page, 0);
}

/*
 * Move @nr pages of a free block of @order to @run; the rest of the block goes
 * back. Context: zone->lock is held.
 */
static void page_bulk_take_block(struct zone *zone, struct page *page,
				 unsigned int order, int mt, unsigned long nr,
				 struct list_head *run)
{
	unsigned long rest;

	__del_page_from_free_list(page, zone, order, mt);
	list_add_tail(&page->lru, run);
	set_page_private(page, nr);
	for (rest = nr; rest < 1UL << order; rest += 1UL << __ffs(rest)) {
		__add_to_free_list(page + rest, zone, __ffs(rest), mt, false);
		set_buddy_order(page + rest, __ffs(rest));
	}
}

/*
 * Whole blocks of order @min and more from the lists of one migrate type, the
 * largest that fit first: a block is cut only when no whole one fits, and then
 * the smallest that can be. @nr: pages. No other type's block is taken, so
 * that a big batch never spreads into them.
 *
 * Context: zone->lock is held.
 * Return: pages that are still missing; at least @nr % (1 << @min).
 */
static unsigned long page_bulk_take_blocks(struct zone *zone, int mt,
					   unsigned int min, unsigned long nr,
					   struct list_head *run,
					   struct list_head *singles)
{
	unsigned int top = page_bulk_top_order();
	unsigned int order;
	unsigned long cut;
	struct page *page;

	for (order = min_t(unsigned int, ilog2(nr), top);
	     order >= min && order <= top; order--) {
		while (nr >> order) {
			page = get_page_from_free_area(&zone->free_area[order],
						       mt);
			if (!page)
				break;
			page_bulk_take_block(zone, page, order, mt,
					     1UL << order, run);
			nr -= 1UL << order;
		}
		if (!order)
			break;
	}

	cut = round_down(nr, 1UL << min);
	if (!cut)
		return nr;
	for (order = ilog2(cut) + 1; order <= top; order++) {
		page = get_page_from_free_area(&zone->free_area[order], mt);
		if (!page)
			continue;
		page_bulk_take_block(zone, page, order, mt, cut, run);
		return nr - cut;
	}
	return nr;
}

/*
 * Pages off the list of free blocks of order 0, from both its ends: each page
 * names the next, so that a walk is a chain of cache misses, and two chains
 * wait for memory together.
 *
 * Context: zone->lock is held.
 * Return: pages that are still missing.
 */
static unsigned long page_bulk_take_singles(struct zone *zone, int mt,
					    unsigned long nr,
					    struct list_head *run)
{
	struct free_area *area = &zone->free_area[0];
	struct list_head *list = &area->free_list[mt];
	struct list_head *front = list->next, *back = list->prev;
	struct list_head *first = front, *last = back;
	unsigned long n = 0;
	struct page *page;

	if (list_empty(list))
		return nr;

	for (;;) {
		page = list_entry(front, struct page, buddy_list);
		front = front->next;
		page_bulk_unbuddy(page);
		if (++n == nr || back->next == front)
			break;
		page = list_entry(back, struct page, buddy_list);
		back = back->prev;
		page_bulk_unbuddy(page);
		if (++n == nr || back->next == front)
			break;
	}
	area->nr_free -= n;

	/* What is left is [front, back]; nothing, when they have met */
	if (back->next == front) {
		list_splice_tail_init(list, run);
		return nr - n;
	}
	if (n > 1) {
		/* (back, last] */
		struct list_head *tail = back->next;

		tail->prev = run->prev;
		run->prev->next = tail;
		run->prev = last;
		last->next = run;
		back->next = list;
		list->prev = back;
	}
	/* [first, front) */
	last = front->prev;
	first->prev = run->prev;
	run->prev->next = first;
	run->prev = last;
	last->next = run;
	list->next = front;
	front->prev = list;
	return nr - n;
}

/*
 * Blocks of order @min and more, the smallest first; those of order 0 go to
 * @singles, the others to @run.
 *
 * Context: zone->lock is held.
 * Return: pages that are still missing.
 */
static unsigned long page_bulk_take_small(struct zone *zone, int mt,
					  unsigned int min, unsigned long nr,
					  struct list_head *run,
					  struct list_head *singles)
{
	unsigned int top = page_bulk_top_order();
	unsigned int order;
	struct page *page;

	if (!min) {
		nr = page_bulk_take_singles(zone, mt, nr, singles);
		min = 1;
	}
	for (order = min; order <= top && nr; order++) {
		while (nr) {
			unsigned long n = min(nr, 1UL << order);

			page = get_page_from_free_area(&zone->free_area[order],
						       mt);
			if (!page)
				break;
			page_bulk_take_block(zone, page, order, mt, n, run);
			nr -= n;
		}
	}
	return nr;
}

/*
 * Where free CMA pages are the greater part, movable requests take from them
 * first, as single pages do.
 */
static int page_bulk_first_type(struct zone *zone, int mt,
				unsigned int alloc_flags)
{
#ifdef CONFIG_CMA
	if ((alloc_flags & ALLOC_CMA) &&
	    zone_page_state(zone, NR_FREE_CMA_PAGES) >
	    zone_page_state(zone, NR_FREE_PAGES) / 2)
		return MIGRATE_CMA;
#endif
	return mt;
}

/*
 * For the per-CPU lists: blocks for the stash or, where there are none, small
 * pieces; single pages among those go straight to @singles.
 */
static unsigned long page_bulk_take_refill(struct zone *zone, int mt,
					   unsigned int min, unsigned long nr,
					   struct list_head *run,
					   struct list_head *singles)
{
	unsigned long left;

	left = page_bulk_take_blocks(zone, mt, PAGE_BULK_STASH_ORDER, nr, run,
				     singles);
	if (left < nr)
		return left;
	return page_bulk_take_small(zone, mt, min, nr, run, singles);
}

/*
 * One hold of zone->lock. @take: one of the three above.
 *
 * Return: pages taken.
 */
static __always_inline unsigned long
page_bulk_take_zone(struct zone *zone, struct page_bulk_batch *batch,
		    unsigned int min, unsigned long nr, struct list_head *run,
		    struct list_head *singles,
		    unsigned long (*take)(struct zone *zone, int mt,
					  unsigned int min, unsigned long nr,
					  struct list_head *run,
					  struct list_head *singles))
{
	unsigned long flags, left;
	int mt;

	spin_lock_irqsave(&zone->lock, flags);
	mt = page_bulk_first_type(zone, batch->ac.migratetype,
				  batch->alloc_flags);
	left = take(zone, mt, min, nr, run, singles);
	if (left != nr)
		account_freepages(zone, -(int)(nr - left), mt);
	spin_unlock_irqrestore(&zone->lock, flags);
	return nr - left;
}

/*
 * Move up to @nr pieces from the head of a per-CPU list to @run by one cut.
 * Context: the per-CPU lock is held.
 */
static unsigned long page_bulk_cut(struct list_head *pcp_list,
				   unsigned long nr, struct list_head *run)
{
	struct list_head *first = pcp_list->next;
	struct list_head *pos = first;
	unsigned long n = 0;

	while (n < nr && pos != pcp_list) {
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
 * Pages out of the blocks that are kept in reserve. What is left of a block
 * goes to the list of single pages. Context: the per-CPU lock is held.
 */
static unsigned long page_bulk_take_stash(struct per_cpu_pages *pcp, int mt,
					  unsigned long nr,
					  struct list_head *run)
{
	struct list_head *stash;
	unsigned long left = nr;

	stash = &pcp->lists[order_to_pindex(mt, PAGE_BULK_STASH_ORDER)];
	while (left && !list_empty(stash)) {
		struct page *page = list_first_entry(stash, struct page,
						     pcp_list);
		unsigned long n = min(left, 1UL << PAGE_BULK_STASH_ORDER);
		unsigned long i = 1UL << PAGE_BULK_STASH_ORDER;

		list_move_tail(&page->pcp_list, run);
		set_page_private(page, n);
		pcp->count -= n;
		left -= n;
		while (i-- > n) {
			set_page_private(page + i, 0);
			list_add(&page[i].pcp_list,
				 &pcp->lists[order_to_pindex(mt, 0)]);
		}
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

/* Mainline's refill: it knows when to claim or steal from another type */
static bool page_bulk_refill_any(struct zone *zone,
				 struct page_bulk_batch *batch,
				 struct per_cpu_pages *pcp,
				 struct list_head *list)
{
	unsigned int order = batch->order;
	struct page *page;

	page = __rmqueue_pcplist(zone, order, batch->ac.migratetype,
				 batch->alloc_flags, pcp, list);
	if (!page)
		return false;

	/* Put it back in front: the batch is then one run */
	list_add(&page->pcp_list, list);
	pcp->count += 1 << order;
	return true;
}

/*
 * pcp_spin_trylock() in full, so that sparse sees where it returns with the
 * lock. It fails when the list is being drained, and in an interrupt during
 * a hold.
 */
#define page_bulk_pcp_trylock(zone, UP_flags)				\
({									\
	struct per_cpu_pages *_pcp;					\
									\
	pcp_trylock_prepare(UP_flags);					\
	pcpu_task_pin();						\
	_pcp = this_cpu_ptr((zone)->per_cpu_pageset);			\
	if (!spin_trylock(&_pcp->lock)) {				\
		pcpu_task_unpin();					\
		pcp_trylock_finish(UP_flags);				\
		_pcp = NULL;						\
	}								\
	_pcp;								\
})

#define page_bulk_pcp_unlock(pcp, UP_flags)				\
({									\
	pcp_spin_unlock(pcp);						\
	pcp_trylock_finish(UP_flags);					\
})

/* One page. Return: NULL when the per-CPU lists have none and get none */
static struct page *page_bulk_take_one(struct zone *zone,
				       struct page_bulk_batch *batch)
{
	unsigned long __maybe_unused UP_flags;
	int mt = batch->ac.migratetype;
	struct per_cpu_pages *pcp;
	struct list_head *list;
	struct page *page;
	LIST_HEAD(run);

	pcp = page_bulk_pcp_trylock(zone, UP_flags);
	if (!pcp)
		return NULL;
	pcp->free_count >>= 1;
	list = &pcp->lists[order_to_pindex(mt, 0)];
	do {
		page = list_first_entry_or_null(list, struct page, pcp_list);
		if (likely(page)) {
			list_del(&page->pcp_list);
			pcp->count--;
			break;
		}
		if (page_bulk_take_stash(pcp, mt, 1, &run)) {
			page = list_first_entry(&run, struct page, lru);
			break;
		}
	} while (page_bulk_refill(zone, batch, pcp));
	page_bulk_pcp_unlock(pcp, UP_flags);
	return page;
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

	pcp = page_bulk_pcp_trylock(zone, UP_flags);
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
	page_bulk_pcp_unlock(pcp, UP_flags);
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
