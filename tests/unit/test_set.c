// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl set: all or nothing, going back by itself, the file in sysctl.d. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bulkctl.h"
#include "fake_tree.h"
#include "switch.h"
#include "util.h"
#include "wrap.h"

/* The user whose next write fails, and how. */
static const char *failing_user;
static int failing_error;

int __wrap_pb_write_mode(const char *user, const char *mode)
{
	if (failing_user && !strcmp(user, failing_user))
		return failing_error;
	return __real_pb_write_mode(user, mode);
}

static int setup(void **state)
{
	failing_user = NULL;
	return fake_setup(state);
}

static void sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts))
		;
}

/* Wait for a user to reach a mode; slow machines and valgrind get time. */
static bool reaches(const char *file, const char *text)
{
	for (int i = 0; i < 200; i++) {
		if (!strcmp(fake_read(file), text))
			return true;
		sleep_ms(50);
	}
	return false;
}

static u64 note_pid(const char *user)
{
	struct pending p;

	assert_int_equal(pending_read(user, &p), 0);
	return p.pid;
}

static void test_set(void **state)
{
	(void)state;
	assert_int_equal(fake_run(cmd_set, "set sunrpc=list page_pool=stock"), EXIT_DONE);
	assert_string_equal(fake_read("sysctl/sunrpc"), "list\n");
	assert_string_equal(fake_read("sysctl/page_pool"), "stock\n");
	assert_string_equal(fake_out, "sunrpc: array -> list\npage_pool: array -> stock\n");
	assert_string_equal(fake_err, "");
}

