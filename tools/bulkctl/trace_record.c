// SPDX-License-Identifier: GPL-2.0-only
/*
 * Record events with trace-cmd, which alone writes its file format.
 *
 * trace-cmd records for as long as the command behind it runs. That is cat, reading a pipe whose
 * other end only we have: when we close it, or die, the recording ends and its file is whole. The
 * one byte that is in the pipe from the beginning comes back when cat runs, that is when recording
 * has begun. trace-cmd is in a process group of its own, so that Ctrl-C reaches only us.
 *
 * All is written into a folder beside the file, and moved to its name once it is complete.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "output.h"
#include "terminal.h"
#include "trace_record.h"

#define MAX_FIXED_ARGS	24	/* of trace-cmd, beside -e EVENT */
#define NOT_FOUND	127	/* exit status, where exec itself cannot tell */

struct recorder {
	char folder[PATH_MAX];
	char file[PATH_MAX];	/* in it */
	pid_t pid;		/* of trace-cmd; 0: it has ended */
	int status;		/* as of waitpid(2) */
	int in;			/* closed, the recording ends */
	int out;		/* what comes back, then nothing */
	int signals;
	bool begun;
	unsigned int nr_stops;	/* signals that told us to stop */
};

static int make_folder(struct recorder *r, const char *output)
{
	char dir[PATH_MAX];
	int ret = output_check("trace", output);

	if (ret)
		return ret;
	if (snprintf(dir, sizeof(dir), "%s", output) >= PATH_MAX - 64) {
		complain("trace: %s: %s", output, strerror(ENAMETOOLONG));
		return EXIT_FAILED;
	}
	snprintf(r->folder, sizeof(r->folder), "%s/.bulkctl-trace.XXXXXX", dirname(dir));
	if (!mkdtemp(r->folder)) {
		complain("trace: %s cannot be written: %s: %s", output, dirname(r->folder),
			 strerror(errno));
		*r->folder = '\0';
		return EXIT_FAILED;
	}
	if (snprintf(r->file, sizeof(r->file), "%s/trace.dat", r->folder) >= PATH_MAX)
		return EXIT_FAILED;
	return EXIT_DONE;
}

static void remove_folder(const struct recorder *r)
{
	struct dirent *entry;
	DIR *dir;

	dir = *r->folder ? opendir(r->folder) : NULL;
	if (!dir)
		return;
	while ((entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	rmdir(r->folder);
}

/* INT, TERM and HUP end the recording and nothing else, CHLD tells that trace-cmd has ended. */
static int catch_signals(struct recorder *r)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	signal(SIGCHLD, SIG_DFL);	/* one who started us may have ignored it */
	if (sigprocmask(SIG_BLOCK, &signals, NULL))
		return -errno;
	r->signals = signalfd(-1, &signals, SFD_CLOEXEC);
	return r->signals < 0 ? -errno : 0;
}

static int spawn(struct recorder *r, char **argv, int in, int out)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int ret;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
				 POSIX_SPAWN_SETPGROUP);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	fflush(NULL);
	ret = posix_spawnp(&r->pid, argv[0], &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	if (ret)
		r->pid = 0;
	return -ret;
}

/* The pipes, with the byte that will come back, and trace-cmd between them. */
static int start(struct recorder *r, char **argv)
{
	int in[2], out[2], ret;

	if (pipe2(in, O_CLOEXEC))
		return -errno;
	if (pipe2(out, O_CLOEXEC)) {
		ret = -errno;
		close(in[0]);
		close(in[1]);
		return ret;
	}
	ret = write(in[1], "\n", 1) == 1 ? spawn(r, argv, in[0], out[1]) : -EIO;
	close(in[0]);
	close(out[1]);
	r->in = in[1];
	r->out = out[0];
	return ret;
}

/* Which names interfaces, where the kernel has it. */
bool trace_records_polls(const struct trace_request *req)
{
	return req->interfaces && trace_event_exists(TRACE_POLL_EVENT);
}

static void add_event(char **argv, size_t *nr, const char *event)
{
	argv[(*nr)++] = "-e";
	argv[(*nr)++] = (char *)event;
}

static int start_trace_cmd(struct recorder *r, const struct trace_request *req)
{
	char **argv = calloc(MAX_FIXED_ARGS + 2 * req->nr_events, sizeof(*argv));
	char instance[32], buffer[24];
	size_t nr = 0;
	int ret;

	if (!argv)
		return -ENOMEM;
	trace_instance_name(instance, sizeof(instance));
	snprintf(buffer, sizeof(buffer), "%llu", req->buffer_kb);
	argv[nr++] = "trace-cmd";
	argv[nr++] = "record";
	argv[nr++] = "-q";
	argv[nr++] = "-o";
	argv[nr++] = r->file;
	argv[nr++] = "-B";
	argv[nr++] = instance;
	if (req->buffer_kb) {
		argv[nr++] = "-b";
		argv[nr++] = buffer;
	}
	add_event(argv, &nr, "page_bulk:*");
	if (req->stacks) {
		argv[nr++] = "-R";
		argv[nr++] = "stacktrace";
	}
	if (trace_records_polls(req))
		add_event(argv, &nr, TRACE_POLL_EVENT);
	for (size_t i = 0; i < req->nr_events; i++)
		add_event(argv, &nr, req->events[i]);
	argv[nr++] = "cat";
	ret = start(r, argv);
	free(argv);
	return ret;
}

