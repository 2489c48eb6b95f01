// SPDX-License-Identifier: GPL-2.0-only
/* Numbers for people: "unknown" where there is none, "-" for a ratio to nothing. */
#include <math.h>
#include <stdio.h>

#include "pagebulk.h"
#include "report_cells.h"

const char *cell_number(char *buf, double number)
{
	snprintf(buf, CELL, "%.1f", number);
	return buf;
}

const char *cell_count(char *buf, u64 count)
{
	if (count == PB_UNKNOWN)
		return "unknown";
	snprintf(buf, CELL, "%llu", count);
	return buf;
}

const char *cell_rate(char *buf, u64 count, double seconds)
{
	double rate = pb_rate(count, seconds);

	return isnan(rate) ? "unknown" : cell_number(buf, rate);
}

/* Nothing per nothing is "-": there were no fills, which is known. */
const char *cell_ratio(char *buf, u64 num, u64 den)
{
	if (num == PB_UNKNOWN || den == PB_UNKNOWN)
		return "unknown";
	return den ? cell_number(buf, pb_ratio(num, den)) : "-";
}
