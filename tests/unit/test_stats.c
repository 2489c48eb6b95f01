// SPDX-License-Identifier: GPL-2.0-only
/* The stats parser, differences of counters, ratios. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "fake_tree.h"
#include "util.h"

static int parse(const char *text, struct pb_stats *stats, unsigned int *line)
{
	FILE *in = fake_file(text);
	int ret = pb_parse_stats(in, stats, line);

	fclose(in);
	return ret;
}

static void test_parse_good(void **state)
{
	struct pb_stats stats;
	unsigned int line;

	(void)state;
	assert_int_equal(parse("generation 7\nsingle fills 3\nlist ns 18446744073709551614\n"
			       "list end_oom 2\n", &stats, &line), 0);
	assert_int_equal(line, 4);
	assert_int_equal(stats.generation, 7);
	assert_int_equal(stats.nr_modes, 2);
	assert_string_equal(stats.modes[0].mode, "single");
	assert_int_equal(stats.modes[0].v[PB_FILLS], 3);
	assert_int_equal(stats.modes[0].v[PB_ASKED], PB_UNKNOWN);
	assert_string_equal(stats.modes[1].mode, "list");
	assert_int_equal(stats.modes[1].v[PB_NS], UINT64_MAX - 1);
	assert_int_equal(stats.modes[1].v[PB_END_OOM], 2);
	assert_int_equal(stats.modes[1].v[PB_FILLS], PB_UNKNOWN);
}

/* Every key by its name, each with a value of its own: none may land in another's place. */
static void test_parse_every_key(void **state)
{
	static const char text[] =
		"generation 1\narray fills 1\narray full 2\narray asked 3\narray got 4\n"
		"array short 5\narray failed 6\narray timed_fills 7\narray timed_got 8\n"
		"array ns 9\narray freed 10\narray end_one_page 11\narray end_pcp_contended 12\n"
		"array end_pcp_empty 13\narray end_watermark 14\narray end_no_block 15\n"
		"array end_memcg_limit 16\narray end_no_reclaim 17\narray end_oom 18\n"
		"array end_injected 19\n";
	static const enum pb_key order[] = {
		PB_FILLS, PB_FULL, PB_ASKED, PB_GOT, PB_SHORT, PB_FAILED, PB_TIMED_FILLS,
		PB_TIMED_GOT, PB_NS, PB_FREED, PB_END_ONE_PAGE, PB_END_PCP_CONTENDED,
		PB_END_PCP_EMPTY, PB_END_WATERMARK, PB_END_NO_BLOCK, PB_END_MEMCG_LIMIT,
		PB_END_NO_RECLAIM, PB_END_OOM, PB_END_INJECTED, PB_ZONE_LOCKS,
		PB_FREED_ZONE_LOCKS,
	};
	char locks[] = "array fill 20\narray free 21\narray wait 22\n";
	struct pb_stats stats;
	unsigned int line;
	FILE *in;

	(void)state;
	assert_int_equal(ARRAY_SIZE(order), PB_NR_KEYS);
	assert_int_equal(parse(text, &stats, &line), 0);
	in = fmemopen(locks, strlen(locks), "r");
	assert_non_null(in);
	assert_int_equal(pb_parse_zone_locks(in, &stats, &line), 0);
	fclose(in);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		assert_int_equal(stats.modes[0].v[order[i]], i + 1);
	assert_string_equal(pb_end_name(PB_END_NO_RECLAIM), "no_reclaim");
}

