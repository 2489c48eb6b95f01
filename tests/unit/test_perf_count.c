// SPDX-License-Identifier: GPL-2.0-only
/* perf events: counts of what we do ourselves, of threads that come and go; scaling. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_tree.h"
#include "perf.h"
#include "util.h"

#define PAGES	4000

static void test_scale(void **state)
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

static void test_reason(void **state)
{
	(void)state;
	assert_string_equal(perf_reason(-ENOENT), "not supported");
	assert_string_equal(perf_reason(-EOPNOTSUPP), "not supported");
	assert_string_equal(perf_reason(-ENODEV), "not supported");
	assert_non_null(strstr(perf_reason(-EACCES), "CAP_PERFMON"));
	assert_non_null(strstr(perf_reason(-EPERM), "no permission"));
	assert_non_null(strstr(perf_reason(-EMFILE), "too many open files"));
	assert_non_null(strstr(perf_reason(-E2BIG), "its group"));
	assert_non_null(strstr(perf_reason(-EINVAL), "not supported with"));
	assert_string_equal(perf_reason(-EIO), strerror(EIO));
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

/* All of them, and what else runs in this process: valgrind has page faults of its own. */
static void assert_touched(const struct perf_result *result)
{
	assert_in_range((u64)result->value, PAGES, 2 * PAGES - 1);
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
	touch(PAGES);
	perf_next(perf, r);
	if (allowed(&r[0])) {
		assert_touched(&r[0]);
		assert_touched(&r[2]);
		assert_false(r[0].scaled);
		assert_true(r[3].value > 0);
		assert_int_equal(perf_threads(perf).nr, 1);

		if (!fork()) {
			touch(PAGES);
			_exit(0);
		}
		wait(NULL);
		perf_next(perf, r);
		assert_touched(&r[0]);
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

		_exit(read(go[0], &c, 1) == 1 ? (touch(PAGES), 0) : 1);
	}
	snprintf(pid, sizeof(pid), "%d", child);
	assert_int_equal(perf_option("test", 'p', pid, &request), EXIT_DONE);
	assert_int_equal(perf_option("test", 'e', "faults:u", &request), EXIT_DONE);
	assert_int_equal(perf_open(&request, &perf), 0);
	perf_next(perf, r);
	perf_next(perf, r);
	if (allowed(r))	/* it sleeps, or is about to: that is a count, too */
		assert_true(r[0].value < PAGES / 2);
	assert_int_equal(write(go[1], "", 1), 1);
	waitpid(child, NULL, 0);
	perf_next(perf, r);
	if (allowed(r))
		assert_touched(&r[0]);
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
	touch(2 * PAGES);	/* before we look for threads: not counted */
	perf_next(perf, r);
	assert_non_null(r[0].reason);
	assert_int_equal(perf_threads(perf).started, 1);
	touch(PAGES);
	snprintf(stat, sizeof(stat), "proc/%d/stat", getpid());
	fake_remove(stat);
	perf_next(perf, r);
	if (allowed(r))
		assert_touched(&r[0]);
	assert_int_equal(perf_threads(perf).started, 0);
	assert_int_equal(perf_threads(perf).ended, 1);
	assert_int_equal(perf_threads(perf).nr, 0);
	perf_next(perf, r);
	assert_non_null(r[0].reason);
	perf_close(perf);
	perf_request_free(&request);
}

int main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct cm_unit_test tests[] = {
		cmocka_unit_test(test_scale),
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_live),
		TEST(test_nfsd),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_ended),
		TEST(test_nfsd_follows),
	};

	return cmocka_run_group_tests_name("perf_count", tests, NULL, NULL);
}
