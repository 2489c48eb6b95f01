// SPDX-License-Identifier: GPL-2.0-only
/* Compared results for people: rows are metrics and files, columns are modes. */
#include <math.h>
#include <string.h>

#include "compare.h"
#include "util.h"

#define CELL		80
#define COLUMNS		(2 + MAX_ARMS)

/* A row of the table; the first two columns are metric and file. */
struct row {
	char cells[COLUMNS][CELL];
};

struct table {
	FILE *out;
	enum table_form form;
	unsigned int columns;
	int width[COLUMNS];
	bool measuring;		/* the first pass only finds the widths */
};

/* Characters, not bytes: a path may have others than ASCII. */
static int cell_width(const char *s)
{
	int width = 0;

	for (; *s; s++)
		width += (*s & 0xc0) != 0x80;
	return width;
}

/* In Markdown a bar would end the cell. */
static void put_markdown(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '|' || *s == '*' || *s == '_' || *s == '\\')
			fputc('\\', out);
		fputc(*s, out);
	}
}

static void put_row(struct table *t, const struct row *row)
{
	for (unsigned int i = 0; i < t->columns; i++) {
		const char *cell = row->cells[i];
		int pad = t->width[i] - cell_width(cell);

		if (t->measuring) {
			t->width[i] = pad < 0 ? t->width[i] - pad : t->width[i];
		} else if (t->form == TABLE_MARKDOWN) {
			fputs("| ", t->out);
			put_markdown(t->out, cell);
			fputs(i + 1 == t->columns ? " |\n" : " ", t->out);
		} else {
			fprintf(t->out, "%*s%s%*s%s", i < 2 ? 0 : pad, "", cell,
				i < 2 ? pad : 0, "", i + 1 == t->columns ? "\n" : "  ");
		}
	}
}

static void put_rule(struct table *t)
{
	if (t->measuring || t->form != TABLE_MARKDOWN)
		return;
	for (unsigned int i = 0; i < t->columns; i++)
		fputs(i < 2 ? "| --- " : "| ---: ", t->out);
	fputs("|\n", t->out);
}

/* The file without its directory, unless two have the same name. */
static const char *label(const struct compared *c, unsigned int file)
{
	const char *name = basename(c->paths[file]);

	for (unsigned int i = 0; i < c->nr; i++)
		if (i != file && !strcmp(basename(c->paths[i]), name))
			return c->paths[file];
	return name;
}

static void name_metric(const struct metric *m, char *buf)
{
	snprintf(buf, CELL, "%s%s%s%s", m->name, m->unit ? " (" : "", m->unit ?: "",
		 m->unit ? ")" : "");
}

static void arm_cell(const struct compared *c, unsigned int metric, unsigned int file,
		     unsigned int arm, char *buf)
{
	const struct ab_result *r = &c->results[file];
	unsigned int same = same_metric(c, metric, file);
	const struct comparison *cmp = arm ? compared_arm(c, metric, file, arm) : NULL;
	char value[24], effect[40];

	if (!r->analysis.summaries || r->metrics[same].missing) {
		snprintf(buf, CELL, "not available");
		return;
	}
	format_value(r->analysis.summaries[same * r->nr_modes + arm].median, value, sizeof(value));
	if (!cmp || cmp->scale == SCALE_NONE) {
		snprintf(buf, CELL, "%s", value);
		return;
	}
	format_effect(cmp->scale, cmp->effect, r->metrics[same].unit, effect, sizeof(effect));
	snprintf(buf, CELL, "%s (%s)%s", value, effect, is_significant(cmp) ? "*" : " ");
}

static void pooled_cell(const struct pooled *p, const char *unit, char *buf)
{
	char effect[24], low[24], high[24];

	if (p->scale == SCALE_NONE) {
		snprintf(buf, CELL, "not pooled");
		return;
	}
	format_effect(p->scale, p->effect, unit, effect, sizeof(effect));
	format_effect(p->scale, p->low, unit, low, sizeof(low));
	format_effect(p->scale, p->high, unit, high, sizeof(high));
	snprintf(buf, CELL, "%s [%s, %s]%s", effect, low, high,
		 p->p_holm <= ANALYSIS_ALPHA ? "*" : " ");
}

