// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl top without its screen: rates, history, what the keys do. */
#include <curses.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bulkctl.h"
#include "fake_tree.h"
#include "switch.h"
#include "top.h"
#include "wrap.h"

#define POOL	0	/* users are sorted by name */
#define SUNRPC	1

static struct top *top;
static struct top_control control;
static int write_error;	/* of the next writes of a mode */

int __wrap_pb_write_mode(const char *user, const char *mode)
{
	return write_error ?: __real_pb_write_mode(user, mode);
}

static int setup(void **state)
{
	if (fake_setup(state))
		return -1;
	fake_write("debugfs/sunrpc/sizes", "array 256 100\n");
	fake_write("debugfs/sunrpc/latency", "");
	fake_write("debugfs/page_pool/sizes", "");
	fake_write("debugfs/page_pool/latency", "");
	write_error = 0;
	top = calloc(1, sizeof(*top));
	control = (struct top_control){ .interval = NSEC_PER_SEC, .selected = SUNRPC };
	assert_non_null(top);
	assert_int_equal(top_open(top), EXIT_DONE);
	return 0;
}

static int teardown(void **state)
{
	free(top);
	return fake_teardown(state);
}

static bool near(double a, double b)
{
	return fabs(a - b) <= fabs(b) / 1e9;
}

/* Take a sample; the one before was two seconds ago. */
static void sample(void)
{
	u64 ago = clock_ns(CLOCK_MONOTONIC) - 2 * NSEC_PER_SEC;
	struct sample *last = &top->edges[top->last].sample;

	last->ns = ago;
	last->users[POOL].ns = ago;
	last->users[SUNRPC].ns = ago;
	top_sample(top, &control);
}

static void assert_unknown(const struct top_user *u)
{
	assert_true(isnan(u->fills_per_s) && isnan(u->pages_per_s) && isnan(u->pages_per_fill));
	assert_true(isnan(u->short_percent) && isnan(u->ns_per_fill) && isnan(u->freed_per_s));
	assert_int_equal(u->fills, PB_UNKNOWN);
	for (unsigned int i = 0; i < TOP_NR_ENDS; i++)
		assert_int_equal(u->ends[i], PB_UNKNOWN);
	assert_false(u->histograms);
}

static const char *status(void)
{
	static char text[2 * TOP_TEXT];

	top_status(top, &control, text, sizeof(text));
	return text;
}

static void press(const char *keys)
{
	for (; *keys; keys++)
		top_key(top, &control, *keys);
}

static void test_first(void **state)
{
	const struct top_user *u = &top->user[SUNRPC];

	(void)state;
	assert_int_equal(top->users.nr, 2);
	sample();
	assert_string_equal(u->name, "sunrpc");
	assert_string_equal(u->mode, "array");
	assert_int_equal(u->generation, 1);
	assert_unknown(u);
	assert_true(isnan(top->seconds));
	assert_null(top_point(u, 0));
	assert_string_equal(status(), "");
}

static void test_rates(void **state)
{
	const struct top_user *u = &top->user[SUNRPC];

	(void)state;
	sample();
	fake_stats("sunrpc", 1, 300);
	fake_write("debugfs/sunrpc/sizes", "array 8 40\narray 256 260\n");
	fake_write("debugfs/sunrpc/latency", "array fill 1024 5\narray page 1 9\n");
	sample();
	assert_int_equal(u->fills, 200);
	assert_true(u->fills_per_s > 50 && u->fills_per_s <= 100);
	assert_true(near(u->pages_per_fill, 9.9));
	assert_true(near(u->pages_per_s, 9.9 * u->fills_per_s));
	assert_true(near(u->short_percent, 10));
	assert_true(u->freed_per_s == 0);
	assert_int_equal(u->ends[PB_END_WATERMARK - PB_END_FIRST], 20);
	assert_int_equal(u->ends[PB_END_OOM - PB_END_FIRST], 0);
	assert_true(u->histograms);
	assert_int_equal(u->sizes.count[3], 40);
	assert_int_equal(u->sizes.count[8], 160);
	assert_int_equal(u->sizes_shown, 9);
	assert_int_equal(u->latency.count[10], 5);
	assert_int_equal(u->latency.count[0], 0);
	assert_false(u->upper_bound || u->reset || u->switched);
	/* No fill was timed: there is no such number. */
	assert_true(isnan(u->ns_per_fill));
	assert_true(top_point(u, 0)->fills_per_s == u->fills_per_s);
	assert_null(top_point(u, 1));

	/* The other one was idle, which is known. */
	u = &top->user[POOL];
	assert_true(u->fills_per_s == 0);
	assert_true(isnan(u->pages_per_fill) && isnan(u->short_percent));
	assert_int_equal(u->sizes_shown, 0);
}

