// SPDX-License-Identifier: GPL-2.0-only
/*
 * The terminal of bulkctl top: taken over, and given back as it was however the process ends,
 * SIGKILL aside.
 *
 * After a crash nothing of ncurses can be trusted: what gives the terminal back is prepared before,
 * and the handler does nothing but write() it, tcsetattr() and raise(), which are
 * async-signal-safe.
 */
#include <curses.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "top.h"

#define ELSEWHERE	"use bulkctl status or report"

/* What ends a process by default and is no wish of a person's. Ctrl-\ is one, but as sudden. */
static const int crashes[] = {
	SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP, SIGQUIT, SIGXCPU,
};

static struct sigaction before[ARRAY_SIZE(crashes)];
static struct termios settings;
static char farewell[256];	/* colours, keypad, cursor and screen as they were */
static size_t farewell_len;
static char alternate_stack[65536];	/* a crash may be for want of stack */

static void on_crash(int number)
{
	size_t done = 0;
	ssize_t n;

	while (done < farewell_len) {
		n = write(STDOUT_FILENO, farewell + done, farewell_len - done);
		if (n <= 0)
			break;
		done += n;
	}
	tcsetattr(STDIN_FILENO, TCSANOW, &settings);
	/* The default action by now; it comes when this handler returns. */
	raise(number);
}

static int keep_char(int c)
{
	if (farewell_len < sizeof(farewell))
		farewell[farewell_len++] = c;
	return c;
}

static void prepare_farewell(void)
{
	static const char * const capabilities[] = { "sgr0", "op", "rmkx", "cnorm", "rmcup" };

	farewell_len = 0;
	for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++) {
		const char *string = tigetstr(capabilities[i]);

		if (string && string != (char *)-1)
			tputs(string, 1, keep_char);
	}
	keep_char('\r');
	keep_char('\n');
}

/* All signals are blocked in the handler: SIGTTOU must not stop tcsetattr() in the background. */
static void catch_crashes(void)
{
	const stack_t stack = { .ss_sp = alternate_stack, .ss_size = sizeof(alternate_stack) };
	struct sigaction action = {
		.sa_handler = on_crash, .sa_flags = SA_RESETHAND | SA_ONSTACK,
	};

	sigaltstack(&stack, NULL);
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		sigaction(crashes[i], &action, &before[i]);
}

static bool can_draw(void)
{
	const char *name = getenv("TERM") ?: "", *cup;
	int error;

	if (setupterm(NULL, STDOUT_FILENO, &error) != OK) {
		complain("top: the terminal '%s' is not known: set TERM, such as to xterm", name);
		return false;
	}
	cup = tigetstr("cup");
	if (!cup || cup == (char *)-1) {
		complain("top: the terminal '%s' cannot move its cursor: " ELSEWHERE, name);
		return false;
	}
	return true;
}

static void no_action(int number)
{
	(void)number;
}

/*
 * At each refresh ncurses has SIGTSTP ignored for a moment, and what is pending then is gone: a
 * Ctrl-Z while we are busy did nothing. Where it finds another action than the default, it leaves
 * SIGTSTP alone.
 */
static SCREEN *new_screen(void)
{
	const struct sigaction ours = { .sa_handler = no_action };
	struct sigaction stop;
	SCREEN *screen;

	sigaction(SIGTSTP, &ours, &stop);
	screen = newterm(NULL, stdout, stdin);
	sigaction(SIGTSTP, &stop, NULL);
	return screen;
}

/**
 * terminal_begin() - take the terminal over
 *
 * Return: EXIT_DONE, or EXIT_FAILED after a message.
 */
int terminal_begin(void)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    tcgetattr(STDIN_FILENO, &settings)) {
		complain("top: standard input and output are not a terminal: " ELSEWHERE);
		return EXIT_FAILED;
	}
	if (!can_draw())
		return EXIT_FAILED;
	/* Only what a letter is; numbers keep their point. */
	setlocale(LC_CTYPE, "");
	prepare_farewell();
	catch_crashes();
	if (!new_screen()) {
		complain("top: the terminal cannot be taken over");
		return EXIT_FAILED;
	}
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	top_screen_begin();
	return EXIT_DONE;
}

/**
 * terminal_stop() - give the terminal back, stop as Ctrl-Z asks for, and take it over again
 *
 * Context: SIGTSTP is blocked and SIGWINCH is. The next refresh draws all.
 */
void terminal_stop(void)
{
	sigset_t stop, before_stop;

	endwin();
	raise(SIGTSTP);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, &before_stop);
	/* Here we stop, and are continued. What the terminal was set to meanwhile shall stay. */
	sigprocmask(SIG_SETMASK, &before_stop, NULL);
	tcgetattr(STDIN_FILENO, &settings);
	def_shell_mode();
	/* Changes of size are told to who is in the foreground. */
	raise(SIGWINCH);
	clearok(curscr, TRUE);
}

/* Give it back; after terminal_begin() that was done. */
void terminal_end(void)
{
	endwin();
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		sigaction(crashes[i], &before[i], NULL);
}
