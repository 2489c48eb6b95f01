// SPDX-License-Identifier: GPL-2.0-only
/* What is counted: CPUs, processes, nfsd's threads. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pagebulk.h"
#include "perf.h"
#include "util.h"

#define KTHREADD	2	/* the parent of all kernel threads */
#define MAX_CPU		65535	/* highest number of a CPU, and as many may be named */

/**
 * perf_parse_cpus() - parse a CPU list as the kernel writes it: 0-3,8,10-11
 * @list: the list
 * @cpus: where the numbers go, to be freed by the caller; untouched on error
 * @nr: how many there are
 *
 * Return: 0, -EINVAL for what is no such list, -ENOMEM.
 */
int perf_parse_cpus(const char *list, int **cpus, unsigned int *nr)
{
	unsigned long first, last;
	unsigned int count = 0;
	int *found = NULL, *more;
	char *end;

	do {
		if (!isdigit((unsigned char)*list))
			goto invalid;
		first = strtoul(list, &end, 10);
		last = first;
		if (*end == '-') {
			list = end + 1;
			if (!isdigit((unsigned char)*list))
				goto invalid;
			last = strtoul(list, &end, 10);
		}
		if (last < first || last > MAX_CPU || count > MAX_CPU)
			goto invalid;
		more = realloc(found, (count + last - first + 1) * sizeof(*found));
		if (!more) {
			free(found);
			return -ENOMEM;
		}
		found = more;
		while (first <= last)
			found[count++] = first++;
		list = end + 1;
	} while (*end == ',');
	if (*end)
		goto invalid;
	*cpus = found;
	*nr = count;
	return 0;
invalid:
	free(found);
	return -EINVAL;
}

/**
 * perf_online_cpus() - the CPUs that are online
 * @cpus: where their numbers go, to be freed by the caller
 * @nr: how many there are
 *
 * Return: 0 or -ENOMEM.
 */
int perf_online_cpus(int **cpus, unsigned int *nr)
{
	char line[4096];
	long count;

	if (!read_first_line(pb_paths.cpus_online, line, sizeof(line)) &&
	    !perf_parse_cpus(line, cpus, nr))
		return 0;
	/* Where sysfs does not tell, they are numbered from 0 without a gap. */
	count = sysconf(_SC_NPROCESSORS_ONLN);
	if (count < 1)
		count = 1;
	*cpus = calloc(count, sizeof(**cpus));
	if (!*cpus)
		return -ENOMEM;
	*nr = count;
	for (long i = 0; i < count; i++)
		(*cpus)[i] = i;
	return 0;
}

static bool has_cpu(const int *cpus, unsigned int nr, int cpu)
{
	for (unsigned int i = 0; i < nr; i++)
		if (cpus[i] == cpu)
			return true;
	return false;
}

/* A CPU named twice would be counted twice. */
static unsigned int drop_repeats(int *cpus, unsigned int nr)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < nr; i++)
		if (!has_cpu(cpus, kept, cpus[i]))
			cpus[kept++] = cpus[i];
	return kept;
}

/**
 * perf_target_cpus() - the argument of -C
 * @verb: the verb, for messages
 * @list: CPUs, such as 0-3,8
 * @target: gets them, instead of what it had
 *
 * Return: EXIT_DONE, or another exit code after a message.
 */
int perf_target_cpus(const char *verb, const char *list, struct perf_target *target)
{
	int *cpus, *online, ret;
	unsigned int nr, nr_online;

	ret = perf_parse_cpus(list, &cpus, &nr);
	if (ret == -EINVAL) {
		complain("%s: -C '%s' is not a list of CPUs, such as 0-3,8", verb, list);
		return EXIT_USAGE;
	}
	if (!ret) {
		free(target->cpus);
		target->cpus = cpus;
		target->nr_cpus = nr;
		ret = perf_online_cpus(&online, &nr_online);
	}
	if (ret) {
		complain("%s: %s", verb, strerror(-ret));
		return EXIT_FAILED;
	}
	for (unsigned int i = 0; !ret && i < target->nr_cpus; i++) {
		if (has_cpu(online, nr_online, target->cpus[i]))
			continue;
		complain("%s: -C '%s': CPU %d is not online (see %s)", verb, list,
			 target->cpus[i], pb_paths.cpus_online);
		ret = EXIT_USAGE;
	}
	free(online);
	if (!ret)
		target->nr_cpus = drop_repeats(target->cpus, target->nr_cpus);
	return ret;
}

