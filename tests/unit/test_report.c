// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl report and status: what they print, as text and as JSON. */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bulkctl.h"
#include "fake_tree.h"
#include "report.h"
#include "switch.h"
#include "util.h"

static char text[8192];

static struct sample sample_a, sample_b;
static struct perf_request request;
static struct interfaces interfaces;
static struct perf_result events[6];
static struct report report;
static const struct pb_names users = { 2, { "page_pool", "sunrpc" } };
static const struct machine machine = { "6.12.test", "QEMU TCG" };

/* Sample a fake tree twice, a second apart by the clock that we set. */
static void take(struct sample *s, u64 ns)
{
	assert_int_equal(sample_take(&users, s), 0);
	s->ns = ns;
	s->users[0].ns = ns;
	s->users[1].ns = ns;
}

static void diff(void)
{
	perf_request_free(&request);
	assert_int_equal(perf_request_finish("test", &request), EXIT_DONE);
	assert_int_equal(request.events.nr, ARRAY_SIZE(events));
	for (unsigned int i = 0; i < request.events.nr; i++)
		events[i] = (struct perf_result){
			.event = &request.events.event[i], .value = 1000, .running = 1,
		};
	report = (struct report){
		.machine = &machine, .request = &request, .interfaces = &interfaces,
		.events = events,
	};
	sample_diff(&users, &sample_a, &sample_b, &report.iv);
	for (unsigned int i = 0; i < NR_PER; i++)
		report.per.v[i] = PB_UNKNOWN;
}

static const char *as_text(void)
{
	FILE *out;

	memset(text, 0, sizeof(text));
	out = fmemopen(text, sizeof(text), "w");
	report_text(out, &report);
	fclose(out);
	return text;
}

