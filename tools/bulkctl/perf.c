// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of the whole machine by perf_event_open(2): one descriptor per event and online CPU,
 * every process. They run from perf_open() on; each perf_next() gives what came since the last.
 * A CPU that comes online later is not counted.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pagebulk.h"
#include "perf.h"
#include "util.h"

const struct perf_event perf_default_events[PERF_MAX_EVENTS] = {
	{ "cycles", NULL, PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	{ "instructions", NULL, PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
	{ "cache-misses", NULL, PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES },
	{ "context-switches", NULL, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES },
	{ "task-clock", "ns", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK },
	{ "page-faults", NULL, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS },
};

struct perf_counter {
	int error;			/* of opening it; 0 if it counts */
	int *fds;			/* by CPU; -1 where that CPU went offline */
	struct perf_value *last;	/* by CPU */
};

/**
 * perf_parse_cpus() - parse a CPU list as the kernel writes it: 0-3,8,10-11
 * @list: the list
 * @cpus: where the numbers go, to be freed by the caller; untouched on error
 * @nr: how many there are
 *
 * Return: 0, -EINVAL for what is no such list, -ENOMEM.
 */
int perf_parse_cpus(const char *list, int **cpus, unsigned int *nr)
{
	unsigned long first, last;
	unsigned int count = 0;
	int *found = NULL, *more;
	char *end;

	do {
		first = strtoul(list, &end, 10);
		last = first;
		if (end == list || *list == '-' || *list == '+' || *list == ' ')
			goto invalid;
		if (*end == '-') {
			list = end + 1;
			last = strtoul(list, &end, 10);
			if (end == list || *list == '-' || *list == '+' || *list == ' ')
				goto invalid;
		}
		if (last < first || last > 65535)
			goto invalid;
		more = realloc(found, (count + last - first + 1) * sizeof(*found));
		if (!more) {
			free(found);
			return -ENOMEM;
		}
		found = more;
		while (first <= last)
			found[count++] = first++;
		list = end + 1;
	} while (*end == ',');
	if (*end)
		goto invalid;
	*cpus = found;
	*nr = count;
	return 0;
invalid:
	free(found);
	return -EINVAL;
}

/* Where sysfs does not tell, CPUs are numbered from 0 without a gap. */
static int online_cpus(int **cpus, unsigned int *nr)
{
	char line[4096];
	long count;

	if (!read_first_line(pb_paths.cpus_online, line, sizeof(line)) &&
	    !perf_parse_cpus(line, cpus, nr))
		return 0;
	count = sysconf(_SC_NPROCESSORS_ONLN);
	if (count < 1)
		count = 1;
	*cpus = calloc(count, sizeof(**cpus));
	if (!*cpus)
		return -ENOMEM;
	*nr = count;
	for (long i = 0; i < count; i++)
		(*cpus)[i] = i;
	return 0;
}

/**
 * perf_reason() - why an event has no value
 * @error: negative errno of perf_event_open(2)
 *
 * Return: words for the report.
 */
const char *perf_reason(int error)
{
	switch (error) {
	case -ENOENT:
	case -EOPNOTSUPP:
	case -ENODEV:
		return "not supported";
	case -EACCES:
	case -EPERM:
		return "no permission: needs CAP_PERFMON, or sysctl kernel.perf_event_paranoid=0";
	default:
		return strerror(-error);
	}
}

static void close_counter(struct perf_counter *c, unsigned int nr_cpus)
{
	for (unsigned int i = 0; c->fds && i < nr_cpus; i++)
		if (c->fds[i] >= 0)
			close(c->fds[i]);
	free(c->fds);
	free(c->last);
	c->fds = NULL;
	c->last = NULL;
}

static int open_one(const struct perf_event *event, int cpu)
{
	struct perf_event_attr attr = {
		.type = event->type,
		.size = sizeof(attr),
		.config = event->config,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int open_counter(struct perf_counter *c, const struct perf_event *event, const int *cpus,
			unsigned int nr_cpus)
{
	unsigned int opened = 0;
	int error = -ENODEV;

	c->fds = calloc(nr_cpus, sizeof(*c->fds));
	c->last = calloc(nr_cpus, sizeof(*c->last));
	if (!c->fds || !c->last) {
		free(c->fds);
		c->fds = NULL;
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < nr_cpus; i++)
		c->fds[i] = -1;
	for (unsigned int i = 0; i < nr_cpus; i++) {
		c->fds[i] = open_one(event, cpus[i]);
		if (c->fds[i] >= 0) {
			opened++;
			continue;
		}
		error = c->fds[i];
		/* ENODEV for one CPU of several: it went offline since we listed them. */
		if (error != -ENODEV)
			return error;
	}
	return opened ? 0 : error;
}

/**
 * perf_open() - start counting the default events
 * @perf: where they go; perf_close() gives them back
 *
 * An event that cannot be counted is not an error: perf_next() says why it has no value.
 *
 * Return: 0 or -ENOMEM.
 */
int perf_open(struct perf *perf)
{
	struct rlimit files;
	int *cpus, ret;

	/* A descriptor per event and CPU is more than the usual 1024 on a large machine. */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}

	ret = online_cpus(&cpus, &perf->nr_cpus);
	if (ret)
		return ret;
	perf->counters = calloc(PERF_MAX_EVENTS, sizeof(*perf->counters));
	if (!perf->counters) {
		free(cpus);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < PERF_MAX_EVENTS; i++) {
		struct perf_counter *c = &perf->counters[i];

		c->error = open_counter(c, &perf_default_events[i], cpus, perf->nr_cpus);
		if (c->error)
			close_counter(c, perf->nr_cpus);
	}
	free(cpus);
	return 0;
}

void perf_close(struct perf *perf)
{
	for (unsigned int i = 0; perf->counters && i < PERF_MAX_EVENTS; i++)
		close_counter(&perf->counters[i], perf->nr_cpus);
	free(perf->counters);
	perf->counters = NULL;
}

/**
 * perf_add() - add what one CPU counted between two readings
 * @start: the earlier reading
 * @end: the later one
 * @result: where it is added
 *
 * An event that had its counter for only part of the time is scaled up to the whole.
 */
void perf_add(const struct perf_value *start, const struct perf_value *end,
	      struct perf_result *result)
{
	u64 enabled = end->enabled - start->enabled;
	u64 running = end->running - start->running;
	double value = (double)(end->value - start->value);

	/* A CPU that was offline all the time counted nothing, and missed nothing. */
	if (!enabled)
		return;
	result->enabled += enabled;
	if (!running) {
		result->reason = "not counted: the hardware counters were taken all the time";
		return;
	}
	if (running < enabled) {
		value *= (double)enabled / (double)running;
		result->scaled = true;
		if ((double)running / (double)enabled < result->running)
			result->running = (double)running / (double)enabled;
	}
	result->value += value;
}

static void next_counter(struct perf_counter *c, unsigned int nr_cpus, struct perf_result *result)
{
	struct perf_value now;

	if (c->error) {
		result->reason = perf_reason(c->error);
		return;
	}
	for (unsigned int i = 0; i < nr_cpus; i++) {
		if (c->fds[i] < 0)
			continue;
		if (read(c->fds[i], &now, sizeof(now)) != sizeof(now)) {
			result->reason = "not counted: the event could not be read";
			return;
		}
		perf_add(&c->last[i], &now, result);
		c->last[i] = now;
	}
	if (!result->enabled && !result->reason)
		result->reason = "not counted: no CPU was online to count it";
}

/**
 * perf_next() - what was counted since the last call, or since perf_open()
 * @perf: the events
 * @results: where it goes, one per event
 */
void perf_next(struct perf *perf, struct perf_result results[PERF_MAX_EVENTS])
{
	for (unsigned int i = 0; i < PERF_MAX_EVENTS; i++) {
		results[i] = (struct perf_result){
			.event = &perf_default_events[i],
			.running = 1,
		};
		next_counter(&perf->counters[i], perf->nr_cpus, &results[i]);
	}
}
