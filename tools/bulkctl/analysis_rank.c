// SPDX-License-Identifier: GPL-2.0-only
/*
 * The randomisation test: signed ranks of the blocks' contrasts.
 *
 * Within a block a toss decided which of two arms took which slices. If the arms do not differ, the
 * other outcome would have given the same contrast with the other sign: all patterns of signs are
 * equally likely, whatever the noise does from slice to slice. How many of the 2^n patterns give a
 * rank sum as extreme as the one seen can be counted, so that the p-value is exact for any n.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_sort.h>

#include "analysis_parts.h"

/**
 * signed_ranks() - rank contrasts by size
 * @v: the contrasts
 * @nr: how many
 * @ranks: twice the rank of each, with its sign, goes here. Equal sizes share the mean of their
 *	   ranks, twice of which is whole; zeros, to which a sign means nothing, have rank 0.
 *
 * Return: twice the sum of the ranks, without signs.
 */
double signed_ranks(const double *v, unsigned int nr, double *ranks)
{
	size_t order[nr + 1];
	double size[nr + 1], total = 0;
	unsigned int zeros = 0;

	memset(size, 0, sizeof(size));
	for (unsigned int i = 0; i < nr; i++)
		size[i] = fabs(v[i]);
	gsl_sort_index(order, size, 1, nr);
	for (unsigned int from = 0, to; from < nr; from = to) {
		for (to = from + 1; to < nr && size[order[to]] == size[order[from]]; to++)
			;
		if (!size[order[from]])
			zeros = to;
		for (unsigned int i = from; i < to; i++) {
			/* mean of from+1-zeros .. to-zeros, twice */
			double rank = size[order[i]] ? from + to + 1 - 2 * zeros : 0;

			ranks[order[i]] = copysign(rank, v[order[i]]);
			total += rank;
		}
	}
	return total;
}

/*
 * The probability of each sum, up to @limit, that ranks with a random half of the signs have: by
 * adding rank after rank. To be given to free(); NULL without memory.
 */
static double *sum_probabilities(const double *ranks, unsigned int nr, unsigned int limit)
{
	double *p = calloc(limit + 1, sizeof(*p));
	unsigned int top = 0;

	if (!p)
		return NULL;
	p[0] = 1;
	for (unsigned int i = 0; i < nr; i++) {
		unsigned int rank = fabs(ranks[i]);

		if (!rank)
			continue;
		top = top + rank < limit ? top + rank : limit;
		for (unsigned int sum = top; sum >= rank; sum--)
			p[sum] = (p[sum] + p[sum - rank]) / 2;
		for (unsigned int sum = 0; sum < rank && sum <= top; sum++)
			p[sum] /= 2;
	}
	return p;
}

/**
 * signed_rank_p() - the two-sided p-value of contrasts
 * @v: the contrasts
 * @nr: how many
 *
 * Return: the share of patterns of signs whose rank sum is at least as far from the middle; NAN
 *	   without memory.
 */
double signed_rank_p(const double *v, unsigned int nr)
{
	double ranks[nr + 1], total = signed_ranks(v, nr, ranks), positive = 0, tail = 0, *p;
	unsigned int limit;

	for (unsigned int i = 0; i < nr; i++)
		if (ranks[i] > 0)
			positive += ranks[i];
	limit = fmin(positive, total - positive);
	p = sum_probabilities(ranks, nr, limit);
	if (!p)
		return NAN;
	for (unsigned int sum = 0; sum <= limit; sum++)
		tail += p[sum];
	free(p);
	return fmin(2 * tail, 1);
}

/**
 * signed_rank_critical() - the largest rank sum that is significant
 * @nr: number of contrasts, no two of equal size
 * @alpha: two-sided level, below 1
 *
 * Return: the sum of the ranks of one sign; -1 if none is small enough, or without memory.
 */
int signed_rank_critical(unsigned int nr, double alpha)
{
	unsigned int middle = nr * (nr + 1) / 4;	/* not significant at any level */
	double ranks[nr + 1], tail = 0, *p;
	int critical = -1;

	for (unsigned int i = 0; i < nr; i++)
		ranks[i] = i + 1;
	p = sum_probabilities(ranks, nr, middle);
	for (unsigned int sum = 0; p && sum <= middle; sum++) {
		tail += p[sum];
		if (2 * tail > alpha)
			break;
		critical = sum;
	}
	free(p);
	return critical;
}
