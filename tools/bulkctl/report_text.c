// SPDX-License-Identifier: GPL-2.0-only
/* A report for people: a table per user with modes as rows, then the machine. */
#include <string.h>

#include "report.h"
#include "report_cells.h"
#include "util.h"

static void print_row(FILE *out, const struct user_interval *u, const struct pb_counters *c)
{
	char cells[8][CELL];
	const u64 *v = c->v;

	fprintf(out, "%c %-8s %10s %10s %9s %8s %8s %10s %8s %8s\n",
		strcmp(c->mode, u->mode) ? ' ' : '*', c->mode,
		cell_rate(cells[0], v[PB_FILLS], u->seconds),
		cell_ratio(cells[1], v[PB_ASKED], v[PB_FILLS]),
		cell_ratio(cells[2], v[PB_GOT], v[PB_FILLS]),
		cell_count(cells[3], v[PB_SHORT]),
		cell_count(cells[4], v[PB_FAILED]),
		cell_ratio(cells[5], v[PB_NS], v[PB_TIMED_FILLS]),
		cell_ratio(cells[6], v[PB_NS], v[PB_TIMED_GOT]),
		cell_ratio(cells[7], v[PB_ZONE_LOCKS], v[PB_FILLS]));
}

static void print_ends(FILE *out, const struct pb_counters *c)
{
	bool first = true;

	for (unsigned int key = PB_END_FIRST; key < PB_NR_KEYS; key++) {
		if (c->v[key] == PB_UNKNOWN || !c->v[key])
			continue;
		if (first)
			fprintf(out, "  %s fills ended early by reason:", c->mode);
		fprintf(out, "%s %s %llu", first ? "" : ",", pb_end_name(key), c->v[key]);
		first = false;
	}
	if (!first)
		fputc('\n', out);
}

static void print_notes(FILE *out, const struct interval *iv, const struct user_interval *u)
{
	const struct pb_counters *stock = pb_find_mode(&u->delta, UPPER_BOUND_MODE);

	for (unsigned int i = 0; i < u->delta.nr_modes; i++)
		print_ends(out, &u->delta.modes[i]);
	if (stock && pb_active(stock))
		fputs("  stock: asked and got are upper bounds while timing is off\n",
		      out);
	if (!iv->timing)
		fputs("  " TIMING_OFF "\n", out);
}

static void print_user(FILE *out, const struct interval *iv, const struct user_interval *u)
{
	char cells[2][CELL];

	if (u->generation_start == u->generation_end)
		fprintf(out, "\n%s: mode %s, generation %s\n", u->user, u->mode,
			cell_count(cells[0], u->generation_end));
	else
		fprintf(out, "\n%s: switched: mode %s -> %s, generation %s -> %s in the interval\n",
			u->user, u->mode_start, u->mode,
			cell_count(cells[0], u->generation_start),
			cell_count(cells[1], u->generation_end));
	if (u->reset) {
		fputs("  " RESET_WORDS ": dropped\n", out);
		return;
	}

	fprintf(out, "  %-8s %10s %10s %9s %8s %8s %10s %8s %8s\n", "mode", "fills/s",
		"asked/fill", "got/fill", "short", "failed", "ns/fill", "ns/page", "locks/fill");
	for (unsigned int i = 0; i < u->delta.nr_modes; i++) {
		const struct pb_counters *c = &u->delta.modes[i];

		if (pb_active(c) || !strcmp(c->mode, u->mode))
			print_row(out, u, c);
	}
	print_notes(out, iv, u);
}

static void print_pages(FILE *out, const char *name, u64 count, double seconds)
{
	if (count == PB_UNKNOWN)
		fprintf(out, "  %-18s unknown\n", name);
	else
		fprintf(out, "  %-18s %16llu %14.1f/s pages\n", name, count,
			pb_rate(count, seconds));
}

/**
 * report_text() - print one interval
 * @out: where to
 * @r: the report
 *
 * A number that the kernel does not give is "unknown"; "-" is a ratio to nothing.
 */
void report_text(FILE *out, const struct report *r)
{
	const struct interval *iv = &r->iv;

	fprintf(out, "page_bulk report: kernel %s, %.3f s", r->machine->kernel, iv->seconds);
	if (*r->machine->emulated)
		fprintf(out, ", under %s", r->machine->emulated);
	fputc('\n', out);

	for (unsigned int i = 0; i < iv->nr_users; i++)
		print_user(out, iv, &iv->users[i]);

	report_text_events(out, r);
	fputs("\nmachine\n", out);
	print_pages(out, "pgalloc", iv->vm.pgalloc, iv->seconds);
	print_pages(out, "pgfree", iv->vm.pgfree, iv->seconds);
}
