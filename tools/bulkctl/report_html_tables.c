// SPDX-License-Identifier: GPL-2.0-only
/* The tables of a page: the modes of a user, its intervals, the machine. */
#include <math.h>
#include <string.h>

#include "report_cells.h"
#include "report_html.h"
#include "util.h"

static const char * const mode_columns[] = {
	"fills", "fills/s", "asked/fill", "got/fill", "short", "failed", "ns/fill", "ns/page",
	"locks/fill",
};

static void put_header(FILE *out, const char * const *columns, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		fprintf(out, "<th scope=\"col\">%s</th>", columns[i]);
	fputs("</tr></thead>\n<tbody>\n", out);
}

static void put_cell(FILE *out, const char *cell)
{
	fprintf(out, "<td>%s</td>", cell);
}

static void put_mode_cells(FILE *out, const struct user_interval *iv, const struct pb_counters *c)
{
	const u64 *v = c->v;
	char cell[CELL];

	put_cell(out, cell_count(cell, v[PB_FILLS]));
	put_cell(out, cell_rate(cell, v[PB_FILLS], iv->seconds));
	put_cell(out, cell_ratio(cell, v[PB_ASKED], v[PB_FILLS]));
	put_cell(out, cell_ratio(cell, v[PB_GOT], v[PB_FILLS]));
	put_cell(out, cell_count(cell, v[PB_SHORT]));
	put_cell(out, cell_count(cell, v[PB_FAILED]));
	put_cell(out, cell_ratio(cell, v[PB_NS], v[PB_TIMED_FILLS]));
	put_cell(out, cell_ratio(cell, v[PB_NS], v[PB_TIMED_GOT]));
	put_cell(out, cell_ratio(cell, v[PB_ZONE_LOCKS], v[PB_FILLS]));
	fputs("</tr>\n", out);
}

/* As in the text: a mode without activity has no row, unless it is the one that is set. */
static bool has_row(const struct user_interval *iv, const struct pb_counters *c)
{
	return pb_active(c) || !strcmp(c->mode, iv->mode);
}

