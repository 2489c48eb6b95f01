// SPDX-License-Identifier: GPL-2.0-only
/* Read a result back. What was computed from the slices is not read: it is computed again. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "result.h"

#define MAX_METRICS	256

/* Where the reader is. The first mistake is told, what follows is not looked at. */
struct reader {
	const char *path;
	char where[64];		/* "slices[3]." or "" */
	bool failed;
};

#define fail(in, fmt, ...) do {						\
	struct reader *r_ = (in);					\
									\
	if (!r_->failed)						\
		complain("%s: " fmt, r_->path, ##__VA_ARGS__);		\
	r_->failed = true;						\
} while (0)

static const json_t *get(struct reader *in, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		fail(in, "%s%s is missing", in->where, key);
	return value;
}

/* A copy of a string that a terminal may be shown; NULL without memory. */
static char *copy_string(const json_t *value)
{
	char *copy = strdup(json_string_value(value));

	if (copy)
		make_printable(copy);
	return copy;
}

/* NULL for null, which @may_be_null allows. */
static char *get_string(struct reader *in, const json_t *object, const char *key, bool may_be_null)
{
	const json_t *value = get(in, object, key);

	if (in->failed || (may_be_null && json_is_null(value)))
		return NULL;
	if (!json_is_string(value) || !*json_string_value(value)) {
		fail(in, "%s%s is not a string", in->where, key);
		return NULL;
	}
	return copy_string(value);
}

static unsigned int get_unsigned(struct reader *in, const json_t *object, const char *key,
				 unsigned int max)
{
	const json_t *value = get(in, object, key);
	json_int_t number = json_integer_value(value);

	if (in->failed)
		return 0;
	if (!json_is_integer(value) || number < 0 || number > max) {
		fail(in, "%s%s is not a whole number from 0 to %u", in->where, key, max);
		return 0;
	}
	return number;
}

static double get_seconds(struct reader *in, const json_t *object, const char *key)
{
	const json_t *value = get(in, object, key);

	if (!in->failed && (!json_is_number(value) || json_number_value(value) < 0))
		fail(in, "%s%s is not a number of seconds", in->where, key);
	return in->failed ? 0 : json_number_value(value);
}

static bool get_bool(struct reader *in, const json_t *object, const char *key)
{
	const json_t *value = get(in, object, key);

	if (!in->failed && !json_is_boolean(value))
		fail(in, "%s%s is neither true nor false", in->where, key);
	return !in->failed && json_is_true(value);
}

static const json_t *get_array(struct reader *in, const json_t *object, const char *key,
			       size_t min, size_t max)
{
	const json_t *value = get(in, object, key);

	if (!in->failed && (!json_is_array(value) || json_array_size(value) < min ||
			    json_array_size(value) > max))
		fail(in, "%s%s is not an array of %zu to %zu", in->where, key, min, max);
	return in->failed ? NULL : value;
}

/* Cut off, it might end within a letter: then it cannot be written again. */
static void get_name(struct reader *in, const json_t *object, const char *key, bool may_be_null,
		     char *name, size_t size)
{
	char *string = get_string(in, object, key, may_be_null);

	if (string && strlen(string) >= size)
		fail(in, "%s%s has more than %zu bytes", in->where, key, size - 1);
	else if (string)
		memcpy(name, string, strlen(string) + 1);
	free(string);
}

static void load_head(struct reader *in, const json_t *doc, struct ab_result *r)
{
	get_name(in, doc, "kernel", false, r->machine.kernel, sizeof(r->machine.kernel));
	get_name(in, doc, "emulated", true, r->machine.emulated, sizeof(r->machine.emulated));
	r->host = get_string(in, doc, "host", true);
	r->started = get_string(in, doc, "started", true);
	r->user = get_string(in, doc, "user", false);
	r->command = get_string(in, doc, "command", true);
	r->aborted = get_string(in, doc, "aborted", true);
	r->seed = get_unsigned(in, doc, "seed", UINT32_MAX);
	r->rounds = get_unsigned(in, doc, "rounds", ANALYSIS_MAX_BLOCKS);
	r->aa_rounds = get_unsigned(in, doc, "aa_rounds", ANALYSIS_MAX_BLOCKS);
	r->slice_s = get_seconds(in, doc, "slice_s");
	r->settle_s = get_seconds(in, doc, "settle_s");
	r->settle_last_s = get_seconds(in, doc, "settle_last_s");
	r->interrupted = get_bool(in, doc, "interrupted");
}

