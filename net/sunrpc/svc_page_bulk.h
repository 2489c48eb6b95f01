/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How nfsd's threads fill their page arrays.
 */
#ifndef _NET_SUNRPC_SVC_PAGE_BULK_H
#define _NET_SUNRPC_SVC_PAGE_BULK_H

#include <linux/gfp.h>
#include <linux/page_bulk.h>

#ifdef CONFIG_PAGE_BULK_SUNRPC
unsigned long svc_page_bulk_fill_noprof(int nid, unsigned long nr,
					struct page **pages);
#define svc_page_bulk_fill(...)						\
	alloc_hooks(svc_page_bulk_fill_noprof(__VA_ARGS__))
#else
#define svc_page_bulk_fill(_nid, _nr, _pages)				\
	alloc_pages_bulk_array_node(GFP_KERNEL, _nid, _nr, _pages)
#endif

#endif /* _NET_SUNRPC_SVC_PAGE_BULK_H */
