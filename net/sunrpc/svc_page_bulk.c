// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sunrpc user of bulk page allocation: the pages of RPC services.
 *
 * Built in even when sunrpc is a module: see DEFINE_PAGE_BULK_USER().
 */
#include <linux/export.h>
#include "svc_page_bulk.h"

/*
 * Plain GFP_KERNEL never gives up on one page: it loops in reclaim and kills
 * tasks, and meanwhile the thread cannot be stopped. svc_alloc_arg() has a
 * loop of its own, which looks for a stop request when a fill gets nothing.
 */
DEFINE_PAGE_BULK_USER(svc_page_bulk_user, "sunrpc",
		      .gfp = __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
EXPORT_SYMBOL_GPL(svc_page_bulk_user);
