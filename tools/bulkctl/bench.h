/* SPDX-License-Identifier: GPL-2.0-only */
/* The results of the kernel's benchmark, page_bulk/bench/results in debugfs. */
#ifndef BULKCTL_BENCH_H
#define BULKCTL_BENCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include "util.h"

#define BENCH_WORD	16	/* longest name of a mode and the like, with its NUL */

/* One row of the table; numbers that the kernel did not give are UINT64_MAX. */
struct bench_row {
	char mode[BENCH_WORD];
	char memory[BENCH_WORD];
	char gfp[BENCH_WORD];
	u64 batch;
	u64 samples;
	u64 alloc_ps;		/* per page, medians */
	u64 free_ps;
	u64 total_ps;
	u64 spread_ppm;		/* of the total: interquartile range / median */
	u64 missing;		/* pages asked for that did not come */
};

struct bench_results {
	struct bench_row *rows;
	size_t nr;
	u64 status;		/* errno that the run ended with, UINT64_MAX: it did not */
};

int bench_parse_row(const char *line, struct bench_row *row);
int bench_read(FILE *in, struct bench_results *results);
void bench_free(struct bench_results *results);
void bench_print_table(const struct bench_results *results);

/* bench_progress.c */
struct bench_progress {
	pthread_t thread;
	bool running;
};

bool bench_parse_progress(const char *line, u64 *done, u64 *all);
void bench_progress_begin(struct bench_progress *p);
void bench_progress_end(struct bench_progress *p);

#endif /* BULKCTL_BENCH_H */
