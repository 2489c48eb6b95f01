// SPDX-License-Identifier: GPL-2.0-only
/* The pictures of a report: sizes and times of fills, and the modes over the intervals. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gnuplot.h"
#include "report_html.h"
#include "util.h"

/* More marks of switches than that would hide the curves. */
#define MAX_MARKS	100
#define MAX_POINTS	100

/* Three to one against white and against black; the same mode has the same color everywhere. */
static const char * const colors[PB_MAX_MODES] = {
	"#2f7ed8", "#c8611a", "#1a936f", "#b45fc9", "#8f7a14", "#d64560", "#6b7fd7", "#5b8a98",
};

static const int points[PB_MAX_MODES] = { 4, 6, 8, 12, 10, 5, 7, 9 };

enum timeline {
	TIMELINE_FILLS,
	TIMELINE_PAGES,
	TIMELINE_NS,
	NR_TIMELINES
};

static const struct {
	const char *title;
	const char *axis;
} timelines[NR_TIMELINES] = {
	[TIMELINE_FILLS] = { "Fills per second", "fills/s" },
	[TIMELINE_PAGES] = { "Pages per second that fills got", "pages/s" },
	[TIMELINE_NS] = { "Time per page of the timed fills", "ns/page" },
};

static const struct {
	const char *title;
	const char *axis;
} histogram_names[NR_HISTOGRAMS] = {
	[HISTOGRAM_SIZES] = { "Pages that fills asked for, from this many to twice that", "pages" },
	[HISTOGRAM_FILL_NS] = { "Time of the timed fills, from this long to twice that", "time" },
};

/* A picture in the making: a script for gnuplot. */
struct figure {
	FILE *script;
	char *text;
	size_t len;
};

static int figure_open(struct figure *f)
{
	f->script = open_memstream(&f->text, &f->len);
	if (!f->script) {
		complain("report: %s", strerror(errno));
		return EXIT_FAILED;
	}
	fputs("set encoding utf8\n"
	      "set terminal svg size 640,320 noenhanced font 'sans-serif,13'\n"
	      "set key outside top center horizontal\n"
	      "set border 3\nset tics nomirror\nset grid y lc rgb 'gray'\n"
	      "set format y '%g'\nset offsets 0, 0, graph 0.05, 0\n", f->script);
	return EXIT_DONE;
}

static int figure_close(struct figure *f, struct html *html, FILE *out, const char *title)
{
	char *svg = NULL;
	int ret;

	if (fclose(f->script)) {
		complain("report: %s", strerror(ENOMEM));
		ret = EXIT_FAILED;
	} else {
		ret = gnuplot_svg("report", f->text, f->len, &svg);
	}
	if (!ret) {
		fprintf(out, "<figure>\n<figcaption>%s</figcaption>\n", title);
		gnuplot_embed(out, svg, title, !html->figures++);
		fputs("</figure>\n", out);
	}
	free(svg);
	free(f->text);
	return ret;
}

/* Without a blank: gnuplot reads it as one word. */
static void put_label(FILE *out, enum histogram_kind kind, unsigned int bucket)
{
	static const char * const units[] = { "ns", "µs", "ms", "s" };
	double value = ldexp(1, bucket);
	unsigned int unit = 0;

	if (kind == HISTOGRAM_SIZES) {
		fprintf(out, "%.0f", value);
		return;
	}
	for (; value >= 1000 && unit < ARRAY_SIZE(units) - 1; unit++)
		value /= 1000;
	fprintf(out, "%.3g%s", value, units[unit]);
}

/* What happened between start and end. Return: false if that is not known, or nothing was. */
static bool mode_delta(const struct html_user *u, unsigned int mode, enum histogram_kind kind,
		       struct histogram *delta)
{
	return histogram_delta(&u->start.modes[mode].h[kind], &u->end.modes[mode].h[kind], delta) &&
	       histogram_total(delta);
}

/* A row for each bucket from the first to the last that counted, a column for each mode. */
static void put_buckets(FILE *out, enum histogram_kind kind, const struct histogram *deltas,
			unsigned int nr_modes)
{
	unsigned int first = HISTOGRAM_BUCKETS, last = 0;

	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		for (unsigned int m = 0; m < nr_modes; m++) {
			if (!deltas[m].count[i])
				continue;
			last = i;
			if (first == HISTOGRAM_BUCKETS)
				first = i;
		}
	}
	fputs("$data << EOD\n", out);
	for (unsigned int i = first; i <= last; i++) {
		put_label(out, kind, i);
		for (unsigned int m = 0; m < nr_modes; m++)
			fprintf(out, " %llu", deltas[m].count[i]);
		fputc('\n', out);
	}
	fputs("EOD\n", out);
}

static int plot_histogram(struct html *html, FILE *out, const struct html_user *u,
			  enum histogram_kind kind)
{
	struct histogram deltas[PB_MAX_MODES];
	bool has[PB_MAX_MODES], any = false;
	const char *separator = "plot ";
	struct figure f;

