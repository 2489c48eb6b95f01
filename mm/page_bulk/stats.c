// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters and histograms of the fills, for each CPU, and their debugfs files.
 *
 * Counters only ever go up: a reset remembers the sums of that moment and
 * takes them off at the next read, so that no fill in flight is lost or
 * counted twice, and no count can be negative.
 */
#include <linux/debugfs.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include "internal.h"

#define PAGE_BULK_DEBUGFS_VERSION	1

static const char * const page_bulk_key_names[PAGE_BULK_NR_KEYS] = {
	[PAGE_BULK_FILLS]		= "fills",
	[PAGE_BULK_FULL]		= "full",
	[PAGE_BULK_ASKED]		= "asked",
	[PAGE_BULK_GOT]			= "got",
	[PAGE_BULK_SHORT]		= "short",
	[PAGE_BULK_FAILED]		= "failed",
	[PAGE_BULK_TIMED_FILLS]		= "timed_fills",
	[PAGE_BULK_TIMED_GOT]		= "timed_got",
	[PAGE_BULK_NS]			= "ns",
	[PAGE_BULK_FREED]		= "freed",
#define END(_reason)	(PAGE_BULK_END + PAGE_BULK_END_##_reason - 1)
	[END(ONE_PAGE)]			= "end_one_page",
	[END(PCP_CONTENDED)]		= "end_pcp_contended",
	[END(PCP_EMPTY)]			= "end_pcp_empty",
	[END(WATERMARK)]			= "end_watermark",
	[END(NO_BLOCK)]			= "end_no_block",
	[END(MEMCG_LIMIT)]		= "end_memcg_limit",
	[END(NO_RECLAIM)]			= "end_no_reclaim",
	[END(OOM)]			= "end_oom",
	[END(INJECTED)]			= "end_injected",
#undef END
};

static struct dentry *page_bulk_dir;

/**
 * page_bulk_count_full() - count a call that found no empty slot
 * @user: whose
 * @mode: mode that the call ran in
 *
 * Context: any but NMI.
 */
void page_bulk_count_full(const struct page_bulk_user *user,
			  enum page_bulk_mode mode)
{
	if (likely(user->counters))
		page_bulk_add(&user->counters[mode], PAGE_BULK_FULL, 1);
}

/**
 * page_bulk_count_freed() - count references that were dropped
 * @user: whose
 * @mode: mode in which they were
 * @nr: how many
 * @zone_locks: how often zone->lock was taken for it, in list and array
 *
 * Context: any but NMI.
 */
void page_bulk_count_freed(const struct page_bulk_user *user,
			   enum page_bulk_mode mode, unsigned long nr,
			   unsigned int zone_locks)
{
	struct page_bulk_counters __percpu *c = user->counters;

	if (unlikely(!c))
		return;
	c += mode;
	page_bulk_add(c, PAGE_BULK_FREED, nr);
	if (zone_locks)
		page_bulk_add(c, PAGE_BULK_FREED_ZONE_LOCKS, zone_locks);
}

/**
 * page_bulk_count_time() - count how long a fill took
 * @c: the counters of its mode
 * @got: pages that arrived
 * @ns: time in ns
 *
 * Context: any but NMI.
 */
void page_bulk_count_time(struct page_bulk_counters __percpu *c,
			  unsigned long got, u64 ns)
{
	page_bulk_add(c, PAGE_BULK_TIMED_FILLS, 1);
	page_bulk_add(c, PAGE_BULK_TIMED_GOT, got);
	page_bulk_add(c, PAGE_BULK_NS, ns);
	page_bulk_add(c, PAGE_BULK_FILL_NS +
		      page_bulk_bucket(ns, PAGE_BULK_NS_BUCKETS), 1);
	if (got)
		page_bulk_add(c, PAGE_BULK_PAGE_NS +
			      page_bulk_bucket(div64_u64(ns, got),
					       PAGE_BULK_NS_BUCKETS), 1);
}

/**
 * page_bulk_count_rest() - count what a fill without a hitch has not
 * @c: the counters of its mode
 * @asked: empty slots
 * @got: pages that arrived, at most @asked
 * @reason: why the batch path ended early
 *
 * Context: any but NMI.
 */
void page_bulk_count_rest(struct page_bulk_counters __percpu *c,
			  unsigned long asked, unsigned long got,
			  enum page_bulk_reason reason)
{
	if (got < asked) {
		page_bulk_add(c, PAGE_BULK_ASKED, asked - got);
		page_bulk_add(c, PAGE_BULK_SHORT, 1);
		if (!got)
			page_bulk_add(c, PAGE_BULK_FAILED, 1);
	}
	if (reason)
		page_bulk_add(c, PAGE_BULK_END + reason - 1, 1);
}

