// SPDX-License-Identifier: GPL-2.0-only
/* The options of bulkctl ab. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ab_options.h"
#include "bulkctl.h"

#define MAX_DURATION	(86400 * NSEC_PER_SEC)

/* Of getopt_long(), for options that have no letter; perf's own begin at 0x100. */
enum {
	OPT_MODES = 1,
	OPT_ROUNDS,
	OPT_AA_ROUNDS,
	OPT_SLICE,
	OPT_SETTLE,
	OPT_SEED,
	OPT_METRIC,
	OPT_ABORT_IF,
	OPT_PER_SLICE,
	OPT_METRIC_FILE,
	OPT_NO_TIMING,
	OPT_KEEP_GOING,
	OPT_FORCE,
	OPT_DRY_RUN,
	OPT_JSON,
};

/* What options collect that means something only together. */
struct parse {
	struct ab_options *opts;
	struct perf_request *request;
	const char *metrics[METRICS_MAX];	/* known only once -e and COMMAND are */
	unsigned int nr_metrics;
	bool slice;
	bool metric_help;
};

static void print_help(void)
{
	fputs("Usage: bulkctl ab USER --modes A,B[,...] [OPTION...] [-- COMMAND...]\n"
	      "Compare modes of a user on live traffic: short slices in a random balanced order,\n"
	      "after an A/A arm that compares the first mode with itself. The mode of before comes\n"
	      "back at the end, however that comes. Needs root.\n\n"
	      "  --modes A,B[,...]   modes to compare with A; A twice compares it with itself\n"
	      "  --rounds N          blocks A B B A; default 20, or twice what a verdict needs\n"
	      "  --aa-rounds N       blocks of the A/A arm; default as --rounds, 0: none\n"
	      "  --slice S           length of a slice, in seconds or as 500ms, 1m; default 1\n"
	      "  --settle S          gap before each slice that is not measured; default 200ms\n"
	      "  --seed N            of the order and the statistics; default random\n"
	      "  --metric M          measure M instead of the defaults; several: again, or M,N\n"
	      "                      M:lower, M:higher or M:neither says what is better\n"
	      "  --metric help       list the metrics\n"
	      "  --abort-if EXPR     end when a slice has 'METRIC OP NUMBER', OP being < <= > >=\n"
	      "  -e, --event EVENT   count perf events, as report does\n"
	      "  -C, --cpu CPUS      count them on these CPUs only\n"
	      "  -p, --pid PID[,PID] count them in these processes only\n"
	      "  --nfsd              count them in nfsd's threads only\n"
	      "  --per-slice         run COMMAND once in each slice, which lasts as long as it does\n"
	      "  --metric-file FILE  COMMAND's number is the last one in FILE, not of what it prints\n"
	      "  --no-timing         leave vm.page_bulk.timing as it is\n"
	      "  --keep-going        go on when an administrator switches the user\n"
	      "  --force             count kmem:* events although they disturb\n"
	      "  --dry-run           say what would be done, as text; change nothing\n"
	      "  -o, --output FILE   write the result as JSON to FILE\n"
	      "  --json              print the result as JSON\n"
	      "  --help              print this help\n", stdout);
}

static int refuse(const char *option, const char *arg, const char *want)
{
	complain("ab: %s '%s' is not %s", option, arg, want);
	return EXIT_USAGE;
}

static int parse_modes(const char *arg, struct ab_options *opts)
{
	opts->nr_modes = 0;
	for (const char *s = arg;; s++) {
		size_t len = strcspn(s, ",");

		if (!len || len >= PB_NAME || opts->nr_modes == MAX_ARMS)
			return refuse("--modes", arg, "2 to 8 modes, such as stock,array");
		memcpy(opts->modes[opts->nr_modes], s, len);
		opts->modes[opts->nr_modes++][len] = '\0';
		s += len;
		if (!*s)
			return EXIT_DONE;
	}
}

static int parse_count(const char *option, const char *arg, u64 least, u64 *count)
{
	u64 value;
	char want[48];

	if (!parse_u64(arg, &value) && value >= least && value <= ANALYSIS_MAX_BLOCKS) {
		*count = value;
		return EXIT_DONE;
	}
	snprintf(want, sizeof(want), "a number from %llu to %d", least, ANALYSIS_MAX_BLOCKS);
	return refuse(option, arg, want);
}

static int parse_time(const char *option, const char *arg, u64 least, u64 *ns)
{
	u64 value;

	if (parse_duration(arg, &value) || value < least || value > MAX_DURATION)
		return refuse(option, arg, least ? "a time from 1ms to 24h, such as 1 or 500ms" :
			      "a time up to 24h, such as 0 or 200ms");
	*ns = value;
	return EXIT_DONE;
}

static int parse_seed(const char *arg, unsigned int *seed)
{
	u64 value;

	if (parse_u64(arg, &value) || value > UINT32_MAX)
		return refuse("--seed", arg, "a number from 0 to 4294967295");
	*seed = value;
	return EXIT_DONE;
}

