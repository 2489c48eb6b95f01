// SPDX-License-Identifier: GPL-2.0-only
/* The metrics of an experiment: names, directions, and values of two edges. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "fake_tree.h"
#include "metrics.h"
#include "util.h"

#define TINY	0.000000001

static struct perf_event event = { .name = (char *)"cycles" };
static struct perf_events events = { .nr = 1, .event = &event };
static struct perf_result result = { .event = &event, .value = 6000 };

static struct metric_set set;
static struct edge start, end;
static double values[METRICS_MAX];

static int setup(void **state)
{
	set = (struct metric_set){
		.user = "sunrpc", .events = &events, .results = &result, .command = true,
	};
	result.reason = NULL;
	return fake_setup(state);
}

static int teardown(void **state)
{
	metrics_free(&set);
	return fake_teardown(state);
}

static void write_tree(const char *stats, const char *latency, const char *rpc, const char *dev,
		       const char *stat, const char *vmstat)
{
	fake_write("debugfs/sunrpc/stats", stats);
	fake_write("debugfs/sunrpc/latency", latency);
	fake_write("proc/net/rpc/nfsd", rpc);
	fake_write("proc/net/dev", dev);
	fake_write("proc/stat", stat);
	fake_write("proc/buddyinfo", "Node 0, zone Normal 8 0 0 0 1\n");
	fake_write("vmstat", vmstat);
}

static void read_edges(void)
{
	fake_dir("proc/net");
	fake_dir("proc/net/rpc");
	write_tree("generation 1\nlist fills 10\nlist got 1000\nlist short 1\nlist ns 0\n"
		   "list timed_fills 0\nlist timed_got 0\narray fills 7\n", "",
		   "io 1048576 5\nrpc 100 0\n",
		   "lo: 0 9 0 0 0 0 0 0 0 9\neth0: 0 5 0 0 0 0 0 0 0 5\n",
		   "cpu 0 0 0 0 0 0 0\n", "pgalloc_normal 0\n");
	fake_write("debugfs/sunrpc/zone_locks", "list fill 100\n");
	assert_int_equal(metrics_read(&set, "list", &start), 0);
	fake_write("debugfs/sunrpc/zone_locks", "list fill 130\n");
	write_tree("generation 1\nlist fills 30\nlist got 5000\nlist short 6\nlist ns 40000\n"
		   "list timed_fills 20\nlist timed_got 4000\narray fills 99\n",
		   "list fill 1024 20\narray fill 4096 100\n",
		   "io 9437184 4194309\nrpc 150 0\n",
		   "lo: 0 99 0 0 0 0 0 0 0 99\neth0: 0 25 0 0 0 0 0 0 0 15\n",
		   "cpu 5 0 3 0 0 1 1\n", "pgalloc_normal 600\n");
	assert_int_equal(metrics_read(&set, "list", &end), 0);
	start.rpc_time = (struct rpc_time){ .calls = 100, .us = 1000 };
	end.rpc_time = (struct rpc_time){ .calls = 150, .us = 2500 };
	start.ns = NSEC_PER_SEC;
	end.ns = 3 * NSEC_PER_SEC;
}

static const struct {
	const char *name;
	double value;
} expected[] = {
	{ "ns_per_fill", 2000 },
	{ "ns_per_page", 10 },
	{ "p99_fill_us", (1024 + 1024 * 0.99) / 1000 },
	{ "fills_per_s", 10 },
	{ "pages_per_s", 2000 },
	{ "pages_per_fill", 200 },
	{ "short_rate", 0.25 },
	{ "zone_locks_per_fill", 1.5 },
	{ "nfs_ops_per_s", 25 },
	{ "nfs_mib_per_s", 6 },
	{ "fills_per_rpc", 0.4 },
	{ "pages_per_rpc", 80 },
	{ "rpc_us", 30 },
	{ "packets_per_s", 15 },
	{ "packets_per_s:lo", 90 },
	{ "sys_cpu_s_per_s", 0.025 },
	{ "sys_cpu_ms_per_mib", 50.0 / 12 },
	{ "pgalloc_per_s", 300 },
	{ "frag_index", 8.0 / 24 },
	{ "free_mib", 24 * 4096.0 / 1048576 },
	{ "command", 17 },
	{ "cycles_per_fill", 300 },
	{ "cycles_per_page", 1.5 },
	{ "cycles_per_rpc", 120 },
	{ "cycles_per_packet", 200 },
	{ "cycles_per_s", 3000 },
};

static void test_values(void **state)
{
	(void)state;
	fake_dir("interfaces/lo");
	fake_dir("interfaces/eth0");
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_int_equal(metrics_add(&set, expected[i].name), EXIT_DONE);
	read_edges();
	metrics_check(&set, &start, 1);
	assert_true(metrics_values(&set, "list", &start, &end, 17, values));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		print_message("# %s: %g\n", expected[i].name, values[i]);
		assert_null(set.v[i].missing);
		assert_true(fabs(values[i] - expected[i].value) < TINY * expected[i].value);
	}

	/* In a mode without fills there are no ratios. */
	assert_true(metrics_values(&set, "single", &start, &end, NAN, values));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		if (strstr(expected[i].name, "fill") && !strstr(expected[i].name, "p99"))
			assert_true(isnan(values[i]));
	/* Counters that went back say nothing. */
	assert_false(metrics_values(&set, "list", &end, &start, 17, values));
}

