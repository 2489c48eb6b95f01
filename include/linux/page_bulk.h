/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bulk page allocation with a mode that can be switched at run time.
 *
 * See Documentation/mm/page_bulk.rst for the design and
 * Documentation/admin-guide/mm/page_bulk.rst for the switches.
 */
#ifndef _LINUX_PAGE_BULK_H
#define _LINUX_PAGE_BULK_H

#include <linux/alloc_tag.h>
#include <linux/gfp_types.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/percpu-defs.h>
#include <linux/types.h>

struct file;
struct folio;
struct folio_batch;
struct page;
struct seq_file;

/**
 * enum page_bulk_mode - how a user's fills get their pages
 * @PAGE_BULK_SINGLE: one call of the page allocator for each empty slot
 * @PAGE_BULK_LIST: one batch strung through page->lru, then moved to the slots
 * @PAGE_BULK_ARRAY: one batch put straight into the slots
 * @PAGE_BULK_STOCK: what the unpatched kernel does at that place
 * @PAGE_BULK_NR_MODES: number of modes
 */
enum page_bulk_mode {
	PAGE_BULK_SINGLE,
	PAGE_BULK_LIST,
	PAGE_BULK_ARRAY,
	PAGE_BULK_STOCK,
	PAGE_BULK_NR_MODES
};

/**
 * enum page_bulk_reason - why a fill left the batch path
 * @PAGE_BULK_END_NONE: it did not, or the mode is stock, which does not say
 * @PAGE_BULK_END_ONE_PAGE: only one page was wanted, so no batch was tried
 * @PAGE_BULK_END_PCP_CONTENDED: the per-CPU lists were locked by somebody else,
 *	and the free lists had not enough of the migrate type
 * @PAGE_BULK_END_PCP_EMPTY: neither the per-CPU lists nor the free lists had
 *	enough, and nothing could be taken from another migrate type
 * @PAGE_BULK_END_WATERMARK: no zone had a page above its low watermark; a fill
 *	that may not reclaim then ends short, with one page; in single: there
 *	was none without reclaim and reserves
 * @PAGE_BULK_END_NO_BLOCK: no zone had a block of the order asked for; or a
 *	request with __GFP_WRITE, which has no batch path
 * @PAGE_BULK_END_MEMCG_LIMIT: the memory cgroup refused the charge
 * @PAGE_BULK_END_NO_RECLAIM: no page was free and the flags forbid reclaim
 * @PAGE_BULK_END_OOM: no page was free, and reclaim did not yield one
 * @PAGE_BULK_END_INJECTED: fail_page_alloc injected a failure
 * @PAGE_BULK_NR_REASONS: number of reasons
 *
 * A fill that got all its pages one by one, because the batch path ended
 * early, carries the first reason why; a short fill carries the last.
 */
enum page_bulk_reason {
	PAGE_BULK_END_NONE,
	PAGE_BULK_END_ONE_PAGE,
	PAGE_BULK_END_PCP_CONTENDED,
	PAGE_BULK_END_PCP_EMPTY,
	PAGE_BULK_END_WATERMARK,
	PAGE_BULK_END_NO_BLOCK,
	PAGE_BULK_END_MEMCG_LIMIT,
	PAGE_BULK_END_NO_RECLAIM,
	PAGE_BULK_END_OOM,
	PAGE_BULK_END_INJECTED,
	PAGE_BULK_NR_REASONS
};

struct page_bulk_counters;
struct page_bulk_experiment;

/**
 * struct page_bulk_user - somebody who fills arrays of pages
 * @name: name in sysctl, debugfs and tracepoints
 * @gfp: flags added to the caller's in every mode but stock
 * @stoppable: a short fill will do, as a thread that fills may be asked to
 *	end, or asks again anyway: when memory may have to be reclaimed or
 *	compacted, or to come out of a reserve, a fill returns at the next page
 *	or block, in every mode but stock
 * @singly: its pages come back one by one, by put_page(), to the lists of the
 *	CPU: list and array take what these hold before they take blocks
 * @state: generation and mode in one word, so that one load reads both
 * @counters: PAGE_BULK_NR_MODES sets of counters for each CPU
 * @base: PAGE_BULK_NR_MODES sums, as they were at the last reset
 * @node: entry in the list of users
 * @experiment: experiment that has set the mode, or NULL
 * @before: mode that comes back at the end of the experiment
 * @overridden: an administrator took the user out of the experiment: @before
 *	does not count any more
 *
 * Declare one with DEFINE_PAGE_BULK_USER(); all members are private.
 */
struct page_bulk_user {
	const char *name;
	gfp_t gfp;
	bool stoppable;
	bool singly;
	unsigned long state;
	struct page_bulk_counters __percpu *counters;
	struct page_bulk_counters *base;
	struct list_head node;
	struct page_bulk_experiment *experiment;
	enum page_bulk_mode before;
	bool overridden;
};

/* state: the two low bits are the mode, the generation is above them */
#define PAGE_BULK_MODE_BITS	2
#define PAGE_BULK_MODE_MASK	((1UL << PAGE_BULK_MODE_BITS) - 1)

#if defined(CONFIG_PAGE_BULK_DEFAULT_SINGLE)
#define PAGE_BULK_DEFAULT_MODE	PAGE_BULK_SINGLE
#elif defined(CONFIG_PAGE_BULK_DEFAULT_LIST)
#define PAGE_BULK_DEFAULT_MODE	PAGE_BULK_LIST
#elif defined(CONFIG_PAGE_BULK_DEFAULT_STOCK)
#define PAGE_BULK_DEFAULT_MODE	PAGE_BULK_STOCK
#else
#define PAGE_BULK_DEFAULT_MODE	PAGE_BULK_ARRAY
#endif

