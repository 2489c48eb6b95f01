// SPDX-License-Identifier: GPL-2.0-only
/*
 * The experiment file: modes that are set for as long as a file is open.
 *
 * Whoever has debugfs page_bulk/experiment open for writing may set modes; the
 * last close puts back what was there before. The open file description is the
 * holder, not a process: so it needs no cooperation of who dies, and a child
 * that inherited the descriptor goes on. What an administrator writes to the
 * sysctl of such a user meanwhile is stronger, and stays.
 *
 * What belongs to one user of the experiment is in struct page_bulk_user, so
 * that nothing has to be allocated for it and nothing can be short when modes
 * are put back.
 */
#include <linux/capability.h>
#include <linux/ctype.h>
#include <linux/debugfs.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include "internal.h"

/* A longer write cannot be a user, an equals sign, a mode and a newline */
#define EXPERIMENT_MAX_WRITE	64

/**
 * struct page_bulk_experiment - what one open file holds
 * @held: somebody has the file open for writing
 * @overridden: an administrator has written the sysctl of one of the users
 * @pid: process that opened it, as the initial PID namespace numbers it
 * @comm: that process's name, in one line
 * @wait: the holders that poll
 *
 * Protected by page_bulk_lock, but for @wait, which has a lock of its own.
 */
struct page_bulk_experiment {
	bool held;
	bool overridden;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	wait_queue_head_t wait;
};

static struct page_bulk_experiment page_bulk_the_experiment = {
	.wait = __WAIT_QUEUE_HEAD_INITIALIZER(page_bulk_the_experiment.wait),
};

/* A task may have given itself any bytes for a name */
static void experiment_name_holder(struct page_bulk_experiment *ex)
{
	char *c;

	ex->pid = task_tgid_nr(current);
	get_task_comm(ex->comm, current->group_leader);
	for (c = ex->comm; *c; c++)
		if (!isascii(*c) || !isprint(*c))
			*c = '?';
}

/* Return: 0, or -EBUSY while it is held */
static int experiment_begin(struct page_bulk_experiment *ex)
{
	int ret = -EBUSY;

	mutex_lock(&page_bulk_lock);
	if (!ex->held) {
		ex->held = true;
		ex->overridden = false;
		experiment_name_holder(ex);
		ret = 0;
	}
	mutex_unlock(&page_bulk_lock);
	return ret;
}

static void experiment_end(struct page_bulk_experiment *ex)
{
	struct page_bulk_user *user;

	mutex_lock(&page_bulk_lock);
	list_for_each_entry(user, &page_bulk_users, node) {
		if (user->experiment != ex)
			continue;
		if (!user->overridden)
			page_bulk_change_mode(user, user->before);
		user->experiment = NULL;
		user->overridden = false;
	}
	ex->held = false;
	mutex_unlock(&page_bulk_lock);
}

static struct page_bulk_user *experiment_find_user(const char *name, size_t len)
{
	struct page_bulk_user *user;

	list_for_each_entry(user, &page_bulk_users, node)
		if (len == strlen(user->name) && !memcmp(name, user->name, len))
			return user;
	return NULL;
}

/*
 * "USER=MODE", as exact as the words of the sysctls.
 * Return: 0; -EINVAL when it is not that; -ECANCELED when an administrator has
 * decided on that user since.
 */
static int experiment_set(struct page_bulk_experiment *ex, const char *buf,
			  size_t len, loff_t pos)
{
	const char *equals = memchr(buf, '=', len);
	struct page_bulk_user *user;
	int mode, ret = 0;

	if (!equals)
		return -EINVAL;
	mode = page_bulk_match(equals + 1, buf + len - (equals + 1), pos,
			       page_bulk_mode_names, PAGE_BULK_NR_MODES);
	if (mode < 0)
		return mode;

	mutex_lock(&page_bulk_lock);
	user = experiment_find_user(buf, equals - buf);
	if (!user) {
		ret = -EINVAL;
	} else if (user->overridden) {
		ret = -ECANCELED;
	} else {
		if (!user->experiment) {
			user->experiment = ex;
			user->before = page_bulk_user_mode(user);
		}
		page_bulk_change_mode(user, mode);
	}
	mutex_unlock(&page_bulk_lock);
	return ret;
}

