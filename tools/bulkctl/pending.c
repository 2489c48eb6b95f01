// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notes of temporary switches that have not gone back yet, a small text file per user.
 *
 * The process that waits goes back only if its note is still there and still true. So whoever
 * replaces or removes the note under the lock has taken over, even when the switch did not change
 * the mode and the kernel's generation therefore did not move.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "switch.h"
#include "util.h"

static void note_path(char path[PATH_MAX], const char *user)
{
	snprintf(path, PATH_MAX, "%s/%s", pb_paths.run, user);
}

/**
 * pending_lock() - keep other bulkctl processes from switching
 *
 * Context: waits for as long as another one switches, which is a moment.
 * Return: a descriptor, to be closed to unlock, or a negative errno.
 */
int pending_lock(void)
{
	char path[PATH_MAX];
	int fd, ret;

	if (mkdir(pb_paths.run, 0755) && errno != EEXIST)
		return -errno;
	note_path(path, ".lock");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX)) {
		if (errno == EINTR)
			continue;
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

static int parse_word(struct pending *p, const char *key, const char *value)
{
	const struct {
		const char *key;
		u64 *number;
	} numbers[] = {
		{ "started", &p->started },
		{ "until", &p->until },
		{ "pid", &p->pid },
		{ "generation", &p->generation },
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!strcmp(key, numbers[i].key))
			return parse_u64(value, numbers[i].number);
	if (strlen(value) >= PB_NAME)
		return -EBADMSG;
	if (!strcmp(key, "mode"))
		memcpy(p->mode, value, strlen(value) + 1);
	else if (!strcmp(key, "return_to"))
		memcpy(p->return_to, value, strlen(value) + 1);
	return 0;
}

/**
 * pending_parse() - parse a note
 * @in: the file
 * @p: where it goes
 *
 * Return: 0, or -EBADMSG for a note that is not whole.
 */
int pending_parse(FILE *in, struct pending *p)
{
	char *line = NULL, *save, *key, *value;
	size_t size = 0;
	int ret = 0;

	*p = (struct pending){ .generation = PB_UNKNOWN };
	while (!ret && getline(&line, &size, in) > 0) {
		save = NULL;
		key = strtok_r(line, "\n ", &save);
		value = key ? strtok_r(NULL, "\n ", &save) : NULL;
		if (value && parse_word(p, key, value))
			ret = -EBADMSG;
	}
	free(line);
	if (!p->started || !p->until || !p->pid || !*p->mode || !*p->return_to)
		ret = -EBADMSG;
	return ret;
}

int pending_read(const char *user, struct pending *p)
{
	char path[PATH_MAX];
	FILE *in;
	int ret;

	note_path(path, user);
	in = fopen(path, "re");
	if (!in)
		return -errno;
	ret = pending_parse(in, p);
	fclose(in);
	return ret;
}

int pending_write(const char *user, const struct pending *p)
{
	char path[PATH_MAX], text[512];
	int len;

	len = snprintf(text, sizeof(text),
		       "started %llu\nuntil %llu\npid %llu\n"
		       "mode %s\nreturn_to %s\n",
		       p->started, p->until, p->pid, p->mode, p->return_to);
	if (p->generation != PB_UNKNOWN)
		len += snprintf(text + len, sizeof(text) - len, "generation %llu\n",
				p->generation);
	note_path(path, user);
	return write_file_atomically(path, text, len);
}

void pending_remove(const char *user)
{
	char path[PATH_MAX];

	note_path(path, user);
	unlink(path);
}

/**
 * pending_holds() - is the user still as the temporary switch left it?
 * @user: the user
 * @p: its note
 *
 * Return: false if somebody switched the user since. Without debugfs only the mode tells.
 */
bool pending_holds(const char *user, const struct pending *p)
{
	char mode[PB_NAME];
	u64 generation = pb_read_generation(user);

	if (pb_read_mode(user, mode) || strcmp(mode, p->mode))
		return false;
	return generation == PB_UNKNOWN || p->generation == PB_UNKNOWN ||
	       generation == p->generation;
}
