// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of events, of perf and of tracing, and the files of sysfs that say what they are. The
 * input's first line is the list, each line after it one of the files.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "perf.h"
#include "perf_name.h"
#include "trace_record.h"

static const char * const files[] = {
	"pmus/any/type", "pmus/any/events/a", "pmus/any/events/a.scale", "pmus/any/events/a.unit",
	"pmus/any/format/f", "pmus/any/cpumask", "tracing/events/any/any/id",
};

void fuzz_setup(void)
{
	fuzz_write("online", "0-1\n");
	fuzz_write("pmus/msr/type", "10\n");
	fuzz_write("pmus/msr/events/tsc", "event=0x00\n");
	fuzz_write("pmus/msr/format/event", "config:0-63\n");
	fuzz_write("tracing/events/kmem/mm_page_free/id", "501\n");
}

static void check_events(const struct perf_events *events)
{
	fuzz_check(events->nr);
	for (unsigned int i = 0; i < events->nr; i++) {
		const struct perf_event *e = &events->event[i];

		fuzz_check(e->leader <= i && events->event[e->leader].leader == e->leader);
		fuzz_check(isfinite(e->scale) && e->attr.size == sizeof(e->attr));
		fuzz_check(!e->cpus == !e->nr_cpus);
		fuzz_check(perf_name_modifiers(e->name, strlen(e->name)) < strlen(e->name));
		for (unsigned int k = 0; k < i; k++)
			fuzz_check(strcmp(e->name, events->event[k].name));
	}
}

static void try_perf(const char *list)
{
	struct perf_events events = { };
	int ret;

	fuzz_quiet();
	ret = perf_events_add("report", list, &events);
	fuzz_check_message(ret);
	fuzz_check(!ret || ret == EXIT_USAGE || ret == EXIT_FAILED);
	if (!ret)
		check_events(&events);
	perf_events_free(&events);
	fuzz_check(!events.nr);
}

static void try_trace(const char *list)
{
	struct trace_request req = { };
	int ret;

	fuzz_quiet();
	ret = trace_event_add(&req, list);
	fuzz_check_message(ret);
	fuzz_check(!ret || ret == EXIT_USAGE);
	fuzz_check(ret || req.nr_events);
	for (size_t i = 0; i < req.nr_events; i++) {
		const char *colon = strchr(req.events[i], ':');

		fuzz_check(colon && colon != req.events[i] && colon[1]);
		fuzz_check(!strpbrk(req.events[i], "/. $;'\"\\") && *req.events[i] != '-');
		trace_event_exists(req.events[i]);
	}
	trace_request_free(&req);
}

void fuzz_one(const unsigned char *data, size_t size)
{
	char *text = fuzz_text(data, size), *words[FUZZ_WORDS];
	int nr = fuzz_words(text, words);

	for (int i = 0; i < (int)ARRAY_SIZE(files); i++)
		fuzz_write(files[i], i + 1 < nr ? words[i + 1] : "");
	try_perf(words[0]);
	try_trace(words[0]);
	free(text);
}
