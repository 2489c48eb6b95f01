// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl report: events per fill, page, RPC and packet, and what is said beside them. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fake_tree.h"
#include "report.h"
#include "system.h"
#include "util.h"

static char text[8192];
static struct perf_request request;
static struct perf_result events[8];
static struct report report;
static const struct machine machine = { "6.12.test", "" };
static const struct interfaces interfaces = {
	2, (char *[]) { (char *)"eth0", (char *)"eth1" }
};

static const char * const dev =
	"Inter-|   Receive                                                |  Transmit\n"
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs\n"
	"    lo: 9000 90 0 0 0 0 0 0 9000 90 0 0 0 0 0 0\n"
	"  eth0: 100 7 0 0 0 0 0 0 200 5 0 0 0 0 0 0\n"
	"eth0.5:50 3 0 0 0 0 0 0 60 2 0 0 0 0 0 0\n"
	"  veth: 1 1000 0 0 0 0 0 0 1 2000 0 0 0 0 0 0\n";

static u64 packets(const char *file, unsigned int nr, char *const *names)
{
	const struct interfaces some = { nr, (char **)names };
	FILE *in = fake_file(file);
	u64 n = traffic_parse_packets(in, &some);

	fclose(in);
	return n;
}

static struct nfsd_counts nfsd(const char *file)
{
	FILE *in = fake_file(file);
	struct nfsd_counts counts;

	system_parse_nfsd(in, &counts);
	fclose(in);
	return counts;
}

static u64 rpcs(const char *file)
{
	return nfsd(file).rpcs;
}

static void test_traffic(void **state)
{
	char eth[] = "eth0", veth[] = "veth", gone[] = "gone";
	char *const names[] = { eth, veth, gone };

	(void)state;
	assert_int_equal(packets(dev, 1, names), 12);
	assert_int_equal(packets(dev, 2, names), 3012);
	assert_int_equal(packets(dev, 3, names), PB_UNKNOWN);
	assert_int_equal(packets(dev, 0, NULL), PB_UNKNOWN);
	assert_int_equal(packets("eth0: x\n", 1, names), PB_UNKNOWN);
	assert_int_equal(packets("eth0: 1 -7 0 0 0 0 0 0 1 5 0\n", 1, names), PB_UNKNOWN);
	assert_int_equal(packets("", 1, names), PB_UNKNOWN);

	assert_int_equal(rpcs("rc 0 0 5\nio 1 2\nrpc 4711 0 0 0 0\nproc3 22 1\n"), 4711);
	assert_int_equal(rpcs("rpc x\n"), PB_UNKNOWN);
	assert_int_equal(rpcs("rpc -2\n"), PB_UNKNOWN);
	assert_int_equal(rpcs("rpc 99999999999999999999\n"), PB_UNKNOWN);
	assert_int_equal(rpcs("net 1 2 3 4\n"), PB_UNKNOWN);
	assert_int_equal(rpcs(""), PB_UNKNOWN);
	assert_int_equal(nfsd("rc 0 0 5\nio 1 2\nrpc 4711 0 0 0 0\n").bytes, 3);
	assert_int_equal(nfsd("io 1\nrpc 4711 0 0 0 0\n").bytes, PB_UNKNOWN);
	assert_int_equal(nfsd("io -1 2\nrpc 4711 0 0 0 0\n").bytes, PB_UNKNOWN);
}

static void test_interfaces(void **state)
{
	struct interfaces found;

	(void)state;
	assert_int_equal(interfaces_find(&found), 0);
	assert_int_equal(found.nr, 0);
	interfaces_free(&found);
	fake_dir("interfaces/lo");
	fake_dir("interfaces/veth");
	assert_int_equal(interfaces_find(&found), 0);
	assert_int_equal(found.nr, 1);
	assert_string_equal(found.name[0], "veth");
	interfaces_free(&found);
	/* With hardware there, only that. */
	fake_dir("interfaces/eth0");
	fake_dir("interfaces/eth0/device");
	assert_int_equal(interfaces_find(&found), 0);
	assert_int_equal(found.nr, 1);
	assert_string_equal(found.name[0], "eth0");
	interfaces_free(&found);
	pb_paths.interfaces = "/nonexistent";
	assert_int_equal(interfaces_find(&found), 0);
	assert_int_equal(found.nr, 0);
}