static void load_strings(struct reader *in, const json_t *doc, const char *key, size_t min,
			 size_t max, char ***strings, unsigned int *nr)
{
	const json_t *array = get_array(in, doc, key, min, max), *value;
	size_t i;

	*strings = calloc(json_array_size(array) + 1, sizeof(**strings));
	if (!*strings)
		fail(in, "not enough memory");
	for (i = 0; !in->failed && i < json_array_size(array); i++) {
		value = json_array_get(array, i);
		if (!json_is_string(value))
			fail(in, "%s[%zu] is not a string", key, i);
		else
			(*strings)[(*nr)++] = copy_string(value);
	}
}

/* What has a name is found by it: one before number @i must not have the same. */
static void refuse_again(struct reader *in, const json_t *array, size_t i, const char *name)
{
	const char *other;

	while (!in->failed && i--) {
		other = json_string_value(json_object_get(json_array_get(array, i), "name"));
		if (other && !strcmp(other, name))
			fail(in, "%sname is '%s', as that of number %zu", in->where, name, i);
	}
}

static void load_confounders(struct reader *in, const json_t *doc, struct ab_result *r)
{
	const json_t *array = get_array(in, doc, "confounders", 0, 1000);

	for (size_t i = 0; !in->failed && i < json_array_size(array); i++) {
		const json_t *object = json_array_get(array, i);
		char *name, *value;
		bool varies;

		snprintf(in->where, sizeof(in->where), "confounders[%zu].", i);
		name = get_string(in, object, "name", false);
		refuse_again(in, array, i, name);
		value = json_string_length(json_object_get(object, "value")) ?
			get_string(in, object, "value", false) : NULL;
		varies = get_bool(in, object, "varies");
		if (!in->failed && result_add_confounder(r, name, value, varies))
			fail(in, "not enough memory");
		free(name);
		free(value);
	}
	in->where[0] = '\0';
}

static void load_direction(struct reader *in, const json_t *object, struct metric *m)
{
	char *word = get_string(in, object, "better", false);

	for (m->direction = LOWER_IS_BETTER; word && m->direction <= NEITHER_IS_BETTER;
	     m->direction++)
		if (!strcmp(word, direction_words[m->direction]))
			break;
	if (word && m->direction > NEITHER_IS_BETTER)
		fail(in, "%sbetter is '%s' (known: lower higher none)", in->where, word);
	free(word);
}

static void load_metrics(struct reader *in, const json_t *doc, struct ab_result *r)
{
	const json_t *array = get_array(in, doc, "metrics", 1, MAX_METRICS);

	r->metrics = calloc(json_array_size(array) + 1, sizeof(*r->metrics));
	if (!r->metrics)
		fail(in, "not enough memory");
	for (size_t i = 0; !in->failed && i < json_array_size(array); i++) {
		const json_t *object = json_array_get(array, i);
		struct metric *m = &r->metrics[r->nr_metrics++];

		snprintf(in->where, sizeof(in->where), "metrics[%zu].", i);
		m->name = get_string(in, object, "name", false);
		refuse_again(in, array, i, m->name);
		m->unit = get_string(in, object, "unit", true);
		m->missing = get_string(in, object, "missing", true);
		load_direction(in, object, m);
	}
	in->where[0] = '\0';
}

