// SPDX-License-Identifier: GPL-2.0-only
/*
 * Giving pages back in bulk. Included by alloc.c.
 *
 * A reference may be the last one to the page or not, and the page may be
 * anybody's: page cache, a part of a compound page, the zero page. So the
 * reference is dropped first, and only a page whose count reached zero, and
 * that is a plain page of order 0, is strung or batched here. The rule and
 * why it is one: Documentation/mm/page_bulk.rst, "Giving pages back".
 */

/* How many pages ahead struct page is fetched */
#define PAGE_BULK_PREFETCH	8UL

/* Pages that lie side by side, of one zone: [first, first + nr) */
struct page_bulk_span {
	struct page *first;
	unsigned long nr;
	unsigned long flags;	/* page->flags of each: zone, node, section */
};

/**
 * struct page_bulk_return - what goes back to one zone together
 * @zone: the zone, or NULL while there is nothing
 * @blocks: aligned blocks, their order in page->private
 * @nr_blocks: pages in them
 * @stash: blocks of PAGE_BULK_STASH_ORDER for the per-CPU list of @mt
 * @singles: single pages for the per-CPU list of @mt
 * @nr_pcp: pages in both
 * @mt: migrate type of what goes to the per-CPU lists
 * @zone_locks: how often zone->lock was taken, for all zones
 */
struct page_bulk_return {
	struct zone *zone;
	struct list_head blocks;
	unsigned long nr_blocks;
	struct list_head stash;
	struct list_head singles;
	unsigned long nr_pcp;
	int mt;
	unsigned int zone_locks;
};

static __always_inline void page_bulk_return_init(struct page_bulk_return *back)
{
	back->zone = NULL;
	INIT_LIST_HEAD(&back->blocks);
	back->nr_blocks = 0;
	INIT_LIST_HEAD(&back->stash);
	INIT_LIST_HEAD(&back->singles);
	back->nr_pcp = 0;
	back->mt = 0;
	back->zone_locks = 0;
}

/* Pages of one memory cgroup that are to be uncharged together */
struct page_bulk_charges {
	struct obj_cgroup *objcg;
	unsigned long nr;
};

#ifdef CONFIG_MEMCG
static bool page_bulk_has_memcg(struct page *page)
{
	return page->memcg_data;
}

static void page_bulk_uncharge_all(struct page_bulk_charges *charges)
{
	if (!charges->nr)
		return;
	obj_cgroup_uncharge(charges->objcg, charges->nr << PAGE_SHIFT);
	percpu_ref_put_many(&charges->objcg->refcnt, charges->nr);
	charges->nr = 0;
}

/* The last reference to @page is gone: note its charge, to be taken back */
static __always_inline void page_bulk_unset_memcg(struct page *page,
						  struct page_bulk_charges *charges)
{
	struct obj_cgroup *objcg;

	if (likely(!page->memcg_data) || !PageMemcgKmem(page))
		return;
	objcg = __folio_objcg((struct folio *)page);
	/* obj_cgroup_uncharge()'s stock counts bytes in an unsigned int */
	if (objcg != charges->objcg || charges->nr == PAGE_BULK_MAX_HOLD) {
		page_bulk_uncharge_all(charges);
		charges->objcg = objcg;
	}
	charges->nr++;
	page->memcg_data = 0;
}
#else
static bool page_bulk_has_memcg(struct page *page)
{
	return false;
}

static void page_bulk_uncharge_all(struct page_bulk_charges *charges)
{
}

static void page_bulk_unset_memcg(struct page *page,
				  struct page_bulk_charges *charges)
{
}
#endif

/* As page_bulk_plain_prep(), for pages on their way back */
static bool page_bulk_plain_free(void)
{
	if (IS_ENABLED(CONFIG_KASAN) || IS_ENABLED(CONFIG_KMSAN) ||
	    IS_ENABLED(CONFIG_PAGE_TABLE_CHECK) ||
	    IS_ENABLED(CONFIG_DEBUG_OBJECTS_FREE) ||
	    IS_ENABLED(CONFIG_LOCKDEP))
		return false;
#ifdef HAVE_ARCH_FREE_PAGE
	return false;
#endif
#ifdef CONFIG_PAGE_OWNER
	if (static_branch_unlikely(&page_owner_inited))
		return false;
#endif
	return !is_check_pages_enabled() && !want_init_on_free() &&
	       !page_poisoning_enabled_static() &&
	       !debug_pagealloc_enabled_static() &&
	       !mem_alloc_profiling_enabled() && !trace_mm_page_free_enabled();
}

