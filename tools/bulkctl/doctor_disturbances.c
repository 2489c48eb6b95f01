// SPDX-License-Identifier: GPL-2.0-only
/* doctor: what would disturb a measurement, of the CPUs, the kernel, and page_bulk itself. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "doctor.h"
#include "experiment.h"
#include "switch.h"

static void look_emulation(const struct doctor *d, struct finding *f)
{
	const char *name = d->seen.machine.emulated;

	if (!*name)
		found(f, DOCTOR_OK, "", "none is seen");
	else if (strstr(name, "TCG"))
		found(f, DOCTOR_WARN, "measure times on hardware",
		      "%s: its times say nothing about hardware", name);
	else
		found(f, DOCTOR_WARN, "give the virtual CPUs physical ones of their own",
		      "%s: other guests and the host may take the CPU", name);
}

/* The values of one confounder that disturb, with blanks between them. */
static bool is_word(const char *word, const char *words)
{
	size_t len = strlen(word);

	for (const char *s = words; (s = strstr(s, word)); s += len)
		if ((s == words || s[-1] == ' ') && (!s[len] || s[len] == ' '))
			return true;
	return false;
}

static void look_governor(const struct doctor *d, struct finding *f)
{
	const char *governor = doctor_seen(d, "governor");

	if (!governor)
		found(f, DOCTOR_OK, "", "the kernel does not set the CPUs' frequency");
	else if (strcmp(governor, "performance"))
		found(f, DOCTOR_WARN, "cpupower frequency-set -g performance",
		      "%s: the frequency follows the load", governor);
	else
		found(f, DOCTOR_OK, "", "performance");
}

static void look_turbo(const struct doctor *d, struct finding *f)
{
	const char *no_turbo = doctor_seen(d, "no_turbo"), *boost = doctor_seen(d, "boost");

	if (no_turbo && !strcmp(no_turbo, "0"))
		found(f, DOCTOR_WARN, "echo 1 >/sys/devices/system/cpu/intel_pstate/no_turbo",
		      "on: the frequency follows temperature and load");
	else if (boost && !strcmp(boost, "1"))
		found(f, DOCTOR_WARN, "echo 0 >/sys/devices/system/cpu/cpufreq/boost",
		      "on: the frequency follows temperature and load");
	else
		found(f, DOCTOR_OK, "", no_turbo || boost ? "off" : "none is seen");
}

static void look_smt(const struct doctor *d, struct finding *f)
{
	const char *smt = doctor_seen(d, "smt");

	if (smt && !strcmp(smt, "on"))
		found(f, DOCTOR_WARN, "echo off >/sys/devices/system/cpu/smt/control",
		      "on: two threads share a core");
	else
		found(f, DOCTOR_OK, "", "%s", smt ?: "none is seen");
}

static void look_clocksource(const struct doctor *d, struct finding *f)
{
	const char *clock = doctor_seen(d, "clocksource");

	if (!clock)
		found(f, DOCTOR_WARN, "mount -t sysfs none /sys", "the kernel does not tell it");
	else if (is_word(clock, "acpi_pm hpet jiffies pit refined-jiffies"))
		found(f, DOCTOR_WARN, "see in the kernel's log why it is not the CPU's own clock",
		      "%s: slow or coarse, and each timed fill reads it twice", clock);
	else
		found(f, DOCTOR_OK, "", "%s", clock);
}

static void look_watchdog(const struct doctor *d, struct finding *f)
{
	char line[16];

	(void)d;
	if (doctor_first_line(pb_paths.proc, "sys/kernel/nmi_watchdog", line, sizeof(line)) &&
	    !strcmp(line, "1"))
		found(f, DOCTOR_WARN, "sysctl kernel.nmi_watchdog=0",
		      "on: holds a hardware counter of each CPU");
	else
		found(f, DOCTOR_OK, "", "off");
}

