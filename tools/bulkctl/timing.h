/* SPDX-License-Identifier: GPL-2.0-only */
/* Time every fill for as long as this process lives. */
#ifndef BULKCTL_TIMING_H
#define BULKCTL_TIMING_H

#include "undo.h"

int timing_begin(struct undo *undo);

#endif /* BULKCTL_TIMING_H */