static void read_signal(struct recorder *r)
{
	struct signalfd_siginfo info;

	if (read(r->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo != SIGCHLD)
		r->nr_stops++;
	else if (r->pid && waitpid(r->pid, &r->status, WNOHANG) == r->pid)
		r->pid = 0;
}

static void read_out(struct recorder *r)
{
	char bytes[256];
	ssize_t n = read(r->out, bytes, sizeof(bytes));

	if (n > 0) {
		r->begun = true;
	} else if (!n || errno != EINTR) {
		close(r->out);
		r->out = -1;
	}
}

/* Something has happened, or @ms have passed. */
static void look(struct recorder *r, int ms)
{
	struct pollfd fds[] = {
		{ .fd = r->signals, .events = POLLIN },
		{ .fd = r->out, .events = POLLIN },
	};

	if (poll(fds, ARRAY_SIZE(fds), ms) <= 0)
		return;
	if (fds[0].revents)
		read_signal(r);
	if (fds[1].revents)
		read_out(r);
}

static void progress_left(u64 ns)
{
	char left[32];

	/* rounded up: the last second is 1s */
	format_duration((ns + NSEC_PER_SEC - 1) / NSEC_PER_SEC * NSEC_PER_SEC, left, sizeof(left));
	progress("trace: recording, %s left", left);
}

/* Until @deadline, a signal or trace-cmd's end. */
static void record_until(struct recorder *r, u64 deadline)
{
	for (u64 now = clock_ns(CLOCK_MONOTONIC); r->pid && !r->nr_stops && now < deadline;
	     now = clock_ns(CLOCK_MONOTONIC)) {
		u64 left = deadline - now;

		progress_left(left);
		if (left > NSEC_PER_SEC)
			left = NSEC_PER_SEC;
		look(r, (left + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC);
	}
}

static void run(struct recorder *r, const struct trace_request *req, struct trace_recording *rec)
{
	u64 began;

	while (r->pid && !r->begun && !r->nr_stops)
		look(r, -1);
	began = clock_ns(CLOCK_MONOTONIC);
	record_until(r, began + req->interval);
	rec->seconds = (double)(clock_ns(CLOCK_MONOTONIC) - began) / NSEC_PER_SEC;
	rec->interrupted = r->nr_stops;
	rec->lost_known = r->pid && r->begun && !trace_instance_stop(&rec->lost);
	progress("trace: writing the file");
	close(r->in);
	while (r->pid) {
		look(r, -1);
		/* It is not to be waited for any longer. */
		if (r->pid && r->nr_stops > 1)
			kill(-r->pid, SIGKILL);
	}
	look(r, 0);	/* the byte may have come together with the end */
	progress_clear();
}

static int complain_missing(void)
{
	complain("trace: trace-cmd is missing: install it: apt install trace-cmd");
	return EXIT_FAILED;
}

/* What it left behind in its process group has nothing to do any more. */
static int complain_failed(const struct recorder *r, pid_t group)
{
	kill(-group, SIGKILL);
	if (WIFEXITED(r->status) && WEXITSTATUS(r->status) == NOT_FOUND)
		return complain_missing();
	if (WIFSIGNALED(r->status))
		complain("trace: trace-cmd was ended by signal %d (%s): nothing was recorded",
			 WTERMSIG(r->status), strsignal(WTERMSIG(r->status)));
	else
		complain("trace: trace-cmd failed (exit status %d): nothing was recorded",
			 WEXITSTATUS(r->status));
	return EXIT_FAILED;
}

static int record(struct recorder *r, const struct trace_request *req,
		  struct trace_recording *rec)
{
	int ret = catch_signals(r);
	pid_t group;

	if (!ret)
		ret = start_trace_cmd(r, req);
	if (ret == -ENOENT)
		return complain_missing();
	if (ret) {
		complain("trace: trace-cmd cannot be started: %s", strerror(-ret));
		return EXIT_FAILED;
	}
	group = r->pid;
	run(r, req, rec);
	if (!WIFEXITED(r->status) || WEXITSTATUS(r->status) || !r->begun)
		return complain_failed(r, group);
	if (rename(r->file, req->output)) {
		complain("trace: %s cannot be written: %s", req->output, strerror(errno));
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

/**
 * trace_record_check() - could this be recorded, as far as that can be told without it?
 * @req: which events, and where to
 *
 * Return: EXIT_DONE, or another exit code after a message.
 */
int trace_record_check(const struct trace_request *req)
{
	int ret = output_check("trace", req->output);
	char file[PATH_MAX];

	if (!ret && !find_program("trace-cmd", file))
		ret = complain_missing();
	return ret;
}

/**
 * trace_record() - record events for a while
 * @req: which, how long and where to
 * @rec: what came of it
 *
 * SIGINT, SIGTERM and SIGHUP stay blocked.
 *
 * Return: EXIT_DONE, also if a signal ended it early; another exit code after a message.
 */
int trace_record(const struct trace_request *req, struct trace_recording *rec)
{
	struct recorder r = { .in = -1, .out = -1, .signals = -1 };
	int ret = make_folder(&r, req->output);

	if (!ret)
		ret = record(&r, req, rec);
	trace_instance_remove();
	remove_folder(&r);
	if (r.out >= 0)
		close(r.out);
	if (r.signals >= 0)
		close(r.signals);
	return ret;
}
