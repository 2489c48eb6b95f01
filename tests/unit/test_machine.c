// SPDX-License-Identifier: GPL-2.0-only
/* What the machine counts: perf scaling and errors, /proc/vmstat, the hypervisor's name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake_tree.h"
#include "machine.h"
#include "perf.h"
#include "util.h"
#include "vmstat.h"

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
	assert_string_equal(perf_reason(-EMFILE), strerror(EMFILE));
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
		"", "-1", "0-", "3-1", "0,", "a", "0-1x", "0--1", "99999999", "0- 1"
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
static void test_perf_live(void **state)
{
	struct perf_result results[PERF_MAX_EVENTS];
	struct perf perf;

	(void)state;
	assert_int_equal(perf_open(&perf), 0);
	perf_next(&perf, results);
	perf_next(&perf, results);
	for (unsigned int i = 0; i < PERF_MAX_EVENTS; i++) {
		assert_string_equal(results[i].event->name, perf_default_events[i].name);
		if (!results[i].reason)
			assert_true(results[i].enabled > 0);
		else
			assert_true(results[i].value == 0 && *results[i].reason);
	}
	perf_close(&perf);
}

static int parse_vmstat(const char *text, struct vmstat *vm)
{
	FILE *in = fake_file(text);
	int ret = vmstat_parse(in, vm);

	fclose(in);
	return ret;
}

static void test_vmstat(void **state)
{
	struct vmstat a, b, d;

	(void)state;
	assert_int_equal(parse_vmstat("pgalloc_dma 1\npgalloc_dma32 20\npgalloc_normal 300\n"
				      "allocstall_normal 7\npgfree 50\npgfree_x 9\n", &a), 0);
	assert_int_equal(a.pgalloc, 321);
	assert_int_equal(a.pgfree, 50);
	assert_int_equal(parse_vmstat("pgalloc_normal 400\npgfree 40\n", &b), 0);
	vmstat_delta(&a, &b, &d);
	assert_int_equal(d.pgalloc, 79);
	assert_int_equal(d.pgfree, PB_UNKNOWN);	/* went back */

	assert_int_equal(parse_vmstat("nr_free_pages 1\n", &a), 0);
	assert_int_equal(a.pgalloc, PB_UNKNOWN);
	assert_int_equal(a.pgfree, PB_UNKNOWN);
	vmstat_delta(&a, &b, &d);
	assert_int_equal(d.pgalloc, PB_UNKNOWN);
	assert_int_equal(parse_vmstat("", &a), 0);
	assert_int_equal(a.pgalloc, PB_UNKNOWN);
	assert_int_equal(parse_vmstat("pgfree 3\npgalloc_normal 12x\n", &a), -EBADMSG);
	assert_int_equal(a.pgfree, PB_UNKNOWN);
	pb_paths.vmstat = "/nonexistent";
	vmstat_read(&a);
	assert_int_equal(a.pgalloc, PB_UNKNOWN);
}

static const char *hypervisor(const char *vendor, const char *cpuinfo)
{
	FILE *in = fake_file(cpuinfo);
	const char *name = machine_hypervisor(vendor, in);

	fclose(in);
	return name;
}

static void test_hypervisor(void **state)
{
	const char *flag = "processor : 0\nflags\t\t: fpu hypervisor lahf_lm\n";

	(void)state;
	assert_string_equal(hypervisor("QEMU", "model name\t: QEMU TCG CPU version 2.5+\n"),
			    "QEMU TCG");
	assert_string_equal(hypervisor("QEMU", flag), "QEMU");
	assert_string_equal(hypervisor("", flag), "hypervisor");
	assert_string_equal(hypervisor("Dell Inc.", "flags : fpu hypervisors\n"), "");
	assert_string_equal(machine_hypervisor("", NULL), "");
}

int main(void)
{
	const struct cm_unit_test tests[] = {
		cmocka_unit_test(test_perf_scale),
		cmocka_unit_test(test_perf_reason),
		cmocka_unit_test(test_perf_cpus),
		cmocka_unit_test(test_perf_live),
		cmocka_unit_test_setup_teardown(test_vmstat, fake_setup, fake_teardown),
		cmocka_unit_test(test_hypervisor),
	};

	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
