// SPDX-License-Identifier: GPL-2.0-only
/* Results of bulkctl ab, as JSON: what can be read can be analysed, written again and compared. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "fuzz.h"
#include "result.h"

#define AGAIN	"again.json"
/* More take the analysis too long to try many. */
#define METRICS	3
#define ARMS	3
#define SLICES	16

static char input[128], again[128];

void fuzz_setup(void)
{
	snprintf(input, sizeof(input), "%s", fuzz_path("input"));
	snprintf(again, sizeof(again), "%s", fuzz_path(AGAIN));
}

static void check_slices(const struct ab_result *r, const struct slices *slices,
			 unsigned int nr_arms)
{
	for (unsigned int i = 0; i < slices->nr; i++) {
		const struct slice *s = &slices->v[i];

		fuzz_check(s->arm < nr_arms && s->position < 2 * nr_arms);
		fuzz_check(s->block < ANALYSIS_MAX_BLOCKS && s->seconds >= 0);
		for (unsigned int m = 0; m < r->nr_metrics; m++)
			fuzz_check(isnan(s->values[m]) || isfinite(s->values[m]));
	}
}

static void check_loaded(const struct ab_result *r)
{
	fuzz_check(r->nr_modes >= 2 && r->nr_modes <= MAX_ARMS && r->nr_metrics);
	fuzz_check(r->user && r->machine.kernel[0]);
	for (unsigned int i = 0; i < r->nr_metrics; i++)
		fuzz_check(r->metrics[i].name && r->metrics[i].direction <= NEITHER_IS_BETTER);
	check_slices(r, &r->aa, 2);
	check_slices(r, &r->slices, r->nr_modes);
}

/* Written and read again it is the same, to the last digit, and so is what is computed of it. */
static void try_again(const struct ab_result *r)
{
	json_t *first = result_to_json(r), *second;
	struct ab_result other;

	fuzz_check(first && !json_dump_file(first, again, JSON_REAL_PRECISION(17)));
	fuzz_check(!result_load(again, &other) && !result_analyse(&other));
	second = result_to_json(&other);
	fuzz_check(json_equal(first, second));
	json_decref(first);
	json_decref(second);
	result_free(&other);
}

/* A result beside itself differs in nothing. */
static void try_compare(void)
{
	char *const paths[] = { input, input };
	struct compared c;
	json_t *doc;

	fuzz_check(!compare_load(&c, paths, ARRAY_SIZE(paths)));
	fuzz_check(!compare_confounders(&c) && !c.nr_differences && !compare_pool(&c));
	for (unsigned int form = TABLE_TEXT; form <= TABLE_CSV; form++)
		compare_table(stdout, &c, form);
	doc = compare_json(&c);
	fuzz_check(doc);
	json_decref(doc);
	compare_free(&c);
}

void fuzz_one(const unsigned char *data, size_t size)
{
	struct ab_result r;
	int ret;

	fuzz_quiet();
	fuzz_input(data, size);
	ret = result_load(input, &r);
	fuzz_check_message(ret);
	if (!ret)
		check_loaded(&r);
	if (!ret && r.nr_metrics <= METRICS && r.nr_modes <= ARMS && r.aa.nr <= SLICES &&
	    r.slices.nr <= SLICES) {
		fuzz_check(!result_analyse(&r));
		result_text(stdout, &r);
		try_again(&r);
		try_compare();
		fuzz_check_message(0);
	}
	result_free(&r);
}
