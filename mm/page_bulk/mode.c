// SPDX-License-Identifier: GPL-2.0-only
/*
 * Users of bulk page allocation, their modes, and the switch between them.
 *
 * A mode is one word that a fill reads once: there is no lock, reference or
 * grace period between fills and a switch. A switch takes effect at the next
 * fill; fills in flight end in the mode that they began in.
 */
#include <linux/capability.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sysctl.h>
#include "internal.h"

#define CREATE_TRACE_POINTS
#include <trace/events/page_bulk.h>

static_assert(PAGE_BULK_NR_MODES <= 1 << PAGE_BULK_MODE_BITS);

const char * const page_bulk_mode_names[PAGE_BULK_NR_MODES] = {
	[PAGE_BULK_SINGLE]	= "single",
	[PAGE_BULK_LIST]	= "list",
	[PAGE_BULK_ARRAY]	= "array",
	[PAGE_BULK_STOCK]	= "stock",
};

static const char * const page_bulk_switch_names[] = { "0", "1" };

/* The largest free block that a batch may split: vm.page_bulk.max_block_order */
unsigned int page_bulk_max_block_order __read_mostly = MAX_PAGE_ORDER;

/* Time every fill: vm.page_bulk.timing */
static DEFINE_STATIC_KEY_FALSE(page_bulk_timing);

/* Serialises changes of modes and of the timing switch, and the user list */
static DEFINE_MUTEX(page_bulk_lock);
static LIST_HEAD(page_bulk_users);

static void page_bulk_set_mode(struct page_bulk_user *user,
			       enum page_bulk_mode mode)
{
	unsigned long old, generation;

	mutex_lock(&page_bulk_lock);
	old = user->state;
	if (page_bulk_mode(old) != mode) {
		generation = page_bulk_generation(old) + 1;
		WRITE_ONCE(user->state,
			   generation << PAGE_BULK_MODE_BITS | mode);
		trace_page_bulk_switch(user->name, page_bulk_mode(old), mode,
				       generation);
	}
	mutex_unlock(&page_bulk_lock);
}

static void page_bulk_fill_single(struct page_bulk_request *req)
{
	struct page **slot = req->pages;

	for (; req->got < req->wanted; slot++) {
		if (*slot)
			continue;
		*slot = alloc_pages_node_noprof(req->nid, req->gfp, 0);
		if (!*slot) {
			req->reason = page_bulk_refused(req->gfp);
			return;
		}
		req->got++;
		if (!(req->got % PAGE_BULK_MAX_HOLD) &&
		    gfpflags_allow_blocking(req->gfp))
			cond_resched();
	}
}

static void page_bulk_fill_list(struct page_bulk_request *req)
{
	struct page **slot = req->pages;
	LIST_HEAD(list);

	req->list = &list;
	page_bulk_alloc_list_noprof(req);
	for (; !list_empty(&list); slot++)
		if (!*slot)
			*slot = page_bulk_list_pop(&list);
}

static unsigned long page_bulk_empty_slots(struct page **pages,
					   unsigned long nr)
{
	unsigned long i, empty = 0;

	for (i = 0; i < nr; i++)
		empty += !pages[i];
	return empty;
}

static unsigned long page_bulk_filled_slots(struct page **pages,
					    unsigned long nr)
{
	unsigned long i = 0;

	while (i < nr && pages[i])
		i++;
	return i;
}

/**
 * page_bulk_fill() - fill the empty slots of an array with pages
 * @user: on whose behalf: its mode says how, its counters count it
 * @gfp: what the page allocator may do; the user's own flags are added, but
 *	in mode stock
 * @nid: preferred node, or NUMA_NO_NODE for the nearest with memory
 * @nr: number of slots
 * @pages: the slots: NULL where a page is wanted; the others are left alone
 *
 * The whole fill happens in the mode that the user had at its beginning. Each
 * new page is an order-0 page with one reference, as from alloc_page().
 *
 * Context: as alloc_pages() with the same flags. Takes no lock of its own.
 * Return: the number of leading filled slots: @nr when all are filled. Also
 * when that is less, pages may have arrived: call again, or use what is there.
 */
unsigned long page_bulk_fill_noprof(struct page_bulk_user *user, gfp_t gfp,
				    int nid, unsigned long nr,
				    struct page **pages)
{
	struct page_bulk_fill fill = {
		.user = user,
		.state = READ_ONCE(user->state),
		.nid = nid,
	};
	enum page_bulk_mode mode = page_bulk_mode(fill.state);
	unsigned long filled = page_bulk_filled_slots(pages, nr);
	struct page_bulk_request req = {
		.gfp = gfp | user->gfp,
		.nid = nid,
		.pages = pages + filled,
	};
	unsigned long ret = 0;

	if (filled == nr) {
		page_bulk_count_full(user, mode);
		return nr;
	}

	if (static_branch_unlikely(&page_bulk_timing))
		fill.timed = true;

	/*
	 * Counting empty slots costs stock what it does not cost without
	 * page_bulk: it is done only where a price was agreed to.
	 */
	if (mode == PAGE_BULK_STOCK && !fill.timed)
		fill.asked = nr - filled;
	else
		fill.asked = page_bulk_empty_slots(req.pages, nr - filled);
	req.wanted = fill.asked;

	if (fill.timed)
		fill.ns = local_clock();

	switch (mode) {
	case PAGE_BULK_SINGLE:
		page_bulk_fill_single(&req);
		break;
	case PAGE_BULK_LIST:
		page_bulk_fill_list(&req);
		break;
	case PAGE_BULK_ARRAY:
		page_bulk_alloc_array_noprof(&req);
		break;
	default:
		ret = alloc_pages_bulk_array_node_noprof(gfp, nid, nr, pages);
		req.got = ret - filled;
	}

