// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters by perf_event_open(2): one descriptor per event and online CPU, or per event and thread.
 * They run from perf_open() on; each perf_next() gives what came since the last. A CPU that comes
 * online later is not counted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "perf.h"
#include "util.h"

/* A thread on a CPU; -1 is any of them. */
struct place {
	pid_t thread;
	int cpu;
	bool seen;			/* the thread is still there */
	int *fds;			/* by event; -1 where it is not counted */
	struct perf_value *last;	/* by event */
};

struct perf {
	const struct perf_events *events;
	const struct perf_target *target;
	int *cpus;
	unsigned int nr_cpus;
	unsigned int nr_places;
	struct place *places;
	int *errors;		/* by event: of opening it; 0 if it counts */
	struct perf_threads threads;
	bool gone;		/* no process of the target was left at the last perf_next() */
};

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
	case -EINVAL:
		return "not supported with these modifiers, or not for threads";
	case -EACCES:
	case -EPERM:
		return "no permission: needs CAP_PERFMON, or sysctl kernel.perf_event_paranoid=0";
	case -EMFILE:
		return "too many open files: fewer events, CPUs or threads, or more by 'ulimit -n'";
	case -E2BIG:
		return "not counted: its group does not fit the hardware counters";
	default:
		return strerror(-error);
	}
}

static bool watches_tasks(const struct perf *perf)
{
	return perf->target->nfsd || perf->target->nr_pids;
}

static bool counts_on(const struct perf_event *event, int cpu)
{
	if (!event->cpus || cpu < 0)
		return true;
	for (unsigned int i = 0; i < event->nr_cpus; i++)
		if (event->cpus[i] == cpu)
			return true;
	return false;
}

/* The first event of the group that counts here leads it. */
static int leader_fd(const struct perf *perf, const struct place *place, unsigned int e)
{
	for (unsigned int i = perf->events->event[e].leader; i < e; i++)
		if (place->fds[i] >= 0)
			return place->fds[i];
	return -1;
}

