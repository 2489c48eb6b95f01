// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl ab: the whole verb, against a fake kernel that only notes what it is told. */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bulkctl.h"
#include "experiment.h"
#include "fake_tree.h"
#include "result.h"
#include "util.h"

#define LIST_ARRAY	"sunrpc --modes list,array --json "
#define FAST	" --slice 5ms --settle 0 --seed 1 --aa-rounds 1 --rounds 2 "
#define CARRY_OVER	"--per-slice --settle 1ms --aa-rounds 0 --rounds 16 --seed 1 --metric command"
#define ONCE	" --settle 0 --aa-rounds 0 --rounds 1 "	/* one block: four slices */

static json_t *doc;

static int setup(void **state)
{
	int ret = fake_setup(state);

	fake_write("debugfs/experiment", "");
	fake_write("debugfs/sunrpc/latency", "");
	return ret;
}

static int teardown(void **state)
{
	json_decref(doc);
	doc = NULL;
	return fake_teardown(state);
}

static const char *file(const char *name)
{
	static char path[2][256];
	static int i;

	i = !i;
	snprintf(path[i], sizeof(path[i]), "%s/../%s", pb_paths.sysctl, name);
	return path[i];
}

/* A shell script in the tree, run in its root: what COMMAND is in these tests. */
static void write_script(const char *text)
{
	char script[1024];

	snprintf(script, sizeof(script), "cd %s/.. || exit 9\n%s\n", pb_paths.sysctl, text);
	fake_write("script", script);
}

static int run_ab(const char *format, const char *command)
{
	char line[512];

	snprintf(line, sizeof(line), "ab %s%s%s", format, command ? " -- sh " : "",
		 command ? file(command) : "");
	return fake_run(cmd_ab, line);
}

static json_t *load(void)
{
	json_error_t error;

	json_decref(doc);
	doc = json_loads(fake_out, 0, &error);
	assert_non_null(doc);
	assert_string_equal(json_string_value(json_object_get(doc, "schema")), AB_SCHEMA);
	return doc;
}

static unsigned int nr_slices(const char *key)
{
	return json_array_size(json_object_get(doc, key));
}

static json_t *metric(unsigned int i)
{
	return json_array_get(json_object_get(doc, "metrics"), i);
}

static json_t *slice(unsigned int i)
{
	return json_array_get(json_object_get(doc, "slices"), i);
}

/* The value of the only metric in a slice. */
static json_t *value(unsigned int i)
{
	return json_array_get(json_object_get(slice(i), "values"), 0);
}

static bool has_note(const char *words)
{
	json_t *notes = json_object_get(doc, "notes");

	for (unsigned int i = 0; i < json_array_size(notes); i++)
		if (strstr(json_string_value(json_array_get(notes, i)), words))
			return true;
	return false;
}

static void test_run(void **state)
{
	const char *told;

	(void)state;
	assert_int_equal(run_ab("sunrpc --modes list,array --json" FAST, NULL), EXIT_DONE);
	load();
	assert_int_equal(nr_slices("aa_slices"), 4);
	assert_int_equal(nr_slices("slices"), 8);
	told = fake_read("debugfs/experiment");
	/* The A/A arm in the first mode; then the switches of the blocks, and no others. */
	assert_int_equal(strncmp(told, "sunrpc=list\n", strlen("sunrpc=list\n")), 0);
	assert_non_null(strstr(told, "sunrpc=array\n"));
	assert_null(strstr(told, "sunrpc=list\nsunrpc=list\n"));
	assert_null(strstr(told, "sunrpc=array\nsunrpc=array\n"));
	assert_string_equal(fake_read("sysctl/timing"), "0\n");
	assert_int_equal(json_integer_value(json_object_get(doc, "seed")), 1);
	assert_true(json_is_null(json_object_get(doc, "aborted")));
	/* No fill at all: rates are 0, ratios unknown. nfsd has no file here: missing, by name. */
	assert_string_equal(json_string_value(json_object_get(metric(6), "name")), "nfs_ops_per_s");
	assert_non_null(strstr(json_string_value(json_object_get(metric(6), "missing")), "nfsd"));
	assert_true(has_note("2 rounds are too few"));
	fake_keep_json("ab-run.json", doc);
	assert_string_equal(fake_err, "");
}

