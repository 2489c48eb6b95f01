// SPDX-License-Identifier: GPL-2.0-only
/* From slices to a contrast per block. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_statistics.h>

#include "analysis_parts.h"

/**
 * slice_value() - what a slice says of a metric
 * @s: the slice
 * @metric: which metric
 * @value: where it goes
 *
 * Return: whether there is a value: not of a slice that was dropped.
 */
bool slice_value(const struct slice *s, unsigned int metric, double *value)
{
	*value = s->values[metric];
	return !s->dropped && isfinite(*value);
}

/* Median of the first arm; NAN if it has no values, or there is no memory. */
static double first_median(const struct slices *slices, unsigned int metric)
{
	double *v = calloc(slices->nr + 1, sizeof(*v)), median;
	size_t nr = 0;

	if (!v)
		return NAN;
	for (unsigned int i = 0; i < slices->nr; i++)
		if (!slices->v[i].arm && slice_value(&slices->v[i], metric, &v[nr]))
			nr++;
	median = nr ? gsl_stats_median(v, 1, nr) : NAN;
	free(v);
	return median;
}

/**
 * known_slices() - what tells which metrics have values, and of what kind
 * @e: the experiment
 *
 * Return: its slices; those of the A/A arm before there are any.
 */
const struct slices *known_slices(const struct experiment *e)
{
	return e->slices && e->slices->nr ? e->slices : e->aa;
}

static bool all_positive(const struct slices *slices, unsigned int metric)
{
	double value;

	for (unsigned int i = 0; slices && i < slices->nr; i++)
		if (slice_value(&slices->v[i], metric, &value) && value <= 0)
			return false;
	return true;
}

/**
 * find_measure() - choose how to compare the values of a metric
 * @e: the experiment
 * @metric: which metric
 *
 * It looks at all values alike, whatever their arm, so that the choice cannot favour one; the
 * size of the unit scales all contrasts and changes no p-value. The A/A arm and the experiment are
 * measured alike, so that they can be compared.
 *
 * Return: the scale and its unit; SCALE_NONE if the first arm has no value.
 */
struct measure find_measure(const struct experiment *e, unsigned int metric)
{
	double median = first_median(known_slices(e), metric);

	if (isnan(median))
		return (struct measure){ SCALE_NONE, 1 };
	if (all_positive(e->slices, metric) && all_positive(e->aa, metric))
		return (struct measure){ SCALE_RATIO, 1 };
	if (median)
		return (struct measure){ SCALE_RELATIVE, fabs(median) };
	return (struct measure){ SCALE_ABSOLUTE, 1 };
}

/**
 * measured() - put a value on its scale
 * @m: scale and unit
 * @value: the value
 *
 * Return: what differences are taken of.
 */
double measured(const struct measure *m, double value)
{
	return m->scale == SCALE_RATIO ? log(value) : value / m->unit;
}

/**
 * count_rounds() - how many blocks there are, complete or not
 * @slices: the slices
 *
 * Return: the number of the last one plus 1.
 */
unsigned int count_rounds(const struct slices *slices)
{
	unsigned int blocks = 0;

	for (unsigned int i = 0; i < slices->nr; i++)
		if (slices->v[i].block >= blocks)
			blocks = slices->v[i].block + 1;
	return blocks;
}

/**
 * find_contrasts() - an arm against the first one, block by block
 * @slices: the slices
 * @metric: which metric
 * @measure: how it is compared
 * @arm: the arm, from 1
 * @c: where they go, c->v to be given to free()
 *
 * A block counts if both slices of both arms do. What is left out then does not depend on which
 * of the two arms was where, and what drifts linearly cancels.
 *
 * Return: 0 or -ENOMEM.
 */
int find_contrasts(const struct slices *slices, unsigned int metric, const struct measure *measure,
		   unsigned int arm, struct contrasts *c)
{
	unsigned int blocks = count_rounds(slices);
	struct pair {
		double sum;
		unsigned int seen;
	} (*pairs)[2] = calloc(blocks + 1, sizeof(*pairs));
	double value;

	*c = (struct contrasts){ .v = calloc(blocks + 1, sizeof(*c->v)) };
	if (!pairs || !c->v) {
		free(pairs);
		free(c->v);
		c->v = NULL;
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < slices->nr; i++) {
		const struct slice *s = &slices->v[i];
		struct pair *pair = &pairs[s->block][s->arm == arm];

		if ((s->arm && s->arm != arm) || !slice_value(s, metric, &value))
			continue;
		pair->sum += measured(measure, value);
		pair->seen++;
	}
	for (unsigned int b = 0; b < blocks; b++) {
		if (pairs[b][0].seen == 2 && pairs[b][1].seen == 2)
			c->v[c->nr++] = (pairs[b][1].sum - pairs[b][0].sum) / 2;
		else
			c->incomplete++;
	}
	free(pairs);
	return 0;
}
