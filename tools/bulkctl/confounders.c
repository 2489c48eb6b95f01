// SPDX-License-Identifier: GPL-2.0-only
/* What may explain a difference between two results, besides the modes: read it all. */
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bulkctl.h"
#include "confounders.h"
#include "pagebulk.h"
#include "system.h"

#define BUSIEST	5

/* Those that are the first line of one file. */
static const struct {
	const char *name;
	const char *file;
	bool sys;		/* below pb_paths.sys, else .proc */
	bool varies;
} files[] = {
	{ "kernel", "sys/kernel/osrelease", false, false },
	{ "kernel_version", "sys/kernel/version", false, false },
	{ "cmdline", "cmdline", false, false },
	{ "clocksource", "devices/system/clocksource/clocksource0/current_clocksource", true,
	  false },
	{ "smt", "devices/system/cpu/smt/control", true, false },
	{ "cpus_online", "devices/system/cpu/online", true, false },
	{ "no_turbo", "devices/system/cpu/intel_pstate/no_turbo", true, false },
	{ "boost", "devices/system/cpu/cpufreq/boost", true, false },
	{ "percpu_pagelist_high_fraction", "sys/vm/percpu_pagelist_high_fraction", false, false },
	{ "transparent_hugepage", "kernel/mm/transparent_hugepage/enabled", true, false },
};

static char *text_or_null(char *text)
{
	return *text ? text : NULL;
}

static int add_file(struct ab_result *r, const char *name, const char *dir, const char *file,
		    bool varies)
{
	char path[PATH_MAX], value[CONFOUNDER_TEXT];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (read_first_line(path, value, sizeof(value)))
		return result_add_confounder(r, name, NULL, varies);
	return result_add_confounder(r, name, value, varies);
}

static int add_files(struct ab_result *r)
{
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(files) && !ret; i++)
		ret = add_file(r, files[i].name, files[i].sys ? pb_paths.sys : pb_paths.proc,
			       files[i].file, files[i].varies);
	return ret;
}

/* The first lines of all files of a pattern; with their names, or each different line once. */
static int add_pattern(struct ab_result *r, const char *name, const char *pattern, bool names)
{
	char path[PATH_MAX], value[256], text[CONFOUNDER_TEXT] = "", seen[CONFOUNDER_TEXT] = " ";
	glob_t found;

	snprintf(path, sizeof(path), "%s/%s", pb_paths.sys, pattern);
	if (glob(path, 0, NULL, &found))
		return result_add_confounder(r, name, NULL, false);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char word[sizeof(value) + 2];

		if (read_first_line(found.gl_pathv[i], value, sizeof(value)))
			continue;
		snprintf(word, sizeof(word), " %s ", value);
		if (names) {
			append(text, sizeof(text), "; ", strrchr(found.gl_pathv[i], '/') + 1);
			append(text, sizeof(text), ": ", value);
		} else if (!strstr(seen, word)) {
			append(text, sizeof(text), " ", value);
			append(seen, sizeof(seen), "", word);
		}
	}
	globfree(&found);
	return result_add_confounder(r, name, text_or_null(text), false);
}

/* The line of a file that begins with @key, without it. */
static int add_keyed(struct ab_result *r, const char *name, const char *file, const char *key,
		     bool varies)
{
	char path[PATH_MAX], *line = NULL, *value = NULL;
	size_t size = 0;
	FILE *in;
	int ret;

	snprintf(path, sizeof(path), "%s/%s", pb_paths.proc, file);
	in = fopen(path, "re");
	while (in && !value && getline(&line, &size, in) > 0)
		if (!strncmp(line, key, strlen(key)))
			value = line + strlen(key);
	if (value) {
		value += strspn(value, ": \t");
		value[strcspn(value, "\n")] = '\0';
	}
	ret = result_add_confounder(r, name, value, varies);
	free(line);
	if (in)
		fclose(in);
	return ret;
}

/* Every file of the directory, but for the user's own: that is what the experiment changes. */
static int add_sysctls(struct ab_result *r)
{
	DIR *dir = opendir(pb_paths.sysctl);
	struct dirent *entry;
	char name[300];
	int ret = 0;

	if (!dir)
		return -errno;
	while (!ret && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "vm.page_bulk.%s", entry->d_name);
		ret = add_file(r, name, pb_paths.sysctl, entry->d_name,
			       !strcmp(entry->d_name, r->user));
	}
	closedir(dir);
	return ret;
}