static noinline bool page_bulk_free_prepare(struct page *page)
{
	return free_pages_prepare(page, 0);
}

/*
 * Pages have gone back: is @zone above its high watermark again? Who notes that
 * it is below (page_bulk_room()) leaves it to the freeing side to say so, as
 * get_page_from_freelist() does.
 */
static void page_bulk_check_high(struct zone *zone)
{
	if (unlikely(test_bit(ZONE_BELOW_HIGH, &zone->flags)) &&
	    zone_watermark_ok(zone, 0, high_wmark_pages(zone), ZONE_MOVABLE, 0))
		clear_bit(ZONE_BELOW_HIGH, &zone->flags);
}

/* Give whole blocks to the free lists, at most PAGE_BULK_MAX_HOLD pages a hold */
static void page_bulk_return_blocks(struct page_bulk_return *back)
{
	struct zone *zone = back->zone;
	unsigned long held = 0, flags;
	struct page *page, *next;

	if (!back->nr_blocks)
		return;

	spin_lock_irqsave(&zone->lock, flags);
	list_for_each_entry_safe(page, next, &back->blocks, lru) {
		unsigned int order = page_private(page);
		unsigned long pfn = page_to_pfn(page);

		if (held + (1UL << order) > PAGE_BULK_MAX_HOLD && held) {
			spin_unlock_irqrestore(&zone->lock, flags);
			back->zone_locks++;
			held = 0;
			spin_lock_irqsave(&zone->lock, flags);
		}
		held += 1UL << order;
		/* When it is merged, only the head of all is a buddy's */
		set_page_private(page, 0);
		__free_one_page(page, pfn, zone, order,
				get_pfnblock_migratetype(page, pfn), FPI_NONE);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	back->zone_locks++;
	page_bulk_check_high(zone);

	__count_vm_events(PGFREE, back->nr_blocks);
	INIT_LIST_HEAD(&back->blocks);
	back->nr_blocks = 0;
}

/*
 * What the per-CPU lists may hold, as nr_pcp_high() has it, but that of a zone
 * that is short of pages shrinks at once.
 */
static int page_bulk_pcp_high(struct per_cpu_pages *pcp, struct zone *zone)
{
	int high = clamp(pcp->high, READ_ONCE(pcp->high_min),
			 READ_ONCE(pcp->high_max));

	if (test_bit(ZONE_RECLAIM_ACTIVE, &zone->flags))
		return min(READ_ONCE(pcp->batch) << 2, high);
	if (test_bit(ZONE_BELOW_HIGH, &zone->flags))
		return READ_ONCE(pcp->high_min);
	return high;
}

/*
 * Free from the per-CPU lists what they may not keep: no more in one go than
 * mainline does, and a part at a time, for the sake of zone->lock.
 * Context: the per-CPU lock is held.
 * Return: how often zone->lock was taken.
 */
static unsigned int page_bulk_trim(struct zone *zone, struct per_cpu_pages *pcp,
				   int pindex)
{
	int high = page_bulk_pcp_high(pcp, zone);
	int batch = READ_ONCE(pcp->batch);
	unsigned int zone_locks = 0;
	int nr, part;

	if (likely(pcp->count < high))
		return 0;
	if (high < batch)	/* the lists are switched off: keep nothing */
		nr = pcp->count;
	else
		nr = min(pcp->count - max(high - (batch << 2), 0),
			 batch << CONFIG_PCP_BATCH_SCALE_MAX);
	for (; nr > 0; nr -= part) {
		part = min(nr, (int)PAGE_BULK_MAX_HOLD / 2);
		free_pcppages_bulk(zone, part, pcp, pindex);
		zone_locks++;
	}
	page_bulk_check_high(zone);
	return zone_locks;
}

static void page_bulk_free_list(struct page_bulk_return *back,
				struct list_head *list, unsigned int order)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, list, lru) {
		free_one_page(back->zone, page, page_to_pfn(page), order,
			      FPI_NONE);
		back->zone_locks++;
	}
}

