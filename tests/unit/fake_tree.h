/* SPDX-License-Identifier: GPL-2.0-only */
/* A directory with the files of a page_bulk kernel, for tests of whole verbs. */
#ifndef FAKE_TREE_H
#define FAKE_TREE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>

#include "pagebulk.h"

typedef int (*verb_fn)(int argc, char *argv[]);

/* What the last fake_run() printed. */
extern char fake_out[65536];
extern char fake_err[65536];

int fake_setup(void **state);
int fake_teardown(void **state);
const char *fake_path(const char *name);	/* until the next call */
void fake_write(const char *name, const char *text);
void fake_dir(const char *name);
const char *fake_read(const char *name);	/* "" if it does not exist */
void fake_remove(const char *name);
void fake_stats(const char *user, u64 generation, u64 fills);
int fake_run(verb_fn verb, const char *line);
int fake_run_terminal(verb_fn verb, const char *line);
FILE *fake_file(const char *text);
void fake_keep(const char *name, const char *text);
void fake_keep_json(const char *name, json_t *doc);

#endif /* FAKE_TREE_H */
