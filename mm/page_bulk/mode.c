// SPDX-License-Identifier: GPL-2.0-only
/*
 * Users of bulk page allocation, their modes, and the switch between them.
 *
 * A mode is one word that a fill reads once: there is no lock, reference or
 * grace period between fills and a switch. A switch takes effect at the next
 * fill; fills in flight end in the mode that they began in.
 */
#include <linux/capability.h>
#include <linux/ctype.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/sysctl.h>
#include <linux/uaccess.h>
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

DEFINE_STATIC_KEY_FALSE(page_bulk_timing);

/* Changes of modes and of timing, the users, what their counters count from */
DEFINE_MUTEX(page_bulk_lock);
LIST_HEAD(page_bulk_users);

/**
 * page_bulk_change_mode() - the one way to another mode
 * @user: whose
 * @mode: the new mode; if it is the one that is set, nothing happens
 *
 * Context: process context; the caller holds page_bulk_lock.
 */
void page_bulk_change_mode(struct page_bulk_user *user,
			   enum page_bulk_mode mode)
{
	unsigned long old = user->state, generation;

	lockdep_assert_held(&page_bulk_lock);
	if (page_bulk_mode(old) == mode)
		return;
	generation = page_bulk_generation(old) + 1;
	WRITE_ONCE(user->state, generation << PAGE_BULK_MODE_BITS | mode);
	trace_page_bulk_switch(user->name, page_bulk_mode(old), mode,
			       generation);
}

/**
 * page_bulk_set_mode() - an administrator decides on a user's mode
 * @user: whose
 * @mode: the mode; a decision also when it is the one that is set
 *
 * An experiment that the user is in loses it.
 *
 * Context: process context, may sleep; takes page_bulk_lock.
 */
void page_bulk_set_mode(struct page_bulk_user *user, enum page_bulk_mode mode)
{
	mutex_lock(&page_bulk_lock);
	page_bulk_change_mode(user, mode);
	if (user->experiment && !user->overridden)
		page_bulk_experiment_override(user);
	mutex_unlock(&page_bulk_lock);
}

/**
 * page_bulk_match() - which of some words was written
 * @buf: what was written; need not end with a NUL
 * @len: its bytes, a NUL among them counts too
 * @pos: where in the file; anywhere but at the start is wrong
 * @words: the words
 * @nr: how many
 *
 * Exactly one of @words, with or without one newline behind it.
 *
 * Return: its index, or -EINVAL.
 */
int page_bulk_match(const char *buf, size_t len, loff_t pos,
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

/* Where no value of a sysctl goes on, with its newline */
#define PAGE_BULK_VALUE_END	16

/*
 * A sysctl is read whose value may change between two read()s of a file. Who
 * has read all of it is at the end, also when a longer value is set by then:
 * its last letters would look like a line of their own.
 */
static int page_bulk_read_value(const char *value, void *buffer, size_t *lenp,
				loff_t *ppos)
{
	struct ctl_table read = {
		.data = (void *)value,
		.maxlen = strlen(value) + 1,
	};
	int ret = proc_dostring(&read, 0, buffer, lenp, ppos);

	if (!ret && *ppos > strlen(value))
		*ppos = max_t(loff_t, *ppos, PAGE_BULK_VALUE_END);
	return ret;
}

/*
 * A sysctl whose value is one of @words. Writing takes CAP_SYS_ADMIN in the
 * initial user namespace; the mode of the file would let uid 0 without it in.
 * Return: 0, with the index of the word written in @word, or of @now for a
 * read; or a negative error.
 */
static int page_bulk_word(int now, const char * const *words, int nr, int write,
			  void *buffer, size_t *lenp, loff_t *ppos, int *word)
{
	if (!write) {
		*word = now;
		return page_bulk_read_value(words[now], buffer, lenp, ppos);
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

/*
 * Like the words: exactly the digits of a number from 0 to @max, with no sign
 * and no leading zero. One byte to five.
 */
static int page_bulk_match_number(const char *buf, size_t len, loff_t pos,
				  unsigned int max)
{
	unsigned int number = 0;
	size_t i;

	if (pos)
		return -EINVAL;
	if (len && buf[len - 1] == '\n')
		len--;
	if (!len || len > 5 || (len > 1 && buf[0] == '0'))
		return -EINVAL;
	for (i = 0; i < len; i++) {
		if (!isdigit(buf[i]))
			return -EINVAL;
		number = number * 10 + buf[i] - '0';
	}
	return number <= max ? number : -EINVAL;
}

/**
 * page_bulk_take_number() - what was written to a file of debugfs, a number
 * @buffer: as the file's write() has it
 * @len: its bytes
 * @pos: where in the file
 * @max: the largest number, five digits at most
 *
 * As strict as the sysctls: exactly the digits, with or without one newline
 * behind them, at the start of the file.
 *
 * Context: process context, may sleep.
 * Return: the number; -EPERM without CAP_SYS_ADMIN in the initial user
 * namespace, -EFAULT, or -EINVAL for anything else.
 */
int page_bulk_take_number(const char __user *buffer, size_t len, loff_t pos,
			  unsigned int max)
{
	char text[6];

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len > sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buffer, len))
		return -EFAULT;
	return page_bulk_match_number(text, len, pos, max);
}

static int page_bulk_order_handler(const struct ctl_table *table, int write,
				   void *buffer, size_t *lenp, loff_t *ppos)
{
	char now[4];
	int order;

	/* As a string, because a number cannot be read in pieces */
	if (!write) {
		snprintf(now, sizeof(now), "%u",
			 READ_ONCE(page_bulk_max_block_order));
		return page_bulk_read_value(now, buffer, lenp, ppos);
	}

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	order = page_bulk_match_number(buffer, *lenp, *ppos, MAX_PAGE_ORDER);
	if (order < 0)
		return order;
	WRITE_ONCE(page_bulk_max_block_order, order);
	*ppos += *lenp;
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
		.procname	= "max_block_order",
		.mode		= 0644,
		.proc_handler	= page_bulk_order_handler,
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
 * A user can fill before this, and when this fails, without being counted; and
 * so it does where there is no debugfs that could show the counters.
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
	ret = 0;
	if (IS_ENABLED(CONFIG_DEBUG_FS))
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
