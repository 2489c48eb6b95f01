/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts under analysis.c. */
#ifndef BULKCTL_ANALYSIS_PARTS_H
#define BULKCTL_ANALYSIS_PARTS_H

#include <gsl/gsl_rng.h>

#include "analysis.h"

/* How the values of a metric are compared. */
struct measure {
	enum scale scale;
	double unit;		/* differences are divided by it; 1 for SCALE_RATIO */
};

/* One arm against the first, a number per block. */
struct contrasts {
	double *v;
	unsigned int nr;
	unsigned int incomplete;
};

/* The means of all pairs of contrasts, ascending: Walsh averages. */
struct walsh {
	double mean;
	unsigned short i, j;	/* of which contrasts */
};

struct estimator {
	const double *v;
	unsigned int nr;
	bool robust;		/* the location is the median of Walsh averages, else the mean */
	struct walsh *pairs;
	unsigned int nr_pairs;
	unsigned short *weights; /* how often each contrast was drawn */
	double *drawn;		/* room for the results of resampling */
};

struct interval {
	double low, high, se;
};

struct power {
	double smallest;	/* NAN: none is seen */
	double floor;
};

bool slice_value(const struct slice *s, unsigned int metric, double *value);
const struct slices *known_slices(const struct experiment *e);
struct measure find_measure(const struct experiment *e, unsigned int metric);
double measured(const struct measure *m, double value);
int find_contrasts(const struct slices *slices, unsigned int metric, const struct measure *measure,
		   unsigned int arm, struct contrasts *c);

double signed_ranks(const double *v, unsigned int nr, double *ranks);
double signed_rank_p(const double *v, unsigned int nr);
int signed_rank_critical(unsigned int nr, double alpha);

int estimator_start(struct estimator *e, const double *v, unsigned int nr, bool robust);
void estimator_end(struct estimator *e);
double estimate(const struct estimator *e);
int estimate_location(const double *v, unsigned int nr, enum scale scale, double *at);
struct interval bootstrap_interval(const struct estimator *e, gsl_rng *rng);
int find_power(const double *v, unsigned int nr, double centre, bool robust,
	       unsigned int planned, double alpha, double floor, gsl_rng *rng, struct power *power);

void holm(double *p, double *corrected, size_t stride, unsigned int nr);
int metric_carry_over(const struct experiment *e, unsigned int metric, gsl_rng *rng,
		      struct carry_over *c);

#endif /* BULKCTL_ANALYSIS_PARTS_H */
