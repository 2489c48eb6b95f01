// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl report --format html. test_report_html.py and a browser look at the page, too. */
#include <stdlib.h>
#include <string.h>

#include "bulkctl.h"
#include "fake_tree.h"
#include "gnuplot.h"
#include "report_html.h"
#include "util.h"

static const struct pb_names users = { 2, { "page_pool", "sunrpc" } };
static const struct machine machine = { "6.12<test>&", "QEMU TCG" };
static struct perf_event event = { .name = "cpu/a=\"<b>\"/" };
static struct perf_result counted = { .event = &event, .value = 10, .running = 1 };
static const struct perf_request request = { .events = { 1, &event } };
static const struct interfaces interfaces;

static char *page;
static struct sample samples[2];

static struct html *begin(unsigned int max)
{
	struct html *html = html_new(&users, max, request.events.nr);

	assert_non_null(html);
	assert_int_equal(sample_take(&users, &samples[0]), 0);
	assert_int_equal(html_start(html), EXIT_DONE);
	return html;
}

/* An interval of a second, up to what the fake tree shows now. */
static void add(struct html *html)
{
	struct report *r = calloc(1, sizeof(*r));

	assert_int_equal(sample_take(&users, &samples[1]), 0);
	samples[1].ns = samples[0].ns + NSEC_PER_SEC;
	for (unsigned int i = 0; i < users.nr; i++)
		samples[1].users[i].ns = samples[0].users[i].ns + NSEC_PER_SEC;
	sample_diff(&users, &samples[0], &samples[1], &r->iv);
	r->machine = &machine;
	r->request = &request;
	r->interfaces = &interfaces;
	r->events = &counted;
	r->start = html->nr;
	r->realtime = 1795278061ULL * NSEC_PER_SEC;
	for (unsigned int i = 0; i < NR_PER; i++)
		r->per.v[i] = i == PER_FILL ? 4 : PB_UNKNOWN;
	html_add(html, r);
	free(r);
	samples[0] = samples[1];
}

static void finish(struct html *html, bool interrupted)
{
	size_t len;
	FILE *out;

	free(page);
	out = open_memstream(&page, &len);
	assert_non_null(out);
	assert_int_equal(html_finish(html, out, interrupted), EXIT_DONE);
	assert_int_equal(fclose(out), 0);
	html_free(html);
}

static unsigned int count(const char *what)
{
	unsigned int nr = 0;

	for (const char *s = page; (s = strstr(s, what)); s++)
		nr++;
	return nr;
}

static void set_stats(unsigned int fills, unsigned int generation, const char *mode)
{
	char stats[512], line[128];

	snprintf(stats, sizeof(stats),
		 "generation %u\narray fills %u\narray asked %u\narray got %u\narray short 0\n"
		 "array failed 0\narray timed_fills %u\narray timed_got %u\narray ns %u\n"
		 "array end_one_page %u\nlist fills %u\nlist asked %u\nlist got %u\n", generation,
		 fills, fills * 100, fills * 100, fills, fills * 100, fills * 5000, fills / 2,
		 fills / 4, fills * 8, fills * 8);
	fake_write("debugfs/sunrpc/stats", stats);
	snprintf(line, sizeof(line), "array 1 %u\narray 64 %u\nlist 256 %u\n", fills / 2, fills / 2,
		 fills / 4);
	fake_write("debugfs/sunrpc/sizes", line);
	snprintf(line, sizeof(line), "array fill 4096 %u\narray fill 1048576 1\n", fills);
	fake_write("debugfs/sunrpc/latency", line);
	fake_write("sysctl/sunrpc", mode);
}

/* fills, per second, asked and got per fill, short, failed, ns per fill and page, locks */
#define ARRAY_ROW \
	"<tr><td>array</td><td>800</td><td>266.7</td><td>100.0</td><td>100.0</td><td>0</td>" \
	"<td>0</td><td>5000.0</td><td>50.0</td><td>0.0</td></tr>"
#define LIST_ROW \
	"<tr class=\"now\"><td>list *</td><td>200</td><td>66.7</td><td>32.0</td><td>32.0</td>" \
	"<td>unknown</td>"

