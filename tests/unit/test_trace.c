// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl trace: the sums, and what it prints. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bulkctl.h"
#include "fake_tree.h"
#include "trace_record.h"
#include "trace_show.h"
#include "trace_summary.h"
#include "util.h"

#define FILL	"user=sunrpc mode=array generation=3 nid=-1 asked=259 got=100 "		\
		"reason=watermark ns=1234"
#define SOFTIRQ	TRACE_IN_SOFTIRQ
#define LIST	"  sunrpc       list              1      259.0     259.0"		\
		"        0        0      50.0\n"

static struct trace_fill fill_of(const char *text)
{
	struct trace_fill fill;

	assert_int_equal(trace_fill_parse(text, &fill), 0);
	return fill;
}

static void test_parse_fill(void **state)
{
	static const char * const bad[] = {
		"", "user", "user=sunrpc", "user= mode=list asked=1 got=1 reason=none",
		"user=a mode=b asked=1 reason=none", "user=a mode=b got=1 reason=none",
		"user=a mode=b asked=1 got=1", "user=a mode=b asked=1 got=-1 reason=none",
		"user=a mode=b asked=1 got=0x1 reason=none",
		"user=a mode=b asked=1 got=1 reason=c d",
		"user=a mode=b asked=1 got=1 reason=c ns=99999999999999999999",
		"user=a-name-that-is-longer-than-any-of-ours mode=b asked=1 got=1 reason=c",
		"user=a\033[2J mode=b asked=1 got=1 reason=c",
	};
	struct trace_fill fill;

	(void)state;
	fill = fill_of(FILL);
	assert_string_equal(fill.user, "sunrpc");
	assert_string_equal(fill.mode, "array");
	assert_string_equal(fill.reason, "watermark");
	assert_int_equal(fill.asked, 259);
	assert_int_equal(fill.got, 100);
	assert_int_equal(fill.ns, 1234);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		print_message("# '%s'\n", bad[i]);
		assert_int_equal(trace_fill_parse(bad[i], &fill), -EBADMSG);
	}
}

static void add(struct trace_summary *sum, const struct trace_event *e, const char *mode,
		unsigned int asked, unsigned int got, const char *reason)
{
	const char *user = e->flags & (TRACE_IN_SOFTIRQ | TRACE_BH_OFF) ? "page_pool" : "sunrpc";
	char text[128];
	struct trace_fill fill;

	snprintf(text, sizeof(text), "user=%s mode=%s asked=%u got=%u reason=%s ns=%u", user, mode,
		 asked, got, reason, strcmp(mode, "list") ? 0 : 50);
	fill = fill_of(text);
	trace_summary_ts(sum, 1000000000ULL + sum->events * 1000);
	trace_summary_fill(sum, e, &fill);
}

static const struct trace_row *row_at(const struct trace_table *table, size_t i, const char *mode,
				      const char *who)
{
	assert_true(i < table->nr);
	assert_string_equal(table->rows[i].mode, mode);
	assert_string_equal(table->rows[i].who, who);
	return &table->rows[i];
}

static void test_modes(void **state)
{
	struct trace_event nfsd = { .cpu = 1, .pid = 20, .comm = "nfsd" };
	struct trace_summary sum = { };
	const struct trace_row *row;

	(void)state;
	add(&sum, &nfsd, "list", 259, 259, "none");
	add(&sum, &nfsd, "array", 259, 100, "watermark");
	add(&sum, &nfsd, "array", 1, 1, "one_page");
	add(&sum, &nfsd, "array", 3, 0, "watermark");
	trace_summary_finish(&sum);

	assert_int_equal(sum.totals.fills, 4);
	assert_int_equal(sum.modes.nr, 2);
	row = row_at(&sum.modes, 0, "array", "");
	assert_int_equal(row->totals.fills, 3);
	assert_int_equal(row->totals.asked, 263);
	assert_int_equal(row->totals.got, 101);
	assert_int_equal(row->totals.short_fills, 2);
	assert_int_equal(row->totals.failed, 1);
	assert_int_equal(row->totals.timed_fills, 0);
	assert_int_equal(row->sizes[0], 1);
	assert_int_equal(row->sizes[1], 1);
	assert_int_equal(row->sizes[8], 1);
	row = row_at(&sum.modes, 1, "list", "");
	assert_int_equal(row->totals.timed_fills, 1);
	assert_int_equal(row->totals.ns, 50);

	assert_int_equal(sum.ends.nr, 3);
	assert_string_equal(sum.ends.rows[0].reason, "watermark");
	assert_int_equal(sum.ends.rows[0].totals.fills, 2);
	assert_int_equal(sum.interfaces.nr, 0);
	trace_summary_free(&sum);
}

