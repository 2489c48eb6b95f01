// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl top in a terminal: what a shell with job control sees of it. */
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "bulkctl.h"
#include "fake_tree.h"

static int setup(void **state)
{
	if (fake_setup(state))
		return -1;
	fake_write("debugfs/sunrpc/sizes", "");
	fake_write("debugfs/sunrpc/latency", "");
	fake_write("debugfs/page_pool/sizes", "");
	fake_write("debugfs/page_pool/latency", "");
	return 0;
}

/* In a terminal of its own: top in the foreground, as a shell with job control starts it. */
static pid_t start_top(sigset_t *pending)
{
	char *argv[4] = { (char *)"top", (char *)"--interval", (char *)"100ms" };
	pid_t child = fork();

	if (child)
		return child;
	setpgid(0, 0);
	signal(SIGTTOU, SIG_IGN);
	tcsetpgrp(STDIN_FILENO, getpid());
	signal(SIGTTOU, SIG_DFL);
	sigprocmask(SIG_BLOCK, pending, NULL);
	raise(SIGTSTP);		/* Ctrl-Z came before it waits for a key */
	_exit(cmd_top(3, argv));
}

static bool same_settings(const struct termios *before)
{
	struct termios now;

	return !tcgetattr(STDIN_FILENO, &now) && !memcmp(&now, before, sizeof(now));
}

/* What the shell sees. Return: 0, or the number of the step that went wrong. */
static int stop_and_continue(void)
{
	struct termios before;
	sigset_t pending;
	int status;
	pid_t child;

	tcgetattr(STDIN_FILENO, &before);
	sigemptyset(&pending);
	sigaddset(&pending, SIGTSTP);
	child = start_top(&pending);
	for (int times = 1; times <= 3; times++) {
		if (waitpid(child, &status, WUNTRACED) != child || !WIFSTOPPED(status))
			return 10 * times + 1;
		if (!same_settings(&before))
			return 10 * times + 2;
		/* Again while it is stopped, or while it draws: each one counts. */
		kill(child, SIGCONT);
		if (times < 3)
			kill(child, SIGTSTP);
	}
	kill(child, SIGTERM);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != EXIT_INTERRUPTED)
		return 40;
	return same_settings(&before) ? 0 : 41;
}

/* Ctrl-Z is not lost, whatever top does when it comes. */
static void test_stop(void **state)
{
	int terminal, status;
	char text[4096];
	pid_t shell;

	(void)state;
	fflush(NULL);
	shell = forkpty(&terminal, NULL, NULL, &(struct winsize){ 24, 80, 0, 0 });
	assert_true(shell >= 0);
	if (!shell) {
		setenv("TERM", "xterm", 1);
		signal(SIGTTOU, SIG_IGN);
		alarm(60);	/* it never stopped */
		_exit(stop_and_continue());
	}
	while (read(terminal, text, sizeof(text)) > 0)
		;
	assert_int_equal(waitpid(shell, &status, 0), shell);
	close(terminal);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct cm_unit_test tests[] = {
		cmocka_unit_test_setup_teardown(test_stop, setup, fake_teardown),
	};

	return cmocka_run_group_tests_name("top_terminal", tests, NULL, NULL);
}