static void test_page(void **state)
{
	struct html *html;

	(void)state;
	fake_write("sysctl/timing", "1\n");
	set_stats(100, 1, "array\n");
	html = begin(4);
	set_stats(300, 1, "array\n");
	add(html);
	set_stats(500, 2, "list\n");
	add(html);
	set_stats(900, 2, "list\n");
	add(html);
	finish(html, false);
	fake_keep("report.html", page);

	/* Two histograms and three time lines of sunrpc; page_pool did nothing. */
	assert_int_equal(count("<svg"), 5);
	assert_int_equal(count("</figure>"), 5);
	assert_int_equal(count("id='gpPt5'"), 1);
	assert_int_equal(count("gnuplot_"), 0);
	assert_non_null(strstr(page, "Kernel 6.12&lt;test&gt;&amp;, "));
	assert_non_null(strstr(page, "cpu/a=&quot;&lt;b&gt;&quot;/</td><td>30 </td><td>2.5</td>"));
	assert_non_null(strstr(page, "Measured under QEMU TCG"));
	assert_non_null(strstr(page, ": 3 intervals, 3.000 s. Timing of fills was on."));
	assert_non_null(strstr(page, "Switched: mode array to list, generation 1 to 2."));
	assert_non_null(strstr(page, ARRAY_ROW));
	assert_non_null(strstr(page, LIST_ROW));
	assert_non_null(strstr(page, "<td>2.000</td><td>list *</td><td>100</td>"));
	assert_non_null(strstr(page, "Fills in mode array ended early by reason: one_page 400."));
}

/* A reset in one of the intervals: the others stay. */
static void test_dropped(void **state)
{
	struct html *html;

	(void)state;
	set_stats(100, 1, "array\n");
	html = begin(2);
	set_stats(50, 1, "array\n");
	add(html);
	set_stats(80, 1, "array\n");
	add(html);
	add(html);	/* there is no room for it */
	finish(html, true);
	assert_non_null(strstr(page, "during the interval: 1 of 2 intervals are dropped"));
	assert_non_null(strstr(page, "<td>array *</td><td>30</td><td>30.0</td>"));
	assert_non_null(strstr(page, "2.000 s, interrupted. Timing of fills was off"));
	/* The histograms went back too: only the time lines of fills, pages and ns are left. */
	assert_int_equal(count("<svg"), 3);
	fake_keep("report-dropped.html", page);
}

static void test_run(void **state)
{
	(void)state;
	fake_write("online", "0\n");
	assert_int_equal(fake_run(cmd_report, "report --interval 20ms --format html -e cs"),
			 EXIT_DONE);
	assert_string_equal(fake_err, "");
	assert_memory_equal(fake_out, "<!DOCTYPE html>\n", 16);
	assert_non_null(strstr(fake_out, "One interval has no time line"));
	assert_non_null(strstr(fake_out, "</html>\n"));
	assert_int_equal(fake_run(cmd_report, "report --format html --count 10001"), EXIT_USAGE);
	assert_non_null(strstr(fake_err, "at most 10000 intervals"));
}

static void test_no_gnuplot(void **state)
{
	char *path = strdup(getenv("PATH"));

	(void)state;
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(fake_run(cmd_report, "report --interval 1h --format html"), EXIT_FAILED);
	setenv("PATH", path, 1);
	free(path);
	assert_non_null(strstr(fake_err, "gnuplot, which is missing: apt install gnuplot-nox"));
	assert_string_equal(fake_out, "");
}

static void test_gnuplot_fails(void **state)
{
	char *svg = NULL;

	(void)state;
	print_message("# an error of gnuplot is to follow\n");
	assert_int_equal(gnuplot_svg("report", "plot nonsense(\n", 15, &svg), EXIT_FAILED);
	assert_null(svg);
}

static int free_page(void **state)
{
	(void)state;
	free(page);
	return 0;
}

int main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct cm_unit_test tests[] = {
		TEST(test_page),
		TEST(test_dropped),
		TEST(test_run),
		TEST(test_no_gnuplot),
		cmocka_unit_test(test_gnuplot_fails),
	};

	return cmocka_run_group_tests_name("report_html", tests, NULL, free_page);
}
