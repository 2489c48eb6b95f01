/* SPDX-License-Identifier: GPL-2.0-only */
/* The COMMAND that runs beside an experiment, and the numbers that it prints. */
#ifndef BULKCTL_COMMAND_H
#define BULKCTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct command {
	char **argv;
	pid_t pid;		/* 0: it does not run */
	int out;		/* its standard output; -1 when it is closed */
	int status;		/* as of waitpid(2), once it has ended */
	bool started;		/* at least once */
	char line[512];		/* what it has printed of a line so far */
	size_t len;
	double last;		/* the last number that it printed; NAN: none */
	double sum;		/* of the last numbers of lines since command_take() */
	unsigned int lines;
};

double number_last(const char *text, size_t len);

void command_init(struct command *c, char **argv);
int command_start(struct command *c);
void command_read(struct command *c);
double command_take(struct command *c);
bool command_reap(struct command *c);
void command_stop(struct command *c);
bool command_failed(const struct command *c);
void command_format_status(const struct command *c, char *buf, size_t size);

#endif /* BULKCTL_COMMAND_H */
