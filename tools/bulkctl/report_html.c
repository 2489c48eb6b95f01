// SPDX-License-Identifier: GPL-2.0-only
/*
 * A report as a page for a browser: one file with everything in it, for light and dark screens,
 * without scripts and without anything from elsewhere.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bulkctl.h"
#include "report_cells.h"
#include "report_html.h"
#include "util.h"

/* gnuplot draws black on nothing: black becomes the color of the text. */
static const char style[] =
	":root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--line:#c9ced6;--soft:#f3f5f8}\n"
	"@media (prefers-color-scheme:dark){\n"
	":root{--ink:#e4e7eb;--paper:#14171c;--line:#444b55;--soft:#1e232a}}\n"
	"body{margin:0;color:var(--ink);background:var(--paper);font:15px/1.45 sans-serif}\n"
	"main{max-width:1340px;margin:auto;padding:1em 1.5em}\n"
	"h1{font-size:1.6em;margin:.4em 0}h2{font-size:1.25em;margin:1.6em 0 .4em}\n"
	"table{border-collapse:collapse;font-variant-numeric:tabular-nums}\n"
	".wide{overflow-x:auto}\n"
	"th,td{padding:.25em .8em;text-align:right;border-bottom:1px solid var(--line)}\n"
	"th:first-child,td:first-child{text-align:left}\n"
	"thead th{background:var(--soft)}\n"
	"tr.now td:first-child{font-weight:bold}\n"
	".note{border-left:4px solid #c8611a;padding:.2em .8em;background:var(--soft)}\n"
	".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));"
	"gap:1em;margin:1em 0}\n"
	"figure{margin:0;max-width:720px;border:1px solid var(--line);border-radius:6px;padding:.6em}\n"
	"svg{display:block;width:100%;height:auto;color:var(--ink)}\n"
	"svg [color=black]{color:var(--ink)}\n"
	"svg [stroke=black]{stroke:var(--ink)}svg [fill=black]{fill:var(--ink)}\n"
	"summary{cursor:pointer;margin:.6em 0}footer{margin:2em 0;font-size:.9em}\n";

/**
 * html_new() - begin a page
 * @names: the users
 * @max: how many intervals there will be at most
 * @nr_events: how many events are counted
 *
 * Return: the page, or NULL after a message.
 */
struct html *html_new(const struct pb_names *names, u64 max, unsigned int nr_events)
{
	struct html *html = calloc(1, sizeof(*html));
	bool failed;

	if (!html) {
		complain("report: %s", strerror(ENOMEM));
		return NULL;
	}
	html->names = names;
	html->max = max;
	html->events = calloc(nr_events ?: 1, sizeof(*html->events));
	failed = !html->events;
	for (unsigned int i = 0; i < names->nr; i++) {
		html->users[i].name = names->name[i];
		html->users[i].rows = calloc(max, sizeof(*html->users[i].rows));
		failed = failed || !html->users[i].rows;
	}
	if (!failed)
		return html;
	complain("report: %s", strerror(ENOMEM));
	html_free(html);
	return NULL;
}

void html_free(struct html *html)
{
	if (!html)
		return;
	for (unsigned int i = 0; i < html->names->nr; i++)
		free(html->users[i].rows);
	free(html->events);
	free(html);
}

/* The modes of a user do not change, so that both readings have the same order. */
static int read_histograms(struct html *html, bool start)
{
	int ret = 0;

	for (unsigned int i = 0; !ret && i < html->names->nr; i++) {
		struct html_user *u = &html->users[i];

		if (start)
			ret = pb_read_stats(u->name, &u->stats);
		if (!ret)
			ret = histograms_read(u->name, &u->stats, start ? &u->start : &u->end);
	}
	return ret ? EXIT_FAILED : EXIT_DONE;
}

/**
 * html_start() - the first interval begins
 * @html: the page
 *
 * Return: EXIT_DONE, or EXIT_FAILED after a message.
 */
int html_start(struct html *html)
{
	html->began = clock_ns(CLOCK_REALTIME);
	return read_histograms(html, true);
}

static void add_count(u64 *sum, u64 value)
{
	*sum = *sum == PB_UNKNOWN || value == PB_UNKNOWN ? PB_UNKNOWN : *sum + value;
}

static void add_user(struct html_user *u, const struct user_interval *iv)
{
	struct user_interval *total = &u->total;

	if (iv->reset) {
		u->dropped++;
		return;
	}
	total->seconds += iv->seconds;
	if (!total->delta.nr_modes) {
		total->delta = iv->delta;
		return;
	}
	for (unsigned int m = 0; m < total->delta.nr_modes; m++) {
		struct pb_counters *sum = &total->delta.modes[m];
		const struct pb_counters *c = pb_find_mode(&iv->delta, sum->mode);

		for (unsigned int key = 0; key < PB_NR_KEYS; key++)
			add_count(&sum->v[key], c ? c->v[key] : PB_UNKNOWN);
	}
}

