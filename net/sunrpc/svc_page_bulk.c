// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sunrpc user of bulk page allocation: the pages of RPC services.
 *
 * It is built in even when sunrpc is a module: see DEFINE_PAGE_BULK_USER().
 *
 * The flags: plain GFP_KERNEL never gives up on one page. It loops in reclaim
 * and kills tasks, and meanwhile the thread cannot be stopped. svc_alloc_arg()
 * has a loop of its own, which looks for a stop request when a fill makes no
 * progress; and a fill comes back when it has waited for one page.
 */
#include <linux/export.h>
#include <linux/sched/signal.h>
#include "svc_page_bulk.h"

DEFINE_PAGE_BULK_USER(sunrpc, .gfp = __GFP_RETRY_MAYFAIL | __GFP_NOWARN,
		      .stoppable = true);

/**
 * svc_page_bulk_fill() - fill empty slots as vm.page_bulk.sunrpc says
 * @rqstp: whose rq_pages
 * @nid: preferred node, or NUMA_NO_NODE
 * @nr: number of slots
 *
 * Only slots that may be empty are looked at, those of svc_pages_taken(); in
 * mode stock all.
 *
 * Context: process context, may sleep.
 * Return: the number of leading filled slots, as page_bulk_fill(); 0 when the
 * array could not be filled and the thread is to stop.
 */
unsigned long svc_page_bulk_fill_noprof(struct svc_rqst *rqstp, int nid,
					unsigned long nr)
{
	struct svc_page_bulk *bulk = &rqstp->rq_page_bulk;
	unsigned long before, ret = 0;

	if (unlikely(bulk->nr_replaced))
		svc_page_bulk_release_replaced(rqstp);
	bulk->stock = page_bulk_user_mode(&page_bulk_user_sunrpc) ==
		      PAGE_BULK_STOCK;
	/*
	 * It has no thread yet when svc_init_buffer() calls, which does not
	 * call again: nothing can be stopped then, so go on while pages come,
	 * unless whoever starts the thread is killed.
	 */
	do {
		before = ret;
		ret = page_bulk_fill_hull_noprof(&page_bulk_user_sunrpc,
						 GFP_KERNEL, nid, nr,
						 rqstp->rq_pages, &bulk->empty);
	} while (unlikely(ret < nr) && !bulk->stock && !rqstp->rq_task &&
		 ret > before && !fatal_signal_pending(current));
	/*
	 * svc_alloc_arg() calls again as long as there is progress, and looks
	 * for a stop request only when there is none. Before there is a
	 * thread nobody may look for it: that would answer the request.
	 */
	if (unlikely(ret < nr) && !bulk->stock && rqstp->rq_task &&
	    svc_thread_should_stop(rqstp))
		return 0;
	return ret;
}
EXPORT_SYMBOL_GPL(svc_page_bulk_fill_noprof);

/**
 * svc_page_bulk_release() - release pages as vm.page_bulk.sunrpc says
 * @rqstp: whose rq_respages
 * @nr: number of pages; the caller clears their slots
 *
 * Goes for the pages that a splice has replaced, too.
 *
 * Context: process context, may sleep.
 */
void svc_page_bulk_release(struct svc_rqst *rqstp, unsigned int nr)
{
	if (rqstp->rq_page_bulk.nr_replaced)
		svc_page_bulk_release_replaced(rqstp);
	page_bulk_release(&page_bulk_user_sunrpc, rqstp->rq_respages, nr);
	svc_pages_taken(rqstp, rqstp->rq_respages - rqstp->rq_pages, nr);
}
EXPORT_SYMBOL_GPL(svc_page_bulk_release);

/**
 * svc_page_bulk_release_replaced() - release what a splice has replaced
 * @rqstp: whose
 *
 * Context: process context, may sleep.
 */
void svc_page_bulk_release_replaced(struct svc_rqst *rqstp)
{
	struct svc_page_bulk *bulk = &rqstp->rq_page_bulk;

	if (folio_batch_count(&rqstp->rq_fbatch))
		page_bulk_release_folios(&page_bulk_user_sunrpc,
					 &rqstp->rq_fbatch);
	if (bulk->nr_replaced)
		page_bulk_release(&page_bulk_user_sunrpc, bulk->replaced,
				  bulk->nr_replaced);
	bulk->nr_replaced = 0;
}
EXPORT_SYMBOL_GPL(svc_page_bulk_release_replaced);

/**
 * svc_page_bulk_release_all() - release all pages of a thread that has ended
 * @rqstp: whose
 *
 * In mode stock rq_pages and rq_fbatch are left to the caller.
 *
 * Context: process context, may sleep.
 */
void svc_page_bulk_release_all(struct svc_rqst *rqstp)
{
	struct page **pages = rqstp->rq_pages;
	unsigned int i, nr = 0;

	if (rqstp->rq_page_bulk.nr_replaced)
		svc_page_bulk_release_replaced(rqstp);
	if (page_bulk_user_mode(&page_bulk_user_sunrpc) == PAGE_BULK_STOCK)
		return;
	for (i = 0; i < ARRAY_SIZE(rqstp->rq_pages); i++)
		if (pages[i])
			pages[nr++] = pages[i];
	page_bulk_release(&page_bulk_user_sunrpc, pages, nr);
	memset(pages, 0, sizeof(rqstp->rq_pages));
}
EXPORT_SYMBOL_GPL(svc_page_bulk_release_all);
