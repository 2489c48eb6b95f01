/* SPDX-License-Identifier: GPL-2.0-only */
/* The order of an experiment: randomised balanced blocks. */
#ifndef BULKCTL_SCHEDULE_H
#define BULKCTL_SCHEDULE_H

#include <gsl/gsl_rng.h>

#define MAX_ARMS	8	/* arms of an experiment */

/* What random numbers are for. Each purpose has a stream of its own, so that none moves another. */
enum random_stream {
	RANDOM_NOISE_SCHEDULE,	/* the blocks of the A/A arm */
	RANDOM_SCHEDULE,	/* the blocks of the experiment */
	RANDOM_ANALYSIS,	/* resampling */
	RANDOM_SIMULATION,	/* tests */
};

gsl_rng *random_stream(unsigned int seed, enum random_stream stream);
void schedule_block(gsl_rng *rng, unsigned int nr_arms, unsigned int *arms);

#endif /* BULKCTL_SCHEDULE_H */
