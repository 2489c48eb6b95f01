// SPDX-License-Identifier: GPL-2.0-only
/* Results of bulkctl ab: to JSON and back, files that are broken, the text. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "example_result.h"
#include "fake_tree.h"
#include "json.h"

#define TINY	0.000000001
#define LONG	"a-name-that-would-be-cut-off-within-the-letter-at-its-end"

static int print_result(int argc, char *argv[])
{
	struct ab_result r;

	(void)argc;
	if (result_load(argv[0], &r) || result_analyse(&r)) {
		result_free(&r);
		return EXIT_FAILED;
	}
	result_text(stdout, &r);
	result_free(&r);
	return EXIT_DONE;
}

static void assert_same(const json_t *x, const json_t *y, const char *key)
{
	assert_true(json_equal(json_object_get(x, key), json_object_get(y, key)));
}

static void test_round_trip(void **state)
{
	char *path = example_path("ab.json");
	struct ab_result a, b;
	json_t *x, *y;

	(void)state;
	example_result(&a, 1);
	example_write(&a, path);
	assert_int_equal(result_load(path, &b), EXIT_DONE);
	assert_int_equal(result_analyse(&b), 0);
	x = result_to_json(&a);
	y = result_to_json(&b);
	/* Reals are written with 12 digits: what is computed of them may differ in the 10th. */
	assert_int_equal(json_array_size(json_object_get(x, "slices")), 2 * 3 * 12);
	for (size_t i = 0; i < 72; i++)
		assert_true(fabs(a.slices.v[i].values[0] / b.slices.v[i].values[0] - 1) < TINY);
	assert_same(x, y, "confounders");
	assert_same(x, y, "notes");
	assert_same(x, y, "modes");
	assert_true(isnan(b.slices.v[5].values[1]));
	assert_string_equal(b.slices.v[9].dropped, "sunrpc was switched by another process");
	assert_int_equal(b.analysis.comparisons[0].verdict, VERDICT_BETTER);
	assert_int_equal(b.analysis.comparisons[4].verdict, VERDICT_NONE);
	assert_true(fabs(a.analysis.comparisons[0].p - b.analysis.comparisons[0].p) < TINY);
	json_decref(x);
	json_decref(y);
	result_free(&a);
	result_free(&b);
	free(path);
}

/* An experiment that ended before the first slice, and one in the middle of the first block. */
static void test_little(void **state)
{
	char *path = example_path("ab-empty.json");
	struct ab_result r;

	(void)state;
	example_result(&r, 1);
	example_cut(&r, 0);
	r.interrupted = true;
	assert_int_equal(result_analyse(&r), 0);
	example_write(&r, path);
	result_free(&r);
	assert_int_equal(fake_run(print_result, path), EXIT_DONE);
	assert_non_null(strstr(fake_out, "No slice of the experiment itself was measured."));
	assert_non_null(strstr(fake_out, "Interrupted"));
	free(path);

	path = example_path("ab-short.json");
	example_result(&r, 1);
	example_cut(&r, 4);
	assert_int_equal(result_analyse(&r), 0);
	example_write(&r, path);
	result_free(&r);
	assert_int_equal(fake_run(print_result, path), EXIT_DONE);
	free(path);
}

/* A command line, a host or a process may have any bytes in their names. */
static void test_not_utf8(void **state)
{
	struct ab_result r;
	json_t *doc, *last;

	(void)state;
	example_result(&r, 1);
	r.command = strdup("cat caf\xe9 \"x\"");
	assert_int_equal(result_add_confounder(&r, "cmdline", "a=\xff\x01", false), 0);
	doc = result_to_json(&r);
	assert_string_equal(json_string_value(json_object_get(doc, "command")),
			    "cat caf\\xe9 \"x\"");
	last = json_array_get(json_object_get(doc, "confounders"), r.nr_confounders - 1);
	assert_string_equal(json_string_value(json_object_get(last, "value")), "a=\\xff\x01");
	json_decref(doc);
	free(r.command);
	r.command = strdup("cat caf\xc3\xa9");
	doc = result_to_json(&r);
	assert_string_equal(json_string_value(json_object_get(doc, "command")), r.command);
	json_decref(doc);
	result_free(&r);
}

