/* SPDX-License-Identifier: GPL-2.0-only */
/* bulkctl top: what it knows, what the keys do to it, how it is drawn. */
#ifndef BULKCTL_TOP_H
#define BULKCTL_TOP_H

#include <stdbool.h>

#include "histogram.h"
#include "pagebulk.h"
#include "sample.h"
#include "util.h"

#define TOP_HISTORY	512	/* intervals: one column each */
#define TOP_NR_ENDS	(PB_NR_KEYS - PB_END_FIRST)

/* One interval in the history of a user. */
struct top_point {
	double fills_per_s;	/* NAN where it is not known */
	char mark;		/* the key of the mode that it was switched to, or 0 */
};

/*
 * A user over the last interval, all modes together. What is not known is PB_UNKNOWN or NAN: the
 * first interval is not over, debugfs cannot be read, or the counters were reset.
 */
struct top_user {
	const char *name;
	char mode[PB_NAME];	/* "" */
	u64 generation;
	bool switched;
	bool reset;
	bool upper_bound;	/* the pages are one: see UPPER_BOUND_MODE */
	double fills_per_s;
	double pages_per_s;
	double pages_per_fill;
	double short_percent;
	double ns_per_fill;
	double freed_per_s;
	u64 fills;
	u64 ends[TOP_NR_ENDS];
	bool histograms;	/* the two are known */
	struct histogram sizes;
	struct histogram latency;
	unsigned int sizes_shown;	/* buckets, up to the largest request since the start */
	struct top_point history[TOP_HISTORY];
	unsigned int nr_points;
	unsigned int next_point;
};

/* The counters at one moment. */
struct top_edge {
	struct sample sample;
	struct histogram sizes[PB_MAX_USERS];
	struct histogram latency[PB_MAX_USERS];
};

struct top {
	struct pb_names users;
	struct pb_names modes;
	int debugfs;		/* 0, or why it cannot be read */
	int timing;		/* 1, 0, or a negative errno */
	double seconds;		/* length of the last interval, or NAN */
	struct top_user user[PB_MAX_USERS];
	struct top_edge edges[2];
	unsigned int last;	/* the edge that the next interval begins with */
	bool has_edge;
};

/* top_model.c */
int top_open(struct top *top);
int top_take(struct top *top);
void top_take_modes(struct top *top);
void top_restart(struct top *top);
char top_mode_key(const struct pb_names *modes, unsigned int i);
const struct top_point *top_point(const struct top_user *user, unsigned int ago);
double top_highest(const struct top_user *user, unsigned int nr);
unsigned int top_level(double value, double highest, unsigned int levels);
void top_format(char *buf, size_t size, double number);
void top_format_ns(char *buf, size_t size, double ns);

#define TOP_TEXT	256

/* What the keys change. */
struct top_control {
	u64 interval;		/* ns */
	unsigned int selected;
	bool paused;
	bool quit;
	bool asking;		/* shall the selected user go from here to there? */
	char from[PB_NAME];
	char to[PB_NAME];
	char message[TOP_TEXT];	/* of the last thing that was done; a question comes first */
};

/* top_control.c */
void top_key(struct top *top, struct top_control *control, int key);
void top_sample(struct top *top, struct top_control *control);
void top_status(const struct top *top, const struct top_control *control, char *buf, size_t size);

/* top_screen.c */
void top_screen_begin(void);
void top_draw(const struct top *top, const struct top_control *control);

/* top_terminal.c */
int terminal_begin(void);
void terminal_stop(void);
void terminal_end(void);

#endif /* BULKCTL_TOP_H */
