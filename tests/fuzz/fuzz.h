/* SPDX-License-Identifier: GPL-2.0-only */
/* What the harnesses share: input as text, stream or file, what was said, and a directory. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "pagebulk.h"
#include "util.h"

#define FUZZ_WORDS	24	/* most words that fuzz_words() takes */

/* A promise of the parser that does not hold: libFuzzer keeps the input. */
#define fuzz_check(condition) do {						\
	if (!(condition))							\
		fuzz_fail(__FILE__, __LINE__, #condition);			\
} while (0)

/* What each harness has: called once, and with each input. */
void fuzz_setup(void);
void fuzz_one(const unsigned char *data, size_t size);

/* What libFuzzer calls, and what is called instead of a function of libpfm4: see Makefile. */
int libfuzzer_setup(int *argc, char ***argv);
int libfuzzer_one(const unsigned char *data, size_t size);
int __wrap_pfm_initialize(void);

void fuzz_fail(const char *file, int line, const char *condition);

/* The input. */
char *fuzz_text(const unsigned char *data, size_t size);
FILE *fuzz_stream(const unsigned char *data, size_t size);
int fuzz_words(char *text, char *words[FUZZ_WORDS]);
bool fuzz_has_number(const char *text, u64 number);

/* Standard output and standard error. */
void fuzz_quiet(void);
const char *fuzz_said(void);
void fuzz_check_message(int error);

/* Files, in a directory in memory that pb_paths point into. */
const char *fuzz_path(const char *name);
void fuzz_write(const char *name, const char *text);
const char *fuzz_read(const char *name);
void fuzz_link(const char *name);
void fuzz_input(const unsigned char *data, size_t size);

#endif /* FUZZ_H */
