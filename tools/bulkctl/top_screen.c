// SPDX-License-Identifier: GPL-2.0-only
/* The screen of bulkctl top. Nothing is drawn beyond its edges, however small it is. */
#include <curses.h>
#include <langinfo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "machine.h"
#include "top.h"

#define LEVELS	8	/* of a character cell */

enum { COLOUR_GOOD = 1, COLOUR_BAD };

/* Signs for a cell that is filled to so many eighths, and for what is not known. */
static const char * const blocks[LEVELS + 1] = {
	" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"
};

static const char * const letters[LEVELS + 1] = {
	" ", "_", ".", ":", "+", "=", "*", "%", "#"
};

static const char * const *cells;
static const char *line_sign;
static struct machine machine;
static int good, bad;	/* attributes; the numbers say the same */

/* Once, with ncurses up, and the locale set before it. */
void top_screen_begin(void)
{
	const char *no_color = getenv("NO_COLOR");
	bool utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");

	cells = utf8 ? blocks : letters;
	line_sign = utf8 ? "─" : "-";
	good = A_NORMAL;
	bad = A_BOLD;
	if (has_colors() && !(no_color && *no_color)) {
		start_color();
		use_default_colors();
		init_pair(COLOUR_GOOD, COLOR_GREEN, -1);
		init_pair(COLOUR_BAD, COLOR_RED, -1);
		good |= COLOR_PAIR(COLOUR_GOOD);
		bad |= COLOR_PAIR(COLOUR_BAD);
	}
	machine_read(&machine);
}

/* ASCII text at a place, cut off at the right edge. */
static void put_text(int y, int x, int attributes, const char *text)
{
	if (y < 0 || y >= LINES || x < 0 || x >= COLS)
		return;
	attrset(attributes);
	mvaddnstr(y, x, text, COLS - x);
	attrset(A_NORMAL);
}

#define put(y, x, attributes, ...) do {				\
	char put_buf[512];					\
								\
	snprintf(put_buf, sizeof(put_buf), __VA_ARGS__);	\
	put_text(y, x, attributes, put_buf);			\
} while (0)

/* The details have two halves; a narrow screen shows of the second what it can. */
static int half_width(void)
{
	return COLS > 80 ? COLS / 2 : 40;
}

/* A sign of one column, perhaps of several bytes. */
static void put_sign(int y, int x, int attributes, const char *sign)
{
	if (y < 0 || y >= LINES || x < 0 || x >= COLS)
		return;
	attrset(attributes);
	mvaddstr(y, x, sign);
	attrset(A_NORMAL);
}

static void fill_line(int y, int attributes)
{
	for (int x = 0; x < COLS; x++)
		put(y, x, attributes, " ");
}

static void draw_title(const struct top *top, const struct top_control *control)
{
	time_t now = time(NULL);
	char interval[32], clock[16];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(clock, sizeof(clock), "%T", &tm);
	format_duration(control->interval, interval, sizeof(interval));
	put(0, 0, A_BOLD, "bulkctl top  %s  %s%s  timing %s  %s%s%s", clock,
	    control->paused ? "PAUSED" : "every ", control->paused ? "" : interval,
	    top->timing < 0 ? "-" : top->timing ? "on" : "off", machine.kernel,
	    *machine.emulated ? " under " : "", machine.emulated);
}

static const char *number(char buf[24], double value)
{
	top_format(buf, 24, value);
	return buf;
}

/* A bound is shown as one. */
static const char *pages(char buf[24], const struct top_user *u, double value)
{
	bool bound = u->upper_bound && !isnan(value);

	if (bound)
		memcpy(buf, "<=", 2);
	top_format(buf + 2 * bound, 24 - 2 * bound, value);
	return buf;
}

static void draw_user(int y, const struct top_user *u, bool selected)
{
	char generation[24] = "-", cell[6][24];
	int attributes = selected ? A_REVERSE : A_NORMAL;

	if (u->generation != PB_UNKNOWN)
		snprintf(generation, sizeof(generation), "%llu", u->generation);
	if (selected)
		fill_line(y, attributes);
	put(y, 0, attributes, "%c %-10.10s %-6.6s %5s %8s %9s %10s", selected ? '>' : ' ',
	    u->name, *u->mode ? u->mode : "-", generation, number(cell[0], u->fills_per_s),
	    pages(cell[1], u, u->pages_per_s), pages(cell[2], u, u->pages_per_fill));
	put(y, 56, u->short_percent > 0 ? attributes | bad : attributes, "%6s",
	    number(cell[3], u->short_percent));
	put(y, 63, attributes, "%8s %8s", number(cell[4], u->ns_per_fill),
	    number(cell[5], u->freed_per_s));
}

