// SPDX-License-Identifier: GPL-2.0-only
/* A result as JSON: Documentation/bulkctl/ab.schema.json describes it. */
#include "json.h"
#include "result.h"

/**
 * json_set_effect() - put a difference into an object
 * @object: the object
 * @key: its name; KEY_percent says the same in per cent of the first arm, null if there is none
 * @scale: its scale
 * @effect: the difference
 */
void json_set_effect(json_t *object, const char *key, enum scale scale, double effect)
{
	char percent[32];

	json_object_set_new(object, key, json_number(effect));
	snprintf(percent, sizeof(percent), "%s_percent", key);
	json_object_set_new(object, percent, json_number(100 * effect_fraction(scale, effect)));
}

static json_t *noise_object(const struct noise *n)
{
	json_t *object;

	if (!n || n->scale == SCALE_NONE)
		return json_null();
	object = json_object();
	json_object_set_new(object, "scale", json_string(scale_words[n->scale]));
	json_object_set_new(object, "blocks", json_integer(n->blocks));
	json_set_effect(object, "effect", n->scale, n->effect);
	json_object_set_new(object, "spread", json_number(n->spread));
	json_object_set_new(object, "p", json_number(n->p));
	json_object_set_new(object, "p_holm", json_number(n->p_holm));
	json_set_effect(object, "floor", n->scale, n->floor);
	json_set_effect(object, "smallest", n->scale, n->smallest);
	return object;
}

static json_t *carry_over_object(const struct ab_result *r, const struct carry_over *c)
{
	json_t *object, *arms;

	if (!c || c->scale == SCALE_NONE)
		return json_null();
	object = json_object();
	json_object_set_new(object, "scale", json_string(scale_words[c->scale]));
	json_object_set_new(object, "p", json_number(c->p));
	json_object_set_new(object, "p_holm", json_number(c->p_holm));
	arms = json_array();
	for (unsigned int arm = 0; arm < r->nr_modes; arm++) {
		json_t *a = json_object();

		json_object_set_new(a, "mode", json_string(r->modes[arm]));
		json_object_set_new(a, "pairs", json_integer(c->pairs[arm]));
		json_set_effect(a, "effect", c->scale, c->effect[arm]);
		json_array_append_new(arms, a);
	}
	json_object_set_new(object, "arms", arms);
	return object;
}

/**
 * result_arms_json() - what the slices of each arm say of a metric
 * @r: the result, analysed
 * @metric: which metric
 *
 * Return: an array, empty if there were no slices.
 */
json_t *result_arms_json(const struct ab_result *r, unsigned int metric)
{
	json_t *arms = json_array();

	for (unsigned int arm = 0; r->analysis.summaries && arm < r->nr_modes; arm++) {
		const struct arm_summary *s = &r->analysis.summaries[metric * r->nr_modes + arm];
		json_t *a = json_object();

		json_object_set_new(a, "mode", json_string(r->modes[arm]));
		json_object_set_new(a, "n", json_integer(s->n));
		json_object_set_new(a, "median", json_number(s->median));
		json_object_set_new(a, "p99", json_number(s->p99));
		json_array_append_new(arms, a);
	}
	return arms;
}

static json_t *comparison_object(const struct ab_result *r, unsigned int metric, unsigned int arm)
{
	const struct comparison *c;
	struct experiment e = result_experiment(r);
	json_t *object = json_object();
	char sentence[256];

	c = &r->analysis.comparisons[metric * (r->nr_modes - 1) + arm - 1];
	json_object_set_new(object, "mode", json_string(r->modes[arm]));
	json_object_set_new(object, "scale", json_string(scale_words[c->scale]));
	json_object_set_new(object, "blocks", json_integer(c->blocks));
	json_object_set_new(object, "incomplete", json_integer(c->incomplete));
	json_set_effect(object, "effect", c->scale, c->effect);
	json_set_effect(object, "low", c->scale, c->low);
	json_set_effect(object, "high", c->scale, c->high);
	json_object_set_new(object, "se", json_number(c->se));
	json_object_set_new(object, "p", json_number(c->p));
	json_object_set_new(object, "p_holm", json_number(c->p_holm));
	json_set_effect(object, "seen", c->scale, c->seen);
	json_set_effect(object, "floor", c->scale, c->floor);
	json_object_set_new(object, "verdict", json_string(verdict_words[c->verdict]));
	verdict_sentence(c, &r->metrics[metric], experiment_comparisons(&e), sentence,
			 sizeof(sentence));
	json_object_set_new(object, "sentence", json_string(sentence));
	return object;
}