static void test_set_refuses(void **state)
{
	static const struct {
		const char *line;
		const char *message;
	} cases[] = {
		{ "set", "give at least one USER=MODE" },
		{ "set sunrpc", "'sunrpc' is not USER=MODE" },
		{ "set =list", "'=list' is not USER=MODE" },
		{ "set sunrpc=", "'sunrpc=' is not USER=MODE" },
		{ "set sunrpc=list sunrpc=array", "sunrpc is given twice" },
		{ "set sunrpc=list --for", "requires an argument" },
		{ "set sunrpc=list --for 0", "--for '0' is not a time" },
		{ "set sunrpc=list --for 5x", "--for '5x' is not a time" },
		{ "set sunrpc=list --for -5s", "--for '-5s' is not a time" },
		{ "set sunrpc=list --for 9000h", "--for '9000h' is not a time" },
		{ "set sunrpc=list --for 5s --persist", "give one of them" },
		{ "set sunrpc=list --nonsense", "unrecognized option" },
		{ "set page_pool=list sunrpc=lits",
		  "bulkctl: sunrpc: unknown mode 'lits' (available: single list array stock)\n" },
		{ "set sunrpc=list sunrcp=list",
		  "bulkctl: unknown user 'sunrcp' (available: page_pool sunrpc)\n" },
		{ "set sunrpc=list timing=1", "unknown user 'timing'" },
		{ "set ../sysctl/sunrpc=list", "unknown user" },
		{ "set a_name_of_a_user_that_is_much_too_long=list", "too long" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("# %s\n", cases[i].line);
		assert_int_equal(fake_run(cmd_set, cases[i].line), EXIT_USAGE);
		assert_non_null(strstr(fake_err, cases[i].message));
		assert_string_equal(fake_out, "");
		assert_string_equal(fake_read("sysctl/sunrpc"), "array\n");
		assert_string_equal(fake_read("sysctl/page_pool"), "array\n");
	}
}

static void test_set_undoes(void **state)
{
	(void)state;
	failing_user = "page_pool";
	failing_error = -EINVAL;
	assert_int_equal(fake_run(cmd_set, "set sunrpc=list page_pool=list"), EXIT_FAILED);
	assert_string_equal(fake_read("sysctl/sunrpc"), "array\n");
	assert_string_equal(fake_read("sysctl/page_pool"), "array\n");
	assert_non_null(strstr(fake_err, "page_pool: cannot switch to list: Invalid argument"));

	failing_error = -EPERM;
	assert_int_equal(fake_run(cmd_set, "set sunrpc=list page_pool=list"), EXIT_NO_PERMISSION);
	assert_string_equal(fake_read("sysctl/sunrpc"), "array\n");
	assert_non_null(strstr(fake_err, "CAP_SYS_ADMIN in the initial user namespace"));

	/* The same in the detached process: no note stays, and the caller hears of it. */
	assert_int_equal(fake_run(cmd_set, "set sunrpc=list page_pool=list --for 1h"),
			 EXIT_NO_PERMISSION);
	assert_string_equal(fake_read("sysctl/sunrpc"), "array\n");
	assert_string_equal(fake_read("run/sunrpc"), "");
}

static void test_set_no_interface(void **state)
{
	(void)state;
	pb_paths.sysctl = "/nonexistent";
	assert_int_equal(fake_run(cmd_set, "set sunrpc=list"), EXIT_NO_INTERFACE);
	/* Wrong usage comes first: it is wrong on every kernel. */
	assert_int_equal(fake_run(cmd_set, "set sunrpc"), EXIT_USAGE);
	assert_int_equal(fake_run(cmd_set, "set --help"), EXIT_DONE);
	assert_non_null(strstr(fake_out, "Usage: bulkctl set"));
}

static void test_dry_run(void **state)
{
	(void)state;
	assert_int_equal(fake_run(cmd_set, "set sunrpc=list --dry-run --persist"), EXIT_DONE);
	assert_non_null(strstr(fake_out, "would switch sunrpc: array -> list\n"));
	assert_non_null(strstr(fake_out, "vm.page_bulk.sunrpc = list\n"));
	assert_int_equal(fake_run(cmd_set, "set sunrpc=list --dry-run --for 5m"), EXIT_DONE);
	assert_non_null(strstr(fake_out, "would switch sunrpc: array -> list for 5m, back to"));
	assert_string_equal(fake_read("sysctl/sunrpc"), "array\n");
	assert_string_equal(fake_read("etc/90-page-bulk.conf"), "");
	assert_string_equal(fake_read("run/sunrpc"), "");
	assert_int_equal(fake_run(cmd_set, "set sunrpc=lits --dry-run"), EXIT_USAGE);
}

static void test_for(void **state)
{
	u64 before = clock_ns(CLOCK_MONOTONIC);

	(void)state;
	assert_int_equal(fake_run(cmd_set, "set sunrpc=list --for 700ms"), EXIT_DONE);
	assert_non_null(strstr(fake_out, "sunrpc: array -> list for 700ms, back to array at "));
	assert_string_equal(fake_read("sysctl/sunrpc"), "list\n");
	assert_true(reaches("sysctl/sunrpc", "array\n"));
	assert_true(clock_ns(CLOCK_MONOTONIC) - before >= 700 * NSEC_PER_MSEC);
	assert_true(reaches("run/sunrpc", ""));
}

/* The session goes: SIGHUP is ignored, SIGTERM goes back at once. */
static void test_for_signals(void **state)
{
	u64 pid;

	(void)state;
	assert_int_equal(fake_run(cmd_set, "set sunrpc=list --for 1h"), EXIT_DONE);
	pid = note_pid("sunrpc");
	assert_int_not_equal(getsid(pid), getsid(0));
	kill(pid, SIGHUP);
	kill(pid, SIGINT);
	sleep_ms(200);
	assert_string_equal(fake_read("sysctl/sunrpc"), "list\n");
	kill(pid, SIGTERM);
	assert_true(reaches("sysctl/sunrpc", "array\n"));
}

static void test_for_foreign_switch(void **state)
{
	(void)state;
	/* Away and back by somebody else: only the generation shows it. Theirs stays. */
	assert_int_equal(fake_run(cmd_set, "set sunrpc=list --for 1h"), EXIT_DONE);
	fake_stats("sunrpc", 4, 100);
	kill(note_pid("sunrpc"), SIGTERM);
	assert_true(reaches("run/sunrpc", ""));
	assert_string_equal(fake_read("sysctl/sunrpc"), "list\n");

	/* To another mode, without debugfs. */
	pb_paths.debugfs = "/nonexistent";
	assert_int_equal(fake_run(cmd_set, "set sunrpc=array --for 1h"), EXIT_DONE);
	fake_write("sysctl/sunrpc", "stock\n");
	kill(note_pid("sunrpc"), SIGTERM);
	assert_true(reaches("run/sunrpc", ""));
	assert_string_equal(fake_read("sysctl/sunrpc"), "stock\n");
}

/* A second --for goes back to where the first would have gone, and the first lets it be. */
static void test_for_overlap(void **state)
{
	u64 first, second;

	(void)state;
	assert_int_equal(fake_run(cmd_set, "set sunrpc=list --for 1h"), EXIT_DONE);
	first = note_pid("sunrpc");
	assert_int_equal(fake_run(cmd_set, "set sunrpc=single --for 1h"), EXIT_DONE);
	assert_non_null(strstr(fake_out, "list -> single for 1h, back to array"));
	second = note_pid("sunrpc");
	assert_int_not_equal(first, second);
	kill(first, SIGTERM);
	sleep_ms(300);
	assert_string_equal(fake_read("sysctl/sunrpc"), "single\n");
	kill(second, SIGTERM);
	assert_true(reaches("sysctl/sunrpc", "array\n"));
}

/* A later set for good wins, even one to the mode that is there: the generation stays. */
static void test_for_then_set(void **state)
{
	u64 pid;

	(void)state;
	assert_int_equal(fake_run(cmd_set, "set sunrpc=list --for 1h"), EXIT_DONE);
	pid = note_pid("sunrpc");
	assert_int_equal(fake_run(cmd_set, "set sunrpc=list"), EXIT_DONE);
	assert_string_equal(fake_out, "sunrpc: list -> list, it no longer goes back to array\n");
	kill(pid, SIGTERM);
	sleep_ms(300);
	assert_string_equal(fake_read("sysctl/sunrpc"), "list\n");
}

/* A later set that fails changes nothing, and the first one still goes back. */
static void test_for_then_failed_set(void **state)
{
	u64 pid;

	(void)state;
	assert_int_equal(fake_run(cmd_set, "set sunrpc=list --for 1h"), EXIT_DONE);
	pid = note_pid("sunrpc");
	failing_user = "page_pool";
	failing_error = -EIO;
	assert_int_equal(fake_run(cmd_set, "set sunrpc=stock page_pool=list"), EXIT_FAILED);
	assert_string_equal(fake_read("sysctl/sunrpc"), "list\n");
	kill(pid, SIGTERM);
	assert_true(reaches("sysctl/sunrpc", "array\n"));
}

/* There and back raises the generation by two: the note has to follow. */
static void test_undo_refreshes_note(void **state)
{
	struct pending p = { .started = 1, .until = 2, .pid = 3, .generation = 1,
			     .mode = "array", .return_to = "single" };
	struct assignment a = { .user = "sunrpc", .mode = "list" };

	(void)state;
	close(pending_lock());
	assert_int_equal(pending_write("sunrpc", &p), 0);
	assert_int_equal(switch_prepare(&a, 1), EXIT_DONE);
	assert_true(a.pending);
	assert_string_equal(a.before, "array");
	assert_string_equal(a.return_to, "single");
	assert_int_equal(switch_apply(&a, 1), EXIT_DONE);
	fake_stats("sunrpc", 3, 100);
	switch_undo(&a, 1);
	assert_int_equal(pending_read("sunrpc", &p), 0);
	assert_int_equal(p.generation, 3);
	assert_true(pending_holds("sunrpc", &p));

	/* A note that no longer holds says nothing about where to go. */
	fake_stats("sunrpc", 9, 100);
	assert_int_equal(switch_prepare(&a, 1), EXIT_DONE);
	assert_false(a.pending);
	assert_string_equal(a.return_to, "array");
}

static void test_pending_parse(void **state)
{
	static const char * const bad[] = {
		"", "started 1\n", "started 1\nuntil 2\npid 3\nmode list\n",
		"started 1\nuntil 2\npid x\nmode list\nreturn_to array\n",
		"started 1\nuntil 2\npid 3\nreturn_to a\nmode a_mode_whose_name_is_much_too_long\n",
	};
	struct pending p;
	FILE *in;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		in = fake_file(bad[i]);
		assert_int_equal(pending_parse(in, &p), -EBADMSG);
		fclose(in);
	}
	in = fake_file("started 1\nuntil 2\npid 3\nmode list\nreturn_to array\nnew 5\n");
	assert_int_equal(pending_parse(in, &p), 0);
	fclose(in);
	assert_int_equal(p.generation, PB_UNKNOWN);
	assert_string_equal(p.return_to, "array");
}

