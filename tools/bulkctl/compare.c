// SPDX-License-Identifier: GPL-2.0-only
/* Results side by side: may they be compared? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "util.h"

/**
 * same_metric() - find a metric of the first file in another one
 * @c: the files
 * @metric: its number in the first file
 * @file: the other file
 *
 * Return: its number there; that file's nr_metrics if there is none of that name.
 */
unsigned int same_metric(const struct compared *c, unsigned int metric, unsigned int file)
{
	const struct ab_result *r = &c->results[file];
	unsigned int i;

	for (i = 0; i < r->nr_metrics; i++)
		if (!strcmp(r->metrics[i].name, c->results[0].metrics[metric].name))
			break;
	return i;
}

/**
 * compared_arm() - the comparison of an arm in a file
 * @c: the files
 * @metric: its number in the first file
 * @file: the file
 * @arm: the arm, from 1
 *
 * Return: the comparison; NULL if the file has no slices.
 */
const struct comparison *compared_arm(const struct compared *c, unsigned int metric,
				      unsigned int file, unsigned int arm)
{
	const struct ab_result *r = &c->results[file];

	if (!r->analysis.comparisons)
		return NULL;
	return &r->analysis.comparisons[same_metric(c, metric, file) * (r->nr_modes - 1) + arm - 1];
}

/**
 * is_significant() - does a comparison get its star?
 * @c: the comparison
 *
 * Return: whether its verdict is that there is a difference.
 */
bool is_significant(const struct comparison *c)
{
	return c->verdict == VERDICT_BETTER || c->verdict == VERDICT_WORSE ||
	       c->verdict == VERDICT_DIFFERS;
}

