// SPDX-License-Identifier: GPL-2.0-only
/* The histogram of how long fills took: read it, take differences, find a quantile. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "latency.h"
#include "pagebulk.h"

#define BLANKS	"\n "

static int add_bucket(char *words[4], struct latency *latency)
{
	u64 low, count;
	int bucket;

	if (parse_u64(words[2], &low) || parse_u64(words[3], &count) || !low || low & (low - 1))
		return -EBADMSG;
	bucket = __builtin_ctzll(low);
	if (bucket >= LATENCY_BUCKETS)
		return -EBADMSG;
	latency->count[bucket] += count;
	return 0;
}

/* MODE fill LOW COUNT, or MODE page LOW COUNT, which is none of ours. */
static int parse_line(char *line, const char *mode, struct latency *latency)
{
	char *save = NULL, *words[4];

	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
		words[i] = strtok_r(i ? NULL : line, BLANKS, &save);
		if (!words[i])
			return -EBADMSG;
	}
	if (strcmp(words[0], mode) || strcmp(words[1], "fill"))
		return 0;
	return add_bucket(words, latency);
}

/**
 * latency_parse() - parse a latency file
 * @in: the file; an empty one means that nothing was timed
 * @mode: the mode whose fills are wanted
 * @latency: where they go
 *
 * Return: 0, or -EBADMSG for a line that is no bucket.
 */
int latency_parse(FILE *in, const char *mode, struct latency *latency)
{
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	memset(latency, 0, sizeof(*latency));
	while (!ret && getline(&line, &size, in) > 0)
		ret = parse_line(line, mode, latency);
	free(line);
	return ret;
}

/**
 * latency_read() - read how long the fills of a user took in one mode
 * @user: the user
 * @mode: the mode
 * @latency: where it goes
 *
 * Return: 0, or a negative errno.
 */
int latency_read(const char *user, const char *mode, struct latency *latency)
{
	char path[PATH_MAX];
	FILE *in;
	int ret;

	snprintf(path, sizeof(path), "%s/%s/latency", pb_paths.debugfs, user);
	in = fopen(path, "re");
	if (!in)
		return -errno;
	ret = latency_parse(in, mode, latency);
	fclose(in);
	return ret;
}

/* False if a bucket went back: they were reset in between. */
bool latency_delta(const struct latency *start, const struct latency *end, struct latency *delta)
{
	for (unsigned int i = 0; i < LATENCY_BUCKETS; i++) {
		if (end->count[i] < start->count[i])
			return false;
		delta->count[i] = end->count[i] - start->count[i];
	}
	return true;
}

/**
 * latency_quantile() - the time that a share of the fills did not exceed
 * @latency: the fills
 * @q: the share, above 0, at most 1
 *
 * Within its bucket the time is interpolated, as if the fills lay there evenly: it is right to
 * within a factor of two. The last bucket has no upper end: there it is the lower end.
 *
 * Return: ns, or NAN without a fill.
 */
double latency_quantile(const struct latency *latency, double q)
{
	double total = 0, below = 0, rank, low, count;

	for (unsigned int i = 0; i < LATENCY_BUCKETS; i++)
		total += (double)latency->count[i];
	if (!(total > 0))
		return NAN;
	rank = q * total;
	for (unsigned int i = 0; i < LATENCY_BUCKETS - 1; i++) {
		count = (double)latency->count[i];
		low = i ? ldexp(1, i) : 0;
		if (count > 0 && below + count >= rank)
			return low + (ldexp(1, i + 1) - low) * (rank - below) / count;
		below += count;
	}
	return ldexp(1, LATENCY_BUCKETS - 1);
}
