// SPDX-License-Identifier: GPL-2.0-only
/* A result for people. */
#include <math.h>
#include <string.h>

#include "result.h"
#include "util.h"

static void print_head(FILE *out, const struct ab_result *r)
{
	fprintf(out, "%s on %s%s%s%s%s: ", r->user, r->host ?: "?",
		r->machine.kernel[0] ? ", " : "", r->machine.kernel,
		r->machine.emulated[0] ? ", emulated by " : "", r->machine.emulated);
	for (unsigned int i = 0; i < r->nr_modes; i++)
		fprintf(out, "%s%s", i ? " against " : "", r->modes[i]);
	fprintf(out, "\n%u of %u rounds, slices of %g s, settle gap %g s", count_rounds(&r->slices),
		r->rounds, r->slice_s, r->settle_s);
	if (r->settle_last_s > r->settle_s)
		fprintf(out, " (lengthened to %g s)", r->settle_last_s);
	fprintf(out, ", seed %u\n", r->seed);
	if (r->interrupted)
		fputs("Interrupted: this is what there was until then.\n", out);
	if (r->aborted)
		fprintf(out, "Stopped: %s\n", r->aborted);
}

static unsigned int count_dropped(const struct slices *slices)
{
	unsigned int dropped = 0;

	for (unsigned int i = 0; i < slices->nr; i++)
		dropped += !!slices->v[i].dropped;
	return dropped;
}

static void print_dropped(FILE *out, const struct slices *slices, const char *of)
{
	unsigned int dropped = count_dropped(slices);

	if (!dropped)
		return;
	fprintf(out, "%u of %u slices%s were dropped", dropped, slices->nr, of);
	for (unsigned int i = 0; i < slices->nr; i++)
		if (slices->v[i].dropped) {
			fprintf(out, ", the first: %s", slices->v[i].dropped);
			break;
		}
	fputs("\n", out);
}

/* What the A/A arm says. */
static void print_noise(FILE *out, const struct ab_result *r)
{
	char floor[48], smallest[48];

	if (!r->analysis.noise)
		return;
	fprintf(out, "\n%s against itself, %u rounds:\n", r->modes[0], count_rounds(&r->aa));
	fprintf(out, "  %-24s %12s  %s\n", "metric", "noise floor", "smallest effect to be seen");
	for (unsigned int i = 0; i < r->nr_metrics; i++) {
		const struct noise *n = &r->analysis.noise[i];
		const struct metric *m = &r->metrics[i];

		if (n->scale == SCALE_NONE)
			continue;
		format_effect(n->scale, n->floor, m->unit, floor, sizeof(floor));
		format_effect(n->scale, n->smallest, m->unit, smallest, sizeof(smallest));
		fprintf(out, "  %-24s %12s  %s", m->name, floor + (*floor == '+'),
			isnan(n->smallest) ? "none with so few rounds" :
			smallest + (*smallest == '+'));
		if (n->p_holm <= ANALYSIS_ALPHA)
			fprintf(out, "  (differs from itself, p=%.4f; 1 run in 20 does by chance)",
				n->p_holm);
		fputs("\n", out);
	}
}

/**
 * format_value() - a value of a metric for people, with four digits that count
 * @value: the value; NAN becomes "-"
 * @buf: where it goes
 * @size: how long that may be
 */
void format_value(double value, char *buf, size_t size)
{
	if (isnan(value))
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, fabs(value) >= 1000 && fabs(value) < 1e9 ? "%.0f" : "%.4g",
			 value);
}

