// SPDX-License-Identifier: GPL-2.0-only
/* Which processes used the CPUs between two moments, from /proc/PID/stat. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "busy.h"
#include "pagebulk.h"

/* Fields of proc_pid_stat(5): from state to cmajflt, and from cutime to itrealvalue. */
#define NR_TO_UTIME		11
#define NR_TO_STARTTIME		6

static const char *skip_fields(const char *s, unsigned int nr)
{
	while (s && nr--) {
		s += strspn(s, " ");
		s += strcspn(s, " ");
	}
	return s;
}

/**
 * busy_parse() - parse /proc/PID/stat
 * @line: its text; it is cut up
 * @p: where it goes
 *
 * Return: 0 or -EBADMSG.
 */
int busy_parse(char *line, struct busy_process *p)
{
	/* The name is in brackets, and may have brackets and blanks of its own. */
	char *open = strchr(line, '('), *close = strrchr(line, ')');
	u64 pid, user, system;
	const char *s;

	if (!open || !close || close < open)
		return -EBADMSG;
	if (!scan_u64(line, "", &pid) || !pid || pid > INT_MAX)
		return -EBADMSG;
	*p = (struct busy_process){ .count = 1, .pid = pid };
	s = scan_u64(skip_fields(close + 1, NR_TO_UTIME), "", &user);
	s = skip_fields(scan_u64(s, "", &system), NR_TO_STARTTIME);
	if (!scan_u64(s, "", &p->start))
		return -EBADMSG;
	p->ticks = user + system;
	*close = '\0';
	for (char *c = open + 1; *c; c++)
		if (!isascii(*c) || !isprint((unsigned char)*c))
			*c = '?';
	snprintf(p->comm, sizeof(p->comm), "%s", open + 1);
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct busy_process *p = a, *q = b;

	return p->pid < q->pid ? -1 : p->pid > q->pid;
}

static int by_name(const void *a, const void *b)
{
	const struct busy_process *p = a, *q = b;

	return strcmp(p->comm, q->comm);
}

static int by_ticks(const void *a, const void *b)
{
	const struct busy_process *p = a, *q = b;

	return p->ticks > q->ticks ? -1 : p->ticks < q->ticks;
}

static int add(struct busy *b, const struct busy_process *p)
{
	struct busy_process *more;

	if (!(b->nr & (b->nr - 1))) {	/* full at each power of two */
		more = reallocarray(b->v, b->nr ? 2 * b->nr : 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		b->v = more;
	}
	b->v[b->nr++] = *p;
	return 0;
}

/* All of it: a name may have a newline. Return: false if there is nothing, or too much. */
static bool read_stat(const char *name, char *buf, size_t size)
{
	char path[PATH_MAX];
	size_t len = 0;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s/stat", pb_paths.proc, name);
	in = fopen(path, "re");
	if (in) {
		len = fread(buf, 1, size - 1, in);
		fclose(in);
	}
	buf[len] = '\0';
	return len && len < size - 1;
}

/**
 * busy_read() - the CPU time that each process has used so far
 * @b: where it goes, sorted by pid; busy_free() gives it back
 *
 * Return: 0, -ENOMEM, or the errno of listing /proc.
 */
int busy_read(struct busy *b)
{
	char line[1024];
	DIR *dir = opendir(pb_paths.proc);
	struct busy_process p;
	struct dirent *entry;
	int ret = 0;

	*b = (struct busy){ };
	if (!dir)
		return -errno;
	while (!ret && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		/* One that has ended since is no error. */
		if (read_stat(entry->d_name, line, sizeof(line)) && !busy_parse(line, &p))
			ret = add(b, &p);
	}
	closedir(dir);
	if (b->nr)
		qsort(b->v, b->nr, sizeof(*b->v), by_pid);
	return ret;
}

void busy_free(struct busy *b)
{
	free(b->v);
	*b = (struct busy){ };
}

static bool is_ours(const struct busy_process *p, const pid_t *ours, size_t nr_ours)
{
	for (size_t i = 0; i < nr_ours; i++)
		if (p->pid == ours[i])
			return true;
	return false;
}

/* Processes of one name become one. */
static void merge_names(struct busy *b)
{
	size_t to = 0;

	if (!b->nr)
		return;
	qsort(b->v, b->nr, sizeof(*b->v), by_name);
	for (size_t i = 1; i < b->nr; i++) {
		if (!by_name(&b->v[to], &b->v[i])) {
			b->v[to].ticks += b->v[i].ticks;
			b->v[to].count++;
		} else {
			b->v[++to] = b->v[i];
		}
	}
	b->nr = to + 1;
	qsort(b->v, b->nr, sizeof(*b->v), by_ticks);
}

/**
 * busy_diff() - who used the CPUs between two readings
 * @start: the earlier one
 * @end: the later one
 * @ours: processes to leave out
 * @nr_ours: how many
 * @diff: where it goes, by name, the busiest first; busy_free() gives it back
 *
 * A process that began in between counts from its beginning; one that ended is not seen.
 *
 * Return: 0 or -ENOMEM.
 */
int busy_diff(const struct busy *start, const struct busy *end, const pid_t *ours,
	      size_t nr_ours, struct busy *diff)
{
	*diff = (struct busy){ };
	for (size_t i = 0; i < end->nr; i++) {
		struct busy_process p = end->v[i];
		const struct busy_process *before;

		before = start->nr ? bsearch(&p, start->v, start->nr, sizeof(p), by_pid) : NULL;
		if (before && before->start == p.start)
			p.ticks -= before->ticks;
		if (!p.ticks || is_ours(&p, ours, nr_ours))
			continue;
		if (add(diff, &p)) {
			busy_free(diff);
			return -ENOMEM;
		}
	}
	merge_names(diff);
	return 0;
}

/* "fio 12.3 s, nfsd (8) 4.1 s"; "none" if nobody used any. */
void busy_format(const struct busy *diff, size_t max, long ticks_per_s, char *buf, size_t size)
{
	size_t len = 0;

	snprintf(buf, size, "none");
	for (size_t i = 0; i < diff->nr && i < max && len < size; i++) {
		const struct busy_process *p = &diff->v[i];

		len += snprintf(buf + len, size - len, "%s%s", i ? ", " : "", p->comm);
		if (p->count > 1 && len < size)
			len += snprintf(buf + len, size - len, " (%u)", p->count);
		if (len < size)
			len += snprintf(buf + len, size - len, " %.2f s",
					(double)p->ticks / (double)ticks_per_s);
	}
}
