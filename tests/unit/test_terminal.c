// SPDX-License-Identifier: GPL-2.0-only
/* What is for a terminal only: progress and colours; nothing of both in a pipe. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bulkctl.h"
#include "fake_tree.h"
#include "sample.h"
#include "terminal.h"

static int print_word(int argc, char *argv[])
{
	(void)argc;
	print_colored(stdout, COLOR_BAD, argv[0]);
	fflush(stdout);
	progress("%s %d", argv[0], 1);
	progress_clear();
	return EXIT_DONE;
}

static void test_color(void **state)
{
	(void)state;
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	fake_run_terminal(print_word, "word");
	assert_string_equal(fake_out, "\033[31mword\033[0m\r\033[Kbulkctl: word 1\r\033[K");
	setenv("NO_COLOR", "", 1);	/* empty is as if it were not there */
	fake_run_terminal(print_word, "word");
	assert_non_null(strstr(fake_out, "\033[31m"));

	setenv("NO_COLOR", "1", 1);
	fake_run_terminal(print_word, "word");
	assert_null(strstr(fake_out, "\033[31m"));
	assert_non_null(strstr(fake_out, "word"));
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	fake_run_terminal(print_word, "word");
	assert_null(strstr(fake_out, "\033[31m"));
	unsetenv("TERM");
	fake_run_terminal(print_word, "word");
	assert_null(strstr(fake_out, "\033[31m"));
}

static void test_pipe(void **state)
{
	(void)state;
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	fake_run(print_word, "word");
	assert_string_equal(fake_out, "word");
	assert_string_equal(fake_err, "");
	assert_int_equal(fake_run(cmd_report, "report --interval 1100ms"), EXIT_DONE);
	assert_string_equal(fake_err, "");
}

/* Over a second, and not below; the line is gone before the report comes. */
static void test_wait(void **state)
{
	const char *report;

	(void)state;
	assert_int_equal(fake_run_terminal(cmd_report, "report --interval 600ms --count 2"),
			 EXIT_DONE);
	assert_non_null(strstr(fake_out, "\r\033[Kbulkctl: report: 2s left\r\033[K"));
	assert_int_equal(fake_run_terminal(cmd_status, "status --interval 2200ms"), EXIT_DONE);
	assert_non_null(strstr(fake_out, "\r\033[Kbulkctl: status: 3s left\r\033[Kbulkctl"));
	report = strstr(fake_out, "generation");
	assert_non_null(report);
	assert_null(strstr(report, "\033"));
	assert_int_equal(fake_run_terminal(cmd_status, "status --interval 900ms"), EXIT_DONE);
	assert_null(strstr(fake_out, "left"));
}

static void test_sleep(void **state)
{
	u64 start = clock_ns(CLOCK_MONOTONIC), end = start + 20 * NSEC_PER_MSEC;

	(void)state;
	assert_int_equal(sleep_prepare(), 0);
	assert_false(sleep_showing(end, end, "test"));
	assert_true(clock_ns(CLOCK_MONOTONIC) >= end);
	raise(SIGINT);
	assert_true(sleep_showing(end + NSEC_PER_SEC, end + NSEC_PER_SEC, "test"));
}

int main(void)
{
	const struct cm_unit_test tests[] = {
		cmocka_unit_test_setup_teardown(test_color, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_pipe, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_wait, fake_setup, fake_teardown),
		cmocka_unit_test(test_sleep),
	};

	return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
