// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl trace: recording with a trace-cmd of the test's own, and what is refused. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulkctl.h"
#include "fake_tree.h"
#include "trace_show.h"
#include "util.h"

#define CHOSEN	" -e sched:* -e sched:sched_* cat\n"

static char search_path[256];

/* A trace-cmd that leaves its arguments in its file, and whatever else @script does. */
static void fake_trace_cmd(const char *script)
{
	char text[1024], path[128];

	snprintf(text, sizeof(text), "#!/bin/sh\nfor last; do :; done\n"
		 "while [ \"$1\" != -o ]; do shift; done\nfile=$2\nshift 2\n%s\n", script);
	fake_write("bin/trace-cmd", text);
	snprintf(path, sizeof(path), "%.*s/trace-cmd", (int)strcspn(search_path, ":"), search_path);
	assert_int_equal(chmod(path, 0755), 0);
}

static int setup(void **state)
{
	static const char * const dirs[] = {
		"bin", "work", "tracing", "tracing/instances", "tracing/events",
		"tracing/events/page_bulk", "tracing/events/page_bulk/page_bulk_fill",
		"tracing/events/napi", "tracing/events/napi/napi_poll",
		"tracing/events/sched", "tracing/events/sched/sched_switch",
	};
	const char *tracing;
	int len;

	if (fake_setup(state))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		fake_dir(dirs[i]);
	fake_write("tracing/events/page_bulk/page_bulk_fill/enable", "0\n");
	fake_write("tracing/events/napi/napi_poll/enable", "0\n");
	fake_write("tracing/events/sched/sched_switch/enable", "0\n");
	tracing = pb_paths.tracing;
	len = strlen(tracing) - strlen("/tracing");
	snprintf(search_path, sizeof(search_path), "%.*s/bin:/usr/bin:/bin", len, tracing);
	setenv("PATH", search_path, 1);
	return 0;
}

static const char *record_line(const char *options)
{
	static char line[512];
	int len = strlen(pb_paths.tracing) - strlen("/tracing");

	snprintf(line, sizeof(line), "trace --interval 20ms -o %.*s/work/out.dat %s", len,
		 pb_paths.tracing, options);
	return line;
}

static int record(const char *options)
{
	return fake_run(cmd_trace, record_line(options));
}

/* What there is beside the file that was to be written; instances that are left. */
static void nothing_left(void)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/instances/bulkctl-%d", pb_paths.tracing, getpid());
	assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "ls -A %.*s/work | grep -qv '^out.dat$'",
		 (int)(strlen(pb_paths.tracing) - strlen("/tracing")), pb_paths.tracing);
	assert_int_not_equal(system(path), 0);
}

static void test_record(void **state)
{
	json_error_t error;
	json_t *doc;

	(void)state;
	fake_trace_cmd("\"$last\"; echo \"$*\" >$file; touch $file.cpu0");
	fake_write("work/out.dat", "of before\n");
	assert_int_equal(record("--stacks --buffer 100 -e sched --event sched:sched_*"), EXIT_DONE);
	assert_non_null(strstr(fake_read("work/out.dat"),
			       " -b 100 -e page_bulk:* -R stacktrace -e napi:napi_poll" CHOSEN));
	assert_non_null(strstr(fake_out, "/work/out.dat: recorded "));
	/* This instance is not the kernel's: it has no counters. */
	assert_non_null(strstr(fake_out, "\nlost events: unknown\n"));
	assert_string_equal(fake_err, "");
	nothing_left();

	assert_int_equal(record("--no-interfaces --json"), EXIT_DONE);
	assert_non_null(strstr(fake_read("work/out.dat"), " -e page_bulk:* cat\n"));
	doc = json_loads(fake_out, 0, &error);
	assert_non_null(doc);
	assert_string_equal(json_string_value(json_object_get(doc, "schema")), TRACE_SCHEMA);
	assert_true(json_is_null(json_object_get(doc, "lost")));
	assert_true(json_is_false(json_object_get(doc, "interrupted")));
	fake_keep_json("trace-record.json", doc);
	json_decref(doc);
}

static void test_dry_run(void **state)
{
	(void)state;
	fake_trace_cmd("echo touched >$file");
	fake_write("work/out.dat", "of before\n");
	assert_int_equal(record("--dry-run --stacks --buffer 100 -e sched"), EXIT_DONE);
	assert_non_null(strstr(fake_out, "would record for 20ms into "));
	assert_non_null(strstr(fake_out, "/work/out.dat, which is there and would be replaced\n"
			       "  page_bulk:*\n  napi:napi_poll\n  sched:*\n"
			       "  the stack of each fill and switch\n"
			       "  the kernel's buffer would have 100 KB for each CPU\n"));
	assert_string_equal(fake_read("work/out.dat"), "of before\n");
	assert_int_equal(record("--dry-run -e none"), EXIT_USAGE);
	assert_int_equal(fake_run(cmd_trace, "trace --dry-run --summary x.dat"), EXIT_USAGE);
	assert_non_null(strstr(fake_err, "--dry-run is for recording"));
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(record("--dry-run"), EXIT_FAILED);
	setenv("PATH", search_path, 1);
	assert_non_null(strstr(fake_err, "trace-cmd is missing: install it: apt install"));
	nothing_left();
}

