/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of the whole machine by perf_event_open(2). */
#ifndef BULKCTL_PERF_H
#define BULKCTL_PERF_H

#include <stdbool.h>
#include <stdio.h>

#include "util.h"

#define PERF_MAX_EVENTS	6

struct perf_event {
	const char *name;
	const char *unit;	/* of the value; NULL for a plain count */
	u32 type;
	u64 config;
};

/* The events that a report has when it is not asked for others. */
extern const struct perf_event perf_default_events[PERF_MAX_EVENTS];

/* As read(2) gives it with PERF_FORMAT_TOTAL_TIME_ENABLED | _RUNNING. */
struct perf_value {
	u64 value;
	u64 enabled;	/* ns */
	u64 running;	/* ns */
};

struct perf_result {
	const struct perf_event *event;
	const char *reason;	/* why there is no value; NULL if there is one */
	double value;		/* over all CPUs */
	bool scaled;		/* estimated: the event shared its hardware counter */
	double running;		/* share of the time in which it was counted, 0..1: the worst CPU */
	u64 enabled;	/* ns that it was to be counted, over all CPUs */
};

struct perf_counter;

struct perf {
	unsigned int nr_cpus;
	struct perf_counter *counters;	/* PERF_MAX_EVENTS of them */
};

int perf_parse_cpus(const char *list, int **cpus, unsigned int *nr);
const char *perf_reason(int error);
void perf_add(const struct perf_value *start, const struct perf_value *end,
	      struct perf_result *result);

int perf_open(struct perf *perf);
void perf_close(struct perf *perf);
void perf_next(struct perf *perf, struct perf_result results[PERF_MAX_EVENTS]);

#endif /* BULKCTL_PERF_H */