/* Does the text have this line, with a comma for each run of blanks? */
static bool has_row(const char *row)
{
	char copy[sizeof(text)], squeezed[256], *save = NULL;

	memcpy(copy, text, sizeof(copy));
	for (char *l = strtok_r(copy, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		size_t len = 0;

		for (; *l && len < sizeof(squeezed) - 1; l++)
			if (*l != ' ' || l[1] != ' ')
				squeezed[len++] = *l == ' ' ? ',' : *l;
		squeezed[len] = '\0';
		if (!strcmp(squeezed, row))
			return true;
	}
	return false;
}

static json_t *mode_of(json_t *doc, const char *user, const char *mode)
{
	json_t *all = json_object_get(doc, "users");

	return json_object_get(json_object_get(json_object_get(all, user), "modes"), mode);
}

static double number(json_t *object, const char *key)
{
	assert_true(json_is_number(json_object_get(object, key)));
	return json_number_value(json_object_get(object, key));
}

static void test_numbers(void **state)
{
	json_t *doc = json_object(), *array;

	(void)state;
	take(&sample_a, NSEC_PER_SEC);
	fake_stats("sunrpc", 1, 300);
	fake_write("vmstat", "pgalloc_dma 1\npgalloc_normal 141\npgfree 57\n");
	take(&sample_b, 3 * NSEC_PER_SEC);
	diff();

	report_json(doc, &report);
	array = mode_of(doc, "sunrpc", "array");
	assert_true(number(doc, "interval_s") == 2);
	assert_true(number(array, "fills") == 200);
	assert_true(number(array, "asked") == 2000);
	assert_true(number(array, "got") == 1980);
	assert_true(number(array, "short") == 20);
	assert_true(number(array, "fills_per_s") == 100);
	assert_true(number(array, "asked_per_fill") == 10);
	assert_true(number(array, "got_per_fill") == 9.9);
	assert_true(number(json_object_get(array, "ends"), "watermark") == 20);
	/* No timed fill: there is no such number. */
	assert_true(json_is_null(json_object_get(array, "ns_per_fill")));
	assert_true(json_is_null(json_object_get(array, "ns_per_page")));
	assert_true(json_is_null(json_object_get(mode_of(doc, "sunrpc", "list"), "got_per_fill")));
	assert_true(number(json_object_get(doc, "vmstat"), "pgalloc") == 100);
	assert_true(number(json_object_get(doc, "vmstat"), "pgfree") == 50);
	json_decref(doc);
}

static void test_text(void **state)
{
	(void)state;
	take(&sample_a, NSEC_PER_SEC);
	fake_stats("sunrpc", 1, 300);
	take(&sample_b, 3 * NSEC_PER_SEC);
	diff();
	events[0].reason = "not supported";
	events[1].scaled = true;
	events[1].running = 0.5;
	as_text();
	assert_non_null(strstr(text, "kernel 6.12.test, 2.000 s, under QEMU TCG\n"));
	assert_non_null(strstr(text, "\nsunrpc: mode array, generation 1\n"));
	assert_true(has_row("*,array,100.0,10.0,9.9,20,0,-,-,2.0"));
	assert_non_null(strstr(text, "  array fills ended early by reason: watermark 20\n"));
	assert_non_null(strstr(text, "  timing is off: sysctl vm.page_bulk.timing=1\n"));
	/* Modes without activity have no row, the current one of an idle user has. */
	assert_null(strstr(text, "  list "));
	assert_non_null(strstr(text, "\npage_pool: mode array, generation 1\n"));
	assert_true(has_row("*,array,0.0,-,-,0,0,-,-,-"));
	assert_non_null(strstr(text, "  cycles             not supported\n"));
	assert_non_null(strstr(text, "scaled: counted 50.0 % of the time\n"));
}

static void test_timing(void **state)
{
	(void)state;
	fake_write("sysctl/timing", "1\n");
	fake_write("debugfs/sunrpc/stats", "generation 1\narray fills 0\narray timed_fills 0\n"
		   "array timed_got 0\narray ns 0\narray asked 0\n");
	take(&sample_a, NSEC_PER_SEC);
	fake_write("debugfs/sunrpc/stats", "generation 1\narray fills 8\narray timed_fills 4\n"
		   "array timed_got 400\narray ns 10000\narray asked 2000\n");
	take(&sample_b, 2 * NSEC_PER_SEC);
	diff();
	as_text();
	assert_null(strstr(text, "timing is off"));
	/* got, short and failed are not there: unknown, not 0. */
	assert_true(has_row("*,array,8.0,250.0,unknown,unknown,unknown,2500.0,25.0,0.0"));
}

static void test_reset(void **state)
{
	json_t *doc = json_object(), *user;

	(void)state;
	take(&sample_a, NSEC_PER_SEC);
	fake_stats("sunrpc", 1, 50);
	take(&sample_b, 2 * NSEC_PER_SEC);
	diff();
	as_text();
	assert_non_null(strstr(text, "  counters were reset during the interval: dropped\n"));
	report_json(doc, &report);
	user = json_object_get(json_object_get(doc, "users"), "sunrpc");
	assert_true(json_is_null(json_object_get(user, "modes")));
	assert_string_equal(json_string_value(json_object_get(user, "dropped")), RESET_WORDS);
	json_decref(doc);
}

static void test_switch(void **state)
{
	(void)state;
	take(&sample_a, NSEC_PER_SEC);
	fake_write("sysctl/sunrpc", "stock\n");
	fake_write("debugfs/sunrpc/stats", "generation 2\nstock fills 8\n"
		   "array fills 116\nsingle fills 0\n");
	take(&sample_b, 2 * NSEC_PER_SEC);
	diff();
	as_text();
	assert_non_null(strstr(text, "sunrpc: switched: mode array -> stock, generation 1 -> 2"));
	/* The mode from before was active and has a row; single was not. */
	assert_true(has_row(",array,16.0,unknown,unknown,unknown,unknown,unknown,unknown,0.0"));
	assert_null(strstr(text, "\n  single"));
	/* The second reading has no asked and got: what stock did there is unknown. */
	assert_true(has_row("*,stock,8.0,unknown,unknown,unknown,unknown,unknown,unknown,unknown"));
}

static json_t *load(const char *schema)
{
	json_error_t error;
	json_t *doc = json_loads(fake_out, 0, &error);

	assert_non_null(doc);
	assert_string_equal(json_string_value(json_object_get(doc, "schema")), schema);
	return doc;
}

static void test_report(void **state)
{
	json_t *doc;

	(void)state;
	assert_int_equal(fake_run(cmd_report, "report --interval 20ms"), EXIT_DONE);
	assert_non_null(strstr(fake_out, "\nsunrpc: mode array"));

	assert_int_equal(fake_run(cmd_report, "report --interval 20ms --json"), EXIT_DONE);
	doc = load(REPORT_SCHEMA);
	assert_true(number(mode_of(doc, "sunrpc", "array"), "fills") == 0);
	json_decref(doc);
	fake_keep("report-one.json", fake_out);

	assert_int_equal(fake_run(cmd_report, "report --interval 20ms --count 3 --format json"),
			 EXIT_DONE);
	doc = load(REPORT_SCHEMA);
	assert_int_equal(json_array_size(json_object_get(doc, "samples")), 3);
	assert_true(json_is_false(json_object_get(doc, "interrupted")));
	json_decref(doc);
	fake_keep("report-many.json", fake_out);

	fake_write("online", "0\n");
	assert_int_equal(fake_run(cmd_report,
				  "report --interval 20ms -e {cs,faults:u} --event=cs -C 0 --json"),
			 EXIT_DONE);
	doc = load(REPORT_SCHEMA);
	assert_int_equal(json_object_size(json_object_get(doc, "perf")), 3);
	json_decref(doc);
	fake_keep("report-cpu.json", fake_out);
	assert_int_equal(fake_run(cmd_report, "report --interval 20ms -e cs --nfsd --json"),
			 EXIT_DONE);
	assert_non_null(strstr(fake_out, "no thread of nfsd was there"));
	fake_keep("report-nfsd.json", fake_out);
}

static void interrupt_report(int signal)
{
	struct timespec ts = { 0, 600 * NSEC_PER_MSEC };
	pid_t parent = getpid(), child = fork();
	json_t *doc;

	if (!child) {
		nanosleep(&ts, NULL);
		kill(parent, signal);
		_exit(0);
	}
	sleep_prepare();	/* so that an early one waits */
	assert_int_equal(fake_run(cmd_report, "report --count 1000 --interval 1h --json"),
			 EXIT_INTERRUPTED);
	waitpid(child, NULL, 0);
	doc = load(REPORT_SCHEMA);
	assert_int_equal(json_array_size(json_object_get(doc, "samples")), 1);
	assert_true(json_is_true(json_object_get(doc, "interrupted")));
	json_decref(doc);
}

/* Ctrl-C and its like in the middle: what there is, whole, and exit code 130. */
static void test_report_interrupt(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	(void)state;
	signal(SIGHUP, SIG_DFL);	/* whoever runs the tests may ignore it */
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		interrupt_report(signals[i]);
	fake_keep("report-interrupted.json", fake_out);
}

static void test_report_refuses(void **state)
{
	static const char * const lines[] = {
		"report --interval 0", "report --interval -1", "report --interval nan",
		"report --interval 1x", "report --interval 25h", "report --count 0",
		"report --count -1", "report --count 1.5", "report --count 1000001",
		"report --format xml", "report -e", "report -e nothing", "report -C x",
		"report -p 0", "report -p 1 --nfsd", "report extra", "report --nonsense",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		print_message("# %s\n", lines[i]);
		assert_int_equal(fake_run(cmd_report, lines[i]), EXIT_USAGE);
		assert_string_equal(fake_out, "");
	}
	fake_write("debugfs/version", "2\n");
	assert_int_equal(fake_run(cmd_report, "report"), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "version is not 1"));
	pb_paths.debugfs = "/nonexistent";
	assert_int_equal(fake_run(cmd_report, "report"), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "mount -t debugfs"));
	pb_paths.sysctl = "/nonexistent";
	assert_int_equal(fake_run(cmd_report, "report"), EXIT_NO_INTERFACE);
}

