// SPDX-License-Identifier: GPL-2.0-only
/* Pictures, drawn by the program gnuplot. */
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gnuplot.h"
#include "util.h"

#define NOT_EXECUTED	127

/* The three standard streams of gnuplot: files in memory, so that neither side waits. */
struct streams {
	int fd[3];
};

static void close_streams(struct streams *s)
{
	for (int i = 0; i < 3; i++)
		if (s->fd[i] >= 0)
			close(s->fd[i]);
}

static int open_streams(struct streams *s, const char *script, size_t len)
{
	int error = 0;

	for (int i = 0; i < 3; i++) {
		s->fd[i] = memfd_create("gnuplot", MFD_CLOEXEC);
		if (s->fd[i] < 0)
			error = -errno;
	}
	if (!error && pwrite(s->fd[0], script, len, 0) != (ssize_t)len)
		error = -EIO;
	if (error)
		close_streams(s);
	return error;
}

/* All that was written to a stream, as a string. */
static char *read_stream(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = size < 0 ? NULL : malloc(size + 1);

	if (text && pread(fd, text, size, 0) != size) {
		free(text);
		text = NULL;
	}
	if (text)
		text[size] = '\0';
	return text;
}

/* Return: its exit status, or a negative errno if it could not be started. */
static int run(const struct streams *s, const char *option)
{
	char *const argv[] = { "gnuplot", (char *)option, NULL };
	posix_spawn_file_actions_t actions;
	int status, error;
	pid_t pid;

	error = posix_spawn_file_actions_init(&actions);
	if (error)
		return -error;
	for (int i = 0; !error && i < 3; i++)
		error = posix_spawn_file_actions_adddup2(&actions, s->fd[i], i);
	if (!error)
		error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error)
		return -error;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (!WIFEXITED(status))
		return EXIT_FAILED;
	/* So posix_spawn(3) says it where the child cannot tell its parent: under valgrind. */
	return WEXITSTATUS(status) == NOT_EXECUTED ? -ENOENT : WEXITSTATUS(status);
}

static int complain_start(const char *verb, int error)
{
	if (error == -ENOENT)
		complain("%s: the pictures need gnuplot, which is missing: apt install gnuplot-nox",
			 verb);
	else
		complain("%s: gnuplot cannot be started: %s", verb, strerror(-error));
	return EXIT_FAILED;
}

/**
 * gnuplot_check() - is gnuplot there? To be asked before the work
 * @verb: the verb, for the message
 *
 * Return: EXIT_DONE, or EXIT_FAILED after a message.
 */
int gnuplot_check(const char *verb)
{
	struct streams s;
	int ret = open_streams(&s, "", 0);

	if (!ret) {
		ret = run(&s, "--version");
		close_streams(&s);
	}
	return ret < 0 ? complain_start(verb, ret) : EXIT_DONE;
}

/**
 * gnuplot_svg() - draw a picture
 * @verb: the verb, for the message
 * @script: gnuplot's commands, with the data; "set terminal svg" is among them
 * @len: its length
 * @svg: where the picture goes; free() it
 *
 * Return: EXIT_DONE, or EXIT_FAILED after a message.
 */
int gnuplot_svg(const char *verb, const char *script, size_t len, char **svg)
{
	char *errors = NULL;
	struct streams s;
	int ret;

	*svg = NULL;
	ret = open_streams(&s, script, len);
	if (ret)
		return complain_start(verb, ret);
	ret = run(&s, "-d");	/* without anybody's own settings */
	if (ret < 0) {
		complain_start(verb, ret);
	} else {
		*svg = read_stream(s.fd[1]);
		if (ret || !*svg || !strstr(*svg, "</svg>")) {
			errors = read_stream(s.fd[2]);
			complain("%s: gnuplot failed: %s", verb, errors ?: strerror(ENOMEM));
			free(errors);
			free(*svg);
			*svg = NULL;
		}
	}
	close_streams(&s);
	return *svg ? EXIT_DONE : EXIT_FAILED;
}

/* What a page has no use for. The last of them is wanted once. */
static const struct {
	const char *begin;
	const char *end;
} dropped[] = {
	{ "<title>", "</title>" },
	{ "<desc>", "</desc>" },
	{ " id=\"gnuplot_", "\"" },
	{ "<defs>", "</defs>" },
};

/* Return: where it goes on behind something that is dropped; @s if nothing is. */
static const char *skip_dropped(const char *s, unsigned int nr)
{
	const char *end;

	for (unsigned int i = 0; i < nr; i++) {
		if (strncmp(s, dropped[i].begin, strlen(dropped[i].begin)))
			continue;
		end = strstr(s + strlen(dropped[i].begin), dropped[i].end);
		return end ? end + strlen(dropped[i].end) : s;
	}
	return s;
}

/**
 * gnuplot_embed() - put a picture into a page of HTML
 * @out: where to
 * @svg: the picture, from gnuplot_svg()
 * @label: what it shows; plain text
 * @first: it is the first one of the page
 *
 * An identifier may be only once in a page: those of the curves go, and the shapes of points stay
 * in the first picture, to which all others refer.
 */
void gnuplot_embed(FILE *out, const char *svg, const char *label, bool first)
{
	const char *s = strstr(svg, "<svg"), *next;

	if (!s)
		return;
	fprintf(out, "<svg role=\"img\" aria-label=\"%s\"", label);
	for (s += strlen("<svg"); *s; s = next) {
		next = skip_dropped(s, ARRAY_SIZE(dropped) - first);
		if (next == s)
			fputc(*next++, out);
	}
}
