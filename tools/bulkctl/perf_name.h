/* SPDX-License-Identifier: GPL-2.0-only */
/* From an event's name to what perf_event_open(2) takes. Private to perf*.c. */
#ifndef BULKCTL_PERF_NAME_H
#define BULKCTL_PERF_NAME_H

#include "perf.h"

#define PERF_MODIFIERS	"uk"	/* user space, kernel */

size_t perf_name_modifiers(const char *name, size_t len);
const char *perf_tracepoints(void);
int perf_name_resolve(const char *verb, const char *name, struct perf_event *event);

/* perf_pmu.c */
int perf_pmu_resolve(const char *name, struct perf_event *event);

/* perf_suggest.c */
void perf_suggest(const char *name, char *buf, size_t size);

#endif /* BULKCTL_PERF_NAME_H */