static int append_pid(pid_t **pids, unsigned int *nr, pid_t pid)
{
	pid_t *more;

	for (unsigned int i = 0; i < *nr; i++)
		if ((*pids)[i] == pid)
			return 0;
	more = realloc(*pids, (*nr + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	*pids = more;
	more[(*nr)++] = pid;
	return 0;
}

/**
 * perf_target_pids() - the argument of -p
 * @verb: the verb, for messages
 * @list: process ids with commas between them
 * @target: they are added to what it has
 *
 * Return: EXIT_DONE, or another exit code after a message.
 */
int perf_target_pids(const char *verb, const char *list, struct perf_target *target)
{
	char *copy = strdup(list), *rest = copy, *word;
	int ret = copy ? EXIT_DONE : EXIT_FAILED;
	u64 pid;

	if (!copy)
		complain("%s: %s", verb, strerror(ENOMEM));
	while (!ret && (word = strsep(&rest, ","))) {
		if (parse_u64(word, &pid) || !pid || pid > INT_MAX) {
			complain("%s: -p '%s' is not a list of process ids, such as 812,813", verb,
				 list);
			ret = EXIT_USAGE;
		} else if (kill(pid, 0) && errno == ESRCH) {
			complain("%s: -p '%s': there is no process %llu", verb, list, pid);
			ret = EXIT_USAGE;
		} else if (append_pid(&target->pids, &target->nr_pids, pid)) {
			complain("%s: %s", verb, strerror(ENOMEM));
			ret = EXIT_FAILED;
		}
	}
	free(copy);
	return ret;
}

/* The numbers that a directory of /proc has entries for. */
static int list_pids(const char *path, bool (*wanted)(pid_t pid), pid_t **pids,
		     unsigned int *nr)
{
	struct dirent *entry;
	int ret = 0;
	DIR *dir;
	u64 pid;

	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (!ret && (entry = readdir(dir)))
		if (!parse_u64(entry->d_name, &pid) && pid <= INT_MAX && (!wanted || wanted(pid)))
			ret = append_pid(pids, nr, pid);
	closedir(dir);
	return ret;
}

/* PID (NAME) STATE PARENT ... of /proc/PID/stat; any process may call itself nfsd. */
static bool is_nfsd(pid_t pid)
{
	char path[PATH_MAX], line[512];
	const char *rest;
	int parent;

	snprintf(path, sizeof(path), "%s/%d/stat", pb_paths.proc, pid);
	if (read_first_line(path, line, sizeof(line)))
		return false;
	rest = strrchr(line, ')');
	return rest && sscanf(rest, ") %*c %d", &parent) == 1 && parent == KTHREADD &&
	       strstr(line, " (nfsd)");
}

/**
 * perf_target_threads() - the threads that a target has now
 * @target: a target with pids, or with nfsd
 * @threads: where they go, to be freed by the caller, also on error
 * @nr: how many there are
 *
 * Return: 0 or a negative errno. That there are none is no error.
 */
int perf_target_threads(const struct perf_target *target, pid_t **threads, unsigned int *nr)
{
	char path[PATH_MAX];
	int ret = 0;

	*threads = NULL;
	*nr = 0;
	if (target->nfsd)
		return list_pids(pb_paths.proc, is_nfsd, threads, nr);
	for (unsigned int i = 0; !ret && i < target->nr_pids; i++) {
		snprintf(path, sizeof(path), "%s/%d/task", pb_paths.proc, target->pids[i]);
		ret = list_pids(path, NULL, threads, nr);
	}
	return ret;
}
