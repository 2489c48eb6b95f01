// SPDX-License-Identifier: GPL-2.0-only
/* What an experiment is made of: numbers, guards, histograms, /proc, confounders. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "busy.h"
#include "command.h"
#include "confounders.h"
#include "fake_tree.h"
#include "guards.h"
#include "histogram.h"
#include "system.h"
#include "util.h"

#define TINY	0.000000001

static bool near(double a, double b)
{
	return fabs(a - b) < TINY * fmax(1, fabs(b));
}

static void test_number(void **state)
{
	static const struct {
		const char *text;
		double last;
	} cases[] = {
		{ "12", 12 }, { "iops=1234, bw=117.5MiB/s", 117.5 },
		{ "1.5e3 ops", 1500 },
		{ "-3.5", -3.5 }, { "t: +7", 7 }, { "2026-11-21", 21 }, { "12:30:15", 15 },
		{ "5 on x86_64 with sha256", 5 }, { "17 to 10.9.0.1", 17 }, { "3.", 3 },
		{ "100%", 100 }, { "a 1 b 2 c", 2 },
	};
	static const char * const none[] = { "", "no number", "x86", "10.9.0.1", "-", ".",
		"1e999" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("# %s\n", cases[i].text);
		assert_true(near(number_last(cases[i].text, strlen(cases[i].text)), cases[i].last));
	}
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		print_message("# %s\n", none[i]);
		assert_true(isnan(number_last(none[i], strlen(none[i]))));
	}
}

static void test_guard(void **state)
{
	static const char * const bad[] = {
		"", "short_rate", "short_rate>", ">1", "short_rate=1", "short_rate==1",
		"short_rate>x", "short_rate>1x", "short_rate>nan", "short_rate>inf", "a b>1",
		"short_rate>>1", "short_rate>0x10", "short_rate>0X1p3",
	};
	struct guard g;
	char text[128];

	(void)state;
	assert_int_equal(guard_parse("short_rate>0.01", &g), 0);
	assert_string_equal(g.metric, "short_rate");
	assert_true(guard_trips(&g, 0.011) && !guard_trips(&g, 0.01) && !guard_trips(&g, NAN));
	guard_format(&g, text, sizeof(text));
	assert_string_equal(text, "short_rate>0.01");
	assert_int_equal(guard_parse(" p99_fill_us >= 500 ", &g), 0);
	assert_true(guard_trips(&g, 500) && !guard_trips(&g, 499.9));
	assert_int_equal(guard_parse("nfs_ops_per_s<1e3", &g), 0);
	assert_true(guard_trips(&g, 999) && !guard_trips(&g, 1000));
	assert_int_equal(guard_parse("packets_per_s:eth0<=10", &g), 0);
	assert_string_equal(g.metric, "packets_per_s:eth0");
	assert_true(guard_trips(&g, 10) && !guard_trips(&g, 11));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		print_message("# %s\n", bad[i]);
		assert_int_equal(guard_parse(bad[i], &g), -EINVAL);
		assert_string_equal(g.metric, "packets_per_s:eth0");
		assert_true(g.op == GUARD_LE && g.limit == 10);
	}
}

/* What is told of a guard is the guard: a limit may have more than six digits. */
static void test_guard_format(void **state)
{
	static const char * const exprs[] = {
		"fills_per_s<12345678", "short_rate>=0.012345678901", "x>1e-300", "x<-3",
	};
	struct guard g;
	char text[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(exprs); i++) {
		assert_int_equal(guard_parse(exprs[i], &g), 0);
		guard_format(&g, text, sizeof(text));
		assert_string_equal(text, exprs[i]);
	}
}

static int parse_histogram(const char *text, enum histogram_kind kind, const char *mode,
			   struct histogram *h)
{
	FILE *in = fake_file(text);
	unsigned int line;
	int ret = histogram_parse(in, kind, mode, h, &line);

	assert_int_equal(h->known, !ret);
	fclose(in);
	return ret;
}

static int parse_latency(const char *text, struct histogram *h)
{
	return parse_histogram(text, HISTOGRAM_FILL_NS, "list", h);
}