static void make_instance(void)
{
	char name[128];

	snprintf(name, sizeof(name), "tracing/instances/bulkctl-%d", getpid());
	fake_dir(name);
}

static void test_record_fails(void **state)
{
	(void)state;
	fake_write("work/out.dat", "of before\n");
	make_instance();
	fake_trace_cmd("exit 7");
	assert_int_equal(record(""), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "trace-cmd failed (exit status 7): nothing was recorded"));
	nothing_left();

	fake_trace_cmd("echo half >$file; kill -KILL $$");
	assert_int_equal(record(""), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "trace-cmd was ended by signal 9"));
	nothing_left();

	/* Its command could not be started: nothing came back. */
	fake_trace_cmd("echo whole >$file");
	assert_int_equal(record(""), EXIT_FAILED);
	nothing_left();

	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(record(""), EXIT_FAILED);
	setenv("PATH", search_path, 1);
	assert_non_null(strstr(fake_err, "trace-cmd is missing: install it: apt install"));
	nothing_left();
	assert_string_equal(fake_read("work/out.dat"), "of before\n");
	assert_string_equal(fake_out, "");
}

static void test_interrupted(void **state)
{
	char line[600];

	(void)state;
	/* The signal comes once recording has begun, long before the interval is over. */
	fake_trace_cmd("(sleep 0.2; kill -INT $PPID) & \"$last\"; echo whole >$file");
	snprintf(line, sizeof(line), "%s --interval 1h", record_line(""));
	assert_int_equal(fake_run(cmd_trace, line), EXIT_INTERRUPTED);
	assert_string_equal(fake_read("work/out.dat"), "whole\n");
	nothing_left();

	/*
	 * One that does not come to its end: the second signal does without it. There are more than
	 * two, as those that come before the first is read count as one.
	 */
	fake_trace_cmd("(while sleep 0.2; do kill -INT $PPID; done) & \"$last\"; sleep 1000");
	assert_int_equal(fake_run(cmd_trace, line), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "trace-cmd was ended by signal 9"));
	assert_string_equal(fake_read("work/out.dat"), "whole\n");
	nothing_left();
}

static void test_usage(void **state)
{
	static const struct {
		const char *options;
		const char *words;
	} bad[] = {
		{ "-e sched:sched_swich", "unknown event 'sched:sched_swich'; near it: sched:" },
		{ "-e nonsense", "unknown event 'nonsense:*'; the kernel's are in" },
		{ "-e sched:sched_switch,,", "-e '' is no event such as" },
		{ "-e ../sched", "-e '../sched' is no event such as" },
		{ "-e a:b:c", "-e 'a:b:c' is no event such as" },
		{ "-e sched:", "-e 'sched:' is no event such as" },
		{ "--buffer 0", "--buffer '0' is not a number of KB" },
		{ "--buffer 1M", "--buffer '1M' is not a number of KB" },
		{ "--interval 0", "--interval '0' is not a time" },
		{ "file", "unexpected argument 'file'" },
		{ "--summary a b", "unexpected argument 'b'" },
		{ "--summary a", "--output is for recording" },
	};

	(void)state;
	fake_trace_cmd("\"$last\"; echo whole >$file");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		print_message("# %s\n", bad[i].options);
		assert_int_equal(record(bad[i].options), EXIT_USAGE);
		assert_non_null(strstr(fake_err, bad[i].words));
		assert_string_equal(fake_out, "");
	}
	assert_int_equal(record("-o /"), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "trace: cannot write /: Is a directory"));
	assert_string_equal(fake_read("work/out.dat"), "");
}

static void test_kernel(void **state)
{
	(void)state;
	fake_remove("tracing/events/page_bulk/page_bulk_fill/enable");
	assert_int_equal(record(""), EXIT_NO_INTERFACE);
	assert_non_null(strstr(fake_err, "no tracepoint page_bulk:page_bulk_fill"));
	fake_remove("tracing/instances");
	assert_int_equal(record(""), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "mount -t tracefs"));
	pb_paths.sysctl = "/nonexistent";
	assert_int_equal(record(""), EXIT_NO_INTERFACE);
}

static void test_files(void **state)
{
	(void)state;
	pb_paths.sysctl = "/nonexistent";	/* a file can be read anywhere */
	assert_int_equal(fake_run(cmd_trace, "trace --summary /etc/passwd"), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "trace: /etc/passwd is no file of trace-cmd"));
	assert_int_equal(fake_run(cmd_trace, "trace --summary /dev/null"), EXIT_FAILED);
	assert_int_equal(fake_run(cmd_trace, "trace --summary /"), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "trace: / is a directory"));
	assert_int_equal(fake_run(cmd_trace, "trace --summary /nonexistent"), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "/nonexistent: No such file"));
	assert_string_equal(fake_out, "");
}

int main(void)
{
	const struct cm_unit_test tests[] = {
		cmocka_unit_test_setup_teardown(test_record, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_dry_run, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_record_fails, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_interrupted, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_usage, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_kernel, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_files, setup, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
