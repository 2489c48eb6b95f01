// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl top: users and their rates, live, on the whole screen. */
#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "bulkctl.h"
#include "top.h"

#define MIN_INTERVAL	(100 * NSEC_PER_MSEC)
#define MAX_INTERVAL	(3600 * NSEC_PER_SEC)

struct options {
	u64 interval;	/* ns */
};

static void print_help(void)
{
	fputs("Usage: bulkctl top [OPTION...]\n"
	      "Show users, modes and rates live, and switch the selected user by a key.\n"
	      "Rates need root.\n\n"
	      "  --interval S  time between two samples, in seconds or as 500ms; default 1\n"
	      "  --help        print this help\n\n"
	      "Keys: q quits, the arrows, j, k and Tab select a user, the letter in brackets switches it\n"
	      "to that mode after a y, + and - change the interval, p pauses.\n", stdout);
}

static int take_option(int opt, const char *name, const char *arg, void *data)
{
	struct options *opts = data;
	u64 ns;

	(void)opt;	/* there is no other */
	(void)name;
	if (parse_duration(arg, &ns) || ns < MIN_INTERVAL || ns > MAX_INTERVAL) {
		complain("top: --interval '%s' is not a time from 100ms to 1h, such as 2 or 500ms",
			 arg);
		return EXIT_USAGE;
	}
	opts->interval = ns;
	return EXIT_DONE;
}

const struct verb_options top_options = {
	.verb = "top",
	.shortopts = "h",
	.longopts = (const struct option[]) {
		{ "interval", required_argument, NULL, 'i' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	},
	.print_help = print_help,
	.take = take_option,
};

/* How we wait: for a key, the end of the time, or a signal. */
struct waiting {
	sigset_t mask;	/* of what is blocked meanwhile */
	int signals;	/* those that end us, and Ctrl-Z, are read here */
};

static bool is_ignored(int number)
{
	struct sigaction action;

	return !sigaction(number, NULL, &action) && action.sa_handler == SIG_IGN;
}

/*
 * A change of size comes while we wait and at no other time: ncurses' handler never meets it in the
 * middle of something then.
 */
static int hold_signals(struct waiting *waiting)
{
	sigset_t read, set;

	sigemptyset(&read);
	sigaddset(&read, SIGINT);
	sigaddset(&read, SIGTERM);
	sigaddset(&read, SIGHUP);
	if (!is_ignored(SIGTSTP))	/* as by a shell without job control */
		sigaddset(&read, SIGTSTP);
	set = read;
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, &waiting->mask);
	sigdelset(&waiting->mask, SIGWINCH);
	sigorset(&waiting->mask, &waiting->mask, &read);
	waiting->signals = signalfd(-1, &read, SFD_CLOEXEC);
	if (waiting->signals < 0) {
		complain("top: signalfd: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

/* Return: false when it is one that ends us. */
static bool take_signal(const struct waiting *waiting)
{
	struct signalfd_siginfo info;

	if (read(waiting->signals, &info, sizeof(info)) != sizeof(info) ||
	    info.ssi_signo != SIGTSTP)
		return false;
	terminal_stop();
	return true;
}

/* Return: false when we are to end, or the terminal is gone. */
static bool wait_for_key(u64 until, const struct waiting *waiting)
{
	struct pollfd in[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = waiting->signals, .events = POLLIN },
	};
	u64 now = clock_ns(CLOCK_MONOTONIC), left = until > now ? until - now : 0;
	struct timespec timeout = { left / NSEC_PER_SEC, left % NSEC_PER_SEC };

	if (ppoll(in, ARRAY_SIZE(in), &timeout, &waiting->mask) < 0)
		return errno == EINTR;
	if (in[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		return false;
	return !in[1].revents || take_signal(waiting);
}

/* When the next sample is due; a pause has none, only the clock goes on. */
static u64 next_time(const struct top_control *control, u64 last)
{
	return last + (control->paused ? NSEC_PER_SEC : control->interval);
}

static int run(struct top *top, struct top_control *control, const struct waiting *waiting)
{
	u64 last = 0, now;
	int key;

	while (!control->quit) {
		now = clock_ns(CLOCK_MONOTONIC);
		if (now >= next_time(control, last)) {
			if (!control->paused)
				top_sample(top, control);
			last = now;
		}
		top_draw(top, control);
		if (!wait_for_key(next_time(control, last), waiting))
			return EXIT_INTERRUPTED;
		while ((key = getch()) != ERR)
			top_key(top, control, key);
	}
	return EXIT_DONE;
}

static int show(const struct options *opts)
{
	struct top_control control = { .interval = opts->interval };
	struct top *top = calloc(1, sizeof(*top));
	struct waiting waiting;
	int ret;

	if (!top) {
		complain("top: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	ret = top_open(top);
	if (!ret)
		ret = hold_signals(&waiting);
	if (!ret)
		ret = terminal_begin();
	if (!ret) {
		ret = run(top, &control, &waiting);
		terminal_end();
	}
	free(top);
	return ret;
}

int cmd_top(int argc, char *argv[])
{
	struct options opts = { .interval = NSEC_PER_SEC };
	int ret;

	if (!take_options(&top_options, argc, argv, &opts, &ret))
		return ret;
	ret = pb_check_interface();
	return ret ?: show(&opts);
}