/* The table, with the selected user in sight. Return: the line below. */
static int draw_users(const struct top *top, const struct top_control *control, int y)
{
	unsigned int room = LINES > 20 ? LINES - 18 : 2, first = 0;

	fill_line(y, A_UNDERLINE);
	put(y, 0, A_UNDERLINE, "  %-10s %-6s %5s %8s %9s %10s %6s %8s %8s", "user", "mode",
	    "gen", "fills/s", "pages/s", "pages/fill", "short%", "ns/fill", "freed/s");
	y++;
	if (control->selected >= room)
		first = control->selected - room + 1;
	for (unsigned int i = first; i < top->users.nr && i < first + room; i++)
		draw_user(y++, &top->user[i], i == control->selected);
	return y;
}

static int draw_heading(const struct top_user *u, int y)
{
	for (int x = 0; x < COLS; x++)
		put_sign(y, x, A_NORMAL, line_sign);
	put(y, 3, A_BOLD, " %s%s ", u->name, u->reset ? ": " RESET_WORDS :
	    u->switched ? ": switched during the interval" : "");
	return y + 1;
}

/* One column of @rows cells from line @y on; 0 is a line on the ground. */
static void draw_column(int y, int x, int rows, double value, double highest)
{
	unsigned int level;

	if (isnan(value)) {
		put(y + rows - 1, x, A_NORMAL, "-");
		return;
	}
	level = 1 + top_level(value, highest, rows * LEVELS - 1);
	for (int row = rows - 1; row >= 0 && level; row--) {
		unsigned int eighths = level > LEVELS ? LEVELS : level;

		put_sign(y + row, x, good, cells[eighths]);
		level -= eighths;
	}
}

/* The newest interval at the right; below it the keys of the modes that were switched to. */
static int draw_history(const struct top *top, const struct top_user *u, int y)
{
	int rows = LINES < 16 ? 1 : LINES < 24 ? 2 : LINES < 44 ? 3 + (LINES - 24) / 4 : 8;
	double highest = top_highest(u, COLS);
	char now[24], high[24];

	put(y, 0, A_NORMAL, "fills/s %s, highest shown %s; a column for each interval%s",
	    number(now, u->fills_per_s), number(high, highest),
	    top->has_edge && isnan(top->seconds) ? ", the first is not over" : "");
	y++;
	for (int ago = 0; ago < COLS; ago++) {
		const struct top_point *point = top_point(u, ago);

		if (!point)
			break;	/* the history is no longer */
		draw_column(y, COLS - 1 - ago, rows, point->fills_per_s, highest);
		if (point->mark)
			put(y + rows, COLS - 1 - ago, A_BOLD, "%c", point->mark);
	}
	return y + rows + 1;
}

static void draw_bar(int y, int x, int width, double value, double highest)
{
	unsigned int level = top_level(value, highest, width > 0 ? width : 0);

	for (unsigned int i = 0; i < level; i++)
		put_sign(y, x + i, good, cells[LEVELS]);
}

/* Something is never 0 %. */
static const char *share(char buf[24], u64 count, u64 all)
{
	double percent = 100 * pb_ratio(count, all);

	if (isnan(percent))
		return "-";
	snprintf(buf, 24, count && percent < 1 ? "<1%%" : "%.0f%%", percent);
	return buf;
}

/* Buckets from 1 page up. With too many for the room, the first line has all of the small. */
static void draw_sizes(const struct top_user *u, int y, int end)
{
	int shown = u->sizes_shown, skipped = shown > end - y ? shown - (end - y) : 0;
	char range[48], cell[24];
	u64 count = 0, low = 1;

	if (!u->histograms) {
		put(y, 0, A_NORMAL, "%15s", "-");
		return;
	}
	for (int i = 0; i < shown; i++) {
		u64 high = (2ULL << i) - 1;

		count += u->sizes.count[i];
		if (i < skipped)
			continue;
		if (low == high)
			snprintf(range, sizeof(range), "%llu", low);
		else
			snprintf(range, sizeof(range), "%llu-%llu", low, high);
		put(y, 0, A_NORMAL, "%15s %9llu %4s", range, count, share(cell, count, u->fills));
		draw_bar(y++, 31, half_width() - 32, (double)count, (double)u->fills);
		count = 0;
		low = high + 1;
	}
}