static void page_bulk_sum(const struct page_bulk_user *user,
			  enum page_bulk_mode mode,
			  struct page_bulk_counters *sum)
{
	int cpu, i;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		struct page_bulk_counters *c = per_cpu_ptr(user->counters, cpu);

		for (i = 0; i < PAGE_BULK_NR_COUNTERS; i++)
			sum->v[i] += READ_ONCE(c[mode].v[i]);
	}
}

/*
 * The keys that follow from others. The sums that they are made of only go up,
 * and so do they.
 */
static void page_bulk_derive(struct page_bulk_counters *sum)
{
	int i;

	for (i = 0; i < PAGE_BULK_SIZE_BUCKETS; i++)
		sum->v[PAGE_BULK_FILLS] += sum->v[PAGE_BULK_SIZES + i];
	sum->v[PAGE_BULK_ASKED] += sum->v[PAGE_BULK_GOT];
}

/*
 * page_bulk_read_counters(), with the generation in which all of the sums were
 * taken: a reader knows by two equal ones that nobody switched in between.
 */
static struct page_bulk_counters *
page_bulk_read_generation(const struct page_bulk_user *user,
			  unsigned long *generation)
{
	struct page_bulk_counters *sums;
	int mode, i;

	sums = kcalloc(PAGE_BULK_NR_MODES, sizeof(*sums), GFP_KERNEL);
	if (!sums)
		return NULL;

	/* Neither a switch nor a reset between two of them */
	mutex_lock(&page_bulk_lock);
	*generation = page_bulk_generation(user->state);
	for (mode = 0; mode < PAGE_BULK_NR_MODES; mode++) {
		page_bulk_sum(user, mode, &sums[mode]);
		for (i = 0; i < PAGE_BULK_NR_COUNTERS; i++)
			sums[mode].v[i] -= user->base[mode].v[i];
		page_bulk_derive(&sums[mode]);
	}
	mutex_unlock(&page_bulk_lock);
	return sums;
}

/**
 * page_bulk_read_counters() - sum a user's counters since the last reset
 * @user: the user
 *
 * Context: process context, may sleep; takes page_bulk_lock.
 * Return: PAGE_BULK_NR_MODES sums, to be given to kfree(); NULL when memory
 * is short.
 */
struct page_bulk_counters *
page_bulk_read_counters(const struct page_bulk_user *user)
{
	unsigned long generation;

	return page_bulk_read_generation(user, &generation);
}

