/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fills on the account of a memory cgroup that has a limit. Included by
 * fill-kunit.h.
 *
 * The cgroup is a real one, made and removed through the file system as a
 * program would, in a mount that nobody else sees.
 */
#ifdef CONFIG_MEMCG
#include <linux/cgroup.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/memcontrol.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/sched/mm.h>

#define GROUP_NAME	"page_bulk_kunit"
/* A CPU keeps up to this many pages charged for whoever comes next */
#define GROUP_STOCK	64UL

/* Mainline's bulk call takes one page at a time for a memory cgroup */
static const enum page_bulk_mode group_modes[] = {
	PAGE_BULK_SINGLE, PAGE_BULK_LIST, PAGE_BULK_ARRAY
};

KUNIT_ARRAY_PARAM(page_bulk_group_mode, group_modes, page_bulk_mode_desc);

struct page_bulk_group {
	struct vfsmount *mnt;
	struct cgroup *cgroup;
	struct cgroup_subsys_state *css;
	struct mem_cgroup *memcg;
};

static int group_write(struct page_bulk_group *g, const char *name,
		       const char *text)
{
	struct path root = { .mnt = g->mnt, .dentry = g->mnt->mnt_root };
	struct file *file = file_open_root(&root, name, O_WRONLY, 0);
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_write(file, text, strlen(text), &pos);
	filp_close(file, NULL);
	return n < 0 ? n : 0;
}

/* Make the group, or remove it */
static int group_dir(struct page_bulk_group *g, bool make)
{
	struct dentry *root = g->mnt->mnt_root, *dentry;
	struct inode *dir = d_inode(root);
	int err;

	inode_lock_nested(dir, I_MUTEX_PARENT);
	dentry = lookup_one_len(GROUP_NAME, root, strlen(GROUP_NAME));
	err = PTR_ERR_OR_ZERO(dentry);
	if (!err) {
		err = make ? vfs_mkdir(mnt_idmap(g->mnt), dir, dentry, 0755) :
			     vfs_rmdir(mnt_idmap(g->mnt), dir, dentry);
		dput(dentry);
	}
	inode_unlock(dir);
	return err;
}

static void group_start(struct kunit *test, struct page_bulk_group *g,
			unsigned long pages)
{
	struct file_system_type *type = get_fs_type("cgroup2");
	char limit[24];

	KUNIT_ASSERT_NOT_NULL(test, type);
	g->mnt = kern_mount(type);
	put_filesystem(type);
	KUNIT_ASSERT_FALSE(test, IS_ERR(g->mnt));
	KUNIT_ASSERT_EQ(test, group_write(g, "cgroup.subtree_control", "+memory"), 0);
	KUNIT_ASSERT_EQ(test, group_dir(g, true), 0);
	snprintf(limit, sizeof(limit), "%lu", pages << PAGE_SHIFT);
	KUNIT_EXPECT_EQ(test, group_write(g, GROUP_NAME "/memory.max", limit), 0);
	g->cgroup = cgroup_get_from_path("/" GROUP_NAME);
	KUNIT_ASSERT_FALSE(test, IS_ERR(g->cgroup));
	g->css = cgroup_get_e_css(g->cgroup, &memory_cgrp_subsys);
	KUNIT_ASSERT_NOT_NULL(test, g->css);
	g->memcg = mem_cgroup_from_css(g->css);
}

static void group_end(struct kunit *test, struct page_bulk_group *g)
{
	css_put(g->css);
	cgroup_put(g->cgroup);
	KUNIT_EXPECT_EQ(test, group_dir(g, false), 0);
	KUNIT_EXPECT_EQ(test, group_write(g, "cgroup.subtree_control", "-memory"), 0);
	kern_unmount(g->mnt);
}

static unsigned long group_fill(struct kunit *test, struct page_bulk_group *g,
				unsigned long nr)
{
	struct mem_cgroup *old;
	unsigned long ret;

	page_bulk_slots(test, nr);
	old = set_active_memcg(g->memcg);
	ret = page_bulk_test_fill(test, GFP_KERNEL_ACCOUNT | __GFP_NORETRY |
				  __GFP_NOWARN, NUMA_NO_NODE);
	set_active_memcg(old);
	return ret;
}

/* What was charged is what arrived: it is charged to the pages, and no more */
static void memcg_charge(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	struct page_bulk_group g = { };
	unsigned long i, charged;
	int round;

	group_start(test, &g, 4096);
	/* Often, so that what is forgotten adds up */
	for (round = 0; round < 20; round++) {
		KUNIT_EXPECT_EQ(test, group_fill(test, &g, 40), 40UL);
		page_bulk_expect_full(test);
		charged = page_counter_read(&g.memcg->memory);
		KUNIT_EXPECT_GE(test, charged, 40UL);
		for (i = 0; i < t->nr; i++) {
			rcu_read_lock();
			KUNIT_EXPECT_PTR_EQ(test, folio_memcg(page_folio(t->pages[i])),
					    g.memcg);
			rcu_read_unlock();
		}
	}
	page_bulk_slots(test, 0);
	charged = page_counter_read(&g.memcg->memory);
	KUNIT_EXPECT_LE(test, charged, GROUP_STOCK * num_online_cpus());
	page_bulk_expect_reason(test, PAGE_BULK_END_NONE);
	group_end(test, &g);
}

static unsigned long group_refusals(struct page_bulk_group *g)
{
	return atomic_long_read(&g->memcg->memory_events[MEMCG_MAX]);
}

/*
 * The limit refuses a batch: a smaller one, as much as there is room for.
 * Halving 100, 50, 38 and 36 is refused 13 times before nothing is left of 64;
 * page by page it would be 64 times.
 */
static void memcg_limit(struct kunit *test)
{
	struct page_bulk_test *t = test->priv;
	struct page_bulk_group g = { };
	unsigned long got, i, refusals;
	int round;

	group_start(test, &g, 64);
	/* What another CPU keeps cannot be used here: it shall not keep any */
	migrate_disable();
	for (round = 0; round < 5; round++) {
		page_bulk_reset(&t->user);
		refusals = group_refusals(&g);
		got = group_fill(test, &g, 100);
		refusals = group_refusals(&g) - refusals;
		KUNIT_EXPECT_LE(test, got, 64UL);
		KUNIT_EXPECT_GE(test, got, 32UL);
		KUNIT_EXPECT_LE(test, page_counter_read(&g.memcg->memory), 64UL);
		for (i = got; i < t->nr; i++)
			KUNIT_EXPECT_NULL(test, t->pages[i]);
		KUNIT_EXPECT_GT(test, refusals, 0UL);
		if (t->mode != PAGE_BULK_SINGLE)
			KUNIT_EXPECT_LE_MSG(test, refusals, 40UL, "%lu pages", got);
		/* single is not told why */
		page_bulk_expect_reason(test, t->mode == PAGE_BULK_SINGLE ?
					PAGE_BULK_END_OOM :
					PAGE_BULK_END_MEMCG_LIMIT);
	}
	migrate_enable();
	page_bulk_slots(test, 0);
	group_end(test, &g);
}
#endif
