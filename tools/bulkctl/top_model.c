// SPDX-License-Identifier: GPL-2.0-only
/* What bulkctl top shows: samples, rates over the last interval, their history. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "report.h"
#include "top.h"

/* Of the last interval nothing is known. */
static void forget(struct top_user *u)
{
	u->switched = false;
	u->reset = false;
	u->upper_bound = false;
	u->fills_per_s = NAN;
	u->pages_per_s = NAN;
	u->pages_per_fill = NAN;
	u->short_percent = NAN;
	u->ns_per_fill = NAN;
	u->freed_per_s = NAN;
	u->fills = PB_UNKNOWN;
	for (unsigned int i = 0; i < TOP_NR_ENDS; i++)
		u->ends[i] = PB_UNKNOWN;
	u->histograms = false;
}

/**
 * top_open() - find users and modes
 * @top: zeroed
 *
 * Return: EXIT_DONE, or EXIT_FAILED after a message.
 */
int top_open(struct top *top)
{
	int ret = pb_read_users(&top->users);

	if (!ret)
		ret = pb_read_modes(&top->modes);
	if (ret) {
		complain("%s cannot be read as users and modes: %s", pb_paths.sysctl,
			 strerror(-ret));
		return EXIT_FAILED;
	}
	if (!top->users.nr) {
		complain("%s has no user that %s knows", pb_paths.sysctl, pb_paths.debugfs);
		return EXIT_FAILED;
	}
	top->seconds = NAN;
	for (unsigned int i = 0; i < top->users.nr; i++) {
		top->user[i].name = top->users.name[i];
		top->user[i].generation = PB_UNKNOWN;
		forget(&top->user[i]);
	}
	return EXIT_DONE;
}

/**
 * top_mode_key() - the key that stands for a mode
 * @modes: all modes
 * @i: which one
 *
 * The first letter of its name that no mode before it has, and no other key of top.
 *
 * Return: a small letter, or 0 if none is left.
 */
char top_mode_key(const struct pb_names *modes, unsigned int i)
{
	char taken[PB_MAX_USERS + sizeof("jknpqy")] = "jknpqy";
	size_t nr = strlen(taken);

	for (unsigned int m = 0; m <= i; m++) {
		const char *name = modes->name[m];
		size_t at = strspn(name, taken);

		if (name[at] >= 'a' && name[at] <= 'z')
			taken[nr++] = name[at];
		else if (m == i)
			return 0;
	}
	return taken[nr - 1];
}

static char key_of(const struct top *top, const char *mode)
{
	for (unsigned int i = 0; i < top->modes.nr; i++)
		if (!strcmp(top->modes.name[i], mode))
			return top_mode_key(&top->modes, i);
	return 0;
}

static void add_point(struct top_user *u, double fills_per_s, char mark)
{
	u->history[u->next_point] = (struct top_point){ fills_per_s, mark };
	u->next_point = (u->next_point + 1) % TOP_HISTORY;
	if (u->nr_points < TOP_HISTORY)
		u->nr_points++;
}

/**
 * top_point() - an interval in the history of a user
 * @user: the user
 * @ago: 0 for the last one
 *
 * Return: the point, or NULL if there is none so long ago.
 */
const struct top_point *top_point(const struct top_user *user, unsigned int ago)
{
	if (ago >= user->nr_points)
		return NULL;
	return &user->history[(user->next_point + TOP_HISTORY - 1 - ago) % TOP_HISTORY];
}

/**
 * top_highest() - the highest rate in the history of a user
 * @user: the user
 * @nr: over so many intervals
 *
 * Return: fills per second, or NAN if none is known.
 */
double top_highest(const struct top_user *user, unsigned int nr)
{
	double highest = NAN;

	for (unsigned int i = 0; i < nr && i < user->nr_points; i++)
		highest = fmax(highest, top_point(user, i)->fills_per_s);
	return highest;
}

static int take_edge(const struct pb_names *users, struct top_edge *edge)
{
	int ret = sample_take(users, &edge->sample);

	for (unsigned int i = 0; !ret && i < users->nr; i++) {
		ret = histogram_read(users->name[i], HISTOGRAM_SIZES, NULL, &edge->sizes[i]);
		if (!ret)
			ret = histogram_read(users->name[i], HISTOGRAM_FILL_NS, NULL,
					     &edge->latency[i]);
		if (ret)
			complain("the histograms of %s in %s cannot be read: %s", users->name[i],
				 pb_paths.debugfs, strerror(-ret));
	}
	return ret;
}

static void set_rates(struct top_user *u, const struct user_interval *iv, int timing)
{
	const struct pb_counters *bound = pb_find_mode(&iv->delta, UPPER_BOUND_MODE);
	const struct pb_stats *d = &iv->delta;
	u64 fills = pb_sum(d, PB_FILLS), got = pb_sum(d, PB_GOT);

	u->upper_bound = timing != 1 && bound && bound->v[PB_FILLS] != PB_UNKNOWN &&
			 bound->v[PB_FILLS];
	u->fills = fills;
	u->fills_per_s = pb_rate(fills, iv->seconds);
	u->pages_per_s = pb_rate(got, iv->seconds);
	u->pages_per_fill = pb_ratio(got, fills);
	u->short_percent = 100 * pb_ratio(pb_sum(d, PB_SHORT), fills);
	u->ns_per_fill = pb_ratio(pb_sum(d, PB_NS), pb_sum(d, PB_TIMED_FILLS));
	u->freed_per_s = pb_rate(pb_sum(d, PB_FREED), iv->seconds);
	for (unsigned int i = 0; i < TOP_NR_ENDS; i++)
		u->ends[i] = pb_sum(d, PB_END_FIRST + i);
}

