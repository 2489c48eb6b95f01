/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of trace-cmd. */
#ifndef BULKCTL_TRACE_FILE_H
#define BULKCTL_TRACE_FILE_H

#include "trace_summary.h"

int trace_file_sum(const char *path, struct trace_summary *sum);

#endif /* BULKCTL_TRACE_FILE_H */
