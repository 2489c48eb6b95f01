// SPDX-License-Identifier: GPL-2.0-only
/* Conditions that end an experiment. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guards.h"
#include "util.h"

static const char * const ops[] = {
	[GUARD_LT] = "<",
	[GUARD_LE] = "<=",
	[GUARD_GT] = ">",
	[GUARD_GE] = ">=",
};

/* Longest first: "<=" begins with "<". */
static int parse_op(const char **s, enum guard_op *op)
{
	static const enum guard_op order[] = { GUARD_LE, GUARD_GE, GUARD_LT, GUARD_GT };

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		size_t len = strlen(ops[order[i]]);

		if (strncmp(*s, ops[order[i]], len))
			continue;
		*op = order[i];
		*s += len;
		return 0;
	}
	return -EINVAL;
}

/**
 * guard_parse() - parse METRIC OP NUMBER, with or without blanks around OP
 * @expr: the expression; OP is one of < <= > >=
 * @guard: where it goes
 *
 * The metric's name is taken as it is: whether there is such a metric, the caller knows.
 *
 * Return: 0, or -EINVAL.
 */
int guard_parse(const char *expr, struct guard *guard)
{
	const char *s = expr + strspn(expr, " ");
	size_t len = strcspn(s, " <>");
	char *end;

	if (!len || len >= sizeof(guard->metric))
		return -EINVAL;
	memcpy(guard->metric, s, len);
	guard->metric[len] = '\0';
	s += len;
	s += strspn(s, " ");
	if (parse_op(&s, &guard->op))
		return -EINVAL;
	guard->limit = strtod(s, &end);
	if (end == s || !isfinite(guard->limit))
		return -EINVAL;
	end += strspn(end, " ");
	return *end ? -EINVAL : 0;
}

/* An unknown value trips nothing: there is nothing to be said of it. */
bool guard_trips(const struct guard *guard, double value)
{
	switch (guard->op) {
	case GUARD_LT:
		return value < guard->limit;
	case GUARD_LE:
		return value <= guard->limit;
	case GUARD_GT:
		return value > guard->limit;
	case GUARD_GE:
		return value >= guard->limit;
	}
	return false;
}

void guard_format(const struct guard *guard, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s%g", guard->metric, ops[guard->op], guard->limit);
}