static int check_modes(const struct compared *c, unsigned int file)
{
	const struct ab_result *a = &c->results[0], *b = &c->results[file];

	if (strcmp(a->user, b->user)) {
		complain("%s is of %s, %s of %s: they cannot be compared", c->paths[0], a->user,
			 c->paths[file], b->user);
		return EXIT_FAILED;
	}
	for (unsigned int i = 0; i < a->nr_modes || i < b->nr_modes; i++) {
		const char *x = i < a->nr_modes ? a->modes[i] : "none";
		const char *y = i < b->nr_modes ? b->modes[i] : "none";

		if (!strcmp(x, y))
			continue;
		complain("mode number %u is %s in %s and %s in %s; take the same --modes",
			 i + 1, x, c->paths[0], y, c->paths[file]);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

static int check_metrics(const struct compared *c, unsigned int file)
{
	const struct ab_result *a = &c->results[0], *b = &c->results[file];

	for (unsigned int i = 0; i < a->nr_metrics; i++) {
		const struct metric *x = &a->metrics[i], *y;
		unsigned int same = same_metric(c, i, file);

		if (same == b->nr_metrics) {
			complain("%s has no metric %s, which %s has; take the same --metric",
				 c->paths[file], x->name, c->paths[0]);
			return EXIT_FAILED;
		}
		y = &b->metrics[same];
		if (strcmp(x->unit ?: "", y->unit ?: "") || x->direction != y->direction) {
			complain("%s is in '%s' (%s is better) in %s, in '%s' (%s) in %s",
				 x->name, x->unit ?: "", direction_words[x->direction],
				 c->paths[0], y->unit ?: "", direction_words[y->direction],
				 c->paths[file]);
			return EXIT_FAILED;
		}
	}
	if (a->nr_metrics < b->nr_metrics) {
		complain("%s has %u metrics and %s %u; take the same --metric",
			 c->paths[0], a->nr_metrics, c->paths[file], b->nr_metrics);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

/**
 * compare_load() - read and analyse results, and see that they are of the same kind
 * @c: they go here; compare_free(), also after an error
 * @paths: the files
 * @nr: how many, at most MAX_FILES
 *
 * What is wrong is told.
 *
 * Return: EXIT_DONE, EXIT_FAILED or EXIT_NO_PERMISSION.
 */
int compare_load(struct compared *c, char *const *paths, unsigned int nr)
{
	int ret = EXIT_DONE;

	*c = (struct compared){ .paths = paths, .results = calloc(nr, sizeof(*c->results)) };
	if (!c->results) {
		complain("compare: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	for (unsigned int i = 0; !ret && i < nr; i++) {
		c->nr++;
		ret = result_load(paths[i], &c->results[i]);
		if (!ret)
			ret = check_modes(c, i);
		if (!ret)
			ret = check_metrics(c, i);
		if (!ret && result_analyse(&c->results[i])) {
			complain("%s: %s", paths[i], strerror(ENOMEM));
			ret = EXIT_FAILED;
		}
	}
	return ret;
}

static int add_difference(struct compared *c, const char *name, unsigned int file,
			  const char *first, const char *other)
{
	struct difference *d;

	d = reallocarray(c->differences, c->nr_differences + 1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	c->differences = d;
	d += c->nr_differences++;
	*d = (struct difference){ strdup(name), file, strdup(first), strdup(other) };
	return d->name && d->first && d->other ? 0 : -ENOMEM;
}

static const struct confounder *find_confounder(const struct ab_result *r, const char *name)
{
	for (unsigned int i = 0; i < r->nr_confounders; i++)
		if (!strcmp(r->confounders[i].name, name))
			return &r->confounders[i];
	return NULL;
}

static const char *confounder_value(const struct confounder *c)
{
	if (!c)
		return "(not recorded)";
	return c->value ?: "(unknown)";
}

/* Those that @from has; of those that both have only what differs counts, and only once. */
static int diff_confounders(struct compared *c, unsigned int file, const struct ab_result *from)
{
	const struct ab_result *first = &c->results[0], *other = &c->results[file];
	int ret = 0;

	for (unsigned int i = 0; !ret && i < from->nr_confounders; i++) {
		const char *name = from->confounders[i].name, *x, *y;

		if (from->confounders[i].varies ||
		    (from == other && find_confounder(first, name)))
			continue;
		x = confounder_value(find_confounder(first, name));
		y = confounder_value(find_confounder(other, name));
		if (strcmp(x, y))
			ret = add_difference(c, name, file, x, y);
	}
	return ret;
}

/* What is a member of its own in a result, and as good a reason. */
static int diff_settings(struct compared *c, unsigned int file)
{
	const struct ab_result *a = &c->results[0], *b = &c->results[file];
	char slice[2][32], settle[2][32];
	int ret = 0;

	for (unsigned int i = 0; i < 2; i++) {
		const struct ab_result *r = i ? b : a;

		snprintf(slice[i], sizeof(slice[i]), "%g s", r->slice_s);
		snprintf(settle[i], sizeof(settle[i]), "%g s", r->settle_s);
	}
	const struct {
		const char *name, *first, *other;
	} settings[] = {
		{ "kernel", a->machine.kernel, b->machine.kernel },
		{ "emulated", a->machine.emulated, b->machine.emulated },
		{ "command", a->command ?: "(none)", b->command ?: "(none)" },
		{ "slice", slice[0], slice[1] },
		{ "settle", settle[0], settle[1] },
	};

	for (size_t i = 0; !ret && i < ARRAY_SIZE(settings); i++)
		if (strcmp(settings[i].first, settings[i].other) &&
		    !find_confounder(a, settings[i].name))
			ret = add_difference(c, settings[i].name, file, settings[i].first,
					     settings[i].other);
	return ret;
}

/**
 * compare_confounders() - find what may explain differences between the files
 * @c: the files; c->differences is filled
 *
 * Return: 0 or -ENOMEM.
 */
int compare_confounders(struct compared *c)
{
	int ret = 0;

	for (unsigned int file = 1; !ret && file < c->nr; file++) {
		ret = diff_settings(c, file);
		if (!ret)
			ret = diff_confounders(c, file, &c->results[0]);
		if (!ret)
			ret = diff_confounders(c, file, &c->results[file]);
	}
	return ret;
}

/**
 * compare_free() - free what compare_load() and what followed it took
 * @c: the files
 */
void compare_free(struct compared *c)
{
	for (unsigned int i = 0; i < c->nr; i++)
		result_free(&c->results[i]);
	free(c->results);
	for (unsigned int i = 0; i < c->nr_differences; i++) {
		free(c->differences[i].name);
		free(c->differences[i].first);
		free(c->differences[i].other);
	}
	free(c->differences);
	free(c->pooled);
	*c = (struct compared){ 0 };
}