/* What a later kernel may add is skipped, numbers that we would not understand included. */
static void test_parse_unknown(void **state)
{
	struct pb_stats stats;
	unsigned int line;

	(void)state;
	assert_int_equal(parse("since boot\ngeneration 2\narray colour blue\narray fills 5\n"
			       "array bytes 99999999999999999999999\narray got 6 of 7\n\n",
			       &stats, &line), 0);
	assert_int_equal(stats.generation, 2);
	assert_int_equal(stats.nr_modes, 1);
	assert_int_equal(stats.modes[0].v[PB_FILLS], 5);
	assert_int_equal(stats.modes[0].v[PB_GOT], PB_UNKNOWN);
	assert_null(pb_find_mode(&stats, "list"));

	/* No generation line: unknown, not 0. */
	assert_int_equal(parse("array fills 5\n", &stats, &line), 0);
	assert_int_equal(stats.generation, PB_UNKNOWN);
}

static void test_parse_bad(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
	} cases[] = {
		{ "", 0 },
		{ "generation 1", 1 },
		{ "generation x\n", 1 },
		{ "generation -1\n", 1 },
		{ "generation 99999999999999999999\n", 1 },
		{ "generation 1\nlist fills 12", 2 },
		{ "generation 1\nlist fil", 2 },
		{ "generation 1\nlist fills 12x\n", 2 },
		{ "generation 1\nlist fills -3\n", 2 },
		{ "generation 1\nlist fills 0x10\n", 2 },
		{ "generation 1\nlist fills 18446744073709551616\nlist got 1\n", 2 },
	};
	struct pb_stats stats;
	unsigned int line;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("# case %zu\n", i);
		assert_int_equal(parse(cases[i].text, &stats, &line), -EBADMSG);
		assert_int_equal(line, cases[i].line);
	}
}

static void test_parse_nul(void **state)
{
	char text[] = "generation 1\nlist fills 1_2\n";
	struct pb_stats stats;
	unsigned int line;
	FILE *in;

	(void)state;
	*strchr(text, '_') = '\0';
	in = fmemopen(text, sizeof(text) - 1, "r");
	assert_int_equal(pb_parse_stats(in, &stats, &line), -EBADMSG);
	fclose(in);
}

static void test_parse_many_modes(void **state)
{
	char text[1024] = "generation 1\n", name[64];
	struct pb_stats stats;
	unsigned int line;

	(void)state;
	for (int i = 0; i < PB_MAX_MODES + 3; i++) {
		snprintf(name, sizeof(name), "mode%d fills %d\n", i, i);
		strcat(text, name);
	}
	strcat(text, "a_name_of_a_mode_that_is_much_too_long fills 1\n");
	assert_int_equal(parse(text, &stats, &line), 0);
	assert_int_equal(stats.nr_modes, PB_MAX_MODES);
	assert_int_equal(stats.modes[PB_MAX_MODES - 1].v[PB_FILLS], PB_MAX_MODES - 1);
}

static void test_delta(void **state)
{
	struct pb_stats a, b, d;
	unsigned int line;

	(void)state;
	parse("generation 1\narray fills 10\narray got 5\nlist fills 1\n", &a, &line);
	parse("generation 3\narray fills 25\narray asked 9\nlist fills 1\nstock fills 4\n", &b,
	      &line);
	assert_true(pb_delta(&a, &b, &d));
	assert_int_equal(d.generation, 3);
	assert_int_equal(d.nr_modes, 3);
	assert_int_equal(pb_find_mode(&d, "array")->v[PB_FILLS], 15);
	assert_int_equal(pb_find_mode(&d, "array")->v[PB_GOT], PB_UNKNOWN);
	assert_int_equal(pb_find_mode(&d, "array")->v[PB_ASKED], PB_UNKNOWN);
	assert_int_equal(pb_find_mode(&d, "stock")->v[PB_FILLS], PB_UNKNOWN);
	assert_true(pb_active(pb_find_mode(&d, "array")));
	assert_false(pb_active(pb_find_mode(&d, "list")));
	assert_false(pb_active(pb_find_mode(&d, "stock")));

	/* Equal readings are zero activity, not unknown. */
	assert_true(pb_delta(&a, &a, &d));
	assert_int_equal(pb_find_mode(&d, "array")->v[PB_FILLS], 0);
}