static void test_latency(void **state)
{
	static const char * const bad[] = {
		"list fill 3 1\n", "list fill 0 1\n", "list fill x 1\n", "list fill 1 x\n",
		"list fill 1\n", "list fill 1 2 3\n", "list fill 68719476736 1\n",
		"list fill 2 7\nlist fill 1024 9",	/* of "90\n": it was cut off */
	};
	struct histogram a, b, d;

	(void)state;
	assert_int_equal(parse_latency("", &a), 0);
	assert_true(isnan(histogram_quantile(&a, 0.99)));
	assert_int_equal(parse_latency("list fill 1024 90\nlist page 8 7\narray fill 1 5\n"
				       "list fill 4096 10\n", &b), 0);
	assert_true(histogram_delta(&a, &b, &d));
	assert_false(histogram_delta(&b, &a, &d));
	assert_true(histogram_delta(&a, &b, &d));
	/* 90 fills lie evenly from 1024 to 2048, ten from 4096 to 8192. */
	assert_true(near(histogram_quantile(&d, 0.45), 1536));
	assert_true(near(histogram_quantile(&d, 0.9), 2048));
	assert_true(near(histogram_quantile(&d, 0.99), 4096 + 4096 * 0.9));
	/* From 0, and without an upper end. */
	assert_int_equal(parse_latency("list fill 1 2\n", &b), 0);
	assert_true(near(histogram_quantile(&b, 0.5), 1));
	assert_int_equal(parse_latency("list fill 34359738368 2\n", &b), 0);
	assert_true(near(histogram_quantile(&b, 0.5), 34359738368.0));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(parse_latency(bad[i], &b), -EBADMSG);
	assert_int_equal(histogram_total(&b), 0);
}

static void test_all_modes(void **state)
{
	struct histogram h;

	(void)state;
	assert_int_equal(parse_histogram("list fill 8 2\nlist page 8 7\narray fill 8 5\n",
					 HISTOGRAM_FILL_NS, NULL, &h), 0);
	assert_int_equal(h.count[3], 7);
	assert_int_equal(parse_histogram("list 1 2\narray 1 3\narray 256 4\n",
					 HISTOGRAM_SIZES, NULL, &h), 0);
	assert_int_equal(h.count[0], 5);
	assert_int_equal(h.count[8], 4);
	assert_int_equal(parse_histogram("list 1\n", HISTOGRAM_SIZES, NULL, &h), -EBADMSG);
	assert_int_equal(parse_histogram("list fill 8 2\n", HISTOGRAM_SIZES, NULL, &h), -EBADMSG);
}

static void test_system(void **state)
{
	struct system_sample s;

	(void)state;
	fake_dir("proc/net");
	fake_dir("proc/net/rpc");
	system_read(&s);
	assert_true(isnan(s.cpu_s) && isnan(s.frag) && isnan(s.free_pages));
	assert_true(s.nfsd.rpcs == PB_UNKNOWN);
	assert_true(s.pgalloc == 42);
	assert_true(system_packets(&s, "eth0") == PB_UNKNOWN);

	fake_write("proc/stat", "cpu  1 2 300 4 5 60 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n");
	fake_write("proc/buddyinfo", "Node 0, zone      DMA      4      0      0      0      1\n"
		   "Node 0, zone   Normal      0      2      1      0      1\n");
	fake_write("proc/net/rpc/nfsd", "rc 0 0 5\nrpc 1234 0 0 0 0\n");
	fake_write("proc/net/dev", "Inter-|   Receive\n face |bytes    packets\n"
		   "    lo: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n"
		   "eth0:1000 20 0 0 0 0 0 0 3 400 0 0 0 0 0 0\n");
	system_read(&s);
	assert_true(near(s.cpu_s, 367.0 / sysconf(_SC_CLK_TCK)));
	/* 12 of 44 pages lie in blocks below order 4. */
	assert_true(near(s.frag, 12.0 / 44) && near(s.free_pages, 44));
	assert_true(s.nfsd.rpcs == 1234);
	assert_true(system_packets(&s, "lo") == 6 && system_packets(&s, "eth0") == 420);
	assert_true(system_packets(&s, "eth1") == PB_UNKNOWN);

	/* What is no counter is unknown, and does not become a large one. */
	fake_write("proc/stat", "cpu  1 2 -300 4 5 60 7 8 9 10\n");
	fake_write("proc/net/rpc/nfsd", "rpc -1234 0 0 0 0\n");
	fake_write("proc/net/dev", "lo: 1 2 0 0 0 0 0 0 3 -4 0 0 0 0 0 0\n: 1 2 0 0 0 0 0 0 3 4\n");
	system_read(&s);
	assert_true(isnan(s.cpu_s) && s.nfsd.rpcs == PB_UNKNOWN && !s.nr_interfaces);
}

