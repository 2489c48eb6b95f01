// SPDX-License-Identifier: GPL-2.0-only
/*
 * One effect from several results: a random-effects model. True effects differ between machines,
 * with a variance tau^2 that is estimated as Paule and Mandel do; the interval of their mean is
 * that of Hartung and Knapp. Documentation/mm/page_bulk_experiments.rst names the sources.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_roots.h>

#include "analysis_parts.h"
#include "compare.h"

#define TOLERANCE	0.0000000001	/* of tau^2, relative */

struct effects {
	const double *y, *se;
	unsigned int nr;
};

static double weight(const struct effects *e, unsigned int i, double tau2)
{
	return 1 / (e->se[i] * e->se[i] + tau2);
}

static double weighted_mean(const struct effects *e, double tau2, double *weights)
{
	double sum = 0;

	*weights = 0;
	for (unsigned int i = 0; i < e->nr; i++) {
		double w = weight(e, i, tau2);

		*weights += w;
		sum += w * e->y[i];
	}
	return sum / *weights;
}

/* Weighted squares around the weighted mean: falls as @tau2 grows. */
static double squares(const struct effects *e, double tau2)
{
	double weights, mean = weighted_mean(e, tau2, &weights), q = 0;

	for (unsigned int i = 0; i < e->nr; i++)
		q += weight(e, i, tau2) * (e->y[i] - mean) * (e->y[i] - mean);
	return q;
}

static double excess(double tau2, void *params)
{
	const struct effects *e = params;

	return squares(e, tau2) - (e->nr - 1);
}

/* The variance at which the squares are what chance alone makes of them: nr - 1. */
static double paule_mandel(struct effects *e)
{
	gsl_function f = { excess, e };
	gsl_root_fsolver *solver;
	double high = e->se[0] * e->se[0];

	if (excess(0, e) <= 0)
		return 0;
	while (excess(high, e) > 0)
		high *= 2;
	solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
	gsl_root_fsolver_set(solver, &f, 0, high);
	for (unsigned int i = 0; i < 200; i++) {
		gsl_root_fsolver_iterate(solver);
		if (gsl_root_test_interval(gsl_root_fsolver_x_lower(solver),
					   gsl_root_fsolver_x_upper(solver), 0,
					   TOLERANCE) == GSL_SUCCESS)
			break;
	}
	high = gsl_root_fsolver_root(solver);
	gsl_root_fsolver_free(solver);
	return high;
}

/**
 * pool_effects() - pool effects
 * @effects: one per file
 * @ses: their standard errors, above 0
 * @nr: how many, at least 2
 * @p: the model goes here
 *
 * Hartung and Knapp multiply the variance of the mean by the weighted squares / (nr - 1). With the
 * tau^2 of Paule and Mandel that is 1; it is less only where tau^2 is 0, that is, where the files
 * happen to agree better than chance lets them, and there it is not used: agreement of two files
 * is no proof of precision.
 */
void pool_effects(const double *effects, const double *ses, unsigned int nr, struct pooled *p)
{
	struct effects e = { effects, ses, nr };
	double weights, t;

	p->files = nr;
	p->q = squares(&e, 0);
	p->q_p = gsl_cdf_chisq_Q(p->q, nr - 1);
	p->i2 = p->q > nr - 1 ? 1 - (nr - 1) / p->q : 0;
	p->tau2 = paule_mandel(&e);
	p->effect = weighted_mean(&e, p->tau2, &weights);
	p->se = sqrt(1 / weights);
	p->p = 2 * gsl_cdf_tdist_Q(fabs(p->effect) / p->se, nr - 1);
	t = gsl_cdf_tdist_inverse(1 - ANALYSIS_ALPHA / 2, nr - 1);
	p->low = p->effect - t * p->se;
	p->high = p->effect + t * p->se;
	p->predict_low = NAN;
	p->predict_high = NAN;
	if (nr >= 3) {
		t = gsl_cdf_tdist_inverse(1 - ANALYSIS_ALPHA / 2, nr - 2) *
		    sqrt(p->tau2 + p->se * p->se);
		p->predict_low = p->effect - t;
		p->predict_high = p->effect + t;
	}
}

static void pool_arm(const struct compared *c, unsigned int metric, unsigned int arm,
		     struct pooled *p)
{
	double effects[MAX_FILES], ses[MAX_FILES];
	enum scale scale = SCALE_NONE;
	unsigned int nr = 0;

	*p = (struct pooled){ .scale = SCALE_NONE, .p = NAN, .p_holm = NAN };
	for (unsigned int file = 0; file < c->nr; file++) {
		const struct comparison *r = compared_arm(c, metric, file, arm);

		if (!r || r->scale == SCALE_NONE)
			continue;
		if (scale != SCALE_NONE && r->scale != scale) {
			p->why = "zeros occur in some of the files only";
			return;
		}
		if (!(r->se > 0)) {
			p->why = "a file has too few rounds, or no spread";
			return;
		}
		scale = r->scale;
		effects[nr] = r->effect;
		ses[nr++] = r->se;
	}
	if (nr < 2) {
		p->why = "fewer than two files have values";
		return;
	}
	pool_effects(effects, ses, nr, p);
	p->scale = scale;
}

/**
 * compare_pool() - pool all metrics and arms
 * @c: the files; c->pooled is filled
 *
 * Return: 0 or -ENOMEM.
 */
int compare_pool(struct compared *c)
{
	unsigned int arms = c->results[0].nr_modes - 1, nr = c->results[0].nr_metrics * arms;

	c->pooled = calloc(nr, sizeof(*c->pooled));
	if (!c->pooled)
		return -ENOMEM;
	for (unsigned int i = 0; i < nr; i++)
		pool_arm(c, i / arms, i % arms + 1, &c->pooled[i]);
	holm(&c->pooled->p, &c->pooled->p_holm, sizeof(*c->pooled), nr);
	return 0;
}
