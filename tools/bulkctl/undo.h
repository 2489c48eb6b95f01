/* SPDX-License-Identifier: GPL-2.0-only */
/* What is to be undone when this process ends, however it ends. */
#ifndef BULKCTL_UNDO_H
#define BULKCTL_UNDO_H

#include <sys/types.h>

/* Zeroed: nothing to undo. */
struct undo {
	int fd;		/* its close tells the process that waits; 0: there is none */
	pid_t pid;
};

int undo_begin(struct undo *undo, int (*fn)(void));
void undo_end(struct undo *undo);

#endif /* BULKCTL_UNDO_H */
