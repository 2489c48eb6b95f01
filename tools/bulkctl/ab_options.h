/* SPDX-License-Identifier: GPL-2.0-only */
/* The options of bulkctl ab; for cmd_ab.c. */
#ifndef BULKCTL_AB_OPTIONS_H
#define BULKCTL_AB_OPTIONS_H

#include "ab.h"

#define AB_AS_ROUNDS	UINT64_MAX	/* --aa-rounds was not given */

bool ab_parse_options(int argc, char *argv[], struct ab_options *opts, struct metric_set *metrics,
		      struct perf_request *request, int *exit_code);
bool is_kmem_event(const struct perf_event *event);
int ab_check_names(const struct ab_options *opts);

#endif /* BULKCTL_AB_OPTIONS_H */
