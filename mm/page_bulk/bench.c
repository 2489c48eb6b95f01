// SPDX-License-Identifier: GPL-2.0-only
/*
 * The benchmark's face: debugfs files, a boot parameter, and where results go.
 *
 * A line of options written to page_bulk/bench/run runs the benchmark in the
 * context of who writes it: a signal ends it. With the boot parameter
 * page_bulk_bench= it runs when the kernel has booted, prints each result to
 * the console, and powers the machine off: for kernels without userspace.
 */
#include <linux/cgroup.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init_syscalls.h>
#include <linux/memcontrol.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/reboot.h>
#include <linux/sched/mm.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "bench.h"

#define BENCH_LINE		1024	/* longest line of options */
#define BENCH_RESULTS		SZ_1M

/* Held by who runs the benchmark */
static DEFINE_MUTEX(bench_running);

/* Protects bench_text and what it holds */
static DEFINE_MUTEX(bench_text_lock);
static char *bench_text;
static size_t bench_length;
static bool bench_on_console;

static unsigned long bench_done, bench_all;

/**
 * page_bulk_bench_emit() - give out one line of results
 * @fmt: as for printf(), without the newline
 *
 * What no longer fits into 1 MB is not kept.
 *
 * Context: process context, may sleep; takes bench_text_lock.
 */
void page_bulk_bench_emit(const char *fmt, ...)
{
	char *at;
	va_list args;

	mutex_lock(&bench_text_lock);
	at = bench_text + bench_length;
	va_start(args, fmt);
	bench_length += vscnprintf(at, BENCH_RESULTS - bench_length - 1, fmt,
				   args);
	va_end(args);
	if (bench_on_console)
		pr_info("page_bulk_bench: %s\n", at);
	bench_text[bench_length++] = '\n';
	bench_text[bench_length] = '\0';
	if (bench_length > BENCH_RESULTS - 2)
		bench_length = BENCH_RESULTS - 2;
	mutex_unlock(&bench_text_lock);
}

/**
 * page_bulk_bench_progress() - say how far the run is
 * @done: part that is done
 * @all: of how much
 *
 * Context: any.
 */
void page_bulk_bench_progress(unsigned long done, unsigned long all)
{
	WRITE_ONCE(bench_all, all);
	WRITE_ONCE(bench_done, done);
}

/* Some runs take all memory: on a running system only when that is asked for */
static bool bench_is_allowed(const struct page_bulk_bench_options *opts)
{
	if (opts->force || system_state < SYSTEM_RUNNING)
		return true;
	if (opts->what == BENCH_LONGRUN)
		return false;
	return opts->what == BENCH_FILL ||
	       !(opts->memories & BIT(BENCH_FRAGMENTED));
}

static int bench_start(void)
{
	int ret = 0;

	mutex_lock(&bench_text_lock);
	if (!bench_text)
		bench_text = kvmalloc(BENCH_RESULTS, GFP_KERNEL);
	if (bench_text) {
		bench_text[0] = '\0';
		bench_length = 0;
	} else {
		ret = -ENOMEM;
	}
	mutex_unlock(&bench_text_lock);
	return ret;
}

/* @line is cut up */
static int bench_run(char *line)
{
	struct page_bulk_bench_options opts;
	int ret;

	ret = page_bulk_bench_parse(line, &opts);
	if (ret)
		return ret;
	if (!bench_is_allowed(&opts))
		return -EPERM;
	if (!mutex_trylock(&bench_running))
		return -EBUSY;
	ret = bench_start();
	if (ret)
		goto out;
	page_bulk_bench_progress(0, 0);
	switch (opts.what) {
	case BENCH_LONGRUN:
		ret = page_bulk_bench_longrun(&opts);
		break;
	case BENCH_FILL:
		ret = page_bulk_bench_fill(&opts);
		break;
	default:
		ret = page_bulk_bench_micro(&opts);
	}
	page_bulk_bench_emit("end status=%d page=%zu", -ret,
			     sizeof(struct page));
out:
	mutex_unlock(&bench_running);
	return ret;
}

static ssize_t run_write(struct file *file, const char __user *buf, size_t len,
			 loff_t *ppos)
{
	char *line;
	int ret;

	/* The file's mode is no hindrance to uid 0 of a container */
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (*ppos || len >= BENCH_LINE)
		return -EINVAL;
	line = memdup_user_nul(buf, len);
	if (IS_ERR(line))
		return PTR_ERR(line);
	ret = strlen(line) == len ? bench_run(line) : -EINVAL;
	kfree(line);
	return ret ?: len;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = run_write,
};

static int results_show(struct seq_file *m, void *unused)
{
	mutex_lock(&bench_text_lock);
	if (bench_text)
		seq_write(m, bench_text, bench_length);
	mutex_unlock(&bench_text_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(results);

static int progress_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "%s %lu %lu\n",
		   mutex_is_locked(&bench_running) ? "running" : "idle",
		   READ_ONCE(bench_done), READ_ONCE(bench_all));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(progress);

static char *bench_boot_line;
core_param(page_bulk_bench, bench_boot_line, charp, 0);

#ifdef CONFIG_MEMCG
/* A memory cgroup to charge: the root one, where we are, is not charged */
static struct mem_cgroup * __init bench_make_memcg(void)
{
	struct cgroup *cgroup;
	struct file *control;
	ssize_t written;
	loff_t pos = 0;

	if (init_mkdir("/cgroup", 0755) ||
	    init_mount("none", "/cgroup", "cgroup2", 0, NULL) ||
	    init_mkdir("/cgroup/bench", 0755))
		return NULL;
	control = filp_open("/cgroup/cgroup.subtree_control", O_WRONLY, 0);
	if (IS_ERR(control))
		return NULL;
	written = kernel_write(control, "+memory", 7, &pos);
	filp_close(control, NULL);
	if (written != 7)
		return NULL;
	cgroup = cgroup_get_from_path("/bench");
	if (IS_ERR(cgroup))
		return NULL;
	return mem_cgroup_from_css(cgroup_get_e_css(cgroup,
						    &memory_cgrp_subsys));
}
#else
static struct mem_cgroup *bench_make_memcg(void)
{
	return NULL;
}
#endif

static void __init bench_boot(void)
{
	struct mem_cgroup *old, *memcg = bench_make_memcg();
	int ret;

	bench_on_console = true;
	if (!memcg)
		pr_warn("page_bulk_bench: no memory cgroup, gfp=account is not charged\n");
	old = set_active_memcg(memcg);
	ret = bench_run(bench_boot_line);
	set_active_memcg(old);
	if (ret)
		pr_err("page_bulk_bench: error %d\n", ret);
	kernel_power_off();
}

static int __init bench_init(void)
{
	struct dentry *top = debugfs_lookup("page_bulk", NULL), *dir;

	if (!IS_ERR_OR_NULL(top)) {
		dir = debugfs_create_dir("bench", top);
		debugfs_create_file("run", 0200, dir, NULL, &run_fops);
		debugfs_create_file("results", 0400, dir, NULL, &results_fops);
		debugfs_create_file("progress", 0400, dir, NULL,
				    &progress_fops);
		dput(top);
	}
	if (bench_boot_line)
		bench_boot();
	return 0;
}
late_initcall_sync(bench_init);
