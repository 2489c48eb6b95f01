// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run of an experiment: begin, the A/A arm, the blocks, end.
 *
 * All switches go through the kernel's file experiment, so that the mode of before comes back
 * however this process ends.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ab.h"
#include "experiment.h"
#include "switch.h"
#include "terminal.h"

#define SWITCH_EVENT	"page_bulk:page_bulk_switch"
#define SETTLE_MOST	8	/* times what was asked for, or a tenth of a slice */

static void note(struct ab *ab, const char *text)
{
	result_add_note(ab->result, text);
	progress_clear();
	complain("ab: %s", text);
}

/*
 * An administrator's mode stays: unless told to go on, that is the end. A new experiment then
 * begins, which will bring back theirs.
 */
static void handle_override(struct ab *ab)
{
	char mode[PB_NAME] = "unknown", text[200];
	int ret;

	pb_read_mode(ab->opts->user, mode);
	snprintf(text, sizeof(text),
		 "somebody wrote sysctl vm.page_bulk.%s: it is %s now, and stays (" SWITCH_EVENT
		 " names who switches)", ab->opts->user, mode);
	if (!ab->opts->keep_going) {
		snprintf(ab->stopped, sizeof(ab->stopped), "%s", text);
		return;
	}
	note(ab, text);
	close(ab->experiment);
	ab->mode = NULL;
	ab->overridden = false;
	ret = experiment_open();
	ab->experiment = ret;
	if (ret < 0)
		snprintf(ab->stopped, sizeof(ab->stopped),
			 "the experiment cannot begin again after that: %s", strerror(-ret));
}

/* A command that is to run beside all slices may end: the rest goes without it. */
static void check_command_ended(struct ab *ab)
{
	char status[64], text[200];

	if (!ab->opts->command || ab->opts->per_slice || ab->command.pid || ab->command_ended)
		return;
	ab->command_ended = true;
	command_format_status(&ab->command, status, sizeof(status));
	snprintf(text, sizeof(text),
		 "COMMAND ended after %u of %u slices (%s): the others ran without it",
		 ab->done, ab->total, status);
	note(ab, text);
}

static int run_block(struct ab *ab, struct slices *to, unsigned int block, gsl_rng *rng,
		     unsigned int nr_arms, bool aa)
{
	unsigned int arms[2 * MAX_ARMS];
	int ret = 0;

	schedule_block(rng, nr_arms, arms);
	for (unsigned int i = 0; i < 2 * nr_arms && !ret && !ab_stopped(ab);) {
		const char *mode = ab->opts->modes[aa ? 0 : arms[i]];
		unsigned int before = to->nr;
		char label[PB_NAME + 16];

		snprintf(label, sizeof(label), "%s%s", aa ? "A/A, " : "", mode);
		ab_progress(ab, label);
		ret = ab_slice(ab, to, block, i, arms[i], mode);
		if (!ret && ab->overridden)
			handle_override(ab);
		check_command_ended(ab);
		/* An administrator who writes in a gap spoils no slice: it comes after that. */
		if (to->nr > before) {
			ab->done++;
			i++;
		}
	}
	return ret;
}

/* What the mode before left in the per-CPU lists may need longer than the gap to drain. */
static int check_carry_over(struct ab *ab)
{
	struct ab_result *r = ab->result;
	struct experiment e = result_experiment(r);
	double settle = r->settle_last_s, most = SETTLE_MOST * fmax(r->settle_s, r->slice_s / 10);
	struct analysis a = { };
	char text[160];
	int ret = analyse_carry_over(&e, &a);

	if (!ret)
		settle = fmin(recommend_settle(&e, &a, settle, r->slice_s), most);
	if (settle > r->settle_last_s) {
		snprintf(text, sizeof(text),
			 "slices after a switch differ from later ones: settle gap now %g s, not %g",
			 settle, r->settle_last_s);
		note(ab, text);
		r->settle_last_s = settle;
		ab->settle = settle * NSEC_PER_SEC;
	}
	analysis_free(&a);
	return ret;
}

static int run_arms(struct ab *ab, bool aa)
{
	struct ab_result *r = ab->result;
	unsigned int rounds = aa ? r->aa_rounds : r->rounds;
	unsigned int nr_arms = aa ? 2 : r->nr_modes;
	gsl_rng *rng = random_stream(r->seed, aa ? RANDOM_NOISE_SCHEDULE : RANDOM_SCHEDULE);
	int ret = 0;

	for (unsigned int block = 0; block < rounds && !ret && !ab_stopped(ab); block++) {
		/* At each quarter: often enough to help, too seldom to find what is not there. */
		if (!aa && block && block * 4 / rounds != (block - 1) * 4 / rounds)
			ret = check_carry_over(ab);
		if (!ret)
			ret = run_block(ab, aa ? &r->aa : &r->slices, block, rng, nr_arms, aa);
	}
	gsl_rng_free(rng);
	return ret;
}