/**
 * page_bulk_experiment_override() - an administrator has set a user's mode
 * @user: the user, part of an experiment
 *
 * Its mode stays at the end of the experiment, and the holder is told.
 *
 * Context: process context; the caller holds page_bulk_lock.
 */
void page_bulk_experiment_override(struct page_bulk_user *user)
{
	struct page_bulk_experiment *ex = user->experiment;

	lockdep_assert_held(&page_bulk_lock);
	user->overridden = true;
	WRITE_ONCE(ex->overridden, true);
	wake_up_interruptible_poll(&ex->wait, EPOLLPRI | EPOLLERR);
}

static int experiment_show(struct seq_file *m, void *unused)
{
	struct page_bulk_experiment *ex = m->private;
	struct page_bulk_user *user;

	mutex_lock(&page_bulk_lock);
	if (ex->held)
		seq_printf(m, "holder %d %s\n", ex->pid, ex->comm);
	else
		seq_puts(m, "holder none\n");
	list_for_each_entry(user, &page_bulk_users, node) {
		if (user->experiment != ex)
			continue;
		if (user->overridden)
			seq_printf(m, "%s overridden\n", user->name);
		else
			seq_printf(m, "%s %s returns %s\n", user->name,
				   page_bulk_mode_names[page_bulk_user_mode(user)],
				   page_bulk_mode_names[user->before]);
	}
	mutex_unlock(&page_bulk_lock);
	return 0;
}

static int experiment_open(struct inode *inode, struct file *file)
{
	int ret;

	if (!(file->f_mode & FMODE_WRITE))
		return single_open(file, experiment_show, inode->i_private);

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	ret = page_bulk_single_open(file, experiment_show, inode->i_private);
	if (ret)
		return ret;
	ret = experiment_begin(inode->i_private);
	if (ret)
		single_release(inode, file);
	return ret;
}

/* At the last close, in whatever task that is */
static int experiment_release(struct inode *inode, struct file *file)
{
	if (file->f_mode & FMODE_WRITE)
		experiment_end(inode->i_private);
	return single_release(inode, file);
}

/* The position stays at 0, so that one descriptor can write again and again */
static ssize_t experiment_write(struct file *file, const char __user *ubuf,
				size_t len, loff_t *ppos)
{
	struct seq_file *m = file->private_data;
	char buf[EXPERIMENT_MAX_WRITE];
	int ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len > sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, ubuf, len))
		return -EFAULT;
	ret = experiment_set(m->private, buf, len, *ppos);
	return ret ?: len;
}

static __poll_t experiment_poll(struct file *file, poll_table *wait)
{
	struct seq_file *m = file->private_data;
	struct page_bulk_experiment *ex = m->private;

	if (!(file->f_mode & FMODE_WRITE))
		return DEFAULT_POLLMASK;
	poll_wait(file, &ex->wait, wait);
	if (READ_ONCE(ex->overridden))
		return DEFAULT_POLLMASK | EPOLLPRI | EPOLLERR;
	return DEFAULT_POLLMASK;
}

static const struct file_operations experiment_fops = {
	.owner		= THIS_MODULE,
	.open		= experiment_open,
	.release	= experiment_release,
	.read		= seq_read,
	.write		= experiment_write,
	.poll		= experiment_poll,
	.llseek		= seq_lseek,
};

/* Late: the directory is there once the users are */
static int __init experiment_init(void)
{
	struct dentry *top = debugfs_lookup("page_bulk", NULL);

	if (!IS_ERR_OR_NULL(top)) {
		debugfs_create_file("experiment", 0600, top,
				    &page_bulk_the_experiment, &experiment_fops);
		dput(top);
	}
	return 0;
}
late_initcall(experiment_init);

#ifdef CONFIG_PAGE_BULK_KUNIT_TEST
#include "tests/experiment-kunit.h"
#endif
