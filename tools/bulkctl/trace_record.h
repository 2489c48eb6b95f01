/* SPDX-License-Identifier: GPL-2.0-only */
/* Record events into a file of trace-cmd. */
#ifndef BULKCTL_TRACE_RECORD_H
#define BULKCTL_TRACE_RECORD_H

#include <stdio.h>

#include "trace_summary.h"

#define TRACE_FILL_EVENT	"page_bulk:page_bulk_fill"
#define TRACE_POLL_EVENT	"napi:napi_poll"

struct trace_request {
	u64 interval;		/* ns */
	const char *output;
	u64 buffer_kb;		/* for each CPU; 0: as much as the kernel takes by itself */
	bool stacks;
	bool interfaces;
	char **events;		/* beyond our own: SYSTEM:EVENT, with wildcards */
	size_t nr_events;
};

struct trace_recording {
	double seconds;
	bool interrupted;
	bool lost_known;	/* by the kernel's counters; where in the trace, the file says */
	struct trace_losses lost;
};

/* trace_events.c */
int trace_event_add(struct trace_request *req, const char *list);
int trace_events_check(const struct trace_request *req);
bool trace_event_exists(const char *event);
void trace_request_free(struct trace_request *req);

/* trace_record.c */
int trace_record_check(const struct trace_request *req);
bool trace_records_polls(const struct trace_request *req);
int trace_record(const struct trace_request *req, struct trace_recording *rec);

/* trace_instance.c */
void trace_instance_name(char *name, size_t size);
int trace_instance_stop(struct trace_losses *lost);
void trace_instance_remove(void);
int trace_stats_parse(FILE *in, u64 *lost);

#endif /* BULKCTL_TRACE_RECORD_H */
