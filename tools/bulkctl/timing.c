// SPDX-License-Identifier: GPL-2.0-only
/*
 * Turn vm.page_bulk.timing on for as long as this process lives.
 *
 * A process in a session of its own waits for the end of a pipe whose other end only we have, and
 * turns timing off then. So it goes off however we end, SIGKILL included.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pagebulk.h"
#include "timing.h"
#include "util.h"

/* The switch lies beside those of the users, and is written as they are. */
static int write_timing(const char *value)
{
	return pb_write_mode("timing", value);
}

/* Nothing of ours may live on in it, the experiment's descriptor above all. */
static void wait_and_turn_off(int fd)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t all;
	ssize_t n;
	char byte;

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	dup2(fd, 3);
	for (int i = 0; null >= 0 && i < 3; i++)
		dup2(null, i);
	close_range(4, ~0U, 0);
	do {
		n = read(3, &byte, 1);
	} while (n < 0 && errno == EINTR);
	_exit(write_timing("0") ? EXIT_FAILED : EXIT_DONE);
}

/**
 * timing_begin() - turn timing on until timing_end(), or until this process ends
 * @timing: for timing_end()
 *
 * Return: 0, also if it was on already, or a negative errno.
 */
int timing_begin(struct timing *timing)
{
	int fds[2], ret = pb_read_timing();

	*timing = (struct timing){ };
	if (ret)
		return ret < 0 ? ret : 0;
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	timing->pid = fork();
	if (timing->pid < 0) {
		ret = -errno;
		close(fds[0]);
		close(fds[1]);
		return ret;
	}
	if (!timing->pid) {
		close(fds[1]);
		wait_and_turn_off(fds[0]);
	}
	close(fds[0]);
	timing->fd = fds[1];
	ret = write_timing("1");
	if (ret)
		timing_end(timing);
	return ret;
}

/* Turn timing off, if it was off before, and wait until it is. */
void timing_end(struct timing *timing)
{
	if (!timing->fd)
		return;
	close(timing->fd);
	while (waitpid(timing->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*timing = (struct timing){ };
}
