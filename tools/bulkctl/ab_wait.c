// SPDX-License-Identifier: GPL-2.0-only
/* Wait within an experiment: for time, and for all that may end it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "ab.h"
#include "terminal.h"

/**
 * ab_catch_signals() - keep what would end us for ab_wait()
 * @ab: the experiment
 *
 * The kernel puts the mode back in any case. This is so that what was measured gets printed.
 *
 * Return: 0 or a negative errno.
 */
int ab_catch_signals(struct ab *ab)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	/* One who started us may have ignored it: then we would not hear of COMMAND's end. */
	signal(SIGCHLD, SIG_DFL);
	if (sigprocmask(SIG_BLOCK, &signals, NULL))
		return -errno;
	ab->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return ab->signals < 0 ? -errno : 0;
}

/* Has anything come that ends the experiment? */
bool ab_stopped(const struct ab *ab)
{
	return ab->signal || ab->overridden || *ab->stopped;
}

static void read_signal(struct ab *ab)
{
	struct signalfd_siginfo info;

	if (read(ab->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD)
		command_reap(&ab->command);
	else
		ab->signal = info.ssi_signo;
}

/* The timeout is rounded up: no slice is shorter than asked for. */
static int left_ms(u64 deadline)
{
	u64 now = clock_ns(CLOCK_MONOTONIC);

	if (deadline == PB_UNKNOWN)
		return -1;
	return now < deadline ? (deadline - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC : 0;
}

/* One look at everything; a descriptor of -1 is passed over. */
static int look(struct ab *ab, u64 deadline)
{
	struct pollfd fds[] = {
		{ .fd = ab->signals, .events = POLLIN },
		{ .fd = ab->overridden ? -1 : ab->experiment, .events = POLLPRI },
		{ .fd = ab->command.out, .events = POLLIN },
	};
	int ready = poll(fds, ARRAY_SIZE(fds), left_ms(deadline));

	if (ready < 0 && errno != EINTR) {
		snprintf(ab->stopped, sizeof(ab->stopped), "poll: %s", strerror(errno));
		return 0;
	}
	if (ready <= 0)
		return ready;
	if (fds[0].revents)
		read_signal(ab);
	if (fds[1].revents & (POLLPRI | POLLERR))
		ab->overridden = true;
	if (fds[2].revents)
		command_read(&ab->command);
	return ready;
}

/**
 * ab_wait() - wait, unless something comes that ends the experiment
 * @ab: the experiment
 * @deadline: CLOCK_MONOTONIC, in ns; 0 only looks
 *
 * Return: whether the time has passed undisturbed.
 */
bool ab_wait(struct ab *ab, u64 deadline)
{
	int ready;

	do {
		ready = look(ab, deadline);
	} while (!ab_stopped(ab) && ready && deadline);
	return !ab_stopped(ab);
}

/* The same, until the command has ended. */
bool ab_wait_command(struct ab *ab)
{
	while (!ab_stopped(ab) && ab->command.pid)
		look(ab, PB_UNKNOWN);
	return !ab_stopped(ab);
}

void ab_progress(const struct ab *ab, const char *label)
{
	const struct ab_options *o = ab->opts;
	u64 left, passed = clock_ns(CLOCK_MONOTONIC) - ab->began;
	char text[32];

	/* With --per-slice only what has been tells how long a slice is. */
	if (ab->done)
		left = passed / ab->done * (ab->total - ab->done);
	else
		left = (ab->total - ab->done) * (o->slice + ab->settle);
	format_duration(left / NSEC_PER_SEC * NSEC_PER_SEC, text, sizeof(text));
	progress("ab: slice %u of %u (%s), %s left", ab->done + 1, ab->total, label, text);
}
