/* SPDX-License-Identifier: GPL-2.0-only */
/* What bulkctl report was asked for, and doing it. */
#ifndef BULKCTL_REPORT_RUN_H
#define BULKCTL_REPORT_RUN_H

#include "output.h"
#include "perf.h"
#include "util.h"

enum report_format {
	REPORT_TEXT,
	REPORT_JSON,
	REPORT_CSV,
	REPORT_OPENMETRICS,
	REPORT_HTML,
	NR_REPORT_FORMATS
};

struct report_request {
	u64 interval;	/* ns */
	u64 count;
	enum report_format format;
	const char *output;	/* NULL: standard output */
	struct perf_request perf;
};

int report_run(const struct report_request *opts, FILE *out);

#endif /* BULKCTL_REPORT_RUN_H */
