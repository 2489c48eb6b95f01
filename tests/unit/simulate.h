/* SPDX-License-Identifier: GPL-2.0-only */
/* Simulated experiments, for the tests of the statistics. */
#ifndef SIMULATE_H
#define SIMULATE_H

#include "analysis.h"

/* A metric is exp(noise + ...): all members are on a logarithmic scale, per slice. */
struct model {
	unsigned int nr_arms, nr_metrics, blocks;
	double effect;		/* of each arm but the first */
	double sd;		/* of the noise */
	double phi;		/* of the noise: AR(1) coefficient from slice to slice */
	double drift;
	double outlier_rate;	/* share of slices that are slower, ... */
	double outlier;		/* ... by so much on average (exponential) */
	double dropped;		/* share of slices that were dropped */
	double carry;		/* added to a slice after a switch */
	double inherit;		/* share of the arm before in a slice after a switch */
};

/* Many experiments: of how many something was said. All of metric 0 and arm 1 but where told. */
struct tally {
	unsigned int experiments;
	unsigned int significant;	/* p <= 0.05, not corrected */
	unsigned int any;		/* a corrected p <= 0.05 of any metric and arm */
	unsigned int verdicts;		/* better or worse */
	unsigned int covered;		/* true effect in the interval */
	unsigned int carried;		/* carry-over found */
	double effect;			/* means over the experiments */
	double seen;
	double smallest;		/* of the A/A arm */
	double predicted;		/* power that @smallest predicts for the model's effect */
};

struct tally tally_experiments(const struct model *model, unsigned int experiments, bool aa);
bool is_share(unsigned int count, unsigned int of, double share);

void simulate(const struct model *model, gsl_rng *schedule, gsl_rng *noise, struct slices *slices);
void simulated_free(struct slices *slices);

#endif /* SIMULATE_H */
