// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl doctor: can one measure here, and what would disturb it? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bulkctl.h"
#include "doctor.h"
#include "json.h"
#include "terminal.h"

struct options {
	bool json;
};

static void print_help(void)
{
	fputs("Usage: bulkctl doctor [OPTION...]\n"
	      "Say what kernel and machine offer and what would disturb a measurement, a line each:\n"
	      "ok, warn or missing, and what to do. Exits with 0 if all is there that status, set,\n"
	      "report and ab need, whatever is warned of, else with 1. Changes nothing.\n\n"
	      "  --json  print JSON\n"
	      "  --help  print this help\n", stdout);
}

static int take_option(int opt, const char *name, const char *arg, void *data)
{
	struct options *opts = data;

	(void)opt;
	(void)name;
	(void)arg;
	opts->json = true;	/* the only one that there is */
	return EXIT_DONE;
}

const struct verb_options doctor_options = {
	.verb = "doctor",
	.shortopts = "h",
	.longopts = (const struct option[]) {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	},
	.print_help = print_help,
	.take = take_option,
};

static void print_finding(const struct doctor_check *check, const struct finding *f)
{
	static const char * const colors[] = {
		[DOCTOR_OK] = COLOR_GOOD, [DOCTOR_WARN] = COLOR_WARNING,
		[DOCTOR_MISSING] = COLOR_BAD,
	};
	char word[16];

	snprintf(word, sizeof(word), "%-8s", doctor_status_names[f->status]);
	print_colored(stdout, colors[f->status], word);
	printf(" %-14s %s", check->name, f->text);
	if (*f->remedy)
		printf(" -> %s", f->remedy);
	putchar('\n');
}

static void print_text(const struct diagnosis *dg)
{
	unsigned int count[3] = { };
	const char *group = "", *separator = ": ";

	for (unsigned int i = 0; i < dg->nr; i++) {
		if (strcmp(group, dg->v[i].group)) {
			group = dg->v[i].group;
			print_colored(stdout, COLOR_TITLE, group);
			putchar('\n');
		}
		print_finding(dg->v[i].check, &dg->v[i].finding);
		count[dg->v[i].finding.status]++;
	}
	printf("%u ok, %u warn, %u missing; ", count[DOCTOR_OK], count[DOCTOR_WARN],
	       count[DOCTOR_MISSING]);
	if (doctor_can_measure(dg)) {
		puts("status, set, report and ab have what they need");
		return;
	}
	fputs("status, set, report or ab lack what they need", stdout);
	for (unsigned int i = 0; i < dg->nr; i++) {
		if (!dg->v[i].check->needed || dg->v[i].finding.status != DOCTOR_MISSING)
			continue;
		printf("%s%s", separator, dg->v[i].check->name);
		separator = ", ";
	}
	putchar('\n');
}

static int print_json(const struct diagnosis *dg)
{
	json_t *doc, *checks = json_array();
	struct machine machine;

	machine_read(&machine);
	doc = json_document(DOCTOR_SCHEMA, &machine);
	json_object_set_new(doc, "can_measure", json_boolean(doctor_can_measure(dg)));
	for (unsigned int i = 0; i < dg->nr; i++) {
		const struct finding *f = &dg->v[i].finding;
		json_t *check = json_object();

		json_object_set_new(check, "group", json_string(dg->v[i].group));
		json_object_set_new(check, "name", json_string(dg->v[i].check->name));
		json_object_set_new(check, "status",
				    json_string(doctor_status_names[f->status]));
		json_object_set_new(check, "needed", json_boolean(dg->v[i].check->needed));
		json_object_set_new(check, "finding", json_text(f->text));
		json_object_set_new(check, "remedy", json_string_or_null(f->remedy));
		json_array_append_new(checks, check);
	}
	json_object_set_new(doc, "checks", checks);
	return json_print(doc);
}

int cmd_doctor(int argc, char *argv[])
{
	struct diagnosis *diagnosis;
	struct options opts = { };
	int ret;

	if (!take_options(&doctor_options, argc, argv, &opts, &ret))
		return ret;
	diagnosis = calloc(1, sizeof(*diagnosis));
	if (!diagnosis) {
		complain("doctor: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	doctor_examine(diagnosis);
	if (opts.json)
		ret = print_json(diagnosis);
	else
		print_text(diagnosis);
	if (!ret && !doctor_can_measure(diagnosis))
		ret = EXIT_FAILED;
	free(diagnosis);
	return ret;
}
