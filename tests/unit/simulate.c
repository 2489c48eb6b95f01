// SPDX-License-Identifier: GPL-2.0-only
/* Simulated experiments, for the tests of the statistics. */
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_randist.h>

#include "simulate.h"

#define SLICE_S		2.0
#define SETTLE_S	0.5

/* The value of one metric in slice @i, whose noise is @noise. */
static double value(const struct model *m, gsl_rng *rng, const struct slices *slices,
		    unsigned int i, double noise)
{
	const struct slice *s = &slices->v[i];
	double log_value = noise + m->drift * s->start / SLICE_S;
	double own = s->arm ? m->effect : 0;

	if (s->switched && i)
		own += m->inherit * ((s[-1].arm ? m->effect : 0) - own);
	if (s->switched)
		own += m->carry;
	if (m->outlier_rate && gsl_rng_uniform(rng) < m->outlier_rate)
		log_value += gsl_ran_exponential(rng, m->outlier);
	return 1000 * exp(log_value + own);
}

static void lay_out(const struct model *m, gsl_rng *schedule, struct slices *slices)
{
	unsigned int per_block = 2 * m->nr_arms, arms[2 * MAX_ARMS];
	double time = 0;

	slices->nr = per_block * m->blocks;
	slices->v = calloc(slices->nr, sizeof(*slices->v));
	for (unsigned int i = 0; i < slices->nr; i++) {
		struct slice *s = &slices->v[i];

		if (!(i % per_block))
			schedule_block(schedule, m->nr_arms, arms);
		s->block = i / per_block;
		s->position = i % per_block;
		s->arm = arms[s->position];
		s->switched = !i || s[-1].arm != s->arm;
		time += s->switched ? SETTLE_S : 0;
		s->start = time;
		s->seconds = SLICE_S;
		time += SLICE_S;
		s->values = calloc(m->nr_metrics, sizeof(*s->values));
	}
}

/**
 * simulate() - make up an experiment
 * @m: what it is like
 * @schedule: random numbers for its blocks
 * @rng: random numbers for its noise
 * @slices: it goes here; simulated_free()
 */
void simulate(const struct model *m, gsl_rng *schedule, gsl_rng *rng, struct slices *slices)
{
	double innovation = m->sd * sqrt(1 - m->phi * m->phi);

	lay_out(m, schedule, slices);
	for (unsigned int metric = 0; metric < m->nr_metrics; metric++) {
		double noise = gsl_ran_gaussian_ziggurat(rng, m->sd);

		for (unsigned int i = 0; i < slices->nr; i++) {
			slices->v[i].values[metric] = value(m, rng, slices, i, noise);
			noise = m->phi * noise + gsl_ran_gaussian_ziggurat(rng, innovation);
		}
	}
}

void simulated_free(struct slices *slices)
{
	for (unsigned int i = 0; i < slices->nr; i++)
		free(slices->v[i].values);
	free(slices->v);
	*slices = (struct slices){ 0 };
}
