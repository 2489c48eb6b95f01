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

static json_t *event_object(const struct perf_result *p)
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
	return event;
}

/**
 * report_json() - put one interval into an object
 * @object: where it goes: the document, or a member of its samples
 * @iv: the interval
 */
void report_json(json_t *object, const struct interval *iv)
{
	json_t *users = json_object(), *perf = json_object(), *vm = json_object();

	json_object_set_new(object, "interval_s", json_number(iv->seconds));
	json_object_set_new(object, "timing",
			    iv->timing < 0 ? json_null() : json_boolean(iv->timing));

	for (unsigned int i = 0; i < iv->nr_users; i++)
		json_object_set_new(users, iv->users[i].user, user_object(&iv->users[i]));
	json_object_set_new(object, "users", users);

	for (unsigned int i = 0; i < PERF_MAX_EVENTS; i++)
		json_object_set_new(perf, iv->perf[i].event->name, event_object(&iv->perf[i]));
	json_object_set_new(object, "perf", perf);

	json_object_set_new(vm, "pgalloc", json_count(iv->vm.pgalloc));
	json_object_set_new(vm, "pgfree", json_count(iv->vm.pgfree));
	json_object_set_new(object, "vmstat", vm);
}