static int open_event(const struct perf *perf, const struct place *place, unsigned int e)
{
	struct perf_event_attr attr = perf->events->event[e].attr;
	int group = leader_fd(perf, place, e);
	int fd;

	/* Threads and processes that a thread starts are counted with it. */
	attr.inherit = place->thread != -1;
	attr.disabled = group < 0;
	fd = syscall(SYS_perf_event_open, &attr, place->thread, place->cpu, group,
		     PERF_FLAG_FD_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == EINVAL && group >= 0 ? -E2BIG : -errno;
}

static void close_event(struct place *place, unsigned int e)
{
	if (place->fds[e] >= 0)
		close(place->fds[e]);
	place->fds[e] = -1;
}

static void close_place(struct perf *perf, struct place *place)
{
	for (unsigned int e = 0; e < perf->events->nr; e++)
		close_event(place, e);
	free(place->fds);
	free(place->last);
}

/*
 * Start what leads a group, once the group is whole: one that joins a group that counts already may
 * not be scheduled before the next context switch.
 */
static void enable_place(const struct perf *perf, const struct place *place)
{
	for (unsigned int e = 0; e < perf->events->nr; e++)
		if (place->fds[e] >= 0 && leader_fd(perf, place, e) < 0)
			ioctl(place->fds[e], PERF_EVENT_IOC_ENABLE, 0);
}

/* CPUs go offline and threads end while we open: then there is nothing to count there. */
static void open_place(struct perf *perf, struct place *place)
{
	for (unsigned int e = 0; e < perf->events->nr; e++) {
		const struct perf_event *event = &perf->events->event[e];

		if (event->missing || perf->errors[e] || !counts_on(event, place->cpu))
			continue;
		place->fds[e] = open_event(perf, place, e);
		if (place->fds[e] < 0 && place->fds[e] != -ENODEV && place->fds[e] != -ESRCH)
			perf->errors[e] = place->fds[e];
		if (place->fds[e] < 0)
			place->fds[e] = -1;
	}
	enable_place(perf, place);
}

static int add_place(struct perf *perf, pid_t thread, int cpu)
{
	unsigned int nr = perf->events->nr;
	struct place *more, *place;

	more = realloc(perf->places, (perf->nr_places + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	perf->places = more;
	place = &more[perf->nr_places];
	*place = (struct place){ .thread = thread, .cpu = cpu, .seen = true };
	place->fds = calloc(nr, sizeof(*place->fds));
	place->last = calloc(nr, sizeof(*place->last));
	if (!place->fds || !place->last) {
		free(place->fds);
		free(place->last);
		return -ENOMEM;
	}
	for (unsigned int e = 0; e < nr; e++)
		place->fds[e] = -1;
	perf->nr_places++;
	open_place(perf, place);
	return 0;
}

static int add_thread(struct perf *perf, pid_t thread)
{
	int ret = 0;

	for (unsigned int i = 0; !ret && i < perf->nr_cpus; i++)
		ret = add_place(perf, thread, perf->cpus[i]);
	return ret;
}

/* Those on the other CPUs follow the first. */
static bool mark_thread(struct perf *perf, pid_t thread)
{
	bool found = false;

	for (unsigned int i = 0; i < perf->nr_places; i++) {
		if (perf->places[i].thread != thread)
			continue;
		perf->places[i].seen = true;
		found = true;
	}
	return found;
}

static void drop_ended(struct perf *perf)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < perf->nr_places; i++) {
		if (perf->places[i].seen) {
			perf->places[kept++] = perf->places[i];
			continue;
		}
		perf->threads.ended += perf->places[i].cpu == perf->cpus[0];
		close_place(perf, &perf->places[i]);
	}
	perf->nr_places = kept;
}

/*
 * nfsd's threads are kthreadd's children: nothing that we count starts them, so look for them. Of
 * a process we have all threads from the start on, and inherit the later ones.
 */
static int follow_nfsd(struct perf *perf)
{
	unsigned int nr;
	pid_t *threads;
	int ret;

	ret = perf_target_threads(perf->target, &threads, &nr);
	for (unsigned int i = 0; i < perf->nr_places; i++)
		perf->places[i].seen = false;
	for (unsigned int i = 0; !ret && i < nr; i++) {
		if (mark_thread(perf, threads[i]))
			continue;
		ret = add_thread(perf, threads[i]);
		perf->threads.started++;
	}
	free(threads);
	if (ret)
		return ret;
	drop_ended(perf);
	perf->threads.nr = nr;
	return 0;
}

static int look_for_processes(struct perf *perf)
{
	pid_t *threads;
	int ret = perf_target_threads(perf->target, &threads, &perf->threads.nr);

	free(threads);
	perf->gone = !ret && !perf->threads.nr;
	return ret;
}

static int open_places(struct perf *perf)
{
	unsigned int nr;
	pid_t *threads;
	int ret;

	if (!watches_tasks(perf))
		return add_thread(perf, -1);
	ret = perf_target_threads(perf->target, &threads, &nr);
	for (unsigned int i = 0; !ret && i < nr; i++)
		ret = add_thread(perf, threads[i]);
	free(threads);
	perf->threads.nr = nr;
	perf->gone = perf->target->nr_pids && !nr;
	return ret;
}

/* What could not be opened everywhere has no value: leave the hardware counters to the others. */
static void close_failed(struct perf *perf)
{
	for (unsigned int e = 0; e < perf->events->nr; e++)
		for (unsigned int i = 0; perf->errors[e] && i < perf->nr_places; i++)
			close_event(&perf->places[i], e);
}

static int choose_cpus(struct perf *perf)
{
	const struct perf_target *target = perf->target;

	if (!target->cpus && !watches_tasks(perf))
		return perf_online_cpus(&perf->cpus, &perf->nr_cpus);
	perf->nr_cpus = target->cpus ? target->nr_cpus : 1;
	perf->cpus = calloc(perf->nr_cpus, sizeof(*perf->cpus));
	if (!perf->cpus)
		return -ENOMEM;
	if (target->cpus)
		memcpy(perf->cpus, target->cpus, perf->nr_cpus * sizeof(*perf->cpus));
	else
		perf->cpus[0] = -1;
	return 0;
}

/**
 * perf_open() - start counting
 * @request: events and target; to be kept until perf_close()
 * @perf: where the counters go, to be given to perf_close()
 *
 * An event that cannot be counted is not an error: perf_next() says why it has no value.
 *
 * Return: 0 or a negative errno.
 */
int perf_open(const struct perf_request *request, struct perf **perf)
{
	struct perf *p = calloc(1, sizeof(*p));
	struct rlimit files;
	int ret = -ENOMEM;

	if (!p)
		return ret;
	p->events = &request->events;
	p->target = &request->target;

	/* A descriptor per event and CPU is more than the usual 1024 on a large machine. */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}

	p->errors = calloc(p->events->nr, sizeof(*p->errors));
	if (p->errors)
		ret = choose_cpus(p);
	if (!ret)
		ret = open_places(p);
	if (ret) {
		perf_close(p);
		return ret;
	}
	close_failed(p);
	*perf = p;
	return 0;
}

