// SPDX-License-Identifier: GPL-2.0-only
/* What must be known of an event to read its number right. */
#include <string.h>

#include "report.h"

static const struct {
	const char *event;
	const char *mode;	/* only when this mode had fills; NULL for always */
	const char *note;
} notes[] = {
	{
		"kmem:mm_page_alloc", "stock",
		"blind to mode stock: mainline's bulk call does not fire it for the pages of a batch"
	},
	{
		"kmem:mm_page_alloc_zone_locked", NULL,
		"counts blocks taken from the buddy lists, not holds of zone->lock"
	},
};

/* Without the modifiers, and without the number of a second one. */
static bool is_event(const struct perf_event *event, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(event->name, name, len) && strchr(":#", event->name[len]);
}

static bool had_fills(const struct interval *iv, const char *mode)
{
	for (unsigned int i = 0; i < iv->nr_users; i++) {
		const struct user_interval *u = &iv->users[i];
		const struct pb_counters *c = pb_find_mode(&u->delta, mode);

		if (u->reset) {
			if (!strcmp(u->mode_start, mode) || !strcmp(u->mode, mode))
				return true;
		} else if (c && c->v[PB_FILLS]) {
			return true;
		}
	}
	return false;
}

/**
 * report_event_note() - what to say beside an event's number
 * @event: the event
 * @iv: the interval that it was counted in
 *
 * Return: a phrase, or NULL.
 */
const char *report_event_note(const struct perf_event *event, const struct interval *iv)
{
	for (size_t i = 0; i < ARRAY_SIZE(notes); i++)
		if (is_event(event, notes[i].event) &&
		    (!notes[i].mode || had_fills(iv, notes[i].mode)))
			return notes[i].note;
	return NULL;
}
