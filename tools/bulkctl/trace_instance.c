// SPDX-License-Identifier: GPL-2.0-only
/* The instance of tracing that trace-cmd records from, in tracefs: nobody else's. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "trace_record.h"

#define REMOVE_TRIES	50

void trace_instance_name(char *name, size_t size)
{
	snprintf(name, size, "bulkctl-%d", getpid());
}

static void path_of(const char *file, char *path, size_t size)
{
	char name[32];

	trace_instance_name(name, sizeof(name));
	snprintf(path, size, "%s/instances/%s/%s", pb_tracing(), name, file);
}

/**
 * trace_stats_parse() - parse a file per_cpu/cpuN/stats of tracefs
 * @in: the file
 * @lost: events that its CPU lost
 *
 * Return: 0, or -EBADMSG if it does not say.
 */
int trace_stats_parse(FILE *in, u64 *lost)
{
	bool known = false;
	char *line = NULL;
	size_t size = 0;
	u64 count;

	*lost = 0;
	while (getline(&line, &size, in) > 0) {
		if (scan_u64(line, "overrun:", &count))
			known = true;
		else if (!scan_u64(line, "commit overrun:", &count) &&
			 !scan_u64(line, "dropped events:", &count))
			continue;
		*lost += count;
	}
	free(line);
	return known ? 0 : -EBADMSG;
}

static int read_stats(const char *path, struct trace_losses *lost)
{
	const char *cpu = strstr(path, "/per_cpu/cpu") + strlen("/per_cpu/cpu");
	FILE *in = fopen(path, "re");
	u64 events;
	int ret;

	if (!in)
		return -errno;
	ret = trace_stats_parse(in, &events);
	fclose(in);
	return ret || !events ? ret : trace_losses_add(lost, atoi(cpu), events, false);
}

/**
 * trace_instance_stop() - stop recording, and tell what was lost
 * @lost: events by CPU
 *
 * trace-cmd clears the counts when it ends: they have to be read before.
 *
 * Return: 0, or a negative errno if the kernel does not say.
 */
int trace_instance_stop(struct trace_losses *lost)
{
	char path[PATH_MAX];
	int fd, ret = 0;
	glob_t found;

	path_of("tracing_on", path, sizeof(path));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, "0", 1) != 1)
		ret = -errno;
	close(fd);
	path_of("per_cpu/cpu*/stats", path, sizeof(path));
	if (ret || glob(path, GLOB_NOSORT, NULL, &found))
		return ret ?: -ENOENT;
	for (size_t i = 0; i < found.gl_pathc && !ret; i++)
		ret = read_stats(found.gl_pathv[i], lost);
	globfree(&found);
	return ret;
}

/* trace-cmd removes it, unless it failed. What it left behind may hold it for a moment. */
void trace_instance_remove(void)
{
	struct timespec pause = { .tv_nsec = 20 * NSEC_PER_MSEC };
	char path[PATH_MAX];

	path_of("", path, sizeof(path));
	for (int i = 0; i < REMOVE_TRIES && rmdir(path) && errno == EBUSY; i++)
		nanosleep(&pause, NULL);
}
