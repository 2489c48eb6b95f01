/* SPDX-License-Identifier: GPL-2.0-only */
/* Which processes used the CPUs meanwhile. */
#ifndef BULKCTL_BUSY_H
#define BULKCTL_BUSY_H

#include <stddef.h>
#include <sys/types.h>

#include "util.h"

#define BUSY_COMM	32

/* A process at one moment, or all processes of a name over a time. */
struct busy_process {
	pid_t pid;
	u64 start;		/* with the pid it names a process for good */
	u64 ticks;		/* of CPU time */
	unsigned int count;
	char comm[BUSY_COMM];
};

struct busy {
	struct busy_process *v;
	size_t nr;
};

int busy_parse(char *line, struct busy_process *p);
int busy_read(struct busy *b);
void busy_free(struct busy *b);
int busy_diff(const struct busy *start, const struct busy *end, const pid_t *ours,
	      size_t nr_ours, struct busy *diff);
void busy_format(const struct busy *diff, size_t max, long ticks_per_s, char *buf, size_t size);

#endif /* BULKCTL_BUSY_H */
