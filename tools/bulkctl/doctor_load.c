// SPDX-License-Identifier: GPL-2.0-only
/* doctor: what the machine does meanwhile. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "busy.h"
#include "confounders.h"
#include "doctor.h"
#include "report_per.h"
#include "system.h"

#define SAMPLE_MS	500	/* of the processes' CPU time */
#define BUSY_SHARE	10	/* per cent of a CPU */
#define BUSIEST		3
#define LOW_MEMORY	10	/* per cent */
#define FRAGMENTED	0.5
#define MOUNT_PROC	"mount -t proc none /proc"

void doctor_load(const struct doctor *d, struct finding *f)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	char line[64];
	double load;

	(void)d;
	if (!doctor_first_line(pb_paths.proc, "loadavg", line, sizeof(line)) ||
	    sscanf(line, "%lf", &load) != 1 || !isfinite(load) || load < 0)
		found(f, DOCTOR_WARN, MOUNT_PROC, "%s/loadavg cannot be read", pb_paths.proc);
	else if (load > (double)cpus)
		found(f, DOCTOR_WARN, "unless that is what you measure, wait or end it",
		      "%.2f: more to run than the %ld CPUs", load, cpus);
	else
		found(f, DOCTOR_OK, "", "%.2f on %ld CPUs", load, cpus);
}

static int measure_busy(struct busy *diff)
{
	const struct timespec sample = { .tv_nsec = SAMPLE_MS * (long)NSEC_PER_MSEC };
	const pid_t ours[] = { getpid() };
	struct busy before, after = { };
	int ret = busy_read(&before);

	if (!ret && !before.nr)
		ret = -ENOENT;
	if (!ret) {
		nanosleep(&sample, NULL);
		ret = busy_read(&after);
	}
	if (!ret)
		ret = busy_diff(&before, &after, ours, ARRAY_SIZE(ours), diff);
	busy_free(&before);
	busy_free(&after);
	return ret;
}

void doctor_busy(const struct doctor *d, struct finding *f)
{
	long ticks_per_s = sysconf(_SC_CLK_TCK);
	struct busy diff = { };
	char text[256];
	u64 ticks = 0;

	(void)d;
	if (measure_busy(&diff)) {
		found(f, DOCTOR_WARN, MOUNT_PROC, "%s: the processes cannot be read",
		      pb_paths.proc);
		return;
	}
	for (size_t i = 0; i < diff.nr; i++)
		ticks += diff.v[i].ticks;
	busy_format(&diff, BUSIEST, ticks_per_s, text, sizeof(text));
	busy_free(&diff);
	if (ticks * 1000 * 100 > (u64)BUSY_SHARE * SAMPLE_MS * ticks_per_s)
		found(f, DOCTOR_WARN, "unless that is what you measure, wait or end it",
		      "in %d ms: %s", SAMPLE_MS, text);
	else
		found(f, DOCTOR_OK, "", "in %d ms: %s", SAMPLE_MS, text);
}

/* A value of /proc/meminfo in kB; PB_UNKNOWN if it does not have it. */
static u64 memory_kb(const char *key)
{
	char path[PATH_MAX], *line = NULL;
	u64 value = PB_UNKNOWN;
	size_t size = 0;
	FILE *in;

	snprintf(path, sizeof(path), "%s/meminfo", pb_paths.proc);
	in = fopen(path, "re");
	while (in && value == PB_UNKNOWN && getline(&line, &size, in) > 0)
		if (!strncmp(line, key, strlen(key)))
			scan_u64(line + strlen(key), ":", &value);
	free(line);
	if (in)
		fclose(in);
	return value;
}

void doctor_memory(const struct doctor *d, struct finding *f)
{
	u64 total = memory_kb("MemTotal"), available = memory_kb("MemAvailable");

	(void)d;
	if (total == PB_UNKNOWN || available == PB_UNKNOWN || !total)
		found(f, DOCTOR_WARN, MOUNT_PROC, "%s/meminfo cannot be read", pb_paths.proc);
	else if (available * 100 < total * LOW_MEMORY)
		found(f, DOCTOR_WARN, "end what takes it",
		      "%llu of %llu MB are available: fills reclaim, or end early",
		      available / 1024, total / 1024);
	else
		found(f, DOCTOR_OK, "", "%llu of %llu MB are available", available / 1024,
		      total / 1024);
}

