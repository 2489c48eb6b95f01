// SPDX-License-Identifier: GPL-2.0-only
/* The histograms of a user in debugfs, in all modes. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "histogram.h"
#include "util.h"

#define BLANKS	" \t\n"

static const char * const file_names[NR_HISTOGRAMS] = {
	[HISTOGRAM_SIZES] = "sizes",
	[HISTOGRAM_FILL_NS] = "latency",
};

static int add_bucket(const char *low_word, const char *count_word, struct histogram *histogram)
{
	u64 low, count;
	int bucket;

	if (!low_word || !count_word || parse_u64(low_word, &low) || parse_u64(count_word, &count))
		return -EBADMSG;
	if (!low || low & (low - 1))
		return -EBADMSG;
	bucket = __builtin_ctzll(low);
	if (bucket >= HISTOGRAM_BUCKETS)
		return -EBADMSG;
	histogram->count[bucket] += count;
	return 0;
}

/* "MODE LOW COUNT" of sizes, "MODE fill LOW COUNT" of latency, whose "MODE page" is skipped. */
static int parse_line(char *line, enum histogram_kind kind, const struct pb_stats *stats,
		      struct user_histograms *histograms)
{
	char *save = NULL, *low, *count;
	const char *mode = strtok_r(line, BLANKS, &save);
	const struct pb_counters *c = mode ? pb_find_mode(stats, mode) : NULL;
	const char *what;

	if (!mode)
		return -EBADMSG;
	if (kind == HISTOGRAM_FILL_NS) {
		what = strtok_r(NULL, BLANKS, &save);
		if (!what)
			return -EBADMSG;
		if (strcmp(what, "fill"))
			return 0;
	}
	if (!c)		/* a mode without counters: of a later kernel */
		return 0;
	low = strtok_r(NULL, BLANKS, &save);
	count = strtok_r(NULL, BLANKS, &save);
	if (strtok_r(NULL, BLANKS, &save))
		return -EBADMSG;
	return add_bucket(low, count, &histograms->modes[c - stats->modes].h[kind]);
}

/**
 * histograms_parse() - parse a file sizes or latency
 * @in: the file; an empty one is a histogram of zeroes
 * @kind: which file it is
 * @stats: the counters of the user: its modes are wanted
 * @histograms: where they go
 * @line: number of the last line read, for a message
 *
 * Return: 0, or -EBADMSG for a line that is no bucket.
 */
int histograms_parse(FILE *in, enum histogram_kind kind, const struct pb_stats *stats,
		     struct user_histograms *histograms, unsigned int *line)
{
	char *text = NULL;
	size_t size = 0;
	int ret = 0;

	*line = 0;
	for (unsigned int i = 0; i < stats->nr_modes; i++) {
		struct histogram *h = &histograms->modes[i].h[kind];

		memset(h, 0, sizeof(*h));
		h->known = true;
	}
	while (!ret && getline(&text, &size, in) > 0) {
		++*line;
		ret = parse_line(text, kind, stats, histograms);
	}
	free(text);
	return ret;
}

static int read_file(const char *user, enum histogram_kind kind, const struct pb_stats *stats,
		     struct user_histograms *histograms)
{
	char path[PATH_MAX];
	unsigned int line;
	FILE *in;
	int ret;

	snprintf(path, sizeof(path), "%s/%s/%s", pb_paths.debugfs, user, file_names[kind]);
	in = fopen(path, "re");
	if (!in) {
		ret = -errno;
		if (ret == -ENOENT)	/* not counted: unknown */
			return 0;
		complain("%s: %s", path, strerror(-ret));
		return ret;
	}
	ret = histograms_parse(in, kind, stats, histograms, &line);
	fclose(in);
	if (ret)
		complain("%s: line %u cannot be read as a bucket of a histogram", path, line);
	return ret;
}

/**
 * histograms_read() - read the histograms of a user
 * @user: the user
 * @stats: its counters, read before: its modes are wanted
 * @histograms: where they go; those that the kernel does not have are not known
 *
 * Return: 0, or a negative errno after a message.
 */
int histograms_read(const char *user, const struct pb_stats *stats,
		    struct user_histograms *histograms)
{
	int ret = 0;

	memset(histograms, 0, sizeof(*histograms));
	for (unsigned int kind = 0; !ret && kind < NR_HISTOGRAMS; kind++)
		ret = read_file(user, kind, stats, histograms);
	return ret;
}

/**
 * histogram_delta() - what was counted between two readings
 * @start: the earlier reading
 * @end: the later one
 * @delta: where the difference goes
 *
 * Return: true, or false if it is not known: one of them is not, or a bucket went back because the
 * counters were reset in between.
 */
bool histogram_delta(const struct histogram *start, const struct histogram *end,
		     struct histogram *delta)
{
	memset(delta, 0, sizeof(*delta));
	if (!start->known || !end->known)
		return false;
	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (end->count[i] < start->count[i])
			return false;
		delta->count[i] = end->count[i] - start->count[i];
	}
	delta->known = true;
	return true;
}

/* How many fills are in it. */
u64 histogram_total(const struct histogram *histogram)
{
	u64 total = 0;

	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++)
		total += histogram->count[i];
	return total;
}
