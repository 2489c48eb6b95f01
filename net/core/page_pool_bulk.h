/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How page_pool refills its cache.
 */
#ifndef _NET_CORE_PAGE_POOL_BULK_H
#define _NET_CORE_PAGE_POOL_BULK_H

#include <linux/gfp.h>
#include <linux/page_bulk.h>

#ifdef CONFIG_PAGE_BULK_PAGE_POOL
unsigned long page_pool_bulk_fill_noprof(gfp_t gfp, int nid, unsigned long nr,
					 struct page **pages);
#define page_pool_bulk_fill(...)						\
	alloc_hooks(page_pool_bulk_fill_noprof(__VA_ARGS__))
#else
#define page_pool_bulk_fill(_gfp, _nid, _nr, _pages)			\
	alloc_pages_bulk_array_node(_gfp, _nid, _nr, _pages)
#endif

#endif /* _NET_CORE_PAGE_POOL_BULK_H */
