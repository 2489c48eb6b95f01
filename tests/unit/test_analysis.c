// SPDX-License-Identifier: GPL-2.0-only
/* The parts of the statistics: exact p-values, Holm, contrasts, verdicts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis_parts.h"
#include "simulate.h"
#include "util.h"

#define TINY			0.000000001
#define assert_close(a, b)	assert_true(fabs((a) - (b)) < TINY)

/* By trying all patterns of signs. */
static double enumerated_p(const double *v, unsigned int nr)
{
	double ranks[16], total = signed_ranks(v, nr, ranks), seen = 0;
	unsigned int extreme = 0;

	assert_true(total >= 0);
	for (unsigned int i = 0; i < nr; i++)
		seen += ranks[i];
	for (unsigned int pattern = 0; pattern < 1u << nr; pattern++) {
		double sum = 0;

		for (unsigned int i = 0; i < nr; i++)
			sum += pattern >> i & 1 ? ranks[i] : -ranks[i];
		extreme += fabs(sum) >= fabs(seen);
	}
	return extreme / (double)(1u << nr);
}

static void test_signed_rank(void **state)
{
	static const double alike[] = { 1, 2, 3, 4, 5, 6 };
	static const double cases[][10] = {
		{ 1, -2, 3, 4, 5, 6, 7, 8, 9, 10 },
		{ 1, 1, 1, -1, 2, 2, -2, 3, 3, 3 },	/* ties */
		{ 0, 0, 0, 1, 2, -3, 4, 5, 6, 7 },	/* zeros */
		{ -0.5, 0.25, 1e9, 3, 2, -7, 1, 8, -9, 4 },
		{ 0 },
	};
	double ranks[6];

	(void)state;
	assert_close(signed_rank_p(alike, 6), 2.0 / 64);
	assert_close(signed_rank_p(alike, 5), 2.0 / 32);
	assert_close(signed_ranks((const double []){ 0, -5, 5, 1, -7, 0 }, 6, ranks), 20);
	assert_close(ranks[0], 0);
	assert_close(ranks[1], -5);	/* twice 2.5 */
	assert_close(ranks[2], 5);
	assert_close(ranks[3], 2);
	assert_close(ranks[4], -8);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_close(signed_rank_p(cases[i], 10), enumerated_p(cases[i], 10));
	assert_close(signed_rank_p(cases[4], 10), 1);
}

