// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl report: the forms csv and openmetrics, and -o. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bulkctl.h"
#include "fake_tree.h"
#include "histogram.h"
#include "report.h"
#include "util.h"

#define REQUEST_PAGES	"page_bulk_request_pages"
#define FILL_SECONDS	"page_bulk_fill_seconds"
#define FORMAT	"--format openmetrics"
#define METRICS	"report " FORMAT

static char text[8192];

static struct perf_event event[3] = {
	{ .name = "cycles" },
	{ .name = "cpu/event=0x3c,name=\"x\"/" },
	{ .name = "task-clock", .unit = "ns" },
};

static struct perf_result events[3] = {
	{ .event = &event[0], .reason = "not supported" },
	{ .event = &event[1], .value = 12345678901.0 },
	{ .event = &event[2], .value = 2.5 },
};

static const struct perf_request request = { .events = { 3, event } };

static void fill_user(struct user_interval *u, const char *name, u64 value)
{
	*u = (struct user_interval){
		.user = name, .mode_start = "list", .mode = "array", .generation_start = 4,
		.generation_end = 5, .seconds = 2.5, .delta = { .generation = 5, .nr_modes = 2 },
	};
	snprintf(u->delta.modes[0].mode, PB_NAME, "list");
	snprintf(u->delta.modes[1].mode, PB_NAME, "array");
	for (unsigned int key = 0; key < PB_NR_KEYS; key++) {
		u->delta.modes[0].v[key] = PB_UNKNOWN;
		u->delta.modes[1].v[key] = value + key;
	}
}

static const char *as_csv(const struct report *report)
{
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	report_csv(out, report);
	assert_int_equal(fclose(out), 0);
	return text;
}

#define KEYS	"fills,full,asked,got,short,failed,timed_fills,timed_got,ns,freed,zone_locks," \
		"freed_zone_locks,end_one_page,end_pcp_contended,end_pcp_empty,end_watermark," \
		"end_no_block,end_memcg_limit,end_no_reclaim,end_oom,end_injected"
#define HEADER	"interval,time,start_s,seconds,user,mode,current,mode_start,mode_end," \
		"generation_start,generation_end,dropped,timing," KEYS ",machine_pgalloc," \
		"machine_pgfree,event_cycles,\"event_cpu/event=0x3c,name=\"\"x\"\"/\"," \
		"event_task-clock_ns\n"
#define EMPTY_KEYS	",,,,,,,,,,,,,,,,,,,,"	/* between 21 */
#define FROM_100	"100,101,102,103,104,105,106,107,108,109," \
			"110,111,112,113,114,115,116,117,118,119,120"
#define MACHINE		",77,,,12345678901,2.5\n"
#define LATER		"2,2026-11-21T16:21:01.250Z,2.500,2.500000,"
#define TIMES		"1,2026-11-21T16:21:01.250Z,0.000,2.500000,"

static void test_csv(void **state)
{
	struct report *r = calloc(1, sizeof(*r));

	(void)state;
	r->number = 1;
	r->realtime = 1795278061250ULL * NSEC_PER_MSEC;
	r->request = &request;
	r->events = events;
	r->iv.nr_users = 2;
	r->iv.timing = 1;
	r->iv.vm = (struct vmstat){ 77, PB_UNKNOWN };
	fill_user(&r->iv.users[0], "sunrpc", 100);
	fill_user(&r->iv.users[1], "page_pool", 200);
	r->iv.users[1].reset = true;
	assert_string_equal(as_csv(r), HEADER
		TIMES "sunrpc,list,0,list,array,4,5,0,1," EMPTY_KEYS MACHINE
		TIMES "sunrpc,array,1,list,array,4,5,0,1," FROM_100 MACHINE
		TIMES "page_pool,,,list,array,4,5,1,1," EMPTY_KEYS MACHINE);

	/* Only the first interval has the header; whether fills are timed may be unknown. */
	r->number = 2;
	r->start = 2.5;
	r->iv.timing = -ENOENT;
	r->iv.nr_users = 1;
	r->iv.users[0].generation_start = PB_UNKNOWN;
	r->iv.users[0].delta.nr_modes = 1;
	assert_string_equal(as_csv(r), LATER "sunrpc,list,0,list,array,,5,0,," EMPTY_KEYS MACHINE);
	free(r);
}

static unsigned int count_lines(const char *s)
{
	unsigned int nr = 0;

	for (; *s; s++)
		nr += *s == '\n';
	return nr;
}

static void test_csv_run(void **state)
{
	(void)state;
	fake_write("online", "0\n");
	assert_int_equal(fake_run(cmd_report, "report --interval 20ms --count 3 --format csv"),
			 EXIT_DONE);
	/* A header, and three times two users in four modes. */
	assert_int_equal(count_lines(fake_out), 1 + 3 * 2 * 4);
	assert_non_null(strstr(fake_out, ",sunrpc,array,1,array,array,1,1,0,0,0,0,"));
	fake_keep("report.csv", fake_out);
}