static void keep_row(struct html_row *row, const struct user_interval *iv, double start)
{
	row->start = start;
	row->iv = *iv;
	snprintf(row->mode_start, sizeof(row->mode_start), "%s", iv->mode_start);
	snprintf(row->mode, sizeof(row->mode), "%s", iv->mode);
	row->iv.mode_start = row->mode_start;
	row->iv.mode = row->mode;
}

static void add_event(struct perf_result *sum, const struct perf_result *p, bool first)
{
	if (first) {
		*sum = *p;
		return;
	}
	sum->value += p->value;
	sum->scaled = sum->scaled || p->scaled;
	if (p->running < sum->running)
		sum->running = p->running;
	if (p->reason)
		sum->reason = p->reason;
}

/**
 * html_add() - keep an interval
 * @html: the page
 * @r: the report of the interval
 */
void html_add(struct html *html, const struct report *r)
{
	bool first = !html->nr;

	if (html->nr == html->max)
		return;
	if (first) {
		html->total = *r;
		html->total.events = html->events;
	} else {
		html->total.iv.seconds += r->iv.seconds;
		add_count(&html->total.iv.vm.pgalloc, r->iv.vm.pgalloc);
		add_count(&html->total.iv.vm.pgfree, r->iv.vm.pgfree);
		for (unsigned int i = 0; i < NR_PER; i++)
			add_count(&html->total.per.v[i], r->per.v[i]);
	}
	for (unsigned int i = 0; i < r->iv.nr_users; i++) {
		keep_row(&html->users[i].rows[html->nr], &r->iv.users[i], r->start);
		add_user(&html->users[i], &r->iv.users[i]);
	}
	for (unsigned int i = 0; i < r->request->events.nr; i++)
		add_event(&html->events[i], &r->events[i], first);
	html->total.threads = r->threads;
	html->timed = html->timed || r->iv.timing > 0;
	html->untimed = html->untimed || r->iv.timing <= 0;
	html->ended = r->realtime;
	html->nr++;
}

/* The user over all intervals, as if it were one. */
static void finish_user(struct html_user *u, unsigned int nr)
{
	const struct html_row *first = &u->rows[0], *last = &u->rows[nr - 1];

	u->total.user = u->name;
	u->total.mode_start = first->mode_start;
	u->total.mode = last->mode;
	u->total.generation_start = first->iv.generation_start;
	u->total.generation_end = last->iv.generation_end;
	u->total.reset = u->dropped == nr;
}

/**
 * html_put() - print text, with what HTML would take for its own
 * @out: where to
 * @text: the text
 */
void html_put(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

static void put_time(FILE *out, u64 realtime)
{
	time_t seconds = realtime / NSEC_PER_SEC;
	char text[32];
	struct tm tm;

	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", gmtime_r(&seconds, &tm));
	fputs(text, out);
}

static void put_head(const struct html *html, FILE *out, bool interrupted)
{
	const struct machine *machine = html->total.machine;

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width\">\n"
	      "<meta name=\"generator\" content=\"bulkctl " BULKCTL_VERSION "\">\n"
	      "<title>page_bulk report, ", out);
	put_time(out, html->began);
	fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", style);
	fputs("<h1>page_bulk report</h1>\n<p>Kernel ", out);
	html_put(out, machine->kernel);
	fputs(", ", out);
	put_time(out, html->began);
	fputs(" to ", out);
	put_time(out, html->ended);
	fprintf(out, " UTC: %u interval%s, %.3f s%s. Timing of fills was %s.</p>\n", html->nr,
		html->nr > 1 ? "s" : "", html->total.iv.seconds,
		interrupted ? ", interrupted" : "",
		html->timed ? "on" : "off (sysctl vm.page_bulk.timing=1 turns it on)");
	if (!*machine->emulated)
		return;
	fputs("<p class=\"note\">Measured under ", out);
	html_put(out, machine->emulated);
	fputs(". What is emulated says nothing about the times of real hardware.</p>\n", out);
}

static void put_foot(FILE *out)
{
	fputs("<footer>\n<p>A number that the kernel does not give is <i>unknown</i>,\n"
	      "a ratio to nothing is <i>-</i>; neither is 0.\n"
	      "Events and pages of the machine are of all that ran, not of the fills.\n"
	      "bulkctl-report(8) describes all columns.</p>\n"
	      "</footer>\n</main>\n</body>\n</html>\n", out);
}

/**
 * html_finish() - the last interval is over: print the page
 * @html: the page
 * @out: where to
 * @interrupted: it was ended by Ctrl-C
 *
 * Return: EXIT_DONE, or EXIT_FAILED after a message.
 */
int html_finish(struct html *html, FILE *out, bool interrupted)
{
	int ret = read_histograms(html, false);

	if (ret)
		return ret;
	put_head(html, out, interrupted);
	for (unsigned int i = 0; !ret && i < html->names->nr; i++) {
		finish_user(&html->users[i], html->nr);
		ret = html_put_user(html, out, &html->users[i]);
	}
	html_put_machine(html, out);
	put_foot(out);
	return ret;
}
