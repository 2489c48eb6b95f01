// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page_pool user of bulk page allocation: the slow path of the pools of
 * network drivers. Its fills run in NAPI context, with the pool's flags.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/seq_file.h>
#include "page_pool_bulk.h"

/* A short fill will do: the pool asks again when it has used what it got */
DEFINE_PAGE_BULK_USER(page_pool, .stoppable = true, .singly = true);

unsigned int page_pool_bulk_batch __read_mostly = PP_ALLOC_CACHE_REFILL;

/**
 * page_pool_bulk_fill() - fill a pool's cache as vm.page_bulk.page_pool says
 * @gfp: the pool's flags
 * @order: the pool's order; above 0 the blocks are compound pages
 * @nid: the pool's node, or NUMA_NO_NODE
 * @nr: number of slots, page_pool_bulk_size()
 * @pages: the slots; need not be cleared
 *
 * Context: as alloc_pages() with the same flags; NAPI with GFP_ATOMIC.
 * Return: the number of blocks that arrived, in the leading slots. In mode
 * stock it is one at most when there is an order, as in an unpatched kernel.
 */
unsigned long page_pool_bulk_fill_noprof(gfp_t gfp, unsigned int order, int nid,
					 unsigned long nr, struct page **pages)
{
	if (order)
		gfp |= __GFP_COMP;
	return page_bulk_fill_dense_noprof(&page_bulk_user_page_pool, gfp, order,
					   nid, nr, pages);
}

static int batch_show(struct seq_file *seq, void *unused)
{
	seq_printf(seq, "%u\n", READ_ONCE(page_pool_bulk_batch));
	return 0;
}

/* A fill starts with an empty cache: all that it asks for has room there */
static int batch_set(int nr)
{
	if (nr < 1 || nr > PP_ALLOC_CACHE_SIZE)
		return -EINVAL;
	WRITE_ONCE(page_pool_bulk_batch, nr);
	return 0;
}

static ssize_t batch_write(struct file *file, const char __user *buffer,
			   size_t len, loff_t *pos)
{
	int nr = page_bulk_take_number(buffer, len, *pos, PP_ALLOC_CACHE_SIZE);
	int error = nr < 0 ? nr : batch_set(nr);

	if (error)
		return error;
	*pos += len;
	return len;
}
DEFINE_PAGE_BULK_STORE_ATTRIBUTE(batch);

/* Late: the user's directory is there once all users are registered */
static int __init page_pool_bulk_debugfs(void)
{
	struct dentry *top = debugfs_lookup("page_bulk", NULL), *dir;

	if (IS_ERR_OR_NULL(top))
		return 0;
	dir = debugfs_lookup(page_bulk_user_page_pool.name, top);
	if (!IS_ERR_OR_NULL(dir)) {
		debugfs_create_file("batch", 0600, dir, NULL, &batch_fops);
		dput(dir);
	}
	dput(top);
	return 0;
}
late_initcall(page_pool_bulk_debugfs);

#ifdef CONFIG_PAGE_BULK_KUNIT_TEST
#include "tests/page_pool_bulk-kunit.h"
#endif
