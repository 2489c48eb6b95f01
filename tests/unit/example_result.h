/* SPDX-License-Identifier: GPL-2.0-only */
/* A made-up result of bulkctl ab, and files of it. */
#ifndef EXAMPLE_RESULT_H
#define EXAMPLE_RESULT_H

#include "result.h"

/* stock, single and array; 12 rounds; single and array are better in ns_per_fill. */
void example_result(struct ab_result *r, unsigned int seed);
void example_cut(struct ab_result *r, unsigned int slices);

char *example_path(const char *name);	/* to be given to free() */
void example_write(const struct ab_result *r, const char *path);
void example_edit(const char *path, const char *to, const char *old, const char *replacement);
void example_truncate(const char *path, const char *to, unsigned int percent);

#endif /* EXAMPLE_RESULT_H */
