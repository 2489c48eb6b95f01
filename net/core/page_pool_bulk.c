// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page_pool user of bulk page allocation: the slow path of the pools of
 * network drivers. Its fills run in NAPI context, with the pool's flags.
 */
#include "page_pool_bulk.h"

DEFINE_PAGE_BULK_USER(page_pool_bulk_user, "page_pool");
