/* SPDX-License-Identifier: GPL-2.0-only */
/* The result of `bulkctl ab`: as a struct, as JSON, and back. */
#ifndef BULKCTL_RESULT_H
#define BULKCTL_RESULT_H

#include <jansson.h>
#include <stdio.h>

#include "analysis.h"
#include "machine.h"

#define AB_SCHEMA	"page-bulk-ab/1"

/* What may explain a difference between two results. */
struct confounder {
	char *name;		/* "governor", "cmdline", ... */
	char *value;		/* NULL: the machine does not tell */
	bool varies;		/* as load does: recorded, but compare lets it differ */
};

/* All strings and arrays belong to the result: result_free(). */
struct ab_result {
	struct machine machine;
	char *host;
	char *started;		/* ISO 8601 with zone */
	char *user;		/* "sunrpc" */
	char *command;		/* that ran beside it; NULL: none */
	unsigned int seed;
	unsigned int rounds;	/* blocks asked for */
	unsigned int aa_rounds;	/* blocks asked for of the A/A arm; 0: none */
	double slice_s;
	double settle_s;	/* asked for */
	double settle_last_s;	/* at the end: a carry-over lengthens it */
	bool interrupted;
	char *aborted;		/* the guard that tripped, as a sentence; NULL: none */

	char **modes;		/* arms, the first is what the others are compared to */
	unsigned int nr_modes;
	struct metric *metrics;
	unsigned int nr_metrics;
	struct confounder *confounders;
	unsigned int nr_confounders;
	char **notes;		/* sentences a reader has to know, as of an event blind to a mode */
	unsigned int nr_notes;

	struct slices aa;	/* arms 0 and 1, both the first mode */
	struct slices slices;
	struct analysis analysis;
};

int result_add_confounder(struct ab_result *r, const char *name, const char *value, bool varies);
int result_add_note(struct ab_result *r, const char *note);
int result_add_slice(const struct ab_result *r, struct slices *to, const struct slice *slice);
struct experiment result_experiment(const struct ab_result *r);
int result_analyse(struct ab_result *r);

void json_set_effect(json_t *object, const char *key, enum scale scale, double effect);
json_t *result_arms_json(const struct ab_result *r, unsigned int metric);
json_t *result_comparisons_json(const struct ab_result *r, unsigned int metric);
json_t *result_to_json(const struct ab_result *r);
int result_load(const char *path, struct ab_result *r);
void format_value(double value, char *buf, size_t size);
void result_text(FILE *out, const struct ab_result *r);
void result_free(struct ab_result *r);

#endif /* BULKCTL_RESULT_H */
