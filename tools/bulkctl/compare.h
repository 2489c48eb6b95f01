/* SPDX-License-Identifier: GPL-2.0-only */
/* Several results side by side. */
#ifndef BULKCTL_COMPARE_H
#define BULKCTL_COMPARE_H

#include <jansson.h>
#include <stdio.h>

#include "result.h"

#define COMPARE_SCHEMA	"page-bulk-compare/1"
#define MAX_FILES	64

/* A confounder that differs: between the first file and this one. */
struct difference {
	char *name;
	unsigned int file;	/* not 0 */
	char *first, *other;
};

/* One arm over all files: a random-effects model. Differences are on @scale. */
struct pooled {
	enum scale scale;	/* SCALE_NONE: @why */
	const char *why;	/* why it is not pooled */
	unsigned int files;
	double effect, se;
	double low, high;	/* 95 % interval of the mean effect */
	double p, p_holm;
	double q, q_p, i2;	/* heterogeneity */
	double tau2;		/* variance of true effects between files */
	double predict_low, predict_high; /* of one more file; NAN with fewer than three */
};

struct compared {
	char *const *paths;
	struct ab_result *results;
	unsigned int nr;
	struct difference *differences;
	unsigned int nr_differences;
	struct pooled *pooled;	/* as comparisons in the first file; NULL: not asked for */
};

enum table_form { TABLE_TEXT, TABLE_MARKDOWN, TABLE_CSV };

int compare_load(struct compared *c, char *const *paths, unsigned int nr);
int compare_confounders(struct compared *c);
int compare_pool(struct compared *c);
void compare_free(struct compared *c);

unsigned int same_metric(const struct compared *c, unsigned int metric, unsigned int file);
const struct comparison *compared_arm(const struct compared *c, unsigned int metric,
				      unsigned int file, unsigned int arm);
bool is_significant(const struct comparison *c);

void pool_effects(const double *effects, const double *ses, unsigned int nr, struct pooled *p);

void compare_table(FILE *out, const struct compared *c, enum table_form form);
json_t *compare_json(const struct compared *c);

#endif /* BULKCTL_COMPARE_H */
