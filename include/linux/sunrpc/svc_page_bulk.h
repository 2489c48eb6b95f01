/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an RPC service thread notes of its page array, rq_pages, for
 * page_bulk: which slots may be empty, so that a fill looks at no others.
 *
 * Who takes pages out of the array says so with svc_pages_taken(). These do:
 *
 *   svc_rqst_release_pages()		the pages of the reply are released; done
 *					by svc_page_bulk_release()
 *   svc_tcp_save_pages()		an incomplete record stays with its socket,
 *					from slot 0 on
 *   svc_rdma_clear_rqst_pages()	sinks of RDMA Reads go to the context of
 *					the Receive, from slot 0 on
 *   svc_rdma_save_io_pages()		the pages of the reply go to the context
 *					of the Send
 *
 * These put pages in, in place of others or into empty slots. A slot that was
 * empty may then be filled, but only between a complete fill, when none is,
 * and the next taking; so what is said to be empty is:
 *
 *   svc_tcp_restore_pages()		the incomplete record comes back
 *   svc_rqst_replace_page()		a splice puts pages of a file in
 *   svc_rdma_read_complete()		sinks of RDMA Reads come back
 *
 * svc_alloc_arg() writes NULL behind the last slot that it filled. That one,
 * like all behind it, counts as unknown: it is looked at when the array is to
 * be longer the next time.
 */
#ifndef _LINUX_SUNRPC_SVC_PAGE_BULK_H
#define _LINUX_SUNRPC_SVC_PAGE_BULK_H

#ifdef CONFIG_PAGE_BULK_SUNRPC
#include <linux/page_bulk.h>

/* A splice of 1 MB replaces 256 pages: these are then one batch */
#define SVC_PAGE_BULK_BATCH	256

/**
 * struct svc_page_bulk - what a thread notes for page_bulk
 * @empty: which slots of rq_pages may be empty
 * @stock: the mode was stock at the last fill: rq_fbatch takes the pages that
 *	a splice replaces, as in an unpatched kernel
 * @nr_replaced: pages in @replaced
 * @replaced: in other modes: pages that a splice replaced, to be released
 *
 * All zero at first. Used by the thread only.
 */
struct svc_page_bulk {
	struct page_bulk_hull	empty;
	bool			stock;
	unsigned int		nr_replaced;
	struct page		*replaced[SVC_PAGE_BULK_BATCH];
};

#define svc_pages_taken(_rqstp, _first, _nr)				\
	page_bulk_hull_add(&(_rqstp)->rq_page_bulk.empty, _first, _nr, true)
#else
struct svc_rqst;

static inline void svc_pages_taken(struct svc_rqst *rqstp, unsigned int first,
				   unsigned int nr)
{
}
#endif

#endif /* _LINUX_SUNRPC_SVC_PAGE_BULK_H */
