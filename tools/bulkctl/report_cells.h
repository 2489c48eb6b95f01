/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers for people: "unknown" where there is none, "-" for a ratio to nothing. */
#ifndef BULKCTL_REPORT_CELLS_H
#define BULKCTL_REPORT_CELLS_H

#include "util.h"

#define CELL	24	/* no number of ours is longer */

const char *cell_number(char *buf, double number);
const char *cell_count(char *buf, u64 count);
const char *cell_rate(char *buf, u64 count, double seconds);
const char *cell_ratio(char *buf, u64 num, u64 den);

#endif /* BULKCTL_REPORT_CELLS_H */