static void assert_line(const char *line)
{
	const char *found = fake_out;

	while ((found = strstr(found, line))) {
		if ((found == fake_out || found[-1] == '\n') && found[strlen(line)] == '\n')
			return;
		found++;
	}
	fail_msg("no line '%s' in:\n%s", line, fake_out);
}

/* A series of sunrpc in mode array, with this label more. */
static void assert_array(const char *name, const char *label, const char *value)
{
	char line[256];

	snprintf(line, sizeof(line), "%s{user=\"sunrpc\",mode=\"array\"%s} %s", name, label, value);
	assert_line(line);
}

static void test_openmetrics(void **state)
{
	(void)state;
	fake_write("sysctl/timing", "1\n");
	fake_write("debugfs/sunrpc/stats", "generation 7\narray fills 7\narray full 2\n"
		   "array asked 1234\narray got 1200\narray short 1\narray failed 0\n"
		   "array timed_got 99\narray ns 3000000001\narray freed 1100\n"
		   "array end_watermark 1\nlist fills 0\nlist asked 0\nlist ns 0\n");
	fake_write("debugfs/sunrpc/sizes", "array 1 3\narray 256 2\narray 8192 2\n");
	fake_write("debugfs/sunrpc/latency", "array fill 32 1\narray fill 128 1\n"
		   "array page 64 9\narray fill 2147483648 1\n");
	assert_int_equal(fake_run(cmd_report, METRICS), EXIT_DONE);
	assert_string_equal(fake_err, "");

	assert_line("page_bulk_timing 1");
	assert_array("page_bulk_mode", "", "1");
	assert_line("page_bulk_mode{user=\"sunrpc\",mode=\"list\"} 0");
	assert_line("page_bulk_generation{user=\"sunrpc\"} 7");
	assert_line("# TYPE page_bulk_fills_total counter");
	assert_array("page_bulk_fills_total", "", "7");
	assert_array("page_bulk_full_calls_total", "", "2");
	assert_array("page_bulk_pages_total", "", "1200");
	assert_line("page_bulk_zone_locks_total{user=\"page_pool\",mode=\"array\",by=\"fill\"} 0");
	assert_array("page_bulk_fill_ends_total", ",reason=\"watermark\"", "1");
	/* What the kernel does not give has no series. */
	assert_null(strstr(fake_out, "page_bulk_pages_total{user=\"sunrpc\",mode=\"list\"}"));
	assert_null(strstr(fake_out, "zone_locks_total{user=\"sunrpc\",mode=\"stock\""));
	assert_null(strstr(fake_out, REQUEST_PAGES "_sum{user=\"page_pool\""));

	assert_line("# UNIT page_bulk_request_pages pages");
	assert_array(REQUEST_PAGES "_bucket", ",le=\"1.0\"", "3");
	assert_array(REQUEST_PAGES "_bucket", ",le=\"255.0\"", "3");
	assert_array(REQUEST_PAGES "_bucket", ",le=\"511.0\"", "5");
	assert_array(REQUEST_PAGES "_bucket", ",le=\"4095.0\"", "5");
	assert_array(REQUEST_PAGES "_bucket", ",le=\"+Inf\"", "7");
	assert_array(REQUEST_PAGES "_sum", "", "1234.0");
	assert_array(REQUEST_PAGES "_count", "", "7");

	assert_array(FILL_SECONDS "_bucket", ",le=\"0.000000127\"", "1");
	assert_array(FILL_SECONDS "_bucket", ",le=\"0.000000255\"", "2");
	assert_array(FILL_SECONDS "_bucket", ",le=\"1.073741823\"", "2");
	assert_array(FILL_SECONDS "_bucket", ",le=\"+Inf\"", "3");
	assert_array(FILL_SECONDS "_sum", "", "3.000000001");
	assert_line(FILL_SECONDS "_sum{user=\"sunrpc\",mode=\"list\"} 0.0");
	assert_string_equal(fake_out + strlen(fake_out) - 7, "\n# EOF\n");
	fake_keep("report.prom", fake_out);
}

static void test_openmetrics_refuses(void **state)
{
	static const char * const lines[] = {
		METRICS " --count 2", METRICS " --interval 1", METRICS " -e cs", METRICS " -C 0",
		METRICS " -p 1", METRICS " --nfsd", "report --format prom", "report --format",
	};
	static const char * const bad[] = {
		"array 3 1\n", "array 1\n", "array 1 2 3\n", "array x 1\n", "array 1 -1\n", "\n",
		"array 68719476736 1\n", "array 0 1\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		assert_int_equal(fake_run(cmd_report, lines[i]), EXIT_USAGE);
		assert_string_equal(fake_out, "");
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		fake_write("debugfs/sunrpc/sizes", bad[i]);
		assert_int_equal(fake_run(cmd_report, METRICS), EXIT_FAILED);
		assert_string_equal(fake_out, "");
		assert_non_null(strstr(fake_err, "sunrpc/sizes: line 1 cannot be read"));
	}
	fake_write("debugfs/sunrpc/sizes", "array 1 1\nmode_of_later 1 2\n");
	fake_write("debugfs/sunrpc/latency", "array fill 1\n");
	assert_int_equal(fake_run(cmd_report, METRICS), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "sunrpc/latency: line 1 cannot be read"));
}

