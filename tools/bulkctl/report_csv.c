// SPDX-License-Identifier: GPL-2.0-only
/*
 * A report as a table for R, pandas and spreadsheets: a row for each interval, user and mode, a
 * column for each key. Quoted as in RFC 4180, with a newline at the end of a line; what is not
 * known is empty. bulkctl-report(8) describes the columns.
 */
#include <math.h>
#include <string.h>
#include <time.h>

#include "report.h"
#include "util.h"

static void put_text(FILE *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void put_count(FILE *out, u64 count)
{
	fputc(',', out);
	if (count != PB_UNKNOWN)
		fprintf(out, "%llu", count);
}

static void put_time(FILE *out, u64 realtime)
{
	time_t seconds = realtime / NSEC_PER_SEC;
	char text[32];
	struct tm tm;

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
	fprintf(out, "%s.%03lluZ", text, realtime % NSEC_PER_SEC / NSEC_PER_MSEC);
}

/* The unit belongs to the name: a column has nowhere else to say it. */
static void put_event_name(FILE *out, const struct perf_event *event)
{
	char name[512];

	snprintf(name, sizeof(name), "event_%s%s%s", event->name, event->unit ? "_" : "",
		 event->unit ?: "");
	fputc(',', out);
	put_text(out, name);
}

static void put_event(FILE *out, const struct perf_result *p)
{
	fputc(',', out);
	if (!p->reason && isfinite(p->value))
		fprintf(out, "%.15g", p->value);
}

static void put_header(FILE *out, const struct report *r)
{
	fputs("interval,time,start_s,seconds,user,mode,current,mode_start,mode_end,", out);
	fputs("generation_start,generation_end,dropped,timing", out);
	for (unsigned int key = 0; key < PB_NR_KEYS; key++)
		fprintf(out, ",%s", pb_key_names[key]);
	fputs(",machine_pgalloc,machine_pgfree", out);
	for (unsigned int i = 0; i < r->request->events.nr; i++)
		put_event_name(out, &r->request->events.event[i]);
	fputc('\n', out);
}

/* @c is NULL for a user whose interval is dropped. */
static void put_row(FILE *out, const struct report *r, const struct user_interval *u,
		    const struct pb_counters *c)
{
	const struct interval *iv = &r->iv;

	fprintf(out, "%llu,", r->number);
	put_time(out, r->realtime);
	fprintf(out, ",%.3f,%.6f,%s,%s,", r->start, u->seconds, u->user, c ? c->mode : "");
	if (c)
		fputs(strcmp(c->mode, u->mode) ? "0" : "1", out);
	fprintf(out, ",%s,%s", u->mode_start, u->mode);
	put_count(out, u->generation_start);
	put_count(out, u->generation_end);
	fprintf(out, ",%d", u->reset);
	put_count(out, iv->timing < 0 ? PB_UNKNOWN : (u64)iv->timing);
	for (unsigned int key = 0; key < PB_NR_KEYS; key++)
		put_count(out, c ? c->v[key] : PB_UNKNOWN);
	put_count(out, iv->vm.pgalloc);
	put_count(out, iv->vm.pgfree);
	for (unsigned int i = 0; i < r->request->events.nr; i++)
		put_event(out, &r->events[i]);
	fputc('\n', out);
}

/**
 * report_csv() - print one interval
 * @out: where to
 * @r: the report; the first one brings the header
 */
void report_csv(FILE *out, const struct report *r)
{
	if (r->number == 1)
		put_header(out, r);
	for (unsigned int i = 0; i < r->iv.nr_users; i++) {
		const struct user_interval *u = &r->iv.users[i];

		if (u->reset)
			put_row(out, r, u, NULL);
		for (unsigned int m = 0; !u->reset && m < u->delta.nr_modes; m++)
			put_row(out, r, u, &u->delta.modes[m]);
	}
}
