/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The statistics of an experiment: slices in, verdicts out.
 * Documentation/mm/page_bulk_experiments.rst says what is computed and why.
 */
#ifndef BULKCTL_ANALYSIS_H
#define BULKCTL_ANALYSIS_H

#include <stdbool.h>
#include <stdio.h>

#include "schedule.h"

#define ANALYSIS_MAX_BLOCKS	1000
#define ANALYSIS_RESAMPLES	1999	/* of the bootstrap interval */
#define ANALYSIS_POWER_RESAMPLES 499	/* of the smallest effect and the noise floor */
#define ANALYSIS_FLIPS		9999	/* of the carry-over test, where not all can be tried */
#define ANALYSIS_ALPHA		0.05
#define ANALYSIS_POWER		0.80
#define ANALYSIS_P99_SLICES	100	/* fewer have no 99th percentile but their maximum */

enum direction { LOWER_IS_BETTER, HIGHER_IS_BETTER, NEITHER_IS_BETTER };

struct metric {
	char *name;
	char *unit;		/* "ns", "1/s", ...; NULL for a plain number */
	enum direction direction;
	char *missing;		/* why there are no values; NULL if there are */
};

struct slice {
	unsigned int block;	/* from 0 */
	unsigned int position;	/* in the block, from 0 */
	unsigned int arm;	/* 0: what the others are compared to */
	bool switched;		/* a switch came before it */
	double start;		/* seconds since the experiment began; after the settle gap */
	double seconds;		/* how long it was measured */
	char *dropped;		/* why it does not count; NULL if it does */
	double *values;		/* one per metric; NAN: none. Never NULL */
};

struct slices {
	struct slice *v;
	unsigned int nr;
};

/* What is common to all analyses of an experiment. */
struct experiment {
	const struct metric *metrics;
	unsigned int nr_metrics;
	unsigned int nr_arms;
	unsigned int blocks;	/* how many are planned */
	unsigned int seed;
	const struct slices *aa; /* of the A/A arm: arms 0 and 1, both the first; NULL: none */
	const struct slices *slices; /* NULL: none yet */
	/* Told how far the analysis is: it can take a minute. NULL: nobody wants to know */
	void (*progress)(unsigned int done, unsigned int all);
};

/* The unit of differences. Which it is depends on the values of a metric, not on the arm. */
enum scale {
	SCALE_NONE,	/* nothing to compare */
	SCALE_RATIO,	/* natural logarithm of arm / first arm: all values are above 0 */
	SCALE_RELATIVE,	/* (arm - first arm) / median of the first arm */
	SCALE_ABSOLUTE,	/* arm - first arm in units of the metric: that median is 0 */
};

/* The A/A arm, per metric. Differences are on @scale. */
struct noise {
	enum scale scale;
	unsigned int blocks;	/* that could be used */
	double effect;		/* of the first arm to itself */
	double spread;		/* standard deviation of the blocks' contrasts */
	double p, p_holm;	/* corrected over the metrics */
	double floor;		/* 95 % of differences of an arm to itself are less */
	double smallest;	/* effect that the experiment sees with 80 % power; NAN: none */
};

/* The slices of an arm, per metric and arm. */
struct arm_summary {
	unsigned int n;
	double median;
	double p99;		/* NAN: fewer than ANALYSIS_P99_SLICES */
};

enum verdict {
	VERDICT_NONE,		/* no values, or no block in which both arms have them */
	VERDICT_TOO_FEW,	/* no result at all could be significant with so few blocks */
	VERDICT_NO_DIFFERENCE,
	VERDICT_IN_NOISE,	/* significant, but not above the A/A arm's noise floor */
	VERDICT_BETTER,
	VERDICT_WORSE,
	VERDICT_DIFFERS,	/* neither direction is better */
};

/* An arm against the first one, per metric and further arm. Differences are on @scale. */
struct comparison {
	enum scale scale;
	unsigned int blocks;	/* that could be used */
	unsigned int incomplete; /* blocks left out: a slice of one of both arms is missing */
	bool mixed;		/* the mean lies to one side, most of the ranks to the other */
	double effect;
	double low, high;	/* bootstrap 95 % interval */
	double se;		/* standard error of effect, from the bootstrap */
	double p, p_holm;	/* corrected over metrics and arms */
	double seen;		/* smallest effect seen with 80 % power; NAN: none */
	double floor;		/* of the A/A arm; NAN without one */
	enum verdict verdict;
};

/* The first slice after a switch against the later one of the same arm, per metric. */
struct carry_over {
	enum scale scale;
	double p, p_holm;	/* of all arms together; corrected over the metrics */
	unsigned int pairs[MAX_ARMS];
	double effect[MAX_ARMS]; /* mean of first to later, drift taken out; NAN without pairs */
};

/* Members are NULL until they are analysed. */
struct analysis {
	struct noise *noise;			/* [metric] */
	struct carry_over *carry_over;		/* [metric] */
	struct arm_summary *summaries;		/* [metric * nr_arms + arm] */
	struct comparison *comparisons;		/* [metric * (nr_arms - 1) + arm - 1] */
};

int analyse_noise(const struct experiment *e, struct analysis *a);
int analyse_carry_over(const struct experiment *e, struct analysis *a);
int analyse_arms(const struct experiment *e, struct analysis *a);
void analysis_free(struct analysis *a);

bool carry_over_found(const struct experiment *e, const struct analysis *a);
double recommend_settle(const struct experiment *e, const struct analysis *a, double settle_s,
			double slice_s);
unsigned int blocks_needed(unsigned int comparisons);
unsigned int count_rounds(const struct slices *slices);

/* For people. */
extern const char * const verdict_words[];	/* by enum verdict */
extern const char * const scale_words[];	/* by enum scale */
extern const char * const direction_words[];	/* by enum direction */
unsigned int experiment_comparisons(const struct experiment *e);
double effect_fraction(enum scale scale, double effect);
void format_effect(enum scale scale, double effect, const char *unit, char *buf, size_t size);
void verdict_sentence(const struct comparison *c, const struct metric *m, unsigned int comparisons,
		      char *buf, size_t size);

#endif /* BULKCTL_ANALYSIS_H */
