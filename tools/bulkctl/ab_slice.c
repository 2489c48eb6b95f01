// SPDX-License-Identifier: GPL-2.0-only
/* One slice of an experiment: switch, let settle, measure, look at the guards. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ab.h"
#include "experiment.h"

#define FILE_TAIL	4096	/* of --metric-file: the last number is in it */

static int start_command(struct ab *ab)
{
	int ret = command_start(&ab->command);

	if (ret)
		snprintf(ab->stopped, sizeof(ab->stopped), "COMMAND %s cannot be started: %s",
			 ab->command.argv[0], strerror(-ret));
	return ret;
}

/* Sets *switched: whether the mode was another one before. */
static void switch_mode(struct ab *ab, const char *mode, bool *switched)
{
	int ret;

	*switched = !ab->mode || strcmp(ab->mode, mode);
	if (!*switched)
		return;
	ret = experiment_switch(ab->experiment, ab->opts->user, mode);
	if (ret == -ECANCELED)
		ab->overridden = true;
	else if (ret)
		snprintf(ab->stopped, sizeof(ab->stopped), "%s cannot be switched to %s: %s",
			 ab->opts->user, mode, strerror(-ret));
	else
		ab->mode = mode;
}

/* The last number of --metric-file, if it was written since @since; NAN otherwise. */
static double file_number(const char *path, const struct timespec *since)
{
	char tail[FILE_TAIL];
	struct stat st;
	FILE *in = fopen(path, "re");
	double value = NAN;
	size_t len;

	if (!in)
		return NAN;
	if (!fstat(fileno(in), &st) &&
	    (st.st_mtim.tv_sec > since->tv_sec ||
	     (st.st_mtim.tv_sec == since->tv_sec && st.st_mtim.tv_nsec >= since->tv_nsec))) {
		if (st.st_size > FILE_TAIL)
			fseek(in, -FILE_TAIL, SEEK_END);
		len = fread(tail, 1, sizeof(tail), in);
		value = number_last(tail, len);
	}
	fclose(in);
	return value;
}

static double command_number(struct ab *ab, const struct timespec *since)
{
	if (!ab->opts->command)
		return NAN;
	command_read(&ab->command);
	if (ab->opts->metric_file)
		return file_number(ab->opts->metric_file, since);
	return ab->opts->per_slice ? ab->command.last : command_take(&ab->command);
}

/* The measured part. What may have cut it short is in @ab. */
static void measure(struct ab *ab, u64 start)
{
	if (!ab->opts->per_slice) {
		ab_wait(ab, start + ab->opts->slice);
	} else if (!start_command(ab)) {
		ab_wait_command(ab);
		command_stop(&ab->command);
	}
}

/* Why a slice does not count, or NULL. */
static const char *find_fault(struct ab *ab, const struct edge *start, const struct edge *end)
{
	ab_wait(ab, 0);
	if (ab->overridden)
		return "an administrator wrote the user's sysctl";
	if (start->stats.generation != end->stats.generation)
		return "the mode changed during the slice";
	if (ab->opts->per_slice && command_failed(&ab->command))
		return "COMMAND failed";
	return NULL;
}

static void check_guards(struct ab *ab, const double *values)
{
	for (unsigned int i = 0; i < ab->opts->nr_guards && !*ab->stopped; i++) {
		const struct guard *guard = &ab->opts->guards[i];
		double value = values[metrics_find(ab->metrics, guard->metric)];
		char text[GUARD_METRIC + 32];

		if (!guard_trips(guard, value))
			continue;
		guard_format(guard, text, sizeof(text));
		snprintf(ab->stopped, sizeof(ab->stopped),
			 "--abort-if '%s': %s was %g in a slice of mode %s", text, guard->metric,
			 value, ab->mode);
	}
}

/* A command that fails once will fail in every slice. */
static void check_command(struct ab *ab)
{
	char status[64];

	if (!ab->opts->per_slice || ab->overridden || !command_failed(&ab->command))
		return;
	command_format_status(&ab->command, status, sizeof(status));
	snprintf(ab->stopped, sizeof(ab->stopped), "COMMAND failed in a slice of mode %s: %s",
		 ab->mode, status);
}

static int add_slice(struct ab *ab, struct slices *to, struct slice *slice,
		     const struct edge *start, const struct edge *end, double number)
{
	double values[METRICS_MAX];
	const char *fault = find_fault(ab, start, end);

	if (!metrics_values(ab->metrics, ab->mode, start, end, number, values) && !fault)
		fault = "the counters were reset during the slice";
	if (fault)
		for (unsigned int i = 0; i < ab->metrics->nr; i++)
			values[i] = NAN;
	slice->values = values;
	slice->dropped = (char *)fault;
	slice->start = ab->measured;
	slice->seconds = (double)(end->ns - start->ns) / NSEC_PER_SEC;
	ab->measured += slice->seconds;
	if (!fault)
		check_guards(ab, values);
	check_command(ab);
	return result_add_slice(ab->result, to, slice);
}

/**
 * ab_slice() - one slice
 * @ab: the experiment
 * @to: where it is added
 * @block: its block
 * @position: its place in the block
 * @arm: its arm
 * @mode: the mode of that arm
 *
 * What ends the experiment is in @ab then: see ab_stopped(). A slice that a signal cut short, or in
 * which COMMAND could not be started, is not added.
 *
 * Return: 0, or a negative errno after a message.
 */
int ab_slice(struct ab *ab, struct slices *to, unsigned int block, unsigned int position,
	     unsigned int arm, const char *mode)
{
	struct slice slice = { .block = block, .position = position, .arm = arm };
	struct edge edges[2];
	struct timespec since;
	int ret;

	switch_mode(ab, mode, &slice.switched);
	if (!ab_stopped(ab))
		ab_wait(ab, clock_ns(CLOCK_MONOTONIC) + ab->settle);
	if (ab_stopped(ab))
		return 0;

	command_read(&ab->command);
	command_take(&ab->command);	/* what it printed in the gap belongs to no slice */
	clock_gettime(CLOCK_REALTIME_COARSE, &since);
	ret = metrics_read(ab->metrics, mode, &edges[0]);
	if (ret)
		return ret;
	measure(ab, edges[0].ns);
	if (ab->signal || *ab->stopped)
		return 0;
	ret = metrics_read(ab->metrics, mode, &edges[1]);
	if (ret)
		return ret;
	return add_slice(ab, to, &slice, &edges[0], &edges[1], command_number(ab, &since));
}
