/* SPDX-License-Identifier: GPL-2.0-only */
/* Conditions that end an experiment: --abort-if 'METRIC OP NUMBER'. */
#ifndef BULKCTL_GUARDS_H
#define BULKCTL_GUARDS_H

#include <stdbool.h>
#include <stddef.h>

#define GUARD_METRIC	64	/* longest name of a metric, with its NUL */

enum guard_op {
	GUARD_LT,
	GUARD_LE,
	GUARD_GT,
	GUARD_GE,
};

struct guard {
	char metric[GUARD_METRIC];
	enum guard_op op;
	double limit;
};

int guard_parse(const char *expr, struct guard *guard);
bool guard_trips(const struct guard *guard, double value);
void guard_format(const struct guard *guard, char *buf, size_t size);

#endif /* BULKCTL_GUARDS_H */
