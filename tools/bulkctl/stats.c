// SPDX-License-Identifier: GPL-2.0-only
/* The counters in debugfs: parse them, take differences, derive rates. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pagebulk.h"
#include "util.h"

const char * const pb_key_names[PB_NR_KEYS] = {
	[PB_FILLS] = "fills",
	[PB_FULL] = "full",
	[PB_ASKED] = "asked",
	[PB_GOT] = "got",
	[PB_SHORT] = "short",
	[PB_FAILED] = "failed",
	[PB_TIMED_FILLS] = "timed_fills",
	[PB_TIMED_GOT] = "timed_got",
	[PB_NS] = "ns",
	[PB_FREED] = "freed",
	[PB_ZONE_LOCKS] = "zone_locks",
	[PB_FREED_ZONE_LOCKS] = "freed_zone_locks",
	[PB_END_ONE_PAGE] = "end_one_page",
	[PB_END_PCP_CONTENDED] = "end_pcp_contended",
	[PB_END_PCP_EMPTY] = "end_pcp_empty",
	[PB_END_WATERMARK] = "end_watermark",
	[PB_END_NO_BLOCK] = "end_no_block",
	[PB_END_MEMCG_LIMIT] = "end_memcg_limit",
	[PB_END_NO_RECLAIM] = "end_no_reclaim",
	[PB_END_OOM] = "end_oom",
	[PB_END_INJECTED] = "end_injected",
};

const char *pb_end_name(enum pb_key key)
{
	return pb_key_names[key] + strlen("end_");
}

static struct pb_counters *add_mode(struct pb_stats *stats, const char *mode)
{
	struct pb_counters *c;

	for (unsigned int i = 0; i < stats->nr_modes; i++)
		if (!strcmp(stats->modes[i].mode, mode))
			return &stats->modes[i];
	if (stats->nr_modes == PB_MAX_MODES || strlen(mode) >= PB_NAME)
		return NULL;

	c = &stats->modes[stats->nr_modes++];
	snprintf(c->mode, sizeof(c->mode), "%s", mode);
	for (unsigned int key = 0; key < PB_NR_KEYS; key++)
		c->v[key] = PB_UNKNOWN;
	return c;
}

static unsigned int split(char *line, char **words, unsigned int max)
{
	unsigned int nr = 0;
	char *save = NULL;

	for (char *w = strtok_r(line, " \t\n", &save); w; w = strtok_r(NULL, " \t\n", &save)) {
		if (nr == max)
			return max + 1;
		words[nr++] = w;
	}
	return nr;
}

/* What a later kernel adds is skipped; what we know and cannot read is an error. */
static int parse_counter(char *line, struct pb_stats *stats)
{
	unsigned int nr, key;
	struct pb_counters *c;
	char *words[3];

	nr = split(line, words, ARRAY_SIZE(words));
	if (nr == 2 && !strcmp(words[0], "generation"))
		return parse_u64(words[1], &stats->generation) ? -EBADMSG : 0;
	if (nr != 3)
		return 0;
	for (key = 0; key < PB_NR_KEYS; key++)
		if (!strcmp(words[1], pb_key_names[key]))
			break;
	c = key < PB_NR_KEYS ? add_mode(stats, words[0]) : NULL;
	if (!c)
		return 0;
	return parse_u64(words[2], &c->v[key]) ? -EBADMSG : 0;
}

/* The same for "MODE fill COUNT" and "MODE free COUNT". */
static int parse_zone_locks(char *line, struct pb_stats *stats)
{
	struct pb_counters *c;
	enum pb_key key;
	char *words[3];

	if (split(line, words, ARRAY_SIZE(words)) != 3)
		return 0;
	if (!strcmp(words[1], "fill"))
		key = PB_ZONE_LOCKS;
	else if (!strcmp(words[1], "free"))
		key = PB_FREED_ZONE_LOCKS;
	else
		return 0;
	c = add_mode(stats, words[0]);
	if (!c)
		return 0;
	return parse_u64(words[2], &c->v[key]) ? -EBADMSG : 0;
}

/*
 * Return: 0, or -EBADMSG for an empty file, a counter that is no number or too large, or a last
 * line without its newline: the kernel always ends a line, so that one was cut off.
 */
static int parse_lines(FILE *in, struct pb_stats *stats, unsigned int *line,
		       int (*parse_line)(char *line, struct pb_stats *stats))
{
	char *text = NULL;
	size_t size = 0;
	ssize_t len;
	int ret = 0;

	*line = 0;
	while (!ret && (len = getline(&text, &size, in)) > 0) {
		++*line;
		if (text[len - 1] != '\n' || strlen(text) != (size_t)len)
			ret = -EBADMSG;
		else
			ret = parse_line(text, stats);
	}
	free(text);
	if (!ret && (ferror(in) || !*line))
		ret = -EBADMSG;
	return ret;
}

/**
 * pb_parse_stats() - parse a stats file
 * @in: the file
 * @stats: where the counters go; those that the file does not give are PB_UNKNOWN
 * @line: number of the last line read, for a message
 *
 * Return: 0, or -EBADMSG for what is no stats file.
 */
int pb_parse_stats(FILE *in, struct pb_stats *stats, unsigned int *line)
{
	stats->generation = PB_UNKNOWN;
	stats->nr_modes = 0;
	return parse_lines(in, stats, line, parse_counter);
}

/**
 * pb_parse_zone_locks() - parse a zone_locks file
 * @in: the file
 * @stats: the counters that pb_parse_stats() has read: these are added
 * @line: number of the last line read, for a message
 *
 * Return: 0, or -EBADMSG for what is no zone_locks file.
 */