/* Events of kmem that somebody has enabled are named; that none is, is nothing to tell. */
static void test_kmem_events(void **state)
{
	(void)state;
	fake_dir("tracing");
	fake_dir("tracing/events");
	fake_dir("tracing/events/kmem");
	fake_dir("tracing/events/kmem/mm_page_alloc");
	fake_write("tracing/events/kmem/mm_page_alloc/enable", "0\n");
	assert_int_equal(run_ab("sunrpc --modes list,array --json" FAST, NULL), EXIT_DONE);
	load();
	assert_false(has_note("events of kmem"));
	assert_string_equal(fake_err, "");

	fake_write("tracing/events/kmem/mm_page_alloc/enable", "1\n");
	assert_int_equal(run_ab("sunrpc --modes list,array --json" FAST, NULL), EXIT_DONE);
	load();
	assert_true(has_note("events of kmem are enabled (mm_page_alloc)"));
	assert_non_null(strstr(fake_err, "events of kmem are enabled (mm_page_alloc)"));
}

static void test_order(void **state)
{
	char first[4096];

	(void)state;
	assert_int_equal(run_ab("sunrpc --modes list,array,stock" FAST, NULL), EXIT_DONE);
	snprintf(first, sizeof(first), "%s", fake_read("debugfs/experiment"));
	fake_write("debugfs/experiment", "");
	assert_int_equal(run_ab("sunrpc --modes list,array,stock" FAST, NULL), EXIT_DONE);
	assert_string_equal(fake_read("debugfs/experiment"), first);
	/* A real A/A experiment: no switch but the first, and a name for the second arm. */
	fake_write("debugfs/experiment", "");
	assert_int_equal(run_ab("sunrpc --modes list,list --json" FAST, NULL), EXIT_DONE);
	assert_string_equal(fake_read("debugfs/experiment"), "sunrpc=list\n");
	load();
	assert_string_equal(json_string_value(json_array_get(json_object_get(doc, "modes"), 1)),
			    "list'");
}

static void test_output(void **state)
{
	char line[256];

	(void)state;
	snprintf(line, sizeof(line), "sunrpc --modes list,array" FAST "-o %s", file("result.json"));
	assert_int_equal(run_ab(line, NULL), EXIT_DONE);
	assert_non_null(strstr(fake_out, "sunrpc"));
	assert_null(strstr(fake_out, "page-bulk-ab"));
	assert_non_null(strstr(fake_read("result.json"), AB_SCHEMA));
	/* A bare name is one of the working directory */
	assert_int_equal(chdir(file("")), 0);
	assert_int_equal(run_ab("sunrpc --modes list,array" FAST "-o bare.json", NULL), EXIT_DONE);
	assert_int_equal(chdir("/"), 0);
	assert_non_null(strstr(fake_read("bare.json"), AB_SCHEMA));
	/* Its folder is gone at the end: the result is not */
	fake_dir("gone");
	write_script("rmdir gone 2>/dev/null; echo 5");
	snprintf(line, sizeof(line), "sunrpc --modes list,array" ONCE "--per-slice -o %s",
		 file("gone/x"));
	assert_int_equal(run_ab(line, "script"), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "gone/x: No such file or directory; the result is on"));
	load();
	assert_true(nr_slices("slices") > 0);
	fake_write("debugfs/experiment", "");
	assert_int_equal(run_ab("sunrpc --modes list,array -o /nonexistent/x", NULL), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "/nonexistent/x: No such file"));
	assert_int_equal(run_ab("sunrpc --modes list,array -o /tmp", NULL), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "/tmp: Is a directory"));
	assert_int_equal(run_ab("sunrpc --modes list,array -o /dev/null", NULL), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "/dev/null: it is no regular file"));
	assert_string_equal(fake_read("debugfs/experiment"), "");
}

