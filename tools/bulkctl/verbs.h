/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of verbs: --help, completion and the tests of the man pages go by it. */
#ifndef BULKCTL_VERBS_H
#define BULKCTL_VERBS_H

#include <stdio.h>

#include "util.h"

struct verb {
	const char *name;
	int (*function)(int argc, char *argv[]);
	const char *description;
	const struct verb_options *options;
};

extern const struct verb verbs[];	/* to the one without a name */

const struct verb *verb_find(const char *name);
void verbs_help(FILE *out);
void verbs_list(FILE *out);
void verb_list_options(FILE *out, const struct verb *verb);

#endif /* BULKCTL_VERBS_H */
