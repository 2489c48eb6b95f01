// SPDX-License-Identifier: GPL-2.0-only
/* Does a slice remember the mode before? The first slice after a switch against the later one. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_math.h>

#include "analysis_parts.h"

#define ALMOST		0.999999999	/* equal sums differ by rounding */
#define ENUMERATED	13	/* up to so many pairs all 2^n patterns of signs are tried */

/* The differences of first to later slice, those of an arm together. */
struct pairs {
	double *v;
	unsigned int nr;
	unsigned int from[MAX_ARMS + 1];
};

/* A block with all its slices, in their order; NULL where one is missing. */
struct block {
	const struct slice *slices[2 * MAX_ARMS];
};

static struct block *collect_blocks(const struct slices *slices, unsigned int nr_arms)
{
	struct block *blocks = calloc(count_rounds(slices) + 1, sizeof(*blocks));

	for (unsigned int i = 0; blocks && i < slices->nr; i++) {
		const struct slice *s = &slices->v[i];

		if (s->position < 2 * nr_arms)
			blocks[s->block].slices[s->position] = s;
	}
	return blocks;
}

static double middle(const struct slice *s)
{
	return s->start + s->seconds / 2;
}

/*
 * The two slices in the middle of a block are of one arm, with no switch between them. What drifts
 * makes them differ too, but is seen in the other arms, whose slices lie around: its slope is taken
 * out.
 */
static bool block_pair(const struct block *block, unsigned int metric,
		       const struct measure *measure, unsigned int nr_arms, double *difference)
{
	double value[2 * MAX_ARMS], products = 0, squares = 0, apart;

	for (unsigned int i = 0; i < 2 * nr_arms; i++) {
		if (!block->slices[i] || !slice_value(block->slices[i], metric, &value[i]))
			return false;
		value[i] = measured(measure, value[i]);
	}
	if (!block->slices[nr_arms - 1]->switched || block->slices[nr_arms]->switched)
		return false;
	for (unsigned int i = 0; i < nr_arms - 1; i++) {
		unsigned int j = 2 * nr_arms - 1 - i;

		apart = middle(block->slices[j]) - middle(block->slices[i]);
		products += (value[j] - value[i]) * apart;
		squares += apart * apart;
	}
	apart = middle(block->slices[nr_arms]) - middle(block->slices[nr_arms - 1]);
	*difference = value[nr_arms - 1] - value[nr_arms];
	if (squares)
		*difference += products / squares * apart;
	return true;
}

static int find_pairs(const struct slices *slices, unsigned int metric,
		      const struct measure *measure, unsigned int nr_arms, struct pairs *p)
{
	struct block *blocks = collect_blocks(slices, nr_arms);
	unsigned int nr_blocks = count_rounds(slices);

	*p = (struct pairs){ .v = calloc(nr_blocks + 1, sizeof(*p->v)) };
	for (unsigned int arm = 0; blocks && p->v && arm < nr_arms; arm++) {
		for (unsigned int b = 0; b < nr_blocks; b++) {
			const struct slice *s = blocks[b].slices[nr_arms];

			if (s && s->arm == arm &&
			    block_pair(&blocks[b], metric, measure, nr_arms, &p->v[p->nr]))
				p->nr++;
		}
		p->from[arm + 1] = p->nr;
	}
	free(blocks);
	return blocks && p->v ? 0 : -ENOMEM;
}

/* Sums of 8 ranks under each of the 256 patterns of their signs. */
static void sign_sums(const double *ranks, unsigned int nr, double sums[256])
{
	for (unsigned int pattern = 0; pattern < 256; pattern++) {
		sums[pattern] = 0;
		for (unsigned int i = 0; i < nr; i++)
			sums[pattern] += pattern >> i & 1 ? -ranks[i] : ranks[i];
	}
}

struct flips {
	unsigned int nr_arms;
	unsigned int bytes[MAX_ARMS];	/* groups of 8 pairs per arm */
	unsigned int bits[MAX_ARMS];	/* pairs */
	double squares[MAX_ARMS];
	double (*sums)[256];
};

