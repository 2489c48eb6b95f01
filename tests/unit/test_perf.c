// SPDX-License-Identifier: GPL-2.0-only
/* perf events: names, groups, CPU lists, targets, scaling; and counts of what we do ourselves. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
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

static void fake_process(int pid, const char *stat)
{
	char path[64], line[128];

	snprintf(path, sizeof(path), "proc/%d", pid);
	fake_dir(path);
	snprintf(path, sizeof(path), "proc/%d/stat", pid);
	snprintf(line, sizeof(line), "%d %s", pid, stat);
	fake_write(path, line);
}

/* Threads of the kernel's with the name nfsd, and nothing else of that name. */
static void test_nfsd(void **state)
{
	const struct perf_target target = { .nfsd = true };
	pid_t *threads;
	unsigned int nr;

	(void)state;
	fake_process(2, "(kthreadd) S 0 0 0\n");
	fake_process(70, "(nfsd) I 2 0 0\n");
	fake_process(80, "(nfsd) S 1 80 80\n");
	fake_process(90, "(x) R 2 (nfsd)) S 1 90 90\n");
	fake_process(95, "(nfsd4_callbacks) I 2 0 0\n");
	fake_dir("proc/self");
	assert_int_equal(perf_target_threads(&target, &threads, &nr), 0);
	assert_int_equal(nr, 1);
	assert_int_equal(threads[0], 70);
	free(threads);
}

/* Touch pages that nothing else has touched: so many page faults. */
static void touch(unsigned int pages)
{
	long size = sysconf(_SC_PAGESIZE);
	unsigned long sum = 0;
	char *area;

	area = mmap(NULL, pages * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(area != MAP_FAILED);
	/* Else a huge page may serve many of them. */
	madvise(area, pages * size, MADV_NOHUGEPAGE);
	memset(area, 1, pages * size);
	for (unsigned int i = 0; i < pages; i++)
		sum += area[i * size];
	assert_int_equal(sum, pages);	/* so that the compiler keeps it */
	munmap(area, pages * size);
}

static bool allowed(const struct perf_result *result)
{
	if (!result->reason)
		return true;
	/* A container may forbid it: then that is what must be said. */
	assert_non_null(strstr(result->reason, "permission"));
	return false;
}

/* Our own page faults, by an event alone, in a group, and of a child that begins later. */
static void test_count(void **state)
{
	struct perf_request request = { };
	struct perf_result r[4];
	struct perf *perf;
	char pid[16];

	(void)state;
	snprintf(pid, sizeof(pid), "%d", getpid());
	assert_int_equal(perf_option("test", 'p', pid, &request), EXIT_DONE);
	assert_int_equal(perf_option("test", 'e', "faults:u,{cycles:u,faults:u,task-clock:u}",
				     &request), EXIT_DONE);
	assert_int_equal(perf_open(&request, &perf), 0);
	perf_next(perf, r);
	touch(3000);
	perf_next(perf, r);
	if (allowed(&r[0])) {
		assert_in_range((u64)r[0].value, 3000, 3200);
		assert_in_range((u64)r[2].value, 3000, 3200);
		assert_false(r[0].scaled);
		assert_true(r[3].value > 0);
		assert_int_equal(perf_threads(perf).nr, 1);

		if (!fork()) {
			touch(1000);
			_exit(0);
		}
		wait(NULL);
		perf_next(perf, r);
		assert_in_range((u64)r[0].value, 1000, 1600);
	}
	perf_close(perf);
	perf_request_free(&request);
}

/* A process that ends has counts until then, and none after: not 0. */
static void test_ended(void **state)
{
	struct perf_request request = { };
	struct perf_result r[1];
	struct perf *perf;
	int go[2];
	char pid[16];
	pid_t child;

	(void)state;
	assert_int_equal(pipe(go), 0);
	child = fork();
	if (!child) {
		char c;

		_exit(read(go[0], &c, 1) == 1 ? (touch(500), 0) : 1);
	}
	snprintf(pid, sizeof(pid), "%d", child);
	assert_int_equal(perf_option("test", 'p', pid, &request), EXIT_DONE);
	assert_int_equal(perf_option("test", 'e', "faults:u", &request), EXIT_DONE);
	assert_int_equal(perf_open(&request, &perf), 0);
	perf_next(perf, r);
	perf_next(perf, r);
	if (allowed(r))	/* it slept: that is a count */
		assert_true(r[0].value == 0);
	assert_int_equal(write(go[1], "", 1), 1);
	waitpid(child, NULL, 0);
	perf_next(perf, r);
	if (allowed(r))
		assert_in_range((u64)r[0].value, 500, 700);
	perf_next(perf, r);
	assert_non_null(r[0].reason);
	perf_close(perf);
	perf_request_free(&request);
	close(go[0]);
	close(go[1]);
}

/* Threads of nfsd come and go between the readings. The fake ones have our number. */
static void test_nfsd_follows(void **state)
{
	struct perf_request request = { };
	struct perf_result r[1];
	struct perf *perf;
	char stat[64];

	(void)state;
	assert_int_equal(perf_option("test", PERF_OPT_NFSD, NULL, &request), EXIT_DONE);
	assert_int_equal(perf_option("test", 'e', "faults:u", &request), EXIT_DONE);
	assert_int_equal(perf_open(&request, &perf), 0);
	perf_next(perf, r);
	assert_string_equal(r[0].reason, "not counted: no thread of nfsd was there");

	fake_process(getpid(), "(nfsd) S 2 0 0\n");
	touch(300);	/* before we look for threads: not counted */
	perf_next(perf, r);
	assert_non_null(r[0].reason);
	assert_int_equal(perf_threads(perf).started, 1);
	touch(200);
	snprintf(stat, sizeof(stat), "proc/%d/stat", getpid());
	fake_remove(stat);
	perf_next(perf, r);
	if (allowed(r))
		assert_in_range((u64)r[0].value, 200, 280);
	assert_int_equal(perf_threads(perf).started, 0);
	assert_int_equal(perf_threads(perf).ended, 1);
	assert_int_equal(perf_threads(perf).nr, 0);
	perf_next(perf, r);
	assert_non_null(r[0].reason);
	perf_close(perf);
	perf_request_free(&request);
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
		cmocka_unit_test(test_perf_scale),
		cmocka_unit_test(test_perf_reason),
		cmocka_unit_test(test_perf_cpus),
		TEST(test_names),
		TEST(test_other_cpu),
		TEST(test_lists),
		TEST(test_suggest),
		TEST(test_targets),
		TEST(test_nfsd),
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_ended),
		TEST(test_nfsd_follows),
	};

	return cmocka_run_group_tests_name("perf", tests, NULL, NULL);
}
