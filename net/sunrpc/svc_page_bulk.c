// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sunrpc user of bulk page allocation: the pages of RPC services.
 *
 * It is built in even when sunrpc is a module: see DEFINE_PAGE_BULK_USER().
 *
 * The flags: plain GFP_KERNEL never gives up on one page. It loops in reclaim
 * and kills tasks, and meanwhile the thread cannot be stopped. svc_alloc_arg()
 * has a loop of its own, which looks for a stop request when a fill gets
 * nothing.
 */
#include <linux/export.h>
#include "svc_page_bulk.h"

DEFINE_PAGE_BULK_USER(sunrpc, .gfp = __GFP_RETRY_MAYFAIL | __GFP_NOWARN);

/**
 * svc_page_bulk_fill() - fill empty slots as vm.page_bulk.sunrpc says
 * @nid: preferred node, or NUMA_NO_NODE
 * @nr: number of slots
 * @pages: the slots: NULL where a page is wanted
 *
 * Context: process context, may sleep.
 * Return: the number of leading filled slots, as page_bulk_fill().
 */
unsigned long svc_page_bulk_fill_noprof(int nid, unsigned long nr,
					struct page **pages)
{
	return page_bulk_fill_noprof(&page_bulk_user_sunrpc, GFP_KERNEL, nid, nr,
				     pages);
}
EXPORT_SYMBOL_GPL(svc_page_bulk_fill_noprof);