/**
 * perf_close() - stop counting
 * @perf: the counters; may be NULL
 */
void perf_close(struct perf *perf)
{
	if (!perf)
		return;
	for (unsigned int i = 0; i < perf->nr_places; i++)
		close_place(perf, &perf->places[i]);
	free(perf->places);
	free(perf->errors);
	free(perf->cpus);
	free(perf);
}

/**
 * perf_add() - add what one CPU or thread counted between two readings
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

static void sum_up(const struct perf_value *start, const struct perf_value *end,
		   struct perf_value *sum)
{
	sum->value += end->value - start->value;
	sum->enabled += end->enabled - start->enabled;
	sum->running += end->running - start->running;
}

/*
 * CPUs are scaled each for itself. Threads are not: one that ran for a moment may have had no
 * hardware counter, which those that ran longer make up for.
 *
 * Return: the number of places where the event was read; it has a reason if that failed.
 */
static unsigned int read_places(struct perf *perf, unsigned int e, struct perf_result *result)
{
	const struct perf_value zero = { 0 };
	struct perf_value now, sum = { 0 };
	unsigned int nr = 0;

	for (unsigned int i = 0; i < perf->nr_places; i++) {
		struct place *place = &perf->places[i];

		if (place->fds[e] < 0)
			continue;
		if (read(place->fds[e], &now, sizeof(now)) != sizeof(now)) {
			result->reason = "not counted: the event could not be read";
			return nr;
		}
		if (watches_tasks(perf))
			sum_up(&place->last[e], &now, &sum);
		else
			perf_add(&place->last[e], &now, result);
		place->last[e] = now;
		nr++;
	}
	perf_add(&zero, &sum, result);
	return nr;
}

static void next_event(struct perf *perf, unsigned int e, struct perf_result *result)
{
	const struct perf_event *event = &perf->events->event[e];
	unsigned int nr;

	*result = (struct perf_result){ .event = event, .running = 1 };
	if (event->missing) {
		result->reason = event->missing;
		return;
	}
	if (perf->errors[e]) {
		result->reason = perf_reason(perf->errors[e]);
		return;
	}
	nr = read_places(perf, e, result);
	result->value *= event->scale;
	if (result->reason)
		return;
	if (watches_tasks(perf)) {
		/* Threads that slept all the time counted nothing: 0 is right then. */
		if (perf->gone)
			result->reason = "not counted: the processes have ended";
		else if (!nr)
			result->reason = "not counted: no thread of nfsd was there";
	} else if (!nr || !result->enabled) {
		result->reason = "not counted: no CPU that counts it was online";
	}
}

/**
 * perf_next() - what was counted since the last call, or since perf_open()
 * @perf: the counters
 * @results: where it goes, one per event
 *
 * Threads of nfsd that have started since are counted from here on.
 */
void perf_next(struct perf *perf, struct perf_result *results)
{
	for (unsigned int e = 0; e < perf->events->nr; e++)
		next_event(perf, e, &results[e]);

	perf->threads.started = 0;
	perf->threads.ended = 0;
	/* Out of memory: those that we have are still counted. */
	if (perf->target->nfsd)
		follow_nfsd(perf);
	else if (watches_tasks(perf))
		look_for_processes(perf);
}

/**
 * perf_threads() - the threads of the target
 * @perf: the counters
 *
 * Return: how many there are; all 0 if the target is not of threads.
 */
struct perf_threads perf_threads(const struct perf *perf)
{
	return perf->threads;
}
