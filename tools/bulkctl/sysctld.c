// SPDX-License-Identifier: GPL-2.0-only
/* Make modes last over a reboot: a file of our own in /etc/sysctl.d. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "switch.h"
#include "util.h"

#define HEADER	"# Modes of vm.page_bulk, written by 'bulkctl set --persist'.\n" \
		"# It replaces the line of a user that it sets, and keeps all others.\n"

static bool skip_word(const char **s, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*s, word, len))
		return false;
	*s += len;
	return true;
}

static bool skip_separator(const char **s)
{
	return skip_word(s, ".") || skip_word(s, "/");
}

/* Does this line set the mode of this user? Both spellings of sysctl.d(5), and its leading -. */
static bool line_sets(const char *line, const char *user)
{
	line += strspn(line, " \t");
	skip_word(&line, "-");
	line += strspn(line, " \t");
	if (!skip_word(&line, "vm") || !skip_separator(&line) ||
	    !skip_word(&line, "page_bulk") || !skip_separator(&line) || !skip_word(&line, user))
		return false;
	line += strspn(line, " \t");
	return *line == '=' || *line == '\n' || !*line;
}

static void write_assignment(FILE *out, const struct assignment *a)
{
	fprintf(out, "vm.page_bulk.%s = %s\n", a->user, a->mode);
}

/* Copy one line, or write the assignment in its place; a second line of that user goes. */
static void rewrite_line(FILE *out, const char *line, size_t len, const struct assignment *a,
			 unsigned int nr, bool *written)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (!line_sets(line, a[i].user))
			continue;
		if (!written[i])
			write_assignment(out, &a[i]);
		written[i] = true;
		return;
	}
	fwrite(line, 1, len, out);	/* whatever bytes it has */
	if (line[len - 1] != '\n')
		fputc('\n', out);
}

/**
 * sysctld_rewrite() - put assignments into a sysctl.d file
 * @in: the file as it is; NULL if there is none
 * @out: the file as it shall be
 * @a: the assignments
 * @nr: how many, at most PB_MAX_USERS
 *
 * Return: 0, or -EIO if one of the files had an error.
 */
int sysctld_rewrite(FILE *in, FILE *out, const struct assignment *a, unsigned int nr)
{
	bool written[PB_MAX_USERS] = { };
	unsigned int lines = 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while (in && (len = getline(&line, &size, in)) > 0) {
		rewrite_line(out, line, len, a, nr, written);
		lines++;
	}
	free(line);
	if (!lines)
		fputs(HEADER, out);
	for (unsigned int i = 0; i < nr; i++)
		if (!written[i])
			write_assignment(out, &a[i]);
	return (in && ferror(in)) || ferror(out) ? -EIO : 0;
}

/* A system may come without /etc/sysctl.d. */
static void make_directory(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", pb_paths.conf);
	mkdir(dirname(path), 0755);
}

static int rewrite_file(const struct assignment *a, unsigned int nr)
{
	FILE *in, *out;
	char *text = NULL;
	size_t len = 0;
	int ret;

	in = fopen(pb_paths.conf, "re");
	if (!in && errno != ENOENT)
		return -errno;
	out = open_memstream(&text, &len);
	if (!out) {
		ret = -errno;
	} else {
		ret = sysctld_rewrite(in, out, a, nr);
		if (fclose(out) && !ret)
			ret = -ENOMEM;
	}
	if (in)
		fclose(in);
	if (!ret) {
		make_directory();
		ret = write_file_atomically(pb_paths.conf, text, len);
	}
	free(text);
	return ret;
}

/**
 * sysctld_persist() - make the assignments last over a reboot
 * @a: the assignments
 * @nr: how many
 *
 * Return: EXIT_DONE, or EXIT_FAILED or EXIT_NO_PERMISSION after a message; the file is as it was
 * then.
 */
int sysctld_persist(const struct assignment *a, unsigned int nr)
{
	int ret = rewrite_file(a, nr);

	if (!ret)
		return EXIT_DONE;
	if (ret == -EACCES || ret == -EPERM) {
		complain("no permission to write %s: needs root (CAP_DAC_OVERRIDE)",
			 pb_paths.conf);
		return EXIT_NO_PERMISSION;
	}
	complain("cannot write %s: %s", pb_paths.conf, strerror(-ret));
	return EXIT_FAILED;
}