/* 200 fills of sunrpc that got 1980 pages, 100 of page_pool that got 990; 50 RPCs, 4000 packets. */
static void measure(const struct traffic *start, const struct traffic *end)
{
	static const struct pb_names users = { 2, { "page_pool", "sunrpc" } };
	static struct sample a, b;

	fake_stats("sunrpc", 1, 100);
	fake_stats("page_pool", 1, 0);
	assert_int_equal(sample_take(&users, &a), 0);
	fake_stats("sunrpc", 1, 300);
	fake_stats("page_pool", 1, 100);
	assert_int_equal(sample_take(&users, &b), 0);
	a.ns = 0;
	b.ns = 2 * NSEC_PER_SEC;

	report = (struct report){
		.machine = &machine, .request = &request, .interfaces = &interfaces,
		.events = events,
	};
	sample_diff(&users, &a, &b, &report.iv);
	per_count(&request.target, &report.iv, start, end, &report.per);
	for (unsigned int i = 0; i < request.events.nr; i++)
		events[i] = (struct perf_result){
			.event = &request.events.event[i], .value = 6000, .running = 1,
		};
}

static const struct traffic start = { 1000, 500 }, end = { 1050, 4500 };

static void ask(const char *list)
{
	perf_request_free(&request);
	assert_int_equal(perf_events_add("test", list, &request.events), EXIT_DONE);
	assert_in_range(request.events.nr, 1, ARRAY_SIZE(events));
}

static bool per_is(enum per what, double value)
{
	double got = per_value(&events[0], &report.per, what);

	return got > value * 0.999999 && got < value * 1.000001;
}

static void test_per(void **state)
{
	const struct traffic unknown = { PB_UNKNOWN, PB_UNKNOWN };

	(void)state;
	ask("cs");
	measure(&start, &end);
	assert_true(per_is(PER_FILL, 6000 / 300.));
	assert_true(per_is(PER_PAGE, 6000 / 2970.));
	assert_true(per_is(PER_RPC, 6000 / 50.));
	assert_true(per_is(PER_PACKET, 6000 / 4000.));

	/* What has no value has none per fill either. */
	events[0].reason = "not supported";
	assert_true(isnan(per_value(&events[0], &report.per, PER_FILL)));

	/* None, unknown, or started anew in between: no number, and never a division by 0. */
	measure(&start, &start);
	assert_true(isnan(per_value(&events[0], &report.per, PER_RPC)));
	measure(&unknown, &end);
	assert_true(isnan(per_value(&events[0], &report.per, PER_PACKET)));
	measure(&end, &start);
	assert_int_equal(report.per.v[PER_RPC], PB_UNKNOWN);

	/* nfsd's threads do the fills of sunrpc, and no others. */
	request.target.nfsd = true;
	measure(&start, &end);
	assert_true(per_is(PER_FILL, 6000 / 200.));
	assert_true(per_is(PER_PAGE, 6000 / 1980.));
	assert_true(per_is(PER_RPC, 6000 / 50.));

	/* Whose fills are on CPU 0, nobody counts. */
	fake_write("online", "0-1\n");
	assert_int_equal(perf_option("test", 'C', "0", &request), EXIT_DONE);
	measure(&start, &end);
	for (unsigned int i = 0; i < NR_PER; i++)
		assert_int_equal(report.per.v[i], PB_UNKNOWN);
}

static const char *as_text(void)
{
	FILE *out;

	memset(text, 0, sizeof(text));
	out = fmemopen(text, sizeof(text), "w");
	report_text_events(out, &report);
	fclose(out);
	return text;
}