static int flips_start(struct flips *f, const struct pairs *p, unsigned int nr_arms)
{
	double (*sums)[256] = calloc(p->nr / 8 + nr_arms + 1, sizeof(*sums));

	*f = (struct flips){ .nr_arms = nr_arms, .sums = sums };
	if (!sums)
		return -ENOMEM;
	for (unsigned int arm = 0; arm < nr_arms; arm++) {
		unsigned int nr = p->from[arm + 1] - p->from[arm];
		double ranks[nr + 1];

		signed_ranks(p->v + p->from[arm], nr, ranks);
		for (unsigned int i = 0; i < nr; i++)
			f->squares[arm] += ranks[i] * ranks[i];
		for (unsigned int i = 0; i < nr; i += 8)
			sign_sums(ranks + i, GSL_MIN(8, nr - i), *sums++);
		f->bits[arm] = nr;
		f->bytes[arm] = (nr + 7) / 8;
	}
	return 0;
}

/* How far the arms are from "no carry-over", each in units of its own spread. */
static double statistic(const struct flips *f, const void *patterns)
{
	const unsigned char *signs = patterns;
	const double (*sums)[256] = (const double (*)[256])f->sums;
	double total = 0;

	for (unsigned int arm = 0; arm < f->nr_arms; arm++) {
		double sum = 0;

		for (unsigned int i = 0; i < f->bytes[arm]; i++)
			sum += (*sums++)[*signs++];
		if (f->squares[arm])
			total += sum * sum / f->squares[arm];
	}
	return total;
}

/* Pattern @number of signs: an arm's bits begin at a byte. */
static void spread_signs(const struct flips *f, unsigned int number, unsigned char *signs)
{
	for (unsigned int arm = 0; arm < f->nr_arms; arm++) {
		unsigned int left = f->bits[arm];

		for (unsigned int i = 0; i < f->bytes[arm]; i++) {
			unsigned int bits = GSL_MIN(left, 8);

			*signs++ = number & ((1u << bits) - 1);
			number >>= bits;
			left -= bits;
		}
	}
}

/*
 * The p-value of all arms together: an arm alone has few pairs, and what one mode leaves behind for
 * the other mostly shows in both. All patterns of signs are tried where they are few; else a fixed
 * number is drawn, and the one seen counts as one more.
 */
static double flip_p(const struct flips *f, unsigned int nr, gsl_rng *rng)
{
	unsigned int words = (nr / 8 + f->nr_arms) / 4 + 1, extreme = 0;
	unsigned int signs[ANALYSIS_MAX_BLOCKS / 32 + MAX_ARMS] = { 0 };
	unsigned int tries = nr <= ENUMERATED ? 1u << nr : ANALYSIS_FLIPS;
	double seen;

	seen = statistic(f, signs) * ALMOST;
	for (unsigned int i = 0; i < tries; i++) {
		if (nr <= ENUMERATED)
			spread_signs(f, i, (unsigned char *)signs);
		else
			for (unsigned int w = 0; w < words; w++)
				signs[w] = gsl_rng_get(rng);
		extreme += statistic(f, signs) >= seen;
	}
	if (nr <= ENUMERATED)
		return (double)extreme / tries;
	return (extreme + 1.0) / (tries + 1.0);
}

/**
 * metric_carry_over() - test one metric
 * @e: the experiment
 * @metric: which metric
 * @rng: random numbers
 * @c: where the result goes, without correction for other metrics
 *
 * Return: 0 or -ENOMEM.
 */
int metric_carry_over(const struct experiment *e, unsigned int metric, gsl_rng *rng,
		      struct carry_over *c)
{
	struct measure measure = find_measure(e, metric);
	struct flips flips = { 0 };
	struct pairs pairs = { 0 };
	int ret = 0;

	*c = (struct carry_over){ .scale = measure.scale, .p = NAN, .p_holm = NAN };
	for (unsigned int arm = 0; arm < MAX_ARMS; arm++)
		c->effect[arm] = NAN;
	if (c->scale == SCALE_NONE)
		return 0;
	ret = find_pairs(e->slices, metric, &measure, e->nr_arms, &pairs);
	for (unsigned int arm = 0; !ret && arm < e->nr_arms; arm++) {
		const double *v = pairs.v + pairs.from[arm];

		c->pairs[arm] = pairs.from[arm + 1] - pairs.from[arm];
		if (c->pairs[arm])
			ret = estimate_location(v, c->pairs[arm], measure.scale, &c->effect[arm]);
	}
	if (!ret && pairs.nr) {
		ret = flips_start(&flips, &pairs, e->nr_arms);
		if (!ret)
			c->p = flip_p(&flips, pairs.nr, rng);
	}
	free(flips.sums);
	free(pairs.v);
	return ret;
}