static void note_largest(struct top_user *u)
{
	for (unsigned int i = u->sizes_shown; i < HISTOGRAM_BUCKETS; i++)
		if (u->sizes.count[i])
			u->sizes_shown = i + 1;
}

/* A reset shows in any of the three files; it makes all of the interval unknown. */
static void compare(struct top *top, unsigned int i, const struct user_interval *iv,
		    const struct top_edge *start, const struct top_edge *end)
{
	struct top_user *u = &top->user[i];

	u->switched = iv->generation_start != iv->generation_end;
	u->histograms = histogram_delta(&start->sizes[i], &end->sizes[i], &u->sizes) &&
			histogram_delta(&start->latency[i], &end->latency[i], &u->latency);
	u->reset = iv->reset || !u->histograms;
	if (u->reset) {
		u->histograms = false;
	} else {
		note_largest(u);
		set_rates(u, iv, top->timing);
	}
	add_point(u, u->fills_per_s, u->switched ? key_of(top, u->mode) : 0);
}

static void show_edge(struct top *top, const struct top_edge *end)
{
	const struct top_edge *start = &top->edges[top->last];
	static struct interval iv;

	for (unsigned int i = 0; i < top->users.nr; i++) {
		const struct user_sample *s = &end->sample.users[i];
		struct top_user *u = &top->user[i];

		memcpy(u->mode, s->mode, sizeof(u->mode));
		u->generation = s->stats.generation;
	}
	if (!top->has_edge)
		return;
	sample_diff(&top->users, &start->sample, &end->sample, &iv);
	top->seconds = iv.seconds;
	for (unsigned int i = 0; i < top->users.nr; i++)
		compare(top, i, &iv.users[i], start, end);
}

/**
 * top_take() - take a sample, and look at the interval since the one before
 * @top: the model
 *
 * Without debugfs there are modes and nothing else.
 *
 * Return: 0, also without debugfs, or a negative errno after a message.
 */
int top_take(struct top *top)
{
	struct top_edge *end = &top->edges[!top->last];
	int ret = 0;

	top->timing = pb_read_timing();
	top->debugfs = pb_check_debugfs();
	top->seconds = NAN;
	for (unsigned int i = 0; i < top->users.nr; i++)
		forget(&top->user[i]);
	if (!top->debugfs)
		ret = take_edge(&top->users, end);
	if (top->debugfs || ret) {
		top_take_modes(top);
		top_restart(top);
		return ret;
	}
	show_edge(top, end);
	top->last = !top->last;
	top->has_edge = true;
	return 0;
}

/**
 * top_take_modes() - read modes and generations only: somebody has switched
 * @top: the model
 */
void top_take_modes(struct top *top)
{
	for (unsigned int i = 0; i < top->users.nr; i++) {
		struct top_user *u = &top->user[i];

		if (pb_read_mode(u->name, u->mode))
			u->mode[0] = '\0';
		u->generation = pb_read_generation(u->name);
	}
}

/**
 * top_restart() - begin a new interval with the next sample: there was none for a while
 * @top: the model
 */
void top_restart(struct top *top)
{
	top->has_edge = false;
	for (unsigned int i = 0; i < top->users.nr; i++)
		if (top->user[i].nr_points)
			add_point(&top->user[i], NAN, 0);
}

/**
 * top_level() - how high a bar is
 * @value: what it stands for, known
 * @highest: what the highest bar stands for
 * @levels: the height of that one
 *
 * Return: 0 for nothing, and at least 1 for something.
 */
unsigned int top_level(double value, double highest, unsigned int levels)
{
	double level;

	if (!(value > 0) || !(highest > 0))
		return 0;
	level = round(value / highest * levels);
	if (level < 1)
		return 1;
	return level > levels ? levels : (unsigned int)level;
}

/* In at most 8 characters, "-" for what is not known. */
void top_format(char *buf, size_t size, double number)
{
	if (isnan(number))
		snprintf(buf, size, "-");
	else if (number < 99999.95)
		snprintf(buf, size, "%.1f", number);
	else if (number < 9999999.5)
		snprintf(buf, size, "%.0f", number);
	else if (number < 9.9995e9)
		snprintf(buf, size, "%.1fM", number / 1e6);
	else
		snprintf(buf, size, "%.3gG", number / 1e9);
}

void top_format_ns(char *buf, size_t size, double ns)
{
	if (isnan(ns))
		snprintf(buf, size, "-");
	else if (ns < 999.5)
		snprintf(buf, size, "%.0f ns", ns);
	else if (ns < 999950)
		snprintf(buf, size, "%.1f us", ns / 1e3);
	else if (ns < 999950000)
		snprintf(buf, size, "%.1f ms", ns / 1e6);
	else
		snprintf(buf, size, "%.1f s", ns / 1e9);
}
