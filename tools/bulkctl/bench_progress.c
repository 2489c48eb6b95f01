// SPDX-License-Identifier: GPL-2.0-only
/* Show how far the kernel's benchmark is: its write() returns only when it is done. */
#include <limits.h>
#include <signal.h>
#include <time.h>

#include "bench.h"
#include "pagebulk.h"
#include "terminal.h"
#include "util.h"

/**
 * bench_parse_progress() - parse the file progress
 * @line: its line, "running DONE ALL" or "idle DONE ALL"
 * @done: rows that are done
 * @all: rows that there will be
 *
 * Return: whether the benchmark runs.
 */
bool bench_parse_progress(const char *line, u64 *done, u64 *all)
{
	return scan_u64(scan_u64(line, "running ", done), "", all) && *all && *done <= *all;
}

static void *show(void *data)
{
	const struct timespec second = { .tv_sec = 1 };
	char path[PATH_MAX], line[64];
	u64 done, all;

	(void)data;
	snprintf(path, sizeof(path), "%s/bench/progress", pb_paths.debugfs);
	for (;;) {
		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
		nanosleep(&second, NULL);
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
		if (!read_first_line(path, line, sizeof(line)) &&
		    bench_parse_progress(line, &done, &all))
			progress("bench: %llu %% done", 100 * done / all);
	}
	return NULL;
}

/**
 * bench_progress_begin() - show the progress on a terminal until bench_progress_end()
 * @p: for bench_progress_end()
 *
 * A thread does it: a timer's signal would end the benchmark.
 */
void bench_progress_begin(struct bench_progress *p)
{
	sigset_t all, before;

	p->running = false;
	if (!shows_progress())
		return;
	/* Ctrl-C is for the thread that writes. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	p->running = !pthread_create(&p->thread, NULL, show, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void bench_progress_end(struct bench_progress *p)
{
	if (!p->running)
		return;
	pthread_cancel(p->thread);
	pthread_join(p->thread, NULL);
	progress_clear();
}
