// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl compare: what it refuses, its tables, pooling. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gsl/gsl_randist.h>

#include "bulkctl.h"
#include "compare.h"
#include "example_result.h"
#include "fake_tree.h"

#define TINY	0.000001

/* Three results, a.json b.json c.json, the last of another machine. */
static char *a, *b, *c, *bad;

static void write_example(unsigned int seed, const char *path, const char *governor)
{
	struct ab_result r;

	example_result(&r, seed);
	free(r.confounders[0].value);
	r.confounders[0].value = strdup(governor);
	example_write(&r, path);
	result_free(&r);
}

static int setup(void **state)
{
	a = example_path("a.json");
	b = example_path("b.json");
	c = example_path("c.json");
	bad = example_path("bad.json");
	write_example(1, a, "performance");
	write_example(2, b, "performance");
	write_example(3, c, "powersave");
	return fake_setup(state);
}

static int teardown(void **state)
{
	remove(bad);
	free(a);
	free(b);
	free(c);
	free(bad);
	return fake_teardown(state);
}

static int run_compare(const char *options, const char *first, const char *second,
		       const char *third)
{
	char line[512];

	snprintf(line, sizeof(line), "compare %s %s %s %s", options, first, second, third);
	return fake_run(cmd_compare, line);
}

static unsigned int count_lines(const char *text)
{
	unsigned int lines = 0;

	while ((text = strchr(text, '\n'))) {
		lines++;
		text++;
	}
	return lines;
}

static void test_tables(void **state)
{
	(void)state;
	assert_int_equal(run_compare("", a, b, ""), EXIT_DONE);
	print_message("%s", fake_out);
	assert_non_null(strstr(fake_out, "ns_per_fill (ns)"));
	assert_non_null(strstr(fake_out, " %)*"));
	assert_non_null(strstr(fake_out, "not available"));
	assert_null(strstr(fake_out, "FORCED"));

	assert_int_equal(run_compare("--format markdown", a, b, ""), EXIT_DONE);
	assert_non_null(strstr(fake_out, "| metric | file | stock | single | array |\n"
					 "| --- | --- | ---: | ---: | ---: |\n"
					 "| ns\\_per\\_fill (ns) | "));
	assert_int_equal(run_compare("--format csv", a, b, ""), EXIT_DONE);
	assert_int_equal(count_lines(fake_out), 1 + 3 * 2 * 3);
	assert_int_equal(run_compare("--format csv --pool", a, b, ""), EXIT_DONE);
	assert_int_equal(count_lines(fake_out), 1 + 3 * (2 * 3 + 2));
	fake_keep("compare.csv", fake_out);
	assert_int_equal(run_compare("", a, "", ""), EXIT_DONE);
}

/* What a file says does not get at the terminal, nor at the columns of CSV. */
static void test_hostile(void **state)
{
	(void)state;
	example_edit(b, bad, "\"array\"", "\"a,\\\"r\\u001b[2Jy\"");
	assert_int_equal(run_compare("--format csv", bad, "", ""), EXIT_DONE);
	assert_non_null(strstr(fake_out, ",\"a,\"\"r?[2Jy\","));
	example_edit(b, bad, "\"ns_per_fill\"", "\"ns\\n_per\\u009bfill\"");
	assert_int_equal(run_compare("", bad, "", ""), EXIT_DONE);
	assert_non_null(strstr(fake_out, "ns?_per??fill"));
}

static void test_unreadable(void **state)
{
	const uid_t root = geteuid();

	(void)state;
	fake_write("stdout", "");
	fake_write("stderr", "");
	assert_int_equal(chmod(fake_path(""), 0777), 0);
	assert_int_equal(chmod(fake_path("stdout"), 0666), 0);
	assert_int_equal(chmod(fake_path("stderr"), 0666), 0);
	assert_int_equal(chmod(b, 0), 0);
	if (!root)
		assert_int_equal(setresuid(65534, 65534, 0), 0);
	assert_int_equal(run_compare("", b, "", ""), EXIT_NO_PERMISSION);
	if (!root)
		assert_int_equal(setresuid(0, 0, 0), 0);
	assert_non_null(strstr(fake_err, "needs its owner, or CAP_DAC_READ_SEARCH"));
}

static void test_json(void **state)
{
	json_t *doc;

	(void)state;
	assert_int_equal(run_compare("--json", a, b, ""), EXIT_DONE);
	fake_keep("compare.json", fake_out);
	assert_int_equal(run_compare("--format json --pool --force", a, b, c), EXIT_DONE);
	fake_keep("compare-pool.json", fake_out);
	doc = json_loads(fake_out, 0, NULL);
	assert_non_null(doc);
	assert_true(json_is_true(json_object_get(doc, "forced")));
	assert_int_equal(json_array_size(json_object_get(doc, "differing")), 1);
	json_decref(doc);
}

