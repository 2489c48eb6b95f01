/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How page_pool refills its cache.
 */
#ifndef _NET_CORE_PAGE_POOL_BULK_H
#define _NET_CORE_PAGE_POOL_BULK_H

#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/page_bulk.h>
#include <linux/string.h>

#ifdef CONFIG_PAGE_BULK_PAGE_POOL
/* Blocks of a fill: at most 64 pages of memory, but one block */
#define page_pool_bulk_size(_order)	max(1, PP_ALLOC_CACHE_REFILL >> (_order))

unsigned long page_pool_bulk_fill_noprof(gfp_t gfp, unsigned int order, int nid,
					 unsigned long nr, struct page **pages);
#define page_pool_bulk_fill(...)						\
	alloc_hooks(page_pool_bulk_fill_noprof(__VA_ARGS__))
#else
#define page_pool_bulk_size(_order)	PP_ALLOC_CACHE_REFILL

#define page_pool_bulk_fill(_gfp, _order, _nid, _nr, _pages)		\
({									\
	/* Mark empty slots "empty" for alloc_pages_bulk_array */	\
	memset(_pages, 0, sizeof(void *) * (_nr));			\
	alloc_pages_bulk_array_node(_gfp, _nid, _nr, _pages);		\
})
#endif

#endif /* _NET_CORE_PAGE_POOL_BULK_H */