/* A guard that cannot be checked guards nothing: refuse to begin. */
static int check_guard_metrics(const struct ab *ab)
{
	for (unsigned int i = 0; i < ab->opts->nr_guards; i++) {
		const char *name = ab->opts->guards[i].metric;
		int m = metrics_find(ab->metrics, name);

		if (!ab->metrics->v[m].missing)
			continue;
		complain("ab: --abort-if %s cannot be checked here: %s", name,
			 ab->metrics->v[m].missing);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

static int add_metrics(struct ab *ab, unsigned int reported)
{
	struct ab_result *r = ab->result;

	r->metrics = calloc(reported + 1, sizeof(*r->metrics));
	if (!r->metrics)
		return -ENOMEM;
	for (unsigned int i = 0; i < reported; i++) {
		const struct metric_source *m = &ab->metrics->v[i];

		r->metrics[i].direction = m->direction;
		r->metrics[i].name = strdup(m->name);
		r->metrics[i].unit = m->unit ? strdup(m->unit) : NULL;
		r->metrics[i].missing = m->missing ? strdup(m->missing) : NULL;
		r->nr_metrics = i + 1;
		if (!r->metrics[i].name)
			return -ENOMEM;
	}
	return 0;
}

/* What there is to measure, before anything is switched. */
int ab_begin_metrics(struct ab *ab, unsigned int reported, const struct perf_request *request)
{
	struct metric_set *set = ab->metrics;
	int timing = pb_read_timing(), ret = 0;
	struct edge edge;

	if (request->events.nr) {
		set->results = calloc(request->events.nr, sizeof(*set->results));
		ret = set->results ? perf_open(request, &set->perf) : -ENOMEM;
	}
	if (ret) {
		complain("ab: perf events: %s", strerror(-ret));
		return EXIT_FAILED;
	}
	if (metrics_find(set, "rpc_us") >= 0 && !ab->opts->dry_run)
		rpc_time_begin(&set->rpc_time, &set->rpc_time_missing);
	if (metrics_read(set, ab->opts->modes[0], &edge))
		return EXIT_FAILED;
	if (ab->opts->dry_run && !ab->opts->no_timing)
		timing = 1;	/* as it would be */
	metrics_check(set, &edge, timing);
	ret = check_guard_metrics(ab);
	if (ret)
		return ret;
	return add_metrics(ab, reported) ? EXIT_FAILED : EXIT_DONE;
}

void ab_end_metrics(struct ab *ab)
{
	if (ab->metrics->perf)
		perf_close(ab->metrics->perf);
	free(ab->metrics->results);
	ab->metrics->perf = NULL;
	ab->metrics->results = NULL;
}

static int begin(struct ab *ab, unsigned int reported, const struct perf_request *request)
{
	bool denied;
	int ret;

	/* First, so that a second one that is refused changes nothing, timing included. */
	ab->experiment = experiment_open();
	if (ab->experiment < 0)
		return experiment_complain(ab->experiment);
	ret = ab->opts->no_timing ? 0 : timing_begin(&ab->timing);
	if (ret) {
		denied = ret == -EPERM || ret == -EACCES;
		complain("ab: %s/timing: %s", pb_paths.sysctl,
			 denied ? NEEDS_ADMIN : strerror(-ret));
		return denied ? EXIT_NO_PERMISSION : EXIT_FAILED;
	}
	ret = ab_begin_metrics(ab, reported, request);
	if (ret)
		return ret;
	ret = ab_catch_signals(ab);
	if (ret) {
		complain("ab: signals: %s", strerror(-ret));
		return EXIT_FAILED;
	}
	if (ab->opts->command && !ab->opts->per_slice) {
		ret = command_start(&ab->command);
		if (ret) {
			complain("ab: COMMAND %s cannot be started: %s", ab->opts->command[0],
				 strerror(-ret));
			return EXIT_FAILED;
		}
	}
	return confounders_add(ab->result) ? EXIT_FAILED : EXIT_DONE;
}

static void note_command(struct ab *ab)
{
	char status[64], text[128];

	if (!ab->command.started || ab->command_ended)
		return;
	command_format_status(&ab->command, status, sizeof(status));
	snprintf(text, sizeof(text), "COMMAND: %s%s", status,
		 ab->opts->per_slice ? "" : ", ended by bulkctl when the experiment was over");
	result_add_note(ab->result, text);
}

/* The experiment first: the mode of before is back before anything else is done. */
static void end(struct ab *ab)
{
	pid_t command = ab->command.pid;

	if (ab->experiment >= 0)
		close(ab->experiment);
	undo_end(&ab->timing);
	undo_end(&ab->metrics->rpc_time);
	command_stop(&ab->command);
	if (ab->signals >= 0)
		close(ab->signals);
	ab_end_metrics(ab);
	progress_clear();
	if (!ab->start.ns)
		return;
	note_command(ab);
	if (confounders_end(ab->result, &ab->start, command))
		complain("ab: not all confounders could be read");
}

/* Slices, of the A/A arm too. */
unsigned int ab_total(const struct ab_result *r)
{
	return 4 * r->aa_rounds + 2 * r->nr_modes * r->rounds;
}

/**
 * ab_run() - run an experiment
 * @opts: what is wanted
 * @metrics: what to measure; metrics of guards come last
 * @reported: how many come before those
 * @request: perf events
 * @result: where the slices and what belongs to them go, not analysed yet. If it has any, they are
 *	valid however the experiment ended
 *
 * Return: EXIT_DONE; EXIT_INTERRUPTED; another exit code after a message.
 */
int ab_run(const struct ab_options *opts, struct metric_set *metrics, unsigned int reported,
	   const struct perf_request *request, struct ab_result *result)
{
	struct ab ab = {
		.opts = opts, .result = result, .metrics = metrics, .experiment = -1,
		.signals = -1, .settle = opts->settle,
		.total = ab_total(result),
	};
	int ret;

	command_init(&ab.command, opts->command);
	ret = begin(&ab, reported, request);
	if (!ret) {
		confounders_begin(&ab.start);
		ab.began = ab.start.ns;
		if (run_arms(&ab, true) || run_arms(&ab, false))
			ret = EXIT_FAILED;
	}
	end(&ab);
	if (*ab.stopped) {
		complain("ab: %s; %u of %u slices done", ab.stopped, ab.done, ab.total);
		result->aborted = strdup(ab.stopped);
		ret = EXIT_FAILED;
	}
	if (ab.signal) {
		result->interrupted = true;
		ret = EXIT_INTERRUPTED;
	}
	return ret;
}
