// SPDX-License-Identifier: GPL-2.0-only
/* Event names by libpfm4. */
#include <perfmon/pfmlib_perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "perf_pfm.h"
#include "util.h"

/* Read by libpfm4 when it starts: name events also of CPUs that this one is not. */
#define INACTIVE	"LIBPFM_ENCODE_INACTIVE"

static bool encode(const char *name, struct perf_pfm_code *code)
{
	struct perf_event_attr attr = { };
	char *full = NULL;
	pfm_perf_encode_arg_t arg = { .attr = &attr, .fstr = &full, .size = sizeof(arg) };
	bool done;

	done = pfm_initialize() == PFM_SUCCESS &&
	       pfm_get_os_event_encoding(name, PFM_PLM0 | PFM_PLM3 | PFM_PLMH, PFM_OS_PERF_EVENT,
					 &arg) == PFM_SUCCESS;
	if (done) {
		snprintf(code->pmu, sizeof(code->pmu), "%.*s", (int)strcspn(full, ":"), full);
		code->type = attr.type;
		code->config[0] = attr.config;
		code->config[1] = attr.config1;
		code->config[2] = attr.config2;
	}
	free(full);
	return done;
}

/* A name without its PMU in front is looked for in those of this CPU only: put each in front. */
static bool encode_by_any(const char *name, struct perf_pfm_code *code)
{
	char full[256];

	if (pfm_initialize() != PFM_SUCCESS)
		return false;
	for (int i = PFM_PMU_NONE; i < PFM_PMU_MAX; i++) {
		pfm_pmu_info_t pmu = { .size = sizeof(pmu) };

		if (pfm_get_pmu_info(i, &pmu) != PFM_SUCCESS || pmu.is_present)
			continue;
		snprintf(full, sizeof(full), "%s::%s", pmu.name, name);
		if (encode(full, code))
			return true;
	}
	return false;
}

/**
 * perf_pfm_encode() - find out what an event is
 * @name: the event, without modifiers
 * @other_cpus: take it also if only CPUs of another model have it
 * @code: where it goes
 *
 * Return: false if libpfm4 does not know it.
 */
bool perf_pfm_encode(const char *name, bool other_cpus, struct perf_pfm_code *code)
{
	bool done;

	if (!other_cpus)
		return encode(name, code);
	pfm_terminate();
	setenv(INACTIVE, "1", 1);
	if (strstr(name, "::"))
		done = encode(name, code);
	else
		done = encode_by_any(name, code);
	pfm_terminate();
	unsetenv(INACTIVE);
	return done;
}

/**
 * perf_pfm_cpu() - does libpfm4 know this CPU?
 * @buf: its names for what counts in it, with commas between them
 * @size: size of @buf
 *
 * Return: whether there is any.
 */
bool perf_pfm_cpu(char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	if (pfm_initialize() != PFM_SUCCESS)
		return false;
	for (int i = PFM_PMU_NONE; i < PFM_PMU_MAX && len < size; i++) {
		pfm_pmu_info_t pmu = { .size = sizeof(pmu) };

		if (pfm_get_pmu_info(i, &pmu) == PFM_SUCCESS && pmu.is_present &&
		    pmu.type == PFM_PMU_TYPE_CORE)
			len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "", pmu.name);
	}
	return len;
}
