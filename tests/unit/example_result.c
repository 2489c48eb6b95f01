// SPDX-License-Identifier: GPL-2.0-only
/* A made-up result of bulkctl ab, and files of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "example_result.h"
#include "fake_tree.h"
#include "simulate.h"

#define EFFECT	(-0.3)

static void add_metrics(struct ab_result *r)
{
	r->nr_metrics = 3;
	r->metrics = calloc(3, sizeof(*r->metrics));
	r->metrics[0] = (struct metric){ strdup("ns_per_fill"), strdup("ns"), LOWER_IS_BETTER,
					 NULL };
	r->metrics[1] = (struct metric){ strdup("fills_per_s"), strdup("1/s"), HIGHER_IS_BETTER,
					 NULL };
	r->metrics[2] = (struct metric){ strdup("cycles"), NULL, LOWER_IS_BETTER,
					 strdup("no PMU in this machine") };
}

static void add_slices(struct ab_result *r, gsl_rng *rng, unsigned int arms, struct slices *to)
{
	struct model model = { .nr_arms = arms, .nr_metrics = 3, .blocks = 12, .sd = 0.05,
			       .effect = to == &r->aa ? 0 : EFFECT };

	simulate(&model, rng, rng, to);
	for (unsigned int i = 0; i < to->nr; i++) {
		if (to->v[i].arm)
			to->v[i].values[1] /= exp(model.effect);
		to->v[i].values[2] = NAN;
	}
}

void example_result(struct ab_result *r, unsigned int seed)
{
	static const char * const modes[] = { "stock", "single", "array" };
	gsl_rng *rng = random_stream(seed, RANDOM_SIMULATION);

	*r = (struct ab_result){ .machine = { "6.12.0-test", "" }, .seed = 7, .rounds = 12,
				 .aa_rounds = 12, .slice_s = 2, .settle_s = 0.5,
				 .settle_last_s = 0.5 };
	r->host = strdup("example");
	r->started = strdup("2026-01-01T00:00:00+00:00");
	r->user = strdup("sunrpc");
	r->modes = calloc(3, sizeof(*r->modes));
	for (r->nr_modes = 0; r->nr_modes < 3; r->nr_modes++)
		r->modes[r->nr_modes] = strdup(modes[r->nr_modes]);
	add_metrics(r);
	add_slices(r, rng, 2, &r->aa);
	add_slices(r, rng, 3, &r->slices);
	r->slices.v[5].values[1] = NAN;
	r->slices.v[9].dropped = strdup("sunrpc was switched by another process");
	assert_int_equal(result_add_confounder(r, "governor", "performance", false), 0);
	assert_int_equal(result_add_confounder(r, "turbo", NULL, false), 0);
	assert_int_equal(result_add_confounder(r, "load", seed == 1 ? "0.10" : "3.50", true), 0);
	assert_int_equal(result_add_note(r, "kmem:mm_page_alloc is blind to stock"), 0);
	assert_int_equal(result_analyse(r), 0);
	gsl_rng_free(rng);
}

/* Keep the first @nr slices of the experiment. */
void example_cut(struct ab_result *r, unsigned int nr)
{
	while (r->slices.nr > nr) {
		struct slice *s = &r->slices.v[--r->slices.nr];

		free(s->values);
		free(s->dropped);
	}
}

char *example_path(const char *name)
{
	const char *dir = getenv("O");
	char *path;

	assert_true(asprintf(&path, "%s/%s", dir ? dir : "/tmp", name) > 0);
	return path;
}

static void put_text(const char *path, const char *text, size_t length)
{
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, length, out), length);
	assert_int_equal(fclose(out), 0);
}

void example_write(const struct ab_result *r, const char *path)
{
	json_t *doc = result_to_json(r);
	char *text = json_dumps(doc, JSON_INDENT(2) | JSON_REAL_PRECISION(12));

	assert_non_null(text);
	put_text(path, text, strlen(text));
	free(text);
	json_decref(doc);
}

static char *get_text(const char *path)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	assert_non_null(in);
	assert_true(getdelim(&text, &size, '\0', in) > 0);
	fclose(in);
	return text;
}

/* The same with the first @old replaced. */
void example_edit(const char *path, const char *to, const char *old, const char *replacement)
{
	char *text = get_text(path), *at = strstr(text, old), *edited;

	assert_non_null(at);
	assert_true(asprintf(&edited, "%.*s%s%s", (int)(at - text), text, replacement,
			     at + strlen(old)) > 0);
	put_text(to, edited, strlen(edited));
	free(edited);
	free(text);
}

/* The first @percent of it. */
void example_truncate(const char *path, const char *to, unsigned int percent)
{
	char *text = get_text(path);

	put_text(to, text, strlen(text) * percent / 100);
	free(text);
}