static void draw_ends(const struct top_user *u, int y, int x, int end)
{
	for (unsigned int i = 0; i < TOP_NR_ENDS && y < end; i++, y++) {
		const char *name = pb_end_name(PB_END_FIRST + i);
		double percent = 100 * pb_ratio(u->ends[i], u->fills);

		if (u->ends[i] == PB_UNKNOWN)
			put(y, x, A_NORMAL, "%-14s %9s", name, "-");
		else if (!u->ends[i])
			put(y, x, A_DIM, "%-14s %9d", name, 0);
		else
			put(y, x, bad, "%-14s %9llu %6.1f%%", name, u->ends[i], percent);
	}
}

static void draw_latency(const struct top *top, const struct top_user *u, int y, int x)
{
	static const double quantiles[] = { 0.5, 0.99 };
	double ns = NAN;
	char text[24];

	if (!top->timing) {
		put(y, x, A_NORMAL, "no times: sysctl vm.page_bulk.timing=1");
		return;
	}
	put(y, x, A_NORMAL, "fill");
	x += 5;
	for (size_t i = 0; i < ARRAY_SIZE(quantiles); i++, x += 15) {
		if (u->histograms)
			ns = histogram_quantile(&u->latency, quantiles[i]);
		top_format_ns(text, sizeof(text), ns);
		put(y, x, A_NORMAL, "p%.0f %s", 100 * quantiles[i], text);
	}
}

static void draw_details(const struct top *top, const struct top_user *u, int y, int end)
{
	int half = half_width();

	if (y >= end)
		return;
	put(y, 0, A_UNDERLINE, "%15s %9s %4s", "pages asked for", "fills", "");
	put(y, half, A_UNDERLINE, "%-14s %9s %7s", "ended early by", "fills", "");
	y++;
	draw_sizes(u, y, end);
	draw_ends(u, y, half, end);
	draw_latency(top, u, y + TOP_NR_ENDS < end ? y + TOP_NR_ENDS : end - 1, half);
}

static void draw_keys(const struct top *top)
{
	static const char first[] = "q quit  j/k user  switch:";
	int y = LINES - 1, x = 0;

	fill_line(y, A_REVERSE);
	put(y, x, A_REVERSE, "%s", first);
	x += strlen(first);
	for (unsigned int i = 0; i < top->modes.nr; i++) {
		const char *name = top->modes.name[i];
		char key = top_mode_key(&top->modes, i);
		int at = key ? strchr(name, key) - name : 0;

		if (key)
			put(y, x, A_REVERSE, " %.*s[%c]%s", at, name, key, name + at + 1);
		else
			put(y, x, A_REVERSE, " %s", name);
		x += strlen(name) + (key ? 3 : 1);
	}
	put(y, x, A_REVERSE, "  +/- interval  p pause");
}

/* As many lines as it needs, from the one above the keys upwards. */
static void draw_status(const struct top *top, const struct top_control *control)
{
	char text[2 * TOP_TEXT];
	int len, lines;

	top_status(top, control, text, sizeof(text));
	len = strlen(text);
	lines = COLS > 0 ? (len + COLS - 1) / COLS : 0;
	for (int i = 0; i < lines; i++) {
		int y = LINES - 1 - lines + i;

		fill_line(y, A_NORMAL);
		put(y, 0, A_BOLD, "%s", text + i * COLS);
	}
}

/**
 * top_draw() - draw all of it
 * @top: what is known
 * @control: what the keys have set
 */
void top_draw(const struct top *top, const struct top_control *control)
{
	const struct top_user *u = &top->user[control->selected];
	int y = 1;

	erase();
	draw_title(top, control);
	y = draw_users(top, control, y);
	y = draw_heading(u, y);
	y = draw_history(top, u, y);
	draw_details(top, u, y, LINES - 2);
	draw_keys(top);
	draw_status(top, control);
	refresh();
}
