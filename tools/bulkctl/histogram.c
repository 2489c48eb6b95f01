// SPDX-License-Identifier: GPL-2.0-only
/* The histograms in debugfs: read them, take differences, find a quantile. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "histogram.h"
#include "util.h"

#define BLANKS	"\n "

static const struct {
	const char *file;	/* below USER/ */
	const char *what;	/* the word behind the mode; NULL where there is none */
} sources[NR_HISTOGRAMS] = {
	[HISTOGRAM_SIZES] = { "sizes", NULL },
	[HISTOGRAM_FILL_NS] = { "latency", "fill" },
};

static int add_bucket(const char *low_word, const char *count_word, struct histogram *h)
{
	u64 low, count;
	int bucket;

	if (parse_u64(low_word, &low) || parse_u64(count_word, &count) || !low || low & (low - 1))
		return -EBADMSG;
	bucket = __builtin_ctzll(low);
	if (bucket >= HISTOGRAM_BUCKETS)
		return -EBADMSG;
	h->count[bucket] += count;
	return 0;
}

/* MODE LOW COUNT, or MODE WHAT LOW COUNT; another MODE or WHAT is none of ours. */
static int parse_line(char *line, enum histogram_kind kind, const char *mode, struct histogram *h)
{
	const char *what = sources[kind].what;
	unsigned int nr = what ? 4 : 3;
	char *save = NULL, *words[4];

	for (unsigned int i = 0; i < nr; i++) {
		words[i] = strtok_r(i ? NULL : line, BLANKS, &save);
		if (!words[i])
			return -EBADMSG;
	}
	if (mode && strcmp(words[0], mode))
		return 0;
	if (what && strcmp(words[1], what))
		return 0;
	if (strtok_r(NULL, BLANKS, &save))
		return -EBADMSG;
	return add_bucket(words[nr - 2], words[nr - 1], h);
}

/**
 * histogram_parse() - parse a histogram
 * @in: the file; an empty one means that nothing was counted
 * @kind: which file it is
 * @mode: the mode that is wanted of it; NULL for all of them together
 * @h: where it goes
 * @line: number of the last line read, for a message
 *
 * Return: 0, or -EBADMSG for a line that is no bucket: @h is empty then, and not known.
 */
int histogram_parse(FILE *in, enum histogram_kind kind, const char *mode, struct histogram *h,
		    unsigned int *line)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t len;
	int ret = 0;

	memset(h, 0, sizeof(*h));
	*line = 0;
	while (!ret && (len = getline(&text, &size, in)) > 0) {
		++*line;
		/* The kernel always ends a line: one without its newline was cut off. */
		if (text[len - 1] != '\n' || strlen(text) != (size_t)len)
			ret = -EBADMSG;
		else
			ret = parse_line(text, kind, mode, h);
	}
	free(text);
	if (ret)
		memset(h, 0, sizeof(*h));
	h->known = !ret;
	return ret;
}

static void path_of(const char *user, enum histogram_kind kind, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s/%s", pb_paths.debugfs, user, sources[kind].file);
}

static int read_one(const char *user, enum histogram_kind kind, const char *mode,
		    struct histogram *h, unsigned int *line)
{
	char path[PATH_MAX];
	FILE *in;
	int ret;

	memset(h, 0, sizeof(*h));
	path_of(user, kind, path);
	in = fopen(path, "re");
	if (!in)
		return -errno;
	ret = histogram_parse(in, kind, mode, h, line);
	fclose(in);
	return ret;
}

/**
 * histogram_read() - read a histogram of a user
 * @user: the user
 * @kind: which one
 * @mode: in which mode; NULL for all of them together
 * @h: where it goes; not known on error
 *
 * Return: 0, or a negative errno.
 */
int histogram_read(const char *user, enum histogram_kind kind, const char *mode,
		   struct histogram *h)
{
	unsigned int line;

	return read_one(user, kind, mode, h, &line);
}

static int complain_read(const char *user, enum histogram_kind kind, int error, unsigned int line)
{
	char path[PATH_MAX];

	path_of(user, kind, path);
	if (error == -EBADMSG)
		complain("%s: line %u cannot be read as a bucket of a histogram", path, line);
	else
		complain("%s: %s", path, strerror(-error));
	return error;
}

/**
 * histograms_read() - read the histograms of a user, in each of its modes
 * @user: the user
 * @stats: its counters, read before: its modes are wanted
 * @histograms: where they go; those that the kernel does not have are not known
 *
 * Return: 0, or a negative errno after a message.
 */
int histograms_read(const char *user, const struct pb_stats *stats,
		    struct user_histograms *histograms)
{
	unsigned int line = 0;
	int ret;

	memset(histograms, 0, sizeof(*histograms));
	for (unsigned int kind = 0; kind < NR_HISTOGRAMS; kind++) {
		for (unsigned int m = 0; m < stats->nr_modes; m++) {
			ret = read_one(user, kind, stats->modes[m].mode,
				       &histograms->modes[m].h[kind], &line);
			if (ret && ret != -ENOENT)
				return complain_read(user, kind, ret, line);
		}
	}
	return 0;
}

/**
 * histogram_delta() - what was counted between two readings
 * @start: the earlier reading
 * @end: the later one
 * @delta: where the difference goes; zeroes if it is not known
 *
 * Return: true, or false if it is not known: one of them is not, or a bucket went back because the
 * counters were reset in between.
 */
bool histogram_delta(const struct histogram *start, const struct histogram *end,
		     struct histogram *delta)
{
	bool known = start->known && end->known;

	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++)
		known = known && end->count[i] >= start->count[i];
	memset(delta, 0, sizeof(*delta));
	delta->known = known;
	for (unsigned int i = 0; known && i < HISTOGRAM_BUCKETS; i++)
		delta->count[i] = end->count[i] - start->count[i];
	return known;
}

/* How many fills are in it. */
u64 histogram_total(const struct histogram *h)
{
	u64 total = 0;

	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++)
		total += h->count[i];
	return total;
}

/**
 * histogram_quantile() - the value that a share of what was counted did not exceed
 * @h: what was counted
 * @q: the share, above 0, at most 1
 *
 * Within its bucket the value is interpolated, as if all lay there evenly: it is right to within a
 * factor of two. The last bucket has no upper end: there it is the lower end.
 *
 * Return: the value, or NAN if nothing was counted.
 */
double histogram_quantile(const struct histogram *h, double q)
{
	double total = (double)histogram_total(h), below = 0, rank, low, count;

	if (!(total > 0))
		return NAN;
	rank = q * total;
	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
		count = (double)h->count[i];
		low = i ? ldexp(1, i) : 0;
		if (count > 0 && below + count >= rank)
			return low + (ldexp(1, i + 1) - low) * (rank - below) / count;
		below += count;
	}
	return ldexp(1, HISTOGRAM_BUCKETS - 1);
}