static void test_delta_reset(void **state)
{
	struct pb_stats a, b, d;
	unsigned int line;

	(void)state;
	parse("generation 2\narray fills 10\narray got 5\n", &a, &line);
	parse("generation 2\narray fills 11\narray got 4\n", &b, &line);
	assert_false(pb_delta(&a, &b, &d));
	parse("generation 1\narray fills 11\narray got 6\n", &b, &line);
	assert_false(pb_delta(&a, &b, &d));
	parse("generation 2\narray fills 10\narray got 5\n", &b, &line);
	assert_true(pb_delta(&a, &b, &d));
}

static void test_sum(void **state)
{
	struct pb_stats a;
	unsigned int line;

	(void)state;
	parse("generation 1\narray fills 10\nlist fills 5\nlist got 1\n", &a, &line);
	assert_int_equal(pb_sum(&a, PB_FILLS), 15);
	assert_int_equal(pb_sum(&a, PB_GOT), PB_UNKNOWN);
	a.nr_modes = 0;
	assert_int_equal(pb_sum(&a, PB_FILLS), PB_UNKNOWN);
}

static void test_ratio(void **state)
{
	(void)state;
	assert_true(pb_ratio(10, 4) == 2.5);
	assert_true(pb_ratio(0, 4) == 0);
	assert_true(isnan(pb_ratio(10, 0)));
	assert_true(isnan(pb_ratio(0, 0)));
	assert_true(isnan(pb_ratio(PB_UNKNOWN, 4)));
	assert_true(isnan(pb_ratio(10, PB_UNKNOWN)));
	assert_true(pb_rate(10, 0.5) == 20);
	assert_true(isnan(pb_rate(10, 0)));
	assert_true(isnan(pb_rate(10, -1)));
	assert_true(isnan(pb_rate(PB_UNKNOWN, 1)));
}

static void test_names(void **state)
{
	struct pb_names names;
	char buf[64];

	(void)state;
	assert_int_equal(pb_parse_names("single list array stock\n", &names), 0);
	assert_int_equal(names.nr, 4);
	assert_true(pb_has_name(&names, "stock"));
	assert_false(pb_has_name(&names, "stoc"));
	assert_false(pb_has_name(&names, "stocks"));
	pb_join_names(&names, buf, sizeof(buf));
	assert_string_equal(buf, "single list array stock");
	pb_join_names(&names, buf, 9);
	assert_string_equal(buf, "single l");
	assert_int_equal(pb_parse_names(" \t", &names), -EBADMSG);
	assert_int_equal(pb_parse_names("a_mode_with_a_name_that_is_too_long", &names), -EBADMSG);
}

static void test_users(void **state)
{
	struct pb_names users;

	(void)state;
	fake_write("sysctl/new_knob", "1\n");
	assert_int_equal(pb_read_users(&users), 0);
	assert_int_equal(users.nr, 2);
	assert_string_equal(users.name[0], "page_pool");
	assert_string_equal(users.name[1], "sunrpc");
	/* Without debugfs whatever is not known to be something else. */
	pb_paths.debugfs = "/nonexistent";
	assert_int_equal(pb_read_users(&users), 0);
	assert_int_equal(users.nr, 3);
	assert_int_equal(pb_read_generation("sunrpc"), PB_UNKNOWN);
}

int main(void)
{
	const struct cm_unit_test tests[] = {
		cmocka_unit_test(test_parse_good),
		cmocka_unit_test(test_parse_every_key),
		cmocka_unit_test(test_parse_unknown),
		cmocka_unit_test(test_parse_bad),
		cmocka_unit_test(test_parse_nul),
		cmocka_unit_test(test_parse_many_modes),
		cmocka_unit_test(test_delta),
		cmocka_unit_test(test_delta_reset),
		cmocka_unit_test(test_sum),
		cmocka_unit_test(test_ratio),
		cmocka_unit_test(test_names),
		cmocka_unit_test_setup_teardown(test_users, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
