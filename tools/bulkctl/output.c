// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a verb prints to: standard output, or a file that is replaced as a whole.
 *
 * What is meant for a file is kept in memory until it is complete. So a reader, such as the
 * textfile collector of node_exporter, sees the old file or the new one, and never half of one.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"
#include "util.h"

static int complain_file(const char *verb, const char *path, const char *why)
{
	complain("%s: cannot write %s: %s", verb, path, why);
	return EXIT_FAILED;
}

/**
 * output_check() - can this file be written? To be asked before the work
 * @verb: the verb, for the message
 * @path: the file; NULL for standard output
 *
 * A device or a pipe is refused: a rename would put a file in its place.
 *
 * Return: EXIT_DONE, or EXIT_FAILED or EXIT_NO_PERMISSION after a message.
 */
int output_check(const char *verb, const char *path)
{
	char dir[PATH_MAX];
	struct stat st;

	if (!path)
		return EXIT_DONE;
	if (snprintf(dir, sizeof(dir), "%s", path) >= (int)sizeof(dir))
		return complain_file(verb, path, strerror(ENAMETOOLONG));
	if (!*path)
		return complain_file(verb, "''", "a file needs a name");
	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return complain_file(verb, path, S_ISDIR(st.st_mode) ? strerror(EISDIR) :
				     "it is no regular file");
	if (!access(dirname(dir), W_OK | X_OK))
		return EXIT_DONE;
	if (errno != EACCES)
		return complain_file(verb, path, strerror(errno));
	complain("%s: cannot write %s: %s: take another directory; this one needs CAP_DAC_OVERRIDE",
		 verb, path, strerror(errno));
	return EXIT_NO_PERMISSION;
}

/**
 * output_open() - begin to print
 * @verb: the verb, for the message
 * @path: the file; NULL for standard output
 * @output: its stream is what to print to
 *
 * Return: EXIT_DONE, or EXIT_FAILED after a message.
 */
int output_open(const char *verb, const char *path, struct output *output)
{
	*output = (struct output){ .stream = stdout, .path = path };
	if (!path)
		return EXIT_DONE;
	output->stream = open_memstream(&output->text, &output->len);
	if (output->stream)
		return EXIT_DONE;
	complain("%s: %s", verb, strerror(errno));
	return EXIT_FAILED;
}

/**
 * output_close() - everything is printed: replace the file
 * @verb: the verb, for the message
 * @output: what output_open() made
 * @failed: the verb has failed: if it has printed nothing, the file stays as it is
 *
 * main() tells when standard output cannot be written.
 *
 * Return: EXIT_DONE, or EXIT_FAILED after a message; the file is as it was then.
 */
int output_close(const char *verb, struct output *output, bool failed)
{
	int error = 0;

	if (!output->path)
		return EXIT_DONE;
	if (ferror(output->stream))
		error = -ENOMEM;
	if (fclose(output->stream))
		error = -errno;
	if (!error && (!failed || output->len))
		error = write_file_atomically(output->path, output->text, output->len);
	free(output->text);
	output->stream = NULL;
	return error ? complain_file(verb, output->path, strerror(-error)) : EXIT_DONE;
}
