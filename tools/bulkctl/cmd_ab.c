// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl ab: compare modes on live traffic. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ab.h"
#include "ab_options.h"
#include "bulkctl.h"
#include "json.h"
#include "output.h"

#define ROUNDS_LEAST	20	/* of the default */
#define KMEM_NOTE	"events of kmem were counted: they slow some modes, and miss the batches of stock"

/* Everything that a run takes, and gives back. */
struct run {
	struct ab_options opts;
	struct perf_request request;
	struct metric_set metrics;
	unsigned int reported;		/* metrics that the result has */
	struct ab_result result;
};

static int add_guard_metrics(struct run *run)
{
	int ret = EXIT_DONE;

	run->reported = run->metrics.nr;
	for (unsigned int i = 0; i < run->opts.nr_guards && !ret; i++)
		ret = metrics_add(&run->metrics, run->opts.guards[i].metric);
	return ret;
}

/* The second arm of the first mode is A', as in the A/A arm. */
static char *arm_name(const struct ab_options *opts, unsigned int arm)
{
	char name[PB_NAME + MAX_ARMS];

	snprintf(name, sizeof(name), "%s", opts->modes[arm]);
	for (unsigned int i = 0; i < arm; i++)
		if (!strcmp(opts->modes[i], opts->modes[arm]))
			strcat(name, "'");
	return strdup(name);
}

static char *join_command(char **argv)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (unsigned int i = 0; argv[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", argv[i]);
	fclose(out);
	return text;
}

static unsigned int default_rounds(const struct run *run)
{
	unsigned int needed = blocks_needed(run->reported * (run->opts.nr_modes - 1));

	return 2 * needed > ROUNDS_LEAST ? 2 * needed : ROUNDS_LEAST;
}

static int describe(struct run *run)
{
	const struct ab_options *o = &run->opts;
	struct ab_result *r = &run->result;
	time_t now = time(NULL);
	char text[128];
	struct tm tm;

	machine_read(&r->machine);
	if (gethostname(text, sizeof(text)))
		snprintf(text, sizeof(text), "unknown");
	text[sizeof(text) - 1] = '\0';
	r->host = strdup(text);
	strftime(text, sizeof(text), "%FT%T%z", localtime_r(&now, &tm));
	r->started = strdup(text);
	r->user = strdup(o->user);
	r->command = o->command ? join_command(o->command) : NULL;
	r->seed = o->seed;
	r->rounds = o->rounds ?: default_rounds(run);
	r->aa_rounds = o->aa_rounds == AB_AS_ROUNDS ? r->rounds : o->aa_rounds;
	r->slice_s = o->per_slice ? 0 : (double)o->slice / NSEC_PER_SEC;
	r->settle_s = (double)o->settle / NSEC_PER_SEC;
	r->settle_last_s = r->settle_s;
	r->modes = calloc(o->nr_modes, sizeof(*r->modes));
	if (!r->host || !r->started || !r->user || !r->modes || (o->command && !r->command))
		return -ENOMEM;
	for (; r->nr_modes < o->nr_modes; r->nr_modes++) {
		r->modes[r->nr_modes] = arm_name(o, r->nr_modes);
		if (!r->modes[r->nr_modes])
			return -ENOMEM;
	}
	return 0;
}

static bool counts_kmem(const struct perf_events *events)
{
	for (unsigned int i = 0; i < events->nr; i++)
		if (is_kmem_event(&events->event[i]))
			return true;
	return false;
}

/* What a reader has to know of this way of measuring. */
static void add_notes(struct run *run)
{
	const struct ab_options *o = &run->opts;
	unsigned int needed = blocks_needed(run->reported * (o->nr_modes - 1));
	char text[512], events[256];

	if (run->result.rounds < needed) {
		snprintf(text, sizeof(text),
			 "%u rounds are too few for a verdict: so many metrics and modes need %u",
			 run->result.rounds, needed);
		result_add_note(&run->result, text);
	}
	for (unsigned int i = 0; o->no_timing && i < o->nr_modes; i++)
		if (!strcmp(o->modes[i], "stock") && pb_read_timing() != 1)
			result_add_note(&run->result,
					"timing is off: pages of mode stock are upper bounds");
	if (o->per_slice)
		result_add_note(&run->result, "each slice lasted as long as COMMAND");
	if (counts_kmem(&run->request.events))
		result_add_note(&run->result, KMEM_NOTE);
	kmem_events_read(events, sizeof(events));
	if (*events && strcmp(events, "none")) {
		snprintf(text, sizeof(text),
			 "events of kmem are enabled (%s): they slow single, list and array, and stock not",
			 events);
		complain("ab: %s", text);
		result_add_note(&run->result, text);
	}
}

/* To be freed; NULL without memory. */
static char *format_json(json_t *document)
{
	char *json = document ? json_dumps(document, JSON_INDENT(2)) : NULL, *text;

	if (!json || asprintf(&text, "%s\n", json) < 0)
		text = NULL;
	free(json);
	return text;
}

static int write_output(const struct run *run)
{
	json_t *document = result_to_json(&run->result);
	char *text = format_json(document);
	int ret = EXIT_FAILED, error;

	if (!text) {
		complain("ab: %s", strerror(ENOMEM));
		goto out;
	}
	error = run->opts.output ?
		write_file_atomically(run->opts.output, text, strlen(text)) : 0;
	/* It took hours, perhaps: a file that is lost must not take the rest along. */
	if (run->opts.json || error)
		fputs(text, stdout);
	else
		result_text(stdout, &run->result);
	if (error)
		complain("ab: cannot write %s: %s; the result is on standard output, as JSON",
			 run->opts.output, strerror(-error));
	else
		ret = EXIT_DONE;
out:
	free(text);
	json_decref(document);
	return ret;
}

/* What was measured is printed also when the experiment did not come to its end. */
static int experiment(struct run *run)
{
	int ret, printed;

	if (describe(run)) {
		complain("ab: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	if (run->opts.dry_run)
		return ab_plan(&run->opts, &run->metrics, run->reported, &run->request,
			       &run->result);
	add_notes(run);
	ret = ab_run(&run->opts, &run->metrics, run->reported, &run->request, &run->result);
	if (!run->result.aa.nr && !run->result.slices.nr) {
		if (run->result.interrupted)
			complain("ab: interrupted before the first slice was over");
		return ret;
	}
	if (result_analyse(&run->result)) {
		complain("ab: the result cannot be analysed: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	printed = write_output(run);
	return ret ?: printed;
}

static int prepare(struct run *run)
{
	int ret = pb_check_interface();

	if (ret)
		return ret;
	ret = pb_check_debugfs();
	if (ret)
		return pb_complain_debugfs(ret);
	ret = ab_check_names(&run->opts);
	if (ret)
		return ret;
	run->metrics.user = run->opts.user;
	if (!run->metrics.nr)
		ret = metrics_add_defaults(&run->metrics);
	if (!ret)
		ret = add_guard_metrics(run);
	/* A file that cannot be written shall not cost an hour of measuring. */
	return ret ?: output_check("ab", run->opts.output);
}

int cmd_ab(int argc, char *argv[])
{
	struct run run = { };
	int ret;

	run.metrics.events = &run.request.events;
	if (ab_parse_options(argc, argv, &run.opts, &run.metrics, &run.request, &ret)) {
		ret = prepare(&run);
		ret = ret ?: experiment(&run);
	}
	result_free(&run.result);
	metrics_free(&run.metrics);
	perf_request_free(&run.request);
	return ret;
}