#define STAT(pid, comm, user, system, start) \
	pid " (" comm ") S 1 1 1 0 -1 9 1 2 3 4 " user " " system " 9 9 20 0 1 0 " start " 5\n"

static void test_busy_parse(void **state)
{
	static const char * const bad[] = {
		"", "10 nfsd S", STAT("0", "x", "1", "2", "3"), STAT("-7", "x", "1", "2", "3"),
		STAT("4294967297", "x", "1", "2", "3"), STAT("7", "x", "-1", "2", "3"),
		STAT("7", "x", "1", "2", "18446744073709551616"), "7 (x) S 1 1 1 0 -1 9 1 2 3 4 5",
	};
	struct busy_process p;
	char line[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		print_message("# %s\n", bad[i]);
		snprintf(line, sizeof(line), "%s", bad[i]);
		assert_int_equal(busy_parse(line, &p), -EBADMSG);
	}
}

static void test_busy(void **state)
{
	const pid_t ours[] = { 30, 0 };
	struct busy a, b, d;
	char text[256];

	(void)state;
	fake_dir("proc/10");
	fake_dir("proc/20");
	fake_dir("proc/self");
	fake_write("proc/10/stat", STAT("10", "nfsd", "100", "200", "1"));
	/* A newline in its name hides nobody */
	fake_write("proc/20/stat", STAT("20", "a) b\n(c", "5", "5", "2"));
	assert_int_equal(busy_read(&a), 0);
	assert_int_equal(a.nr, 2);

	fake_dir("proc/11");
	fake_dir("proc/30");
	fake_dir("proc/40");
	fake_write("proc/10/stat", STAT("10", "nfsd", "150", "350", "1"));
	fake_write("proc/11/stat", STAT("11", "nfsd", "50", "50", "9"));
	/* The pid of before, but another process: all of its time is new. */
	fake_write("proc/20/stat", STAT("20", "young", "3", "4", "7"));
	fake_write("proc/30/stat", STAT("30", "bulkctl", "999", "999", "1"));
	fake_write("proc/40/stat", "40 (cut off\n");
	assert_int_equal(busy_read(&b), 0);
	assert_int_equal(busy_diff(&a, &b, ours, 2, &d), 0);
	busy_format(&d, 5, 100, text, sizeof(text));
	assert_string_equal(text, "nfsd (2) 3.00 s, young 0.07 s");
	busy_format(&d, 1, 100, text, sizeof(text));
	assert_string_equal(text, "nfsd (2) 3.00 s");
	busy_free(&d);
	assert_int_equal(busy_diff(&a, &a, ours, 2, &d), 0);
	busy_format(&d, 5, 100, text, sizeof(text));
	assert_string_equal(text, "none");
	busy_free(&d);
	busy_free(&a);
	busy_free(&b);
}

static void test_build_id(void **state)
{
	/* A note of somebody else first, with a name that needs padding. */
	static const unsigned char notes[] = {
		4, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 'X', 'e', 'n', 0, 1, 2, 3, 4,
		6, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 'L', 'i', 'n', 'u', 'x', 0, 0, 0,
		4, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0, 0xab, 0x0c, 0xff, 0,
	};
	char id[64];

	(void)state;
	assert_int_equal(build_id_parse(notes, sizeof(notes), id, sizeof(id)), 0);
	assert_string_equal(id, "ab0cff");
	for (size_t len = 0; len < sizeof(notes); len++)
		assert_int_equal(build_id_parse(notes, len, id, sizeof(id)), -1);
	build_id_read(id, sizeof(id));
	assert_string_equal(id, "");
}

