// SPDX-License-Identifier: GPL-2.0-only
/* The statistics of an experiment: A/A arm, carry-over, arms, verdicts. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>

#include "analysis_parts.h"

/**
 * blocks_needed() - the fewest blocks with which a result can be significant
 * @comparisons: how many p-values are corrected together
 *
 * With n blocks the smallest p-value is that of all signs alike, 2 of 2^n.
 *
 * Return: the number of blocks.
 */
unsigned int blocks_needed(unsigned int comparisons)
{
	unsigned int blocks = 1;

	while (comparisons * ldexp(1, 1 - (int)blocks) > ANALYSIS_ALPHA)
		blocks++;
	return blocks;
}

/* A double of the @i-th element of an array of structs. */
static double *nth(double *first, size_t stride, size_t i)
{
	return (double *)((char *)first + i * stride);
}

/**
 * holm() - correct p-values for their number
 * @p: the p-value in the first of an array of structs; NAN where nothing was tested
 * @corrected: where its corrected one goes, in the same struct
 * @stride: size of such a struct
 * @nr: how many
 */
void holm(double *p, double *corrected, size_t stride, unsigned int nr)
{
	size_t order[nr + 1];
	unsigned int tested = 0;
	double least = 0;

	for (unsigned int i = 0; i < nr; i++) {
		*nth(corrected, stride, i) = NAN;
		if (!isnan(*nth(p, stride, i)))
			order[tested++] = i;
	}
	for (unsigned int done = 0; done < tested; done++) {
		unsigned int next = done;
		size_t i;

		for (unsigned int k = done + 1; k < tested; k++)
			if (*nth(p, stride, order[k]) < *nth(p, stride, order[next]))
				next = k;
		i = order[next];
		order[next] = order[done];
		least = fmax(least, fmin(*nth(p, stride, i) * (tested - done), 1));
		*nth(corrected, stride, i) = least;
	}
}

/**
 * experiment_comparisons() - how many p-values are corrected together
 * @e: the experiment
 *
 * Return: metrics that have values, times arms that are compared.
 */
unsigned int experiment_comparisons(const struct experiment *e)
{
	const struct slices *slices = known_slices(e);
	unsigned int comparisons = 0;
	double value;

	for (unsigned int m = 0; slices && m < e->nr_metrics; m++)
		for (unsigned int i = 0; i < slices->nr; i++)
			if (slice_value(&slices->v[i], m, &value)) {
				comparisons += e->nr_arms - 1;
				break;
			}
	return comparisons;
}

static double level(unsigned int comparisons)
{
	return ANALYSIS_ALPHA / (comparisons ?: 1);
}

/* An experiment that ended early is judged by the blocks that it has. */
static unsigned int expected_blocks(const struct experiment *e)
{
	return e->slices && e->slices->nr ? count_rounds(e->slices) : e->blocks;
}

static void tell_progress(const struct experiment *e, unsigned int done)
{
	if (e->progress)
		e->progress(done, 2 * e->nr_metrics);
}

static int metric_noise(const struct experiment *e, unsigned int metric, unsigned int comparisons,
			gsl_rng *rng, struct noise *n)
{
	struct measure measure = find_measure(e, metric);
	bool robust = measure.scale == SCALE_RATIO;
	struct power power;
	struct contrasts c;
	int ret;

	*n = (struct noise){ SCALE_NONE, 0, NAN, NAN, NAN, NAN, NAN, NAN };
	if (measure.scale == SCALE_NONE)
		return 0;
	ret = find_contrasts(e->aa, metric, &measure, 1, &c);
	if (ret || !c.nr)
		goto out;
	ret = estimate_location(c.v, c.nr, measure.scale, &n->effect);
	if (!ret)
		ret = find_power(c.v, c.nr, 0, robust, expected_blocks(e), level(comparisons), NAN,
				 rng, &power);
	if (ret)
		goto out;
	n->scale = measure.scale;
	n->blocks = c.nr;
	n->spread = c.nr > 1 ? gsl_stats_sd(c.v, 1, c.nr) : NAN;
	n->p = signed_rank_p(c.v, c.nr);
	n->floor = fmax(power.floor, fabs(n->effect));
	n->smallest = power.smallest;
out:
	free(c.v);
	return ret;
}

/**
 * analyse_noise() - analyse the A/A arm
 * @e: the experiment
 * @a: a->noise goes here, anew
 *
 * Return: 0 or -ENOMEM.
 */
