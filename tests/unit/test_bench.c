// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl bench: the parser of the results, the verb. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "bulkctl.h"
#include "fake_tree.h"
#include "util.h"

#define ROW(mode, total)							\
	"row mode=" mode " memory=cold batch=64 gfp=kernel samples=15 "		\
	"alloc_ps=1500 free_ps=2500 total_ps=" total " spread_ppm=12000 "	\
	"alloc_clocks=3900 missing=0\n"

static const char results[] =
	ROW("array", "4000") ROW("stock", "20000") "end status=0 page=64\n";

static void test_parse_row(void **state)
{
	struct bench_row row;

	(void)state;
	assert_int_equal(bench_parse_row(ROW("stock_list", "4000"), &row), 0);
	assert_string_equal(row.mode, "stock_list");
	assert_string_equal(row.memory, "cold");
	assert_string_equal(row.gfp, "kernel");
	assert_int_equal(row.batch, 64);
	assert_int_equal(row.samples, 15);
	assert_int_equal(row.alloc_ps, 1500);
	assert_int_equal(row.free_ps, 2500);
	assert_int_equal(row.total_ps, 4000);
	assert_int_equal(row.spread_ppm, 12000);
	assert_int_equal(row.missing, 0);

	/* What is missing stays unknown. */
	assert_int_equal(bench_parse_row("row mode=a memory=b gfp=c batch=1", &row), 0);
	assert_true(row.total_ps == UINT64_MAX);
	assert_true(row.spread_ppm == UINT64_MAX);
}

static void test_parse_bad_rows(void **state)
{
	static const char * const bad[] = {
		"", "row", "rows mode=a memory=b gfp=c batch=1", "row mode=a memory=b gfp=c",
		"row mode=a memory=b batch=1", "row mode= memory=b gfp=c batch=1",
		"row mode=a memory=b gfp=c batch=-1",
		"row mode=a memory=b gfp=c batch=1 alloc_ps=x",
		"row mode=a memory=b gfp=c batch=1 alone",
		"row mode=seventeen-letters memory=b gfp=c batch=1",
	};
	struct bench_row row;
	char line[2048];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		print_message("# '%s'\n", bad[i]);
		assert_int_equal(bench_parse_row(bad[i], &row), -EINVAL);
	}
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(bench_parse_row(line, &row), -EINVAL);
}

static void test_read(void **state)
{
	struct bench_results r;
	FILE *in;

	(void)state;
	in = fake_file(results);
	assert_int_equal(bench_read(in, &r), 0);
	fclose(in);
	assert_int_equal(r.nr, 2);
	assert_int_equal(r.status, 0);
	bench_free(&r);

	in = fake_file("row mode=a\n");
	assert_int_equal(bench_read(in, &r), -EINVAL);
	fclose(in);
	bench_free(&r);

	/* A line without its end was cut off: its last number may lack digits. */
	in = fake_file("row mode=a memory=b gfp=c batch=1 total_ps=12");
	assert_int_equal(bench_read(in, &r), -EINVAL);
	fclose(in);
	bench_free(&r);

	/* more than 64 bits */
	in = fake_file("end status=184464744073709551615 page=1\n");
	assert_int_equal(bench_read(in, &r), -EINVAL);
	fclose(in);
	bench_free(&r);
}

static void test_verb(void **state)
{
	(void)state;
	fake_write("debugfs/bench/run", "");
	fake_write("debugfs/bench/results", results);
	assert_int_equal(fake_run(cmd_bench, "bench --modes array,stock --samples 15"), 0);
	assert_string_equal(fake_read("debugfs/bench/run"), "modes=array,stock samples=15 ");
	assert_non_null(strstr(fake_out, "cold memory, gfp=kernel, ns per page"));
	assert_non_null(strstr(fake_out, "64 array           1.50      2.50      4.00     0.20"));
	assert_non_null(strstr(fake_out, " 1.2%\n"));

	assert_int_equal(fake_run(cmd_bench, "bench --force --json"), 0);
	assert_non_null(strstr(fake_out, "\"schema\": \"page-bulk-bench/1\""));
	fake_keep("bench.json", fake_out);
}

