/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How page_pool refills its cache.
 */
#ifndef _NET_CORE_PAGE_POOL_BULK_H
#define _NET_CORE_PAGE_POOL_BULK_H

#include <linux/gfp.h>
#include <linux/page_bulk.h>

#ifdef CONFIG_PAGE_BULK_PAGE_POOL
extern struct page_bulk_user page_pool_bulk_user;

#define page_pool_bulk_fill(_gfp, _nid, _nr, _pages)			\
	page_bulk_fill(&page_pool_bulk_user, _gfp, _nid, _nr, _pages)
#else
#define page_pool_bulk_fill(_gfp, _nid, _nr, _pages)			\
	alloc_pages_bulk_array_node(_gfp, _nid, _nr, _pages)
#endif

#endif /* _NET_CORE_PAGE_POOL_BULK_H */
