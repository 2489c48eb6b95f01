/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the sysctls take, and the generation. Included at the tail of mode.c.
 */
#include <kunit/test.h>

static void match_words(struct kunit *test)
{
	static const struct { const char *buf; int len; loff_t pos; int word; } cases[] = {
		{ "single", 6, 0, PAGE_BULK_SINGLE },
		{ "list\n", 5, 0, PAGE_BULK_LIST },
		{ "array", 5, 0, PAGE_BULK_ARRAY },
		{ "stock\n", 6, 0, PAGE_BULK_STOCK },
		{ "", 0, 0, -EINVAL },
		{ "\n", 1, 0, -EINVAL },
		{ "\0", 1, 0, -EINVAL },
		{ "lis", 3, 0, -EINVAL },
		{ "lists", 5, 0, -EINVAL },
		{ "LIST", 4, 0, -EINVAL },
		{ " list", 5, 0, -EINVAL },
		{ "list ", 5, 0, -EINVAL },
		{ "list\n\n", 6, 0, -EINVAL },
		{ "list\narray\n", 11, 0, -EINVAL },
		{ "list array", 10, 0, -EINVAL },
		{ "list\0", 5, 0, -EINVAL },
		{ "list\0\n", 6, 0, -EINVAL },
		{ "list\n", 5, 1, -EINVAL },
		{ "st", 2, 4, -EINVAL },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, cases[i].word,
				    page_bulk_match(cases[i].buf, cases[i].len,
						    cases[i].pos,
						    page_bulk_mode_names,
						    PAGE_BULK_NR_MODES),
				    "case %d", i);
}

static void match_orders(struct kunit *test)
{
	static const struct { const char *buf; int len; loff_t pos; int order; } cases[] = {
		{ "0", 1, 0, 0 },
		{ "4\n", 2, 0, 4 },
		{ "9", 1, 0, 9 },
		{ "", 0, 0, -EINVAL },
		{ "\n", 1, 0, -EINVAL },
		{ "00", 2, 0, -EINVAL },
		{ "04", 2, 0, -EINVAL },
		{ "-1", 2, 0, -EINVAL },
		{ "+1", 2, 0, -EINVAL },
		{ "99", 2, 0, -EINVAL },
		{ "4 ", 2, 0, -EINVAL },
		{ " 4", 2, 0, -EINVAL },
		{ "4\0", 2, 0, -EINVAL },
		{ "4\n\n", 3, 0, -EINVAL },
		{ "0x4", 3, 0, -EINVAL },
		{ "010", 3, 0, -EINVAL },
		{ "a", 1, 0, -EINVAL },
		{ "4", 1, 1, -EINVAL },
	};
	char max[4], more[4];
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, cases[i].order,
				    page_bulk_match_number(cases[i].buf,
							   cases[i].len,
							   cases[i].pos,
							   MAX_PAGE_ORDER),
				    "case %d", i);

	snprintf(max, sizeof(max), "%d", MAX_PAGE_ORDER);
	snprintf(more, sizeof(more), "%d", MAX_PAGE_ORDER + 1);
	KUNIT_EXPECT_EQ(test, MAX_PAGE_ORDER,
			page_bulk_match_number(max, strlen(max), 0, MAX_PAGE_ORDER));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			page_bulk_match_number(more, strlen(more), 0, MAX_PAGE_ORDER));
	KUNIT_EXPECT_EQ(test, page_bulk_match_number("128\n", 4, 0, 128), 128);
	KUNIT_EXPECT_EQ(test, page_bulk_match_number("129", 3, 0, 128), -EINVAL);
	KUNIT_EXPECT_EQ(test, page_bulk_match_number("86400\n", 6, 0, 86400), 86400);
	KUNIT_EXPECT_EQ(test, page_bulk_match_number("100000", 6, 0, 500000), -EINVAL);
}

/* The generation counts actual changes */
static void switch_generation(struct kunit *test)
{
	struct page_bulk_user user = { .name = "kunit" };
	enum page_bulk_mode mode;
	unsigned long changes = 0;
	int round;

	for (round = 0; round < 3; round++) {
		for (mode = 0; mode < PAGE_BULK_NR_MODES; mode++) {
			changes += mode != page_bulk_user_mode(&user);
			page_bulk_set_mode(&user, mode);
			page_bulk_set_mode(&user, mode);
			KUNIT_EXPECT_EQ(test, page_bulk_user_mode(&user), mode);
			KUNIT_EXPECT_EQ(test, page_bulk_generation(user.state),
					changes);
		}
	}
}

static struct kunit_case page_bulk_mode_cases[] = {
	KUNIT_CASE(match_words),
	KUNIT_CASE(match_orders),
	KUNIT_CASE(switch_generation),
	{}
};

static struct kunit_suite page_bulk_mode_suite = {
	.name = "page_bulk_mode",
	.test_cases = page_bulk_mode_cases,
};

kunit_test_suite(page_bulk_mode_suite);
