// SPDX-License-Identifier: GPL-2.0-only
/* A report for programs: Documentation/bulkctl/report.schema.json describes it. */
#include <string.h>

#include "json.h"
#include "report.h"

static json_t *mode_object(const struct user_interval *u, const struct pb_counters *c)
{
	const u64 *v = c->v;
	json_t *mode = json_object(), *ends = json_object();

	for (unsigned int key = 0; key < PB_END_FIRST; key++)
		json_object_set_new(mode, pb_key_names[key], json_count(v[key]));
	json_object_set_new(mode, "upper_bound", json_boolean(!strcmp(c->mode, UPPER_BOUND_MODE)));
	json_object_set_new(mode, "fills_per_s", json_number(pb_rate(v[PB_FILLS], u->seconds)));
	json_object_set_new(mode, "asked_per_fill",
			    json_number(pb_ratio(v[PB_ASKED], v[PB_FILLS])));
	json_object_set_new(mode, "got_per_fill",
			    json_number(pb_ratio(v[PB_GOT], v[PB_FILLS])));
	json_object_set_new(mode, "ns_per_fill",
			    json_number(pb_ratio(v[PB_NS], v[PB_TIMED_FILLS])));
	json_object_set_new(mode, "ns_per_page",
			    json_number(pb_ratio(v[PB_NS], v[PB_TIMED_GOT])));

	for (unsigned int key = PB_END_FIRST; key < PB_NR_KEYS; key++)
		json_object_set_new(ends, pb_end_name(key), json_count(v[key]));
	json_object_set_new(mode, "ends", ends);
	return mode;
}

static json_t *user_object(const struct user_interval *u)
{
	json_t *user = json_object(), *modes;

	json_object_set_new(user, "mode", json_string(u->mode));
	json_object_set_new(user, "mode_start", json_string(u->mode_start));
	json_object_set_new(user, "generation_start", json_count(u->generation_start));
	json_object_set_new(user, "generation_end", json_count(u->generation_end));
	json_object_set_new(user, "seconds", json_number(u->seconds));
	json_object_set_new(user, "dropped", u->reset ? json_string(RESET_WORDS) : json_null());

	modes = u->reset ? json_null() : json_object();
	for (unsigned int i = 0; !u->reset && i < u->delta.nr_modes; i++)
		json_object_set_new(modes, u->delta.modes[i].mode,
				    mode_object(u, &u->delta.modes[i]));
	json_object_set_new(user, "modes", modes);
	return user;
}

static json_t *per_object(const struct report *r, const struct perf_result *p)
{
	json_t *per = json_object();

	for (unsigned int i = 0; i < NR_PER; i++)
		json_object_set_new(per, per_names[i], json_number(per_value(p, &r->per, i)));
	return per;
}

static json_t *event_object(const struct report *r, const struct perf_result *p)
{
	json_t *event = json_object();

	json_object_set_new(event, "supported", json_boolean(!p->reason));
	if (p->reason) {
		json_object_set_new(event, "reason", json_string(p->reason));
		return event;
	}
	json_object_set_new(event, "value", json_number(p->value));
	json_object_set_new(event, "unit", json_string_or_null(p->event->unit));
	json_object_set_new(event, "scaled", json_boolean(p->scaled));
	json_object_set_new(event, "running", json_number(p->running));
	json_object_set_new(event, "per", per_object(r, p));
	json_object_set_new(event, "note",
			    json_string_or_null(report_event_note(p->event, &r->iv)));
	return event;
}

/* Null where nothing was chosen: all CPUs, all processes. */
static json_t *number_array(const int *numbers, unsigned int nr)
{
	json_t *array = nr ? json_array() : json_null();

	for (unsigned int i = 0; i < nr; i++)
		json_array_append_new(array, json_integer(numbers[i]));
	return array;
}

static json_t *target_object(const struct report *r)
{
	const struct perf_target *target = &r->request->target;
	json_t *object = json_object();

	json_object_set_new(object, "cpus", number_array(target->cpus, target->nr_cpus));
	json_object_set_new(object, "pids", number_array(target->pids, target->nr_pids));
	json_object_set_new(object, "nfsd", json_boolean(target->nfsd));
	if (!target->nfsd && !target->nr_pids)
		return object;
	json_object_set_new(object, "threads", json_integer(r->threads.nr));
	json_object_set_new(object, "threads_started", json_integer(r->threads.started));
	json_object_set_new(object, "threads_ended", json_integer(r->threads.ended));
	return object;
}

static json_t *counts_object(const struct report *r)
{
	json_t *counts = json_object(), *names = json_array();

	for (unsigned int i = 0; i < NR_PER; i++)
		json_object_set_new(counts, per_names[i], json_count(r->per.v[i]));
	for (unsigned int i = 0; i < r->interfaces->nr; i++)
		json_array_append_new(names, json_string(r->interfaces->name[i]));
	json_object_set_new(counts, "interfaces", names);
	return counts;
}

/**
 * report_json() - put one interval into an object
 * @object: where it goes: the document, or a member of its samples
 * @r: the report
 */
void report_json(json_t *object, const struct report *r)
{
	json_t *users = json_object(), *perf = json_object(), *vm = json_object();
	const struct interval *iv = &r->iv;

	json_object_set_new(object, "interval_s", json_number(iv->seconds));
	json_object_set_new(object, "timing",
			    iv->timing < 0 ? json_null() : json_boolean(iv->timing));

	for (unsigned int i = 0; i < iv->nr_users; i++)
		json_object_set_new(users, iv->users[i].user, user_object(&iv->users[i]));
	json_object_set_new(object, "users", users);

	for (unsigned int i = 0; i < r->request->events.nr; i++)
		json_object_set_new(perf, r->events[i].event->name,
				    event_object(r, &r->events[i]));
	json_object_set_new(object, "perf", perf);
	json_object_set_new(object, "perf_target", target_object(r));
	json_object_set_new(object, "counts", counts_object(r));

	json_object_set_new(vm, "pgalloc", json_count(iv->vm.pgalloc));
	json_object_set_new(vm, "pgfree", json_count(iv->vm.pgfree));
	json_object_set_new(object, "vmstat", vm);
}
