// SPDX-License-Identifier: GPL-2.0-only
/* The order of an experiment: randomised balanced blocks. */
#include <gsl/gsl_randist.h>

#include "schedule.h"

/**
 * random_stream() - start random numbers
 * @seed: the seed of the experiment, which is in its result
 * @stream: what they are for
 *
 * The same seed gives the same numbers on every machine.
 *
 * Return: the generator, to be given to gsl_rng_free(). Without memory GSL ends the program.
 */
gsl_rng *random_stream(unsigned int seed, enum random_stream stream)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	/* Odd factors are bijections of 32 bits: no two streams of a seed are the same. */
	gsl_rng_set(rng, (seed + stream * 2654435769u) * 2654435761u);
	return rng;
}

/**
 * schedule_block() - draw the next block
 * @rng: from random_stream()
 * @nr_arms: number of arms
 * @arms: the block goes here: 2 * @nr_arms arms in the order in which they run
 *
 * A block is a random order of all arms, then the same backwards: A B B A. Whatever drifts
 * linearly during a block adds the same to each arm. Equal neighbours (in the middle of a block,
 * and where a block begins with the arm that the one before ended with) have no switch between
 * them.
 */
void schedule_block(gsl_rng *rng, unsigned int nr_arms, unsigned int *arms)
{
	for (unsigned int i = 0; i < nr_arms; i++)
		arms[i] = i;
	gsl_ran_shuffle(rng, arms, nr_arms, sizeof(*arms));
	for (unsigned int i = 0; i < nr_arms; i++)
		arms[2 * nr_arms - 1 - i] = arms[i];
}
