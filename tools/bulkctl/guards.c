// SPDX-License-Identifier: GPL-2.0-only
/* Conditions that end an experiment. */
#include <errno.h>
#include <float.h>
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
 * @guard: where it goes, untouched on error
 *
 * The metric's name is taken as it is: whether there is such a metric, the caller knows.
 *
 * Return: 0, or -EINVAL.
 */
int guard_parse(const char *expr, struct guard *guard)
{
	const char *s = expr + strspn(expr, " ");
	size_t len = strcspn(s, " <>");
	struct guard g = { };
	char *end;

	if (!len || len >= sizeof(g.metric))
		return -EINVAL;
	memcpy(g.metric, s, len);
	s += len;
	s += strspn(s, " ");
	if (parse_op(&s, &g.op))
		return -EINVAL;
	g.limit = strtod(s, &end);
	/* strtod() reads hexadecimal, too */
	if (end == s || !isfinite(g.limit) || memchr(s, 'x', end - s) || memchr(s, 'X', end - s))
		return -EINVAL;
	end += strspn(end, " ");
	if (*end)
		return -EINVAL;
	*guard = g;
	return 0;
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

/**
 * guard_format() - write a guard as guard_parse() takes it
 * @guard: the guard
 * @buf: where it goes
 * @size: size of @buf; 128 is always enough
 *
 * The limit has as few digits as make it the same number again.
 */
void guard_format(const struct guard *guard, char *buf, size_t size)
{
	char limit[32];

	for (int digits = 6; digits <= DBL_DECIMAL_DIG; digits++) {
		snprintf(limit, sizeof(limit), "%.*g", digits, guard->limit);
		if (strtod(limit, NULL) == guard->limit)
			break;
	}
	snprintf(buf, size, "%s%s%s", guard->metric, ops[guard->op], limit);
}
