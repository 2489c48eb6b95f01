/* SPDX-License-Identifier: GPL-2.0-only */
/* The counters since boot or reset, for Prometheus. */
#ifndef BULKCTL_REPORT_OPENMETRICS_H
#define BULKCTL_REPORT_OPENMETRICS_H

#include <stdio.h>

int report_openmetrics(FILE *out);

#endif /* BULKCTL_REPORT_OPENMETRICS_H */