static int add_pcp(struct ab_result *r)
{
	char path[PATH_MAX], limits[CONFOUNDER_TEXT] = "", high[CONFOUNDER_TEXT] = "";
	FILE *in;
	int ret;

	snprintf(path, sizeof(path), "%s/zoneinfo", pb_paths.proc);
	in = fopen(path, "re");
	if (in) {
		pcp_parse(in, limits, high, sizeof(limits));
		fclose(in);
	}
	ret = result_add_confounder(r, "pcp", text_or_null(limits), false);
	return ret ?: result_add_confounder(r, "pcp_high", text_or_null(high), true);
}

static int add_fragmentation(struct ab_result *r)
{
	struct system_sample s;
	char text[32];

	system_read(&s);
	snprintf(text, sizeof(text), "%.3f", s.frag);
	return result_add_confounder(r, "fragmentation", isnan(s.frag) ? NULL : text, true);
}

/**
 * confounders_add() - add what can be read at one moment
 * @r: the result; its machine and user are known
 *
 * Call it while the modes and timing are as the experiment has them.
 *
 * Return: 0 or a negative errno.
 */
int confounders_add(struct ab_result *r)
{
	char text[CONFOUNDER_TEXT];
	int ret;

	ret = add_files(r);
	if (ret)
		return ret;
	ret = result_add_confounder(r, "bulkctl", BULKCTL_VERSION, false);
	build_id_read(text, sizeof(text));
	ret = ret ?: result_add_confounder(r, "build_id", text_or_null(text), false);
	ret = ret ?: add_pattern(r, "mitigations", "devices/system/cpu/vulnerabilities/*", true);
	ret = ret ?: add_pattern(r, "governor",
				 "devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor", false);
	ret = ret ?: add_keyed(r, "cpu", "cpuinfo", "model name", false);
	ret = ret ?: result_add_confounder(r, "hypervisor", text_or_null(r->machine.emulated),
					   false);
	debug_options_read(text, sizeof(text));
	ret = ret ?: result_add_confounder(r, "debug_options", text, false);
	kmem_events_read(text, sizeof(text));
	ret = ret ?: result_add_confounder(r, "kmem_events", text_or_null(text), false);
	ret = ret ?: add_pcp(r);
	ret = ret ?: add_keyed(r, "memory_total", "meminfo", "MemTotal", false);
	ret = ret ?: add_keyed(r, "memory_free", "meminfo", "MemFree", true);
	ret = ret ?: add_fragmentation(r);
	return ret ?: add_sysctls(r);
}

static double own_cpu(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Call it when the experiment begins. */
void confounders_begin(struct confounders_start *start)
{
	start->ns = clock_ns(CLOCK_MONOTONIC);
	start->cpu_s = own_cpu();
	busy_read(&start->busy);
}

static int add_busy(struct ab_result *r, const struct busy *before, pid_t command)
{
	const pid_t ours[] = { getpid(), command };
	struct busy after, diff = { };
	char text[CONFOUNDER_TEXT];
	int ret;

	if (!before->nr)
		return result_add_confounder(r, "busiest_processes", NULL, true);
	ret = busy_read(&after);
	if (!ret)
		ret = busy_diff(before, &after, ours, ARRAY_SIZE(ours), &diff);
	if (!ret) {
		busy_format(&diff, BUSIEST, sysconf(_SC_CLK_TCK), text, sizeof(text));
		ret = result_add_confounder(r, "busiest_processes", text, true);
	}
	busy_free(&diff);
	busy_free(&after);
	return ret;
}

/**
 * confounders_end() - add what is a difference between beginning and end
 * @r: the result
 * @start: as of confounders_begin(); it is given back
 * @command: process of COMMAND, 0: none
 *
 * Return: 0 or a negative errno.
 */
int confounders_end(struct ab_result *r, struct confounders_start *start, pid_t command)
{
	double seconds = (double)(clock_ns(CLOCK_MONOTONIC) - start->ns) / NSEC_PER_SEC;
	double cpu = own_cpu() - start->cpu_s;
	char text[80];
	int ret;

	snprintf(text, sizeof(text), "%.3f s of %.3f s (%.2f %% of a CPU)", cpu, seconds,
		 100 * cpu / seconds);
	ret = result_add_confounder(r, "bulkctl_cpu", text, true);
	ret = ret ?: add_file(r, "loadavg", pb_paths.proc, "loadavg", true);
	ret = ret ?: add_busy(r, &start->busy, command);
	busy_free(&start->busy);
	return ret;
}
