/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the threads of RPC services fill their page arrays, and how they give
 * pages back. Without CONFIG_PAGE_BULK_SUNRPC, what the kernel did before.
 */
#ifndef _NET_SUNRPC_SVC_PAGE_BULK_H
#define _NET_SUNRPC_SVC_PAGE_BULK_H

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/pagevec.h>
#include <linux/sunrpc/svc.h>

#ifdef CONFIG_PAGE_BULK_SUNRPC
unsigned long svc_page_bulk_fill_noprof(struct svc_rqst *rqstp, int nid,
					unsigned long nr);
#define svc_page_bulk_fill(...)						\
	alloc_hooks(svc_page_bulk_fill_noprof(__VA_ARGS__))
void svc_page_bulk_release(struct svc_rqst *rqstp, unsigned int nr);
void svc_page_bulk_release_replaced(struct svc_rqst *rqstp);
void svc_page_bulk_release_all(struct svc_rqst *rqstp);

/* Release a page that was replaced in rq_pages, some time */
static inline void svc_page_bulk_replaced(struct svc_rqst *rqstp,
					  struct page *page)
{
	struct svc_page_bulk *bulk = &rqstp->rq_page_bulk;

	if (bulk->stock) {
		if (!folio_batch_add(&rqstp->rq_fbatch, page_folio(page)))
			svc_page_bulk_release_replaced(rqstp);
		return;
	}
	bulk->replaced[bulk->nr_replaced++] = page;
	if (bulk->nr_replaced == SVC_PAGE_BULK_BATCH)
		svc_page_bulk_release_replaced(rqstp);
}
#else
#define svc_page_bulk_fill(_rqstp, _nid, _nr)				\
	alloc_pages_bulk_array_node(GFP_KERNEL, _nid, _nr, (_rqstp)->rq_pages)
#define svc_page_bulk_release(_rqstp, _nr)				\
	release_pages((_rqstp)->rq_respages, _nr)

static inline void svc_page_bulk_release_all(struct svc_rqst *rqstp)
{
}

static inline void svc_page_bulk_replaced(struct svc_rqst *rqstp,
					  struct page *page)
{
	if (!folio_batch_add(&rqstp->rq_fbatch, page_folio(page)))
		__folio_batch_release(&rqstp->rq_fbatch);
}
#endif

#endif /* _NET_SUNRPC_SVC_PAGE_BULK_H */