static void test_timing(void **state)
{
	static const char before[] = "array fills 10\narray timed_fills 4\narray ns 100\n";
	static const char after[] = "array fills 20\narray timed_fills 8\narray ns 1100\n";
	const struct top_user *u = &top->user[SUNRPC];

	(void)state;
	fake_write("sysctl/timing", "1\n");
	fake_write("debugfs/sunrpc/stats", before);
	fake_remove("debugfs/sunrpc/zone_locks");
	sample();
	fake_write("debugfs/sunrpc/stats", after);
	sample();
	assert_int_equal(top->timing, 1);
	assert_true(near(u->ns_per_fill, 250));
	/* Counters that this kernel lacks. */
	assert_int_equal(u->fills, 10);
	assert_true(isnan(u->pages_per_s) && isnan(u->freed_per_s));
	assert_int_equal(u->ends[0], PB_UNKNOWN);
}

static void test_reset(void **state)
{
	const struct top_user *u = &top->user[SUNRPC];

	(void)state;
	sample();
	fake_stats("sunrpc", 1, 7);
	sample();
	assert_true(u->reset);
	assert_unknown(u);
	assert_true(isnan(top_point(u, 0)->fills_per_s));
	/* What was counted since then. */
	fake_stats("sunrpc", 1, 17);
	sample();
	assert_false(u->reset);
	assert_int_equal(u->fills, 10);
	/* More was counted since than before, but a histogram tells. */
	fake_stats("sunrpc", 1, 500);
	fake_write("debugfs/sunrpc/sizes", "array 256 99\n");
	sample();
	assert_true(u->reset);
	assert_unknown(u);
	assert_false(top->user[POOL].reset);
}

static void test_switched(void **state)
{
	const struct top_user *u = &top->user[SUNRPC];

	(void)state;
	sample();
	sample();
	assert_int_equal(top_point(u, 0)->mark, 0);
	fake_write("sysctl/sunrpc", "stock\n");
	fake_stats("sunrpc", 2, 110);
	sample();
	assert_true(u->switched);
	assert_string_equal(u->mode, "stock");
	assert_int_equal(u->generation, 2);
	assert_int_equal(u->fills, 10);
	assert_int_equal(top_point(u, 0)->mark, 't');
	sample();
	assert_false(u->switched);
	assert_int_equal(top_point(u, 0)->mark, 0);
	assert_int_equal(top_point(u, 1)->mark, 't');
}

static void test_upper_bound(void **state)
{
	static const char line[] = "array fills 1\narray got 1\nstock fills %d\nstock got %d\n";
	const struct top_user *u = &top->user[SUNRPC];
	char text[256];

	(void)state;
	fake_remove("debugfs/sunrpc/zone_locks");
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), line, i, 10 * i);
		fake_write("debugfs/sunrpc/stats", text);
		fake_write("sysctl/timing", i == 2 ? "1\n" : "0\n");
		sample();
		assert_int_equal(u->upper_bound, i == 1);
	}
	assert_true(near(u->pages_per_fill, 10));
}

static void test_no_debugfs(void **state)
{
	const struct top_user *u = &top->user[SUNRPC];

	(void)state;
	sample();
	sample();
	fake_remove("debugfs/version");
	sample();
	assert_unknown(u);
	assert_string_equal(u->mode, "array");
	assert_non_null(strstr(status(), "is missing: the counters need CONFIG_DEBUG_FS"));
	assert_true(isnan(top_point(u, 0)->fills_per_s));
	/* It comes back: a new first sample. */
	fake_write("debugfs/version", "1\n");
	sample();
	assert_unknown(u);
	assert_string_equal(status(), "");
	fake_stats("sunrpc", 1, 110);
	sample();
	assert_int_equal(u->fills, 10);
}

static void test_unreadable(void **state)
{
	(void)state;
	sample();
	sample();
	fake_write("debugfs/sunrpc/stats", "generation x\n");
	sample();
	assert_unknown(&top->user[SUNRPC]);
	assert_unknown(&top->user[POOL]);
	assert_non_null(strstr(status(), "sunrpc/stats: line 1 cannot be read"));
	/* The name of the program before it is for standard error. */
	assert_null(strstr(status(), "bulkctl:"));
	fake_stats("sunrpc", 1, 100);
	fake_remove("debugfs/page_pool/sizes");
	sample();
	assert_non_null(strstr(status(), "the histograms of page_pool"));
	fake_remove("sysctl/sunrpc");
	sample();
	assert_string_equal(top->user[SUNRPC].mode, "");
}

