// SPDX-License-Identifier: GPL-2.0-only
/* What the harnesses share: input as text, stream or file, what was said, and a directory. */
#include <fcntl.h>
#include <limits.h>
#include <perfmon/pfmlib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

static char root[64];
static int input_fd = -1;
static FILE *outputs[2];	/* ours, in place of standard output and standard error */
static char said[2][1 << 18];

/* Neither of the standard streams is one while a harness runs: libFuzzer's are its own. */
void fuzz_fail(const char *file, int line, const char *condition)
{
	dprintf(STDERR_FILENO, "%s:%d: does not hold: %s\nsaid: %s\n", file, line, condition,
		outputs[1] ? fuzz_said() : "");
	abort();
}

/**
 * fuzz_text() - the input as a string
 * @data: the input
 * @size: its size
 *
 * Return: it up to its first NUL; to be given to free().
 */
char *fuzz_text(const unsigned char *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	fuzz_check(text);
	return text;
}

/* The input as a file of which all of it is read, NULs and all. fmemopen() refuses an empty one. */
FILE *fuzz_stream(const unsigned char *data, size_t size)
{
	FILE *in = size ? fmemopen((void *)data, size, "r") : fopen("/dev/null", "re");

	fuzz_check(in);
	return in;
}

/* Cut a text into lines, which may be empty, as the words of a command line. */
int fuzz_words(char *text, char *words[FUZZ_WORDS])
{
	int nr = 0;

	while (text && nr < FUZZ_WORDS)
		words[nr++] = strsep(&text, "\n");
	return nr;
}

/**
 * fuzz_has_number() - does this number stand in a text?
 * @text: the text
 * @number: what was read from it
 *
 * A counter that was read from "-1", or that overflowed, does not.
 *
 * Return: whether it does, leading zeros aside.
 */
bool fuzz_has_number(const char *text, u64 number)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", number);
	return strstr(text, digits);
}

static FILE *to_memory(unsigned int i)
{
	if (!outputs[i]) {
		outputs[i] = fmemopen(said[i], sizeof(said[i]), "w");
		fuzz_check(outputs[i]);
	}
	rewind(outputs[i]);
	return outputs[i];
}

/* From here on what is printed goes to memory, what was printed before is forgotten. */
void fuzz_quiet(void)
{
	stdout = to_memory(0);
	stderr = to_memory(1);
}

static const char *text_of(unsigned int i)
{
	long end;

	fflush(outputs[i]);
	end = ftell(outputs[i]);
	said[i][end < (long)sizeof(said[i]) ? end : (long)sizeof(said[i]) - 1] = '\0';
	return said[i];
}

/* What was printed to standard error since fuzz_quiet(). */
const char *fuzz_said(void)
{
	return text_of(1);
}

/**
 * fuzz_check_message() - an error says something, and what is none does not
 * @error: what was returned; 0: none
 */
void fuzz_check_message(int error)
{
	const char *text = fuzz_said();
	size_t len = strlen(text);

	fuzz_check(!error == !len);
	if (!error)
		return;
	fuzz_check(!strncmp(text, "bulkctl", strlen("bulkctl")));
	fuzz_check(len > strlen("bulkctl: x") && text[len - 1] == '\n');
}

const char *fuzz_path(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static char *keep_path(const char *name)
{
	char *path = strdup(fuzz_path(name));

	fuzz_check(path);
	return path;
}

static void make_parents(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", fuzz_path(name));
	for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

void fuzz_write(const char *name, const char *text)
{
	int fd;

	make_parents(name);
	fd = open(fuzz_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	fuzz_check(fd >= 0);
	fuzz_check(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* What is in a file, up to a NUL; "" without it. Until the next call. */
const char *fuzz_read(const char *name)
{
	static char text[1 << 16];
	int fd = open(fuzz_path(name), O_RDONLY | O_CLOEXEC);
	ssize_t len = 0;

	if (fd >= 0) {
		len = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[len > 0 ? len : 0] = '\0';
	return text;
}

/* A file that has the input for its content. */
void fuzz_link(const char *name)
{
	char *input = keep_path("input");

	make_parents(name);
	fuzz_check(!symlink(input, fuzz_path(name)));
	free(input);
}

void fuzz_input(const unsigned char *data, size_t size)
{
	fuzz_check(!ftruncate(input_fd, 0));
	fuzz_check(pwrite(input_fd, data, size, 0) == (ssize_t)size);
}

/*
 * Point pb_paths into a directory of our own, which has nothing but the input. It is in $FUZZ_DIR,
 * which whoever runs the harness removes: after a crash nobody else can.
 */
static void make_tree(void)
{
	snprintf(root, sizeof(root), "%s/tree.XXXXXX", getenv("FUZZ_DIR") ?: "/tmp");
	fuzz_check(mkdtemp(root));
	input_fd = open(fuzz_path("input"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	fuzz_check(input_fd >= 0);
	pb_paths = (struct pb_paths){
		.sysctl = keep_path("sysctl"),
		.debugfs = keep_path("debugfs"),
		.conf = keep_path("etc/90-page-bulk.conf"),
		.run = keep_path("run"),
		.vmstat = keep_path("vmstat"),
		.cpuinfo = keep_path("cpuinfo"),
		.dmi_vendor = keep_path("dmi_vendor"),
		.cpus_online = keep_path("online"),
		.proc = keep_path("proc"),
		.interfaces = keep_path("interfaces"),
		.event_sources = keep_path("pmus"),
		.tracing = keep_path("tracing"),
		.sys = keep_path("sys"),
		.boot = keep_path("boot"),
	};
}

int libfuzzer_setup(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	make_tree();
	fuzz_setup();
	return 0;
}

int libfuzzer_one(const unsigned char *data, size_t size)
{
	fuzz_one(data, size);
	return 0;
}

/* libpfm4 has parsers of its own, which are not ours to test: it knows no event here. */
int __wrap_pfm_initialize(void)
{
	return PFM_ERR_NOTSUPP;
}