int analyse_noise(const struct experiment *e, struct analysis *a)
{
	gsl_rng *rng = random_stream(e->seed, RANDOM_ANALYSIS);
	unsigned int comparisons = experiment_comparisons(e);
	int ret = 0;

	free(a->noise);
	a->noise = calloc(e->nr_metrics + 1, sizeof(*a->noise));
	if (!a->noise)
		ret = -ENOMEM;
	for (unsigned int m = 0; !ret && m < e->nr_metrics; m++) {
		tell_progress(e, m);
		ret = metric_noise(e, m, comparisons, rng, &a->noise[m]);
	}
	if (!ret)
		holm(&a->noise->p, &a->noise->p_holm, sizeof(*a->noise), e->nr_metrics);
	gsl_rng_free(rng);
	return ret;
}

/**
 * analyse_carry_over() - compare slices after a switch with later ones
 * @e: the experiment
 * @a: a->carry_over goes here, anew
 *
 * Return: 0 or -ENOMEM.
 */
int analyse_carry_over(const struct experiment *e, struct analysis *a)
{
	gsl_rng *rng = random_stream(e->seed, RANDOM_ANALYSIS);
	int ret = 0;

	free(a->carry_over);
	a->carry_over = calloc(e->nr_metrics + 1, sizeof(*a->carry_over));
	if (!a->carry_over)
		ret = -ENOMEM;
	for (unsigned int m = 0; !ret && m < e->nr_metrics; m++)
		ret = metric_carry_over(e, m, rng, &a->carry_over[m]);
	if (!ret)
		holm(&a->carry_over->p, &a->carry_over->p_holm, sizeof(*a->carry_over),
		     e->nr_metrics);
	gsl_rng_free(rng);
	return ret;
}

/**
 * carry_over_found() - should the settle gap be longer?
 * @e: the experiment
 * @a: after analyse_carry_over()
 *
 * Return: whether the carry-over of any metric is significant.
 */
bool carry_over_found(const struct experiment *e, const struct analysis *a)
{
	for (unsigned int m = 0; a->carry_over && m < e->nr_metrics; m++)
		if (a->carry_over[m].p_holm <= ANALYSIS_ALPHA)
			return true;
	return false;
}

/**
 * recommend_settle() - how long the settle gap should be
 * @e: the experiment
 * @a: after analyse_carry_over()
 * @settle_s: how long it is, in seconds
 * @slice_s: length of a slice, in seconds
 *
 * Return: the same; if there is carry-over twice that, and at least a tenth of a slice.
 */
double recommend_settle(const struct experiment *e, const struct analysis *a, double settle_s,
			double slice_s)
{
	return carry_over_found(e, a) ? fmax(2 * settle_s, slice_s / 10) : settle_s;
}

static int summarise(const struct slices *slices, unsigned int metric, unsigned int arm,
		     struct arm_summary *s)
{
	double *v = calloc(slices->nr + 1, sizeof(*v));

	*s = (struct arm_summary){ .median = NAN, .p99 = NAN };
	if (!v)
		return -ENOMEM;
	for (unsigned int i = 0; i < slices->nr; i++)
		if (slices->v[i].arm == arm && slice_value(&slices->v[i], metric, &v[s->n]))
			s->n++;
	gsl_sort(v, 1, s->n);
	if (s->n)
		s->median = gsl_stats_median_from_sorted_data(v, 1, s->n);
	if (s->n >= ANALYSIS_P99_SLICES)
		s->p99 = gsl_stats_quantile_from_sorted_data(v, 1, s->n, 0.99);
	free(v);
	return 0;
}

static int estimate_comparison(const struct contrasts *c, bool robust, double alpha, gsl_rng *rng,
			       struct comparison *r)
{
	struct estimator e;
	struct interval interval;
	struct power power;
	int ret = estimator_start(&e, c->v, c->nr, robust);

	if (!ret) {
		r->effect = estimate(&e);
		interval = bootstrap_interval(&e, rng);
		r->low = interval.low;
		r->high = interval.high;
		r->se = interval.se;
	}
	estimator_end(&e);
	if (!ret)
		ret = find_power(c->v, c->nr, r->effect, robust, c->nr, alpha,
				 isnan(r->floor) ? 0 : r->floor, rng, &power);
	if (!ret)
		r->seen = power.smallest;
	return ret;
}

