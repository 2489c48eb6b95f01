/* SPDX-License-Identifier: GPL-2.0-only */
/* Samples of the counters, and what an interval between two samples shows. */
#ifndef BULKCTL_SAMPLE_H
#define BULKCTL_SAMPLE_H

#include <stdbool.h>

#include "pagebulk.h"
#include "vmstat.h"
#include "util.h"

#define RESET_WORDS	"counters were reset during the interval"

struct user_sample {
	char mode[PB_NAME];
	u64 ns;		/* CLOCK_MONOTONIC of the reading */
	struct pb_stats stats;
};

/* The counters at one moment. */
struct sample {
	u64 ns;		/* CLOCK_MONOTONIC */
	int timing;		/* 1, 0, or a negative errno */
	struct vmstat vm;
	struct user_sample users[PB_MAX_USERS];
};

struct user_interval {
	const char *user;
	const char *mode_start;
	const char *mode;		/* at the end */
	u64 generation_start;
	u64 generation_end;
	double seconds;
	bool reset;			/* delta means nothing: drop it, and say RESET_WORDS */
	struct pb_stats delta;
};

struct interval {
	double seconds;
	int timing;			/* at the end */
	unsigned int nr_users;
	struct user_interval users[PB_MAX_USERS];
	struct vmstat vm;
};

int sample_take(const struct pb_names *users, struct sample *s);
void sample_diff(const struct pb_names *users, const struct sample *start,
		 const struct sample *end, struct interval *iv);

int sleep_prepare(void);
bool sleep_until(u64 deadline);

#endif /* BULKCTL_SAMPLE_H */
