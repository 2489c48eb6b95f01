/* SPDX-License-Identifier: GPL-2.0-only */
/* bulkctl ab: an experiment on live traffic. For cmd_ab.c and ab_*.c. */
#ifndef BULKCTL_AB_H
#define BULKCTL_AB_H

#include <stdbool.h>

#include "command.h"
#include "confounders.h"
#include "guards.h"
#include "metrics.h"
#include "perf.h"
#include "result.h"
#include "timing.h"
#include "util.h"

#define AB_MAX_GUARDS	16

struct ab_options {
	const char *user;
	unsigned int nr_modes;
	char modes[MAX_ARMS][PB_NAME];
	u64 rounds;		/* 0: as many as needed */
	u64 aa_rounds;
	u64 slice, settle;	/* ns */
	unsigned int seed;
	struct guard guards[AB_MAX_GUARDS];
	unsigned int nr_guards;
	const char *output;	/* -o; NULL: none */
	const char *metric_file;
	char **command;		/* NULL: none */
	bool per_slice;
	bool no_timing;
	bool keep_going;
	bool force;
	bool json;
	bool dry_run;
};

/* What the loop carries from slice to slice. */
struct ab {
	const struct ab_options *opts;
	struct ab_result *result;
	struct metric_set *metrics;	/* those of the result first, then those of guards */
	struct command command;
	struct undo timing;		/* of timing_begin() */
	struct confounders_start start;
	int experiment;			/* the kernel's file; -1: not open */
	int signals;			/* signalfd */
	int signal;			/* the one that ended it; 0: none */
	bool overridden;		/* an administrator has written the user's sysctl */
	bool command_ended;		/* by itself, and a note says so */
	const char *mode;		/* that is set now; NULL: none of ours */
	u64 settle;			/* now */
	double measured;		/* seconds of all slices so far */
	unsigned int done, total;	/* slices */
	u64 began;			/* CLOCK_MONOTONIC */
	char stopped[256];		/* why it ended early, as a sentence; "": it did not */
};

/* ab_wait.c */
int ab_catch_signals(struct ab *ab);
bool ab_wait(struct ab *ab, u64 deadline);
bool ab_wait_command(struct ab *ab);
bool ab_stopped(const struct ab *ab);
void ab_progress(const struct ab *ab, const char *label);

/* ab_slice.c */
int ab_slice(struct ab *ab, struct slices *to, unsigned int block, unsigned int position,
	     unsigned int arm, const char *mode);

/* ab_run.c */
unsigned int ab_total(const struct ab_result *r);
int ab_begin_metrics(struct ab *ab, unsigned int reported, const struct perf_request *request);
void ab_end_metrics(struct ab *ab);
int ab_run(const struct ab_options *opts, struct metric_set *metrics, unsigned int reported,
	   const struct perf_request *request, struct ab_result *result);

/* ab_plan.c */
int ab_plan(const struct ab_options *opts, struct metric_set *metrics, unsigned int reported,
	    const struct perf_request *request, struct ab_result *result);

#endif /* BULKCTL_AB_H */