static int compare_arm(const struct slices *slices, unsigned int metric,
		       const struct measure *measure, unsigned int arm, unsigned int comparisons,
		       gsl_rng *rng, struct comparison *r)
{
	struct contrasts c;
	double side = 0;
	int ret;

	if (measure->scale == SCALE_NONE)
		return 0;
	ret = find_contrasts(slices, metric, measure, arm, &c);
	r->incomplete = c.incomplete;
	if (!ret && c.nr) {
		r->scale = measure->scale;
		r->blocks = c.nr;
		r->p = signed_rank_p(c.v, c.nr);
		ret = estimate_comparison(&c, measure->scale == SCALE_RATIO, level(comparisons),
					  rng, r);
		if (!ret)
			ret = estimate_location(c.v, c.nr, SCALE_RATIO, &side);
		r->mixed = side * r->effect < 0;
	}
	free(c.v);
	return ret;
}

static enum verdict judge(const struct comparison *c, enum direction better,
			  unsigned int comparisons)
{
	if (c->scale == SCALE_NONE)
		return VERDICT_NONE;
	if (c->blocks < blocks_needed(comparisons))
		return VERDICT_TOO_FEW;
	if (!(c->p_holm <= ANALYSIS_ALPHA))
		return VERDICT_NO_DIFFERENCE;
	if (!c->effect || fabs(c->effect) <= c->floor)
		return VERDICT_IN_NOISE;
	if (better == NEITHER_IS_BETTER || c->mixed)
		return VERDICT_DIFFERS;
	return (c->effect < 0) == (better == LOWER_IS_BETTER) ? VERDICT_BETTER : VERDICT_WORSE;
}

static int analyse_metric(const struct experiment *e, unsigned int metric,
			  unsigned int comparisons, gsl_rng *rng, struct analysis *a)
{
	struct measure measure = find_measure(e, metric);
	struct comparison *c = &a->comparisons[metric * (e->nr_arms - 1)];
	int ret = 0;

	for (unsigned int arm = 0; !ret && arm < e->nr_arms; arm++)
		ret = summarise(e->slices, metric, arm, &a->summaries[metric * e->nr_arms + arm]);
	for (unsigned int arm = 1; !ret && arm < e->nr_arms; arm++, c++) {
		*c = (struct comparison){ SCALE_NONE, 0, 0, false, NAN, NAN, NAN, NAN, NAN, NAN,
					  NAN, NAN, VERDICT_NONE };
		if (a->noise)
			c->floor = a->noise[metric].floor;
		ret = compare_arm(e->slices, metric, &measure, arm, comparisons, rng, c);
	}
	return ret;
}

/**
 * analyse_arms() - compare each arm with the first
 * @e: the experiment
 * @a: a->summaries and a->comparisons go here, anew. If there was an A/A arm, analyse_noise() has
 *     been called before, with the same slices
 *
 * Return: 0 or -ENOMEM.
 */
int analyse_arms(const struct experiment *e, struct analysis *a)
{
	unsigned int nr = e->nr_metrics * (e->nr_arms - 1);
	unsigned int comparisons = experiment_comparisons(e);
	gsl_rng *rng = random_stream(e->seed, RANDOM_ANALYSIS);
	int ret = 0;

	free(a->summaries);
	free(a->comparisons);
	a->summaries = calloc(e->nr_metrics * e->nr_arms + 1, sizeof(*a->summaries));
	a->comparisons = calloc(nr + 1, sizeof(*a->comparisons));
	if (!a->summaries || !a->comparisons)
		ret = -ENOMEM;
	for (unsigned int m = 0; !ret && m < e->nr_metrics; m++) {
		tell_progress(e, e->nr_metrics + m);
		ret = analyse_metric(e, m, comparisons, rng, a);
	}
	if (!ret)
		holm(&a->comparisons->p, &a->comparisons->p_holm, sizeof(*a->comparisons), nr);
	for (unsigned int i = 0; !ret && i < nr; i++)
		a->comparisons[i].verdict = judge(&a->comparisons[i],
						  e->metrics[i / (e->nr_arms - 1)].direction,
						  comparisons);
	gsl_rng_free(rng);
	return ret;
}

void analysis_free(struct analysis *a)
{
	free(a->noise);
	free(a->carry_over);
	free(a->summaries);
	free(a->comparisons);
	*a = (struct analysis){ 0 };
}