/*
 * DEFINE_PAGE_BULK_USER - declare a user and register it at boot
 * @_name: the user's name; its struct, static, is page_bulk_user_@_name
 * @...: further members, such as .gfp
 *
 * For built-in code only. What is built as a module keeps its user in an
 * object that is built in (as net/sunrpc/svc_page_bulk.c does): the sysctl
 * is then there at boot, and the mode and the counters outlive the module.
 */
#define DEFINE_PAGE_BULK_USER(_name, ...)				\
	static struct page_bulk_user page_bulk_user_##_name = {		\
		.name = #_name,						\
		.state = PAGE_BULK_DEFAULT_MODE,			\
		__VA_ARGS__						\
	};								\
	static int __init page_bulk_init_##_name(void)			\
	{								\
		return page_bulk_register_user(&page_bulk_user_##_name); \
	}								\
	subsys_initcall(page_bulk_init_##_name)

/**
 * struct page_bulk_hull - which slots of an array may be empty
 * @first: the first of them
 * @end: one past the last of them; 0: none
 * @known: slots from here on may be empty whatever the others say
 * @all: all from @first to @end are empty, so that nobody needs to look
 *
 * Belongs to whoever owns the array. All zero, it says that nothing is known.
 * page_bulk_fill_hull() keeps it; who empties slots in between says so with
 * page_bulk_hull_add().
 */
struct page_bulk_hull {
	unsigned int first;
	unsigned int end;
	unsigned int known;
	bool all;
};

/**
 * page_bulk_hull_add() - slots of an array were emptied
 * @hull: of that array
 * @first: the first of them
 * @nr: how many
 * @all: all of them are empty now, else some may be
 *
 * Context: Any; the caller owns the array.
 */
static inline void page_bulk_hull_add(struct page_bulk_hull *hull,
				      unsigned int first, unsigned int nr,
				      bool all)
{
	if (!nr)
		return;
	if (!hull->end) {
		hull->first = first;
		hull->end = first + nr;
		hull->all = all;
		return;
	}
	/* Between two gaps there may be pages */
	hull->all = false;
	if (first < hull->first)
		hull->first = first;
	if (first + nr > hull->end)
		hull->end = first + nr;
}

/**
 * page_bulk_user_mode() - the mode that a user has at this moment
 * @user: the user
 *
 * It may be another one when the user fills or releases next.
 *
 * Context: Any.
 * Return: the mode.
 */
static inline enum page_bulk_mode
page_bulk_user_mode(const struct page_bulk_user *user)
{
	return READ_ONCE(user->state) & PAGE_BULK_MODE_MASK;
}

int page_bulk_register_user(struct page_bulk_user *user);
int page_bulk_take_number(const char __user *buffer, size_t len, loff_t pos,
			  unsigned int max);
int page_bulk_single_open(struct file *file,
			  int (*show)(struct seq_file *, void *), void *data);

/* DEFINE_SHOW_STORE_ATTRIBUTE() with page_bulk_single_open() */
#define DEFINE_PAGE_BULK_STORE_ATTRIBUTE(__name)			\
static int __name ## _open(struct inode *inode, struct file *file)	\
{									\
	return page_bulk_single_open(file, __name ## _show,		\
				     inode->i_private);			\
}									\
									\
static const struct file_operations __name ## _fops = {			\
	.owner		= THIS_MODULE,					\
	.open		= __name ## _open,				\
	.read		= seq_read,					\
	.write		= __name ## _write,				\
	.llseek		= seq_lseek,					\
	.release	= single_release,				\
}

unsigned long page_bulk_fill_noprof(struct page_bulk_user *user, gfp_t gfp,
				    int nid, unsigned long nr,
				    struct page **pages);
#define page_bulk_fill(...)						\
	alloc_hooks(page_bulk_fill_noprof(__VA_ARGS__))

/* For who has no mode to be switched */
unsigned long page_bulk_alloc_noprof(gfp_t gfp, unsigned int order, int nid,
				     unsigned long nr, struct page **pages);
#define page_bulk_alloc(...)						\
	alloc_hooks(page_bulk_alloc_noprof(__VA_ARGS__))
unsigned long folio_bulk_alloc_noprof(gfp_t gfp, unsigned int order, int nid,
				      unsigned long nr, struct folio **folios);
#define folio_bulk_alloc(...)						\
	alloc_hooks(folio_bulk_alloc_noprof(__VA_ARGS__))

unsigned long page_bulk_fill_hull_noprof(struct page_bulk_user *user, gfp_t gfp,
					 int nid, unsigned long nr,
					 struct page **pages,
					 struct page_bulk_hull *hull);
#define page_bulk_fill_hull(...)					\
	alloc_hooks(page_bulk_fill_hull_noprof(__VA_ARGS__))

unsigned long page_bulk_fill_dense_noprof(struct page_bulk_user *user, gfp_t gfp,
					  unsigned int order, int nid,
					  unsigned long nr, struct page **pages);
#define page_bulk_fill_dense(...)					\
	alloc_hooks(page_bulk_fill_dense_noprof(__VA_ARGS__))

void page_bulk_release(struct page_bulk_user *user, struct page **pages,
		       unsigned long nr);
void page_bulk_release_folios(struct page_bulk_user *user,
			      struct folio_batch *fbatch);
void page_bulk_free(struct page **pages, unsigned long nr);

#endif /* _LINUX_PAGE_BULK_H */
