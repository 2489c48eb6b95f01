// SPDX-License-Identifier: GPL-2.0-only
/* What trace prints for people. */
#include <string.h>

#include "report.h"
#include "trace_show.h"

#define CELL	24

/**
 * trace_losses_format() - what the CPUs lost, in words
 * @lost: events by CPU
 * @buf: "12 on CPU 0, at least 85 on CPU 1", cut off if it does not fit
 * @size: size of @buf
 */
void trace_losses_format(const struct trace_losses *lost, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < lost->nr && len < size; i++) {
		const struct trace_lost *l = &lost->cpus[i];

		len += snprintf(buf + len, size - len, "%s%s%llu on CPU %d", i ? ", " : "",
				l->more ? "more than " : "", l->events, l->cpu);
	}
}

static const char *cell_ratio(char *buf, u64 num, u64 den)
{
	if (!den)
		return "-";
	snprintf(buf, CELL, "%.1f", pb_ratio(num, den));
	return buf;
}

static void print_totals_head(FILE *out)
{
	fprintf(out, " %10s %10s %9s %8s %8s %9s\n", "fills", "asked/fill", "got/fill", "short",
		"failed", "ns/fill");
}

static void print_totals(FILE *out, const struct trace_totals *t)
{
	char cells[3][CELL];

	fprintf(out, " %10llu %10s %9s %8llu %8llu %9s\n", t->fills,
		cell_ratio(cells[0], t->asked, t->fills), cell_ratio(cells[1], t->got, t->fills),
		t->short_fills, t->failed, cell_ratio(cells[2], t->ns, t->timed_fills));
}

static void print_modes(FILE *out, const struct trace_table *modes)
{
	bool bounds = false;

	fprintf(out, "\nfills by user and mode\n  %-12s %-8s", "user", "mode");
	print_totals_head(out);
	for (size_t i = 0; i < modes->nr; i++) {
		const struct trace_row *row = &modes->rows[i];

		fprintf(out, "  %-12s %-8s", row->user, row->mode);
		print_totals(out, &row->totals);
		bounds |= !strcmp(row->mode, UPPER_BOUND_MODE) &&
			  row->totals.timed_fills < row->totals.fills;
	}
	if (bounds)
		fputs("  " UPPER_BOUND_MODE ": asked and got are upper bounds without timing\n",
		      out);
}

/* "softirq", "nfsd in svc_recv" */
static void format_caller(const struct trace_row *row, char *buf, size_t size)
{
	const char *who = row->kind == TRACE_TASK ? row->who : trace_context_names[row->kind];

	snprintf(buf, size, "%s%s%s", who, *row->function ? " in " : "", row->function);
}

static void print_callers(FILE *out, const struct trace_table *callers)
{
	char name[2 * TRACE_NAME + 8];

	fprintf(out, "\nfills by caller\n  %-12s %-8s %-32s", "user", "mode", "caller");
	print_totals_head(out);
	for (size_t i = 0; i < callers->nr; i++) {
		const struct trace_row *row = &callers->rows[i];

		format_caller(row, name, sizeof(name));
		fprintf(out, "  %-12s %-8s %-32s", row->user, row->mode, name);
		print_totals(out, &row->totals);
	}
}

static const char *interface_name(const struct trace_row *row)
{
	switch (row->kind) {
	case TRACE_VIA_POLL:
		return row->who;
	case TRACE_VIA_NO_NAPI:
		return "none: not in a poll";
	}
	return "unknown";
}

static void print_interfaces(FILE *out, const struct trace_summary *sum)
{
	if (!sum->interfaces.nr)
		return;
	fprintf(out, "\npage_pool by interface\n  %-20s %-8s", "interface", "mode");
	print_totals_head(out);
	for (size_t i = 0; i < sum->interfaces.nr; i++) {
		const struct trace_row *row = &sum->interfaces.rows[i];

		fprintf(out, "  %-20s %-8s", interface_name(row), row->mode);
		print_totals(out, &row->totals);
	}
	if (!sum->polls)
		fputs("  " TRACE_POLL_EVENT " is not in the trace, which alone names interfaces\n",
		      out);
}

static void print_sizes(FILE *out, const struct trace_table *modes)
{
	fputs("\nfills by pages asked for\n", out);
	for (size_t i = 0; i < modes->nr; i++) {
		const struct trace_row *row = &modes->rows[i];

		fprintf(out, "  %-12s %-8s", row->user, row->mode);
		for (unsigned int b = 0, n = 0; b < TRACE_BUCKETS; b++) {
			if (!row->sizes[b])
				continue;
			fprintf(out, "%s %llu", n++ ? "," : "", 1ULL << b);
			if (b)
				fprintf(out, "-%llu", (2ULL << b) - 1);
			fprintf(out, ": %llu", row->sizes[b]);
		}
		fputc('\n', out);
	}
}

static void print_ends(FILE *out, const struct trace_table *ends)
{
	fprintf(out, "\nfills by end reason\n  %-12s %-8s %-14s", "user", "mode", "reason");
	print_totals_head(out);
	for (size_t i = 0; i < ends->nr; i++) {
		const struct trace_row *row = &ends->rows[i];

		fprintf(out, "  %-12s %-8s %-14s", row->user, row->mode, row->reason);
		print_totals(out, &row->totals);
	}
}

static void print_summary(FILE *out, const struct trace_summary *sum)
{
	fprintf(out, "%llu events within %.3f s, of which %llu fills and %llu switches\n",
		sum->events, (double)(sum->last_ns - sum->first_ns) / NSEC_PER_SEC,
		sum->totals.fills, sum->switches);
	if (!sum->totals.fills)
		return;
	print_modes(out, &sum->modes);
	print_callers(out, &sum->callers);
	print_interfaces(out, sum);
	print_sizes(out, &sum->modes);
	print_ends(out, &sum->ends);
}

/**
 * trace_text() - print what was recorded, or what is in a file
 * @out: where to
 * @view: what there is to print
 */
void trace_text(FILE *out, const struct trace_view *view)
{
	char lost[1024];

	fprintf(out, "%s:", view->file);
	if (view->recording)
		fprintf(out, " recorded %.3f s,", view->recording->seconds);
	if (view->bytes == PB_UNKNOWN)
		fputs(" size unknown\n", out);
	else
		fprintf(out, " %llu bytes\n", view->bytes);
	if (!view->lost) {
		fputs("lost events: unknown\n", out);
	} else {
		trace_losses_format(view->lost, lost, sizeof(lost));
		fprintf(out, "lost events: %s\n", *lost ? lost : "none");
	}
	if (view->summary)
		print_summary(out, view->summary);
}
