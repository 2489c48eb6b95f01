/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How nfsd's threads fill their page arrays.
 */
#ifndef _NET_SUNRPC_SVC_PAGE_BULK_H
#define _NET_SUNRPC_SVC_PAGE_BULK_H

#include <linux/gfp.h>
#include <linux/page_bulk.h>

#ifdef CONFIG_PAGE_BULK_SUNRPC
extern struct page_bulk_user svc_page_bulk_user;

#define svc_page_bulk_fill(_nid, _nr, _pages)				\
	page_bulk_fill(&svc_page_bulk_user, GFP_KERNEL, _nid, _nr, _pages)
#else
#define svc_page_bulk_fill(_nid, _nr, _pages)				\
	alloc_pages_bulk_array_node(GFP_KERNEL, _nid, _nr, _pages)
#endif

#endif /* _NET_SUNRPC_SVC_PAGE_BULK_H */
