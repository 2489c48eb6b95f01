// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events that a PMU's driver names in sysfs: msr/tsc/, power/energy-pkg/, cpu/event=0x3c,umask=1/.
 * What stands between the slashes are terms: an event of the PMU's folder events, which is terms
 * again, or a field of its folder format with a value.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pagebulk.h"
#include "perf.h"
#include "perf_name.h"
#include "util.h"

struct pmu {
	const char *name;
	size_t len;
	struct perf_event *event;
};

static int read_file(const struct pmu *pmu, const char *dir, const char *name, const char *suffix,
		     char *buf, size_t size)
{
	char path[PATH_MAX];

	if (!*name || strchr(name, '/') || *name == '.')
		return -ENOENT;
	if (snprintf(path, sizeof(path), "%s/%.*s/%s%s%s", pb_paths.event_sources, (int)pmu->len,
		     pmu->name, dir, name, suffix) >= (int)sizeof(path))
		return -ENOENT;
	return read_first_line(path, buf, size);
}

static __u64 *config_word(struct perf_event_attr *attr, const char *name, size_t len)
{
	if (len == strlen("config") && !strncmp(name, "config", len))
		return &attr->config;
	if (len == strlen("config1") && !strncmp(name, "config1", len))
		return &attr->config1;
	if (len == strlen("config2") && !strncmp(name, "config2", len))
		return &attr->config2;
	return NULL;
}

/* Put the low bits of a value where a format says, such as config:0-7,32-35. */
static int set_field(struct perf_event_attr *attr, const char *format, u64 value)
{
	const char *at = strchr(format, ':');
	unsigned long first, last;
	__u64 *word;
	char *end;

	word = at ? config_word(attr, format, at - format) : NULL;
	if (!word)
		return -EINVAL;
	do {
		at++;
		if (!isdigit((unsigned char)*at))
			return -EINVAL;
		first = strtoul(at, &end, 10);
		last = first;
		if (*end == '-') {
			if (!isdigit((unsigned char)end[1]))
				return -EINVAL;
			last = strtoul(end + 1, &end, 10);
		}
		if (last < first || last > 63)
			return -EINVAL;
		for (unsigned long bit = first; bit <= last; bit++, value >>= 1)
			*word |= (value & 1) << bit;
		at = end;
	} while (*at == ',');
	return *at || value ? -EINVAL : 0;
}

static int set_term(const struct pmu *pmu, char *term)
{
	char *value_at = strchr(term, '='), *end, format[256];
	struct perf_event_attr *attr = &pmu->event->attr;
	u64 value = 1;
	__u64 *word;
	int ret;

	if (value_at) {
		*value_at++ = '\0';
		errno = 0;
		value = strtoull(value_at, &end, 0);
		if (!isdigit((unsigned char)*value_at) || *end || errno)
			return -EINVAL;
	}
	word = value_at ? config_word(attr, term, strlen(term)) : NULL;
	if (word) {
		*word |= value;
		return 0;
	}
	ret = read_file(pmu, "format/", term, "", format, sizeof(format));
	return ret ?: set_field(attr, format, value);
}

static int set_terms(const struct pmu *pmu, char *terms, int (*set)(const struct pmu *, char *))
{
	char *term;
	int ret = 0;

	while (!ret && (term = strsep(&terms, ",")))
		ret = set(pmu, term);
	return ret;
}

/* A count of such an event may be a fraction of its unit: 2.3e-10 Joules. */
static int set_unit(const struct pmu *pmu, const char *name)
{
	char line[64], *end;

	if (!read_file(pmu, "events/", name, ".scale", line, sizeof(line))) {
		pmu->event->scale = strtod(line, &end);
		if (end == line || *end || !isfinite(pmu->event->scale))
			return -EINVAL;
	}
	if (read_file(pmu, "events/", name, ".unit", line, sizeof(line)))
		return 0;
	free(pmu->event->unit);
	pmu->event->unit = strdup(line);
	return pmu->event->unit ? 0 : -ENOMEM;
}

static int set_event_or_term(const struct pmu *pmu, char *term)
{
	char terms[512];
	int ret;

	if (strchr(term, '=') || read_file(pmu, "events/", term, "", terms, sizeof(terms)))
		return set_term(pmu, term);
	ret = set_unit(pmu, term);
	return ret ?: set_terms(pmu, terms, set_term);
}

/* A PMU of a package, or of one kind of core, counts on these CPUs only. */
static int set_cpus(const struct pmu *pmu)
{
	char line[4096];

	if (read_file(pmu, "", "cpumask", "", line, sizeof(line)) &&
	    read_file(pmu, "", "cpus", "", line, sizeof(line)))
		return 0;
	return perf_parse_cpus(line, &pmu->event->cpus, &pmu->event->nr_cpus);
}

/**
 * perf_pmu_resolve() - find out what an event of a PMU in sysfs is
 * @name: the event, PMU/TERMS/
 * @event: where it goes
 *
 * Return: 0, -ENOENT if there is no such PMU or term, or another negative errno.
 */
int perf_pmu_resolve(const char *name, struct perf_event *event)
{
	const char *slash = strchr(name, '/');
	struct pmu pmu = { .name = name, .event = event };
	char line[32], *terms;
	u64 type;
	int ret;

	if (!slash || slash == name || *name == '.' || !slash[1] || name[strlen(name) - 1] != '/')
		return -ENOENT;
	pmu.len = slash - name;
	ret = read_file(&pmu, "", "type", "", line, sizeof(line));
	if (!ret)
		ret = parse_u64(line, &type);
	if (ret)
		return ret;
	event->attr.type = type;

	terms = strndup(slash + 1, strlen(slash + 1) - 1);
	if (!terms)
		return -ENOMEM;
	ret = set_terms(&pmu, terms, set_event_or_term);
	free(terms);
	return ret ?: set_cpus(&pmu);
}
