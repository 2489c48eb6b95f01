// SPDX-License-Identifier: GPL-2.0-only
/* Simulated experiments, for the tests of the statistics. */
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>
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
	for (unsigned int i = 0; m->dropped && i < slices->nr; i++)
		if (gsl_rng_uniform(rng) < m->dropped)
			slices->v[i].dropped = (char *)"simulated";
}

void simulated_free(struct slices *slices)
{
	for (unsigned int i = 0; i < slices->nr; i++)
		free(slices->v[i].values);
	free(slices->v);
	*slices = (struct slices){ 0 };
}

/* The power of a two-sided test whose 80 % are at @smallest. */
static double power_at(double effect, double smallest)
{
	double critical = gsl_cdf_ugaussian_inverse(1 - ANALYSIS_ALPHA / 2);
	double reach = critical + gsl_cdf_ugaussian_inverse(ANALYSIS_POWER);

	return gsl_cdf_ugaussian_P(fabs(effect) / smallest * reach - critical);
}

static void count_one(const struct model *m, const struct experiment *e, const struct analysis *a,
		      struct tally *t)
{
	const struct comparison *c = a->comparisons;
	bool any = false;

	for (unsigned int i = 0; i < e->nr_metrics * (e->nr_arms - 1); i++)
		any |= c[i].p_holm <= ANALYSIS_ALPHA;
	t->experiments++;
	t->any += any;
	t->significant += c->p <= ANALYSIS_ALPHA;
	t->verdicts += c->verdict == VERDICT_BETTER || c->verdict == VERDICT_WORSE;
	t->covered += c->low <= m->effect && m->effect <= c->high;
	t->carried += carry_over_found(e, a);
	t->effect += c->effect;
	t->seen += c->seen;
	if (a->noise) {
		t->smallest += a->noise->smallest;
		t->predicted += power_at(m->effect, a->noise->smallest);
	}
}

/**
 * tally_experiments() - simulate and analyse experiments, as bulkctl ab does
 * @model: what they are like
 * @experiments: how many
 * @aa: with an A/A arm
 *
 * Return: what came out.
 */
struct tally tally_experiments(const struct model *model, unsigned int experiments, bool aa)
{
	gsl_rng *schedule = random_stream(1, RANDOM_SCHEDULE);
	gsl_rng *rng = random_stream(1, RANDOM_SIMULATION);
	struct metric metrics[8] = { 0 };
	struct model aa_model = *model;
	struct tally t = { 0 };

	aa_model.nr_arms = 2;
	aa_model.effect = 0;
	for (unsigned int i = 0; i < experiments; i++) {
		struct slices aa_slices = { 0 }, slices = { 0 };
		struct experiment e = { metrics, model->nr_metrics, model->nr_arms, model->blocks,
					i, aa ? &aa_slices : NULL, &slices, NULL };
		struct analysis a = { 0 };

		if (aa) {
			simulate(&aa_model, schedule, rng, &aa_slices);
			analyse_noise(&e, &a);
		}
		simulate(model, schedule, rng, &slices);
		analyse_carry_over(&e, &a);
		analyse_arms(&e, &a);
		count_one(model, &e, &a, &t);
		analysis_free(&a);
		simulated_free(&aa_slices);
		simulated_free(&slices);
	}
	t.effect /= experiments;
	t.seen /= experiments;
	t.smallest /= experiments;
	t.predicted /= experiments;
	gsl_rng_free(schedule);
	gsl_rng_free(rng);
	return t;
}

/**
 * is_share() - is a count what a share predicts?
 * @count: the count
 * @of: of how many
 * @share: the share
 *
 * Return: whether it is within the two-sided 99 % bounds of the binomial distribution.
 */
bool is_share(unsigned int count, unsigned int of, double share)
{
	return gsl_cdf_binomial_P(count, share, of) > 0.005 &&
	       (!count || gsl_cdf_binomial_Q(count - 1, share, of) > 0.005);
}
