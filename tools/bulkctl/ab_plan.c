// SPDX-License-Identifier: GPL-2.0-only
/* What an experiment would do: bulkctl ab --dry-run. */
#include <stdlib.h>

#include "ab.h"
#include "experiment.h"
#include "pagebulk.h"

static void print_arms(const char *what, const struct ab_result *r, bool aa)
{
	unsigned int arms[2 * MAX_ARMS], nr_arms = aa ? 2 : r->nr_modes;
	unsigned int rounds = aa ? r->aa_rounds : r->rounds;
	gsl_rng *rng = random_stream(r->seed, aa ? RANDOM_NOISE_SCHEDULE : RANDOM_SCHEDULE);

	if (rounds) {
		schedule_block(rng, nr_arms, arms);
		printf("  %s: %u blocks of %u slices, the first", what, rounds, 2 * nr_arms);
		for (unsigned int i = 0; i < 2 * nr_arms; i++) {
			if (aa)
				printf(" %s%s", r->modes[0], arms[i] ? "'" : "");
			else
				printf(" %s", r->modes[arms[i]]);
		}
		putchar('\n');
	}
	gsl_rng_free(rng);
}

static void print_schedule(const struct ab *ab)
{
	const struct ab_options *o = ab->opts;
	char slice[32], settle[32], all[32];

	print_arms("A/A arm", ab->result, true);
	print_arms("experiment", ab->result, false);
	format_duration(o->slice, slice, sizeof(slice));
	format_duration(o->settle, settle, sizeof(settle));
	format_duration(ab->total * (o->slice + o->settle), all, sizeof(all));
	if (o->per_slice)
		printf("  %u slices, each as long as COMMAND and after a gap of %s\n", ab->total,
		       settle);
	else
		printf("  %u slices of %s, each after a gap of %s: %s, or more if gaps grow\n",
		       ab->total, slice, settle, all);
	printf("  --seed %u makes the same order\n", o->seed);
}

static void print_effects(const struct ab *ab)
{
	const struct ab_options *o = ab->opts;

	if (!o->no_timing && !pb_read_timing())
		puts("  vm.page_bulk.timing would be on meanwhile");
	if (metrics_find(ab->metrics, "rpc_us") >= 0)
		puts("  an instance of tracing would sum up sunrpc:svc_stats_latency meanwhile");
	if (o->command)
		printf("  COMMAND would run %s: %s\n", o->per_slice ? "in each slice" : "beside it",
		       ab->result->command);
	if (o->output)
		printf("  the result would be written to %s\n", o->output);
}

static void print_metrics(const struct ab *ab)
{
	const struct ab_result *r = ab->result;
	char guard[GUARD_METRIC + 32];

	for (unsigned int i = 0; i < r->nr_metrics; i++) {
		printf("  metric %s", r->metrics[i].name);
		if (r->metrics[i].missing)
			printf(": missing, %s", r->metrics[i].missing);
		putchar('\n');
	}
	for (unsigned int i = 0; i < ab->opts->nr_guards; i++) {
		guard_format(&ab->opts->guards[i], guard, sizeof(guard));
		printf("  it would end after a slice with %s\n", guard);
	}
}

/**
 * ab_plan() - print what ab_run() would do, and change nothing
 * @opts: as for ab_run(), with dry_run
 * @metrics: as for ab_run()
 * @reported: as for ab_run()
 * @request: as for ab_run()
 * @result: as for ab_run()
 *
 * Return: EXIT_DONE; or what would keep it from beginning, after a message.
 */
int ab_plan(const struct ab_options *opts, struct metric_set *metrics, unsigned int reported,
	    const struct perf_request *request, struct ab_result *result)
{
	struct ab ab = {
		.opts = opts, .result = result, .metrics = metrics, .total = ab_total(result),
	};
	char mode[PB_NAME] = "unknown";
	int ret = experiment_check();

	if (ret)
		return ret;
	ret = ab_begin_metrics(&ab, reported, request);
	if (!ret) {
		pb_read_mode(opts->user, mode);
		printf("would switch %s, now %s, to and fro, and back to %s at the end\n",
		       opts->user, mode, mode);
		print_schedule(&ab);
		print_effects(&ab);
		print_metrics(&ab);
	}
	ab_end_metrics(&ab);
	return ret;
}
