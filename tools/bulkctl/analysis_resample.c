// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resampling of blocks: the interval of a difference, the smallest effect, the noise floor.
 *
 * Where a difference is a ratio, its estimate is that of Hodges and Lehmann, the median of all
 * Walsh averages (means of two contrasts, of one with itself too): the one that belongs to the
 * signed-rank test. A resample draws contrasts with repetition, so its Walsh averages are the same
 * ones with other weights: they are sorted once, and each resample only walks along them.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>

#include "analysis_parts.h"

static int compare_walsh(const void *a, const void *b)
{
	double x = ((const struct walsh *)a)->mean, y = ((const struct walsh *)b)->mean;

	return (x > y) - (x < y);
}

/**
 * estimator_start() - prepare to estimate
 * @e: to be given to estimator_end(), also after an error
 * @v: the contrasts, which have to stay
 * @nr: how many, at least 1
 * @robust: take the median of Walsh averages, not the mean
 *
 * Return: 0 or -ENOMEM.
 */
int estimator_start(struct estimator *e, const double *v, unsigned int nr, bool robust)
{
	struct walsh *w;

	*e = (struct estimator){ .v = v, .nr = nr, .robust = robust };
	e->nr_pairs = nr * (nr + 1) / 2;
	e->pairs = calloc(e->nr_pairs, sizeof(*e->pairs));
	e->weights = calloc(nr, sizeof(*e->weights));
	e->drawn = calloc(ANALYSIS_RESAMPLES, sizeof(*e->drawn));
	if (!e->pairs || !e->weights || !e->drawn)
		return -ENOMEM;
	w = e->pairs;
	for (unsigned int i = 0; i < nr; i++)
		for (unsigned int j = i; j < nr; j++)
			*w++ = (struct walsh){ (v[i] + v[j]) / 2, i, j };
	qsort(e->pairs, e->nr_pairs, sizeof(*e->pairs), compare_walsh);
	return 0;
}

void estimator_end(struct estimator *e)
{
	free(e->pairs);
	free(e->weights);
	free(e->drawn);
}

/* The Walsh average of rank (from 1, ascending) that a resample has, beginning at *cursor. */
struct cursor {
	unsigned int next;
	unsigned long passed;
};

static double walk(const struct estimator *e, struct cursor *at, unsigned long rank)
{
	unsigned long passed = at->passed;
	unsigned int k = at->next;

	while (passed < rank && k < e->nr_pairs) {
		const struct walsh *p = &e->pairs[k++];
		unsigned long w = e->weights[p->i];

		passed += p->i == p->j ? w * (w + 1) / 2 : w * e->weights[p->j];
	}
	*at = (struct cursor){ k, passed };
	return e->pairs[k - 1].mean;
}

/* Where the @nr contrasts that weights say lie. */
static double location(const struct estimator *e, struct cursor *at, unsigned int nr)
{
	unsigned long averages = (unsigned long)nr * (nr + 1) / 2;
	double sum = 0;

	if (e->robust) {
		double lower = walk(e, at, (averages + 1) / 2);

		return averages % 2 ? lower : (lower + walk(e, at, averages / 2 + 1)) / 2;
	}
	for (unsigned int i = 0; i < e->nr; i++)
		sum += e->weights[i] * e->v[i];
	return sum / nr;
}

/* Draw @nr of the contrasts. mt19937 gives 32 bits. */
static void draw(const struct estimator *e, gsl_rng *rng, unsigned int nr)
{
	memset(e->weights, 0, e->nr * sizeof(*e->weights));
	while (nr--)
		e->weights[(unsigned long long)gsl_rng_get(rng) * e->nr >> 32]++;
}

/**
 * estimate() - estimate the difference
 * @e: from estimator_start()
 *
 * Return: the estimate from all contrasts.
 */
double estimate(const struct estimator *e)
{
	struct cursor at = { 0 };

	for (unsigned int i = 0; i < e->nr; i++)
		e->weights[i] = 1;
	return location(e, &at, e->nr);
}

/**
 * estimate_location() - estimate where numbers lie
 * @v: the numbers
 * @nr: how many, at least 1
 * @scale: what they are
 * @at: where the estimate goes
 *
 * Return: 0 or -ENOMEM.
 */
int estimate_location(const double *v, unsigned int nr, enum scale scale, double *at)
{
	struct estimator e;
	int ret = estimator_start(&e, v, nr, scale == SCALE_RATIO);

	if (!ret)
		*at = estimate(&e);
	estimator_end(&e);
	return ret;
}

