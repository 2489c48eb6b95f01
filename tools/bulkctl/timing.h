/* SPDX-License-Identifier: GPL-2.0-only */
/* Time every fill for as long as this process lives. */
#ifndef BULKCTL_TIMING_H
#define BULKCTL_TIMING_H

#include <sys/types.h>

/* Zeroed: nothing to put back. */
struct timing {
	int fd;		/* its close tells the process that waits; 0: there is none */
	pid_t pid;
};

int timing_begin(struct timing *timing);
void timing_end(struct timing *timing);

#endif /* BULKCTL_TIMING_H */
