// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's file experiment: what is written to it holds while it is open. The last close brings
 * the modes of before back, however the process ends, unless an administrator has written the
 * sysctl meanwhile. So whoever gets the descriptor keeps the experiment alive: no child may.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "experiment.h"
#include "pagebulk.h"
#include "switch.h"
#include "util.h"

static void path_of(char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/experiment", pb_paths.debugfs);
}

/**
 * experiment_open() - begin an experiment
 *
 * Return: a descriptor to be closed at its end, or a negative errno: -EBUSY while another one
 * runs.
 */
int experiment_open(void)
{
	char path[PATH_MAX];
	int fd;

	path_of(path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/**
 * experiment_switch() - switch a user until the experiment's end
 * @fd: the experiment
 * @user: the user
 * @mode: the mode to go to
 *
 * Return: 0, -ECANCELED if an administrator has switched this user since the experiment began:
 * nothing was changed then; or another negative errno.
 */
int experiment_switch(int fd, const char *user, const char *mode)
{
	char line[2 * PB_NAME + 2];
	ssize_t written;
	int len;

	len = snprintf(line, sizeof(line), "%s=%s\n", user, mode);
	do {
		written = write(fd, line, len);
	} while (written < 0 && errno == EINTR);
	if (written < 0)
		return -errno;
	return written == len ? 0 : -EIO;
}

/**
 * experiment_held() - does an experiment run?
 * @buf: who holds it, as the kernel says
 * @size: size of @buf
 *
 * Return: false also if it cannot be told.
 */
bool experiment_held(char *buf, size_t size)
{
	char path[PATH_MAX], line[128], name[64];
	int pid;

	path_of(path);
	if (read_first_line(path, line, sizeof(line)) ||
	    sscanf(line, "holder %d %63[^\n]", &pid, name) != 2)
		return false;
	snprintf(buf, size, "process %d, %s", pid, name);
	return true;
}

/**
 * experiment_complain() - say why no experiment can begin
 * @error: what experiment_open() returned, negative
 *
 * Return: the exit code that fits.
 */
int experiment_complain(int error)
{
	char holder[256];

	switch (error) {
	case -EBUSY:
		if (!experiment_held(holder, sizeof(holder)))
			snprintf(holder, sizeof(holder), "somebody");
		complain("another experiment is running (%s): wait for its end", holder);
		return EXIT_FAILED;
	case -ENOENT:
		complain("%s/experiment is missing: this kernel's page_bulk has no experiments",
			 pb_paths.debugfs);
		return EXIT_NO_INTERFACE;
	case -EACCES:
	case -EPERM:
		complain("no permission to open %s/experiment: an experiment " NEEDS_ADMIN
			 ", and a kernel that is not locked down", pb_paths.debugfs);
		return EXIT_NO_PERMISSION;
	default:
		complain("%s/experiment: %s", pb_paths.debugfs, strerror(-error));
		return EXIT_FAILED;
	}
}

/* Could one begin now, as far as that can be told without it? Return: an exit code. */
int experiment_check(void)
{
	char path[PATH_MAX], holder[256];

	path_of(path);
	if (access(path, W_OK))
		return experiment_complain(-errno);
	return experiment_held(holder, sizeof(holder)) ? experiment_complain(-EBUSY) : EXIT_DONE;
}
