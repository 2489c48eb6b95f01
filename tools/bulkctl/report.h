/* SPDX-License-Identifier: GPL-2.0-only */
/* The forms of a report. */
#ifndef BULKCTL_REPORT_H
#define BULKCTL_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "machine.h"
#include "perf.h"
#include "report_per.h"
#include "sample.h"

#define REPORT_SCHEMA	"page-bulk-report/1"
#define TIMING_OFF	"timing is off: sysctl vm.page_bulk.timing=1"

/*
 * In this mode, while timing is off, the kernel counts asked and got from the first empty slot on:
 * upper bounds.
 */
#define UPPER_BOUND_MODE	"stock"

/* One interval, and what was counted in it. */
struct report {
	u64 number;		/* of the interval, from 1 */
	double start;		/* when it began, in seconds since the first one did */
	u64 realtime;		/* CLOCK_REALTIME of its end */
	const struct machine *machine;
	const struct perf_request *request;
	const struct interfaces *interfaces;
	struct interval iv;
	struct perf_result *events;	/* as many as the request has */
	struct perf_threads threads;
	struct per_counts per;
};

const char *report_event_note(const struct perf_event *event, const struct interval *iv);

void report_text(FILE *out, const struct report *report);
void report_text_events(FILE *out, const struct report *report);
void report_csv(FILE *out, const struct report *report);
void report_json(json_t *object, const struct report *report);

#endif /* BULKCTL_REPORT_H */
