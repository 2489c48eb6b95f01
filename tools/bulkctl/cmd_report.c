// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl report: kernel and perf counters over an interval. */
#include <string.h>
#include <unistd.h>

#include "bulkctl.h"
#include "gnuplot.h"
#include "output.h"
#include "pagebulk.h"
#include "report_html.h"
#include "report_openmetrics.h"
#include "report_run.h"
#include "util.h"

#define MAX_COUNT	1000000

static const char * const formats[NR_REPORT_FORMATS] = {
	[REPORT_TEXT] = "text",
	[REPORT_JSON] = "json",
	[REPORT_CSV] = "csv",
	[REPORT_OPENMETRICS] = "openmetrics",
	[REPORT_HTML] = "html",
};

/* And the last option given that needs an interval, which not every form has. */
struct options {
	struct report_request report;
	const char *of_interval;
	bool dry_run;
};

static void print_help(void)
{
	fputs("Usage: bulkctl report [OPTION...]\n"
	      "Report per user and mode what the kernel counted over an interval, and what the\n"
	      "machine counted meanwhile. Needs root.\n\n"
	      "  --interval S            length of an interval, in seconds or as 500ms, 1m; default 1\n"
	      "  --count N               number of intervals; default 1\n"
	      "  -e, --event EVENT       count this and not the default events: names of 'perf list',\n"
	      "                          with commas between them, '{a,b}' for a group; repeatable\n"
	      "  -C, --cpu CPUS          count on these CPUs only, such as 0-3,8\n"
	      "  -p, --pid PID[,PID]     count these processes only\n"
	      "  --nfsd                  count nfsd's threads only\n"
	      "  --format text|json|csv|html|openmetrics\n"
	      "                          form of the report; default text. openmetrics: the counters\n"
	      "                          since boot, without an interval\n"
	      "  -o, --output FILE       replace FILE by the report, as a whole\n"
	      "  --json                  the same as --format json\n"
	      "  --dry-run               say what would be reported, and where to\n"
	      "  --help                  print this help\n", stdout);
}

static int parse_format(const char *arg, enum report_format *format)
{
	for (unsigned int i = 0; i < NR_REPORT_FORMATS; i++) {
		if (!strcmp(arg, formats[i])) {
			*format = i;
			return EXIT_DONE;
		}
	}
	complain("report: unknown format '%s' (available: text json csv openmetrics html)", arg);
	return EXIT_USAGE;
}

static int parse_count(const char *arg, u64 *count)
{
	if (!parse_u64(arg, count) && *count && *count <= MAX_COUNT)
		return EXIT_DONE;
	complain("report: --count '%s' is not a number from 1 to %d", arg, MAX_COUNT);
	return EXIT_USAGE;
}

static int take_option(int opt, const char *name, const char *arg, void *data)
{
	struct options *opts = data;

	switch (opt) {
	case 'f':
		return parse_format(arg, &opts->report.format);
	case 'j':
		opts->report.format = REPORT_JSON;
		return EXIT_DONE;
	case 'o':
		opts->report.output = arg;
		return EXIT_DONE;
	case 'n':
		opts->dry_run = true;
		return EXIT_DONE;
	}

	opts->of_interval = name ?: opt == 'e' ? "event" : opt == 'C' ? "cpu" : "pid";
	switch (opt) {
	case 'i':
		return arg_interval("report", arg, &opts->report.interval);
	case 'c':
		return parse_count(arg, &opts->report.count);
	}
	return perf_option("report", opt, arg, &opts->report.perf);
}

const struct verb_options report_options = {
	.verb = "report",
	.shortopts = "ho:" PERF_SHORTOPTS,
	.longopts = (const struct option[]) {
		{ "interval", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'c' },
		{ "event", required_argument, NULL, 'e' },
		{ "cpu", required_argument, NULL, 'C' },
		{ "pid", required_argument, NULL, 'p' },
		{ "nfsd", no_argument, NULL, PERF_OPT_NFSD },
		{ "format", required_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ "output", required_argument, NULL, 'o' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	},
	.print_help = print_help,
	.take = take_option,
};

static int check_format(const struct options *opts)
{
	if (opts->report.format == REPORT_HTML && opts->report.count > HTML_MAX_INTERVALS) {
		complain("report: --format html shows at most %d intervals: --count",
			 HTML_MAX_INTERVALS);
		return EXIT_USAGE;
	}
	if (opts->report.format != REPORT_OPENMETRICS || !opts->of_interval)
		return EXIT_DONE;
	complain("report: --format openmetrics has the counters since boot: --%s does not fit",
		 opts->of_interval);
	return EXIT_USAGE;
}

static int make_report(const struct report_request *opts)
{
	struct output output;
	int ret, closed;

	ret = output_open("report", opts->output, &output);
	if (ret)
		return ret;
	if (opts->format == REPORT_OPENMETRICS)
		ret = report_openmetrics(output.stream);
	else
		ret = report_run(opts, output.stream);
	/* An interval that failed leaves those before it in the file. */
	closed = output_close("report", &output, ret == EXIT_FAILED);
	return closed ?: ret;
}

/* What make_report() would do. */
static void plan(const struct report_request *report)
{
	const char *format = formats[report->format];
	char interval[32];

	format_duration(report->interval, interval, sizeof(interval));
	if (report->format == REPORT_OPENMETRICS)
		printf("would report the counters since boot as %s", format);
	else
		printf("would report %llu interval%s of %s as %s", report->count,
		       report->count == 1 ? "" : "s", interval, format);
	if (!report->output)
		puts("");
	else
		printf(" to %s%s\n", report->output, access(report->output, F_OK) ? "" :
		       ", which is there and would be replaced");
}

static int report(struct options *opts)
{
	int ret = check_format(opts);

	if (!ret)
		ret = perf_request_finish("report", &opts->report.perf);
	if (!ret)
		ret = pb_check_interface();
	if (ret)
		return ret;
	ret = pb_check_debugfs();
	if (ret)
		return pb_complain_debugfs(ret);
	ret = output_check("report", opts->report.output);
	if (!ret && opts->report.format == REPORT_HTML)
		ret = gnuplot_check("report");
	if (!ret && opts->dry_run) {
		plan(&opts->report);
		return EXIT_DONE;
	}
	return ret ?: make_report(&opts->report);
}

int cmd_report(int argc, char *argv[])
{
	struct options opts = { .report = { .interval = NSEC_PER_SEC, .count = 1 } };
	int ret;

	if (take_options(&report_options, argc, argv, &opts, &ret))
		ret = report(&opts);
	perf_request_free(&opts.report.perf);
	return ret;
}