static void look_debug(const struct doctor *d, struct finding *f)
{
	const char *options = doctor_seen(d, "debug_options");

	if (!options || !strcmp(options, "none"))
		found(f, DOCTOR_OK, "", "none");
	else
		found(f, DOCTOR_WARN, "measure on a kernel without them", "%s", options);
}

static void look_kmem(const struct doctor *d, struct finding *f)
{
	const char *events = doctor_seen(d, "kmem_events");

	if (!events && !doctor_may_have("tracefs")) {
		found(f, DOCTOR_OK, "", "this kernel has no tracefs");
	} else if (!events) {
		found(f, DOCTOR_WARN, "see tracefs, above", "cannot be seen: any may be enabled");
	} else if (strcmp(events, "none")) {
		found(f, DOCTOR_WARN, "", "%s: they slow single, list and array, and stock not",
		      events);
		snprintf(f->remedy, sizeof(f->remedy), "echo 0 >%.160s/events/kmem/enable",
			 pb_tracing());
	} else {
		found(f, DOCTOR_OK, "", "none is enabled");
	}
}

static void look_timing(const struct doctor *d, struct finding *f)
{
	if (!d->interface || pb_read_timing() < 0)
		found(f, DOCTOR_OK, "", "none without page_bulk");
	else if (pb_read_timing())
		found(f, DOCTOR_WARN, "sysctl vm.page_bulk.timing=0; ab turns it on itself",
		      "on: each fill reads the clock twice");
	else
		found(f, DOCTOR_OK, "", "off");
}

static void look_experiment(const struct doctor *d, struct finding *f)
{
	char holder[256];

	if (!d->interface)
		found(f, DOCTOR_OK, "", "none without page_bulk");
	else if (d->debugfs == -EACCES)
		found(f, DOCTOR_WARN, AS_ROOT, "no permission to see whether one runs");
	else if (d->debugfs)
		found(f, DOCTOR_WARN, "see debugfs and format, above",
		      "cannot be seen: one may run");
	else if (experiment_held(holder, sizeof(holder)))
		found(f, DOCTOR_WARN, "wait for its end", "%s runs one: only one can at a time",
		      holder);
	else
		found(f, DOCTOR_OK, "", "none runs");
}

static void look_pending(const struct doctor *d, struct finding *f)
{
	struct pending p;
	char left[32];
	u64 now;

	for (unsigned int i = 0; i < d->users.nr; i++) {
		const char *user = d->users.name[i];

		if (pending_read(user, &p) || !pending_holds(user, &p))
			continue;
		now = clock_ns(CLOCK_BOOTTIME);
		format_duration(p.until > now ? p.until - now : 0, left, sizeof(left));
		found(f, DOCTOR_WARN, "", "%s goes back to %s in %s (set --for)", user,
		      p.return_to, left);
		snprintf(f->remedy, sizeof(f->remedy),
			 "wait, or have it stay: bulkctl set %s=%s", user, p.mode);
		return;
	}
	found(f, DOCTOR_OK, "", "no mode is temporary");
}

static const struct doctor_check checks[] = {
	{ "emulation", look_emulation, false },
	{ "governor", look_governor, false },
	{ "turbo", look_turbo, false },
	{ "SMT", look_smt, false },
	{ "clocksource", look_clocksource, false },
	{ "NMI watchdog", look_watchdog, false },
	{ "debug options", look_debug, false },
	{ "kmem events", look_kmem, false },
	{ "timing", look_timing, false },
	{ "experiment", look_experiment, false },
	{ "set --for", look_pending, false },
	{ "load", doctor_load, false },
	{ "busy", doctor_busy, false },
	{ "memory", doctor_memory, false },
	{ "fragmentation", doctor_fragmentation, false },
	{ "swap", doctor_swap, false },
	{ "nfsd", doctor_nfsd, false },
	{ "page_pool", doctor_page_pool, false },
	{ }
};

const struct doctor_group doctor_disturbances = { "disturbances", checks };