static void load_values(struct reader *in, const json_t *object, unsigned int nr, double *values)
{
	const json_t *array = get_array(in, object, "values", nr, nr);

	for (unsigned int i = 0; !in->failed && i < nr; i++) {
		const json_t *value = json_array_get(array, i);

		if (!json_is_number(value) && !json_is_null(value))
			fail(in, "%svalues[%u] is neither a number nor null", in->where, i);
		values[i] = json_is_number(value) ? json_number_value(value) : NAN;
	}
}

static void load_slices(struct reader *in, const json_t *doc, const char *key,
			unsigned int nr_arms, struct ab_result *r, struct slices *slices)
{
	size_t max = 2 * (size_t)nr_arms * ANALYSIS_MAX_BLOCKS;
	const json_t *array = get_array(in, doc, key, 0, max);
	double values[MAX_METRICS];

	for (size_t i = 0; !in->failed && i < json_array_size(array); i++) {
		const json_t *object = json_array_get(array, i);
		struct slice s = { .values = values };

		snprintf(in->where, sizeof(in->where), "%s[%zu].", key, i);
		s.block = get_unsigned(in, object, "block", ANALYSIS_MAX_BLOCKS - 1);
		s.position = get_unsigned(in, object, "position", 2 * nr_arms - 1);
		s.arm = get_unsigned(in, object, "arm", nr_arms - 1);
		s.switched = get_bool(in, object, "switched");
		s.start = get_seconds(in, object, "start_s");
		s.seconds = get_seconds(in, object, "seconds");
		s.dropped = get_string(in, object, "dropped", true);
		load_values(in, object, r->nr_metrics, values);
		if (!in->failed && result_add_slice(r, slices, &s))
			fail(in, "not enough memory");
		free(s.dropped);
	}
	in->where[0] = '\0';
}

static void check_schema(struct reader *in, const json_t *doc)
{
	const char *schema = json_string_value(json_object_get(doc, "schema"));

	if (!schema)
		fail(in, "it has no schema: it is not a result of 'bulkctl ab --json'");
	else if (!strncmp(schema, AB_SCHEMA, strlen(AB_SCHEMA) - 1) && strcmp(schema, AB_SCHEMA))
		fail(in, "its schema is %s, this bulkctl reads %s: take the bulkctl that wrote it",
		     schema, AB_SCHEMA);
	else if (strcmp(schema, AB_SCHEMA))
		fail(in, "its schema is %s: it is not a result of 'bulkctl ab --json'", schema);
}

/**
 * result_load() - read a result
 * @path: the file
 * @r: where it goes; result_free(), also after an error. It is not analysed yet
 *
 * What is wrong with the file is told.
 *
 * Return: EXIT_DONE, EXIT_FAILED or EXIT_NO_PERMISSION.
 */
int result_load(const char *path, struct ab_result *r)
{
	struct reader in = { .path = path };
	json_error_t error;
	json_t *doc = json_load_file(path, 0, &error);

	*r = (struct ab_result){ 0 };
	if (!doc && access(path, R_OK) && errno == EACCES) {
		complain("%s: %s: needs its owner, or CAP_DAC_READ_SEARCH", path, strerror(errno));
		return EXIT_NO_PERMISSION;
	}
	if (!doc) {
		if (error.line > 0)
			complain("%s: line %d: %s", path, error.line, error.text);
		else
			complain("%s", error.text);
		return EXIT_FAILED;
	}
	check_schema(&in, doc);
	load_head(&in, doc, r);
	load_strings(&in, doc, "modes", 2, MAX_ARMS, &r->modes, &r->nr_modes);
	load_strings(&in, doc, "notes", 0, 1000, &r->notes, &r->nr_notes);
	load_confounders(&in, doc, r);
	load_metrics(&in, doc, r);
	load_slices(&in, doc, "aa_slices", 2, r, &r->aa);
	load_slices(&in, doc, "slices", r->nr_modes, r, &r->slices);
	json_decref(doc);
	return in.failed ? EXIT_FAILED : EXIT_DONE;
}
