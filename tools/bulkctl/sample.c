// SPDX-License-Identifier: GPL-2.0-only
/* Take samples of the counters, and say what happened between two of them. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "sample.h"
#include "util.h"

/*
 * Mode and counters are two files. Read the mode on both sides, so that the mode shown belongs to
 * the counters; somebody who switches faster than we read gets the last one.
 */
static int sample_user(const char *user, struct user_sample *s)
{
	char mode[PB_NAME];
	int ret;

	for (int tries = 0; tries < 3; tries++) {
		ret = pb_read_mode(user, mode);
		if (!ret) {
			ret = pb_read_stats(user, &s->stats);
			if (ret)	/* it has said why */
				return ret;
			s->ns = clock_ns(CLOCK_MONOTONIC);
			ret = pb_read_mode(user, s->mode);
		}
		if (ret) {
			complain("%s/%s: %s", pb_paths.sysctl, user, strerror(-ret));
			return ret;
		}
		if (!strcmp(mode, s->mode))
			break;
	}
	return 0;
}

/**
 * sample_take() - read the counters of all users, and of the machine
 * @users: the users
 * @s: where they go, in the order of @users
 *
 * Return: 0, or a negative errno after a message.
 */
int sample_take(const struct pb_names *users, struct sample *s)
{
	int ret;

	s->timing = pb_read_timing();
	for (unsigned int i = 0; i < users->nr; i++) {
		ret = sample_user(users->name[i], &s->users[i]);
		if (ret)
			return ret;
	}
	vmstat_read(&s->vm);
	s->ns = clock_ns(CLOCK_MONOTONIC);
	return 0;
}

/**
 * sample_diff() - what happened between two samples
 * @users: the users of both
 * @start: the earlier sample
 * @end: the later one
 * @iv: where it goes; it points into the other three
 */
void sample_diff(const struct pb_names *users, const struct sample *start,
		 const struct sample *end, struct interval *iv)
{
	iv->seconds = (double)(end->ns - start->ns) / NSEC_PER_SEC;
	iv->timing = end->timing;
	iv->nr_users = users->nr;
	vmstat_delta(&start->vm, &end->vm, &iv->vm);
	for (unsigned int i = 0; i < users->nr; i++) {
		const struct user_sample *a = &start->users[i], *b = &end->users[i];
		struct user_interval *u = &iv->users[i];

		u->user = users->name[i];
		u->mode_start = a->mode;
		u->mode = b->mode;
		u->generation_start = a->stats.generation;
		u->generation_end = b->stats.generation;
		u->seconds = (double)(b->ns - a->ns) / NSEC_PER_SEC;
		u->reset = !pb_delta(&a->stats, &b->stats, &u->delta);
	}
}

static sigset_t interrupts;

/**
 * sleep_prepare() - keep Ctrl-C for sleep_until(), so that a report ends with what it has
 *
 * SIGTERM and SIGHUP too, but a SIGHUP that nohup(1) ignores.
 *
 * A shell's background job has SIGINT ignored; blocked, it reaches sleep_until() all the same.
 *
 * Return: 0 or a negative errno.
 */
int sleep_prepare(void)
{
	struct sigaction hup;

	sigemptyset(&interrupts);
	sigaddset(&interrupts, SIGINT);
	sigaddset(&interrupts, SIGTERM);
	if (!sigaction(SIGHUP, NULL, &hup) && hup.sa_handler != SIG_IGN)
		sigaddset(&interrupts, SIGHUP);
	return sigprocmask(SIG_BLOCK, &interrupts, NULL) ? -errno : 0;
}

/**
 * sleep_until() - sleep, unless Ctrl-C or its like comes or came since sleep_prepare()
 * @deadline: CLOCK_MONOTONIC, in ns
 *
 * Return: true if it was interrupted.
 */
bool sleep_until(u64 deadline)
{
	struct timespec left;
	u64 now;

	for (;;) {
		now = clock_ns(CLOCK_MONOTONIC);
		now = now < deadline ? deadline - now : 0;
		left.tv_sec = now / NSEC_PER_SEC;
		left.tv_nsec = now % NSEC_PER_SEC;
		if (sigtimedwait(&interrupts, NULL, &left) > 0)
			return true;
		if (errno == EAGAIN)
			return false;
	}
}
