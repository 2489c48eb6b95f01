// SPDX-License-Identifier: GPL-2.0-only
/*
 * The counters since boot or reset, for Prometheus.
 *
 * This is the text format 0.0.4, which node_exporter's textfile collector and promtool read, with
 * as much of OpenMetrics 1.0 as that allows: base units, "# UNIT", canonical numbers in le,
 * "# EOF". In one point the two exclude each other: the family of a counter is named with _total
 * in the former and without it in the latter. It has _total here. Prometheus itself reads the
 * result as either format. No time stamps: node_exporter refuses a file that has any.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bulkctl.h"
#include "histogram.h"
#include "report.h"
#include "report_openmetrics.h"
#include "util.h"

/*
 * Buckets of the series: a fixed set, so that none comes or goes. What is below the first is in it,
 * what is above the last is in +Inf. Sizes to 4095 pages; times from 127 ns to 1 s.
 */
static const struct {
	const char *name;
	const char *unit;
	const char *help;
	unsigned int first;
	unsigned int last;
} histogram_families[NR_HISTOGRAMS] = {
	[HISTOGRAM_SIZES] = {
		"page_bulk_request_pages", "pages",
		"Pages that fills asked for; in mode stock an upper bound while timing is off.",
		0, 11
	},
	[HISTOGRAM_FILL_NS] = {
		"page_bulk_fill_seconds", "seconds",
		"Time that fills took, those while vm.page_bulk.timing was 1.",
		6, 29
	},
};

/* One family may have several keys, told apart by a label. */
static const struct counter {
	enum pb_key key;
	const char *name;
	const char *label;	/* with its value; "" for none */
	const char *help;
} counters[] = {
	{ PB_FILLS, "page_bulk_fills_total", "",
	  "Fills: calls that found at least one empty slot." },
	{ PB_FULL, "page_bulk_full_calls_total", "", "Calls that found no empty slot." },
	{ PB_ASKED, "page_bulk_asked_pages_total", "",
	  "Empty slots that fills found; in mode stock an upper bound while timing is off." },
	{ PB_GOT, "page_bulk_pages_total", "",
	  "Pages that fills got; in mode stock an upper bound while timing is off." },
	{ PB_SHORT, "page_bulk_short_fills_total", "",
	  "Fills that got fewer pages than they asked for." },
	{ PB_FAILED, "page_bulk_failed_fills_total", "", "Fills that got no page." },
	{ PB_TIMED_GOT, "page_bulk_timed_pages_total", "",
	  "Pages of the fills in page_bulk_fill_seconds." },
	{ PB_FREED, "page_bulk_freed_pages_total", "", "References of pages given back." },
	{ PB_ZONE_LOCKS, "page_bulk_zone_locks_total", ",by=\"fill\"",
	  "Holds of zone->lock; not counted in modes single and stock." },
	{ PB_FREED_ZONE_LOCKS, "page_bulk_zone_locks_total", ",by=\"free\"", NULL },
};

struct user {
	const char *name;
	char mode[PB_NAME];
	struct pb_stats stats;
	struct user_histograms histograms;
};

struct totals {
	struct machine machine;
	struct pb_names names;
	int timing;
	struct user users[PB_MAX_USERS];
};

static int read_user(const char *name, struct user *user)
{
	int ret = pb_read_mode(name, user->mode);

	user->name = name;
	if (ret) {
		complain("%s/%s: %s", pb_paths.sysctl, name, strerror(-ret));
		return ret;
	}
	ret = pb_read_stats(name, &user->stats);
	return ret ?: histograms_read(name, &user->stats, &user->histograms);
}

static int read_totals(struct totals *t)
{
	int ret = pb_read_users(&t->names);

	if (ret) {
		complain("%s: %s", pb_paths.sysctl, strerror(-ret));
		return ret;
	}
	machine_read(&t->machine);
	t->timing = pb_read_timing();
	for (unsigned int i = 0; !ret && i < t->names.nr; i++)
		ret = read_user(t->names.name[i], &t->users[i]);
	return ret;
}

static void put_family(FILE *out, const char *name, const char *type, const char *unit,
		       const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
	if (unit)
		fprintf(out, "# UNIT %s %s\n", name, unit);
}

/* A label's value may be anything, but for these three as they are. */
static void put_value(FILE *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			fputc('\\', out);
		if (*value == '\n')
			fputs("\\n", out);
		else
			fputc(*value, out);
	}
}

static void put_info(FILE *out, const struct totals *t)
{
	put_family(out, "page_bulk_info", "gauge", NULL,
		   "Always 1; what the counters come from, and what read them.");
	fputs("page_bulk_info{kernel=\"", out);
	put_value(out, t->machine.kernel);
	fprintf(out, "\",interface=\"%s\",bulkctl=\"%s\"} 1\n", PB_VERSION, BULKCTL_VERSION);

	if (t->timing >= 0) {
		put_family(out, "page_bulk_timing", "gauge", NULL,
			   "1 while fills are timed (vm.page_bulk.timing).");
		fprintf(out, "page_bulk_timing %d\n", t->timing);
	}
}

