// SPDX-License-Identifier: GPL-2.0-only
/* Randomised balanced blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <gsl/gsl_cdf.h>

#include "schedule.h"
#include "util.h"

/* Each half of a block has every arm once, the second is the first backwards. */
static void test_balanced(void **state)
{
	gsl_rng *rng = random_stream(7, RANDOM_SCHEDULE);
	unsigned int arms[2 * MAX_ARMS];

	(void)state;
	for (unsigned int nr = 2; nr <= MAX_ARMS; nr++) {
		for (unsigned int block = 0; block < 100; block++) {
			unsigned int seen = 0;

			schedule_block(rng, nr, arms);
			for (unsigned int i = 0; i < nr; i++) {
				assert_in_range(arms[i], 0, nr - 1);
				seen |= 1u << arms[i];
				assert_int_equal(arms[i], arms[2 * nr - 1 - i]);
			}
			assert_int_equal(seen, (1u << nr) - 1);
		}
	}
	gsl_rng_free(rng);
}

/* All orders of three arms are equally likely, also after each other: chi-square of 36 pairs. */
static void test_random(void **state)
{
	gsl_rng *rng = random_stream(7, RANDOM_SCHEDULE);
	unsigned int counts[36] = { 0 }, arms[6], before = 0;
	double chi2 = 0;

	(void)state;
	for (unsigned int block = 0; block <= 36000; block++) {
		unsigned int order;

		schedule_block(rng, 3, arms);
		order = arms[0] * 2 + (arms[1] > arms[2]);
		if (block)
			counts[before * 6 + order]++;
		before = order;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++)
		chi2 += (counts[i] - 1000.0) * (counts[i] - 1000.0) / 1000;
	assert_true(gsl_cdf_chisq_Q(chi2, 35) > 0.005);
	assert_true(gsl_cdf_chisq_P(chi2, 35) > 0.005);
	gsl_rng_free(rng);
}

static void draw(unsigned int seed, enum random_stream stream, unsigned int arms[40])
{
	gsl_rng *rng = random_stream(seed, stream);

	for (unsigned int block = 0; block < 5; block++)
		schedule_block(rng, 4, arms + 8 * block);
	gsl_rng_free(rng);
}

/* A seed always gives the same; another seed or purpose something else. */
static void test_reproducible(void **state)
{
	unsigned int a[40], b[40];

	(void)state;
	draw(1, RANDOM_SCHEDULE, a);
	draw(1, RANDOM_SCHEDULE, b);
	assert_memory_equal(a, b, sizeof(a));
	draw(2, RANDOM_SCHEDULE, b);
	assert_memory_not_equal(a, b, sizeof(a));
	draw(1, RANDOM_NOISE_SCHEDULE, b);
	assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
	const struct cm_unit_test tests[] = {
		cmocka_unit_test(test_balanced),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_reproducible),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