/* What a machine lacks is named, and has no value. */
static void test_missing(void **state)
{
	static const char * const names[] = {
		"ns_per_fill", "ns_per_page", "p99_fill_us", "nfs_ops_per_s", "rpc_us",
		"nfs_mib_per_s", "fills_per_rpc", "pages_per_rpc", "sys_cpu_ms_per_mib",
		"packets_per_s", "packets_per_s:eth9", "sys_cpu_s_per_s", "pcp_refills",
		"frag_index", "free_mib", "cycles_per_page",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(metrics_add(&set, names[i]), EXIT_DONE);
	result.reason = "not supported";
	assert_true(rpc_time_begin(&set.rpc_time, &set.rpc_time_missing) < 0);
	assert_int_equal(metrics_read(&set, "list", &start), 0);
	metrics_check(&set, &start, 0);
	assert_true(metrics_values(&set, "list", &start, &start, NAN, values));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		print_message("# %s: %s\n", names[i], set.v[i].missing);
		assert_non_null(set.v[i].missing);
		assert_true(isnan(values[i]));
	}
	assert_string_equal(set.v[ARRAY_SIZE(names) - 1].missing, "not supported");
	/* Without its file there is no histogram, timing or not. */
	metrics_check(&set, &start, 1);
	assert_null(set.v[0].missing);
	assert_non_null(set.v[2].missing);
}

/* Histograms as the kernel prints them. */
static void test_rpc_time(void **state)
{
	static const char text[] =
		"# event histogram\n#\n"
		"# trigger info: hist:keys=netns_ino:vals=hitcount,execute:size=2048 [active]\n"
		"#\n\n"
		"{ netns_ino: 4026532210 } hitcount:         12  execute:         99\n"
		"{ netns_ino: 4026531840 } hitcount:      21034  execute:    3141592\n\n"
		"Totals:\n    Hits: 21046\n    Entries: 2\n    Dropped: 0\n";
	struct rpc_time sum;
	FILE *in;

	(void)state;
	in = fake_file(text);
	assert_int_equal(rpc_time_parse(in, 4026531840ULL, &sum), 0);
	assert_int_equal(sum.calls, 21034);
	assert_int_equal(sum.us, 3141592);
	rewind(in);
	assert_int_equal(rpc_time_parse(in, 1, &sum), 0);
	assert_int_equal(sum.calls, 0);
	fclose(in);

	in = fake_file("{ xid: 17 } hitcount: 1\n");
	assert_int_equal(rpc_time_parse(in, 1, &sum), -EBADMSG);
	fclose(in);
	in = fake_file("{ netns_ino: 1 } hitcount: 2  execute: -3\n");
	assert_int_equal(rpc_time_parse(in, 1, &sum), -EBADMSG);
	fclose(in);
}

static void test_names(void **state)
{
	static const char * const bad[] = {
		"", "speed", "ns_per_pages", "packets_per_s:",
		"packets_per_s:a_name_that_is_too_long", "packets_per_s:.",
		"packets_per_s:a:lower:lower", "packets_per_s:lower:neither",
		"packets_per_s:a b", "packets_per_s:a/b",
		"instructions_per_page", "cycles", "_per_page", "command:sideways", ":lower",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		print_message("# %s\n", bad[i]);
		assert_int_equal(metrics_add(&set, bad[i]), EXIT_USAGE);
	}
	assert_int_equal(set.nr, 0);
	assert_int_equal(metrics_add(&set, "command:lower"), EXIT_DONE);
	assert_int_equal(metrics_add(&set, "fills_per_s:higher"), EXIT_DONE);
	assert_int_equal(metrics_add(&set, "fills_per_s"), EXIT_DONE);
	assert_int_equal(set.nr, 2);
	assert_int_equal(set.v[0].direction, LOWER_IS_BETTER);
	assert_int_equal(set.v[1].direction, HIGHER_IS_BETTER);
	assert_int_equal(metrics_find(&set, "command"), 0);
	assert_int_equal(metrics_find(&set, "ns_per_page"), -1);
	set.command = false;
	set.nr = 0;
	assert_int_equal(metrics_add(&set, "command"), EXIT_USAGE);

	assert_int_equal(metrics_add_defaults(&set), EXIT_DONE);
	assert_true(metrics_find(&set, "nfs_ops_per_s") >= 0);
	assert_true(metrics_find(&set, "cycles_per_page") >= 0);
	assert_int_equal(metrics_find(&set, "packets_per_s"), -1);
}

int main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct cm_unit_test tests[] = {
		TEST(test_values),
		TEST(test_missing),
		TEST(test_rpc_time),
		TEST(test_names),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
