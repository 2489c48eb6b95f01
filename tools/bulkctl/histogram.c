// SPDX-License-Identifier: GPL-2.0-only
/* The histograms in debugfs: read them, take differences, find a quantile. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "histogram.h"
#include "pagebulk.h"

#define BLANKS	"\n "

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

/* MODE LOW COUNT, or MODE WHAT LOW COUNT; another WHAT is none of ours. */
static int parse_line(char *line, const struct histogram_source *source, struct histogram *h)
{
	unsigned int nr = source->what ? 4 : 3;
	char *save = NULL, *words[4];

	for (unsigned int i = 0; i < nr; i++) {
		words[i] = strtok_r(i ? NULL : line, BLANKS, &save);
		if (!words[i])
			return -EBADMSG;
	}
	if (source->mode && strcmp(words[0], source->mode))
		return 0;
	if (source->what && strcmp(words[1], source->what))
		return 0;
	return add_bucket(words[nr - 2], words[nr - 1], h);
}

/**
 * histogram_parse() - parse a histogram
 * @in: the file; an empty one means that nothing was counted
 * @source: what is wanted of it
 * @h: where it goes
 *
 * Return: 0, or -EBADMSG for a line that is no bucket.
 */
int histogram_parse(FILE *in, const struct histogram_source *source, struct histogram *h)
{
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	memset(h, 0, sizeof(*h));
	while (!ret && getline(&line, &size, in) > 0)
		ret = parse_line(line, source, h);
	free(line);
	return ret;
}

/**
 * histogram_read() - read a histogram of a user
 * @user: the user
 * @source: which one
 * @h: where it goes
 *
 * Return: 0, or a negative errno.
 */
int histogram_read(const char *user, const struct histogram_source *source, struct histogram *h)
{
	char path[PATH_MAX];
	FILE *in;
	int ret;

	snprintf(path, sizeof(path), "%s/%s/%s", pb_paths.debugfs, user, source->file);
	in = fopen(path, "re");
	if (!in)
		return -errno;
	ret = histogram_parse(in, source, h);
	fclose(in);
	return ret;
}

/* False if a bucket went back: they were reset in between. */
bool histogram_delta(const struct histogram *start, const struct histogram *end,
		     struct histogram *delta)
{
	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (end->count[i] < start->count[i])
			return false;
		delta->count[i] = end->count[i] - start->count[i];
	}
	return true;
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
	double total = 0, below = 0, rank, low, count;

	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++)
		total += (double)h->count[i];
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
