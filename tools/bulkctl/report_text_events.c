// SPDX-License-Identifier: GPL-2.0-only
/* The events of a report for people. */
#include <math.h>
#include <string.h>

#include "report.h"
#include "util.h"

#define MIN_NAME	18
#define CELL		32
#define NO_PER \
	"  nothing per fill, page, RPC or packet: those are counted for the whole machine\n"
#define CAVEAT \
	"  per fill and page: all that %s did, by %s fills and pages; not what a fill costs\n"

static const char * const headings[NR_PER] = {
	[PER_FILL] = "per fill",
	[PER_PAGE] = "per page",
	[PER_RPC] = "per RPC",
	[PER_PACKET] = "per packet",
};

/* A column has numbers if there was any of what it divides by. */
static bool has_column(const struct report *r, enum per what)
{
	return r->per.v[what] != PB_UNKNOWN && r->per.v[what];
}

static bool is_time(const struct perf_event *event)
{
	return event->unit && !strcmp(event->unit, "ns");
}

static int name_width(const struct perf_events *events)
{
	size_t width = MIN_NAME;

	for (unsigned int i = 0; i < events->nr; i++)
		if (strlen(events->event[i].name) > width)
			width = strlen(events->event[i].name);
	return width;
}

static void print_heading(FILE *out, const struct report *r, int width)
{
	bool any = false;

	for (unsigned int i = 0; i < NR_PER; i++)
		any = any || has_column(r, i);
	if (!any)
		return;
	fprintf(out, "  %-*s %16s %16s", width, "", "", "");
	for (unsigned int i = 0; i < NR_PER; i++)
		if (has_column(r, i))
			fprintf(out, " %12s", headings[i]);
	fputc('\n', out);
}

/* ns: a person reads milliseconds in a total, and what a fill takes in ns. */
static void print_value(FILE *out, const struct perf_result *p, double seconds)
{
	char cell[CELL];

	if (is_time(p->event)) {
		fprintf(out, " %16.1f ms%14s", p->value / NSEC_PER_MSEC, "");
		return;
	}
	if (p->event->unit) {
		fprintf(out, " %16.2f %-16s", p->value, p->event->unit);
		return;
	}
	snprintf(cell, sizeof(cell), "%.1f/s", p->value / seconds);
	fprintf(out, " %16.0f %16s", p->value, cell);
}

static void print_per(FILE *out, const struct report *r, const struct perf_result *p)
{
	char cell[CELL];

	for (unsigned int i = 0; i < NR_PER; i++) {
		double value = per_value(p, &r->per, i);

		if (isnan(value))
			continue;
		snprintf(cell, sizeof(cell), value < 1000 ? "%.4g%s" : "%.0f%s", value,
			 is_time(p->event) ? " ns" : "");
		fprintf(out, " %12s", cell);
	}
}

static void print_event(FILE *out, const struct report *r, const struct perf_result *p, int width)
{
	const char *note = report_event_note(p->event, &r->iv);

	fprintf(out, "  %-*s", width, p->event->name);
	if (p->reason) {
		fprintf(out, " %s\n", p->reason);
		return;
	}
	print_value(out, p, r->iv.seconds);
	print_per(out, r, p);
	if (p->scaled)
		fprintf(out, "  scaled: counted %.1f %% of the time", p->running * 100);
	fputc('\n', out);
	if (note)
		fprintf(out, "    %s\n", note);
}

static void print_target(FILE *out, const struct report *r)
{
	const struct perf_target *target = &r->request->target;

	fputs("\nevents, ", out);
	if (!target->nr_cpus)
		fputs("all CPUs", out);
	for (unsigned int i = 0; i < target->nr_cpus; i++)
		fprintf(out, "%s%d", i ? "," : target->nr_cpus > 1 ? "CPUs " : "CPU ",
			target->cpus[i]);
	if (target->nfsd) {
		fprintf(out, ", nfsd: %u threads", r->threads.nr);
	} else if (target->nr_pids) {
		for (unsigned int i = 0; i < target->nr_pids; i++)
			fprintf(out, "%s%d", i ? "," : ", process ", target->pids[i]);
		fprintf(out, ": %u threads", r->threads.nr);
	} else {
		fputs(", all processes", out);
	}
	fputc('\n', out);
	if (r->threads.started)
		fprintf(out, "  %u of the threads started in the interval: counted from now on\n",
			r->threads.started);
	if (r->threads.ended)
		fprintf(out, "  %u threads ended in the interval: counted until then\n",
			r->threads.ended);
}

/* What the columns divide by, and what that does not mean. */
static void print_caveat(FILE *out, const struct report *r)
{
	const struct perf_target *target = &r->request->target;

	if (!per_has_counts(target)) {
		fputs(NO_PER, out);
		return;
	}
	if (has_column(r, PER_FILL))
		fprintf(out, CAVEAT, target->nfsd ? "nfsd's threads" : "the machine",
			target->nfsd ? "sunrpc's" : "all users'");
	if (has_column(r, PER_PACKET)) {
		fputs("  packets: received and sent by", out);
		for (unsigned int i = 0; i < r->interfaces->nr; i++)
			fprintf(out, "%s %s", i ? "," : "", r->interfaces->name[i]);
		fputc('\n', out);
	}
}

/**
 * report_text_events() - print the events of one interval
 * @out: where to
 * @r: the report
 */
void report_text_events(FILE *out, const struct report *r)
{
	int width = name_width(&r->request->events);

	print_target(out, r);
	print_heading(out, r, width);
	for (unsigned int i = 0; i < r->request->events.nr; i++)
		print_event(out, r, &r->events[i], width);
	print_caveat(out, r);
}