/**
 * bootstrap_interval() - the 95 % interval of the estimate
 * @e: from estimator_start()
 * @rng: random numbers
 *
 * The expanded percentile interval (Hesterberg 2015): plain percentiles are too narrow with few
 * blocks, as a normal interval is that has neither n - 1 nor Student's t in it; the percentiles are
 * moved outwards by just that much.
 *
 * Return: the interval and the standard error; NAN of a single contrast.
 */
struct interval bootstrap_interval(const struct estimator *e, gsl_rng *rng)
{
	double t, tail;

	if (e->nr < 2)
		return (struct interval){ NAN, NAN, NAN };
	for (unsigned int i = 0; i < ANALYSIS_RESAMPLES; i++) {
		struct cursor at = { 0 };

		draw(e, rng, e->nr);
		e->drawn[i] = location(e, &at, e->nr);
	}
	gsl_sort(e->drawn, 1, ANALYSIS_RESAMPLES);
	t = gsl_cdf_tdist_inverse(1 - ANALYSIS_ALPHA / 2, e->nr - 1);
	tail = gsl_cdf_ugaussian_Q(t * sqrt((double)e->nr / (e->nr - 1)));
	return (struct interval){
		.low = gsl_stats_quantile_from_sorted_data(e->drawn, 1, ANALYSIS_RESAMPLES, tail),
		.high = gsl_stats_quantile_from_sorted_data(e->drawn, 1, ANALYSIS_RESAMPLES,
							    1 - tail),
		.se = gsl_stats_sd(e->drawn, 1, ANALYSIS_RESAMPLES) *
		      sqrt((double)e->nr / (e->nr - 1)),
	};
}

/*
 * What an experiment of @planned blocks finds if there is no difference: contrasts drawn with
 * random signs. Shifting all of them by an effect shifts their Walsh averages, and the test is
 * significant if no more than @critical of these are left at or below 0: so the (critical + 1)th
 * tells from which effect on this resample is significant. Its location tells what noise looks
 * like.
 */
static void null_experiment(const struct estimator *e, gsl_rng *rng, unsigned int planned,
			    int critical, double *needed, double *noise)
{
	struct cursor at = { 0 };

	draw(e, rng, planned);
	*needed = critical < 0 ? NAN : -walk(e, &at, critical + 1);
	*noise = location(e, &at, planned);
}

static void sort_quantile(double *v, unsigned int nr, double share, double *quantile)
{
	gsl_sort(v, 1, nr);
	*quantile = gsl_stats_quantile_from_sorted_data(v, 1, nr, share);
}

/**
 * find_power() - what could be seen, and what noise looks like
 * @v: contrasts
 * @nr: how many
 * @centre: where they lie; 0 if that is known, as of the A/A arm
 * @robust: as for estimator_start()
 * @planned: blocks of the experiment that is asked about
 * @alpha: two-sided level of its test
 * @floor: noise floor that an effect has to exceed as well; NAN: the one found here
 * @rng: random numbers
 * @power: where the results go
 *
 * Return: 0 or -ENOMEM.
 */
int find_power(const double *v, unsigned int nr, double centre, bool robust,
	       unsigned int planned, double alpha, double floor, gsl_rng *rng, struct power *power)
{
	double needed[ANALYSIS_POWER_RESAMPLES], noise[ANALYSIS_POWER_RESAMPLES];
	double size[ANALYSIS_POWER_RESAMPLES], both[2 * nr];
	/* A centre that was estimated is nearer to the contrasts than the true one. */
	double widen = centre && nr > 1 ? sqrt(nr / (nr - 1.0)) : 1;
	int critical = signed_rank_critical(planned, alpha), ret;
	struct estimator e;

	for (unsigned int i = 0; i < nr; i++) {
		both[2 * i] = (v[i] - centre) * widen;
		both[2 * i + 1] = -both[2 * i];
	}
	ret = estimator_start(&e, both, 2 * nr, robust);
	for (unsigned int i = 0; !ret && i < ANALYSIS_POWER_RESAMPLES; i++) {
		null_experiment(&e, rng, planned, critical, &needed[i], &noise[i]);
		size[i] = fabs(noise[i]);
	}
	estimator_end(&e);
	if (ret)
		return ret;
	sort_quantile(size, ANALYSIS_POWER_RESAMPLES, 1 - ANALYSIS_ALPHA, &power->floor);
	if (isnan(floor))
		floor = power->floor;
	for (unsigned int i = 0; i < ANALYSIS_POWER_RESAMPLES; i++)
		needed[i] = fmax(needed[i], floor - noise[i]);
	if (critical < 0)
		power->smallest = NAN;
	else
		sort_quantile(needed, ANALYSIS_POWER_RESAMPLES, ANALYSIS_POWER, &power->smallest);
	return 0;
}
