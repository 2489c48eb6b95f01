// SPDX-License-Identifier: GPL-2.0-only
/*
 * Undo something when this process ends, SIGKILL included.
 *
 * A process in a session of its own waits for the end of a pipe whose other end only we have, and
 * undoes it then.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "undo.h"
#include "util.h"

/* Nothing of ours may live on in it, the experiment's descriptor above all. */
static void wait_and_undo(int fd, int (*fn)(void))
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
	_exit(fn() ? EXIT_FAILED : EXIT_DONE);
}

/**
 * undo_begin() - have something undone at undo_end(), or when this process ends
 * @undo: for undo_end()
 * @fn: undoes it; called in a process of its own. To be called before what it undoes is done:
 *	it must not mind if there is nothing to undo
 *
 * Return: 0 or a negative errno.
 */
int undo_begin(struct undo *undo, int (*fn)(void))
{
	int fds[2], ret;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	undo->pid = fork();
	if (undo->pid < 0) {
		ret = -errno;
		close(fds[0]);
		close(fds[1]);
		return ret;
	}
	if (!undo->pid) {
		close(fds[1]);
		wait_and_undo(fds[0], fn);
	}
	close(fds[0]);
	undo->fd = fds[1];
	return 0;
}

/* Undo it now, and wait until it is. */
void undo_end(struct undo *undo)
{
	if (!undo->fd)
		return;
	close(undo->fd);
	while (waitpid(undo->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*undo = (struct undo){ };
}