	for (unsigned int m = 0; m < u->stats.nr_modes; m++) {
		has[m] = mode_delta(u, m, kind, &deltas[m]);
		any = any || has[m];
	}
	if (!any)
		return EXIT_DONE;
	if (figure_open(&f))
		return EXIT_FAILED;
	put_buckets(f.script, kind, deltas, u->stats.nr_modes);
	/* The few that took very long are what a histogram of times is for: they shall be seen. */
	fputs(kind == HISTOGRAM_FILL_NS ? "set logscale y\nset yrange [0.5:*]\n" :
	      "set yrange [0:*]\n", f.script);
	fprintf(f.script, "set style data histograms\nset style histogram clustered gap 1\n"
		"set style fill solid 0.85 noborder\nset xtics rotate by -40\n"
		"set xlabel '%s'\nset ylabel 'fills'\n", histogram_names[kind].axis);
	for (unsigned int m = 0; m < u->stats.nr_modes; m++) {
		if (!has[m])
			continue;
		fprintf(f.script, "%s$data using %u:xtic(1) lc rgb '%s' title '%s'", separator,
			m + 2, colors[m], u->stats.modes[m].mode);
		separator = ", ";
	}
	fputc('\n', f.script);
	return figure_close(&f, html, out, histogram_names[kind].title);
}

static double timeline_value(const struct user_interval *iv, unsigned int mode, enum timeline what)
{
	const u64 *v = iv->delta.modes[mode].v;

	if (iv->reset || mode >= iv->delta.nr_modes)
		return NAN;
	switch (what) {
	case TIMELINE_FILLS:
		return pb_rate(v[PB_FILLS], iv->seconds);
	case TIMELINE_PAGES:
		return pb_rate(v[PB_GOT], iv->seconds);
	default:
		return pb_ratio(v[PB_NS], v[PB_TIMED_GOT]);
	}
}

/* A row for each interval: its middle, and the value of each mode; NaN makes a gap. */
static void put_points(FILE *out, const struct html *html, const struct html_user *u,
		       enum timeline what, bool has[PB_MAX_MODES])
{
	fputs("$data << EOD\n", out);
	for (unsigned int i = 0; i < html->nr; i++) {
		const struct html_row *row = &u->rows[i];

		fprintf(out, "%.6f", row->start + row->iv.seconds / 2);
		for (unsigned int m = 0; m < u->stats.nr_modes; m++) {
			double value = timeline_value(&row->iv, m, what);

			has[m] = has[m] || value > 0;
			if (isfinite(value))
				fprintf(out, " %.9g", value);
			else
				fputs(" NaN", out);
		}
		fputc('\n', out);
	}
	fputs("EOD\n", out);
}

static void put_switches(FILE *out, const struct html *html, const struct html_user *u)
{
	unsigned int nr = 0;
	double at;

	for (unsigned int i = 0; i < html->nr && nr < MAX_MARKS; i++) {
		const struct html_row *row = &u->rows[i];

		if (row->iv.generation_start == row->iv.generation_end)
			continue;
		at = row->start + row->iv.seconds / 2;
		fprintf(out, "set arrow from %.6f, graph 0 to %.6f, graph 1 ", at, at);
		/* In front: else gnuplot 5.4 draws it with the border, in the border's color. */
		fputs("nohead dashtype 2 lc rgb 'gray' front\n", out);
		nr++;
	}
}

static int plot_timeline(struct html *html, FILE *out, const struct html_user *u,
			 enum timeline what)
{
	bool has[PB_MAX_MODES] = { }, any = false;
	const char *separator = "plot ";
	struct figure f;

	if (figure_open(&f))
		return EXIT_FAILED;
	put_points(f.script, html, u, what, has);
	put_switches(f.script, html, u);
	fprintf(f.script, "set xlabel 'seconds since the beginning'\nset ylabel '%s'\n"
		"set yrange [0:*]\nset xrange [0:%.6f]\n", timelines[what].axis,
		u->rows[html->nr - 1].start + u->rows[html->nr - 1].iv.seconds);
	for (unsigned int m = 0; m < u->stats.nr_modes; m++) {
		if (!has[m])
			continue;
		fprintf(f.script, "%s$data using 1:%u with linespoints lw 1.5 pt %d ps %s",
			separator, m + 2, points[m], html->nr > MAX_POINTS ? "0.2" : "0.6");
		fprintf(f.script, " lc rgb '%s' title '%s'", colors[m], u->stats.modes[m].mode);
		separator = ", ";
		any = true;
	}
	fputc('\n', f.script);
	if (any)
		return figure_close(&f, html, out, timelines[what].title);
	fclose(f.script);
	free(f.text);
	return EXIT_DONE;
}

/**
 * html_plot_user() - draw the pictures of a user
 * @html: all intervals
 * @out: where to
 * @u: the user, with histograms
 *
 * Return: EXIT_DONE, or EXIT_FAILED after a message.
 */
int html_plot_user(struct html *html, FILE *out, const struct html_user *u)
{
	int ret = EXIT_DONE;

	for (unsigned int kind = 0; !ret && kind < NR_HISTOGRAMS; kind++)
		ret = plot_histogram(html, out, u, kind);
	for (unsigned int what = 0; !ret && html->nr > 1 && what < NR_TIMELINES; what++)
		ret = plot_timeline(html, out, u, what);
	return ret;
}
