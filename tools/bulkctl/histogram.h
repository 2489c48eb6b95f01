/* SPDX-License-Identifier: GPL-2.0-only */
/* The histograms of a user in debugfs: USER/sizes and USER/latency. */
#ifndef BULKCTL_HISTOGRAM_H
#define BULKCTL_HISTOGRAM_H

#include <stdbool.h>
#include <stdio.h>

#include "util.h"

/* By powers of two: bucket i is 2^i..2^(i+1)-1, the first from 0, the last open. */
#define HISTOGRAM_BUCKETS	36

struct histogram {
	u64 count[HISTOGRAM_BUCKETS];
};

/* Which fills of a user, and what of them. */
struct histogram_source {
	const char *file;	/* below USER/ */
	const char *mode;	/* NULL for all modes */
	const char *what;	/* the word behind the mode; NULL where there is none */
};

int histogram_parse(FILE *in, const struct histogram_source *source, struct histogram *h);
int histogram_read(const char *user, const struct histogram_source *source, struct histogram *h);
bool histogram_delta(const struct histogram *start, const struct histogram *end,
		     struct histogram *delta);
double histogram_quantile(const struct histogram *h, double q);

#endif /* BULKCTL_HISTOGRAM_H */