/* Give pages to the per-CPU lists, in front, by a splice */
static void page_bulk_return_pcp(struct page_bulk_return *back)
{
	unsigned long __maybe_unused UP_flags;
	struct zone *zone = back->zone;
	struct per_cpu_pages *pcp;
	int pindex, stash;

	if (!back->nr_pcp)
		return;

	pcp = page_bulk_pcp_trylock(zone, &UP_flags);
	if (!pcp) {
		page_bulk_free_list(back, &back->stash, PAGE_BULK_STASH_ORDER);
		page_bulk_free_list(back, &back->singles, 0);
		goto out;
	}

	__count_vm_events(PGFREE, back->nr_pcp);
	pindex = order_to_pindex(back->mt, 0);
	stash = order_to_pindex(back->mt, PAGE_BULK_STASH_ORDER);
	list_splice(&back->singles, &pcp->lists[pindex]);
	list_splice(&back->stash, &pcp->lists[stash]);
	pcp->count += back->nr_pcp;
	pcp->alloc_factor >>= 1;
	pcp->flags &= ~PCPF_PREV_FREE_HIGH_ORDER;
	back->zone_locks += page_bulk_trim(zone, pcp, pindex);
	page_bulk_pcp_unlock(pcp, &UP_flags);
out:
	INIT_LIST_HEAD(&back->stash);
	INIT_LIST_HEAD(&back->singles);
	back->nr_pcp = 0;
}

static void page_bulk_return_all(struct page_bulk_return *back)
{
	page_bulk_return_blocks(back);
	page_bulk_return_pcp(back);
}

/*
 * @nr pages side by side for the per-CPU lists: as many as the block of
 * PAGE_BULK_STASH_ORDER has that they are in, or fewer.
 */
static void page_bulk_add_pcp(struct page_bulk_return *back, struct page *page,
			      unsigned long pfn, unsigned long nr)
{
	int mt = get_pfnblock_migratetype(page, pfn);

	if (unlikely(mt >= MIGRATE_PCPTYPES)) {
		/* An isolated page must not hide on a per-CPU list */
		if (is_migrate_isolate(mt)) {
			for (; nr; nr--, page++, pfn++) {
				free_one_page(back->zone, page, pfn, 0,
					      FPI_NONE);
				back->zone_locks++;
			}
			return;
		}
		mt = MIGRATE_MOVABLE;
	}
	if (back->mt != mt || back->nr_pcp >= PAGE_BULK_MAX_HOLD) {
		page_bulk_return_pcp(back);
		back->mt = mt;
	}
	back->nr_pcp += nr;
	if (nr >> PAGE_BULK_STASH_ORDER) {
		list_add_tail(&page->lru, &back->stash);
		return;
	}
	while (nr--)
		list_add_tail(&(page++)->lru, &back->singles);
}

/* Cut a span into blocks and singles */
static void page_bulk_return_span(struct page_bulk_return *back,
				  struct page_bulk_span *span)
{
	unsigned int top = min_t(unsigned int, pageblock_order, MAX_PAGE_ORDER);
	struct zone *zone = page_zone(span->first);
	unsigned long pfn = page_to_pfn(span->first);
	struct page *page = span->first;
	unsigned long nr = span->nr;

	if (back->zone != zone) {
		page_bulk_return_all(back);
		back->zone = zone;
	}
	while (nr) {
		unsigned int order;
		unsigned long n;

		/* The largest aligned block from here */
		order = min3((unsigned int)(pfn ? __ffs(pfn) : top),
			     (unsigned int)ilog2(nr), top);
		if (order >= PAGE_BULK_MIN_BLOCK) {
			n = 1UL << order;
			set_page_private(page, order);
			list_add_tail(&page->lru, &back->blocks);
			back->nr_blocks += n;
		} else {
			/* As far as to the next place where a block can be */
			n = 1UL << PAGE_BULK_STASH_ORDER;
			n = min(nr, n - (pfn & (n - 1)));
			page_bulk_add_pcp(back, page, pfn, n);
		}
		page += n;
		pfn += n;
		nr -= n;
	}
}

/*
 * Whether the reference can be dropped here, and not by release_pages(): that
 * may take the page only whole, and zone-device pages have an owner to tell.
 */
static __always_inline bool page_bulk_ours(struct page *page)
{
	return !PageCompound(page) && !is_zone_device_page(page);
}

/*
 * The last reference to @page is gone: make it ready for the free lists.
 * Return: whether it is; else somebody else frees it, or it is bad.
 */
static __always_inline bool page_bulk_last(struct page *page, bool plain)
{
	/* One line of memory: no flag but where the page is, and no owner */
	if (likely(plain && !(page->flags & ((1UL << NR_PAGEFLAGS) - 1)) &&
		   !page->mapping && !page_bulk_has_memcg(page))) {
		page->private = 0;
		page_cpupid_reset_last(page);
		return true;
	}
	if (PageLRU(page) || page_bulk_has_memcg(page)) {
		__folio_put((struct folio *)page);
		return false;
	}
	return page_bulk_free_prepare(page);
}