void doctor_fragmentation(const struct doctor *d, struct finding *f)
{
	struct system_sample s;

	(void)d;
	system_read(&s);
	if (isnan(s.frag))
		found(f, DOCTOR_WARN, MOUNT_PROC, "%s/buddyinfo cannot be read", pb_paths.proc);
	else if (s.frag > FRAGMENTED)
		found(f, DOCTOR_WARN, "sysctl vm.compact_memory=1",
		      "%.0f %% of the free pages lie in blocks of less than %d pages",
		      100 * s.frag, 1 << SYSTEM_FRAG_ORDER);
	else
		found(f, DOCTOR_OK, "", "%.0f %% of the free pages lie in blocks of less than %d",
		      100 * s.frag, 1 << SYSTEM_FRAG_ORDER);
}

void doctor_swap(const struct doctor *d, struct finding *f)
{
	u64 total = memory_kb("SwapTotal"), free = memory_kb("SwapFree");

	(void)d;
	if (total == PB_UNKNOWN || free == PB_UNKNOWN || !total)
		found(f, DOCTOR_OK, "", "none");
	else if (free < total)
		found(f, DOCTOR_WARN, "swapoff -a, if memory suffices",
		      "%llu of %llu MB are used: memory was, or is, short",
		      (total - free) / 1024, total / 1024);
	else
		found(f, DOCTOR_OK, "", "%llu MB, not used", total / 1024);
}

/* What a user has filled since boot; PB_UNKNOWN if it cannot be told. */
static u64 fills(const struct doctor *d, const char *user)
{
	struct pb_stats stats;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s/stats", pb_paths.debugfs, user);
	if (d->debugfs || !pb_has_name(&d->users, user) || access(path, R_OK) ||
	    pb_read_stats(user, &stats))
		return PB_UNKNOWN;
	return pb_sum(&stats, PB_FILLS);
}

static void format_fills(u64 count, char *buf, size_t size)
{
	if (count == PB_UNKNOWN)
		snprintf(buf, size, "fills unknown");
	else
		snprintf(buf, size, "%llu fills so far", count);
}

/* The line "th" of /proc/net/rpc/nfsd has the number of threads. */
static u64 nfsd_threads(void)
{
	char path[PATH_MAX], *line = NULL;
	u64 threads = 0;
	size_t size = 0;
	FILE *in;

	snprintf(path, sizeof(path), "%s/net/rpc/nfsd", pb_paths.proc);
	in = fopen(path, "re");
	while (in && getline(&line, &size, in) > 0)
		if (scan_u64(line, "th ", &threads))
			break;
	free(line);
	if (in)
		fclose(in);
	return threads;
}

void doctor_nfsd(const struct doctor *d, struct finding *f)
{
	u64 threads = nfsd_threads();
	char text[64];

	format_fills(fills(d, "sunrpc"), text, sizeof(text));
	if (threads)
		found(f, DOCTOR_OK, "", "%llu threads; sunrpc: %s", threads, text);
	else
		found(f, DOCTOR_MISSING, "systemctl start nfs-server, to measure sunrpc",
		      "does not run; sunrpc: %s", text);
}

/* The kernel does not list all pools: who uses them is seen in what they fill. */
static void list_interfaces(char *buf, size_t size)
{
	struct interfaces interfaces;
	char path[PATH_MAX], driver[128];
	ssize_t len;

	buf[0] = '\0';
	if (interfaces_find(&interfaces))
		interfaces_free(&interfaces);
	for (unsigned int i = 0; i < interfaces.nr; i++) {
		snprintf(path, sizeof(path), "%s/%s/device/driver", pb_paths.interfaces,
			 interfaces.name[i]);
		append(buf, size, ", ", interfaces.name[i]);
		len = readlink(path, driver, sizeof(driver) - 1);
		if (len > 0) {
			driver[len] = '\0';
			append(buf, size, " by ", strrchr(driver, '/') ? strrchr(driver, '/') + 1 :
			       driver);
		}
	}
	interfaces_free(&interfaces);
	if (!*buf)
		append(buf, size, "", "none");
}

void doctor_page_pool(const struct doctor *d, struct finding *f)
{
	u64 count = fills(d, "page_pool");
	char interfaces[384], text[64];

	list_interfaces(interfaces, sizeof(interfaces));
	format_fills(count, text, sizeof(text));
	if (count && count != PB_UNKNOWN)
		found(f, DOCTOR_OK, "", "%s; interfaces: %s", text, interfaces);
	else
		found(f, DOCTOR_MISSING, "to measure page_pool, receive by a driver that uses it",
		      "%s; interfaces: %s", text, interfaces);
}
