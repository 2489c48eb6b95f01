// SPDX-License-Identifier: GPL-2.0-only
/* The statistics on simulated experiments, through the functions that bulkctl ab calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "analysis_parts.h"
#include "simulate.h"
#include "util.h"

#define EXPERIMENTS	1000

/* The p-value that a test of this many blocks can attain just below @alpha. */
static double attainable(unsigned int blocks, double alpha)
{
	int critical = signed_rank_critical(blocks, alpha);
	double v[64];

	/* Give the smallest ranks to the negative ones, as many as make the critical sum. */
	for (unsigned int i = blocks; i > 0; i--) {
		v[i - 1] = i;
		if (critical >= (int)i) {
			v[i - 1] = -(double)i;
			critical -= i;
		}
	}
	assert_int_equal(critical, 0);
	return signed_rank_p(v, blocks);
}

/* No difference, in noise of all kinds: one in twenty is significant, neither more nor fewer. */
static void test_false_positives(void **state)
{
	static const struct {
		const char *name;
		struct model model;
	} cases[] = {
		{ "independent noise", { .sd = 0.07 } },
		{ "linear drift of 2 % a slice", { .sd = 0.07, .drift = 0.02 } },
		{ "one-sided outliers", { .sd = 0.07, .outlier_rate = 0.1, .outlier = 0.5 } },
		{ "AR(1), 0.7", { .sd = 0.07, .phi = 0.7 } },
		{ "AR(1), 0.9", { .sd = 0.07, .phi = 0.9 } },
		{ "AR(1), 0.9, drift, outliers", { .sd = 0.07, .phi = 0.9, .drift = -0.01,
						   .outlier_rate = 0.05, .outlier = 1 } },
		{ "a tenth of the slices dropped", { .sd = 0.07, .dropped = 0.1 } },
	};
	double level = attainable(20, ANALYSIS_ALPHA);

	(void)state;
	assert_true(level > 0.045 && level <= 0.05);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model m = cases[i].model;
		struct tally t;

		m.nr_arms = 2;
		m.nr_metrics = 1;
		m.blocks = 20;
		t = tally_experiments(&m, EXPERIMENTS, true);
		print_message("# %s: %u of %u significant, %u verdicts, %u carry-overs\n",
			      cases[i].name, t.significant, t.experiments, t.verdicts, t.carried);
		assert_true(is_share(t.significant, t.experiments, ANALYSIS_ALPHA));
		/* The noise floor only takes verdicts away. */
		assert_true(t.verdicts <= t.significant && t.verdicts);
		assert_true(is_share(t.carried, t.experiments, ANALYSIS_ALPHA));
	}
}

/* Several metrics and arms: one experiment in twenty says anything wrong at all. */
static void test_family(void **state)
{
	static const struct model cases[] = {
		{ .nr_arms = 2, .nr_metrics = 5, .blocks = 12, .sd = 0.07 },
		{ .nr_arms = 4, .nr_metrics = 1, .blocks = 12, .sd = 0.07, .phi = 0.9 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct model *m = &cases[i];
		struct tally t = tally_experiments(m, EXPERIMENTS, false);
		unsigned int tests = m->nr_metrics * (m->nr_arms - 1);
		double level = attainable(m->blocks, ANALYSIS_ALPHA / tests);
		double share = 1 - pow(1 - level, tests);

		print_message("# %u arms, %u metrics: %u of %u significant (%.1f %%)\n",
			      m->nr_arms, m->nr_metrics, t.any, t.experiments, 100 * share);
		assert_true(t.any <= 0.05 * t.experiments || is_share(t.any, t.experiments, 0.05));
		/* Arms share the first one, so that their tests are not independent. */
		if (m->nr_arms == 2)
			assert_true(is_share(t.any, t.experiments, share));
		assert_true(t.any);
	}
}

/* 3 % in 7 % per slice are seen as often as the smallest effect that was stated predicts. */
static void test_power(void **state)
{
	const struct model m = { .nr_arms = 2, .nr_metrics = 1, .blocks = 46, .effect = 0.03,
				 .sd = 0.07 };
	struct tally t = tally_experiments(&m, EXPERIMENTS, true);

	(void)state;
	print_message("# smallest effect stated %.2f %%, so %.1f %% are seen\n",
		      100 * t.smallest, 100 * t.predicted);
	print_message("# %u significant, %u verdicts of %u\n", t.significant, t.verdicts,
		      t.experiments);
	assert_true(is_share(t.verdicts, t.experiments, t.predicted));
	/* "could have seen" comes from the experiment itself and says the same. */
	assert_true(fabs(t.seen / t.smallest - 1) < 0.05);
	assert_true(fabs(t.effect - m.effect) < 0.001);
}

/* Outliers to one side cost little power: far less than a mean would lose. */
static void test_power_outliers(void **state)
{
	const struct model m = { .nr_arms = 2, .nr_metrics = 1, .blocks = 20, .effect = 0.15,
				 .sd = 0.07, .outlier_rate = 0.1, .outlier = 0.5 };
	struct tally t = tally_experiments(&m, EXPERIMENTS, true);

	(void)state;
	print_message("# outliers: %u of %u significant, %.1f %% predicted\n", t.significant,
		      t.experiments, 100 * t.predicted);
	assert_true(t.verdicts >= 0.9 * t.experiments);
	assert_true(fabs(t.effect - m.effect) < 0.01);
}

/* The interval holds the true effect in 95 % of experiments; Documentation/ states 93 to 98. */
static void test_coverage(void **state)
{
	static const struct model cases[] = {
		{ .blocks = 8, .sd = 0.07 },
		{ .blocks = 20, .sd = 0.07 },
		{ .blocks = 8, .sd = 0.07, .outlier_rate = 0.1, .outlier = 0.5 },
		{ .blocks = 20, .sd = 0.07, .outlier_rate = 0.1, .outlier = 0.5, .phi = 0.7 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model m = cases[i];
		struct tally t;

		m.nr_arms = 2;
		m.nr_metrics = 1;
		m.effect = 0.1;
		t = tally_experiments(&m, EXPERIMENTS, false);
		print_message("# %u blocks%s: %u of %u intervals hold the effect\n", m.blocks,
			      m.outlier_rate ? " with outliers" : "", t.covered, t.experiments);
		assert_in_range(t.covered, 930, 980);
	}
}

/* What a switch leaves behind is found, also if it differs by mode and cancels on average. */
static void test_carry_over(void **state)
{
	static const struct model cases[] = {
		{ .carry = 0.1 },
		{ .carry = 0.1, .drift = 0.05 },
		{ .effect = 0.4, .inherit = 0.3 },
		{ .effect = 0.4, .inherit = 0.3, .outlier_rate = 0.05, .outlier = 0.5 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model m = cases[i];
		struct tally t;

		m.nr_arms = 2;
		m.nr_metrics = 1;
		m.blocks = 30;
		m.sd = 0.07;
		t = tally_experiments(&m, 100, false);
		print_message("# carry-over found in %u of %u\n", t.carried, t.experiments);
		assert_true(t.carried >= 90);
	}
}

int main(void)
{
	const struct cm_unit_test tests[] = {
		cmocka_unit_test(test_false_positives),
		cmocka_unit_test(test_family),
		cmocka_unit_test(test_power),
		cmocka_unit_test(test_power_outliers),
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_carry_over),
	};

	return cmocka_run_group_tests_name("analysis, simulated", tests, NULL, NULL);
}