static void put_modes(FILE *out, const struct user_interval *total)
{
	fputs("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">mode</th>", out);
	put_header(out, mode_columns, ARRAY_SIZE(mode_columns));
	for (unsigned int m = 0; m < total->delta.nr_modes; m++) {
		const struct pb_counters *c = &total->delta.modes[m];
		bool now = !strcmp(c->mode, total->mode);

		if (!has_row(total, c))
			continue;
		fprintf(out, "<tr%s><td>%s%s</td>", now ? " class=\"now\"" : "", c->mode,
			now ? " *" : "");
		put_mode_cells(out, total, c);
	}
	fputs("</tbody>\n</table></div>\n", out);
}

static void put_ends(FILE *out, const struct pb_counters *c)
{
	const char *separator = "";

	for (unsigned int key = PB_END_FIRST; key < PB_NR_KEYS; key++) {
		if (c->v[key] == PB_UNKNOWN || !c->v[key])
			continue;
		if (!*separator)
			fprintf(out, "<p>Fills in mode %s ended early by reason: ", c->mode);
		fprintf(out, "%s%s %llu", separator, pb_end_name(key), c->v[key]);
		separator = ", ";
	}
	if (*separator)
		fputs(".</p>\n", out);
}

static void put_notes(const struct html *html, FILE *out, const struct html_user *u)
{
	const struct pb_counters *stock = pb_find_mode(&u->total.delta, UPPER_BOUND_MODE);

	for (unsigned int m = 0; m < u->total.delta.nr_modes; m++)
		put_ends(out, &u->total.delta.modes[m]);
	if (stock && pb_active(stock) && html->untimed)
		fputs("<p>In stock, asked and got are upper bounds while timing is off.</p>\n",
		      out);
	if (u->dropped)
		fprintf(out, "<p class=\"note\">%s: %u of %u intervals are dropped.</p>\n",
			RESET_WORDS, u->dropped, html->nr);
}

static void put_intervals(const struct html *html, FILE *out, const struct html_user *u)
{
	fputs("<details><summary>Each interval</summary>\n<div class=\"wide\"><table>\n"
	      "<thead><tr><th scope=\"col\">from, s</th><th scope=\"col\">mode</th>", out);
	put_header(out, mode_columns, ARRAY_SIZE(mode_columns));
	for (unsigned int i = 0; i < html->nr; i++) {
		const struct html_row *row = &u->rows[i];

		if (row->iv.reset)
			fprintf(out, "<tr><td>%.3f</td><td colspan=\"10\">" RESET_WORDS
				": dropped</td></tr>\n", row->start);
		for (unsigned int m = 0; !row->iv.reset && m < row->iv.delta.nr_modes; m++) {
			const struct pb_counters *c = &row->iv.delta.modes[m];

			if (!has_row(&row->iv, c))
				continue;
			fprintf(out, "<tr><td>%.3f</td><td>%s%s</td>", row->start, c->mode,
				strcmp(c->mode, row->mode) ? "" : " *");
			put_mode_cells(out, &row->iv, c);
		}
	}
	fputs("</tbody>\n</table></div>\n</details>\n", out);
}

static void put_state(FILE *out, const struct user_interval *total)
{
	char cells[2][CELL];

	if (total->generation_start == total->generation_end)
		fprintf(out, "<p>Mode %s, generation %s.</p>\n", total->mode,
			cell_count(cells[0], total->generation_end));
	else
		fprintf(out, "<p>Switched: mode %s to %s, generation %s to %s.</p>\n",
			total->mode_start, total->mode,
			cell_count(cells[0], total->generation_start),
			cell_count(cells[1], total->generation_end));
}

/**
 * html_put_user() - print the section of a user
 * @html: all intervals
 * @out: where to
 * @u: the user
 *
 * Return: EXIT_DONE, or EXIT_FAILED after a message.
 */
int html_put_user(struct html *html, FILE *out, const struct html_user *u)
{
	int ret;

	fputs("<section>\n<h2>", out);
	html_put(out, u->name);
	fputs("</h2>\n", out);
	put_state(out, &u->total);
	if (!u->total.reset)
		put_modes(out, &u->total);
	put_notes(html, out, u);
	fputs("<div class=\"figures\">\n", out);
	ret = html_plot_user(html, out, u);
	fputs("</div>\n", out);
	if (html->nr > 1)
		put_intervals(html, out, u);
	else
		fputs("<p>One interval has no time line: --count N.</p>\n", out);
	fputs("</section>\n", out);
	return ret;
}

static void put_event(FILE *out, const struct report *r, const struct perf_result *p)
{
	const char *unit = p->event->unit;

	fputs("<tr><td>", out);
	html_put(out, p->event->name);
	if (p->reason) {
		fprintf(out, "</td><td colspan=\"%d\">", NR_PER + 1);
		html_put(out, p->reason);
		fputs("</td></tr>\n", out);
		return;
	}
	fprintf(out, "</td><td>%.*f %s%s</td>", unit ? 2 : 0, p->value, unit ?: "",
		p->scaled ? " (scaled)" : "");
	for (unsigned int i = 0; i < NR_PER; i++) {
		double value = per_value(p, &r->per, i);

		if (isnan(value))
			fputs("<td>-</td>", out);
		else
			fprintf(out, "<td>%.4g</td>", value);
	}
	fputs("</tr>\n", out);
}

static void put_pages(FILE *out, const char *name, u64 count, double seconds)
{
	char cell[CELL];

	fprintf(out, "<tr><td>%s</td>", name);
	put_cell(out, cell_count(cell, count));
	put_cell(out, cell_rate(cell, count, seconds));
	fputs("</tr>\n", out);
}

static void put_target(FILE *out, const struct perf_target *target)
{
	if (target->nfsd)
		fputs("<p>Of nfsd's threads only; ", out);
	else if (target->nr_pids)
		fputs("<p>Of the chosen processes only; ", out);
	else
		fputs("<p>Of all processes and the kernel; ", out);
	fputs(target->nr_cpus ? "on the chosen CPUs only.</p>\n" : "on all CPUs.</p>\n", out);
	if (per_has_counts(target))
		fputs("<p>Per fill, page, RPC and packet: all that was counted divided by their\n"
		      "number. That is not what one of them costs.</p>\n", out);
}

/**
 * html_put_machine() - print the sections of the events and of the machine
 * @html: all intervals
 * @out: where to
 */
void html_put_machine(const struct html *html, FILE *out)
{
	static const char * const event_columns[] = {
		"count", "per fill", "per page", "per RPC", "per packet",
	};
	static const char * const page_columns[] = { "pages", "pages/s" };
	const struct report *r = &html->total;
	const struct interval *iv = &r->iv;

	fputs("<section>\n<h2>Events</h2>\n", out);
	put_target(out, &r->request->target);
	fputs("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">event</th>", out);
	put_header(out, event_columns, ARRAY_SIZE(event_columns));
	for (unsigned int i = 0; i < r->request->events.nr; i++)
		put_event(out, r, &html->events[i]);
	fputs("</tbody>\n</table></div>\n</section>\n<section>\n<h2>Machine</h2>\n<table>\n"
	      "<thead><tr><th scope=\"col\">pages</th>", out);
	put_header(out, page_columns, ARRAY_SIZE(page_columns));
	put_pages(out, "allocated (pgalloc)", iv->vm.pgalloc, iv->seconds);
	put_pages(out, "freed (pgfree)", iv->vm.pgfree, iv->seconds);
	fputs("</tbody>\n</table>\n</section>\n", out);
}
