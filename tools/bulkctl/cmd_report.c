// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl report: kernel and perf counters over an interval. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bulkctl.h"
#include "json.h"
#include "report.h"
#include "terminal.h"
#include "util.h"

#define MAX_COUNT	1000000

struct options {
	u64 interval;	/* ns */
	u64 count;
	bool json;
	struct perf_request perf;
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
	      "  --format text|json      form of the report; default text\n"
	      "  --json                  the same as --format json\n"
	      "  --help                  print this help\n", stdout);
}

static int parse_format(const char *arg, struct options *opts)
{
	if (!strcmp(arg, "json")) {
		opts->json = true;
	} else if (!strcmp(arg, "text")) {
		opts->json = false;
	} else {
		complain("report: unknown format '%s' (available: text json)", arg);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

static int parse_count(const char *arg, struct options *opts)
{
	if (!parse_u64(arg, &opts->count) && opts->count && opts->count <= MAX_COUNT)
		return EXIT_DONE;
	complain("report: --count '%s' is not a number from 1 to %d", arg, MAX_COUNT);
	return EXIT_USAGE;
}

static int take_option(int opt, const char *name, const char *arg, void *data)
{
	struct options *opts = data;

	(void)name;
	switch (opt) {
	case 'i':
		return arg_interval("report", arg, &opts->interval);
	case 'c':
		return parse_count(arg, opts);
	case 'f':
		return parse_format(arg, opts);
	case 'j':
		opts->json = true;
		return EXIT_DONE;
	}
	return perf_option("report", opt, arg, &opts->perf);
}

const struct verb_options report_options = {
	.verb = "report",
	.shortopts = "h" PERF_SHORTOPTS,
	.longopts = (const struct option[]) {
		{ "interval", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'c' },
		{ "event", required_argument, NULL, 'e' },
		{ "cpu", required_argument, NULL, 'C' },
		{ "pid", required_argument, NULL, 'p' },
		{ "nfsd", no_argument, NULL, PERF_OPT_NFSD },
		{ "format", required_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	},
	.print_help = print_help,
	.take = take_option,
};

/* What the loop below carries from one interval to the next. */
struct run {
	struct pb_names users;
	struct machine machine;
	struct interfaces interfaces;
	struct perf *perf;
	struct sample samples[2];
	struct traffic traffic[2];
	struct report report;
	json_t *samples_json;	/* NULL with one interval: it is the document itself */
	json_t *document;	/* NULL for text */
};

static int run_start(struct run *run, const struct options *opts)
{
	int ret = pb_read_users(&run->users);

	if (ret) {
		complain("%s: %s", pb_paths.sysctl, strerror(-ret));
		return EXIT_FAILED;
	}
	if (!run->users.nr) {
		complain("%s has no user that %s knows", pb_paths.sysctl, pb_paths.debugfs);
		return EXIT_FAILED;
	}
	run->report.events = calloc(opts->perf.events.nr, sizeof(*run->report.events));
	ret = run->report.events ? perf_open(&opts->perf, &run->perf) : -ENOMEM;
	if (!ret)
		ret = interfaces_find(&run->interfaces);
	if (!ret)
		ret = sleep_prepare();
	if (ret) {
		complain("report: %s", strerror(-ret));
		return EXIT_FAILED;
	}

	machine_read(&run->machine);
	run->report.machine = &run->machine;
	run->report.request = &opts->perf;
	run->report.interfaces = &run->interfaces;
	if (opts->json)
		run->document = json_document(REPORT_SCHEMA, &run->machine);
	if (opts->json && opts->count > 1)
		run->samples_json = json_array();
	return EXIT_DONE;
}

static void emit(struct run *run, bool first)
{
	json_t *object = run->document;

	if (!run->document) {
		if (!first)
			putchar('\n');
		report_text(stdout, &run->report);
		fflush(stdout);
		return;
	}
	if (run->samples_json) {
		object = json_object();
		json_array_append_new(run->samples_json, object);
	}
	report_json(object, &run->report);
}

/* The kernel's counters, then the events: at both ends of an interval in the same order. */
static int take(struct run *run, unsigned int i)
{
	if (sample_take(&run->users, &run->samples[i % 2]))
		return EXIT_FAILED;
	perf_next(run->perf, run->report.events);
	traffic_read(&run->interfaces, &run->traffic[i % 2]);
	return EXIT_DONE;
}

/* What happened between the samples i and i + 1. */
static void compare(struct run *run, unsigned int i)
{
	const struct perf_target *target = &run->report.request->target;
	struct report *r = &run->report;

	sample_diff(&run->users, &run->samples[i % 2], &run->samples[(i + 1) % 2], &r->iv);
	per_count(target, &r->iv, &run->traffic[i % 2], &run->traffic[(i + 1) % 2], &r->per);
	r->threads = perf_threads(run->perf);
}

/* Intervals follow each other without a gap, each from the sample that ended the one before. */
static int run_intervals(struct run *run, const struct options *opts)
{
	bool interrupted = false;
	u64 start;

	if (take(run, 0))
		return EXIT_FAILED;
	start = run->samples[0].ns;

	for (u64 i = 0; i < opts->count && !interrupted && !ferror(stdout); i++) {
		interrupted = sleep_showing(start + (i + 1) * opts->interval,
					    start + opts->count * opts->interval, "report");
		if (take(run, i + 1))
			return EXIT_FAILED;
		compare(run, i);
		emit(run, !i);
	}
	return interrupted ? EXIT_INTERRUPTED : EXIT_DONE;
}

static int make_report(const struct options *opts)
{
	struct run *run = calloc(1, sizeof(*run));
	int ret = EXIT_FAILED;

	if (!run) {
		complain("report: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	ret = run_start(run, opts);
	if (ret == EXIT_DONE)
		ret = run_intervals(run, opts);

	/* An interval that failed leaves those before it: print them all the same. */
	if (run->samples_json) {
		json_object_set_new(run->document, "interrupted",
				    json_boolean(ret == EXIT_INTERRUPTED));
		json_object_set_new(run->document, "samples", run->samples_json);
	}
	if (run->document && (ret != EXIT_FAILED || json_array_size(run->samples_json))) {
		if (json_print(run->document))
			ret = EXIT_FAILED;
	} else {
		json_decref(run->document);
	}
	perf_close(run->perf);
	interfaces_free(&run->interfaces);
	free(run->report.events);
	free(run);
	return ret;
}

static int report(struct options *opts)
{
	int ret = perf_request_finish("report", &opts->perf);

	if (!ret)
		ret = pb_check_interface();
	if (ret)
		return ret;
	ret = pb_check_debugfs();
	if (ret)
		return pb_complain_debugfs(ret);
	return make_report(opts);
}

int cmd_report(int argc, char *argv[])
{
	struct options opts = { .interval = NSEC_PER_SEC, .count = 1 };
	int ret;

	if (take_options(&report_options, argc, argv, &opts, &ret))
		ret = report(&opts);
	perf_request_free(&opts.perf);
	return ret;
}
