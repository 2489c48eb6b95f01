/* SPDX-License-Identifier: GPL-2.0-only */
/* What a trace says of fills: by mode, by who called, by interface. */
#ifndef BULKCTL_TRACE_SUMMARY_H
#define BULKCTL_TRACE_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>

#include "pagebulk.h"
#include "util.h"

#define TRACE_NAME	64	/* longest task, function or interface, with its NUL */
#define TRACE_BUCKETS	64	/* of sizes: from 1 << i to 2 << i, less one */

/* common_flags of an event, those that we look at */
#define TRACE_IN_HARDIRQ	0x08
#define TRACE_IN_SOFTIRQ	0x10
#define TRACE_BH_OFF		0x80	/* softirqs are held off: NAPI of a thread, busy polling */

/* Where the code ran that called. */
enum trace_context {
	TRACE_TASK,
	TRACE_SOFTIRQ,
	TRACE_HARDIRQ,
	TRACE_NR_CONTEXTS
};

extern const char * const trace_context_names[TRACE_NR_CONTEXTS];

/* How the interface of a fill was found. */
enum trace_via {
	TRACE_VIA_POLL,		/* the poll that it lies in ended in the trace */
	TRACE_VIA_NO_NAPI,	/* it lies in no poll */
	TRACE_VIA_LOST,		/* the end of the poll is not in the trace */
};

/* What all events have. */
struct trace_event {
	int cpu;
	int pid;
	unsigned int flags;
	const char *comm;
};

/* An event page_bulk:page_bulk_fill. */
struct trace_fill {
	char user[PB_NAME];
	char mode[PB_NAME];
	char reason[PB_NAME];
	u64 asked;
	u64 got;
	u64 ns;		/* 0: not timed */
};

struct trace_totals {
	u64 fills;
	u64 asked;
	u64 got;
	u64 short_fills;
	u64 failed;
	u64 timed_fills;
	u64 ns;
};

/* A line of a table. What a table does not tell apart is "" or 0 in all of its rows. */
struct trace_row {
	char user[PB_NAME];
	char mode[PB_NAME];
	char reason[PB_NAME];
	char who[TRACE_NAME];		/* task or interface; "" if it is none */
	char function[TRACE_NAME];	/* that called; "" if the trace does not say */
	int kind;			/* trace_context or trace_via, as the table needs */
	int cpu;
	int pid;
	struct trace_totals totals;
	u64 sizes[TRACE_BUCKETS];
};

struct trace_table {
	struct trace_row *rows;
	size_t nr;
};

/* Events that a CPU lost. */
struct trace_lost {
	int cpu;
	u64 events;
	bool more;	/* and more, the trace does not say how many */
};

struct trace_losses {
	struct trace_lost *cpus;
	size_t nr;
};

/* A fill whose stack may come yet. */
struct trace_last {
	bool waits;
	int pid;
	struct trace_row caller;
	struct trace_fill fill;
};

/* Zeroed to begin with. */
struct trace_summary {
	u64 events;
	u64 switches;
	u64 polls;
	bool bare_polls;		/* polls have no flag: PREEMPT_RT */
	u64 unreadable;			/* fills in a form that we do not know */
	u64 first_ns, last_ns;		/* of all events */
	struct trace_totals totals;
	struct trace_table modes;	/* by user and mode, with sizes */
	struct trace_table ends;	/* by user, mode and reason */
	struct trace_table callers;	/* by user, mode, context, task and function */
	struct trace_table interfaces;	/* of page_pool, by interface and mode */
	struct trace_table open;	/* fills in polls that have not ended yet */
	struct trace_losses lost;
	struct trace_last *last;	/* by CPU and context */
	size_t nr_last;
	int error;			/* a negative errno: it is not complete */
};

int trace_fill_parse(const char *text, struct trace_fill *fill);

void trace_summary_ts(struct trace_summary *sum, u64 ns);
void trace_summary_fill(struct trace_summary *sum, const struct trace_event *e,
			const struct trace_fill *fill);
void trace_summary_stack(struct trace_summary *sum, const struct trace_event *e,
			 const char *function);
void trace_summary_poll(struct trace_summary *sum, const struct trace_event *e,
			const char *interface);
void trace_summary_lost(struct trace_summary *sum, int cpu, long long events);
void trace_summary_end_buffer(struct trace_summary *sum);
void trace_summary_finish(struct trace_summary *sum);
void trace_summary_free(struct trace_summary *sum);

bool trace_skips_function(const char *function);
int trace_losses_add(struct trace_losses *lost, int cpu, u64 events, bool more);

#endif /* BULKCTL_TRACE_SUMMARY_H */