/* The printed tables of Wilcoxon's test. */
static void test_critical(void **state)
{
	static const int table[][2] = {
		{ 5, -1 }, { 6, 0 }, { 7, 2 }, { 8, 3 }, { 9, 5 }, { 10, 8 }, { 15, 25 },
		{ 20, 52 }, { 25, 89 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(signed_rank_critical(table[i][0], 0.05), table[i][1]);
	assert_int_equal(blocks_needed(1), 6);
	assert_int_equal(blocks_needed(5), 8);
	assert_int_equal(blocks_needed(30), 11);
}

static void test_holm(void **state)
{
	struct {
		double p, corrected;
	} t[] = { { 0.01, 0 }, { 0.04, 0 }, { NAN, 0 }, { 0.03, 0 }, { 0.005, 0 } };

	(void)state;
	holm(&t[0].p, &t[0].corrected, sizeof(t[0]), ARRAY_SIZE(t));
	assert_close(t[0].corrected, 0.03);
	assert_close(t[1].corrected, 0.06);
	assert_true(isnan(t[2].corrected));
	assert_close(t[3].corrected, 0.06);
	assert_close(t[4].corrected, 0.02);
}

/* Walsh averages of 1, 2, 6, 9: 1 1.5 2 3.5 4 5 5.5 6 7.5 9, so between 4 and 5. */
static void test_estimate(void **state)
{
	static const double v[] = { 1, 2, 6, 9 };
	double at;

	(void)state;
	assert_int_equal(estimate_location(v, 4, SCALE_RATIO, &at), 0);
	assert_close(at, 4.5);
	assert_int_equal(estimate_location(v, 4, SCALE_RELATIVE, &at), 0);
	assert_close(at, 4.5);
	assert_int_equal(estimate_location(v, 3, SCALE_RATIO, &at), 0);
	assert_close(at, 2.75);
	assert_int_equal(estimate_location(v, 3, SCALE_ABSOLUTE, &at), 0);
	assert_close(at, 3);
}

/* An experiment to fill with values: @blocks of two arms, B A A B, and so on. */
struct fixture {
	struct metric metric;
	struct slices slices, aa;
	struct experiment e;
	struct analysis a;
};

static void start(struct fixture *f, unsigned int blocks, const struct model *model)
{
	struct model m = *model;

	m.nr_arms = 2;
	m.nr_metrics = 1;
	m.blocks = blocks;
	*f = (struct fixture){ .metric = { .name = (char *)"m" } };
	f->e = (struct experiment){ &f->metric, 1, 2, blocks, 1, NULL, &f->slices,
				     NULL };
	gsl_rng *rng = random_stream(5, RANDOM_SIMULATION);

	simulate(&m, rng, rng, &f->slices);
	m.effect = 0;
	simulate(&m, rng, rng, &f->aa);
	gsl_rng_free(rng);
}

static void end(struct fixture *f)
{
	analysis_free(&f->a);
	simulated_free(&f->slices);
	simulated_free(&f->aa);
}

/* A linear drift cancels in each block, to the last bits. */
static void test_drift_cancels(void **state)
{
	struct measure measure = { SCALE_RATIO, 1 };
	struct contrasts c;
	struct fixture f;

	(void)state;
	start(&f, 10, &(struct model){ .drift = 0.3 });
	assert_int_equal(find_contrasts(&f.slices, 0, &measure, 1, &c), 0);
	assert_int_equal(c.nr, 10);
	for (unsigned int i = 0; i < c.nr; i++)
		assert_close(c.v[i], 0);
	free(c.v);
	end(&f);
}

/* Without a slice of one of both arms its block does not count, and that is counted. */
static void test_dropped(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 10, &(struct model){ .sd = 0.01, .effect = 0.5 });
	f.slices.v[4 * 2 + 1].dropped = (char *)"foreign switch";
	f.slices.v[4 * 2 + 2].dropped = (char *)"foreign switch";
	f.slices.v[4 * 7].values[0] = NAN;
	assert_int_equal(analyse_arms(&f.e, &f.a), 0);
	assert_int_equal(f.a.comparisons[0].blocks, 8);
	assert_int_equal(f.a.comparisons[0].incomplete, 2);
	assert_int_equal(f.a.summaries[0].n + f.a.summaries[1].n, 37);
	assert_true(fabs(f.a.comparisons[0].effect - 0.5) < 0.02);
	assert_int_equal(f.a.comparisons[0].verdict, VERDICT_WORSE);
	end(&f);
}

static enum verdict verdict_of(struct fixture *f)
{
	assert_int_equal(analyse_arms(&f->e, &f->a), 0);
	return f->a.comparisons[0].verdict;
}

static void test_verdicts(void **state)
{
	char text[256];
	struct fixture f;

	(void)state;
	start(&f, 10, &(struct model){ .sd = 0.01, .effect = 0.5 });
	assert_int_equal(verdict_of(&f), VERDICT_WORSE);
	f.metric.direction = HIGHER_IS_BETTER;
	assert_int_equal(verdict_of(&f), VERDICT_BETTER);
	f.metric.direction = NEITHER_IS_BETTER;
	assert_int_equal(verdict_of(&f), VERDICT_DIFFERS);
	end(&f);

	start(&f, 5, &(struct model){ .sd = 0.01, .effect = 0.5 });
	assert_int_equal(verdict_of(&f), VERDICT_TOO_FEW);
	assert_true(isnan(f.a.comparisons[0].seen));
	verdict_sentence(&f.a.comparisons[0], &f.metric, 1, text, sizeof(text));
	assert_non_null(strstr(text, "at least 6 are needed"));
	end(&f);

	start(&f, 12, &(struct model){ .sd = 0.07 });
	assert_int_equal(verdict_of(&f), VERDICT_NO_DIFFERENCE);
	verdict_sentence(&f.a.comparisons[0], &f.metric, 1, text, sizeof(text));
	assert_non_null(strstr(text, "could have seen"));
	for (unsigned int i = 0; i < f.slices.nr; i++)
		f.slices.v[i].values[0] = NAN;
	assert_int_equal(verdict_of(&f), VERDICT_NONE);
	end(&f);

	/* All alike: nothing to see, and no power to boast of. */
	start(&f, 12, &(struct model){ 0 });
	assert_int_equal(verdict_of(&f), VERDICT_NO_DIFFERENCE);
	verdict_sentence(&f.a.comparisons[0], &f.metric, 1, text, sizeof(text));
	assert_string_equal(text, "no difference: all rounds alike");
	end(&f);
}

/* A difference that is significant but that the A/A arm shows as well is not called one. */
static void test_noise_floor(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 20, &(struct model){ .sd = 0.001, .effect = 0.01 });
	f.e.aa = &f.aa;
	assert_int_equal(analyse_noise(&f.e, &f.a), 0);
	assert_true(f.a.noise[0].floor < 0.01 && f.a.noise[0].floor > 0);
	assert_true(f.a.noise[0].floor >= fabs(f.a.noise[0].effect));
	assert_int_equal(verdict_of(&f), VERDICT_WORSE);

	/* The same with an A/A arm a hundred times as noisy. */
	for (unsigned int i = 0; i < f.aa.nr; i++)
		f.aa.v[i].values[0] = 1000 * pow(f.aa.v[i].values[0] / 1000, 100);
	assert_int_equal(analyse_noise(&f.e, &f.a), 0);
	assert_true(f.a.noise[0].floor > 0.01);
	assert_int_equal(verdict_of(&f), VERDICT_IN_NOISE);
	assert_true(f.a.comparisons[0].p_holm < 0.05);
	end(&f);
}

