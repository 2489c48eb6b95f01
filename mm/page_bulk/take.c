// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a batch takes blocks and pages off a zone's free lists. Included by
 * alloc.c.
 *
 * What is taken hangs on a list, the run, through page->lru of the first page
 * of each piece; a piece is physically contiguous, and page->private of its
 * first page says how many pages it has. (0 is what one off a per-CPU list has
 * there: one block of the order asked for.) Under the locks pieces only
 * change lists; the pages are looked at and prepared afterwards.
 */

/*
 * Blocks of at least this order go to a batch as a whole, and come back as a
 * whole. Smaller ones cost more per page than they save: 3 to 5 measured
 * alike, see "Whole blocks" in Documentation/mm/page_bulk.rst.
 */
#define PAGE_BULK_MIN_BLOCK	4U

/* Requests that are not worth a batch: no block of that order fits into them */
#define PAGE_BULK_FEW		((1UL << PAGE_BULK_MIN_BLOCK) - 1)

/* What the per-CPU lists keep in reserve for small batches (pcp.c) */
#define PAGE_BULK_STASH_ORDER	PAGE_ALLOC_COSTLY_ORDER

/*
 * How many of @nr pages @zone can give and stay above its low watermark. Like
 * get_page_from_freelist(), it notes when the zone is below the high one.
 */
static __always_inline unsigned long
page_bulk_room(struct zone *zone, struct page_bulk_batch *batch,
	       unsigned long nr)
{
	long free = zone_page_state(zone, NR_FREE_PAGES) -
		    __zone_watermark_unusable_free(zone, 0, batch->alloc_flags) -
		    zone->lowmem_reserve[batch->ac.highest_zoneidx];
	long room;

	if (likely(free > (long)(high_wmark_pages(zone) + nr)))
		return nr;
	if (!test_bit(ZONE_BELOW_HIGH, &zone->flags) &&
	    free <= (long)high_wmark_pages(zone))
		set_bit(ZONE_BELOW_HIGH, &zone->flags);
	room = free - (long)low_wmark_pages(zone);
	return clamp(room, 0L, (long)nr);
}

/* Largest block that a batch may split; larger ones can mix migrate types */
static unsigned int page_bulk_top_order(void)
{
	return min3(READ_ONCE(page_bulk_max_block_order),
		    (unsigned int)pageblock_order, (unsigned int)MAX_PAGE_ORDER);
}

/* What __del_page_from_free_list() does to a page, but for the list */
static __always_inline void page_bulk_unbuddy(struct page *page)
{
	struct folio *folio = (struct folio *)page;

	if (page_reported(page))
		__folio_clear_reported(folio);
	__folio_clear_buddy(folio);
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
	batch->zone_locks++;
	return nr - left;
}