int pb_parse_zone_locks(FILE *in, struct pb_stats *stats, unsigned int *line)
{
	return parse_lines(in, stats, line, parse_zone_locks);
}

/* Return: 0, -ENOENT quietly, or another negative errno after a message. */
static int read_file(const char *user, const char *name, struct pb_stats *stats,
		     int (*parse)(FILE *in, struct pb_stats *stats, unsigned int *line))
{
	char path[PATH_MAX];
	unsigned int line;
	FILE *in;
	int ret;

	snprintf(path, sizeof(path), "%s/%s/%s", pb_paths.debugfs, user, name);
	in = fopen(path, "re");
	if (!in) {
		ret = -errno;
		if (ret != -ENOENT)
			complain("%s: %s", path, strerror(-ret));
		return ret;
	}
	ret = parse(in, stats, &line);
	fclose(in);
	if (ret)
		complain("%s: line %u cannot be read as the counters of a user", path, line);
	return ret;
}

/**
 * pb_read_stats() - read the counters of a user
 * @user: the user
 * @stats: where they go
 *
 * Return: 0, or a negative errno after a message.
 */
int pb_read_stats(const char *user, struct pb_stats *stats)
{
	int ret = read_file(user, "stats", stats, pb_parse_stats);

	if (ret == -ENOENT)
		complain("%s/%s/stats: %s", pb_paths.debugfs, user, strerror(ENOENT));
	if (ret)
		return ret;
	ret = read_file(user, "zone_locks", stats, pb_parse_zone_locks);
	return ret == -ENOENT ? 0 : ret;	/* not counted: unknown */
}

/**
 * pb_read_generation() - read the generation of a user, quietly
 * @user: the user
 *
 * Return: the generation, or PB_UNKNOWN where debugfs cannot be read.
 */
u64 pb_read_generation(const char *user)
{
	char path[PATH_MAX], line[64];
	u64 generation;
	const char *word = "generation ";

	snprintf(path, sizeof(path), "%s/%s/stats", pb_paths.debugfs, user);
	if (read_first_line(path, line, sizeof(line)) || strncmp(line, word, strlen(word)) ||
	    parse_u64(line + strlen(word), &generation))
		return PB_UNKNOWN;
	return generation;
}

const struct pb_counters *pb_find_mode(const struct pb_stats *stats, const char *mode)
{
	for (unsigned int i = 0; i < stats->nr_modes; i++)
		if (!strcmp(stats->modes[i].mode, mode))
			return &stats->modes[i];
	return NULL;
}

static bool went_back(u64 start, u64 end)
{
	return start != PB_UNKNOWN && end != PB_UNKNOWN && end < start;
}

/**
 * pb_delta() - what happened between two readings
 * @start: the earlier reading
 * @end: the later one
 * @delta: where the differences go, with the generation of @end; a counter that either reading
 *	lacks is PB_UNKNOWN
 *
 * A reset that was overtaken, because more was counted since than before, cannot be seen.
 *
 * Return: true, or false if a counter went back: they were reset in between, and @delta means
 * nothing.
 */
bool pb_delta(const struct pb_stats *start, const struct pb_stats *end, struct pb_stats *delta)
{
	const struct pb_counters *a, *b;
	struct pb_counters *d;

	delta->generation = end->generation;
	delta->nr_modes = end->nr_modes;
	if (went_back(start->generation, end->generation))
		return false;
	for (unsigned int i = 0; i < end->nr_modes; i++) {
		b = &end->modes[i];
		d = &delta->modes[i];
		memcpy(d->mode, b->mode, sizeof(d->mode));
		a = pb_find_mode(start, b->mode);
		for (unsigned int key = 0; key < PB_NR_KEYS; key++) {
			d->v[key] = PB_UNKNOWN;
			if (!a || a->v[key] == PB_UNKNOWN || b->v[key] == PB_UNKNOWN)
				continue;
			if (went_back(a->v[key], b->v[key]))
				return false;
			d->v[key] = b->v[key] - a->v[key];
		}
	}
	return true;
}

/**
 * pb_sum() - one counter over all modes
 * @stats: the counters
 * @key: which one
 *
 * Return: the sum, or PB_UNKNOWN if there is no mode or one of them lacks the counter.
 */
u64 pb_sum(const struct pb_stats *stats, enum pb_key key)
{
	u64 sum = 0;

	for (unsigned int i = 0; i < stats->nr_modes; i++) {
		if (stats->modes[i].v[key] == PB_UNKNOWN)
			return PB_UNKNOWN;
		sum += stats->modes[i].v[key];
	}
	return stats->nr_modes ? sum : PB_UNKNOWN;
}

/* Did anything at all happen in this mode? */
bool pb_active(const struct pb_counters *c)
{
	for (unsigned int key = 0; key < PB_NR_KEYS; key++)
		if (c->v[key] != PB_UNKNOWN && c->v[key])
			return true;
	return false;
}

/**
 * pb_ratio() - one counter per another
 * @num: numerator, may be PB_UNKNOWN
 * @den: denominator, may be PB_UNKNOWN or 0
 *
 * Return: the ratio, NAN where there is none.
 */
double pb_ratio(u64 num, u64 den)
{
	if (num == PB_UNKNOWN || den == PB_UNKNOWN || !den)
		return NAN;
	return (double)num / (double)den;
}

/**
 * pb_rate() - a counter per second
 * @count: the counter, may be PB_UNKNOWN
 * @seconds: over which time
 *
 * Return: the rate, NAN where there is none.
 */
double pb_rate(u64 count, double seconds)
{
	if (count == PB_UNKNOWN || !(seconds > 0))
		return NAN;
	return (double)count / seconds;
}
