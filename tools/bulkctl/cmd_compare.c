// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl compare: results of bulkctl ab side by side. */
#include <errno.h>
#include <string.h>

#include "bulkctl.h"
#include "compare.h"
#include "json.h"
#include "util.h"

static const char * const forms[] = {
	[TABLE_TEXT] = "text", [TABLE_MARKDOWN] = "markdown", [TABLE_CSV] = "csv", "json",
};

#define FORM_JSON	(ARRAY_SIZE(forms) - 1)

struct options {
	unsigned int form;
	bool pool;
	bool force;
};

static void print_help(void)
{
	fputs("Usage: bulkctl compare [OPTION...] FILE...\n"
	      "Show results of bulkctl ab side by side: modes as columns, the difference to the first\n"
	      "mode in per cent, * where it is significant.\n\n"
	      "  --format text|markdown|csv|json\n"
	      "                   form of the table; default text\n"
	      "  --json           the same as --format json\n"
	      "  --pool           pool the files' differences: a random-effects model\n"
	      "  --force          compare although confounders differ; the output is marked\n"
	      "  --help           print this help\n", stdout);
}

static int parse_form(const char *arg, struct options *opts)
{
	for (opts->form = 0; opts->form < ARRAY_SIZE(forms); opts->form++)
		if (!strcmp(arg, forms[opts->form]))
			return EXIT_DONE;
	complain("compare: unknown format '%s' (available: text markdown csv json)", arg);
	return EXIT_USAGE;
}

static int take_option(int opt, const char *name, const char *arg, void *data)
{
	struct options *opts = data;

	(void)name;
	switch (opt) {
	case 'F':
		return parse_form(arg, opts);
	case 'j':
		opts->form = FORM_JSON;
		break;
	case 'p':
		opts->pool = true;
		break;
	case 'f':
		opts->force = true;
		break;
	}
	return EXIT_DONE;
}

const struct verb_options compare_options = {
	.verb = "compare",
	.shortopts = "h",
	.longopts = (const struct option[]) {
		{ "format", required_argument, NULL, 'F' },
		{ "json", no_argument, NULL, 'j' },
		{ "pool", no_argument, NULL, 'p' },
		{ "force", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	},
	.operands = true,
	.print_help = print_help,
	.take = take_option,
};

static int check_files(unsigned int nr, const struct options *opts)
{
	if (!nr)
		complain("compare: no file is given; take what 'bulkctl ab -o FILE' wrote");
	else if (nr > MAX_FILES)
		complain("compare: %u files are too many (at most %d)", nr, MAX_FILES);
	else if (nr < 2 && opts->pool)
		complain("compare: --pool needs two files or more");
	else
		return EXIT_DONE;
	return EXIT_USAGE;
}

/* Name what differs, each with both values. */
static int refuse(const struct compared *c)
{
	complain("compare: the results differ in what may explain a difference:");
	for (unsigned int i = 0; i < c->nr_differences; i++)
		fprintf(stderr, "  %s: '%s' (%s), '%s' (%s)\n", c->differences[i].name,
			c->differences[i].first, c->paths[0], c->differences[i].other,
			c->paths[c->differences[i].file]);
	fputs("Compare what was measured alike, or take --force.\n", stderr);
	return EXIT_FAILED;
}

static int show(struct compared *c, const struct options *opts)
{
	if (compare_confounders(c) || (opts->pool && compare_pool(c))) {
		complain("compare: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	if (c->nr_differences && !opts->force)
		return refuse(c);
	if (opts->form == FORM_JSON)
		return json_print(compare_json(c));
	compare_table(stdout, c, opts->form);
	return EXIT_DONE;
}

int cmd_compare(int argc, char *argv[])
{
	struct options opts = { .form = TABLE_TEXT };
	struct compared c;
	int ret;

	if (!take_options(&compare_options, argc, argv, &opts, &ret))
		return ret;
	ret = check_files(argc - optind, &opts);
	if (ret)
		return ret;
	ret = compare_load(&c, argv + optind, argc - optind);
	if (!ret)
		ret = show(&c, &opts);
	compare_free(&c);
	return ret;
}
