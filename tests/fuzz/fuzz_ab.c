// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options of bulkctl ab: metric and guard expressions, modes, counts, times, events. Each line of
 * the input is a word of the command line.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ab_options.h"
#include "fuzz.h"
#include "guards.h"
#include "metrics.h"

void fuzz_setup(void)
{
	fuzz_write("online", "0-1\n");
	fuzz_write("interfaces/eth0/mtu", "1500\n");
	fuzz_write("tracing/events/kmem/mm_page_free/id", "501\n");
}

/* What is told of a guard is the guard. */
static void check_guard(const struct guard *guard)
{
	struct guard again = { };
	char text[256];

	fuzz_check(*guard->metric && isfinite(guard->limit));
	guard_format(guard, text, sizeof(text));
	fuzz_check(!guard_parse(text, &again));
	fuzz_check(!strcmp(guard->metric, again.metric) && guard->op == again.op &&
		   guard->limit == again.limit);
	fuzz_check(!guard_trips(guard, NAN));
}

static void try_guard(const char *word)
{
	static const struct guard untouched = { "untouched", GUARD_GT, 1 };
	struct guard guard = untouched;

	if (guard_parse(word, &guard))
		fuzz_check(!memcmp(&guard, &untouched, sizeof(guard)));
	else
		check_guard(&guard);
}

static void check_metrics(const struct metric_set *set)
{
	fuzz_check(set->nr <= METRICS_MAX);
	for (unsigned int i = 0; i < set->nr; i++) {
		fuzz_check(*set->v[i].name && set->v[i].direction <= NEITHER_IS_BETTER);
		fuzz_check(metrics_find(set, set->v[i].name) == (int)i);
	}
}

static void try_metric(const char *word)
{
	static struct perf_event event = { .name = (char *)"cycles" };
	static const struct perf_events events = { .nr = 1, .event = &event };
	struct metric_set set = { .user = "sunrpc", .events = &events, .command = true };
	int ret;

	fuzz_quiet();
	ret = metrics_add(&set, word);
	fuzz_check_message(ret);
	fuzz_check(ret ? ret == EXIT_USAGE && !set.nr : set.nr == 1);
	check_metrics(&set);
	/* It is there, whatever the direction: nothing is added. */
	if (!ret)
		fuzz_check(!metrics_add(&set, set.v[0].name) && set.nr == 1);
	metrics_free(&set);
}

static void check_options(const struct ab_options *opts)
{
	fuzz_check(opts->user && opts->nr_modes >= 2 && opts->nr_modes <= MAX_ARMS);
	for (unsigned int i = 0; i < opts->nr_modes; i++)
		fuzz_check(*opts->modes[i] && !strchr(opts->modes[i], ','));
	fuzz_check(opts->rounds <= ANALYSIS_MAX_BLOCKS);
	fuzz_check(opts->aa_rounds <= ANALYSIS_MAX_BLOCKS || opts->aa_rounds == AB_AS_ROUNDS);
	fuzz_check(opts->slice >= NSEC_PER_MSEC && opts->slice <= 86400 * NSEC_PER_SEC);
	fuzz_check(opts->settle <= 86400 * NSEC_PER_SEC);
	fuzz_check(opts->nr_guards <= AB_MAX_GUARDS);
	for (unsigned int i = 0; i < opts->nr_guards; i++)
		check_guard(&opts->guards[i]);
}

static void try_options(char **words, int nr)
{
	char *argv[FUZZ_WORDS + 2] = { (char *)"ab" };
	struct perf_request request = { };
	struct metric_set set = { .user = "sunrpc", .events = &request.events };
	struct ab_options opts;
	int exit_code;

	memcpy(argv + 1, words, nr * sizeof(*words));
	fuzz_quiet();
	if (ab_parse_options(nr + 1, argv, &opts, &set, &request, &exit_code)) {
		fuzz_check(!exit_code);
		check_options(&opts);
		check_metrics(&set);
	}
	fuzz_check_message(exit_code);
	metrics_free(&set);
	perf_request_free(&request);
}

void fuzz_one(const unsigned char *data, size_t size)
{
	char *text = fuzz_text(data, size), *words[FUZZ_WORDS];
	int nr = fuzz_words(text, words);

	for (int i = 0; i < nr; i++) {
		try_guard(words[i]);
		try_metric(words[i]);
	}
	try_options(words, nr);
	free(text);
}