/*
 * A batch of one costs more than a page: put it on the list and be done.
 * Return: how often zone->lock was taken.
 */
static unsigned int page_bulk_free_one(struct page *page)
{
	unsigned long __maybe_unused UP_flags;
	struct zone *zone = page_zone(page);
	unsigned long pfn = page_to_pfn(page);
	int mt = get_pfnblock_migratetype(page, pfn);
	struct per_cpu_pages *pcp;
	unsigned int zone_locks;
	int pindex;

	if (unlikely(mt >= MIGRATE_PCPTYPES)) {
		if (is_migrate_isolate(mt))
			goto direct;
		mt = MIGRATE_MOVABLE;
	}
	pcp = page_bulk_pcp_trylock(zone, &UP_flags);
	if (unlikely(!pcp))
		goto direct;
	__count_vm_event(PGFREE);
	pindex = order_to_pindex(mt, 0);
	list_add(&page->pcp_list, &pcp->lists[pindex]);
	pcp->count++;
	pcp->alloc_factor >>= 1;
	pcp->flags &= ~PCPF_PREV_FREE_HIGH_ORDER;
	zone_locks = page_bulk_trim(zone, pcp, pindex);
	page_bulk_pcp_unlock(pcp, &UP_flags);
	return zone_locks;
direct:
	free_one_page(zone, page, pfn, 0, FPI_NONE);
	return 1;
}

/* Return: how often zone->lock was taken */
static noinline unsigned int page_bulk_free_many(struct page **pages,
						 unsigned long nr)
{
	struct page_bulk_return back page_bulk_uninitialized;
	struct page_bulk_charges charges = { };
	struct page_bulk_span span = { };
	bool plain = page_bulk_plain_free();
	unsigned long i;

	page_bulk_return_init(&back);

	/* Scattered pages: wait for memory once, not page by page */
	for (i = 0; i < min(nr, PAGE_BULK_PREFETCH); i++)
		prefetchw(&pages[i]->_refcount);

	for (i = 0; i < nr; i++) {
		struct page *page = pages[i];

		if (i + PAGE_BULK_PREFETCH < nr)
			prefetchw(&pages[i + PAGE_BULK_PREFETCH]->_refcount);
		if (unlikely(!page_bulk_ours(page))) {
			release_pages(&pages[i], 1);
			continue;
		}
		if (!put_page_testzero(page))
			continue;
		page_bulk_unset_memcg(page, &charges);
		if (!page_bulk_last(page, plain))
			continue;
		if (!plain)
			trace_mm_page_free_batched(page);

		if (page->flags == span.flags) {
			if (page == span.first + span.nr) {
				span.nr++;
				continue;
			}
			if (page + 1 == span.first) {
				span.first = page;
				span.nr++;
				continue;
			}
		}
		if (span.nr)
			page_bulk_return_span(&back, &span);
		span.first = page;
		span.nr = 1;
		span.flags = page->flags;
	}
	if (span.nr)
		page_bulk_return_span(&back, &span);
	if (back.zone)
		page_bulk_return_all(&back);
	page_bulk_uncharge_all(&charges);
	return back.zone_locks;
}

/**
 * page_bulk_free_locks() - page_bulk_free(), and how often it took zone->lock
 * @pages: the pages
 * @nr: number of pages
 *
 * Context: as page_bulk_free().
 * Return: holds of zone->lock; not those for pages that are not freed in bulk.
 */
unsigned int page_bulk_free_locks(struct page **pages, unsigned long nr)
{
	struct page *page;
	bool plain;

	if (nr != 1)
		return page_bulk_free_many(pages, nr);
	page = *pages;
	plain = page_bulk_plain_free();
	if (unlikely(!page_bulk_ours(page)))
		put_page(page);
	else if (put_page_testzero(page) && page_bulk_last(page, plain))
		return page_bulk_free_one(page);
	return 0;
}

/**
 * page_bulk_free() - drop a reference of each page, and free in bulk
 * @pages: the pages; may be of any kind, and one may be there more than once
 * @nr: number of pages
 *
 * Does what put_page() does for each. Neighbours in memory that come one after
 * another go back to the free lists as one block.
 *
 * Context: as put_page() of the pages: any but NMI where they are nobody
 * else's; may sleep only where put_page() may. Takes the per-CPU lock and
 * zone->lock inside.
 */
void page_bulk_free(struct page **pages, unsigned long nr)
{
	page_bulk_free_locks(pages, nr);
}
EXPORT_SYMBOL_GPL(page_bulk_free);
