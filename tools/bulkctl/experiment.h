/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's file experiment in debugfs: switches that go back when it is closed. */
#ifndef BULKCTL_EXPERIMENT_H
#define BULKCTL_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>

int experiment_open(void);
int experiment_switch(int fd, const char *user, const char *mode);
bool experiment_held(char *buf, size_t size);
int experiment_complain(int error);
int experiment_check(void);

#endif /* BULKCTL_EXPERIMENT_H */
