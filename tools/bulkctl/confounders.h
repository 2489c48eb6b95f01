/* SPDX-License-Identifier: GPL-2.0-only */
/* What may explain a difference between two results, besides the modes. */
#ifndef BULKCTL_CONFOUNDERS_H
#define BULKCTL_CONFOUNDERS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "busy.h"
#include "result.h"

#define CONFOUNDER_TEXT	4096	/* longest value */

/* What is read at both ends of an experiment. */
struct confounders_start {
	struct busy busy;
	u64 ns;			/* CLOCK_MONOTONIC */
	double cpu_s;		/* that bulkctl has used */
};

void confounders_begin(struct confounders_start *start);
int confounders_add(struct ab_result *r);
int confounders_end(struct ab_result *r, struct confounders_start *start, pid_t command);

/* confounders_kernel.c */
int build_id_parse(const unsigned char *notes, size_t len, char *buf, size_t size);
void build_id_read(char *buf, size_t size);
void debug_options_read(char *buf, size_t size);
bool config_find(char path[PATH_MAX]);
void config_options(const char *path, char *buf, size_t size);
void kmem_events_read(char *buf, size_t size);
void pcp_parse(FILE *in, char *limits, char *high, size_t size);

/* "a b c" in @buf; nothing is added that does not fit. */
void append(char *buf, size_t size, const char *separator, const char *text);

#endif /* BULKCTL_CONFOUNDERS_H */
