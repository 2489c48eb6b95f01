/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How page_pool refills its cache.
 */
#ifndef _NET_CORE_PAGE_POOL_BULK_H
#define _NET_CORE_PAGE_POOL_BULK_H

#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/page_bulk.h>
#include <net/page_pool/types.h>

#ifdef CONFIG_PAGE_BULK_PAGE_POOL
unsigned long page_pool_bulk_fill_noprof(gfp_t gfp, unsigned int order, int nid,
					 unsigned long nr, struct page **pages);

/* Pages of memory of a fill, 1 to PP_ALLOC_CACHE_SIZE: debugfs "batch" */
extern unsigned int page_pool_bulk_batch;

/* Blocks of a fill: as many as make a batch, but one at least */
static inline int page_pool_bulk_size(unsigned int order)
{
	return max(1U, READ_ONCE(page_pool_bulk_batch) >> order);
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
