// SPDX-License-Identifier: GPL-2.0-only
/*
 * The COMMAND that runs beside an experiment: start it, read the numbers that it prints, end it.
 *
 * It runs in a process group of its own, so that all of it can be ended, and is ended when bulkctl
 * dies. It inherits standard error and nothing else. Its end is seen by SIGCHLD.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "util.h"

#define STOP_MS	2000	/* from SIGTERM to SIGKILL */

/* A digit begins a number unless it is within a word, as in x86, or in 10.9.0.1. */
static const char *skip_word(const char *s, const char *end)
{
	while (s < end && (isalnum((unsigned char)*s) || *s == '_' || *s == '.'))
		s++;
	return s;
}

/* 12, 1.5, 2e6. What follows at once may be a unit, as in 117MiB/s, but no further ".1". */
static const char *scan_number(const char *s, const char *end, double *value)
{
	char copy[64];
	size_t len = 0;
	char *stop;

	while (s + len < end && len < sizeof(copy) - 1 &&
	       (isdigit((unsigned char)s[len]) || strchr(".eE+-", s[len])))
		len++;
	memcpy(copy, s, len);
	copy[len] = '\0';
	*value = strtod(copy, &stop);
	if (stop == copy || !isfinite(*value) || (*stop == '.' && isdigit((unsigned char)stop[1])))
		return NULL;
	return s + (stop - copy);
}

/**
 * number_last() - the last decimal number in a text
 * @text: the text, such as "117.5 MiB/s"
 * @len: its length
 *
 * Return: the number, or NAN if there is none.
 */
double number_last(const char *text, size_t len)
{
	const char *s = text, *end = text + len, *next;
	double last = NAN, value;

	while (s < end) {
		bool sign = (*s == '-' || *s == '+') && s + 1 < end &&
			    (s == text || !isalnum((unsigned char)s[-1]));

		if (!isdigit((unsigned char)s[sign])) {
			next = skip_word(s, end);
			s = next > s ? next : s + 1;
			continue;
		}
		next = scan_number(s, end, &value);
		if (next)
			last = value;
		s = skip_word(next ?: s + sign, end);
	}
	return last;
}

void command_init(struct command *c, char **argv)
{
	*c = (struct command){ .argv = argv, .out = -1, .last = NAN };
}

static void reset_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Every descriptor of ours is close-on-exec, the experiment's above all. */
static void run_child(char **argv, int out, int status, pid_t parent)
{
	int error, null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	reset_signals();
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	execvp(argv[0], argv);
	error = errno;
	if (write(status, &error, sizeof(error)) != sizeof(error))
		_exit(126);
	_exit(127);
}

/* 0 once the command is executed, or the negative errno of that. */
static int read_status(int fd)
{
	int error;
	ssize_t n;

	do {
		n = read(fd, &error, sizeof(error));
	} while (n < 0 && errno == EINTR);
	return n == sizeof(error) ? -error : 0;
}

static int start(struct command *c, int out[2], int status[2])
{
	pid_t parent = getpid();
	int ret;

	fflush(NULL);
	c->pid = fork();
	if (c->pid < 0) {
		c->pid = 0;
		return -errno;
	}
	if (!c->pid)
		run_child(c->argv, out[1], status[1], parent);
	setpgid(c->pid, c->pid);	/* the child does it too: whoever comes first */
	close(status[1]);
	status[1] = -1;
	ret = read_status(status[0]);
	if (ret) {
		waitpid(c->pid, NULL, 0);
		c->pid = 0;
	}
	return ret;
}

/**
 * command_start() - start the command
 * @c: the command, which does not run
 *
 * Return: 0, or a negative errno: also of executing it, such as -ENOENT.
 */