/* The task that a softirq interrupts is no caller; a stack goes to the fill before it. */
static void test_callers(void **state)
{
	struct trace_event nfsd = { .cpu = 0, .pid = 20, .comm = "nfsd" };
	struct trace_event other = { .cpu = 0, .pid = 21, .comm = "nfsd" };
	struct trace_event softirq = { .cpu = 0, .pid = 20, .comm = "nfsd", .flags = SOFTIRQ };
	struct trace_summary sum = { };

	(void)state;
	add(&sum, &nfsd, "array", 4, 4, "none");
	add(&sum, &softirq, "array", 64, 64, "none");	/* before the stack of the first */
	trace_summary_stack(&sum, &softirq, "veth_xdp_rcv.constprop.0");
	trace_summary_stack(&sum, &softirq, "of_something_else");
	trace_summary_stack(&sum, &nfsd, "svc_recv");
	add(&sum, &nfsd, "array", 4, 4, "none");
	trace_summary_stack(&sum, &other, "of_another_task");
	add(&sum, &nfsd, "array", 4, 4, "none");
	trace_summary_lost(&sum, 0, 3);
	trace_summary_stack(&sum, &nfsd, "of_one_that_was_lost");
	trace_summary_finish(&sum);

	assert_int_equal(sum.callers.nr, 3);
	row_at(&sum.callers, 0, "array", "");
	assert_int_equal(sum.callers.rows[0].kind, TRACE_SOFTIRQ);
	assert_string_equal(sum.callers.rows[0].function, "veth_xdp_rcv");
	row_at(&sum.callers, 1, "array", "nfsd");
	assert_string_equal(sum.callers.rows[1].function, "");
	assert_int_equal(sum.callers.rows[1].totals.fills, 2);
	row_at(&sum.callers, 2, "array", "nfsd");
	assert_string_equal(sum.callers.rows[2].function, "svc_recv");
	assert_int_equal(sum.callers.rows[2].totals.asked, 4);
	trace_summary_free(&sum);
}

/* Any process may call itself what a terminal would obey. */
static void test_names(void **state)
{
	struct trace_event e = { .comm = "\033]0;owned\007x\n\xc2\x9by\xc3\xa4" };
	struct trace_summary sum = { };

	(void)state;
	add(&sum, &e, "list", 259, 259, "none");
	trace_summary_finish(&sum);
	assert_int_equal(sum.callers.nr, 1);
	assert_string_equal(sum.callers.rows[0].who, "?]0;owned?x???y\xc3\xa4");
	trace_summary_free(&sum);
}

static void test_skipped_functions(void **state)
{
	(void)state;
	assert_true(trace_skips_function("trace_event_raw_event_page_bulk_fill"));
	assert_true(trace_skips_function("svc_page_bulk_fill_noprof"));
	assert_true(trace_skips_function("__page_pool_alloc_pages_slow"));
	assert_false(trace_skips_function("svc_recv"));
	assert_false(trace_skips_function("mlx5e_post_rx_mpwqes"));
}

static u64 fills_of(const struct trace_summary *sum, enum trace_via via, const char *interface)
{
	for (size_t i = 0; i < sum->interfaces.nr; i++)
		if (sum->interfaces.rows[i].kind == (int)via &&
		    !strcmp(sum->interfaces.rows[i].who, interface))
			return sum->interfaces.rows[i].totals.fills;
	return 0;
}

