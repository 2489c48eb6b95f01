/* SPDX-License-Identifier: GPL-2.0-only */
/* A report as a page for a browser. Calls: new, start, add for each interval, finish, free. */
#ifndef BULKCTL_REPORT_HTML_H
#define BULKCTL_REPORT_HTML_H

#include "histogram.h"
#include "report.h"

/* More intervals than a picture can show. */
#define HTML_MAX_INTERVALS	10000

/* One user in one interval. */
struct html_row {
	double start;		/* s */
	char mode_start[PB_NAME];
	char mode[PB_NAME];
	struct user_interval iv;	/* points at the two above */
};

/* One user over all intervals. */
struct html_user {
	const char *name;
	struct html_row *rows;	/* one for each interval */
	unsigned int dropped;	/* intervals that are in no sum */
	struct user_interval total;
	struct pb_stats stats;		/* at both ends, with the histograms */
	struct user_histograms start;
	struct user_histograms end;
};

struct html {
	const struct pb_names *names;
	u64 max;		/* intervals that there is room for */
	unsigned int nr;	/* intervals so far */
	u64 began;		/* CLOCK_REALTIME, ns */
	u64 ended;
	bool timed;		/* in some intervals timing was on */
	bool untimed;		/* in some it was off, or that is not known */
	struct perf_result *events;	/* sums */
	struct report total;	/* over all intervals */
	struct html_user users[PB_MAX_USERS];
	unsigned int figures;	/* drawn so far */
};

struct html *html_new(const struct pb_names *names, u64 max, unsigned int nr_events);
int html_start(struct html *html);
void html_add(struct html *html, const struct report *report);
int html_finish(struct html *html, FILE *out, bool interrupted);
void html_free(struct html *html);
void html_put(FILE *out, const char *text);

/* report_html_tables.c */
int html_put_user(struct html *html, FILE *out, const struct html_user *user);
void html_put_machine(const struct html *html, FILE *out);

/* report_html_plot.c */
int html_plot_user(struct html *html, FILE *out, const struct html_user *user);

#endif /* BULKCTL_REPORT_HTML_H */
