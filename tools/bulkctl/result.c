// SPDX-License-Identifier: GPL-2.0-only
/* The result of `bulkctl ab` as a struct. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "terminal.h"

/**
 * result_add_confounder() - record what may explain a difference
 * @r: the result
 * @name: its name
 * @value: its value, NULL if it is not known
 * @varies: whether it may differ between results that are compared
 *
 * Return: 0 or -ENOMEM.
 */
int result_add_confounder(struct ab_result *r, const char *name, const char *value, bool varies)
{
	struct confounder *c;

	c = reallocarray(r->confounders, r->nr_confounders + 1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	r->confounders = c;
	c += r->nr_confounders;
	*c = (struct confounder){ strdup(name), value ? strdup(value) : NULL, varies };
	r->nr_confounders++;
	return c->name && (!value || c->value) ? 0 : -ENOMEM;
}

/**
 * result_add_note() - record a sentence that a reader has to know
 * @r: the result
 * @note: the sentence
 *
 * Return: 0 or -ENOMEM.
 */
int result_add_note(struct ab_result *r, const char *note)
{
	char **notes = reallocarray(r->notes, r->nr_notes + 1, sizeof(*notes));

	if (!notes)
		return -ENOMEM;
	r->notes = notes;
	notes[r->nr_notes] = strdup(note);
	return notes[r->nr_notes++] ? 0 : -ENOMEM;
}

/**
 * result_add_slice() - record a slice
 * @r: the result, whose metrics are known
 * @to: its slices, or those of its A/A arm
 * @slice: the slice; it is copied
 *
 * Return: 0 or -ENOMEM.
 */
int result_add_slice(const struct ab_result *r, struct slices *to, const struct slice *slice)
{
	struct slice *s = reallocarray(to->v, to->nr + 1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	to->v = s;
	s += to->nr;
	*s = *slice;
	s->values = calloc(r->nr_metrics + 1, sizeof(*s->values));
	s->dropped = slice->dropped ? strdup(slice->dropped) : NULL;
	to->nr++;
	if (!s->values || (slice->dropped && !s->dropped))
		return -ENOMEM;
	memcpy(s->values, slice->values, r->nr_metrics * sizeof(*s->values));
	return 0;
}

/**
 * result_experiment() - what the analysis needs of a result
 * @r: the result
 *
 * Return: the experiment, for as long as @r and its slices stay.
 */
struct experiment result_experiment(const struct ab_result *r)
{
	return (struct experiment){
		.metrics = r->metrics,
		.nr_metrics = r->nr_metrics,
		.nr_arms = r->nr_modes,
		.blocks = r->rounds,
		.seed = r->seed,
		.aa = r->aa.nr ? &r->aa : NULL,
		.slices = r->slices.nr ? &r->slices : NULL,
	};
}

static void show_progress(unsigned int done, unsigned int all)
{
	if (done == all)
		progress_clear();
	else
		progress("analysing, %u %% done", done * 100 / all);
}

/**
 * result_analyse() - analyse all that there is
 * @r: the result; r->analysis is made anew
 *
 * Members of the analysis for which there are no slices stay NULL.
 *
 * Return: 0 or -ENOMEM.
 */
int result_analyse(struct ab_result *r)
{
	struct experiment e = result_experiment(r);
	int ret = 0;

	e.progress = show_progress;
	analysis_free(&r->analysis);
	if (e.aa)
		ret = analyse_noise(&e, &r->analysis);
	if (!ret && e.slices)
		ret = analyse_carry_over(&e, &r->analysis);
	if (!ret && e.slices)
		ret = analyse_arms(&e, &r->analysis);
	show_progress(1, 1);
	return ret;
}

static void slices_free(struct slices *s)
{
	for (unsigned int i = 0; i < s->nr; i++) {
		free(s->v[i].dropped);
		free(s->v[i].values);
	}
	free(s->v);
}

static void strings_free(char **strings, unsigned int nr)
{
	for (unsigned int i = 0; strings && i < nr; i++)
		free(strings[i]);
	free(strings);
}

/**
 * result_free() - free what a result holds, and clear it
 * @r: the result
 */
void result_free(struct ab_result *r)
{
	free(r->host);
	free(r->started);
	free(r->user);
	free(r->command);
	free(r->aborted);
	strings_free(r->modes, r->nr_modes);
	strings_free(r->notes, r->nr_notes);
	for (unsigned int i = 0; r->metrics && i < r->nr_metrics; i++) {
		free(r->metrics[i].name);
		free(r->metrics[i].unit);
		free(r->metrics[i].missing);
	}
	free(r->metrics);
	for (unsigned int i = 0; i < r->nr_confounders; i++) {
		free(r->confounders[i].name);
		free(r->confounders[i].value);
	}
	free(r->confounders);
	slices_free(&r->aa);
	slices_free(&r->slices);
	analysis_free(&r->analysis);
	memset(r, 0, sizeof(*r));
}