static int parse_guard(const char *arg, struct ab_options *opts)
{
	if (opts->nr_guards == AB_MAX_GUARDS) {
		complain("ab: more than %d --abort-if", AB_MAX_GUARDS);
		return EXIT_USAGE;
	}
	if (guard_parse(arg, &opts->guards[opts->nr_guards]))
		return refuse("--abort-if", arg, "'METRIC OP NUMBER', such as 'short_rate>0.01'");
	opts->nr_guards++;
	return EXIT_DONE;
}

static int parse_metric(const char *arg, struct parse *p)
{
	if (!strcmp(arg, "help")) {
		p->metric_help = true;
		return EXIT_DONE;
	}
	if (p->nr_metrics == METRICS_MAX) {
		complain("ab: more than %d --metric", METRICS_MAX);
		return EXIT_USAGE;
	}
	p->metrics[p->nr_metrics++] = arg;
	return EXIT_DONE;
}

static int parse_value(int opt, const char *arg, struct parse *p)
{
	struct ab_options *o = p->opts;

	switch (opt) {
	case OPT_MODES:
		return parse_modes(arg, o);
	case OPT_ROUNDS:
		return parse_count("--rounds", arg, 1, &o->rounds);
	case OPT_AA_ROUNDS:
		return parse_count("--aa-rounds", arg, 0, &o->aa_rounds);
	case OPT_SLICE:
		p->slice = true;
		return parse_time("--slice", arg, NSEC_PER_MSEC, &o->slice);
	case OPT_SETTLE:
		return parse_time("--settle", arg, 0, &o->settle);
	case OPT_SEED:
		return parse_seed(arg, &o->seed);
	case OPT_METRIC:
		return parse_metric(arg, p);
	case OPT_ABORT_IF:
		return parse_guard(arg, o);
	case OPT_METRIC_FILE:
		o->metric_file = arg;
		return EXIT_DONE;
	case 'o':
		o->output = arg;
		return EXIT_DONE;
	default:
		return perf_option("ab", opt, arg, p->request);
	}
}

static int take_option(int opt, const char *name, const char *arg, void *data)
{
	struct parse *p = data;
	struct ab_options *o = p->opts;

	(void)name;
	switch (opt) {
	case OPT_PER_SLICE:
		o->per_slice = true;
		return EXIT_DONE;
	case OPT_NO_TIMING:
		o->no_timing = true;
		return EXIT_DONE;
	case OPT_KEEP_GOING:
		o->keep_going = true;
		return EXIT_DONE;
	case OPT_FORCE:
		o->force = true;
		return EXIT_DONE;
	case OPT_DRY_RUN:
		o->dry_run = true;
		return EXIT_DONE;
	case OPT_JSON:
		o->json = true;
		return EXIT_DONE;
	default:
		return parse_value(opt, arg, p);
	}
}

bool is_kmem_event(const struct perf_event *event)
{
	return !strncmp(event->name, "kmem:", strlen("kmem:"));
}

/* Each tracepoint of kmem fires per page, and not in every mode: it would measure itself. */
static int check_events(const struct parse *p)
{
	const struct perf_target *t = &p->request->target;
	const struct perf_events *events = &p->request->events;

	if (!events->nr && (t->cpus || t->nr_pids || t->nfsd)) {
		complain("ab: -C, -p and --nfsd choose what -e counts: say which EVENT");
		return EXIT_USAGE;
	}
	for (unsigned int i = 0; i < events->nr && !p->opts->force; i++) {
		if (!is_kmem_event(&events->event[i]))
			continue;
		complain("ab: -e %s would slow down some modes only: use pgalloc_per_s, or --force",
			 events->event[i].name);
		return EXIT_USAGE;
	}
	return events->nr ? perf_request_finish("ab", p->request) : EXIT_DONE;
}

static int check_together(const struct parse *p, int argc, char *argv[])
{
	const struct ab_options *o = p->opts;

	if (!argc) {
		complain("ab: which USER? See bulkctl ab --help");
		return EXIT_USAGE;
	}
	if (argc > 1) {
		complain("ab: unexpected argument '%s' (a COMMAND comes after --)", argv[1]);
		return EXIT_USAGE;
	}
	if (o->nr_modes < 2) {
		complain("ab: --modes: name two modes or more, such as --modes stock,array");
		return EXIT_USAGE;
	}
	if ((o->per_slice || o->metric_file) && !o->command) {
		complain("ab: %s needs a COMMAND, after --",
			 o->per_slice ? "--per-slice" : "--metric-file");
		return EXIT_USAGE;
	}
	if (o->per_slice && p->slice) {
		complain("ab: --slice cannot go with --per-slice, where COMMAND ends a slice");
		return EXIT_USAGE;
	}
	return check_events(p);
}