static void test_histogram_delta(void **state)
{
	struct histogram a = { .known = true, .count = { 5, 0, 1 } }, b = a, delta;

	(void)state;
	b.count[0] = 7;
	b.count[HISTOGRAM_BUCKETS - 1] = 3;
	assert_true(histogram_delta(&a, &b, &delta) && delta.known);
	assert_int_equal(delta.count[0], 2);
	assert_int_equal(delta.count[2], 0);
	assert_int_equal(histogram_total(&delta), 5);
	b.count[2] = 0;	/* reset */
	assert_false(histogram_delta(&a, &b, &delta));
	assert_false(delta.known);
	assert_int_equal(histogram_total(&delta), 0);
	b.known = false;
	assert_false(histogram_delta(&b, &a, &delta));
}

/* A path in the fake tree, for -o. */
static const char *in_tree(const char *options, const char *name)
{
	static char line[512];

	snprintf(line, sizeof(line), "report %s -o %s/../%s", options, pb_paths.sysctl, name);
	return line;
}

static void test_output(void **state)
{
	static const char * const formats[] = {
		"--format text", "--format json", "--json", "--format csv", FORMAT,
	};
	static const char * const begins[] = {
		"page_bulk report: kernel ", "{\n", "{\n", "interval,time,", "# HELP page_bulk_",
	};
	char options[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		snprintf(options, sizeof(options), "%s%s", formats[i],
			 strstr(formats[i], "metrics") ? "" : " --interval 20ms");
		fake_write("etc/old", "old\n");
		assert_int_equal(fake_run(cmd_report, in_tree(options, "etc/old")), EXIT_DONE);
		assert_string_equal(fake_out, "");
		assert_memory_equal(fake_read("etc/old"), begins[i], strlen(begins[i]));
	}
	/* Nothing is left beside it. */
	fake_remove("etc/old");
	fake_remove("etc");
}

static void test_dry_run(void **state)
{
	(void)state;
	fake_write("etc/old", "old\n");
	assert_int_equal(fake_run(cmd_report, in_tree("--dry-run --json --count 3 --interval 1h",
						      "etc/old")), EXIT_DONE);
	assert_non_null(strstr(fake_out, "would report 3 intervals of 1h as json to "));
	assert_non_null(strstr(fake_out, "/etc/old, which is there and would be replaced\n"));
	assert_int_equal(fake_run(cmd_report, in_tree("--dry-run " FORMAT, "etc/new")), EXIT_DONE);
	assert_non_null(strstr(fake_out, "would report the counters since boot as openmetrics "));
	assert_non_null(strstr(fake_out, "/etc/new\n"));
	assert_int_equal(fake_run(cmd_report, "report --dry-run"), EXIT_DONE);
	assert_string_equal(fake_out, "would report 1 interval of 1s as text\n");
	assert_int_equal(fake_run(cmd_report, in_tree("--dry-run", "no/file")), EXIT_FAILED);
	assert_string_equal(fake_read("etc/old"), "old\n");
	assert_string_equal(fake_read("etc/new"), "");
	fake_remove("etc/old");
}

static void test_output_refuses(void **state)
{
	(void)state;
	assert_int_equal(fake_run(cmd_report, in_tree("--format csv", "no/file")), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "no/file: No such file or directory"));
	assert_int_equal(fake_run(cmd_report, in_tree("--interval 1h", "etc")), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "etc: Is a directory"));
	assert_int_equal(fake_run(cmd_report, "report --interval 1h -o /dev/null"), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "/dev/null: it is no regular file"));
	/* What fails leaves the file as it was. */
	fake_write("etc/old", "old\n");
	fake_write("debugfs/sunrpc/sizes", "array 3 1\n");
	assert_int_equal(fake_run(cmd_report, in_tree(FORMAT, "etc/old")), EXIT_FAILED);
	assert_string_equal(fake_read("etc/old"), "old\n");
}

int main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct cm_unit_test tests[] = {
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_histogram_delta),
		TEST(test_csv_run),
		TEST(test_openmetrics),
		TEST(test_openmetrics_refuses),
		TEST(test_output),
		TEST(test_dry_run),
		TEST(test_output_refuses),
	};

	return cmocka_run_group_tests_name("report_formats", tests, NULL, NULL);
}
