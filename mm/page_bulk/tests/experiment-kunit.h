/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an experiment does to modes. Included at the tail of experiment.c.
 *
 * With users and an experiment of the tests' own: the file and who holds it
 * are left alone.
 */
#include <kunit/test.h>

struct experiment_test {
	struct page_bulk_experiment ex, other;
	struct page_bulk_user a, b;
	int woken;
	struct wait_queue_entry wait;
};

static void experiment_add_user(struct page_bulk_user *user, const char *name,
				enum page_bulk_mode mode)
{
	user->name = name;
	user->state = mode;
	mutex_lock(&page_bulk_lock);
	list_add_tail(&user->node, &page_bulk_users);
	mutex_unlock(&page_bulk_lock);
}

static void experiment_remove_user(struct page_bulk_user *user)
{
	mutex_lock(&page_bulk_lock);
	list_del_init(&user->node);
	mutex_unlock(&page_bulk_lock);
}

static int experiment_test_init(struct kunit *test)
{
	struct experiment_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	init_waitqueue_head(&t->ex.wait);
	init_waitqueue_head(&t->other.wait);
	experiment_add_user(&t->a, "kunit_a", PAGE_BULK_ARRAY);
	experiment_add_user(&t->b, "kunit_b", PAGE_BULK_STOCK);
	test->priv = t;
	return 0;
}

static void experiment_test_exit(struct kunit *test)
{
	struct experiment_test *t = test->priv;

	if (!t)
		return;
	experiment_remove_user(&t->a);
	experiment_remove_user(&t->b);
}

static int experiment_try(struct page_bulk_experiment *ex, const char *pair)
{
	return experiment_set(ex, pair, strlen(pair), 0);
}

static void experiment_expect(struct kunit *test,
			      const struct page_bulk_user *user,
			      enum page_bulk_mode mode,
			      unsigned long generation)
{
	KUNIT_EXPECT_EQ_MSG(test, page_bulk_user_mode(user), mode,
			    "mode of %s", user->name);
	KUNIT_EXPECT_EQ_MSG(test, page_bulk_generation(user->state), generation,
			    "generation of %s", user->name);
}

static void one_holder(struct kunit *test)
{
	struct experiment_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, experiment_begin(&t->ex), 0);
	KUNIT_EXPECT_EQ(test, experiment_begin(&t->ex), -EBUSY);
	experiment_end(&t->ex);
	KUNIT_EXPECT_EQ(test, experiment_begin(&t->ex), 0);
	experiment_end(&t->ex);
}

/* What comes back is the mode from before the first write, for each user */
static void modes_return(struct kunit *test)
{
	struct experiment_test *t = test->priv;

	experiment_begin(&t->ex);
	KUNIT_EXPECT_EQ(test, experiment_try(&t->ex, "kunit_a=list"), 0);
	experiment_expect(test, &t->a, PAGE_BULK_LIST, 1);
	KUNIT_EXPECT_EQ(test, experiment_try(&t->ex, "kunit_a=single\n"), 0);
	KUNIT_EXPECT_EQ(test, experiment_try(&t->ex, "kunit_a=single"), 0);
	experiment_expect(test, &t->a, PAGE_BULK_SINGLE, 2);
	experiment_expect(test, &t->b, PAGE_BULK_STOCK, 0);
	KUNIT_EXPECT_EQ(test, experiment_try(&t->ex, "kunit_b=array"), 0);
	experiment_expect(test, &t->b, PAGE_BULK_ARRAY, 1);
	experiment_end(&t->ex);
	experiment_expect(test, &t->a, PAGE_BULK_ARRAY, 3);
	experiment_expect(test, &t->b, PAGE_BULK_STOCK, 2);

	/* The next one begins with what is there then, and adds no change */
	page_bulk_set_mode(&t->a, PAGE_BULK_LIST);
	experiment_begin(&t->ex);
	KUNIT_EXPECT_EQ(test, experiment_try(&t->ex, "kunit_a=stock"), 0);
	KUNIT_EXPECT_EQ(test, experiment_try(&t->ex, "kunit_a=list"), 0);
	experiment_expect(test, &t->a, PAGE_BULK_LIST, 6);
	experiment_end(&t->ex);
	experiment_expect(test, &t->a, PAGE_BULK_LIST, 6);
	experiment_expect(test, &t->b, PAGE_BULK_STOCK, 2);
}

