/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters by perf_event_open(2): events by name, for all or some CPUs, for everything or for some
 * processes. The order of calls:
 *
 *	struct perf_request request = { };
 *
 *	perf_option("report", opt, optarg, &request);	per -e, -C, -p, --nfsd
 *	perf_request_finish("report", &request);	the default events if there was no -e
 *	perf_open(&request, &perf);
 *	perf_next(perf, results);			the first one only starts an interval
 *	perf_next(perf, results);			what came since: at each edge of a slice
 *	perf_close(perf);
 *	perf_request_free(&request);
 */
#ifndef BULKCTL_PERF_H
#define BULKCTL_PERF_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util.h"

#define PERF_DEFAULT_EVENTS \
	"cycles,instructions,cache-misses,context-switches,task-clock,page-faults"

struct perf_event {
	char *name;		/* as it was asked for; no two of a list are equal */
	char *unit;		/* of the value; NULL for a plain count */
	double scale;		/* what one count is, in that unit */
	unsigned int leader;	/* index of its group's first event; its own if it is alone */
	char *missing;		/* why this machine cannot count it, if its name already tells */
	int *cpus;		/* those that its PMU counts on; NULL for all */
	unsigned int nr_cpus;
	struct perf_event_attr attr;
};

struct perf_events {
	unsigned int nr;
	struct perf_event *event;
};

/* What to count. */
struct perf_target {
	int *cpus;		/* NULL: those that are online */
	unsigned int nr_cpus;
	pid_t *pids;		/* NULL: everything */
	unsigned int nr_pids;
	bool nfsd;		/* nfsd's threads; then there are no pids */
};

struct perf_request {
	struct perf_events events;
	struct perf_target target;
};

/*
 * What getopt_long() returns for the options that perf_option() takes:
 * --event 'e', --cpu 'C', --pid 'p', --nfsd PERF_OPT_NFSD.
 */
#define PERF_SHORTOPTS	"e:C:p:"
#define PERF_OPT_NFSD	0x100

/* As read(2) gives it with PERF_FORMAT_TOTAL_TIME_ENABLED | _RUNNING. */
struct perf_value {
	u64 value;
	u64 enabled;	/* ns */
	u64 running;	/* ns */
};

struct perf_result {
	const struct perf_event *event;
	const char *reason;	/* why there is no value; NULL if there is one */
	double value;		/* over all CPUs or threads, in the event's unit */
	bool scaled;		/* estimated: the event shared its hardware counter */
	double running;		/* share of the time in which it was counted, 0..1: the worst */
	u64 enabled;	/* ns that it was to be counted, over all CPUs or threads */
};

/* The threads of a target, as of the last perf_next(). */
struct perf_threads {
	unsigned int nr;
	unsigned int started;	/* in the interval: counted only from its end on */
	unsigned int ended;
};

struct perf;

/* perf_option.c */
int perf_option(const char *verb, int opt, const char *arg, struct perf_request *request);
int perf_request_finish(const char *verb, struct perf_request *request);
void perf_request_free(struct perf_request *request);

/* perf_events.c */
int perf_events_add(const char *verb, const char *list, struct perf_events *events);
void perf_events_free(struct perf_events *events);

/* perf_target.c */
int perf_parse_cpus(const char *list, int **cpus, unsigned int *nr);
int perf_online_cpus(int **cpus, unsigned int *nr);
int perf_target_cpus(const char *verb, const char *list, struct perf_target *target);
int perf_target_pids(const char *verb, const char *list, struct perf_target *target);
int perf_target_threads(const struct perf_target *target, pid_t **threads, unsigned int *nr);

/* perf.c */
const char *perf_reason(int error);
void perf_add(const struct perf_value *start, const struct perf_value *end,
	      struct perf_result *result);
int perf_open(const struct perf_request *request, struct perf **perf);
void perf_close(struct perf *perf);
void perf_next(struct perf *perf, struct perf_result *results);
struct perf_threads perf_threads(const struct perf *perf);

#endif /* BULKCTL_PERF_H */
