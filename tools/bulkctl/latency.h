/* SPDX-License-Identifier: GPL-2.0-only */
/* The histogram of how long fills took, USER/latency in debugfs. */
#ifndef BULKCTL_LATENCY_H
#define BULKCTL_LATENCY_H

#include <stdbool.h>
#include <stdio.h>

#include "util.h"

/* By powers of two of a nanosecond: bucket i is 2^i..2^(i+1)-1, the first from 0, the last open. */
#define LATENCY_BUCKETS	36

/* The fills of one mode. */
struct latency {
	u64 count[LATENCY_BUCKETS];
};

int latency_parse(FILE *in, const char *mode, struct latency *latency);
int latency_read(const char *user, const char *mode, struct latency *latency);
bool latency_delta(const struct latency *start, const struct latency *end, struct latency *delta);
double latency_quantile(const struct latency *latency, double q);

#endif /* BULKCTL_LATENCY_H */