static void put_modes(FILE *out, const struct totals *t)
{
	put_family(out, "page_bulk_mode", "gauge", NULL,
		   "1 for the mode that the user is in, 0 for the others.");
	for (unsigned int i = 0; i < t->names.nr; i++) {
		const struct user *u = &t->users[i];

		for (unsigned int m = 0; m < u->stats.nr_modes; m++)
			fprintf(out, "page_bulk_mode{user=\"%s\",mode=\"%s\"} %d\n", u->name,
				u->stats.modes[m].mode, !strcmp(u->stats.modes[m].mode, u->mode));
	}
	put_family(out, "page_bulk_generation", "gauge", NULL,
		   "How often the mode of the user was changed since boot.");
	for (unsigned int i = 0; i < t->names.nr; i++)
		if (t->users[i].stats.generation != PB_UNKNOWN)
			fprintf(out, "page_bulk_generation{user=\"%s\"} %llu\n", t->users[i].name,
				t->users[i].stats.generation);
}

/* One key of all users and modes; @label is what tells it from others of its family. */
static void put_key(FILE *out, const struct totals *t, const char *name, const char *label,
		    enum pb_key key)
{
	for (unsigned int i = 0; i < t->names.nr; i++) {
		const struct user *u = &t->users[i];

		for (unsigned int m = 0; m < u->stats.nr_modes; m++) {
			const struct pb_counters *c = &u->stats.modes[m];

			if (c->v[key] != PB_UNKNOWN)
				fprintf(out, "%s{user=\"%s\",mode=\"%s\"%s} %llu\n", name, u->name,
					c->mode, label, c->v[key]);
		}
	}
}

static void put_counters(FILE *out, const struct totals *t)
{
	char label[64];

	for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
		if (counters[i].help)
			put_family(out, counters[i].name, "counter", NULL, counters[i].help);
		put_key(out, t, counters[i].name, counters[i].label, counters[i].key);
	}
	put_family(out, "page_bulk_fill_ends_total", "counter", NULL,
		   "Fills that left the batch path, by reason.");
	for (unsigned int key = PB_END_FIRST; key < PB_NR_KEYS; key++) {
		snprintf(label, sizeof(label), ",reason=\"%s\"", pb_end_name(key));
		put_key(out, t, "page_bulk_fill_ends_total", label, key);
	}
}

/* Seconds of whole ns, exactly, and with a decimal point as OpenMetrics wants it in le. */
static void format_seconds(u64 ns, char *buf, size_t size)
{
	int len = snprintf(buf, size, "%llu.%09llu", ns / NSEC_PER_SEC, ns % NSEC_PER_SEC);

	while (buf[len - 1] == '0' && buf[len - 2] != '.')
		buf[--len] = '\0';
}

static void format_number(enum histogram_kind kind, u64 number, char *buf, size_t size)
{
	if (kind == HISTOGRAM_FILL_NS)
		format_seconds(number, buf, size);
	else
		snprintf(buf, size, "%llu.0", number);
}

/* The values are whole numbers: bucket i, of 2^i..2^(i+1)-1, ends with its last one. */
static void put_histogram(FILE *out, enum histogram_kind kind, const char *user,
			  const char *mode, const struct histogram *h, u64 sum)
{
	const char *name = histogram_families[kind].name;
	char labels[3 * PB_NAME], number[32];
	u64 count = 0;

	snprintf(labels, sizeof(labels), "user=\"%s\",mode=\"%s\"", user, mode);

	for (unsigned int i = 0; i <= histogram_families[kind].last; i++) {
		count += h->count[i];
		if (i < histogram_families[kind].first)
			continue;
		format_number(kind, (2ULL << i) - 1, number, sizeof(number));
		fprintf(out, "%s_bucket{%s,le=\"%s\"} %llu\n", name, labels, number, count);
	}
	count = histogram_total(h);
	fprintf(out, "%s_bucket{%s,le=\"+Inf\"} %llu\n", name, labels, count);
	format_number(kind, sum, number, sizeof(number));
	fprintf(out, "%s_sum{%s} %s\n%s_count{%s} %llu\n", name, labels, number, name, labels,
		count);
}

static void put_histograms(FILE *out, const struct totals *t, enum histogram_kind kind,
			   enum pb_key sum)
{
	put_family(out, histogram_families[kind].name, "histogram", histogram_families[kind].unit,
		   histogram_families[kind].help);
	for (unsigned int i = 0; i < t->names.nr; i++) {
		const struct user *u = &t->users[i];

		for (unsigned int m = 0; m < u->stats.nr_modes; m++) {
			const struct histogram *h = &u->histograms.modes[m].h[kind];

			if (h->known && u->stats.modes[m].v[sum] != PB_UNKNOWN)
				put_histogram(out, kind, u->name, u->stats.modes[m].mode, h,
					      u->stats.modes[m].v[sum]);
		}
	}
}

/**
 * report_openmetrics() - print the totals of all users
 * @out: where to
 *
 * What the kernel does not give has no series.
 *
 * Return: EXIT_DONE, or EXIT_FAILED after a message.
 */
int report_openmetrics(FILE *out)
{
	struct totals *t = calloc(1, sizeof(*t));
	int ret = EXIT_FAILED;

	if (!t) {
		complain("report: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	if (!read_totals(t)) {
		put_info(out, t);
		put_modes(out, t);
		put_counters(out, t);
		put_histograms(out, t, HISTOGRAM_SIZES, PB_ASKED);
		put_histograms(out, t, HISTOGRAM_FILL_NS, PB_NS);
		fputs("# EOF\n", out);
		ret = EXIT_DONE;
	}
	free(t);
	return ret;
}
