// SPDX-License-Identifier: GPL-2.0-only
/* The table of verbs: --help, completion and the tests of the man pages go by it. */
#include <string.h>

#include "bulkctl.h"
#include "verbs.h"

/* In the order of --help. A verb's options are where its function is. */
const struct verb verbs[] = {
	{ "status", cmd_status, "users, their modes, generations and rates", &status_options },
	{ "set", cmd_set, "switch users to other modes", &set_options },
	{ "report", cmd_report, "kernel and perf counters over an interval", &report_options },
	{ "ab", cmd_ab, "compare modes on live traffic", &ab_verb_options },
	{ "compare", cmd_compare, "results of experiments side by side", &compare_options },
	{ "trace", cmd_trace, "record fills and other events, and sum them up", &trace_options },
	{ "bench", cmd_bench, "what a page costs, by mode and batch size", &bench_options },
	{ "doctor", cmd_doctor, "what kernel and machine offer, what would disturb",
	  &doctor_options },
	{ "top", cmd_top, "users, modes and rates, live on the whole screen", &top_options },
	{ }
};

const struct verb *verb_find(const char *name)
{
	for (const struct verb *v = verbs; v->name; v++)
		if (!strcmp(v->name, name))
			return v;
	return NULL;
}

void verbs_help(FILE *out)
{
	fputs("Usage: bulkctl VERB [OPTION...]\n"
	      "Control and observe how kernel code takes pages in bulk (vm.page_bulk).\n\n", out);
	for (const struct verb *v = verbs; v->name; v++)
		fprintf(out, "  %-10s %s\n", v->name, v->description);
	fputs("\n"
	      "  --help               print this help; 'bulkctl VERB --help' tells a verb's options\n"
	      "  --version            print the version\n"
	      "  --list-verbs         print the verbs, one a line, for completion\n"
	      "  --list-options VERB  print a verb's options, one a line, for completion\n", out);
}

void verbs_list(FILE *out)
{
	for (const struct verb *v = verbs; v->name; v++)
		fprintf(out, "%s\n", v->name);
}

/* "--event -e ARG": the long name, the letter if it has one, ARG if it takes an argument. */
void verb_list_options(FILE *out, const struct verb *verb)
{
	const struct verb_options *options = verb->options;

	for (const struct option *o = options->longopts; o->name; o++) {
		fprintf(out, "--%s", o->name);
		if (o->val > ' ' && o->val < 0x7f && strchr(options->shortopts, o->val))
			fprintf(out, " -%c", o->val);
		fprintf(out, "%s\n", o->has_arg == required_argument ? " ARG" : "");
	}
}