static void test_refuses(void **state)
{
	static const char * const lines[] = {
		"", "--modes list,array", "sunrpc", "sunrpc --modes list", "sunrpc --modes list,",
		"sunrpc --modes ,list", "sunrpc --modes list,arrays", "nfsd --modes list,array",
		"sunrpc --modes list,array extra", "sunrpc --modes list,array --rounds 0",
		"sunrpc --modes list,array --rounds 1001", "sunrpc --modes list,array --rounds x",
		"sunrpc --modes list,array --slice 0", "sunrpc --modes list,array --slice 25h",
		"sunrpc --modes list,array --settle -1",
		"sunrpc --modes list,array --seed 4294967296",
		"sunrpc --modes list,array --aa-rounds -1", "sunrpc --modes list,array --bogus",
		"sunrpc --modes list,array --metric speed",
		"sunrpc --modes list,array --metric ns_per_page,speed",
		"sunrpc --modes list,array --metric cycles_per_page",
		"sunrpc --modes list,array --metric command",
		"sunrpc --modes list,array --abort-if short_rate",
		"sunrpc --modes list,array --abort-if short_rate=>1",
		"sunrpc --modes list,array --abort-if speed>1",
		"sunrpc --modes list,array --per-slice",
		"sunrpc --modes list,array --metric-file x",
		"sunrpc --modes list,array --per-slice --slice 1 -- true",
		"sunrpc --modes list,array -e kmem:kfree", "sunrpc --modes list,array --nfsd",
		"sunrpc --modes list,array --",
		"sunrpc --modes a,a,a,a,a,a,a,a,a",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		print_message("# %s\n", lines[i]);
		assert_int_equal(run_ab(lines[i], NULL), EXIT_USAGE);
		assert_string_equal(fake_out, "");
		assert_int_equal(strncmp(fake_err, "bulkctl", strlen("bulkctl")), 0);
		assert_string_equal(fake_read("debugfs/experiment"), "");
		assert_string_equal(fake_read("sysctl/timing"), "0\n");
	}
	assert_int_equal(run_ab("--help", NULL), EXIT_DONE);
	assert_non_null(strstr(fake_out, "--abort-if"));
	assert_int_equal(run_ab("--metric help", NULL), EXIT_DONE);
	assert_non_null(strstr(fake_out, "p99_fill_us"));
	fake_remove("debugfs/experiment");
	assert_int_equal(run_ab("sunrpc --modes list,array" FAST, NULL), EXIT_NO_INTERFACE);
	assert_non_null(strstr(fake_err, "experiment is missing"));
	assert_string_equal(fake_read("sysctl/timing"), "0\n");
	pb_paths.sysctl = "/nonexistent";
	assert_int_equal(run_ab("sunrpc --modes list,array" FAST, NULL), EXIT_NO_INTERFACE);
}

static void test_complain(void **state)
{
	char holder[64];

	(void)state;
	fake_write("debugfs/experiment", "holder 77 bulkctl\nsunrpc list returns array\n");
	assert_true(experiment_held(holder, sizeof(holder)));
	assert_string_equal(holder, "process 77, bulkctl");
	assert_int_equal(experiment_check(), EXIT_FAILED);
	fake_write("debugfs/experiment", "holder none\n");
	assert_false(experiment_held(holder, sizeof(holder)));
	assert_int_equal(experiment_check(), EXIT_DONE);
	assert_int_equal(experiment_complain(-EBUSY), EXIT_FAILED);
	assert_int_equal(experiment_complain(-EPERM), EXIT_NO_PERMISSION);
	assert_int_equal(experiment_complain(-ENOENT), EXIT_NO_INTERFACE);
}

