/* SPDX-License-Identifier: GPL-2.0-only */
/* The histograms of a user in debugfs: USER/sizes and USER/latency. */
#ifndef BULKCTL_HISTOGRAM_H
#define BULKCTL_HISTOGRAM_H

#include "pagebulk.h"

/*
 * By powers of two: bucket i is 2^i..2^(i+1)-1. The first is from 0 where there is a 0, as with
 * times; the last is open.
 */
#define HISTOGRAM_BUCKETS	36

enum histogram_kind {
	HISTOGRAM_SIZES,	/* pages that fills asked for */
	HISTOGRAM_FILL_NS,	/* ns of the timed fills */
	NR_HISTOGRAMS
};

struct histogram {
	bool known;		/* it was read */
	u64 count[HISTOGRAM_BUCKETS];
};

struct mode_histograms {
	struct histogram h[NR_HISTOGRAMS];
};

/* In the order of the modes in the pb_stats that they were read with. */
struct user_histograms {
	struct mode_histograms modes[PB_MAX_MODES];
};

int histogram_parse(FILE *in, enum histogram_kind kind, const char *mode, struct histogram *h,
		    unsigned int *line);
int histogram_read(const char *user, enum histogram_kind kind, const char *mode,
		   struct histogram *h);
int histograms_read(const char *user, const struct pb_stats *stats,
		    struct user_histograms *histograms);
bool histogram_delta(const struct histogram *start, const struct histogram *end,
		     struct histogram *delta);
u64 histogram_total(const struct histogram *h);
double histogram_quantile(const struct histogram *h, double q);

#endif /* BULKCTL_HISTOGRAM_H */