static void test_report_malformed(void **state)
{
	(void)state;
	fake_write("debugfs/sunrpc/stats", "generation 1\narray fills 1");
	assert_int_equal(fake_run(cmd_report, "report --interval 20ms --json"), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "sunrpc/stats: line 2 cannot be read"));
	assert_string_equal(fake_out, "");
}

static void test_status(void **state)
{
	struct pending p = { .started = 1, .until = 2, .pid = getpid(), .generation = 1,
			     .mode = "array", .return_to = "list" };
	json_t *doc, *user;

	(void)state;
	close(pending_lock());
	assert_int_equal(pending_write("sunrpc", &p), 0);
	assert_int_equal(fake_run(cmd_status, "status --interval 20ms"), EXIT_DONE);
	assert_non_null(strstr(fake_out, "sunrpc       array               1          0.0"));
	assert_non_null(strstr(fake_out, "sunrpc: goes back to list in 0ms\n"));
	assert_non_null(strstr(fake_out, "modes: single list array stock; timing: off\n"));
	assert_string_equal(fake_err, "");

	assert_int_equal(fake_run(cmd_status, "status --interval 20ms --json"), EXIT_DONE);
	doc = load("page-bulk-status/1");
	user = json_object_get(json_object_get(doc, "users"), "sunrpc");
	assert_true(number(user, "fills_per_s") == 0);
	assert_true(number(user, "generation") == 1);
	json_decref(doc);
	fake_keep("status-full.json", fake_out);
}

/* Without debugfs the modes are there, and the rest is unknown. */
static void test_status_unprivileged(void **state)
{
	json_t *doc, *user;

	(void)state;
	pb_paths.debugfs = "/nonexistent";
	assert_int_equal(fake_run(cmd_status, "status"), EXIT_DONE);
	assert_non_null(strstr(fake_out, "sunrpc       array         unknown      unknown"));
	assert_non_null(strstr(fake_err, "/nonexistent is missing"));
	assert_int_equal(fake_run(cmd_status, "status --json"), EXIT_DONE);
	doc = load("page-bulk-status/1");
	user = json_object_get(json_object_get(doc, "users"), "sunrpc");
	assert_string_equal(json_string_value(json_object_get(user, "mode")), "array");
	assert_true(json_is_null(json_object_get(user, "fills_per_s")));
	json_decref(doc);
	fake_keep("status-unprivileged.json", fake_out);
	pb_paths.sysctl = "/nonexistent";
	assert_int_equal(fake_run(cmd_status, "status"), EXIT_NO_INTERFACE);
	assert_int_equal(fake_run(cmd_status, "status --interval x"), EXIT_USAGE);
}

int main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct cm_unit_test tests[] = {
		TEST(test_numbers),
		TEST(test_text),
		TEST(test_timing),
		TEST(test_reset),
		TEST(test_switch),
		TEST(test_report),
		TEST(test_report_interrupt),
		TEST(test_report_refuses),
		TEST(test_report_malformed),
		TEST(test_status),
		TEST(test_status_unprivileged),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
