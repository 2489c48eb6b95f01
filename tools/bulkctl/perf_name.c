// SPDX-License-Identifier: GPL-2.0-only
/*
 * From an event's name to what perf_event_open(2) takes: libpfm4 knows the generic events and those
 * of CPUs, tracefs the tracepoints and the kprobe events that somebody made, sysfs the events of
 * other PMUs.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pagebulk.h"
#include "perf.h"
#include "perf_name.h"
#include "perf_pfm.h"
#include "util.h"

#define OTHER_CPU	"not supported: an event of other CPUs (libpfm4 has it for "

/* What perf-list(1) has and libpfm4 lacks. */
static const struct {
	const char *name;
	u64 config;
} software[] = {
	{ "alignment-faults", PERF_COUNT_SW_ALIGNMENT_FAULTS },
	{ "bpf-output", PERF_COUNT_SW_BPF_OUTPUT },
	{ "dummy", PERF_COUNT_SW_DUMMY },
	{ "emulation-faults", PERF_COUNT_SW_EMULATION_FAULTS },
};

/**
 * perf_name_modifiers() - how many letters of modifiers a name ends with
 * @name: cycles:uk, or msr/tsc/u
 * @len: its length
 *
 * Return: 2 for both of them; 0 without modifiers.
 */
size_t perf_name_modifiers(const char *name, size_t len)
{
	size_t nr = 0;

	while (nr < len && strchr(PERF_MODIFIERS, name[len - nr - 1]))
		nr++;
	if (!nr || nr == len)
		return 0;
	return strchr(":/", name[len - nr - 1]) ? nr : 0;
}

static bool resolve_software(const char *name, struct perf_event *event)
{
	for (size_t i = 0; i < ARRAY_SIZE(software); i++) {
		if (strcmp(name, software[i].name))
			continue;
		event->attr.type = PERF_TYPE_SOFTWARE;
		event->attr.config = software[i].config;
		return true;
	}
	return false;
}

/* Where the tracepoints are; it need not exist. */
const char *perf_tracepoints(void)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/events", pb_tracing());
	return path;
}

/* Return: 0, -ENOENT if there is no such tracepoint, or why its number cannot be read. */
static int resolve_tracepoint(const char *name, struct perf_event *event)
{
	const char *colon = strchr(name, ':');
	char path[PATH_MAX], line[32];
	u64 id;
	int ret;

	if (!colon || colon == name || !colon[1] || strchr(colon + 1, ':'))
		return -ENOENT;
	if (snprintf(path, sizeof(path), "%s/%.*s/%s/id", perf_tracepoints(),
		     (int)(colon - name), name, colon + 1) >= (int)sizeof(path))
		return -ENOENT;
	ret = read_first_line(path, line, sizeof(line));
	if (!ret)
		ret = parse_u64(line, &id);
	if (ret)
		return ret;
	event->attr.type = PERF_TYPE_TRACEPOINT;
	event->attr.config = id;
	return 0;
}

static int resolve_libpfm(const char *name, struct perf_event *event)
{
	struct perf_pfm_code code;

	if (perf_pfm_encode(name, false, &code)) {
		event->attr.type = code.type;
		event->attr.config = code.config[0];
		event->attr.config1 = code.config[1];
		event->attr.config2 = code.config[2];
		return 0;
	}
	if (!perf_pfm_encode(name, true, &code))
		return -ENOENT;
	if (asprintf(&event->missing, OTHER_CPU "%s)", code.pmu) < 0) {
		event->missing = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int resolve(const char *name, struct perf_event *event)
{
	int ret;

	if (resolve_software(name, event))
		return 0;
	if (strchr(name, '/'))
		return perf_pmu_resolve(name, event);
	ret = resolve_tracepoint(name, event);
	return ret == -ENOENT ? resolve_libpfm(name, event) : ret;
}

static int refuse(const char *verb, const char *name, int error)
{
	char near[256];

	if (error == -EINVAL) {
		complain("%s: event '%s': a term has no such value", verb, name);
		return EXIT_USAGE;
	}
	if (error != -ENOENT) {
		complain("%s: event '%s': %s", verb, name, strerror(-error));
		return error == -EACCES ? EXIT_NO_PERMISSION : EXIT_FAILED;
	}
	perf_suggest(name, near, sizeof(near));
	if (*near)
		complain("%s: unknown event '%s'; similar: %s", verb, name, near);
	else
		complain("%s: unknown event '%s' ('perf list' has them; modifiers: :u :k)",
			 verb, name);
	return EXIT_USAGE;
}

static int set_unit(struct perf_event *event)
{
	if (event->unit)	/* a PMU in sysfs has said it */
		return 0;
	if (event->attr.type != PERF_TYPE_SOFTWARE ||
	    (event->attr.config != PERF_COUNT_SW_TASK_CLOCK &&
	     event->attr.config != PERF_COUNT_SW_CPU_CLOCK))
		return 0;
	event->unit = strdup("ns");
	return event->unit ? 0 : -ENOMEM;
}

/**
 * perf_name_resolve() - find out what an event is
 * @verb: the verb, for messages
 * @name: the event, with its modifiers
 * @event: where it goes; on error the caller frees what is in it
 *
 * Return: EXIT_DONE, or another exit code after a message.
 */
int perf_name_resolve(const char *verb, const char *name, struct perf_event *event)
{
	size_t len = strlen(name), nr = perf_name_modifiers(name, len);
	const char *modifiers = name + len - nr;
	char *bare;
	int ret;

	/* The colon goes with the modifiers, the slash stays. */
	bare = strndup(name, nr && modifiers[-1] == ':' ? len - nr - 1 : len - nr);
	if (!bare)
		ret = -ENOMEM;
	else
		ret = resolve(bare, event);
	free(bare);
	if (!ret)
		ret = set_unit(event);
	if (ret)
		return refuse(verb, name, ret);
	if (nr) {
		event->attr.exclude_user = !strchr(modifiers, 'u');
		event->attr.exclude_kernel = !strchr(modifiers, 'k');
		event->attr.exclude_hv = 1;
	}
	event->attr.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
	return EXIT_DONE;
}