	/* Clocks of two CPUs may differ by more than a short fill takes */
	if (fill.timed)
		fill.ns = max_t(s64, local_clock() - fill.ns, 0);
	if (mode == PAGE_BULK_STOCK && fill.timed)
		req.got = fill.asked -
			  page_bulk_empty_slots(pages + filled, nr - filled);

	fill.got = req.got;
	fill.reason = req.reason;
	page_bulk_count_fill(&fill);
	trace_page_bulk_fill(user->name, mode, page_bulk_generation(fill.state),
			     nid, fill.asked, fill.got, fill.reason, fill.ns);

	if (mode == PAGE_BULK_STOCK)
		return ret;
	if (fill.got == fill.asked)
		return nr;
	return filled + page_bulk_filled_slots(pages + filled, nr - filled);
}

/*
 * Exactly one of @words, with or without one newline behind it, in one write
 * from the start of the file. @len counts all bytes, an embedded NUL too.
 */
static int page_bulk_match(const char *buf, size_t len, loff_t pos,
			   const char * const *words, int nr)
{
	int i;

	if (pos)
		return -EINVAL;
	if (len && buf[len - 1] == '\n')
		len--;
	for (i = 0; i < nr; i++)
		if (len == strlen(words[i]) && !memcmp(buf, words[i], len))
			return i;
	return -EINVAL;
}

/*
 * A sysctl whose value is one of @words. Writing takes CAP_SYS_ADMIN in the
 * initial user namespace; the mode of the file would let uid 0 without it in.
 * Return: the index of the word written, -1 for a read that is done, or a
 * negative error.
 */
static int page_bulk_word(int now, const char * const *words, int nr, int write,
			  void *buffer, size_t *lenp, loff_t *ppos, int *word)
{
	if (!write) {
		struct ctl_table read = {
			.data = (void *)words[now],
			.maxlen = strlen(words[now]) + 1,
		};

		*word = now;
		return proc_dostring(&read, 0, buffer, lenp, ppos);
	}

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	*word = page_bulk_match(buffer, *lenp, *ppos, words, nr);
	if (*word < 0)
		return *word;
	*ppos += *lenp;
	return 0;
}

static int page_bulk_mode_handler(const struct ctl_table *table, int write,
				  void *buffer, size_t *lenp, loff_t *ppos)
{
	struct page_bulk_user *user = table->data;
	int mode, ret;

	ret = page_bulk_word(page_bulk_mode(READ_ONCE(user->state)),
			     page_bulk_mode_names, PAGE_BULK_NR_MODES, write,
			     buffer, lenp, ppos, &mode);
	if (!ret && write)
		page_bulk_set_mode(user, mode);
	return ret;
}

static int page_bulk_timing_handler(const struct ctl_table *table, int write,
				    void *buffer, size_t *lenp, loff_t *ppos)
{
	int on, ret;

	ret = page_bulk_word(static_key_enabled(&page_bulk_timing),
			     page_bulk_switch_names,
			     ARRAY_SIZE(page_bulk_switch_names), write, buffer,
			     lenp, ppos, &on);
	if (ret || !write)
		return ret;

	mutex_lock(&page_bulk_lock);
	if (on)
		static_branch_enable(&page_bulk_timing);
	else
		static_branch_disable(&page_bulk_timing);
	mutex_unlock(&page_bulk_lock);
	return 0;
}

static const char page_bulk_available_modes[] = "single list array stock";

static struct ctl_table page_bulk_sysctls[] = {
	{
		.procname	= "available_modes",
		.data		= (void *)page_bulk_available_modes,
		.maxlen		= sizeof(page_bulk_available_modes),
		.mode		= 0444,
		.proc_handler	= proc_dostring,
	},
	{
		.procname	= "timing",
		.mode		= 0644,
		.proc_handler	= page_bulk_timing_handler,
	},
};

/**
 * page_bulk_register_user() - give a user its sysctl, counters and debugfs
 * @user: the user; stays registered for good
 *
 * A user can fill before this, and when this fails, without being counted.
 *
 * Context: process context, may sleep; takes page_bulk_lock.
 * Return: 0; -ENOMEM when memory is short; -EEXIST when a user has that name.
 */
int __init page_bulk_register_user(struct page_bulk_user *user)
{
	struct page_bulk_user *other;
	struct ctl_table *table;
	int ret = -EEXIST;

	mutex_lock(&page_bulk_lock);
	list_for_each_entry(other, &page_bulk_users, node)
		if (!strcmp(other->name, user->name))
			goto out;

	ret = -ENOMEM;
	table = kzalloc(sizeof(*table), GFP_KERNEL);
	if (!table)
		goto out;
	table->procname = user->name;
	table->data = user;
	table->mode = 0644;
	table->proc_handler = page_bulk_mode_handler;

	if (!register_sysctl_sz("vm/page_bulk", table, 1)) {
		kfree(table);
		goto out;
	}
	list_add_tail(&user->node, &page_bulk_users);
	ret = page_bulk_init_counters(user);
	if (!ret)
		page_bulk_create_debugfs(user);
out:
	mutex_unlock(&page_bulk_lock);
	return ret;
}

static int __init page_bulk_init(void)
{
	return register_sysctl("vm/page_bulk", page_bulk_sysctls) ? 0 : -ENOMEM;
}
postcore_initcall(page_bulk_init);

#ifdef CONFIG_PAGE_BULK_KUNIT_TEST
#include "tests/mode-kunit.h"
#endif
