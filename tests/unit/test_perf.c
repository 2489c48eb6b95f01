// SPDX-License-Identifier: GPL-2.0-only
/* perf events: names, groups, CPU lists, targets. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake_tree.h"
#include "perf.h"
#include "perf_name.h"
#include "util.h"

static void test_cpus(void **state)
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
		"", "-1", "0-", "3-1", "0,", "a", "0-1x", "0--1", "99999999", "0- 1", "\t1",
		"0-65535,0-65535,0",	/* more than there can be, and each takes memory */
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

static struct perf_events events;

/* What perf_events_add() prints is for people: here only its code counts. */
static int add(const char *list)
{
	perf_events_free(&events);
	return perf_events_add("test", list, &events);
}

static void fake_tracepoint(const char *system, const char *name, const char *id)
{
	char path[256];

	snprintf(path, sizeof(path), "tracing/events/%s", system);
	fake_dir(path);
	snprintf(path, sizeof(path), "tracing/events/%s/%s", system, name);
	fake_dir(path);
	snprintf(path, sizeof(path), "tracing/events/%s/%s/id", system, name);
	fake_write(path, id);
}

static int setup_tracing(void **state)
{
	int ret = fake_setup(state);

	fake_dir("tracing");
	fake_dir("tracing/events");
	fake_tracepoint("kmem", "mm_page_alloc", "407\n");
	fake_tracepoint("kprobes", "u", "1500\n");
	return ret;
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		u32 type;
		u64 config;
		bool user, kernel;	/* counted */
	} known[] = {
		{ "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, true, true },
		{ "cpu-cycles:u", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, true, false },
		{ "instructions:k", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, false, true },
		{ "branches:uk", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS,
		  true, true },
		{ "cs", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, true, true },
		{ "major-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ, true, true },
		{ "emulation-faults:k", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_EMULATION_FAULTS,
		  false, true },
		{ "L1-dcache-load-misses", PERF_TYPE_HW_CACHE, 0x10000, true, true },
		{ "LLC-stores", PERF_TYPE_HW_CACHE, 0x102, true, true },
		{ "dTLB-store-misses:u", PERF_TYPE_HW_CACHE, 0x10103, true, false },
		{ "r20d1", PERF_TYPE_RAW, 0x20d1, true, true },
		{ "r3c:k", PERF_TYPE_RAW, 0x3c, false, true },
		{ "kmem:mm_page_alloc", PERF_TYPE_TRACEPOINT, 407, true, true },
		{ "kmem:mm_page_alloc:k", PERF_TYPE_TRACEPOINT, 407, false, true },
		{ "kprobes:u:u", PERF_TYPE_TRACEPOINT, 1500, true, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const struct perf_event *e;

		print_message("# %s\n", known[i].name);
		assert_int_equal(add(known[i].name), EXIT_DONE);
		assert_int_equal(events.nr, 1);
		e = &events.event[0];
		assert_string_equal(e->name, known[i].name);
		assert_null(e->missing);
		assert_int_equal(e->attr.type, known[i].type);
		assert_int_equal(e->attr.config, known[i].config);
		assert_int_equal(!e->attr.exclude_user, known[i].user);
		assert_int_equal(!e->attr.exclude_kernel, known[i].kernel);
	}
	assert_int_equal(add("task-clock"), EXIT_DONE);
	assert_string_equal(events.event[0].unit, "ns");
	assert_int_equal(add("page-faults"), EXIT_DONE);
	assert_null(events.event[0].unit);
}

/* Events of a Pentium 4 and of a Core 2: this CPU is one of them at most. */
static void test_other_cpu(void **state)
{
	unsigned int missing = 0;

	(void)state;
	assert_int_equal(add("GLOBAL_POWER_EVENTS:RUNNING,core::UNHALTED_CORE_CYCLES"),
			 EXIT_DONE);
	for (unsigned int i = 0; i < events.nr; i++) {
		if (!events.event[i].missing)
			continue;
		assert_non_null(strstr(events.event[i].missing, "an event of other CPUs"));
		missing++;
	}
	assert_true(missing >= 1);
}

static void test_lists(void **state)
{
	static const struct {
		const char *list;
		unsigned int nr;
		const char *last;
		unsigned int leaders[5];
	} good[] = {
		{ "cycles", 1, "cycles", { 0 } },
		{ "cycles,cs", 2, "cs", { 0, 1 } },
		{ "{cycles,cs}", 2, "cs", { 0, 0 } },
		{ "cs,{cycles,faults}:u,cs:k", 4, "cs:k", { 0, 1, 1, 3 } },
		{ "{cycles:k,cs}:u,{faults}", 3, "faults", { 0, 0, 2 } },
		{ "{cycles,cs},{cycles,faults}", 4, "faults", { 0, 0, 2, 2 } },
		{ "cs,cs,cs", 3, "cs#3", { 0, 1, 2 } },
		{ "kmem:mm_page_alloc,{cs:u}:k", 2, "cs:uk", { 0, 1 } },
	};
	static const char * const bad[] = {
		"", ",", "cs,", ",cs", "cs,,cs", "{", "{}", "{cs", "{cs,}", "cs}", "{cs}:", "{cs}x",
		"{cs}:x", "{cs}cs", "{{cs}}", "c s", " cs", "cs ", "{cs},", "cs:", "cs:x", "cs:ux",
		"cs:u:k:q",
		"nothing", "kmem:", ":mm_page_alloc", "kmem:mm_page", "kmem:mm_page_alloc:x", "r",
		"rx", "../kmem:mm_page_alloc/../id", ":u", "u", "/", "//",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		print_message("# %s\n", good[i].list);
		assert_int_equal(add(good[i].list), EXIT_DONE);
		assert_int_equal(events.nr, good[i].nr);
		assert_string_equal(events.event[events.nr - 1].name, good[i].last);
		for (unsigned int e = 0; e < events.nr; e++)
			assert_int_equal(events.event[e].leader, good[i].leaders[e]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		print_message("# '%s'\n", bad[i]);
		assert_int_equal(add(bad[i]), EXIT_USAGE);
	}
	/* A second -e joins the first. */
	assert_int_equal(add("cs"), EXIT_DONE);
	assert_int_equal(perf_events_add("test", "{cycles,cs}", &events), EXIT_DONE);
	assert_string_equal(events.event[2].name, "cs#2");
	assert_int_equal(events.event[2].leader, 1);
}

static void test_suggest(void **state)
{
	char near[256];

	(void)state;
	perf_suggest("contxt-switches", near, sizeof(near));
	assert_string_equal(near, "context-switches");
	perf_suggest("kmem:mm_page_aloc", near, sizeof(near));
	assert_string_equal(near, "kmem:mm_page_alloc");
	perf_suggest("page-fault", near, sizeof(near));
	assert_memory_equal(near, "page-faults", strlen("page-faults"));
	perf_suggest("kmem:mm", near, sizeof(near));
	assert_string_equal(near, "kmem:mm_page_alloc");
	perf_suggest("nothing-is-like-this-one", near, sizeof(near));
	assert_string_equal(near, "");
}

static int option(struct perf_request *request, int opt, const char *arg)
{
	perf_request_free(request);
	return perf_option("test", opt, arg, request);
}

static void test_targets(void **state)
{
	static const char * const cpus[] = { "", "x", "0,", "-1", "65535", "0-65535" };
	static const char * const pids[] = {
		"", "x", "1,", ",1", "0", "-1", "1;2", "99999999999999999999", "2147483647"
	};
	struct perf_request request = { };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++) {
		print_message("# -C '%s'\n", cpus[i]);
		assert_int_equal(option(&request, 'C', cpus[i]), EXIT_USAGE);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		print_message("# -p '%s'\n", pids[i]);
		assert_int_equal(option(&request, 'p', pids[i]), EXIT_USAGE);
	}
	fake_write("online", "0-1,4\n");
	assert_int_equal(option(&request, 'C', "4,0-1,4,0"), EXIT_DONE);
	assert_int_equal(request.target.nr_cpus, 3);
	assert_int_equal(request.target.cpus[0], 4);
	assert_int_equal(request.target.cpus[2], 1);
	assert_int_equal(option(&request, 'C', "2"), EXIT_USAGE);
	perf_request_free(&request);

	assert_int_equal(perf_option("test", 'p', "1,1", &request), EXIT_DONE);
	assert_int_equal(perf_option("test", 'p', "1", &request), EXIT_DONE);
	assert_int_equal(request.target.nr_pids, 1);
	assert_int_equal(perf_option("test", PERF_OPT_NFSD, NULL, &request), EXIT_DONE);
	assert_int_equal(perf_request_finish("test", &request), EXIT_USAGE);
	perf_request_free(&request);
}

static void fake_pmu(void)
{
	static const char * const dirs[] = { "pmus", "pmus/x", "pmus/x/events", "pmus/x/format" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		fake_dir(dirs[i]);
	fake_write("pmus/x/type", "17\n");
	fake_write("pmus/x/format/event", "config:0-7,32-35\n");
	fake_write("pmus/x/format/edge", "config:18\n");
	fake_write("pmus/x/format/mask", "config1:4-7\n");
	fake_write("pmus/x/format/bad", "config9:4-7\n");
	fake_write("pmus/x/format/wide", "config:60-64\n");
	fake_write("pmus/x/events/energy", "event=0x302,mask=5\n");
	fake_write("pmus/x/events/energy.scale", "0.25\n");
	fake_write("pmus/x/events/energy.unit", "Joules\n");
	fake_write("pmus/x/format/blank", "config:0- 3\n");
	fake_write("pmus/x/events/open", "event=?\n");
	fake_write("pmus/x/events/vague", "event=1\n");
	fake_write("pmus/x/events/vague.scale", "nan\n");
}

/* What a driver names in sysfs: terms, and events made of them. */
static void test_pmu(void **state)
{
	static const struct {
		const char *name;
		u64 config, config1;
	} good[] = {
		{ "x/event=0x302/", 0x300000002ULL, 0 },
		{ "x/event=2,edge,mask=15/", 0x40002, 0xf0 },
		{ "x/config=0x1234,config1=7/", 0x1234, 7 },
		{ "x/energy/", 0x300000002ULL, 0x50 },
		{ "x/energy,edge/k", 0x300040002ULL, 0x50 },
	};
	static const char * const unknown[] = {
		"x/nothing/", "x/nothing=1/", "y/energy/", "x/energy", "x//", "/energy/", "x/,/",
		"x/../type/", "../x/energy/", "./energy/",
	};
	static const char * const malformed[] = {
		"x/event=0x1000/", "x/event=/", "x/event=x/", "x/event=-1/", "x/event=1x/",
		"x/mask=16/", "x/bad=1/", "x/wide=1/", "x/open/", "x/edge=2/",
		"x/blank=1/", "x/vague/",
		"x/config=99999999999999999999/",
	};

	(void)state;
	fake_pmu();
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		print_message("# %s\n", good[i].name);
		assert_int_equal(add(good[i].name), EXIT_DONE);
		assert_int_equal(events.nr, 1);
		assert_int_equal(events.event[0].attr.type, 17);
		assert_int_equal(events.event[0].attr.config, good[i].config);
		assert_int_equal(events.event[0].attr.config1, good[i].config1);
		assert_null(events.event[0].cpus);
	}
	assert_true(events.event[0].attr.exclude_user);
	assert_string_equal(events.event[0].unit, "Joules");
	assert_true(events.event[0].scale == 0.25);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		print_message("# %s\n", unknown[i]);
		assert_int_equal(add(unknown[i]), EXIT_USAGE);
	}
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
		print_message("# %s\n", malformed[i]);
		assert_int_equal(add(malformed[i]), EXIT_USAGE);
	}
	/* One CPU of a package counts for all of it. */
	fake_write("pmus/x/cpumask", "0,4\n");
	assert_int_equal(add("{x/energy/,cs}:u"), EXIT_DONE);
	assert_string_equal(events.event[0].name, "x/energy/u");
	assert_int_equal(events.event[0].nr_cpus, 2);
	assert_int_equal(events.event[0].cpus[1], 4);
	/* A unit in sysfs goes before the one that the kernel's own clocks have. */
	fake_write("pmus/x/type", "1\n");
	fake_write("pmus/x/events/energy", "mask=5\n");
	assert_int_equal(add("x/energy/"), EXIT_DONE);
	assert_int_equal(events.event[0].attr.type, PERF_TYPE_SOFTWARE);
	assert_int_equal(events.event[0].attr.config, PERF_COUNT_SW_CPU_CLOCK);
	assert_string_equal(events.event[0].unit, "Joules");
}

static int teardown(void **state)
{
	perf_events_free(&events);
	return fake_teardown(state);
}

int main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup_tracing, teardown)
	const struct cm_unit_test tests[] = {
		cmocka_unit_test(test_cpus),
		TEST(test_names),
		TEST(test_other_cpu),
		TEST(test_pmu),
		TEST(test_lists),
		TEST(test_suggest),
		TEST(test_targets),
	};

	return cmocka_run_group_tests_name("perf", tests, NULL, NULL);
}