/* One block far to one side, the others a little to the other: no direction is claimed. */
static void test_mixed(void **state)
{
	char text[256];
	struct fixture f;

	(void)state;
	start(&f, 14, &(struct model){ 0 });
	for (unsigned int i = 0; i < f.slices.nr; i++)
		f.slices.v[i].values[0] = f.slices.v[i].arm ? 101 : 100;
	for (unsigned int i = 0; i < 4; i++)
		f.slices.v[i].values[0] = f.slices.v[i].arm ? 0 : 100;
	assert_int_equal(verdict_of(&f), VERDICT_DIFFERS);
	assert_int_equal(f.a.comparisons[0].scale, SCALE_RELATIVE);
	assert_true(f.a.comparisons[0].effect < 0);
	verdict_sentence(&f.a.comparisons[0], &f.metric, 1, text, sizeof(text));
	assert_non_null(strstr(text, "most rounds to one side"));
	end(&f);
}

/* Where zeros occur differences are taken, of the first arm's median if it has one. */
static void test_scales(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 10, &(struct model){ 0 });
	for (unsigned int i = 0; i < f.slices.nr; i++)
		f.slices.v[i].values[0] = f.slices.v[i].arm ? 6 + i % 2 : 5;
	assert_int_equal(verdict_of(&f), VERDICT_WORSE);
	assert_int_equal(f.a.comparisons[0].scale, SCALE_RATIO);
	f.slices.v[9].values[0] = 0;
	verdict_of(&f);
	assert_int_equal(f.a.comparisons[0].scale, SCALE_RELATIVE);
	for (unsigned int i = 0; i < f.slices.nr; i++)
		f.slices.v[i].values[0] = f.slices.v[i].arm ? 3 : 2;
	f.slices.v[0].values[0] = 0;
	verdict_of(&f);
	assert_true(effect_fraction(SCALE_RELATIVE, f.a.comparisons[0].effect) > 0.3);
	for (unsigned int i = 0; i < f.slices.nr; i++)
		f.slices.v[i].values[0] = f.slices.v[i].arm ? 3 : 0;
	assert_int_equal(verdict_of(&f), VERDICT_WORSE);
	assert_int_equal(f.a.comparisons[0].scale, SCALE_ABSOLUTE);
	assert_close(f.a.comparisons[0].effect, 3);
	assert_true(isnan(effect_fraction(SCALE_ABSOLUTE, 3)));
	end(&f);
}

static void test_settle(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 30, &(struct model){ .sd = 0.01, .carry = 0.2 });
	assert_int_equal(analyse_carry_over(&f.e, &f.a), 0);
	assert_true(carry_over_found(&f.e, &f.a));
	assert_true(f.a.carry_over[0].p_holm < 0.001);
	assert_int_equal(f.a.carry_over[0].pairs[0] + f.a.carry_over[0].pairs[1], 30);
	assert_true(fabs(f.a.carry_over[0].effect[0] - 0.2) < 0.05);
	assert_close(recommend_settle(&f.e, &f.a, 0.5, 2), 1);
	assert_close(recommend_settle(&f.e, &f.a, 0, 2), 0.2);
	end(&f);

	/* Up to 13 pairs every pattern of signs is tried. */
	start(&f, 12, &(struct model){ .sd = 0.01, .carry = 0.2 });
	assert_int_equal(analyse_carry_over(&f.e, &f.a), 0);
	assert_close(f.a.carry_over[0].p, 4.0 / 4096);
	end(&f);

	start(&f, 30, &(struct model){ .sd = 0.01 });
	assert_int_equal(analyse_carry_over(&f.e, &f.a), 0);
	assert_close(recommend_settle(&f.e, &f.a, 0.5, 2), 0.5);
	end(&f);

	/* A linear drift is taken out. */
	start(&f, 30, &(struct model){ .carry = 0.2, .drift = 0.3 });
	assert_int_equal(analyse_carry_over(&f.e, &f.a), 0);
	assert_true(fabs(f.a.carry_over[0].effect[0] - 0.2) < 0.05);
	assert_true(fabs(f.a.carry_over[0].effect[1] - 0.2) < 0.05);
	end(&f);
}

/* p99 is named as not available, not made up of the maximum. */
static void test_p99(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 49, &(struct model){ .sd = 0.07 });
	verdict_of(&f);
	assert_int_equal(f.a.summaries[0].n, 98);
	assert_true(isnan(f.a.summaries[0].p99));
	end(&f);
	start(&f, 50, &(struct model){ .sd = 0.07 });
	verdict_of(&f);
	assert_true(f.a.summaries[0].p99 > f.a.summaries[0].median * 1.1);
	end(&f);
}

int main(void)
{
	const struct cm_unit_test tests[] = {
		cmocka_unit_test(test_signed_rank),
		cmocka_unit_test(test_critical),
		cmocka_unit_test(test_holm),
		cmocka_unit_test(test_estimate),
		cmocka_unit_test(test_drift_cancels),
		cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_noise_floor),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_scales),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_p99),
	};

	return cmocka_run_group_tests_name("analysis", tests, NULL, NULL);
}