static void test_guard(void **state)
{
	(void)state;
	/* Nobody fills, so the rate is 0: the first slice trips it. */
	assert_int_equal(run_ab(LIST_ARRAY "--metric ns_per_page --abort-if fills_per_s<1" FAST,
				NULL), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "'fills_per_s<1': fills_per_s was 0 in a slice"));
	load();
	assert_int_equal(nr_slices("aa_slices"), 1);
	assert_int_equal(nr_slices("slices"), 0);
	assert_non_null(strstr(json_string_value(json_object_get(doc, "aborted")), "fills_per_s"));
	/* The guard's metric is not in the result. */
	assert_int_equal(json_array_size(json_object_get(doc, "metrics")), 1);
	fake_keep_json("ab-aborted.json", doc);
	assert_string_equal(fake_read("sysctl/timing"), "0\n");

	assert_int_equal(run_ab("sunrpc --modes list,array --abort-if fills_per_s>1" FAST, NULL),
			 EXIT_DONE);
	fake_write("debugfs/experiment", "");
	assert_int_equal(run_ab("sunrpc --modes list,array --abort-if rpc_us>1" FAST, NULL),
			 EXIT_FAILED);
	assert_non_null(strstr(fake_err, "--abort-if rpc_us cannot be checked here"));
	assert_string_equal(fake_read("debugfs/experiment"), "");
}

/* What COMMAND inherits, and what its numbers become. */
/* Of the signals that have a name: who started the test may ignore those of the C library. */
static u64 named_signals(const char *which)
{
	const char *line = strstr(fake_read("signals"), which);

	assert_non_null(line);
	return strtoull(line + strlen(which), NULL, 16) & 0x7fffffff;
}

static void test_per_slice(void **state)
{
	(void)state;
	write_script("ls -l /proc/self/fd >fds; grep -E 'Sig(Blk|Ign)' /proc/self/status >signals\n"
		     "cat sysctl/timing >timing; echo 7 ops; echo done in 42 ms");
	assert_int_equal(run_ab(LIST_ARRAY ONCE "--per-slice --metric command", "script"),
			 EXIT_DONE);
	load();
	assert_int_equal(nr_slices("slices"), 4);
	for (unsigned int i = 0; i < 4; i++)
		assert_true(json_number_value(value(i)) == 42);
	assert_null(strstr(fake_read("fds"), "experiment"));
	assert_null(strstr(fake_read("fds"), "signalfd"));
	assert_non_null(strstr(fake_read("fds"), "0 -> /dev/null"));
	assert_int_equal(named_signals("SigBlk:"), 0);
	assert_int_equal(named_signals("SigIgn:"), 0);
	assert_string_equal(fake_read("timing"), "1\n");
	assert_string_equal(fake_read("sysctl/timing"), "0\n");
	assert_true(has_note("COMMAND: exit status 0"));
}

static void test_per_slice_fails(void **state)
{
	(void)state;
	write_script("echo 1; exit 3");
	assert_int_equal(run_ab(LIST_ARRAY "--per-slice --settle 0 --rounds 1", "script"),
			 EXIT_FAILED);
	assert_non_null(strstr(fake_err, "COMMAND failed in a slice of mode list: exit status 3"));
	load();
	assert_int_equal(nr_slices("aa_slices"), 1);
	assert_int_equal(fake_run(cmd_ab, "ab " LIST_ARRAY "--per-slice -- /nonexistent"),
			 EXIT_FAILED);
	assert_non_null(strstr(fake_err, "/nonexistent cannot be started: No such file"));
	assert_int_equal(fake_run(cmd_ab, "ab sunrpc --modes list,array -- /nonexistent"),
			 EXIT_FAILED);
	assert_non_null(strstr(fake_err, "/nonexistent cannot be started: No such file"));
	assert_string_equal(fake_out, "");
}