static void test_pcp(void **state)
{
	static const char text[] =
		"Node 0, zone      DMA\n  pages free 1\n        high     19\n  pagesets\n"
		"    cpu: 0\n              count:    1\n              high:     5\n"
		"              batch:    1\n              high_min: 4\n              high_max: 28\n"
		"  vm stats threshold: 4\n"
		"    cpu: 1\n              count:    1\n              high:     7\n"
		"              batch:    1\n              high_min: 4\n              high_max: 28\n"
		"  node_unreclaimable:  0\n"
		"Node 0, zone  Movable\n  pages free     0\n        high     32\n"
		"Node 1, zone   Normal\n  pagesets\n    cpu: 0\n              high:     900\n"
		"              batch:    63\n"
		"Node 2, zone   Normal\n  pagesets\n    cpu: 0\n              high:     -1\n"
		"              batch:    63\n";
	char limits[256], high[256];
	FILE *in = fake_file(text);

	(void)state;
	pcp_parse(in, limits, high, sizeof(limits));
	fclose(in);
	assert_string_equal(limits,
			    "0/DMA batch 1 high 4-28, 1/Normal batch 63, 2/Normal batch 63");
	assert_string_equal(high, "0/DMA 5-7, 1/Normal 900-900");
}

static void write_config(const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/config.gz", pb_paths.proc);
	__auto_type out = gzopen(path, "we");

	assert_non_null(out);
	gzputs(out, text);
	gzclose(out);
}

static void test_debug_options(void **state)
{
	char text[1024];

	(void)state;
	debug_options_read(text, sizeof(text));
	assert_string_equal(text, "(no configuration found)");

	write_config("# a comment\nCONFIG_SMP=y\nCONFIG_KASAN_SHADOW_OFFSET=1\n"
		     "# CONFIG_KFENCE is not set\n");
	debug_options_read(text, sizeof(text));
	assert_string_equal(text, "none");

	write_config("CONFIG_SMP=y\nCONFIG_KASAN=y\nCONFIG_PROVE_LOCKING=y\n");
	fake_write("proc/cmdline", "root=/dev/sda page_owner=on quiet\n");
	fake_write("proc/lockdep", "");
	fake_dir("sys/kernel");
	fake_dir("sys/kernel/debug");
	fake_dir("sys/kernel/debug/fail_page_alloc");
	fake_write("sys/kernel/debug/fail_page_alloc/probability", "0\n");
	debug_options_read(text, sizeof(text));
	assert_string_equal(text, "CONFIG_KASAN CONFIG_PROVE_LOCKING page_owner=on lockdep");
	fake_write("sys/kernel/debug/fail_page_alloc/probability", "10\n");
	fake_write("sys/kernel/debug/kmemleak", "");
	debug_options_read(text, sizeof(text));
	assert_non_null(strstr(text, " lockdep kmemleak fail_page_alloc"));
}

static void test_kmem_events(void **state)
{
	char text[256];

	(void)state;
	/* Nobody can see it; none is */
	kmem_events_read(text, sizeof(text));
	assert_string_equal(text, "");
	fake_dir("tracing");
	fake_dir("tracing/events");
	kmem_events_read(text, sizeof(text));
	assert_string_equal(text, "none");
	fake_dir("tracing/events/kmem");
	fake_dir("tracing/events/kmem/kfree");
	fake_dir("tracing/events/kmem/mm_page_alloc");
	fake_write("tracing/events/kmem/kfree/enable", "0\n");
	fake_write("tracing/events/kmem/mm_page_alloc/enable", "1\n");
	kmem_events_read(text, sizeof(text));
	assert_string_equal(text, "mm_page_alloc");
	fake_write("tracing/events/kmem/kfree/enable", "1*\n");
	kmem_events_read(text, sizeof(text));
	assert_string_equal(text, "kfree mm_page_alloc");
}

int main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct cm_unit_test tests[] = {
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_guard_format),
		cmocka_unit_test(test_latency),
		cmocka_unit_test(test_all_modes),
		TEST(test_system),
		cmocka_unit_test(test_busy_parse),
		TEST(test_busy),
		TEST(test_build_id),
		cmocka_unit_test(test_pcp),
		TEST(test_debug_options),
		TEST(test_kmem_events),
	};

	return cmocka_run_group_tests_name("ab parts", tests, NULL, NULL);
}