/* A comma separates metrics, but not within an event such as cpu/event=0x3c,umask=0/. */
static int add_metrics(const struct parse *p, struct metric_set *metrics)
{
	int ret = EXIT_DONE;

	metrics->command = p->opts->command;
	for (unsigned int i = 0; i < p->nr_metrics && !ret; i++) {
		char *copy = strdup(p->metrics[i]), *save = NULL;
		const char *separators = strchr(p->metrics[i], '/') ? "" : ",";

		if (!copy) {
			complain("ab: %s", strerror(ENOMEM));
			return EXIT_FAILED;
		}
		for (char *name = strtok_r(copy, separators, &save); name && !ret;
		     name = strtok_r(NULL, separators, &save))
			ret = metrics_add(metrics, name);
		free(copy);
	}
	return ret;
}

const struct verb_options ab_verb_options = {
	.verb = "ab",
	.shortopts = "ho:" PERF_SHORTOPTS,
	.longopts = (const struct option[]) {
		{ "modes", required_argument, NULL, OPT_MODES },
		{ "rounds", required_argument, NULL, OPT_ROUNDS },
		{ "aa-rounds", required_argument, NULL, OPT_AA_ROUNDS },
		{ "slice", required_argument, NULL, OPT_SLICE },
		{ "settle", required_argument, NULL, OPT_SETTLE },
		{ "seed", required_argument, NULL, OPT_SEED },
		{ "metric", required_argument, NULL, OPT_METRIC },
		{ "abort-if", required_argument, NULL, OPT_ABORT_IF },
		{ "per-slice", no_argument, NULL, OPT_PER_SLICE },
		{ "metric-file", required_argument, NULL, OPT_METRIC_FILE },
		{ "no-timing", no_argument, NULL, OPT_NO_TIMING },
		{ "keep-going", no_argument, NULL, OPT_KEEP_GOING },
		{ "force", no_argument, NULL, OPT_FORCE },
		{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
		{ "output", required_argument, NULL, 'o' },
		{ "json", no_argument, NULL, OPT_JSON },
		{ "help", no_argument, NULL, 'h' },
		{ "event", required_argument, NULL, 'e' },
		{ "cpu", required_argument, NULL, 'C' },
		{ "pid", required_argument, NULL, 'p' },
		{ "nfsd", no_argument, NULL, PERF_OPT_NFSD },
		{ }
	},
	.operands = true,
	.print_help = print_help,
	.take = take_option,
};

/**
 * ab_parse_options() - parse the command line
 * @argc: number of words
 * @argv: the words; the first one is set to what getopt_long() begins messages with
 * @opts: where the options go
 * @metrics: the metrics that are asked for are added
 * @request: the perf events that are asked for are added
 * @exit_code: what to exit with if there is nothing more to do
 *
 * Return: true if the experiment is to go on; false after help was printed, or a message.
 */
bool ab_parse_options(int argc, char *argv[], struct ab_options *opts, struct metric_set *metrics,
		      struct perf_request *request, int *exit_code)
{
	struct parse p = { .opts = opts, .request = request };

	*opts = (struct ab_options){
		.slice = NSEC_PER_SEC, .settle = 200 * NSEC_PER_MSEC, .aa_rounds = AB_AS_ROUNDS,
	};
	if (getrandom(&opts->seed, sizeof(opts->seed), 0) != sizeof(opts->seed))
		opts->seed = 1;
	/* All behind the first "--" is COMMAND, options of its own included. */
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		if (i + 1 == argc) {
			complain("ab: no COMMAND after --");
			*exit_code = EXIT_USAGE;
			return false;
		}
		opts->command = argv + i + 1;
		argc = i;
	}
	if (!take_options(&ab_verb_options, argc, argv, &p, exit_code))
		return false;
	if (p.metric_help) {
		metrics_help(stdout);
		return false;
	}
	*exit_code = check_together(&p, argc - optind, argv + optind);
	if (*exit_code)
		return false;
	opts->user = argv[optind];
	*exit_code = add_metrics(&p, metrics);
	return !*exit_code;
}

/* Do these names exist? Return: EXIT_DONE, or another exit code after a message. */
int ab_check_names(const struct ab_options *opts)
{
	struct pb_names users, modes;
	char known[PB_MAX_USERS * PB_NAME];

	if (pb_read_users(&users) || pb_read_modes(&modes)) {
		complain("ab: %s cannot be read", pb_paths.sysctl);
		return EXIT_FAILED;
	}
	if (!pb_has_name(&users, opts->user)) {
		pb_join_names(&users, known, sizeof(known));
		complain("ab: unknown user '%s' (available: %s)", opts->user, known);
		return EXIT_USAGE;
	}
	for (unsigned int i = 0; i < opts->nr_modes; i++) {
		if (pb_has_name(&modes, opts->modes[i]))
			continue;
		pb_join_names(&modes, known, sizeof(known));
		complain("ab: unknown mode '%s' (available: %s)", opts->modes[i], known);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}
