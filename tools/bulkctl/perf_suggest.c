// SPDX-License-Identifier: GPL-2.0-only
/* Names near one that is unknown. */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <perfmon/pfmlib.h>
#include <stdlib.h>
#include <string.h>

#include "pagebulk.h"
#include "perf_name.h"
#include "util.h"

#define NR_BEST		3
#define MAX_NAME	128
#define MIN_BEGIN	4

struct search {
	const char *name;
	unsigned int limit;	/* the distance that still counts as near */
	unsigned int nr;
	struct {
		unsigned int distance;
		char name[MAX_NAME];
	} best[NR_BEST];	/* nearest first */
};

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

/* Letters to insert, drop or replace to get from a to b, whatever their case. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[MAX_NAME + 1];
	size_t len = strlen(b);

	for (size_t i = 0; i <= len; i++)
		row[i] = i;
	for (size_t k = 0; a[k]; k++) {
		unsigned int diagonal = row[0];

		row[0] = k + 1;
		for (size_t i = 0; i < len; i++) {
			bool differ = tolower((unsigned char)a[k]) != tolower((unsigned char)b[i]);
			unsigned int above = row[i + 1];

			row[i + 1] = min3(above + 1, row[i] + 1, diagonal + differ);
			diagonal = above;
		}
	}
	return row[len];
}

static void consider(struct search *s, const char *name)
{
	unsigned int d, at;

	if (strlen(name) >= MAX_NAME)
		return;
	d = distance(s->name, name);
	/* The beginning of a name is as near as can just be. */
	if (d > s->limit && strlen(s->name) >= MIN_BEGIN &&
	    !strncasecmp(name, s->name, strlen(s->name)))
		d = s->limit;
	if (d > s->limit)
		return;
	for (at = 0; at < s->nr; at++) {
		if (!strcasecmp(s->best[at].name, name))
			return;
		if (d < s->best[at].distance)
			break;
	}
	if (at == NR_BEST)
		return;
	if (s->nr < NR_BEST)
		s->nr++;
	memmove(&s->best[at + 1], &s->best[at], (s->nr - at - 1) * sizeof(s->best[0]));
	s->best[at].distance = d;
	snprintf(s->best[at].name, MAX_NAME, "%s", name);
}

/* perf's spelling is in lower case, and without PERF_COUNT_ in front. */
static void consider_event(struct search *s, const char *name)
{
	char lower[MAX_NAME];
	size_t i;

	for (i = 0; name[i] && i < sizeof(lower) - 1; i++)
		lower[i] = tolower((unsigned char)name[i]);
	lower[i] = '\0';
	if (strncmp(lower, "perf_count_", strlen("perf_count_")))
		consider(s, lower);
}

static void search_libpfm(struct search *s)
{
	if (pfm_initialize() != PFM_SUCCESS)
		return;
	for (int p = PFM_PMU_NONE; p < PFM_PMU_MAX; p++) {
		pfm_pmu_info_t pmu = { .size = sizeof(pmu) };

		if (pfm_get_pmu_info(p, &pmu) != PFM_SUCCESS || !pmu.is_present)
			continue;
		for (int i = pmu.first_event; i != -1; i = pfm_get_event_next(i)) {
			pfm_event_info_t info = { .size = sizeof(info) };

			if (pfm_get_event_info(i, PFM_OS_PERF_EVENT, &info) == PFM_SUCCESS)
				consider_event(s, info.name);
		}
	}
}

static void search_group(struct search *s, const char *group)
{
	char path[PATH_MAX], name[2 * NAME_MAX + 2];
	struct dirent *entry;
	DIR *dir;

	if (snprintf(path, sizeof(path), "%s/%s", perf_tracepoints(), group) >= (int)sizeof(path))
		return;
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (*entry->d_name == '.' || !strcmp(entry->d_name, "enable") ||
		    !strcmp(entry->d_name, "filter"))
			continue;
		snprintf(name, sizeof(name), "%s:%s", group, entry->d_name);
		consider(s, name);
	}
	closedir(dir);
}

static void search_folders(struct search *s, const char *path,
			   void (*search)(struct search *s, const char *name))
{
	struct dirent *entry;
	DIR *dir;

	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (*entry->d_name != '.')
			search(s, entry->d_name);
	closedir(dir);
}

static void search_pmu(struct search *s, const char *pmu)
{
	char path[PATH_MAX], name[2 * NAME_MAX + 3];
	struct dirent *entry;
	DIR *dir;

	if (snprintf(path, sizeof(path), "%s/%s/events", pb_paths.event_sources, pmu) >=
	    (int)sizeof(path))
		return;
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (strchr(entry->d_name, '.'))	/* .scale and .unit, too */
			continue;
		snprintf(name, sizeof(name), "%s/%s/", pmu, entry->d_name);
		consider(s, name);
	}
	closedir(dir);
}

/**
 * perf_suggest() - find the events whose names are nearest to one that is unknown
 * @name: the unknown one
 * @buf: where up to three names go, with commas between them; "" if none is near
 * @size: size of @buf
 */
void perf_suggest(const char *name, char *buf, size_t size)
{
	struct search s = { .name = name };
	size_t len = 0;

	buf[0] = '\0';
	s.limit = strlen(name) / 4 + 1;
	if (strchr(name, ':'))
		search_folders(&s, perf_tracepoints(), search_group);
	if (strchr(name, '/'))
		search_folders(&s, pb_paths.event_sources, search_pmu);
	search_libpfm(&s);
	for (unsigned int i = 0; i < s.nr && len < size; i++)
		len += snprintf(buf + len, size - len, "%s%s", i ? ", " : "", s.best[i].name);
}
