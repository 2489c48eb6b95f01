/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages allocated and freed by the whole machine, from /proc/vmstat. */
#ifndef BULKCTL_VMSTAT_H
#define BULKCTL_VMSTAT_H

#include <stdio.h>

#include "util.h"

/* PB_UNKNOWN where the kernel does not say. */
struct vmstat {
	u64 pgalloc;	/* sum over the zones */
	u64 pgfree;
};

int vmstat_parse(FILE *in, struct vmstat *vm);
void vmstat_read(struct vmstat *vm);
void vmstat_delta(const struct vmstat *start, const struct vmstat *end, struct vmstat *delta);

#endif /* BULKCTL_VMSTAT_H */