static int stats_show(struct seq_file *m, void *unused)
{
	struct page_bulk_counters *sums;
	unsigned long generation;
	int mode, i;

	sums = page_bulk_read_generation(m->private, &generation);
	if (!sums)
		return -ENOMEM;
	seq_printf(m, "generation %lu\n", generation);
	for (mode = 0; mode < PAGE_BULK_NR_MODES; mode++)
		for (i = 0; i < PAGE_BULK_NR_KEYS; i++)
			seq_printf(m, "%s %s %llu\n",
				   page_bulk_mode_names[mode],
				   page_bulk_key_names[i], sums[mode].v[i]);
	kfree(sums);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

/* Only of our own code we know how often it takes zone->lock */
static int zone_locks_show(struct seq_file *m, void *unused)
{
	struct page_bulk_counters *sums = page_bulk_read_counters(m->private);
	int mode;

	if (!sums)
		return -ENOMEM;
	for (mode = PAGE_BULK_LIST; mode <= PAGE_BULK_ARRAY; mode++)
		seq_printf(m, "%s fill %llu\n%s free %llu\n",
			   page_bulk_mode_names[mode],
			   sums[mode].v[PAGE_BULK_ZONE_LOCKS],
			   page_bulk_mode_names[mode],
			   sums[mode].v[PAGE_BULK_FREED_ZONE_LOCKS]);
	kfree(sums);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(zone_locks);

/* Buckets from @from on, those that counted something; @what may be empty */
static void page_bulk_show_buckets(struct seq_file *m, int mode,
				   const char *what, const u64 *from, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		if (from[i])
			seq_printf(m, "%s%s %llu %llu\n",
				   page_bulk_mode_names[mode], what, 1ULL << i,
				   from[i]);
}

static int sizes_show(struct seq_file *m, void *unused)
{
	struct page_bulk_counters *sums = page_bulk_read_counters(m->private);
	int mode;

	if (!sums)
		return -ENOMEM;
	for (mode = 0; mode < PAGE_BULK_NR_MODES; mode++)
		page_bulk_show_buckets(m, mode, "", &sums[mode].v[PAGE_BULK_SIZES],
				       PAGE_BULK_SIZE_BUCKETS);
	kfree(sums);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(sizes);

static int latency_show(struct seq_file *m, void *unused)
{
	struct page_bulk_counters *sums = page_bulk_read_counters(m->private);
	int mode;

	if (!sums)
		return -ENOMEM;
	for (mode = 0; mode < PAGE_BULK_NR_MODES; mode++) {
		page_bulk_show_buckets(m, mode, " fill",
				       &sums[mode].v[PAGE_BULK_FILL_NS],
				       PAGE_BULK_NS_BUCKETS);
		page_bulk_show_buckets(m, mode, " page",
				       &sums[mode].v[PAGE_BULK_PAGE_NS],
				       PAGE_BULK_NS_BUCKETS);
	}
	kfree(sums);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(latency);

/**
 * page_bulk_reset() - count from 0 again
 * @user: the user
 *
 * Context: process context, may sleep; takes page_bulk_lock.
 */
void page_bulk_reset(struct page_bulk_user *user)
{
	int mode;

	mutex_lock(&page_bulk_lock);
	for (mode = 0; mode < PAGE_BULK_NR_MODES; mode++)
		page_bulk_sum(user, mode, &user->base[mode]);
	mutex_unlock(&page_bulk_lock);
}

/**
 * page_bulk_single_open() - single_open() for a file that takes writes
 * @file: the file
 * @show: as for single_open()
 * @data: as for single_open()
 *
 * seq_open() clears FMODE_PWRITE, and every pwrite() gives ESPIPE then, at the
 * start of the file too. Here the file's own write() has to see where a write
 * is meant for, and refuses what is not at the start with EINVAL.
 *
 * Context: process context, may sleep.
 * Return: 0, or -ENOMEM.
 */
int page_bulk_single_open(struct file *file,
			  int (*show)(struct seq_file *, void *), void *data)
{
	int ret = single_open(file, show, data);

	if (!ret)
		file->f_mode |= FMODE_PWRITE;
	return ret;
}

static int reset_show(struct seq_file *seq, void *unused)
{
	seq_puts(seq, "0\n");
	return 0;
}

static ssize_t reset_write(struct file *file, const char __user *buffer,
			   size_t len, loff_t *pos)
{
	int number = page_bulk_take_number(buffer, len, *pos, 1);

	if (number < 0)
		return number;
	if (!number)
		return -EINVAL;
	page_bulk_reset(file_inode(file)->i_private);
	*pos += len;
	return len;
}
DEFINE_PAGE_BULK_STORE_ATTRIBUTE(reset);

static int version_get(void *data, u64 *val)
{
	*val = PAGE_BULK_DEBUGFS_VERSION;
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(version_fops, version_get, NULL, "%llu\n");

/**
 * page_bulk_init_counters() - give a user its counters
 * @user: the user
 *
 * Context: process context, may sleep.
 * Return: 0, or -ENOMEM.
 */
int page_bulk_init_counters(struct page_bulk_user *user)
{
	struct page_bulk_counters __percpu *counters;

	counters = __alloc_percpu(PAGE_BULK_NR_MODES * sizeof(*counters),
				  __alignof__(*counters));
	if (!counters)
		return -ENOMEM;
	user->base = kcalloc(PAGE_BULK_NR_MODES, sizeof(*user->base),
			     GFP_KERNEL);
	if (!user->base) {
		free_percpu(counters);
		return -ENOMEM;
	}
	/* From here on fills are counted: they must see the zeroes */
	smp_store_release(&user->counters, counters);
	return 0;
}

/**
 * page_bulk_create_debugfs() - show a user in debugfs
 * @user: the user, with counters
 *
 * A debugfs that is missing is no error.
 *
 * Context: process context, may sleep.
 */
void __init page_bulk_create_debugfs(struct page_bulk_user *user)
{
	struct dentry *dir;

	if (!page_bulk_dir) {
		page_bulk_dir = debugfs_create_dir("page_bulk", NULL);
		debugfs_create_file_unsafe("version", 0400, page_bulk_dir, NULL,
					   &version_fops);
	}
	dir = debugfs_create_dir(user->name, page_bulk_dir);
	debugfs_create_file("stats", 0400, dir, user, &stats_fops);
	debugfs_create_file("zone_locks", 0400, dir, user, &zone_locks_fops);
	debugfs_create_file("sizes", 0400, dir, user, &sizes_fops);
	debugfs_create_file("latency", 0400, dir, user, &latency_fops);
	debugfs_create_file("reset", 0600, dir, user, &reset_fops);
}

#ifdef CONFIG_PAGE_BULK_KUNIT_TEST
#include "tests/stats-kunit.h"
#endif
