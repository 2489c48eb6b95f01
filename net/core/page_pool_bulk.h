/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How page_pool refills its cache.
 */
#ifndef _NET_CORE_PAGE_POOL_BULK_H
#define _NET_CORE_PAGE_POOL_BULK_H

#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/page_bulk.h>
#include <net/page_pool/types.h>

#ifdef CONFIG_PAGE_BULK_PAGE_POOL
unsigned long page_pool_bulk_fill_noprof(gfp_t gfp, unsigned int order, int nid,
					 unsigned long nr, struct page **pages);

/* Blocks of a fill: at most 64 pages of memory, but one block */
static inline int page_pool_bulk_size(unsigned int order)
{
	return max(1, PP_ALLOC_CACHE_REFILL >> order);
}
#else
static inline unsigned long
page_pool_bulk_fill_noprof(gfp_t gfp, unsigned int order, int nid,
			   unsigned long nr, struct page **pages)
{
	return alloc_pages_bulk_array_node_noprof(gfp, nid, nr, pages);
}

static inline int page_pool_bulk_size(unsigned int order)
{
	return PP_ALLOC_CACHE_REFILL;
}
#endif

#define page_pool_bulk_fill(...)						\
	alloc_hooks(page_pool_bulk_fill_noprof(__VA_ARGS__))

#endif /* _NET_CORE_PAGE_POOL_BULK_H */