static void test_rewrite(void **state)
{
	static const struct assignment a[] = {
		{ .user = "sunrpc", .mode = "list" }, { .user = "page_pool", .mode = "stock" },
	};
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{ "# mine\nvm.page_bulk.sunrpc = array\nvm.page_bulk.other = single\n",
		  "# mine\nvm.page_bulk.sunrpc = list\nvm.page_bulk.other = single\n"
		  "vm.page_bulk.page_pool = stock\n" },
		{ " - vm/page_bulk/sunrpc=array\nvm.page_bulk.sunrpc=single\n\nvm.swappiness=1",
		  "vm.page_bulk.sunrpc = list\n\nvm.swappiness=1\n"
		  "vm.page_bulk.page_pool = stock\n" },
		{ "#vm.page_bulk.sunrpc = array\nvm.page_bulk.sunrpc2 = array\n",
		  "#vm.page_bulk.sunrpc = array\nvm.page_bulk.sunrpc2 = array\n"
		  "vm.page_bulk.sunrpc = list\nvm.page_bulk.page_pool = stock\n" },
		{ "vm.page_bulk.page_pool = array\nvm.page_bulk.sunrpc = array\n",
		  "vm.page_bulk.page_pool = stock\nvm.page_bulk.sunrpc = list\n" },
	};
	char text[1024];
	FILE *in, *out;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(text, 0, sizeof(text));
		in = fake_file(cases[i].in);
		out = fmemopen(text, sizeof(text), "w");
		assert_int_equal(sysctld_rewrite(in, out, a, ARRAY_SIZE(a)), 0);
		fclose(out);
		fclose(in);
		assert_string_equal(text, cases[i].out);
	}
}

