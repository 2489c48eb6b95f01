/* SPDX-License-Identifier: GPL-2.0-only */
/* Small helpers: messages, exit codes, strict parsing, files. */
#ifndef BULKCTL_UTIL_H
#define BULKCTL_UTIL_H

#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define NSEC_PER_SEC	1000000000ULL
#define NSEC_PER_MSEC	1000000ULL

/* One message to standard error, with the program's name before it. */
#define complain(fmt, ...)	fprintf(stderr, "bulkctl: " fmt "\n", ##__VA_ARGS__)

/* As the kernel has them: %llu prints a u64 on every architecture. */
typedef unsigned int u32;
typedef unsigned long long u64;

/* Exit codes are part of the interface: bulkctl(8) lists them. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_INTERFACE = 3,
	EXIT_NO_PERMISSION = 4,
	EXIT_INTERRUPTED = 130,
};

int parse_u64(const char *s, u64 *value);
const char *scan_u64(const char *s, const char *label, u64 *value);
int parse_duration(const char *s, u64 *ns);
void format_duration(u64 ns, char *buf, size_t size);
int arg_interval(const char *verb, const char *s, u64 *ns);

/* What take_options() needs to know of a verb. */
struct verb_options {
	const char *verb;
	const char *shortopts;		/* with h for help */
	const struct option *longopts;	/* with --help, which returns 'h' */
	bool operands;			/* there may be arguments behind: from optind on */
	void (*print_help)(void);
	/* @name is that of a long option, NULL for a letter. Return: an exit code. */
	int (*take)(int opt, const char *name, const char *arg, void *data);
};

bool take_options(const struct verb_options *options, int argc, char *argv[], void *data,
		  int *exit_code);

bool find_program(const char *name, char file[PATH_MAX]);
int read_first_line(const char *path, char *buf, size_t size);
int write_file_atomically(const char *path, const char *data, size_t len);

void make_printable(char *s);
bool has_control(const char *s);

u64 clock_ns(int clock);

#endif /* BULKCTL_UTIL_H */
