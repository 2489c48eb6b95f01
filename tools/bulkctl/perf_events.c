// SPDX-License-Identifier: GPL-2.0-only
/* Lists of events as -e takes them: cycles,{a,b}:u,kmem:mm_page_free */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "perf.h"
#include "perf_name.h"
#include "util.h"

#define GROUP_END	"a group lacks its '}'"
#define GROUP_REST	"after a group only ',' or its modifiers, ':u' or ':k', may follow"
#define EMPTY_NAME	"an event's name is empty"
#define BAD_NAME	"an event's name has a blank or a brace in it"

struct parser {
	const char *verb;
	const char *list;
	const char *at;
	struct perf_events *events;
};

static int refuse(const struct parser *p, const char *why)
{
	complain("%s: -e '%s': %s", p->verb, p->list, why);
	return EXIT_USAGE;
}

static int out_of_memory(const struct parser *p)
{
	complain("%s: %s", p->verb, strerror(ENOMEM));
	return EXIT_FAILED;
}

/* An event ends with a comma, but not with one between the slashes of cpu/event=1,umask=2/. */
static size_t name_length(const char *s)
{
	bool terms = false;
	size_t len;

	for (len = 0; s[len]; len++) {
		if (s[len] == '/')
			terms = !terms;
		else if (s[len] == '}' || (s[len] == ',' && !terms))
			break;
	}
	return len;
}

/* The modifiers of a group are added to those of its events; the slash needs no colon. */
static char *full_name(const char *name, size_t len, const char *modifiers, size_t modifiers_len)
{
	const char *colon = "";
	char *full;

	if (modifiers_len && !perf_name_modifiers(name, len) && name[len - 1] != '/')
		colon = ":";
	if (asprintf(&full, "%.*s%s%.*s", (int)len, name, colon, (int)modifiers_len,
		     modifiers) < 0)
		return NULL;
	return full;
}

static bool is_taken(const struct perf_events *events, const char *name)
{
	for (unsigned int i = 0; i < events->nr; i++)
		if (!strcmp(events->event[i].name, name))
			return true;
	return false;
}

/* The same event may be in two groups: cycles, cycles#2. The number is no part of the event. */
static char *unique_name(const struct perf_events *events, const char *name)
{
	char *unique = strdup(name);

	for (unsigned int n = 2; unique && is_taken(events, unique); n++) {
		free(unique);
		if (asprintf(&unique, "%s#%u", name, n) < 0)
			return NULL;
	}
	return unique;
}

static void free_event(struct perf_event *event)
{
	free(event->name);
	free(event->unit);
	free(event->missing);
	free(event->cpus);
}

static int append(struct parser *p, const char *name, unsigned int leader)
{
	struct perf_events *events = p->events;
	struct perf_event *more, *event;
	int ret;

	more = realloc(events->event, (events->nr + 1) * sizeof(*more));
	if (!more)
		return out_of_memory(p);
	events->event = more;
	event = &more[events->nr];
	*event = (struct perf_event){ .leader = leader, .scale = 1 };
	event->attr.size = sizeof(event->attr);
	event->name = unique_name(events, name);
	if (!event->name)
		return out_of_memory(p);
	ret = perf_name_resolve(p->verb, name, event);
	if (ret) {
		free_event(event);
		return ret;
	}
	events->nr++;
	return EXIT_DONE;
}

static int parse_event(struct parser *p, unsigned int leader, const char *modifiers,
		       size_t modifiers_len)
{
	size_t len = name_length(p->at);
	char *name;
	int ret;

	if (!len)
		return refuse(p, EMPTY_NAME);
	if (memchr(p->at, '{', len) || memchr(p->at, ' ', len))
		return refuse(p, BAD_NAME);
	name = full_name(p->at, len, modifiers, modifiers_len);
	if (!name)
		return out_of_memory(p);
	ret = append(p, name, leader);
	free(name);
	p->at += len;
	return ret;
}

/* From behind '{' to behind the group's modifiers. */
static int parse_group(struct parser *p)
{
	unsigned int leader = p->events->nr;
	const char *end = strchr(p->at, '}');
	const char *modifiers;
	size_t len = 0;
	int ret;

	if (!end)
		return refuse(p, GROUP_END);
	modifiers = end + 1;
	if (*modifiers == ':') {
		modifiers++;
		len = strspn(modifiers, PERF_MODIFIERS);
		if (!len)
			return refuse(p, GROUP_REST);
	}
	if (modifiers[len] && modifiers[len] != ',')
		return refuse(p, GROUP_REST);

	for (;;) {
		ret = parse_event(p, leader, modifiers, len);
		if (ret)
			return ret;
		if (p->at == end)
			break;
		if (*p->at != ',')	/* an odd number of slashes hides the brace */
			return refuse(p, GROUP_END);
		p->at++;
	}
	p->at = modifiers + len;
	return EXIT_DONE;
}

/**
 * perf_events_add() - add the events of a list, as perf-stat(1) takes it
 * @verb: the verb, for messages
 * @list: names with commas between them; '{a,b}' is a group, which is counted together
 * @events: where they go. All zero before the first call
 *
 * An event that is known but that this machine lacks is no error: it is in the list, and its
 * results say why they have no value.
 *
 * Return: EXIT_DONE, or after a message EXIT_USAGE for what is no list or no event, EXIT_FAILED.
 */
int perf_events_add(const char *verb, const char *list, struct perf_events *events)
{
	struct parser p = { .verb = verb, .list = list, .at = list, .events = events };
	int ret;

	for (;;) {
		if (*p.at == '{') {
			p.at++;
			ret = parse_group(&p);
		} else {
			ret = parse_event(&p, events->nr, "", 0);
		}
		if (ret || !*p.at)
			return ret;
		if (*p.at != ',')
			return refuse(&p, BAD_NAME);
		p.at++;
	}
}

/**
 * perf_events_free() - give back what perf_events_add() took
 * @events: the events; empty after that
 */
void perf_events_free(struct perf_events *events)
{
	for (unsigned int i = 0; i < events->nr; i++)
		free_event(&events->event[i]);
	free(events->event);
	*events = (struct perf_events){ };
}
