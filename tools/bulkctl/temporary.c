// SPDX-License-Identifier: GPL-2.0-only
/*
 * A switch that goes back by itself: set --for.
 *
 * A process in a session of its own does everything, the switch included, so that there is no
 * moment at which the death of the caller could leave a temporary mode behind. It tells the caller
 * how the switch went and waits. Once it is done or gets SIGTERM, it goes back, but only where
 * nobody has switched in the meantime.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "switch.h"
#include "util.h"

static void on_sigterm(int signal)
{
	(void)signal;	/* being there, it ends ppoll() */
}

/* Nothing of the session reaches us but SIGTERM, and that only while we wait. */
static void guard_signals(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE };
	struct sigaction action = { .sa_handler = on_sigterm };
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_SETMASK, &term, NULL);
	sigaction(SIGTERM, &action, NULL);
	action.sa_handler = SIG_IGN;
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		sigaction(ignored[i], &action, NULL);
}

/* CLOCK_BOOTTIME goes on while the machine is suspended. */
static int open_timer(u64 until)
{
	struct itimerspec when = {
		.it_value = { until / NSEC_PER_SEC, until % NSEC_PER_SEC },
	};
	int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL)) {
		close(fd);
		return -errno;
	}
	return fd;
}

/* Until the timer expires or SIGTERM comes: no other signal has a handler, so none ends it. */
static void wait_for(int timer)
{
	struct pollfd pfd = { .fd = timer, .events = POLLIN };
	sigset_t none;

	sigemptyset(&none);
	ppoll(&pfd, 1, NULL, &none);
}

/* Write down what goes back, or undo the switch: without its note nothing would go back. */
static int write_notes(const struct assignment *a, unsigned int nr, u64 started, u64 until)
{
	struct pending p = { .started = started, .until = until, .pid = getpid() };
	int ret;

	for (unsigned int i = 0; i < nr; i++) {
		p.generation = pb_read_generation(a[i].user);
		memcpy(p.mode, a[i].mode, PB_NAME);
		memcpy(p.return_to, a[i].return_to, PB_NAME);
		ret = pending_write(a[i].user, &p);
		if (!ret)
			continue;
		complain("cannot write %s/%s: %s", pb_paths.run, a[i].user, strerror(-ret));
		while (i--)
			pending_remove(a[i].user);
		switch_undo(a, nr);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

static void go_back(const struct assignment *a, u64 started)
{
	struct pending p;
	int ret;

	if (pending_read(a->user, &p) || p.started != started) {
		syslog(LOG_INFO, "%s: a later switch took over, leaving it", a->user);
		return;
	}
	if (!pending_holds(a->user, &p)) {
		syslog(LOG_INFO, "%s: somebody switched it meanwhile, leaving it", a->user);
	} else {
		ret = pb_write_mode(a->user, p.return_to);
		if (ret)
			syslog(LOG_ERR, "%s: cannot go back to %s: %s", a->user, p.return_to,
			       strerror(-ret));
		else
			syslog(LOG_INFO, "%s: back to %s", a->user, p.return_to);
	}
	pending_remove(a->user);
}

/* Let go of the caller's terminal, pipes, directory and lock; keep the timer. */
static int detach(int timer)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	if (timer != 3) {
		dup2(timer, 3);
		timer = 3;
	}
	close_range(4, ~0U, 0);
	if (chdir("/"))
		return timer;	/* then its file system stays busy: no reason to give up */
	return timer;
}

static int run_detached(const struct assignment *a, unsigned int nr, u64 ns, int status)
{
	u64 started = clock_ns(CLOCK_BOOTTIME);
	int timer, lock, ret = EXIT_FAILED;
	unsigned char byte;

	guard_signals();
	timer = open_timer(started + ns);
	if (timer < 0)
		complain("timerfd: %s", strerror(-timer));
	else
		ret = switch_apply(a, nr);
	if (!ret)
		ret = write_notes(a, nr, started, started + ns);

	/* If the caller is gone by now, a switch that was made still goes back. */
	byte = ret;
	if (write(status, &byte, 1) != 1 && ret)
		complain("nobody heard that the switch failed");
	if (ret)
		return ret;
	timer = detach(timer);

	wait_for(timer);
	openlog("bulkctl", LOG_PID, LOG_DAEMON);
	lock = pending_lock();	/* without it: better go back than not */
	for (unsigned int i = 0; i < nr; i++)
		go_back(&a[i], started);
	if (lock >= 0)
		close(lock);
	return EXIT_DONE;
}

/* Twice, so that it is no session leader, and init's child and not ours. */
static int fork_detached(const struct assignment *a, unsigned int nr, u64 ns, int status[2])
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		close(status[0]);
		setsid();
		pid = fork();
		if (!pid)
			_exit(run_detached(a, nr, ns, status[1]));
		_exit(pid < 0);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

/**
 * temporary_start() - switch now, and go back later
 * @a: the assignments, after switch_prepare()
 * @nr: how many
 * @ns: for how long, in ns
 *
 * Context: hold pending_lock(). The new process inherits and holds it too, until it has switched.
 * Return: EXIT_DONE once the switch is made, or EXIT_FAILED or EXIT_NO_PERMISSION after a message.
 */
int temporary_start(const struct assignment *a, unsigned int nr, u64 ns)
{
	unsigned char byte = EXIT_FAILED;
	int status[2], ret;
	ssize_t n;

	if (pipe2(status, O_CLOEXEC)) {
		complain("pipe: %s", strerror(errno));
		return EXIT_FAILED;
	}
	fflush(NULL);
	ret = fork_detached(a, nr, ns, status);
	close(status[1]);
	if (ret) {
		complain("fork: %s", strerror(-ret));
		close(status[0]);
		return EXIT_FAILED;
	}
	do {
		n = read(status[0], &byte, 1);
	} while (n < 0 && errno == EINTR);
	close(status[0]);
	if (n != 1) {
		complain("the process that should switch and go back died");
		return EXIT_FAILED;
	}
	return byte;
}