int command_start(struct command *c)
{
	int out[2], status[2], ret;

	if (pipe2(out, O_CLOEXEC))
		return -errno;
	if (pipe2(status, O_CLOEXEC)) {
		ret = -errno;
		close(out[0]);
		close(out[1]);
		return ret;
	}
	c->len = 0;
	c->last = NAN;
	ret = start(c, out, status);
	close(status[0]);
	if (status[1] >= 0)
		close(status[1]);
	close(out[1]);
	if (ret) {
		close(out[0]);
		return ret;
	}
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	c->out = out[0];
	c->started = true;
	return 0;
}

static void end_line(struct command *c)
{
	double value = number_last(c->line, c->len);

	c->len = 0;
	if (isnan(value))
		return;
	c->last = value;
	c->sum += value;
	c->lines++;
}

/**
 * command_read() - take what the command has printed, without waiting for more
 * @c: the command
 *
 * Of a line longer than we hold, the end counts.
 */
void command_read(struct command *c)
{
	char buf[4096];
	ssize_t n;

	while (c->out >= 0) {
		n = read(c->out, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		for (ssize_t i = 0; i < n; i++) {
			if (c->len == sizeof(c->line)) {
				memmove(c->line, c->line + c->len / 2, c->len - c->len / 2);
				c->len -= c->len / 2;
			}
			if (buf[i] == '\n')
				end_line(c);
			else
				c->line[c->len++] = buf[i];
		}
		if (n)
			continue;
		end_line(c);	/* the last one may lack its newline */
		close(c->out);
		c->out = -1;
	}
}

/* The mean of the last numbers of the lines since the last call; NAN without any. */
double command_take(struct command *c)
{
	double mean = c->lines ? c->sum / c->lines : NAN;

	c->sum = 0;
	c->lines = 0;
	return mean;
}

/**
 * command_reap() - has the command ended?
 * @c: the command
 *
 * Return: true once it has: what it printed is read, and its status is there.
 */
bool command_reap(struct command *c)
{
	if (!c->pid)
		return true;
	if (waitpid(c->pid, &c->status, WNOHANG) != c->pid)
		return false;
	command_read(c);
	if (c->out >= 0) {	/* a process that it left behind holds the pipe */
		end_line(c);
		close(c->out);
		c->out = -1;
	}
	c->pid = 0;
	return true;
}

/* Has it ended, or does it within STOP_MS? It is not reaped: its number stays its own. */
static void wait_for_end(const struct command *c)
{
	u64 now, deadline = clock_ns(CLOCK_MONOTONIC) + STOP_MS * NSEC_PER_MSEC;
	struct timespec left;
	siginfo_t info;
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		info.si_pid = 0;
		waitid(P_PID, c->pid, &info, WEXITED | WNOHANG | WNOWAIT);
		now = clock_ns(CLOCK_MONOTONIC);
		if (info.si_pid || now >= deadline)
			return;
		left.tv_sec = (deadline - now) / NSEC_PER_SEC;
		left.tv_nsec = (deadline - now) % NSEC_PER_SEC;
		sigtimedwait(&child, NULL, &left);
	}
}

/**
 * command_stop() - end the command and what is in its process group
 * @c: the command; it need not run
 *
 * Context: SIGCHLD is blocked.
 */
void command_stop(struct command *c)
{
	siginfo_t info;

	if (command_reap(c))
		return;
	kill(-c->pid, SIGTERM);
	wait_for_end(c);
	/* The group is still this one: whoever is left in it goes. */
	kill(-c->pid, SIGKILL);
	while (!command_reap(c))
		waitid(P_PID, c->pid, &info, WEXITED | WNOWAIT);
}

bool command_failed(const struct command *c)
{
	return !WIFEXITED(c->status) || WEXITSTATUS(c->status);
}

void command_format_status(const struct command *c, char *buf, size_t size)
{
	if (WIFSIGNALED(c->status))
		snprintf(buf, size, "signal %d (%s)", WTERMSIG(c->status),
			 strsignal(WTERMSIG(c->status)));
	else
		snprintf(buf, size, "exit status %d", WEXITSTATUS(c->status));
}
