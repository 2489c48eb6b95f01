// SPDX-License-Identifier: GPL-2.0-only
/* The words of an analysis. */
#include <math.h>
#include <string.h>

#include "analysis.h"

const char * const verdict_words[] = {
	[VERDICT_NONE] = "no_values",
	[VERDICT_TOO_FEW] = "too_few_blocks",
	[VERDICT_NO_DIFFERENCE] = "no_difference",
	[VERDICT_IN_NOISE] = "within_noise_floor",
	[VERDICT_BETTER] = "better",
	[VERDICT_WORSE] = "worse",
	[VERDICT_DIFFERS] = "differs",
};

const char * const scale_words[] = {
	[SCALE_NONE] = "none",
	[SCALE_RATIO] = "ratio",
	[SCALE_RELATIVE] = "relative",
	[SCALE_ABSOLUTE] = "absolute",
};

const char * const direction_words[] = {
	[LOWER_IS_BETTER] = "lower",
	[HIGHER_IS_BETTER] = "higher",
	[NEITHER_IS_BETTER] = "none",
};

/**
 * effect_fraction() - a difference as a share of the first arm
 * @scale: its scale
 * @effect: the difference
 *
 * Return: 0.05 for 5 % more; NAN if there is no such share.
 */
double effect_fraction(enum scale scale, double effect)
{
	if (scale == SCALE_RATIO)
		return expm1(effect);
	return scale == SCALE_RELATIVE ? effect : NAN;
}

/**
 * format_effect() - a difference for people
 * @scale: its scale
 * @effect: the difference
 * @unit: the metric's, or NULL
 * @buf: where it goes
 * @size: how long that may be
 */
void format_effect(enum scale scale, double effect, const char *unit, char *buf, size_t size)
{
	double percent = 100 * effect_fraction(scale, effect);

	if (!isfinite(effect))
		snprintf(buf, size, "unknown");
	else if (scale == SCALE_ABSOLUTE)
		snprintf(buf, size, "%+.3g%s%s", effect, unit ? " " : "", unit ?: "");
	else
		snprintf(buf, size, "%+.*f %%", fabs(percent) < 0.995 ? 2 : 1, percent);
}

/* A size, without the sign. */
static void format_size(const struct comparison *c, double effect, const struct metric *m,
			char *buf, size_t size)
{
	format_effect(c->scale, fabs(effect), m->unit, buf, size);
	if (*buf == '+')
		memmove(buf, buf + 1, strlen(buf));
}

static void no_difference(const struct comparison *c, const struct metric *m, char *buf,
			  size_t size)
{
	char seen[48];

	if (!isfinite(c->seen)) {
		snprintf(buf, size, "no difference above the noise");
	} else if (!c->seen) {
		snprintf(buf, size, "no difference: all rounds alike");
	} else {
		format_size(c, c->seen, m, seen, sizeof(seen));
		snprintf(buf, size, "no difference above the noise (could have seen %s)", seen);
	}
}

/**
 * verdict_sentence() - a verdict for people
 * @c: the comparison
 * @m: its metric
 * @comparisons: how many p-values were corrected together
 * @buf: where it goes
 * @size: how long that may be
 */
void verdict_sentence(const struct comparison *c, const struct metric *m, unsigned int comparisons,
		      char *buf, size_t size)
{
	char floor[48];

	switch (c->verdict) {
	case VERDICT_NONE:
		snprintf(buf, size, "nothing to compare%s%s", m->missing ? ": " : "",
			 m->missing ?: "");
		break;
	case VERDICT_TOO_FEW:
		snprintf(buf, size,
			 "too few rounds: %u are complete, with %u comparisons at least %u are needed",
			 c->blocks, comparisons, blocks_needed(comparisons));
		break;
	case VERDICT_NO_DIFFERENCE:
		no_difference(c, m, buf, size);
		break;
	case VERDICT_IN_NOISE:
		format_size(c, c->floor, m, floor, sizeof(floor));
		snprintf(buf, size, "not more than the first mode differs from itself (%s)", floor);
		break;
	case VERDICT_DIFFERS:
		snprintf(buf, size, "differs%s", c->mixed ?
			 ": most rounds to one side, the mean, by a few, to the other" : "");
		break;
	default:
		snprintf(buf, size, "%s", verdict_words[c->verdict]);
	}
}
