/* SPDX-License-Identifier: GPL-2.0-only */
/* The histograms of a user in debugfs, in all modes: sizes of fills, and how long they took. */
#ifndef BULKCTL_HISTOGRAM_H
#define BULKCTL_HISTOGRAM_H

#include "pagebulk.h"

/* By powers of two: bucket i is 2^i..2^(i+1)-1; the first of the times is from 0. */
#define HISTOGRAM_BUCKETS	36

enum histogram_kind {
	HISTOGRAM_SIZES,	/* pages that fills asked for */
	HISTOGRAM_FILL_NS,	/* ns of the timed fills */
	NR_HISTOGRAMS
};

struct histogram {
	bool known;
	u64 count[HISTOGRAM_BUCKETS];
};

struct mode_histograms {
	struct histogram h[NR_HISTOGRAMS];
};

/* In the order of the modes in the pb_stats that they were read with. */
struct user_histograms {
	struct mode_histograms modes[PB_MAX_MODES];
};

int histograms_parse(FILE *in, enum histogram_kind kind, const struct pb_stats *stats,
		     struct user_histograms *histograms, unsigned int *line);
int histograms_read(const char *user, const struct pb_stats *stats,
		    struct user_histograms *histograms);
bool histogram_delta(const struct histogram *start, const struct histogram *end,
		     struct histogram *delta);
u64 histogram_total(const struct histogram *histogram);

#endif /* BULKCTL_HISTOGRAM_H */