static void test_metric_file(void **state)
{
	char line[256];

	(void)state;
	write_script("echo 5; echo 1 2 3 >numbers");
	snprintf(line, sizeof(line), LIST_ARRAY ONCE
		 "--per-slice --metric command:lower --metric-file %s", file("numbers"));
	assert_int_equal(run_ab(line, "script"), EXIT_DONE);
	load();
	assert_true(json_number_value(value(0)) == 3);
	assert_string_equal(json_string_value(json_object_get(metric(0), "better")), "lower");
	/* A file that was not written in the slice says nothing of it. */
	write_script("echo 5");
	usleep(20000);
	assert_int_equal(run_ab(line, "script"), EXIT_DONE);
	load();
	assert_true(json_is_null(value(0)));
}

/* One that runs beside all: a number belongs to the slice in which it comes; and its end. */
static void test_beside(void **state)
{
	bool number = false;

	(void)state;
	write_script("trap '' TERM; echo $$ >pid; while :; do echo 5; echo 7; sleep 0.05; done");
	assert_int_equal(run_ab(LIST_ARRAY ONCE "--metric command --slice 200ms", "script"),
			 EXIT_DONE);
	load();
	for (unsigned int i = 0; i < 4; i++)
		if (json_is_number(value(i))) {
			double v = json_number_value(value(i));

			number = true;
			assert_true(v >= 5 && v <= 7);
		}
	assert_true(number);
	/* It did not want to go. */
	assert_int_equal(kill(atoi(fake_read("pid")), 0), -1);
	assert_true(has_note("COMMAND: signal 9"));

	write_script("exit 4");
	assert_int_equal(run_ab(LIST_ARRAY ONCE "--slice 50ms", "script"), EXIT_DONE);
	load();
	assert_true(has_note("of 4 slices (exit status 4): the others ran without it"));
	assert_int_equal(nr_slices("slices"), 4);
}

static void test_drops(void **state)
{
	const char *why;

	(void)state;
	/* Somebody switches in each slice. */
	write_script("n=$(($(cat n) + 1)); echo $n >n\n"
		     "sed \"s/^generation.*/generation $n/\" debugfs/sunrpc/stats >new\n"
		     "mv new debugfs/sunrpc/stats");
	fake_write("n", "1");
	assert_int_equal(run_ab(LIST_ARRAY ONCE "--per-slice", "script"), EXIT_DONE);
	load();
	for (unsigned int i = 0; i < 4; i++) {
		why = json_string_value(json_object_get(slice(i), "dropped"));
		assert_string_equal(why, "the mode changed during the slice");
		assert_true(json_is_null(value(i)));
	}
	/* Somebody resets the counters, once. */
	write_script("sed 's/fills 100/fills 1/' debugfs/sunrpc/stats >new\n"
		     "mv new debugfs/sunrpc/stats");
	assert_int_equal(run_ab(LIST_ARRAY ONCE "--per-slice", "script"), EXIT_DONE);
	load();
	why = json_string_value(json_object_get(slice(0), "dropped"));
	assert_string_equal(why, "the counters were reset during the slice");
	assert_true(json_is_null(json_object_get(slice(1), "dropped")));
}

/* The number is 2 in the first slice after a switch, and 1 later. */
static void test_carry_over(void **state)
{
	(void)state;
	write_script("was=$(cat was); wc -l <debugfs/experiment >was\n"
		     "if [ \"$was\" = \"$(cat was)\" ]; then echo 1; else echo 2; fi");
	fake_write("was", "0\n");
	assert_int_equal(run_ab(LIST_ARRAY CARRY_OVER, "script"), EXIT_DONE);
	load();
	assert_true(has_note("differ from later ones: settle gap now 0.002 s"));
	assert_true(json_number_value(json_object_get(doc, "settle_s")) == 0.001);
	assert_true(json_number_value(json_object_get(doc, "settle_last_s")) > 0.001);
	assert_true(json_number_value(json_object_get(doc, "settle_last_s")) <= 0.008);
}

static void sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts))
		;
}

