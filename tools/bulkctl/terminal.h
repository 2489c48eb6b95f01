/* SPDX-License-Identifier: GPL-2.0-only */
/* What is shown on a terminal only: progress on standard error, colours. */
#ifndef BULKCTL_TERMINAL_H
#define BULKCTL_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

#include "util.h"

#define COLOR_GOOD	"\033[32m"
#define COLOR_WARNING	"\033[33m"
#define COLOR_BAD	"\033[31m"
#define COLOR_TITLE	"\033[1m"

#define CLEAR_LINE	"\r\033[K"

/*
 * How far we are, in a line that the next one overwrites; nothing where standard error is no
 * terminal. progress_clear() comes before anything else is printed.
 */
#define progress(fmt, ...) do {							\
	if (shows_progress())							\
		fprintf(stderr, CLEAR_LINE "bulkctl: " fmt, ##__VA_ARGS__);	\
} while (0)

bool shows_progress(void);
void progress_clear(void);
bool sleep_showing(u64 deadline, u64 end, const char *what);

bool use_color(FILE *out);
void print_colored(FILE *out, const char *color, const char *text);

#endif /* BULKCTL_TERMINAL_H */