/**
 * result_comparisons_json() - each further arm against the first
 * @r: the result, analysed
 * @metric: which metric
 *
 * Return: an array, empty if there were no slices.
 */
json_t *result_comparisons_json(const struct ab_result *r, unsigned int metric)
{
	json_t *comparisons = json_array();

	for (unsigned int arm = 1; r->analysis.comparisons && arm < r->nr_modes; arm++)
		json_array_append_new(comparisons, comparison_object(r, metric, arm));
	return comparisons;
}

static json_t *metric_object(const struct ab_result *r, unsigned int i)
{
	const struct metric *m = &r->metrics[i];
	const struct analysis *a = &r->analysis;
	json_t *object = json_object();

	json_object_set_new(object, "name", json_string(m->name));
	json_object_set_new(object, "unit", json_string_or_null(m->unit));
	json_object_set_new(object, "better", json_string(direction_words[m->direction]));
	json_object_set_new(object, "missing", json_string_or_null(m->missing));
	json_object_set_new(object, "noise", noise_object(a->noise ? &a->noise[i] : NULL));
	json_object_set_new(object, "carry_over",
			    carry_over_object(r, a->carry_over ? &a->carry_over[i] : NULL));
	json_object_set_new(object, "arms", result_arms_json(r, i));
	json_object_set_new(object, "comparisons", result_comparisons_json(r, i));
	return object;
}

static json_t *slices_array(const struct ab_result *r, const struct slices *slices)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < slices->nr; i++) {
		const struct slice *s = &slices->v[i];
		json_t *object = json_object(), *values = json_array();

		json_object_set_new(object, "block", json_integer(s->block));
		json_object_set_new(object, "position", json_integer(s->position));
		json_object_set_new(object, "arm", json_integer(s->arm));
		json_object_set_new(object, "switched", json_boolean(s->switched));
		json_object_set_new(object, "start_s", json_number(s->start));
		json_object_set_new(object, "seconds", json_number(s->seconds));
		json_object_set_new(object, "dropped", json_string_or_null(s->dropped));
		for (unsigned int m = 0; m < r->nr_metrics; m++)
			json_array_append_new(values, json_number(s->values[m]));
		json_object_set_new(object, "values", values);
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *strings_array(char *const *strings, unsigned int nr)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < nr; i++)
		json_array_append_new(array, json_text(strings[i]));
	return array;
}

static json_t *confounders_array(const struct ab_result *r)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < r->nr_confounders; i++) {
		const struct confounder *c = &r->confounders[i];
		json_t *object = json_object();

		json_object_set_new(object, "name", json_string(c->name));
		json_object_set_new(object, "value",
				    c->value ? json_text(c->value) : json_null());
		json_object_set_new(object, "varies", json_boolean(c->varies));
		json_array_append_new(array, object);
	}
	return array;
}

static void set_parameters(json_t *doc, const struct ab_result *r)
{
	json_object_set_new(doc, "host", json_string_or_null(r->host));
	json_object_set_new(doc, "started", json_string_or_null(r->started));
	json_object_set_new(doc, "user", json_string(r->user));
	json_object_set_new(doc, "command", json_string_or_null(r->command));
	json_object_set_new(doc, "seed", json_integer(r->seed));
	json_object_set_new(doc, "rounds", json_integer(r->rounds));
	json_object_set_new(doc, "aa_rounds", json_integer(r->aa_rounds));
	json_object_set_new(doc, "slice_s", json_number(r->slice_s));
	json_object_set_new(doc, "settle_s", json_number(r->settle_s));
	json_object_set_new(doc, "settle_last_s", json_number(r->settle_last_s));
	json_object_set_new(doc, "interrupted", json_boolean(r->interrupted));
	json_object_set_new(doc, "aborted", json_string_or_null(r->aborted));
}

/**
 * result_to_json() - a result for programs
 * @r: the result, analysed
 *
 * Return: the document, as json_print() takes it.
 */
json_t *result_to_json(const struct ab_result *r)
{
	json_t *doc = json_document(AB_SCHEMA, &r->machine), *metrics = json_array();

	set_parameters(doc, r);
	json_object_set_new(doc, "modes", strings_array(r->modes, r->nr_modes));
	json_object_set_new(doc, "notes", strings_array(r->notes, r->nr_notes));
	json_object_set_new(doc, "confounders", confounders_array(r));
	for (unsigned int i = 0; i < r->nr_metrics; i++)
		json_array_append_new(metrics, metric_object(r, i));
	json_object_set_new(doc, "metrics", metrics);
	json_object_set_new(doc, "aa_slices", slices_array(r, &r->aa));
	json_object_set_new(doc, "slices", slices_array(r, &r->slices));
	return doc;
}
