/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a verb prints to: standard output, or a file that is replaced as a whole. */
#ifndef BULKCTL_OUTPUT_H
#define BULKCTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct output {
	FILE *stream;
	const char *path;	/* NULL: standard output */
	char *text;		/* what was printed for the file so far */
	size_t len;
};

int output_check(const char *verb, const char *path);
int output_open(const char *verb, const char *path, struct output *output);
int output_close(const char *verb, struct output *output, bool failed);

#endif /* BULKCTL_OUTPUT_H */