/* What differs is named with both values, the load is not asked for. */
static void test_confounders(void **state)
{
	(void)state;
	assert_int_equal(run_compare("", a, b, c), EXIT_FAILED);
	assert_string_equal(fake_out, "");
	assert_non_null(strstr(fake_err, "  governor: 'performance' ("));
	assert_non_null(strstr(fake_err, "'powersave' ("));
	assert_null(strstr(fake_err, "load"));
	assert_int_equal(run_compare("--force", a, b, c), EXIT_DONE);
	assert_non_null(strstr(fake_out, "FORCED"));
	assert_non_null(strstr(fake_out, "  governor: 'performance' ("));
	assert_int_equal(run_compare("--force --format csv", a, b, c), EXIT_DONE);
	assert_non_null(strstr(fake_out, ",yes\n"));

	/* One that only one file knows, a command, a kernel. */
	example_edit(b, bad, "\"name\": \"governor\"", "\"name\": \"smt\"");
	assert_int_equal(run_compare("", a, bad, ""), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "  governor: 'performance' ("));
	assert_non_null(strstr(fake_err, "'(not recorded)' ("));
	assert_non_null(strstr(fake_err, "  smt: '(not recorded)' ("));
	example_edit(b, bad, "\"command\": null", "\"command\": \"fio\"");
	assert_int_equal(run_compare("", a, bad, ""), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "  command: '(none)' ("));
	example_edit(b, bad, "6.12.0-test", "6.12.1-test");
	assert_int_equal(run_compare("", a, bad, ""), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "  kernel: '6.12.0-test' ("));
	example_edit(b, bad, "\"value\": null", "\"value\": \"off\"");
	assert_int_equal(run_compare("", a, bad, ""), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "  turbo: '(unknown)' ("));
}

/* --force does not help against what cannot be compared. */
static void test_other_kind(void **state)
{
	static const struct {
		const char *from, *to, *told;
	} other[] = {
		{ "\"single\"", "\"list\"", "mode number 2 is single in " },
		{ "\"user\": \"sunrpc\"", "\"user\": \"page_pool\"", "they cannot be compared" },
		{ "\"name\": \"cycles\"", "\"name\": \"instructions\"", "has no metric cycles" },
		{ "\"unit\": \"ns\"", "\"unit\": \"us\"", "ns_per_fill is in 'ns'" },
		{ "\"page-bulk-ab/1\"", "\"page-bulk-ab/9\"", "page-bulk-ab/9" },
		{ "\"slices\": [", "\"slices\": [[", "line " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(other); i++) {
		print_message("# %s\n", other[i].told);
		example_edit(b, bad, other[i].from, other[i].to);
		assert_int_equal(run_compare("--force", a, bad, ""), EXIT_FAILED);
		assert_non_null(strstr(fake_err, other[i].told));
		assert_non_null(strstr(fake_err, "bad.json"));
		assert_string_equal(fake_out, "");
	}
}

static void test_usage(void **state)
{
	(void)state;
	assert_int_equal(run_compare("", "", "", ""), EXIT_USAGE);
	assert_non_null(strstr(fake_err, "no file is given"));
	assert_int_equal(run_compare("--pool", a, "", ""), EXIT_USAGE);
	assert_int_equal(run_compare("--format yaml", a, b, ""), EXIT_USAGE);
	assert_non_null(strstr(fake_err, "available: text markdown csv json"));
	assert_int_equal(run_compare("--nonsense", a, b, ""), EXIT_USAGE);
	assert_int_equal(run_compare("", "/nonexistent", "", ""), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "/nonexistent"));
}

/* Against figures worked out by hand. */
static void test_pool(void **state)
{
	const double same[] = { 0.1, 0.1, 0.1 }, ses[] = { 0.02, 0.02, 0.02 };
	const double apart[] = { -1, 0, 4 }, ones[] = { 1, 1, 1 };
	struct pooled p;

	(void)state;
	pool_effects(same, ses, 3, &p);
	assert_true(fabs(p.effect - 0.1) < TINY && p.q < TINY && !p.i2 && !p.tau2);
	assert_true(fabs(p.se - 0.02 / sqrt(3)) < TINY);
	/* Student's t with 2 degrees of freedom: 4.302653; with 1: 12.706205 */
	assert_true(fabs(p.high - p.effect - 4.302653 * p.se) < TINY);
	assert_true(fabs(p.predict_high - p.effect - 12.706205 * p.se) < TINY);

	/* Mean 1, squares 4 + 1 + 9: with equal weights 14 / (1 + tau2) = 2. */
	pool_effects(apart, ones, 3, &p);
	assert_true(fabs(p.effect - 1) < TINY);
	assert_true(fabs(p.q - 14) < TINY);
	assert_true(fabs(p.i2 - 12.0 / 14) < TINY);
	assert_true(fabs(p.tau2 - 6) < TINY);
	assert_true(fabs(p.se - sqrt(7.0 / 3)) < TINY);
	pool_effects(apart, ones, 2, &p);
	assert_true(isnan(p.predict_low));
}

/* The interval of the mean holds it in 95 % of simulated sets of machines, or more with few. */
static void test_pool_coverage(void **state)
{
	gsl_rng *rng = random_stream(1, RANDOM_SIMULATION);

	(void)state;
	for (unsigned int nr = 3; nr <= 10; nr += 7) {
		unsigned int covered = 0, significant = 0;

		for (unsigned int i = 0; i < 1000; i++) {
			double y[10], se[10];
			struct pooled p;

			for (unsigned int k = 0; k < nr; k++) {
				se[k] = 0.01 + 0.04 * gsl_rng_uniform(rng);
				y[k] = gsl_ran_gaussian(rng, 0.03) + gsl_ran_gaussian(rng, se[k]);
			}
			pool_effects(y, se, nr, &p);
			covered += p.low <= 0 && p.high >= 0;
			significant += p.p <= 0.05;
		}
		print_message("# %u files: %u of 1000 intervals hold the mean\n", nr, covered);
		assert_int_equal(covered + significant, 1000);
		assert_in_range(covered, 935, nr == 3 ? 995 : 975);
	}
	gsl_rng_free(rng);
}

int main(void)
{
	const struct cm_unit_test tests[] = {
		cmocka_unit_test_setup_teardown(test_tables, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unreadable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_json, setup, teardown),
		cmocka_unit_test_setup_teardown(test_confounders, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_kind, setup, teardown),
		cmocka_unit_test_setup_teardown(test_usage, setup, teardown),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_pool_coverage),
	};

	return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
