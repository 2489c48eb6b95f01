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
	double carry;		/* added to a slice after a switch */
	double inherit;		/* share of the arm before in a slice after a switch */
};

void simulate(const struct model *model, gsl_rng *schedule, gsl_rng *noise, struct slices *slices);
void simulated_free(struct slices *slices);

#endif /* SIMULATE_H */
