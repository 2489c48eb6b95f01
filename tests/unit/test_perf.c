// SPDX-License-Identifier: GPL-2.0-only
/* perf events: names, groups, CPU lists, targets, scaling; and counts of what we do ourselves. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_tree.h"
#include "perf.h"
#include "perf_name.h"
#include "util.h"

static void test_perf_scale(void **state)
{
	const struct perf_value zero = { 0 }, start = { 100, 1000, 1000 };
	struct perf_result r = { .running = 1 };
	struct perf_value end = { 300, 3000, 3000 };

	(void)state;
	perf_add(&start, &end, &r);
	assert_true(r.value == 200 && !r.scaled && r.running == 1 && !r.reason);

	/* A second CPU, counted for a quarter of 2000 ns: four times its count, and marked. */
	end = (struct perf_value){ 150, 3000, 1500 };
	perf_add(&start, &end, &r);
	assert_true(r.value == 400 && r.scaled && r.running == 0.25 && !r.reason);

	/* Offline all the time: adds nothing and is no reason to say so. */
	perf_add(&start, &start, &r);
	assert_true(r.value == 400 && !r.reason);

	/* Never on the hardware: not 0. */
	end = (struct perf_value){ 0, 1000, 0 };
	r = (struct perf_result){ .running = 1 };
	perf_add(&zero, &end, &r);
	assert_non_null(r.reason);
}

static void test_perf_reason(void **state)
{
	(void)state;
	assert_string_equal(perf_reason(-ENOENT), "not supported");
	assert_string_equal(perf_reason(-EOPNOTSUPP), "not supported");
	assert_string_equal(perf_reason(-ENODEV), "not supported");
	assert_non_null(strstr(perf_reason(-EACCES), "CAP_PERFMON"));
	assert_non_null(strstr(perf_reason(-EPERM), "no permission"));
	assert_non_null(strstr(perf_reason(-EMFILE), "too many open files"));
	assert_non_null(strstr(perf_reason(-E2BIG), "its group"));
	assert_string_equal(perf_reason(-EIO), strerror(EIO));
}

static void test_perf_cpus(void **state)
{
	static const struct {
		const char *list;
		unsigned int nr, first, last;
	} good[] = {
		{ "0", 1, 0, 0 },
		{ "0-3", 4, 0, 3 },
		{ "0-1,4,6-7", 5, 0, 7 },
	};
	static const char * const bad[] = {
		"", "-1", "0-", "3-1", "0,", "a", "0-1x", "0--1", "99999999", "0- 1", "\t1"
	};
	unsigned int nr = 0;
	int *cpus = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(perf_parse_cpus(good[i].list, &cpus, &nr), 0);
		assert_int_equal(nr, good[i].nr);
		assert_int_equal(cpus[0], good[i].first);
		assert_int_equal(cpus[nr - 1], good[i].last);
		free(cpus);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		print_message("# '%s'\n", bad[i]);
		assert_int_equal(perf_parse_cpus(bad[i], &cpus, &nr), -EINVAL);
	}
}

/* On any machine: each event has a value or a reason, never neither. */
static void test_live(void **state)
{
	struct perf_request request = { };
	struct perf_result results[6];
	struct perf *perf;

	(void)state;
	assert_int_equal(perf_request_finish("test", &request), EXIT_DONE);
	assert_int_equal(request.events.nr, ARRAY_SIZE(results));
	assert_int_equal(perf_open(&request, &perf), 0);
	perf_next(perf, results);
	perf_next(perf, results);
	for (unsigned int i = 0; i < ARRAY_SIZE(results); i++) {
		assert_ptr_equal(results[i].event, &request.events.event[i]);
		if (!results[i].reason)
			assert_true(results[i].enabled > 0);
		else
			assert_true(results[i].value == 0 && *results[i].reason);
	}
	perf_close(perf);
	perf_request_free(&request);
}

int main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct cm_unit_test tests[] = {
		cmocka_unit_test(test_perf_scale),
		cmocka_unit_test(test_perf_reason),
		cmocka_unit_test(test_perf_cpus),
		cmocka_unit_test(test_live),
	};

	return cmocka_run_group_tests_name("perf", tests, NULL, NULL);
}