static void test_interfaces(void **state)
{
	struct trace_event softirq = { .cpu = 0, .pid = 20, .comm = "x", .flags = SOFTIRQ };
	struct trace_event far = { .cpu = 1, .pid = 20, .comm = "x", .flags = SOFTIRQ };
	struct trace_event thread = { .cpu = 0, .pid = 30, .comm = "napi/b-1",
				      .flags = TRACE_BH_OFF };
	struct trace_event task = { .cpu = 0, .pid = 40, .comm = "ip" };
	struct trace_fill setup = fill_of("user=page_pool mode=array asked=64 got=64 reason=none");
	struct trace_summary sum = { };

	(void)state;
	add(&sum, &softirq, "array", 64, 64, "none");
	add(&sum, &softirq, "array", 64, 64, "none");
	trace_summary_poll(&sum, &far, "far");		/* of another CPU */
	add(&sum, &thread, "array", 64, 64, "none");
	trace_summary_poll(&sum, &softirq, "eth0");
	trace_summary_poll(&sum, &softirq, "eth1");	/* nothing is open any more */
	trace_summary_poll(&sum, &thread, "eth2");
	trace_summary_fill(&sum, &task, &setup);
	task.flags = TRACE_BH_OFF;
	trace_summary_poll(&sum, &task, "eth1");	/* busy polling, later on */
	add(&sum, &softirq, "array", 64, 64, "none");
	add(&sum, &far, "array", 64, 64, "none");
	trace_summary_lost(&sum, 0, -1);
	trace_summary_poll(&sum, &softirq, "eth1");
	trace_summary_poll(&sum, &far, "eth3");
	add(&sum, &softirq, "array", 64, 64, "none");	/* its end is not there */
	trace_summary_finish(&sum);

	assert_int_equal(fills_of(&sum, TRACE_VIA_POLL, "eth0"), 2);
	assert_int_equal(fills_of(&sum, TRACE_VIA_POLL, "eth1"), 0);
	assert_int_equal(fills_of(&sum, TRACE_VIA_POLL, "eth2"), 1);
	assert_int_equal(fills_of(&sum, TRACE_VIA_POLL, "eth3"), 1);
	assert_int_equal(fills_of(&sum, TRACE_VIA_POLL, "far"), 0);
	assert_int_equal(fills_of(&sum, TRACE_VIA_NO_NAPI, ""), 1);
	assert_int_equal(fills_of(&sum, TRACE_VIA_LOST, ""), 2);
	assert_int_equal(sum.totals.fills, 7);
	assert_int_equal(sum.lost.nr, 1);
	assert_true(sum.lost.cpus[0].more);
	trace_summary_free(&sum);
}

/* PREEMPT_RT: no flag tells a poll. */
static void test_bare_polls(void **state)
{
	struct trace_event softirq = { .cpu = 0, .pid = 15, .comm = "ksoftirqd/0" };
	struct trace_event irq = { .cpu = 0, .pid = 90, .comm = "irq/24-eth1" };
	struct trace_fill fill = fill_of("user=page_pool mode=list asked=64 got=64 reason=none");
	struct trace_summary sum = { };

	(void)state;
	trace_summary_fill(&sum, &softirq, &fill);
	trace_summary_fill(&sum, &irq, &fill);
	trace_summary_poll(&sum, &irq, "eth1");
	trace_summary_poll(&sum, &softirq, "eth0");
	trace_summary_fill(&sum, &softirq, &fill);
	trace_summary_finish(&sum);
	assert_int_equal(fills_of(&sum, TRACE_VIA_POLL, "eth0"), 1);
	assert_int_equal(fills_of(&sum, TRACE_VIA_POLL, "eth1"), 1);
	assert_int_equal(fills_of(&sum, TRACE_VIA_LOST, ""), 1);
	assert_int_equal(fills_of(&sum, TRACE_VIA_NO_NAPI, ""), 0);
	trace_summary_free(&sum);
}

static void test_losses(void **state)
{
	struct trace_losses lost = { };
	char text[128];

	(void)state;
	assert_int_equal(trace_losses_add(&lost, 3, 10, false), 0);
	assert_int_equal(trace_losses_add(&lost, 0, 5, false), 0);
	assert_int_equal(trace_losses_add(&lost, 3, 0, true), 0);
	assert_int_equal(trace_losses_add(&lost, 1, 1, false), 0);
	trace_losses_format(&lost, text, sizeof(text));
	assert_string_equal(text, "5 on CPU 0, 1 on CPU 1, more than 10 on CPU 3");
	trace_losses_format(&lost, text, 8);
	assert_string_equal(text, "5 on CP");
	free(lost.cpus);
}

/*
 * What a file of trace-cmd begins with: its library, in version 3.1, crashes where such a one ends
 * within.
 */
