// SPDX-License-Identifier: GPL-2.0-only
/* doctor: what can be counted and traced. */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "confounders.h"
#include "doctor.h"
#include "perf.h"
#include "perf_pfm.h"

#define OTHER_MACHINE	"measure on hardware, or have the hypervisor pass a PMU on"
#define SEE_TRACEFS	"see tracefs, above"

/* Each CPU's own PMU has the type that raw events go to; hybrid ones have others beside it. */
static void look_pmu(const struct doctor *d, struct finding *f)
{
	DIR *dir = opendir(pb_paths.event_sources);
	char path[PATH_MAX], type[16], text[256] = "";
	struct dirent *entry;
	u64 number;

	(void)d;
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/type", entry->d_name);
		if (entry->d_name[0] != '.' &&
		    doctor_first_line(pb_paths.event_sources, path, type, sizeof(type)) &&
		    !parse_u64(type, &number) && number == PERF_TYPE_RAW)
			append(text, sizeof(text), ", ", entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (*text)
		found(f, DOCTOR_OK, "", "%s", text);
	else
		found(f, DOCTOR_MISSING, OTHER_MACHINE,
		      "the CPU's performance counters are not there");
}

/* Open the events on all CPUs for a moment. */
static void look_events(struct finding *f, const char *list)
{
	char counted[256] = "", lacks[384] = "";
	struct perf_request request = { };
	struct perf_result *results = NULL;
	struct perf *perf = NULL;

	if (!perf_events_add("doctor", list, &request.events))
		results = calloc(request.events.nr, sizeof(*results));
	if (!results || perf_open(&request, &perf)) {
		found(f, DOCTOR_MISSING, "try bulkctl report -e", "%s cannot be tried", list);
		goto out;
	}
	perf_next(perf, results);
	for (unsigned int i = 0; i < request.events.nr; i++) {
		append(results[i].reason ? lacks : counted, sizeof(counted), ", ",
		       request.events.event[i].name);
		if (results[i].reason && (i + 1 == request.events.nr || !results[i + 1].reason ||
					  strcmp(results[i].reason, results[i + 1].reason)))
			append(lacks, sizeof(lacks), ": ", results[i].reason);
	}
	if (!*lacks)
		found(f, DOCTOR_OK, "", "%s", counted);
	else
		found(f, DOCTOR_MISSING,
		      strstr(lacks, "no permission") ? "see perf, above" : OTHER_MACHINE,
		      "%s%snot %s", counted, *counted ? "; " : "", lacks);
out:
	perf_close(perf);
	free(results);
	perf_request_free(&request);
}

static void look_hardware(const struct doctor *d, struct finding *f)
{
	(void)d;
	look_events(f, "cycles,instructions,cache-misses,branch-misses");
}

static void look_software(const struct doctor *d, struct finding *f)
{
	(void)d;
	look_events(f, "task-clock,context-switches,page-faults");
}

static const char * const tracepoints[] = {
	"page_bulk:page_bulk_fill", "page_bulk:page_bulk_switch", "kmem:mm_page_alloc",
	"sunrpc:svc_stats_latency",
};

static bool has_tracepoint(const char *name, const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/events/%.*s/%s/%s", pb_tracing(),
		 (int)strcspn(name, ":"), name, strchr(name, ':') + 1, file);
	return !access(path, F_OK);
}

static void look_tracepoints(const struct doctor *d, struct finding *f)
{
	char there[256] = "", lacks[256] = "";

	for (size_t i = 0; i < ARRAY_SIZE(tracepoints); i++)
		append(has_tracepoint(tracepoints[i], "") ? there : lacks, sizeof(there), ", ",
		       tracepoints[i]);
	if (!*lacks)
		found(f, DOCTOR_OK, "", "%s", there);
	else if (*there)
		found(f, DOCTOR_MISSING, d->interface ? "modprobe sunrpc" : OTHER_KERNEL,
		      "%s; not %s", there, lacks);
	else
		found(f, DOCTOR_MISSING, SEE_TRACEFS, "none can be seen");
}

static void look_histograms(const struct doctor *d, struct finding *f)
{
	(void)d;
	if (has_tracepoint("sunrpc:svc_stats_latency", "hist"))
		found(f, DOCTOR_OK, "", "of tracepoints, for the metric rpc_us");
	else if (!has_tracepoint("sunrpc:svc_stats_latency", ""))
		found(f, DOCTOR_MISSING, "see tracepoints, above",
		      "sunrpc:svc_stats_latency is not there, for the metric rpc_us");
	else
		found(f, DOCTOR_MISSING, "boot a kernel with CONFIG_HIST_TRIGGERS",
		      "none of tracepoints: no metric rpc_us");
}

static void look_pfm(const struct doctor *d, struct finding *f)
{
	char names[256];

	(void)d;
	if (perf_pfm_cpu(names, sizeof(names)))
		found(f, DOCTOR_OK, "", "knows the events of this CPU: %s", names);
	else
		found(f, DOCTOR_MISSING, "name its events by number: report -e rNNN",
		      "libpfm4 does not know this CPU");
}

static const struct doctor_check checks[] = {
	{ "PMU", look_pmu, false },
	{ "hardware", look_hardware, false },
	{ "software", look_software, false },
	{ "tracepoints", look_tracepoints, false },
	{ "histograms", look_histograms, false },
	{ "libpfm4", look_pfm, false },
	{ }
};

const struct doctor_group doctor_counters = { "counters", checks };
