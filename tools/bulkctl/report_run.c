// SPDX-License-Identifier: GPL-2.0-only
/* Sample the counters at the edges of the intervals, and print each interval in its form. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "report.h"
#include "report_html.h"
#include "report_run.h"
#include "terminal.h"
#include "util.h"

/* What is carried from one interval to the next. */
struct run {
	const struct report_request *opts;
	FILE *out;
	struct pb_names users;
	struct machine machine;
	struct interfaces interfaces;
	struct perf *perf;
	struct sample samples[2];
	struct traffic traffic[2];
	struct report report;
	json_t *samples_json;	/* NULL with one interval: it is the document itself */
	json_t *document;	/* NULL if not for JSON */
	struct html *html;	/* NULL if not for HTML */
};

static int run_start(struct run *run)
{
	const struct report_request *opts = run->opts;
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
	if (opts->format == REPORT_JSON) {
		run->document = json_document(REPORT_SCHEMA, &run->machine);
		if (opts->count > 1)
			run->samples_json = json_array();
	}
	if (opts->format == REPORT_HTML) {
		run->html = html_new(&run->users, opts->count, opts->perf.events.nr);
		return run->html ? html_start(run->html) : EXIT_FAILED;
	}
	return EXIT_DONE;
}

static void emit_json(struct run *run)
{
	json_t *object = run->document;

	if (run->samples_json) {
		object = json_object();
		json_array_append_new(run->samples_json, object);
	}
	report_json(object, &run->report);
}

static void emit(struct run *run)
{
	switch (run->opts->format) {
	case REPORT_JSON:
		emit_json(run);
		break;
	case REPORT_HTML:
		html_add(run->html, &run->report);
		break;
	case REPORT_CSV:
		report_csv(run->out, &run->report);
		break;
	default:
		if (run->report.number > 1)
			fputc('\n', run->out);
		report_text(run->out, &run->report);
	}
	fflush(run->out);
}

/* The kernel's counters, then the events: at both ends of an interval in the same order. */
static int take(struct run *run, u64 i)
{
	if (sample_take(&run->users, &run->samples[i % 2]))
		return EXIT_FAILED;
	perf_next(run->perf, run->report.events);
	traffic_read(&run->interfaces, &run->traffic[i % 2]);
	return EXIT_DONE;
}

/* What happened between the samples i and i + 1; the first sample was taken at @start. */
static void compare(struct run *run, u64 i, u64 start)
{
	const struct perf_target *target = &run->report.request->target;
	struct report *r = &run->report;

	sample_diff(&run->users, &run->samples[i % 2], &run->samples[(i + 1) % 2], &r->iv);
	per_count(target, &r->iv, &run->traffic[i % 2], &run->traffic[(i + 1) % 2], &r->per);
	r->threads = perf_threads(run->perf);
	r->number = i + 1;
	r->start = (double)(run->samples[i % 2].ns - start) / NSEC_PER_SEC;
	r->realtime = clock_ns(CLOCK_REALTIME);
}

/* Intervals follow each other without a gap, each from the sample that ended the one before. */
static int run_intervals(struct run *run)
{
	const struct report_request *opts = run->opts;
	bool interrupted = false;
	u64 start;

	if (take(run, 0))
		return EXIT_FAILED;
	start = run->samples[0].ns;

	for (u64 i = 0; i < opts->count && !interrupted && !ferror(run->out); i++) {
		interrupted = sleep_showing(start + (i + 1) * opts->interval,
					    start + opts->count * opts->interval, "report");
		if (take(run, i + 1))
			return EXIT_FAILED;
		compare(run, i, start);
		emit(run);
	}
	return interrupted ? EXIT_INTERRUPTED : EXIT_DONE;
}

/* An interval that failed leaves those before it: print them all the same. */
static int finish_json(struct run *run, int ret)
{
	if (run->samples_json) {
		json_object_set_new(run->document, "interrupted",
				    json_boolean(ret == EXIT_INTERRUPTED));
		json_object_set_new(run->document, "samples", run->samples_json);
	}
	if (run->document && (ret != EXIT_FAILED || json_array_size(run->samples_json)))
		return json_write(run->document, run->out) ? EXIT_FAILED : ret;
	json_decref(run->document);
	return ret;
}

static int finish(struct run *run, int ret)
{
	int printed = EXIT_DONE;

	if (run->html && run->html->nr)
		printed = html_finish(run->html, run->out, ret == EXIT_INTERRUPTED);
	return printed ?: finish_json(run, ret);
}

/**
 * report_run() - report intervals
 * @opts: what was asked for
 * @out: where the report goes
 *
 * Return: EXIT_DONE, EXIT_INTERRUPTED after Ctrl-C, or EXIT_FAILED after a message.
 */
int report_run(const struct report_request *opts, FILE *out)
{
	struct run *run = calloc(1, sizeof(*run));
	int ret;

	if (!run) {
		complain("report: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	run->opts = opts;
	run->out = out;
	ret = run_start(run);
	if (ret == EXIT_DONE)
		ret = run_intervals(run);
	ret = finish(run, ret);
	html_free(run->html);
	perf_close(run->perf);
	interfaces_free(&run->interfaces);
	free(run->report.events);
	free(run);
	return ret;
}