static void put_rows(struct table *t, const struct compared *c)
{
	const struct ab_result *first = &c->results[0];
	struct row row = { { "metric", "file" } };

	for (unsigned int arm = 0; arm < first->nr_modes; arm++)
		snprintf(row.cells[2 + arm], CELL, "%s", first->modes[arm]);
	put_row(t, &row);
	put_rule(t);
	for (unsigned int m = 0; m < first->nr_metrics; m++) {
		for (unsigned int file = 0; file < c->nr; file++) {
			name_metric(&first->metrics[m], row.cells[0]);
			snprintf(row.cells[1], CELL, "%s", label(c, file));
			for (unsigned int arm = 0; arm < first->nr_modes; arm++)
				arm_cell(c, m, file, arm, row.cells[2 + arm]);
			put_row(t, &row);
		}
		if (!c->pooled)
			continue;
		snprintf(row.cells[1], CELL, "pooled");
		row.cells[2][0] = '\0';
		for (unsigned int arm = 1; arm < first->nr_modes; arm++)
			pooled_cell(&c->pooled[m * (first->nr_modes - 1) + arm - 1],
				    first->metrics[m].unit, row.cells[2 + arm]);
		put_row(t, &row);
	}
}

/* Markdown would make one paragraph of these lines. */
static const char *bullet(const struct table *t)
{
	return t->form == TABLE_MARKDOWN ? "- " : "";
}

static void put_heterogeneity(const struct table *t, const struct compared *c)
{
	FILE *out = t->out;
	const struct ab_result *first = &c->results[0];
	unsigned int arms = first->nr_modes - 1;
	char low[48], high[48];

	for (unsigned int i = 0; i < first->nr_metrics * arms; i++) {
		const struct metric *m = &first->metrics[i / arms];
		const struct pooled *p = &c->pooled[i];

		fprintf(out, "%s%s, %s: ", bullet(t), m->name, first->modes[i % arms + 1]);
		if (p->scale == SCALE_NONE) {
			fprintf(out, "not pooled: %s\n", p->why);
			continue;
		}
		fprintf(out, "%u files, p=%.4f; heterogeneity: ", p->files, p->p_holm);
		fprintf(out, "Q=%.2f (p=%.4f), I2=%.0f %%, tau2=%.3g", p->q, p->q_p, 100 * p->i2,
			p->tau2);
		if (isfinite(p->predict_low)) {
			format_effect(p->scale, p->predict_low, m->unit, low, sizeof(low));
			format_effect(p->scale, p->predict_high, m->unit, high, sizeof(high));
			fprintf(out, "; one more machine: %s to %s", low, high);
		}
		fputs("\n", out);
	}
}

static void put_legend(const struct table *t, const struct compared *c)
{
	FILE *out = t->out;

	fprintf(out, "\nMedians of the slices; in brackets the difference to %s.\n",
		c->results[0].modes[0]);
	if (t->form == TABLE_MARKDOWN)
		fputc('\\', out);
	fputs("* significant at 5 %, after Holm's correction, and above the A/A noise floor\n",
	      out);
	if (c->pooled)
		fputs("pooled: mean of a random-effects model and its 95 % interval.\n", out);
}

static void put_marks(const struct table *t, const struct compared *c)
{
	FILE *out = t->out;

	for (unsigned int i = 0; i < c->nr; i++) {
		const struct ab_result *r = &c->results[i];

		if (r->interrupted)
			fprintf(out, "%s: interrupted after %u of %u rounds\n", c->paths[i],
				count_rounds(&r->slices), r->rounds);
		if (r->aborted)
			fprintf(out, "%s: stopped: %s\n", c->paths[i], r->aborted);
	}
	if (!c->nr_differences)
		return;
	fputs("FORCED: the results differ in what may explain a difference:\n", out);
	for (unsigned int i = 0; i < c->nr_differences; i++)
		fprintf(out, "%s%s: '%s' (%s), '%s' (%s)\n",
			t->form == TABLE_MARKDOWN ? "- " : "  ", c->differences[i].name,
			c->differences[i].first, c->paths[0], c->differences[i].other,
			c->paths[c->differences[i].file]);
}

