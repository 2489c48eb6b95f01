/* SPDX-License-Identifier: GPL-2.0-only */
/* What an experiment measures: metrics by name, and their values over a slice. */
#ifndef BULKCTL_METRICS_H
#define BULKCTL_METRICS_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis.h"
#include "histogram.h"
#include "pagebulk.h"
#include "perf.h"
#include "report_per.h"
#include "rpc_time.h"
#include "system.h"

#define METRICS_MAX	64
#define METRIC_NAME	64	/* longest name, with its NUL */

/* The counters at an edge of a slice. */
struct edge {
	u64 ns;				/* CLOCK_MONOTONIC */
	struct pb_stats stats;
	struct histogram latency;	/* of the slice's mode */
	struct system_sample system;
	struct rpc_time rpc_time;
};

struct metric_source {
	char name[METRIC_NAME];
	const char *unit;
	enum direction direction;
	const char *missing;		/* why it has no values; NULL if it has */
	unsigned int kind;		/* index into the table of metrics */
	unsigned int event;		/* of perf, where it is one */
	char interface[SYSTEM_NAME];	/* of packets; "" for set->interfaces */
};

struct metric_set {
	const char *user;
	unsigned int nr;
	struct metric_source v[METRICS_MAX];
	const struct perf_events *events;
	struct perf *perf;		/* NULL: no events */
	struct perf_result *results;	/* of perf, since the edge before */
	struct interfaces interfaces;	/* whose packets are summed up */
	bool command;			/* there is a COMMAND */
	struct undo rpc_time;		/* of rpc_time_begin() */
	const char *rpc_time_missing;	/* why it has no values */
};

int metrics_add(struct metric_set *set, const char *name);
int metrics_add_defaults(struct metric_set *set);
int metrics_find(const struct metric_set *set, const char *name);
void metrics_help(FILE *out);
void metrics_free(struct metric_set *set);

int metrics_read(struct metric_set *set, const char *mode, struct edge *edge);
void metrics_check(struct metric_set *set, const struct edge *edge, int timing);
bool metrics_values(const struct metric_set *set, const char *mode, const struct edge *start,
		    const struct edge *end, double command, double *values);

#endif /* BULKCTL_METRICS_H */