static void test_history(void **state)
{
	const struct top_user *u = &top->user[SUNRPC];

	(void)state;
	sample();
	for (u64 i = 1; i <= TOP_HISTORY + 2; i++) {
		fake_stats("sunrpc", 1, 100 + i * (i + 1) / 2);
		top_take(top);
	}
	assert_non_null(top_point(u, TOP_HISTORY - 1));
	assert_null(top_point(u, TOP_HISTORY));
	assert_true(top_highest(u, TOP_HISTORY) >= top_highest(u, 2));
	assert_true(top_highest(u, 1) == u->fills_per_s);
	assert_true(isnan(top_highest(u, 0)));
	assert_true(isnan(top_highest(&top->user[2], 9)));
}

static void test_level(void **state)
{
	static const struct {
		double number;
		const char *text, *ns;
	} cases[] = {
		{ NAN, "-", "-" }, { 0, "0.0", "0 ns" }, { 12.34, "12.3", "12 ns" },
		{ 99999.9, "99999.9", "100.0 us" }, { 99999.96, "100000", "100.0 us" },
		{ 9999999, "9999999", "10.0 ms" }, { 10000000, "10.0M", "10.0 ms" },
		{ 9.9e9, "9900.0M", "9.9 s" }, { 1e10, "10G", "10.0 s" },
		{ 999.6, "999.6", "1.0 us" },
	};
	char text[24];

	(void)state;
	assert_int_equal(top_level(0, 10, 8), 0);
	assert_int_equal(top_level(0.001, 10, 8), 1);
	assert_int_equal(top_level(5, 10, 8), 4);
	assert_int_equal(top_level(10, 10, 8), 8);
	assert_int_equal(top_level(11, 10, 8), 8);
	assert_int_equal(top_level(5, 0, 8), 0);
	assert_int_equal(top_level(5, NAN, 8), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		top_format(text, sizeof(text), cases[i].number);
		assert_string_equal(text, cases[i].text);
		assert_true(strlen(text) < 9);
		top_format_ns(text, sizeof(text), cases[i].number);
		assert_string_equal(text, cases[i].ns);
	}
}

static void test_mode_keys(void **state)
{
	static const char line[] = "single list array stock slist qqq keep";
	struct pb_names modes;

	(void)state;
	assert_int_equal(pb_parse_names(line, &modes), 0);
	/* q and k are keys of top; slist has only i left, qqq nothing. */
	assert_int_equal(top_mode_key(&modes, 0), 's');
	assert_int_equal(top_mode_key(&modes, 1), 'l');
	assert_int_equal(top_mode_key(&modes, 2), 'a');
	assert_int_equal(top_mode_key(&modes, 3), 't');
	assert_int_equal(top_mode_key(&modes, 4), 'i');
	assert_int_equal(top_mode_key(&modes, 5), 0);
	assert_int_equal(top_mode_key(&modes, 6), 'e');
}

static void test_switch(void **state)
{
	static const char question[] =
		"Switch sunrpc from array to list? y: yes, any other key: no";

	(void)state;
	sample();
	press("l");
	assert_string_equal(status(), question);
	assert_string_equal(fake_read("sysctl/sunrpc"), "array\n");
	/* A change of size is no answer, nor is a sample. */
	top_key(top, &control, KEY_RESIZE);
	sample();
	assert_true(control.asking);
	press("n");
	assert_false(control.asking);
	assert_string_equal(status(), "sunrpc stays in mode array");
	assert_string_equal(fake_read("sysctl/sunrpc"), "array\n");

	press("ty");
	assert_string_equal(status(), "sunrpc: array -> stock");
	assert_string_equal(fake_read("sysctl/sunrpc"), "stock\n");
	assert_string_equal(fake_read("sysctl/page_pool"), "array\n");
	/* It shows at once. */
	assert_string_equal(top->user[SUNRPC].mode, "stock");
	press("t");
	assert_string_equal(status(), "sunrpc is in mode stock already");
	assert_false(control.asking);
	press("ksY");
	assert_string_equal(fake_read("sysctl/page_pool"), "single\n");
	/* Every other key is a no, and does nothing else. */
	press("lq");
	assert_false(control.quit);
	assert_string_equal(status(), "page_pool stays in mode single");
	press("y");
	assert_string_equal(fake_read("sysctl/page_pool"), "single\n");
}

static void test_switch_refused(void **state)
{
	(void)state;
	sample();
	write_error = -EPERM;
	press("ly");
	assert_non_null(strstr(status(), "sunrpc: no permission to write "));
	assert_non_null(strstr(status(), "needs CAP_SYS_ADMIN in the initial user namespace"));
	assert_string_equal(top->user[SUNRPC].mode, "array");
	/* It goes on. */
	write_error = 0;
	press("ly");
	assert_string_equal(status(), "sunrpc: array -> list");
}

