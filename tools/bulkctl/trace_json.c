// SPDX-License-Identifier: GPL-2.0-only
/* What trace prints as JSON: Documentation/bulkctl/trace.schema.json. */
#include "trace_show.h"

static json_t *lost_array(const struct trace_losses *lost)
{
	json_t *array, *object;

	if (!lost)
		return json_null();
	array = json_array();
	for (size_t i = 0; i < lost->nr; i++) {
		const struct trace_lost *l = &lost->cpus[i];

		object = json_object();
		json_object_set_new(object, "cpu", json_integer(l->cpu));
		json_object_set_new(object, "events",
				    l->more ? json_null() : json_count(l->events));
		json_object_set_new(object, "at_least", json_count(l->events));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *row_object(const struct trace_row *row)
{
	const struct trace_totals *t = &row->totals;
	json_t *object = json_object();

	json_object_set_new(object, "user", json_text(row->user));
	json_object_set_new(object, "mode", json_text(row->mode));
	json_object_set_new(object, "fills", json_count(t->fills));
	json_object_set_new(object, "asked", json_count(t->asked));
	json_object_set_new(object, "got", json_count(t->got));
	json_object_set_new(object, "short", json_count(t->short_fills));
	json_object_set_new(object, "failed", json_count(t->failed));
	json_object_set_new(object, "timed_fills", json_count(t->timed_fills));
	json_object_set_new(object, "ns", t->timed_fills ? json_count(t->ns) : json_null());
	return object;
}

static void add_sizes(json_t *object, const struct trace_row *row)
{
	json_t *sizes = json_array(), *size;

	for (unsigned int b = 0; b < TRACE_BUCKETS - 1; b++) {
		if (!row->sizes[b])
			continue;
		size = json_object();
		json_object_set_new(size, "low", json_count(1ULL << b));
		json_object_set_new(size, "fills", json_count(row->sizes[b]));
		json_array_append_new(sizes, size);
	}
	json_object_set_new(object, "sizes", sizes);
}

static void add_end(json_t *object, const struct trace_row *row)
{
	json_object_set_new(object, "reason", json_text(row->reason));
}

static void add_caller(json_t *object, const struct trace_row *row)
{
	json_object_set_new(object, "context", json_string(trace_context_names[row->kind]));
	json_object_set_new(object, "task", json_string_or_null(row->who));
	json_object_set_new(object, "function", json_string_or_null(row->function));
}

static void add_interface(json_t *object, const struct trace_row *row)
{
	static const char * const via[] = {
		[TRACE_VIA_POLL] = "poll",
		[TRACE_VIA_NO_NAPI] = "not_in_poll",
		[TRACE_VIA_LOST] = "unknown",
	};

	json_object_set_new(object, "interface", json_string_or_null(row->who));
	json_object_set_new(object, "via", json_string(via[row->kind]));
}

static json_t *rows_array(const struct trace_table *table,
			  void (*add)(json_t *object, const struct trace_row *row))
{
	json_t *array = json_array();

	for (size_t i = 0; i < table->nr; i++) {
		json_t *object = row_object(&table->rows[i]);

		add(object, &table->rows[i]);
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *summary_object(const struct trace_summary *sum)
{
	json_t *object;

	if (!sum)
		return json_null();
	object = json_object();
	json_object_set_new(object, "events", json_count(sum->events));
	json_object_set_new(object, "span_s",
			    json_number((double)(sum->last_ns - sum->first_ns) / NSEC_PER_SEC));
	json_object_set_new(object, "fills", json_count(sum->totals.fills));
	json_object_set_new(object, "switches", json_count(sum->switches));
	json_object_set_new(object, "polls", json_count(sum->polls));
	json_object_set_new(object, "modes", rows_array(&sum->modes, add_sizes));
	json_object_set_new(object, "ends", rows_array(&sum->ends, add_end));
	json_object_set_new(object, "callers", rows_array(&sum->callers, add_caller));
	json_object_set_new(object, "interfaces", rows_array(&sum->interfaces, add_interface));
	return object;
}

/**
 * trace_json() - make the document
 * @view: what there is to print
 *
 * Return: the document.
 */
json_t *trace_json(const struct trace_view *view)
{
	const struct trace_recording *rec = view->recording;
	json_t *doc;

	if (view->machine) {
		doc = json_document(TRACE_SCHEMA, view->machine);
	} else {
		doc = json_object();
		json_object_set_new(doc, "schema", json_string(TRACE_SCHEMA));
		json_object_set_new(doc, "kernel", json_null());
		json_object_set_new(doc, "emulated", json_null());
	}
	json_object_set_new(doc, "file", json_text(view->file));
	json_object_set_new(doc, "bytes", json_count(view->bytes));
	json_object_set_new(doc, "recorded_s", rec ? json_number(rec->seconds) : json_null());
	json_object_set_new(doc, "interrupted", rec ? json_boolean(rec->interrupted) : json_null());
	json_object_set_new(doc, "lost", lost_array(view->lost));
	json_object_set_new(doc, "summary", summary_object(view->summary));
	return doc;
}
