// SPDX-License-Identifier: GPL-2.0-only
/* What the whole machine did, from /proc. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pagebulk.h"
#include "report_per.h"
#include "system.h"
#include "vmstat.h"

/**
 * system_parse_cpu() - time that the CPUs were in the kernel, from /proc/stat
 * @in: the file
 * @ticks_per_s: sysconf(_SC_CLK_TCK)
 *
 * Return: seconds of all CPUs for the kernel, interrupts and softirqs; NAN if there are none.
 */
double system_parse_cpu(FILE *in, long ticks_per_s)
{
	u64 ticks[7];	/* user, nice, system, idle, iowait, irq, softirq */
	char *line = NULL;
	const char *s;
	size_t size = 0;

	/* The first line is the sum of all CPUs. */
	s = getline(&line, &size, in) > 0 ? scan_u64(line, "cpu ", &ticks[0]) : NULL;
	for (size_t i = 1; i < ARRAY_SIZE(ticks); i++)
		s = scan_u64(s, "", &ticks[i]);
	free(line);
	return s ? (double)(ticks[2] + ticks[5] + ticks[6]) / (double)ticks_per_s : NAN;
}

/* "Node 0, zone Normal 1 2 3 ...": blocks that are free, by order. */
static void add_zone(char *line, double *all, double *small)
{
	char *counts = strstr(line, "zone"), *save = NULL;
	int order = 0;
	u64 blocks;

	if (!counts || !strtok_r(counts, "\n ", &save) || !strtok_r(NULL, "\n ", &save))
		return;
	for (char *w = strtok_r(NULL, "\n ", &save); w; w = strtok_r(NULL, "\n ", &save)) {
		if (parse_u64(w, &blocks))
			return;
		*all += ldexp((double)blocks, order);
		if (order < SYSTEM_FRAG_ORDER)
			*small += ldexp((double)blocks, order);
		order++;
	}
}

/**
 * system_parse_buddyinfo() - free memory and how fragmented it is, from /proc/buddyinfo
 * @in: the file
 * @frag: where the share of the free pages goes that lie in blocks below SYSTEM_FRAG_ORDER, over
 *	all zones
 * @free_pages: where the free pages go, of all zones
 *
 * Both are NAN if there are none. What the per-CPU lists hold is not free here.
 */
void system_parse_buddyinfo(FILE *in, double *frag, double *free_pages)
{
	double all = 0, small = 0;
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, in) > 0)
		add_zone(line, &all, &small);
	free(line);
	*frag = all > 0 ? small / all : NAN;
	*free_pages = all > 0 ? all : NAN;
}

/**
 * system_parse_nfsd() - what nfsd has done, from /proc/net/rpc/nfsd
 * @in: the file
 * @counts: where it goes; PB_UNKNOWN for what is not there
 */
void system_parse_nfsd(FILE *in, struct nfsd_counts *counts)
{
	u64 read, written;
	char *line = NULL;
	size_t size = 0;

	*counts = (struct nfsd_counts){ PB_UNKNOWN, PB_UNKNOWN };
	while (counts->rpcs == PB_UNKNOWN && getline(&line, &size, in) > 0) {
		if (scan_u64(scan_u64(line, "io ", &read), "", &written))
			counts->bytes = read + written;
		scan_u64(line, "rpc ", &counts->rpcs);
	}
	free(line);
}

/**
 * system_parse_interface() - packets of an interface, from a line of /proc/net/dev
 * @line: the line
 * @name: where the interface's name goes
 * @packets: where the packets go, received and sent
 *
 * Return: false for a line of something else.
 */
bool system_parse_interface(const char *line, char name[SYSTEM_NAME], u64 *packets)
{
	u64 counts[10];	/* 8 of what was received, bytes and packets first; the same of sent */
	const char *colon;

	line += strspn(line, " ");
	colon = strchr(line, ':');
	if (!colon || colon == line || colon - line >= SYSTEM_NAME)
		return false;
	memcpy(name, line, colon - line);
	name[colon - line] = '\0';
	line = colon + 1;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		line = scan_u64(line, "", &counts[i]);
	return line && !__builtin_add_overflow(counts[1], counts[9], packets);
}

/**
 * system_parse_interfaces() - packets by interface, from /proc/net/dev
 * @in: the file
 * @s: where they go; interfaces beyond SYSTEM_MAX_INTERFACES are left out
 */
void system_parse_interfaces(FILE *in, struct system_sample *s)
{
	char *line = NULL;
	size_t size = 0;

	s->nr_interfaces = 0;
	while (getline(&line, &size, in) > 0 && s->nr_interfaces < SYSTEM_MAX_INTERFACES) {
		struct interface_packets *i = &s->interfaces[s->nr_interfaces];

		if (system_parse_interface(line, i->name, &i->packets))
			s->nr_interfaces++;
	}
	free(line);
}

/* Received and sent; PB_UNKNOWN if there is no such interface. */
u64 system_packets(const struct system_sample *s, const char *interface)
{
	for (unsigned int i = 0; i < s->nr_interfaces; i++)
		if (!strcmp(s->interfaces[i].name, interface))
			return s->interfaces[i].packets;
	return PB_UNKNOWN;
}

static FILE *open_proc(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", pb_paths.proc, name);
	return fopen(path, "re");
}

/**
 * system_read() - read the counters of the machine
 * @s: where they go
 */
void system_read(struct system_sample *s)
{
	struct vmstat vm;
	FILE *in;

	vmstat_read(&vm);
	*s = (struct system_sample){
		.cpu_s = NAN, .frag = NAN, .free_pages = NAN, .pgalloc = vm.pgalloc,
		.nfsd = { PB_UNKNOWN, PB_UNKNOWN },
	};
	in = open_proc("stat");
	if (in) {
		s->cpu_s = system_parse_cpu(in, sysconf(_SC_CLK_TCK));
		fclose(in);
	}
	in = open_proc("net/rpc/nfsd");
	if (in) {
		system_parse_nfsd(in, &s->nfsd);
		fclose(in);
	}
	in = open_proc("buddyinfo");
	if (in) {
		system_parse_buddyinfo(in, &s->frag, &s->free_pages);
		fclose(in);
	}
	in = open_proc("net/dev");
	if (in) {
		system_parse_interfaces(in, s);
		fclose(in);
	}
}