/* Whatever bytes an administrator's lines have, they stay. */
static void test_rewrite_bytes(void **state)
{
	static const struct assignment a = { .user = "sunrpc", .mode = "list" };
	char file[] = "# a\0b\nvm.page_bulk.sunrpc = array\n\xff\n";
	static const char expected[] = "# a\0b\nvm.page_bulk.sunrpc = list\n\xff\n";
	char text[sizeof(expected) + 16] = "";
	FILE *in = fmemopen(file, sizeof(file) - 1, "r"), *out;

	(void)state;
	out = fmemopen(text, sizeof(text), "w");
	assert_int_equal(sysctld_rewrite(in, out, &a, 1), 0);
	fclose(out);
	fclose(in);
	assert_memory_equal(text, expected, sizeof(expected));
}

static void test_persist(void **state)
{
	const char *text;

	(void)state;
	assert_int_equal(fake_run(cmd_set, "set sunrpc=list --persist"), EXIT_DONE);
	text = fake_read("etc/90-page-bulk.conf");
	assert_true(text[0] == '#');
	assert_non_null(strstr(text, "\nvm.page_bulk.sunrpc = list\n"));
	assert_int_equal(fake_run(cmd_set, "set page_pool=stock --persist"), EXIT_DONE);
	text = fake_read("etc/90-page-bulk.conf");
	assert_non_null(strstr(text, "\nvm.page_bulk.sunrpc = list\n"));
	assert_non_null(strstr(text, "\nvm.page_bulk.page_pool = stock\n"));

	/* All or nothing: what cannot last is not switched. */
	pb_paths.conf = "/proc/self/nonexistent/90-page-bulk.conf";
	assert_int_equal(fake_run(cmd_set, "set sunrpc=single --persist"), EXIT_FAILED);
	assert_string_equal(fake_read("sysctl/sunrpc"), "list\n");
}

int main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, fake_teardown)
	const struct cm_unit_test tests[] = {
		TEST(test_set),
		TEST(test_set_refuses),
		TEST(test_set_undoes),
		TEST(test_set_no_interface),
		TEST(test_dry_run),
		TEST(test_for),
		TEST(test_for_signals),
		TEST(test_for_foreign_switch),
		TEST(test_for_overlap),
		TEST(test_for_then_set),
		TEST(test_for_then_failed_set),
		TEST(test_undo_refreshes_note),
		TEST(test_pending_parse),
		TEST(test_rewrite),
		TEST(test_rewrite_bytes),
		TEST(test_persist),
	};

	return cmocka_run_group_tests_name("set", tests, NULL, NULL);
}