static void test_signals(void **state)
{
	static const char * const signals[] = { "INT", "TERM", "HUP" };
	char script[128];

	(void)state;
	/* In the third slice, which does not end then. */
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		snprintf(script, sizeof(script), "echo >>n%s; [ $(wc -l <n%s) = 3 ] || exit 0\n"
			 "kill -%s $PPID; sleep 1000", signals[i], signals[i], signals[i]);
		write_script(script);
		assert_int_equal(run_ab(LIST_ARRAY "--per-slice --settle 0 --rounds 9", "script"),
				 EXIT_INTERRUPTED);
		load();
		assert_true(json_is_true(json_object_get(doc, "interrupted")));
		assert_int_equal(nr_slices("aa_slices"), 2);
		assert_string_equal(fake_read("sysctl/timing"), "0\n");
	}
	write_script("kill -INT $PPID; sleep 1000");
	assert_int_equal(run_ab(LIST_ARRAY "--per-slice", "script"), EXIT_INTERRUPTED);
	assert_string_equal(fake_out, "");
	assert_non_null(strstr(fake_err, "before the first slice was over"));
}

/* Timing goes off and COMMAND ends also when nobody can do it. */
static void test_killed(void **state)
{
	pid_t child;
	int tries;

	(void)state;
	write_script("echo $$ >pid; exec sleep 1000");
	child = fork();
	if (!child)
		_exit(run_ab("sunrpc --modes list,array --rounds 1000", "script"));
	for (tries = 0; tries < 200 && !*fake_read("pid"); tries++)
		sleep_ms(50);
	assert_string_equal(fake_read("sysctl/timing"), "1\n");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	for (tries = 0; tries < 200 && strcmp(fake_read("sysctl/timing"), "0\n"); tries++)
		sleep_ms(50);
	assert_string_equal(fake_read("sysctl/timing"), "0\n");
	for (tries = 0; tries < 200 && !kill(atoi(fake_read("pid")), 0); tries++)
		sleep_ms(50);
	assert_int_equal(kill(atoi(fake_read("pid")), 0), -1);
}

static void test_timing(void **state)
{
	(void)state;
	assert_int_equal(run_ab("sunrpc --modes stock,array --no-timing --json" FAST, NULL),
			 EXIT_DONE);
	load();
	assert_non_null(strstr(json_string_value(json_object_get(metric(0), "missing")),
			       "timing is off"));
	assert_true(has_note("pages of mode stock are upper bounds"));
	assert_string_equal(fake_read("sysctl/timing"), "0\n");
	fake_write("sysctl/timing", "1\n");
	assert_int_equal(run_ab("sunrpc --modes stock,array" FAST, NULL), EXIT_DONE);
	assert_string_equal(fake_read("sysctl/timing"), "1\n");
}

/* On a terminal there is a line that says how far it is; in a pipe there is none: test_run. */
static void test_progress(void **state)
{
	(void)state;
	assert_int_equal(fake_run_terminal(cmd_ab, "ab sunrpc --modes list,array" FAST), EXIT_DONE);
	assert_non_null(strstr(fake_out, "\r\033[Kbulkctl: ab: slice 1 of 12 (A/A, list), "));
	assert_non_null(strstr(fake_out, "bulkctl: ab: slice 12 of 12 ("));
	assert_non_null(strstr(fake_out, " left\r"));
	assert_non_null(strstr(fake_out, "\r\033[Kbulkctl: analysing, 0 % done"));
	assert_non_null(strstr(fake_out, "\r\033[Kbulkctl: analysing, 50 % done"));
	assert_non_null(strstr(fake_out, " % done\r\033[K"));
}

int main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct cm_unit_test tests[] = {
		TEST(test_run),
		TEST(test_kmem_events),
		TEST(test_order),
		TEST(test_output),
		TEST(test_refuses),
		TEST(test_complain),
		TEST(test_guard),
		TEST(test_per_slice),
		TEST(test_per_slice_fails),
		TEST(test_metric_file),
		TEST(test_beside),
		TEST(test_drops),
		TEST(test_carry_over),
		TEST(test_signals),
		TEST(test_killed),
		TEST(test_progress),
		TEST(test_timing),
	};

	return cmocka_run_group_tests_name("ab", tests, NULL, NULL);
}