static void test_per_text(void **state)
{
	(void)state;
	ask("cs,task-clock:u");
	measure(&start, &end);
	as_text();
	assert_non_null(strstr(text, "\nevents, all CPUs, all processes\n"));
	assert_non_null(strstr(text, "per fill     per page      per RPC   per packet\n"));
	assert_non_null(strstr(text, "/s           20         2.02          120          1.5\n"));
	assert_non_null(strstr(text, "20 ns      2.02 ns       120 ns       1.5 ns\n"));
	assert_non_null(strstr(text, "all that the machine did, by all users' fills and pages;"));
	assert_non_null(strstr(text, "; not what a fill costs\n"));
	assert_non_null(strstr(text, "  packets: received and sent by eth0, eth1\n"));

	/* No RPC in the interval: no such column. */
	measure(&start, &start);
	as_text();
	assert_non_null(strstr(text, "per fill     per page\n"));
	assert_null(strstr(text, "per RPC"));
	assert_null(strstr(text, "eth0"));

	request.target.nfsd = true;
	measure(&start, &end);
	report.threads = (struct perf_threads){ 8, 2, 1 };
	as_text();
	assert_non_null(strstr(text, "\nevents, all CPUs, nfsd: 8 threads\n"));
	assert_non_null(strstr(text, "  2 of the threads started in the interval: "));
	assert_non_null(strstr(text, "  1 threads ended in the interval: counted until then\n"));
	assert_non_null(strstr(text, "all that nfsd's threads did, by sunrpc's fills"));

	fake_write("online", "0-3\n");
	assert_int_equal(perf_option("test", 'C', "0,2-3", &request), EXIT_DONE);
	request.target.nfsd = false;
	measure(&start, &end);
	as_text();
	assert_non_null(strstr(text, "\nevents, CPUs 0,2,3, all processes\n"));
	assert_null(strstr(text, "per fill  "));
	assert_non_null(strstr(text, "  nothing per fill, page, RPC or packet: "));
}

static void test_per_json(void **state)
{
	json_t *doc = json_object(), *cs, *counts;

	(void)state;
	ask("cs,kmem:mm_page_alloc");
	measure(&start, &end);
	report_json(doc, &report);
	cs = json_object_get(json_object_get(doc, "perf"), "cs");
	assert_true(json_number_value(json_object_get(json_object_get(cs, "per"), "rpc")) == 120);
	assert_true(json_is_null(json_object_get(cs, "note")));
	counts = json_object_get(doc, "counts");
	assert_int_equal(json_integer_value(json_object_get(counts, "fill")), 300);
	assert_int_equal(json_integer_value(json_object_get(counts, "packet")), 4000);
	assert_int_equal(json_array_size(json_object_get(counts, "interfaces")), 2);
	assert_true(json_is_null(json_object_get(json_object_get(doc, "perf_target"), "cpus")));
	json_decref(doc);
}

/* Blind only to what happened: without fills in mode stock, nothing is hidden. */
static void test_note(void **state)
{
	(void)state;
	ask("kmem:mm_page_alloc,kmem:mm_page_alloc:k,kmem:mm_page_alloc_zone_locked,cs");
	assert_int_equal(perf_events_add("test", "kmem:mm_page_alloc", &request.events), EXIT_DONE);
	measure(&start, &end);
	assert_null(report_event_note(events[0].event, &report.iv));
	assert_null(strstr(as_text(), "blind"));
	assert_non_null(strstr(text, "    counts blocks taken from the buddy lists, not holds"));

	snprintf(report.iv.users[1].delta.modes[2].mode, PB_NAME, "stock");
	assert_non_null(strstr(report_event_note(events[0].event, &report.iv),
			       "blind to mode stock"));
	assert_non_null(report_event_note(events[1].event, &report.iv));
	assert_null(strstr(report_event_note(events[2].event, &report.iv), "blind"));
	assert_null(report_event_note(events[3].event, &report.iv));
	assert_string_equal(events[4].event->name, "kmem:mm_page_alloc#2");
	assert_non_null(report_event_note(events[4].event, &report.iv));
	assert_non_null(strstr(as_text(), "\n    blind to mode stock"));
}

static int setup(void **state)
{
	int ret = fake_setup(state);

	fake_dir("tracing");
	fake_dir("tracing/events");
	fake_dir("tracing/events/kmem");
	fake_dir("tracing/events/kmem/mm_page_alloc");
	fake_dir("tracing/events/kmem/mm_page_alloc_zone_locked");
	fake_write("tracing/events/kmem/mm_page_alloc/id", "407\n");
	fake_write("tracing/events/kmem/mm_page_alloc_zone_locked/id", "408\n");
	return ret;
}

static int teardown(void **state)
{
	perf_request_free(&request);
	return fake_teardown(state);
}

int main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct cm_unit_test tests[] = {
		TEST(test_traffic),
		TEST(test_interfaces),
		TEST(test_per),
		TEST(test_per_text),
		TEST(test_per_json),
		TEST(test_note),
	};

	return cmocka_run_group_tests_name("report_per", tests, NULL, NULL);
}