static void print_arm(FILE *out, const struct ab_result *r, unsigned int metric, unsigned int arm)
{
	const struct arm_summary *s = &r->analysis.summaries[metric * r->nr_modes + arm];
	struct experiment e = result_experiment(r);
	const struct metric *m = &r->metrics[metric];
	char median[32], p99[32], effect[48], low[48], high[48], sentence[256];
	const struct comparison *c;

	format_value(s->median, median, sizeof(median));
	format_value(s->p99, p99, sizeof(p99));
	fprintf(out, "  %-8s %5u %11s %11s", r->modes[arm], s->n, median, p99);
	if (!arm) {
		fputs("\n", out);
		return;
	}
	c = &r->analysis.comparisons[metric * (r->nr_modes - 1) + arm - 1];
	format_effect(c->scale, c->effect, m->unit, effect, sizeof(effect));
	format_effect(c->scale, c->low, m->unit, low, sizeof(low));
	format_effect(c->scale, c->high, m->unit, high, sizeof(high));
	verdict_sentence(c, m, experiment_comparisons(&e), sentence, sizeof(sentence));
	if (c->scale == SCALE_NONE)
		fprintf(out, "  %s\n", sentence);
	else
		fprintf(out, " %10s  [%s, %s]  p=%.4f  %s\n", effect, low, high, c->p_holm,
			sentence);
}

static void print_metrics(FILE *out, const struct ab_result *r)
{
	for (unsigned int i = 0; i < r->nr_metrics; i++) {
		const struct metric *m = &r->metrics[i];

		fprintf(out, "\n%s%s%s%s", m->name, m->unit ? " (" : "", m->unit ?: "",
			m->unit ? ")" : "");
		if (m->missing) {
			fprintf(out, ": not available: %s\n", m->missing);
			continue;
		}
		if (m->direction != NEITHER_IS_BETTER)
			fprintf(out, ", %s is better", direction_words[m->direction]);
		fprintf(out, "\n  %-8s %5s %11s %11s %10s  %s\n", "mode", "n", "median", "p99",
			"difference", "[95 % interval]  p (Holm)  verdict");
		for (unsigned int arm = 0; arm < r->nr_modes; arm++)
			print_arm(out, r, i, arm);
	}
}

static void print_carry_over(FILE *out, const struct ab_result *r)
{
	struct experiment e = result_experiment(r);
	char effect[48];

	for (unsigned int i = 0; r->analysis.carry_over && i < r->nr_metrics; i++) {
		const struct carry_over *c = &r->analysis.carry_over[i];

		if (!(c->p_holm <= ANALYSIS_ALPHA))
			continue;
		fprintf(out, "Carry-over in %s (p=%.4f): the first slice after a switch differs ",
			r->metrics[i].name, c->p_holm);
		fputs("from the next one by", out);
		for (unsigned int arm = 0; arm < r->nr_modes; arm++) {
			format_effect(c->scale, c->effect[arm], r->metrics[i].unit, effect,
				      sizeof(effect));
			fprintf(out, "%s %s (%s)", arm ? "," : "", effect, r->modes[arm]);
		}
		fputs("\n", out);
	}
	if (carry_over_found(&e, &r->analysis))
		fprintf(out, "Take --settle %g.\n",
			recommend_settle(&e, &r->analysis, r->settle_last_s, r->slice_s));
}

/* p99 needs more slices than most experiments have: said once, not shown as a number. */
static void print_p99(FILE *out, const struct ab_result *r)
{
	for (unsigned int i = 0; i < r->nr_metrics * r->nr_modes; i++)
		if (r->analysis.summaries[i].n &&
		    r->analysis.summaries[i].n < ANALYSIS_P99_SLICES) {
			fprintf(out, "A p99 needs %d slices of a mode (%d rounds).\n",
				ANALYSIS_P99_SLICES, ANALYSIS_P99_SLICES / 2);
			return;
		}
}

/**
 * result_text() - print a result for people
 * @out: where to
 * @r: the result, analysed
 */
void result_text(FILE *out, const struct ab_result *r)
{
	print_head(out, r);
	print_dropped(out, &r->aa, " of the A/A arm");
	print_dropped(out, &r->slices, "");
	print_noise(out, r);
	if (r->analysis.summaries) {
		print_metrics(out, r);
		fputs("\n", out);
		print_carry_over(out, r);
		print_p99(out, r);
	} else {
		fputs("\nNo slice of the experiment itself was measured.\n", out);
	}
	for (unsigned int i = 0; i < r->nr_notes; i++)
		fprintf(out, "Note: %s\n", r->notes[i]);
}
