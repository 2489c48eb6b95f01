/* SPDX-License-Identifier: GPL-2.0-only */
/* libpfm4, which knows the events of CPUs by name. Apart: it has its own <linux/perf_event.h>. */
#ifndef BULKCTL_PERF_PFM_H
#define BULKCTL_PERF_PFM_H

#include <stdbool.h>
#include <stddef.h>

#include "util.h"

struct perf_pfm_code {
	char pmu[64];	/* libpfm4's name of what counts it */
	u32 type;
	u64 config[3];
};

bool perf_pfm_encode(const char *name, bool other_cpus, struct perf_pfm_code *code);
bool perf_pfm_cpu(char *buf, size_t size);

#endif /* BULKCTL_PERF_PFM_H */