static void put_quoted(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s; s++) {
		if (*s == '"')
			fputc('"', out);
		fputc(*s, out);
	}
	fputc('"', out);
}

/* A field of CSV; empty if it is not known. */
static void put_number(FILE *out, double value)
{
	fputc(',', out);
	if (isfinite(value))
		fprintf(out, "%.9g", value);
}

static void csv_row(FILE *out, const struct compared *c, unsigned int metric, unsigned int file,
		    unsigned int arm)
{
	const struct ab_result *r = &c->results[file];
	unsigned int same = same_metric(c, metric, file);
	const struct comparison *cmp = arm ? compared_arm(c, metric, file, arm) : NULL;
	const struct arm_summary *s = &r->analysis.summaries[same * r->nr_modes + arm];

	put_quoted(out, c->paths[file]);
	fputc(',', out);
	put_quoted(out, r->metrics[same].name);
	fputc(',', out);
	put_quoted(out, r->metrics[same].unit ?: "");
	fputc(',', out);
	put_quoted(out, r->modes[arm]);
	fprintf(out, ",%u", s->n);
	put_number(out, s->median);
	put_number(out, s->p99);
	fprintf(out, ",%s", cmp ? scale_words[cmp->scale] : "");
	put_number(out, cmp ? cmp->effect : NAN);
	put_number(out, cmp ? cmp->low : NAN);
	put_number(out, cmp ? cmp->high : NAN);
	put_number(out, cmp ? 100 * effect_fraction(cmp->scale, cmp->effect) : NAN);
	put_number(out, cmp ? cmp->p_holm : NAN);
	fprintf(out, ",%s,%s\n", cmp ? verdict_words[cmp->verdict] : "",
		c->nr_differences ? "yes" : "no");
}

static void csv_pooled(FILE *out, const struct compared *c, unsigned int metric, unsigned int arm)
{
	const struct ab_result *r = &c->results[0];
	const struct pooled *p = &c->pooled[metric * (r->nr_modes - 1) + arm - 1];
	bool known = p->scale != SCALE_NONE;

	fputs("pooled,", out);
	put_quoted(out, r->metrics[metric].name);
	fputc(',', out);
	put_quoted(out, r->metrics[metric].unit ?: "");
	fputc(',', out);
	put_quoted(out, r->modes[arm]);
	fprintf(out, ",%u,,,%s", p->files, scale_words[p->scale]);
	put_number(out, known ? p->effect : NAN);
	put_number(out, known ? p->low : NAN);
	put_number(out, known ? p->high : NAN);
	put_number(out, 100 * effect_fraction(p->scale, p->effect));
	put_number(out, p->p_holm);
	fprintf(out, ",,%s\n", c->nr_differences ? "yes" : "no");
}

static void put_csv(FILE *out, const struct compared *c)
{
	const struct ab_result *first = &c->results[0];

	fputs("file,metric,unit,mode,n,median,p99,scale,effect,low,high,effect_percent,", out);
	fputs("p_holm,verdict,forced\n", out);
	for (unsigned int m = 0; m < first->nr_metrics; m++) {
		for (unsigned int file = 0; file < c->nr; file++)
			for (unsigned int arm = 0; arm < first->nr_modes; arm++)
				if (c->results[file].analysis.summaries)
					csv_row(out, c, m, file, arm);
		for (unsigned int arm = 1; c->pooled && arm < first->nr_modes; arm++)
			csv_pooled(out, c, m, arm);
	}
}

/**
 * compare_table() - print compared results
 * @out: where to
 * @c: the files
 * @form: text, Markdown or CSV
 */
void compare_table(FILE *out, const struct compared *c, enum table_form form)
{
	struct table t = { .out = out, .form = form, .columns = 2 + c->results[0].nr_modes,
			   .measuring = true };

	if (form == TABLE_CSV) {
		put_csv(out, c);
		return;
	}
	put_marks(&t, c);
	if (form == TABLE_MARKDOWN && c->nr_differences)
		fputs("\n", out);
	put_rows(&t, c);
	t.measuring = false;
	put_rows(&t, c);
	put_legend(&t, c);
	if (c->pooled && form == TABLE_MARKDOWN)
		fputs("\n", out);
	if (c->pooled)
		put_heterogeneity(&t, c);
}
