// SPDX-License-Identifier: GPL-2.0-only
/* The events that trace records: names, and whether this kernel has them. */
#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "perf_name.h"
#include "trace_record.h"

/* SYSTEM, SYSTEM:EVENT: no path, and nothing that the shell or trace-cmd reads otherwise. */
static bool is_name(const char *event)
{
	const char *colon = strchr(event, ':');

	if (!*event || colon == event || (colon && !colon[1]))
		return false;
	for (const char *c = event; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_-*?", *c) && c != colon)
			return false;
	return *event != '-';
}

static int add(struct trace_request *req, const char *event)
{
	char **events, *copy = NULL;

	if (!is_name(event)) {
		complain("trace: -e '%s' is no event such as sched:sched_switch or sched:*",
			 event);
		return EXIT_USAGE;
	}
	events = reallocarray(req->events, req->nr_events + 1, sizeof(*events));
	if (events) {
		req->events = events;
		if (asprintf(&copy, "%s%s", event, strchr(event, ':') ? "" : ":*") < 0)
			copy = NULL;
	}
	if (!copy) {
		complain("trace: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	events[req->nr_events++] = copy;
	return EXIT_DONE;
}

/**
 * trace_event_add() - take the argument of -e
 * @req: where the events go
 * @list: SYSTEM:EVENT, SYSTEM:* or SYSTEM, with commas between several
 *
 * Return: EXIT_DONE, or another exit code after a message.
 */
int trace_event_add(struct trace_request *req, const char *list)
{
	char *copy = strdup(list), *rest = copy, *event;
	int ret = copy ? EXIT_DONE : EXIT_FAILED;

	while (!ret && (event = strsep(&rest, ",")))
		ret = add(req, event);
	free(copy);
	return ret;
}

void trace_request_free(struct trace_request *req)
{
	for (size_t i = 0; i < req->nr_events; i++)
		free(req->events[i]);
	free(req->events);
}

/**
 * trace_event_exists() - has this kernel such an event?
 * @event: SYSTEM:EVENT, both perhaps with wildcards
 *
 * Return: true if there is one at least that can be switched on.
 */
bool trace_event_exists(const char *event)
{
	int colon = strcspn(event, ":");
	char pattern[PATH_MAX];
	glob_t found;
	bool exists;

	snprintf(pattern, sizeof(pattern), "%s/events/%.*s/%s/enable", pb_tracing(), colon, event,
		 event + colon + 1);
	exists = !glob(pattern, GLOB_NOSORT, NULL, &found);
	if (exists)
		globfree(&found);
	return exists;
}

static int complain_unknown(const char *event)
{
	char near[512];

	perf_suggest(event, near, sizeof(near));
	if (*near)
		complain("trace: unknown event '%s'; near it: %s", event, near);
	else
		complain("trace: unknown event '%s'; the kernel's are in %s/events", event,
			 pb_tracing());
	return EXIT_USAGE;
}

static int check_tracefs(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/instances", pb_tracing());
	if (!access(path, R_OK | W_OK | X_OK))
		return EXIT_DONE;
	if (errno == EACCES || errno == EPERM) {
		complain("no permission to use %s: recording needs root (CAP_DAC_OVERRIDE)",
			 pb_tracing());
		return EXIT_NO_PERMISSION;
	}
	complain("%s: %s: recording needs CONFIG_TRACING and 'mount -t tracefs none %s'", path,
		 strerror(errno), pb_paths.tracing);
	return EXIT_FAILED;
}

/**
 * trace_events_check() - can all of these events be recorded here?
 * @req: the events
 *
 * Return: EXIT_DONE, or another exit code after a message.
 */
int trace_events_check(const struct trace_request *req)
{
	int ret = check_tracefs();

	if (ret)
		return ret;
	if (!trace_event_exists(TRACE_FILL_EVENT)) {
		complain("this kernel has no tracepoint " TRACE_FILL_EVENT);
		return EXIT_NO_INTERFACE;
	}
	for (size_t i = 0; i < req->nr_events; i++)
		if (!trace_event_exists(req->events[i]))
			return complain_unknown(req->events[i]);
	return EXIT_DONE;
}