static void test_overtaken(void **state)
{
	static const char said[] = "sunrpc is in mode single meanwhile: nothing was switched";

	(void)state;
	sample();
	press("l");
	fake_write("sysctl/sunrpc", "single\n");
	press("y");
	assert_string_equal(status(), said);
	assert_string_equal(fake_read("sysctl/sunrpc"), "single\n");
	assert_string_equal(top->user[SUNRPC].mode, "single");

	/* The next sample sees it. */
	press("l");
	assert_true(control.asking);
	fake_write("sysctl/sunrpc", "stock\n");
	sample();
	assert_false(control.asking);
	assert_non_null(strstr(status(), "sunrpc is in mode stock meanwhile"));
}

static void test_what_it_ends(void **state)
{
	struct pending p = {
		.started = 1, .until = 2, .pid = 3, .generation = PB_UNKNOWN,
		.mode = "array", .return_to = "stock",
	};

	(void)state;
	fake_dir("run");
	assert_int_equal(pending_write("sunrpc", &p), 0);
	fake_write("debugfs/experiment", "holder 77 bulkctl\n");
	sample();
	press("l");
	assert_non_null(strstr(status(), "? It no longer goes back to stock by itself then. y:"));
	press("y");
	assert_string_equal(fake_read("run/sunrpc"), "");
	press("s");
	assert_non_null(strstr(status(), "? An experiment runs (process 77, bulkctl). y:"));
}

static void test_keys(void **state)
{
	(void)state;
	sample();
	press("j");
	assert_int_equal(control.selected, POOL);
	top_key(top, &control, KEY_UP);
	assert_int_equal(control.selected, SUNRPC);
	press("\tk");
	assert_int_equal(control.selected, SUNRPC);
	top_key(top, &control, KEY_DOWN);
	assert_int_equal(control.selected, POOL);
	press("x");
	assert_string_equal(status(), "no such key: see the last line");

	press("+");
	assert_int_equal(control.interval, 2 * NSEC_PER_SEC);
	assert_string_equal(status(), "every 2s");
	press("++++++");
	assert_int_equal(control.interval, 60 * NSEC_PER_SEC);
	assert_string_equal(status(), "every 1m: it goes no further");
	press("---------");
	assert_int_equal(control.interval, 100 * NSEC_PER_MSEC);
	assert_string_equal(status(), "every 100ms: it goes no further");
	/* From one that is not among them. */
	control.interval = 3 * NSEC_PER_SEC;
	press("-");
	assert_int_equal(control.interval, 2 * NSEC_PER_SEC);
	press("q");
	assert_true(control.quit);
}

static void test_pause(void **state)
{
	const struct top_user *u = &top->user[SUNRPC];

	(void)state;
	sample();
	sample();
	press("p");
	assert_true(control.paused);
	press("p");
	assert_false(control.paused);
	/* A gap, and a new first sample. */
	assert_true(isnan(top_point(u, 0)->fills_per_s));
	sample();
	assert_unknown(u);
	/* Who switches sees what is. */
	press("p");
	fake_write("sysctl/sunrpc", "single\n");
	press("l");
	assert_false(control.paused);
	assert_non_null(strstr(status(), "Switch sunrpc from single to list?"));
}

static void test_command(void **state)
{
	static const char * const bad[] = {
		"top x", "top --interval 99ms", "top --interval 61m", "top -x"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(fake_run(cmd_top, bad[i]), EXIT_USAGE);
	assert_int_equal(fake_run(cmd_top, "top --help"), EXIT_DONE);
	/* fake_run() has standard output in a file. */
	assert_int_equal(fake_run(cmd_top, "top"), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "top: standard input and output are not a terminal: use"));
	assert_string_equal(fake_out, "");
	pb_paths.sysctl = "/nonexistent";
	assert_int_equal(fake_run(cmd_top, "top"), EXIT_NO_INTERFACE);
}

#define TEST(function)	cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct cm_unit_test tests[] = {
		TEST(test_first),
		TEST(test_rates),
		TEST(test_timing),
		TEST(test_reset),
		TEST(test_switched),
		TEST(test_upper_bound),
		TEST(test_no_debugfs),
		TEST(test_unreadable),
		TEST(test_history),
		TEST(test_level),
		TEST(test_mode_keys),
		TEST(test_switch),
		TEST(test_switch_refused),
		TEST(test_overtaken),
		TEST(test_what_it_ends),
		TEST(test_keys),
		TEST(test_pause),
		TEST(test_command),
	};

	return cmocka_run_group_tests_name("top", tests, NULL, NULL);
}