static void test_dry_run(void **state)
{
	(void)state;
	fake_write("debugfs/bench/run", "");
	assert_int_equal(fake_run(cmd_bench, "bench --dry-run --modes array --samples 3"), 0);
	assert_non_null(strstr(fake_out, "would write 'modes=array samples=3 ' to "));
	assert_int_equal(fake_run(cmd_bench, "bench --dry-run"), 0);
	assert_non_null(strstr(fake_out, "with all defaults"));
	assert_string_equal(fake_read("debugfs/bench/run"), "");
	fake_remove("debugfs/bench/run");
	assert_int_equal(fake_run(cmd_bench, "bench --dry-run"), EXIT_NO_INTERFACE);
	assert_string_equal(fake_out, "");
}

/* A pipe that is full, and that nobody reads for a while, is a benchmark that takes its time. */
static pid_t slow_benchmark(unsigned int seconds)
{
	char bytes[4096] = "";
	pid_t reader;
	int fd;

	assert_int_equal(mkfifo(fake_path("debugfs/bench/run"), 0600), 0);
	fd = open(fake_path("debugfs/bench/run"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	while (write(fd, bytes, sizeof(bytes)) == sizeof(bytes))
		;
	reader = fork();
	assert_true(reader >= 0);
	if (!reader) {
		sleep(seconds);
		while (read(fd, bytes, sizeof(bytes)) > 0)
			;
		pause();	/* with nobody who might read, write() would fail */
	}
	close(fd);
	return reader;
}

static void test_progress(void **state)
{
	u64 done, all;
	pid_t reader;

	(void)state;
	assert_true(bench_parse_progress("running 3 12", &done, &all));
	assert_int_equal(done, 3);
	assert_int_equal(all, 12);
	assert_false(bench_parse_progress("idle 12 12", &done, &all));
	assert_false(bench_parse_progress("running 0 0", &done, &all));
	assert_false(bench_parse_progress("running 13 12", &done, &all));
	assert_false(bench_parse_progress("running -1 12", &done, &all));
	assert_false(bench_parse_progress("running", &done, &all));

	fake_write("debugfs/bench/results", results);
	fake_write("debugfs/bench/progress", "running 3 12\n");
	reader = slow_benchmark(2);
	assert_int_equal(fake_run_terminal(cmd_bench, "bench --modes array"), EXIT_DONE);
	assert_non_null(strstr(fake_out, "\r\033[Kbulkctl: bench: 25 % done"));
	kill(reader, SIGKILL);
	waitpid(reader, NULL, 0);
}

static void test_verb_refuses(void **state)
{
	(void)state;
	assert_int_equal(fake_run(cmd_bench, "bench"), EXIT_NO_INTERFACE);
	assert_non_null(strstr(fake_err, "CONFIG_PAGE_BULK_BENCH"));
	assert_int_equal(fake_run(cmd_bench, "bench --modes Array"), EXIT_USAGE);
	assert_int_equal(fake_run(cmd_bench, "bench --samples -1"), EXIT_USAGE);
	assert_int_equal(fake_run(cmd_bench, "bench --nonsense"), EXIT_USAGE);
	assert_int_equal(fake_run(cmd_bench, "bench array"), EXIT_USAGE);
	assert_int_equal(fake_run(cmd_bench, "bench --help"), EXIT_DONE);
}

int main(void)
{
	const struct cm_unit_test tests[] = {
		cmocka_unit_test(test_parse_row),
		cmocka_unit_test(test_parse_bad_rows),
		cmocka_unit_test(test_read),
		cmocka_unit_test_setup_teardown(test_verb, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_dry_run, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_progress, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_verb_refuses, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests_name("bench", tests, NULL, NULL);
}