static void test_cut_off(void **state)
{
	static const char head[] = {
		0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g', '7', 0,
		0, 8, 0, 0x10, 0, 0,			/* byte order, longs, pages */
		'n', 'o', 'n', 'e', 0, 0,		/* compression, its version */
		0x30, 0, 0, 0, 0, 0, 0, 0, 0x0b, 0,	/* where the options are */
	};
	char line[PATH_MAX + 32];

	(void)state;
	snprintf(line, sizeof(line), "trace --summary %s", fake_path("cut.dat"));
	for (size_t len = 0; len < sizeof(head); len++) {
		FILE *out = fopen(fake_path("cut.dat"), "we");

		assert_non_null(out);
		assert_int_equal(fwrite(head, 1, len, out), len);
		assert_int_equal(fclose(out), 0);
		assert_int_equal(fake_run(cmd_trace, line), EXIT_FAILED);
		assert_non_null(strstr(fake_err, "cut.dat is no file of trace-cmd, or a "));
		assert_string_equal(fake_out, "");
	}
}

static void test_parse_stats(void **state)
{
	u64 lost;
	FILE *in = fake_file("entries: 171\noverrun: 7593\ncommit overrun: 2\nbytes: 6480\n"
			     "oldest event ts:    77.621596\ndropped events: 5\nread events: 9\n");

	(void)state;
	assert_int_equal(trace_stats_parse(in, &lost), 0);
	assert_int_equal(lost, 7600);
	fclose(in);
	in = fake_file("entries: 171\n");
	assert_int_equal(trace_stats_parse(in, &lost), -EBADMSG);
	fclose(in);
	in = fake_file("overrun: -1\n");
	assert_int_equal(trace_stats_parse(in, &lost), -EBADMSG);
	fclose(in);
}

static void test_show(void **state)
{
	struct trace_event nfsd = { .cpu = 1, .pid = 20, .comm = "nfsd" };
	struct trace_event softirq = { .cpu = 0, .pid = 0, .comm = "<idle>", .flags = SOFTIRQ };
	struct trace_summary sum = { };
	struct trace_view view = {
		.file = "some.dat", .bytes = 4096, .lost = &sum.lost, .summary = &sum,
	};
	FILE *out = fmemopen(fake_out, sizeof(fake_out), "w");
	json_t *doc;

	(void)state;
	assert_non_null(out);
	add(&sum, &nfsd, "list", 259, 259, "none");
	add(&sum, &nfsd, "stock", 200, 0, "watermark");
	trace_summary_stack(&sum, &nfsd, "svc_recv");
	add(&sum, &softirq, "array", 64, 60, "pcp_empty");
	trace_summary_poll(&sum, &softirq, "eth0");
	add(&sum, &softirq, "array", 64, 64, "none");
	trace_summary_lost(&sum, 0, 12);
	trace_summary_lost(&sum, 1, -1);
	trace_summary_finish(&sum);
	trace_text(out, &view);
	fclose(out);

	assert_non_null(strstr(fake_out, "some.dat: 4096 bytes\n"
			       "lost events: 12 on CPU 0, more than 0 on CPU 1\n"
			       "4 events within 0.000 s, of which 4 fills and 0 switches\n"));
	assert_non_null(strstr(fake_out, LIST));
	assert_non_null(strstr(fake_out, "  stock: asked and got are upper bounds"));
	assert_non_null(strstr(fake_out, "  sunrpc       stock    nfsd in svc_recv  "));
	assert_non_null(strstr(fake_out, "  page_pool    array    softirq  "));
	assert_non_null(strstr(fake_out, "\n  eth0                 array             1"));
	assert_non_null(strstr(fake_out, "\n  unknown              array             1"));
	assert_non_null(strstr(fake_out, "  sunrpc       list     256-511: 1\n"));
	assert_non_null(strstr(fake_out, "  page_pool    array    pcp_empty               1"));

	doc = trace_json(&view);
	fake_keep_json("trace-file.json", doc);
	json_decref(doc);
	trace_summary_free(&sum);
}

int main(void)
{
	const struct cm_unit_test tests[] = {
		cmocka_unit_test(test_parse_fill),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_callers),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_skipped_functions),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_bare_polls),
		cmocka_unit_test(test_losses),
		cmocka_unit_test_setup_teardown(test_cut_off, fake_setup, fake_teardown),
		cmocka_unit_test(test_parse_stats),
		cmocka_unit_test(test_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
