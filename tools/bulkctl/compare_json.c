// SPDX-License-Identifier: GPL-2.0-only
/* Compared results for programs: Documentation/bulkctl/compare.schema.json describes it. */
#include "compare.h"
#include "json.h"

static json_t *files_array(const struct compared *c)
{
	json_t *files = json_array();

	for (unsigned int i = 0; i < c->nr; i++) {
		const struct ab_result *r = &c->results[i];
		json_t *file = json_object();

		json_object_set_new(file, "path", json_string(c->paths[i]));
		json_object_set_new(file, "host", json_string_or_null(r->host));
		json_object_set_new(file, "kernel", json_string(r->machine.kernel));
		json_object_set_new(file, "started", json_string_or_null(r->started));
		json_object_set_new(file, "rounds", json_integer(count_rounds(&r->slices)));
		json_object_set_new(file, "interrupted", json_boolean(r->interrupted));
		json_object_set_new(file, "aborted", json_string_or_null(r->aborted));
		json_array_append_new(files, file);
	}
	return files;
}

static json_t *differences_array(const struct compared *c)
{
	json_t *differences = json_array();

	for (unsigned int i = 0; i < c->nr_differences; i++) {
		const struct difference *d = &c->differences[i];
		json_t *object = json_object();

		json_object_set_new(object, "name", json_string(d->name));
		json_object_set_new(object, "path", json_string(c->paths[d->file]));
		json_object_set_new(object, "first", json_string(d->first));
		json_object_set_new(object, "other", json_string(d->other));
		json_array_append_new(differences, object);
	}
	return differences;
}

static json_t *pooled_object(const struct pooled *p, const char *mode)
{
	json_t *object = json_object();

	json_object_set_new(object, "mode", json_string(mode));
	json_object_set_new(object, "scale", json_string(scale_words[p->scale]));
	if (p->scale == SCALE_NONE) {
		json_object_set_new(object, "reason", json_string(p->why));
		return object;
	}
	json_object_set_new(object, "files", json_integer(p->files));
	json_set_effect(object, "effect", p->scale, p->effect);
	json_set_effect(object, "low", p->scale, p->low);
	json_set_effect(object, "high", p->scale, p->high);
	json_object_set_new(object, "se", json_number(p->se));
	json_object_set_new(object, "p", json_number(p->p));
	json_object_set_new(object, "p_holm", json_number(p->p_holm));
	json_object_set_new(object, "q", json_number(p->q));
	json_object_set_new(object, "q_p", json_number(p->q_p));
	json_object_set_new(object, "i2", json_number(p->i2));
	json_object_set_new(object, "tau2", json_number(p->tau2));
	json_set_effect(object, "predict_low", p->scale, p->predict_low);
	json_set_effect(object, "predict_high", p->scale, p->predict_high);
	return object;
}

static json_t *metric_object(const struct compared *c, unsigned int metric)
{
	const struct ab_result *first = &c->results[0];
	const struct metric *m = &first->metrics[metric];
	json_t *object = json_object(), *files = json_array(), *pooled;

	json_object_set_new(object, "name", json_string(m->name));
	json_object_set_new(object, "unit", json_string_or_null(m->unit));
	json_object_set_new(object, "better", json_string(direction_words[m->direction]));
	for (unsigned int i = 0; i < c->nr; i++) {
		const struct ab_result *r = &c->results[i];
		unsigned int same = same_metric(c, metric, i);
		json_t *file = json_object();

		json_object_set_new(file, "path", json_string(c->paths[i]));
		json_object_set_new(file, "missing",
				    json_string_or_null(r->metrics[same].missing));
		json_object_set_new(file, "arms", result_arms_json(r, same));
		json_object_set_new(file, "comparisons", result_comparisons_json(r, same));
		json_array_append_new(files, file);
	}
	json_object_set_new(object, "files", files);
	pooled = c->pooled ? json_array() : json_null();
	for (unsigned int arm = 1; c->pooled && arm < first->nr_modes; arm++)
		json_array_append_new(pooled,
				      pooled_object(&c->pooled[metric * (first->nr_modes - 1) +
							       arm - 1], first->modes[arm]));
	json_object_set_new(object, "pooled", pooled);
	return object;
}

/**
 * compare_json() - compared results for programs
 * @c: the files
 *
 * Return: the document, as json_print() takes it.
 */
json_t *compare_json(const struct compared *c)
{
	const struct ab_result *first = &c->results[0];
	json_t *doc = json_object(), *modes = json_array(), *metrics = json_array();

	json_object_set_new(doc, "schema", json_string(COMPARE_SCHEMA));
	json_object_set_new(doc, "user", json_string(first->user));
	for (unsigned int i = 0; i < first->nr_modes; i++)
		json_array_append_new(modes, json_string(first->modes[i]));
	json_object_set_new(doc, "modes", modes);
	json_object_set_new(doc, "files", files_array(c));
	json_object_set_new(doc, "forced", json_boolean(c->nr_differences));
	json_object_set_new(doc, "differing", differences_array(c));
	for (unsigned int i = 0; i < first->nr_metrics; i++)
		json_array_append_new(metrics, metric_object(c, i));
	json_object_set_new(doc, "metrics", metrics);
	return doc;
}