static void test_text(void **state)
{
	char *path = example_path("ab.json");

	(void)state;
	assert_int_equal(fake_run(print_result, path), EXIT_DONE);
	assert_non_null(strstr(fake_out, "12 of 12 rounds"));
	assert_non_null(strstr(fake_out, "1 of 72 slices were dropped, the first: sunrpc was"));
	assert_non_null(strstr(fake_out, "stock against itself, 12 rounds"));
	assert_non_null(strstr(fake_out, "better"));
	assert_non_null(strstr(fake_out, "no difference above the noise (could have seen"));
	assert_non_null(strstr(fake_out, "cycles: not available: no PMU"));
	assert_non_null(strstr(fake_out, "A p99 needs 100 slices of a mode"));
	assert_non_null(strstr(fake_out, "Note: kmem:mm_page_alloc is blind"));
	free(path);
}

/* Each is told with the file and what is wrong with it. */
static void test_broken(void **state)
{
	static const struct {
		const char *from, *to, *told;
	} broken[] = {
		{ "\"page-bulk-ab/1\"", "\"page-bulk-ab/2\"", "take the bulkctl that wrote it" },
		{ "\"page-bulk-ab/1\"", "\"page-bulk-report/1\"", "not a result of 'bulkctl ab" },
		{ "\"schema\"", "\"scheme\"", "it has no schema" },
		{ "{", "", "line 2: " },
		{ "\"user\": \"sunrpc\"", "\"user\": 7", "user is not a string" },
		{ "\"user\"", "\"usr\"", "user is missing" },
		{ "6.12.0-test", "6.12.0-" LONG "\u00e9", "kernel has more than 64 bytes" },
		{ "\"seed\": 7", "\"seed\": -7", "seed is not a whole number" },
		{ "\"seed\": 7", "\"seed\": 7.5", "seed is not a whole number" },
		{ "\"slice_s\": ", "\"slice_s\": -", "slice_s is not a number of seconds" },
		{ "\"interrupted\": false", "\"interrupted\": 0", "neither true nor false" },
		{ "\"better\": \"lower\"", "\"better\": \"smaller\"", "better is 'smaller'" },
		{ "\"arm\": 2", "\"arm\": 3", "arm is not a whole number from 0 to 2" },
		{ "\"block\": 5", "\"block\": 1000", "block is not a whole number" },
		{ "\"position\": 5", "\"position\": 6", "position is not a whole number" },
		{ "\"values\": [", "\"values\": [ 1,", "values is not an array of 3 to 3" },
		{ "\"values\": [", "\"values\": { } , \"x\": [", "values is not an array" },
		{ "\"varies\": true", "\"varies\": null", "varies is neither true nor false" },
		{ "\"modes\": [", "\"modes\": [ 1,", "modes[0] is not a string" },
		{ "\"metrics\"", "\"metric\"", "metrics is missing" },
		{ "\"fills_per_s\"", "\"ns_per_fill\"",
		  "name is 'ns_per_fill', as that of number 0" },
		{ "\"turbo\"", "\"governor\"", "name is 'governor', as that of number 0" },
	};
	char *path = example_path("ab.json"), *bad = example_path("bad.json");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		example_edit(path, bad, broken[i].from, broken[i].to);
		print_message("# %s\n", broken[i].told);
		assert_int_equal(fake_run(print_result, bad), EXIT_FAILED);
		assert_non_null(strstr(fake_err, broken[i].told));
		assert_non_null(strstr(fake_err, "bad.json: "));
		assert_string_equal(fake_out, "");
		/* one sentence */
		assert_ptr_equal(strchr(fake_err, '\n'), fake_err + strlen(fake_err) - 1);
	}
	remove(bad);
	assert_int_equal(fake_run(print_result, bad), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "No such file"));
	free(path);
	free(bad);
}

/* Cut anywhere, a file is refused, not misread. */
static void test_truncated(void **state)
{
	char *path = example_path("ab.json"), *bad = example_path("bad.json");
	struct ab_result r;

	(void)state;
	for (unsigned int percent = 0; percent < 100; percent += 7) {
		example_truncate(path, bad, percent);
		assert_int_equal(result_load(bad, &r), EXIT_FAILED);
		result_free(&r);
	}
	remove(bad);
	free(path);
	free(bad);
}

int main(void)
{
	const struct cm_unit_test tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_not_utf8),
		cmocka_unit_test_setup_teardown(test_little, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_text, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_broken, fake_setup, fake_teardown),
		cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests_name("result", tests, NULL, NULL);
}