static void exact_pairs(struct kunit *test)
{
	static const struct { const char *buf; int len; loff_t pos; } bad[] = {
		{ "", 0, 0 }, { "\n", 1, 0 }, { "=", 1, 0 }, { "=\n", 2, 0 },
		{ "kunit_a", 7, 0 }, { "kunit_a=", 8, 0 },
		{ "kunit_a=\n", 9, 0 }, { "=list", 5, 0 }, { "list", 4, 0 },
		{ "kunit_a=lis", 11, 0 }, { "kunit_a=lists", 13, 0 },
		{ "kunit_a=LIST", 12, 0 }, { "kunit_a =list", 13, 0 },
		{ "kunit_a= list", 13, 0 }, { " kunit_a=list", 13, 0 },
		{ "kunit_a=list ", 13, 0 }, { "kunit_a=list\n\n", 14, 0 },
		{ "kunit_a==list", 13, 0 }, { "kunit_a=list=", 13, 0 },
		{ "kunit_a=list\0", 13, 0 }, { "kunit_a=list\0\n", 14, 0 },
		{ "kunit_a\0=list", 13, 0 }, { "kunit_\0=list", 12, 0 },
		{ "\0kunit_a=list", 13, 0 },
		{ "kunit=list", 10, 0 }, { "kunit_aa=list", 13, 0 },
		{ "kunit_c=list", 12, 0 }, { "\nkunit_a=list", 13, 0 },
		{ "kunit_a=list kunit_b=list", 25, 0 },
		{ "kunit_a=list\nkunit_b=list\n", 26, 0 },
		{ "kunit_a=list", 12, 1 }, { "kunit_a=list", 12, 12 },
	};
	struct experiment_test *t = test->priv;
	int i;

	experiment_begin(&t->ex);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    experiment_set(&t->ex, bad[i].buf, bad[i].len,
						   bad[i].pos), "case %d", i);
	experiment_expect(test, &t->a, PAGE_BULK_ARRAY, 0);
	experiment_expect(test, &t->b, PAGE_BULK_STOCK, 0);
	/* None of them was a first write */
	KUNIT_EXPECT_NULL(test, t->a.experiment);
	KUNIT_EXPECT_NULL(test, t->b.experiment);
	/* @len counts, not a NUL */
	KUNIT_EXPECT_EQ(test, experiment_set(&t->ex, "kunit_a=listX", 12, 0), 0);
	experiment_expect(test, &t->a, PAGE_BULK_LIST, 1);
	experiment_end(&t->ex);
}

static int experiment_count_wake(struct wait_queue_entry *wait, unsigned int mode,
				 int flags, void *key)
{
	struct experiment_test *t = container_of(wait, struct experiment_test,
						 wait);

	if (key_to_poll(key) & EPOLLPRI)
		t->woken++;
	return 0;
}

static void admin_wins(struct kunit *test)
{
	struct experiment_test *t = test->priv;

	init_waitqueue_func_entry(&t->wait, experiment_count_wake);
	add_wait_queue(&t->ex.wait, &t->wait);
	experiment_begin(&t->ex);
	experiment_try(&t->ex, "kunit_a=list");
	experiment_try(&t->ex, "kunit_b=list");
	KUNIT_EXPECT_FALSE(test, t->ex.overridden);
	page_bulk_set_mode(&t->a, PAGE_BULK_SINGLE);
	KUNIT_EXPECT_TRUE(test, t->ex.overridden);
	KUNIT_EXPECT_EQ(test, t->woken, 1);
	experiment_expect(test, &t->a, PAGE_BULK_SINGLE, 2);

	/* That user is lost, the other one is not */
	KUNIT_EXPECT_EQ(test, experiment_try(&t->ex, "kunit_a=stock"), -ECANCELED);
	KUNIT_EXPECT_EQ(test, experiment_try(&t->ex, "kunit_a=single"),
			-ECANCELED);
	KUNIT_EXPECT_EQ(test, experiment_try(&t->ex, "kunit_a=word"), -EINVAL);
	experiment_expect(test, &t->a, PAGE_BULK_SINGLE, 2);
	KUNIT_EXPECT_EQ(test, experiment_try(&t->ex, "kunit_b=array"), 0);
	experiment_expect(test, &t->b, PAGE_BULK_ARRAY, 2);

	/* A second decision tells nothing new */
	page_bulk_set_mode(&t->a, PAGE_BULK_LIST);
	KUNIT_EXPECT_EQ(test, t->woken, 1);
	page_bulk_set_mode(&t->b, PAGE_BULK_SINGLE);
	KUNIT_EXPECT_EQ(test, t->woken, 2);
	experiment_end(&t->ex);
	experiment_expect(test, &t->a, PAGE_BULK_LIST, 3);
	experiment_expect(test, &t->b, PAGE_BULK_SINGLE, 3);
	remove_wait_queue(&t->ex.wait, &t->wait);

	/* Opened again, both are to be had */
	experiment_begin(&t->ex);
	KUNIT_EXPECT_FALSE(test, t->ex.overridden);
	KUNIT_EXPECT_EQ(test, experiment_try(&t->ex, "kunit_a=stock"), 0);
	experiment_end(&t->ex);
	experiment_expect(test, &t->a, PAGE_BULK_LIST, 5);
}

