// SPDX-License-Identifier: GPL-2.0-only
/*
 * How pages of a batch become the caller's. Included by alloc.c.
 *
 * Context: no lock is held, as page_owner and the memory cgroup may allocate;
 * but for the few stores of page_bulk_prep_plain(), which few.c makes under the
 * per-CPU lock.
 */

/*
 * Whether preparing a page comes down to a few stores into its struct page:
 * nobody is to be told of it, and nothing is to be done to its memory. It is
 * the same for all pages of a fill, so it is asked once.
 */
static bool page_bulk_plain_prep(gfp_t gfp, unsigned int order)
{
	if (IS_ENABLED(CONFIG_KASAN) || IS_ENABLED(CONFIG_KMSAN) ||
	    IS_ENABLED(CONFIG_PAGE_TABLE_CHECK))
		return false;
#ifdef HAVE_ARCH_ALLOC_PAGE
	return false;
#endif
#ifdef CONFIG_PAGE_OWNER
	if (static_branch_unlikely(&page_owner_inited))
		return false;
#endif
	return !order && !is_check_pages_enabled() &&
	       !want_init_on_alloc(gfp) && !page_poisoning_enabled_static() &&
	       !debug_pagealloc_enabled_static() &&
	       !mem_alloc_profiling_enabled() && !trace_mm_page_alloc_enabled();
}

#ifdef CONFIG_MEMCG
/*
 * Charge the memory cgroup for up to @nr blocks, for less when it refuses
 * that many. It kills nobody for the sake of a batch, only for a last block.
 * Return: blocks charged.
 */
static unsigned long page_bulk_charge(struct page_bulk_batch *batch,
				      unsigned long nr)
{
	unsigned int shift = PAGE_SHIFT + batch->order;
	gfp_t gfp = batch->gfp | __GFP_NORETRY | __GFP_NOWARN;

	for (; nr > 1; nr >>= 1)
		if (!obj_cgroup_charge(batch->objcg, gfp, nr << shift))
			return nr;
	return !obj_cgroup_charge(batch->objcg, batch->gfp, 1UL << shift);
}

static void page_bulk_uncharge(struct page_bulk_batch *batch, unsigned long nr)
{
	if (nr)
		obj_cgroup_uncharge(batch->objcg,
				    nr << (PAGE_SHIFT + batch->order));
}

/*
 * The reference is the batch's own: the task may be moved to another group
 * while it sleeps.
 */
static void page_bulk_get_memcg(struct page_bulk_batch *batch)
{
	if (!(batch->gfp & __GFP_ACCOUNT) || !memcg_kmem_online())
		return;
	batch->objcg = current_obj_cgroup();
	if (batch->objcg)
		obj_cgroup_get(batch->objcg);
}

static void page_bulk_put_memcg(struct page_bulk_batch *batch)
{
	if (batch->objcg)
		obj_cgroup_put(batch->objcg);
}

static void page_bulk_set_memcg(struct obj_cgroup *objcg, struct page *page)
{
	if (!objcg)
		return;
	page->memcg_data = (unsigned long)objcg | MEMCG_DATA_KMEM;
	obj_cgroup_get(objcg);
}
#else
static unsigned long page_bulk_charge(struct page_bulk_batch *batch,
				      unsigned long nr)
{
	return nr;
}

static void page_bulk_uncharge(struct page_bulk_batch *batch, unsigned long nr)
{
}

static void page_bulk_get_memcg(struct page_bulk_batch *batch)
{
}

static void page_bulk_put_memcg(struct page_bulk_batch *batch)
{
}

static void page_bulk_set_memcg(struct obj_cgroup *objcg, struct page *page)
{
}
#endif

/*
 * __flatten: with a call of prep_new_page() from here that is not inlined, the
 * compiler would not inline those in mainline's own functions either.
 * Return: whether the caller gets the page; a bad one is reported and gone.
 */
static noinline __flatten bool page_bulk_prep(struct page *page,
					      struct page_bulk_batch *batch)
{
	unsigned int order = batch->order;

	if (unlikely(check_new_pages(page, order)))
		return false;

	prep_new_page(page, order, batch->gfp, 0);
	page_bulk_set_memcg(batch->objcg, page);
	trace_mm_page_alloc(page, order, batch->gfp, batch->ac.migratetype);
	kmsan_alloc_page(page, order, batch->gfp);
	return true;
}

/*
 * Fetch the struct page that the preparing of side by side pages gets to soon,
 * to be written. Cold, that makes the preparing a third faster; 2 to 4 ahead
 * measured alike. Not beyond the last page: what is there may be somebody's.
 */
static __always_inline void page_bulk_fetch_ahead(struct page *page,
						  struct page *last)
{
	prefetchw(min(page + 3, last));
}

/* What is left of prep_new_page() where page_bulk_plain_prep() */
static __always_inline void page_bulk_prep_plain(struct page *page,
						 struct obj_cgroup *objcg)
{
	set_page_private(page, 0);
	set_page_refcounted(page);
	clear_page_pfmemalloc(page);
	page_bulk_set_memcg(objcg, page);
}

static __always_inline struct page **
page_bulk_emit(struct page_bulk_request *req, enum page_bulk_form form,
	       struct page **slot, struct page *page)
{
	if (form == PAGE_BULK_FORM_LIST) {
		list_add_tail(&page->lru, req->list);
		return slot;
	}
	if (form == PAGE_BULK_FORM_REFILL)
		while (*slot)
			slot++;
	*slot = page;
	return slot + 1;
}

/*
 * Prepare what hangs on @run and give it to the caller.
 * Return: blocks that arrived; a bad page is one less.
 */
static __always_inline unsigned long
page_bulk_prep_run(struct list_head *run, struct page_bulk_batch *batch,
		   struct page_bulk_request *req, enum page_bulk_form form,
		   struct page ***slots)
{
	const unsigned long size = 1UL << batch->order;
	struct obj_cgroup *objcg = batch->objcg;
	struct list_head *pos = run->next;
	const bool plain = batch->plain;
	struct page **slot = *slots;
	unsigned long got = 0;

	/* Preparing a page clears page->lru.next: read it before */
	while (pos != run) {
		struct page *page = list_entry(pos, struct page, lru);
		struct page *end = page + (page_private(page) ?: size);

		pos = pos->next;
		if (plain) {
			got += end - page;
			/* Off a list of single pages: there is nothing ahead */
			if (end == page + 1) {
				page_bulk_prep_plain(page, objcg);
				slot = page_bulk_emit(req, form, slot, page);
				continue;
			}
			for (; page < end; page++) {
				page_bulk_fetch_ahead(page, end - 1);
				page_bulk_prep_plain(page, objcg);
				slot = page_bulk_emit(req, form, slot, page);
			}
			continue;
		}
		for (; page < end; page += size) {
			if (!page_bulk_prep(page, batch))
				continue;
			got++;
			slot = page_bulk_emit(req, form, slot, page);
		}
	}
	*slots = slot;
	return got;
}
