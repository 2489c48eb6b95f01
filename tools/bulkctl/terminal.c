// SPDX-License-Identifier: GPL-2.0-only
/* What is shown on a terminal only: progress on standard error, colours. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sample.h"
#include "terminal.h"

bool shows_progress(void)
{
	return isatty(STDERR_FILENO);
}

void progress_clear(void)
{
	if (shows_progress())
		fputs(CLEAR_LINE, stderr);
}

static u64 left(u64 until)
{
	u64 now = clock_ns(CLOCK_MONOTONIC);

	return now < until ? until - now : 0;
}

/**
 * sleep_showing() - sleep_until() that shows on a terminal how long it will take
 * @deadline: when it ends; CLOCK_MONOTONIC, in ns
 * @end: when all of it will be over, not before @deadline
 * @what: what it is, such as "report"
 *
 * A second or less is not worth a word.
 *
 * Return: true if it was interrupted.
 */
bool sleep_showing(u64 deadline, u64 end, const char *what)
{
	bool shown = left(end) > NSEC_PER_SEC && shows_progress();
	u64 next = deadline, seconds;
	bool interrupted;
	char text[32];

	do {
		if (shown) {
			seconds = (left(end) + NSEC_PER_SEC - 1) / NSEC_PER_SEC;
			format_duration(seconds * NSEC_PER_SEC, text, sizeof(text));
			progress("%s: %s left", what, text);
			/* The next whole second that is left. */
			next = left(deadline);
			next = deadline - (next ? (next - 1) / NSEC_PER_SEC * NSEC_PER_SEC : 0);
		}
		interrupted = sleep_until(next);
	} while (!interrupted && next < deadline);
	if (shown)
		progress_clear();
	return interrupted;
}

/**
 * use_color() - may there be colours in this stream?
 * @out: the stream
 *
 * Return: false for what is no terminal, for one that has none, and with NO_COLOR
 * (https://no-color.org/).
 */
bool use_color(FILE *out)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(out)) && !(no_color && *no_color) && term && strcmp(term, "dumb");
}

void print_colored(FILE *out, const char *color, const char *text)
{
	bool colored = use_color(out);

	fprintf(out, "%s%s%s", colored ? color : "", text, colored ? "\033[0m" : "");
}