/* To write what is set already is a decision too */
static void admin_wins_with_same_mode(struct kunit *test)
{
	struct experiment_test *t = test->priv;

	experiment_begin(&t->ex);
	experiment_try(&t->ex, "kunit_a=list");
	page_bulk_set_mode(&t->a, PAGE_BULK_LIST);
	experiment_expect(test, &t->a, PAGE_BULK_LIST, 1);
	KUNIT_EXPECT_EQ(test, experiment_try(&t->ex, "kunit_a=stock"), -ECANCELED);
	experiment_end(&t->ex);
	experiment_expect(test, &t->a, PAGE_BULK_LIST, 1);
}

/* A sysctl written before the experiment's first write is no decision on it */
static void admin_before_first_write(struct kunit *test)
{
	struct experiment_test *t = test->priv;

	experiment_begin(&t->ex);
	page_bulk_set_mode(&t->a, PAGE_BULK_SINGLE);
	KUNIT_EXPECT_FALSE(test, t->ex.overridden);
	KUNIT_EXPECT_EQ(test, experiment_try(&t->ex, "kunit_a=list"), 0);
	experiment_end(&t->ex);
	experiment_expect(test, &t->a, PAGE_BULK_SINGLE, 3);
}

/* Nobody looks at a user that is gone, nor at one of another experiment */
static void users_of_others(struct kunit *test)
{
	struct experiment_test *t = test->priv;

	experiment_begin(&t->ex);
	experiment_begin(&t->other);
	experiment_try(&t->ex, "kunit_a=list");
	experiment_try(&t->other, "kunit_b=list");
	experiment_end(&t->other);
	experiment_expect(test, &t->a, PAGE_BULK_LIST, 1);
	experiment_expect(test, &t->b, PAGE_BULK_STOCK, 2);
	experiment_remove_user(&t->a);
	memset(&t->a, 0xff, sizeof(t->a));
	INIT_LIST_HEAD(&t->a.node);
	experiment_end(&t->ex);
	KUNIT_EXPECT_EQ(test, t->a.state, ULONG_MAX);
}

static void expect_shown(struct kunit *test, struct experiment_test *t,
			 const char *want)
{
	struct seq_file m = {
		.buf = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL),
		.size = PAGE_SIZE,
		.private = &t->ex,
	};

	KUNIT_ASSERT_NOT_NULL(test, m.buf);
	experiment_show(&m, NULL);
	KUNIT_EXPECT_STREQ(test, m.buf, want);
}

static void what_is_shown(struct kunit *test)
{
	struct experiment_test *t = test->priv;

	expect_shown(test, t, "holder none\n");
	experiment_begin(&t->ex);
	t->ex.pid = 1234;
	strscpy(t->ex.comm, "some body");
	expect_shown(test, t, "holder 1234 some body\n");
	experiment_try(&t->ex, "kunit_b=array");
	experiment_try(&t->ex, "kunit_a=list");
	page_bulk_set_mode(&t->b, PAGE_BULK_ARRAY);
	expect_shown(test, t,
		     "holder 1234 some body\n"
		     "kunit_a list returns array\n"
		     "kunit_b overridden\n");
	experiment_end(&t->ex);
	expect_shown(test, t, "holder none\n");
}

static struct kunit_case page_bulk_experiment_cases[] = {
	KUNIT_CASE(one_holder),
	KUNIT_CASE(modes_return),
	KUNIT_CASE(exact_pairs),
	KUNIT_CASE(admin_wins),
	KUNIT_CASE(admin_wins_with_same_mode),
	KUNIT_CASE(admin_before_first_write),
	KUNIT_CASE(users_of_others),
	KUNIT_CASE(what_is_shown),
	{}
};

static struct kunit_suite page_bulk_experiment_suite = {
	.name = "page_bulk_experiment",
	.init = experiment_test_init,
	.exit = experiment_test_exit,
	.test_cases = page_bulk_experiment_cases,
};

kunit_test_suite(page_bulk_experiment_suite);
