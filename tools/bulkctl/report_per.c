// SPDX-License-Identifier: GPL-2.0-only
/* What events are divided by: fills, pages, RPCs, packets. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pagebulk.h"
#include "report_per.h"
#include "system.h"
#include "util.h"

#define NFSD_USER	"sunrpc"	/* whose fills nfsd's threads do */

const char * const per_names[NR_PER] = {
	[PER_FILL] = "fill",
	[PER_PAGE] = "page",
	[PER_RPC] = "rpc",
	[PER_PACKET] = "packet",
};

static int append(struct interfaces *interfaces, const char *name)
{
	char **more = realloc(interfaces->name, (interfaces->nr + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	interfaces->name = more;
	more[interfaces->nr] = strdup(name);
	if (!more[interfaces->nr])
		return -ENOMEM;
	interfaces->nr++;
	return 0;
}

static int find(struct interfaces *interfaces, bool hardware)
{
	struct dirent *entry;
	char path[PATH_MAX];
	int ret = 0;
	DIR *dir;

	dir = opendir(pb_paths.interfaces);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (!ret && (entry = readdir(dir))) {
		if (*entry->d_name == '.' || !strcmp(entry->d_name, "lo"))
			continue;
		snprintf(path, sizeof(path), "%s/%s/device", pb_paths.interfaces, entry->d_name);
		if (!hardware || !access(path, F_OK))
			ret = append(interfaces, entry->d_name);
	}
	closedir(dir);
	return ret;
}

/**
 * interfaces_find() - choose the interfaces whose packets are counted
 * @interfaces: where they go
 *
 * Those with a device, so that what a bridge or VLAN passes on is not counted twice; without any,
 * all but the loopback.
 *
 * Return: 0 or a negative errno. That there are none is no error.
 */
int interfaces_find(struct interfaces *interfaces)
{
	int ret;

	*interfaces = (struct interfaces){ };
	ret = find(interfaces, true);
	if (!ret && !interfaces->nr)
		ret = find(interfaces, false);
	return ret;
}

void interfaces_free(struct interfaces *interfaces)
{
	for (unsigned int i = 0; i < interfaces->nr; i++)
		free(interfaces->name[i]);
	free(interfaces->name);
	*interfaces = (struct interfaces){ };
}

static bool is_one_of(const struct interfaces *interfaces, const char *name)
{
	for (unsigned int i = 0; i < interfaces->nr; i++)
		if (!strcmp(interfaces->name[i], name))
			return true;
	return false;
}

/**
 * traffic_parse_packets() - the packets of some interfaces in /proc/net/dev
 * @in: the file
 * @interfaces: the interfaces
 *
 * Return: packets received and sent; PB_UNKNOWN if there are no interfaces, or one is not there.
 */
u64 traffic_parse_packets(FILE *in, const struct interfaces *interfaces)
{
	char name[SYSTEM_NAME], *line = NULL;
	unsigned int found = 0;
	u64 packets, sum = 0;
	size_t size = 0;

	while (getline(&line, &size, in) > 0) {
		if (!system_parse_interface(line, name, &packets) || !is_one_of(interfaces, name))
			continue;
		sum += packets;
		found++;
	}
	free(line);
	return found && found == interfaces->nr ? sum : PB_UNKNOWN;
}

static FILE *open_proc(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", pb_paths.proc, name);
	return fopen(path, "re");
}

/**
 * traffic_read() - read what the machine has served so far
 * @interfaces: the interfaces whose packets count
 * @traffic: where it goes
 */
void traffic_read(const struct interfaces *interfaces, struct traffic *traffic)
{
	FILE *in = open_proc("net/rpc/nfsd");
	struct nfsd_counts nfsd;

	*traffic = (struct traffic){ PB_UNKNOWN, PB_UNKNOWN };
	if (in) {
		system_parse_nfsd(in, &nfsd);
		traffic->rpcs = nfsd.rpcs;
		fclose(in);
	}
	in = open_proc("net/dev");
	if (in) {
		traffic->packets = traffic_parse_packets(in, interfaces);
		fclose(in);
	}
}

/* A step back is no number: nfsd was started anew, or an interface was replaced. */
static u64 difference(u64 start, u64 end)
{
	if (start == PB_UNKNOWN || end == PB_UNKNOWN || end < start)
		return PB_UNKNOWN;
	return end - start;
}

static u64 sum_users(const struct interval *iv, const char *only, enum pb_key key)
{
	u64 sum = 0;

	for (unsigned int i = 0; i < iv->nr_users; i++) {
		const struct user_interval *u = &iv->users[i];
		u64 n;

		if (only && strcmp(u->user, only))
			continue;
		n = u->reset ? PB_UNKNOWN : pb_sum(&u->delta, key);
		if (n == PB_UNKNOWN)
			return PB_UNKNOWN;
		sum += n;
	}
	return sum;
}

/**
 * per_has_counts() - do the counts of fills, RPCs and packets belong to what is watched?
 * @target: what is watched
 *
 * They are of the whole machine, so not to some CPUs or processes; nfsd's fills and RPCs are known.
 *
 * Return: true if they do.
 */
bool per_has_counts(const struct perf_target *target)
{
	return !target->nr_cpus && !target->nr_pids;
}

/**
 * per_count() - how many fills, pages, RPCs and packets there were
 * @target: what is watched: of nfsd only its own fills
 * @iv: the interval
 * @start: what had been served at its start
 * @end: at its end
 * @per: where it goes
 */
void per_count(const struct perf_target *target, const struct interval *iv,
	       const struct traffic *start, const struct traffic *end, struct per_counts *per)
{
	const char *only = target->nfsd ? NFSD_USER : NULL;

	for (unsigned int i = 0; i < NR_PER; i++)
		per->v[i] = PB_UNKNOWN;
	if (!per_has_counts(target))
		return;
	per->v[PER_FILL] = sum_users(iv, only, PB_FILLS);
	per->v[PER_PAGE] = sum_users(iv, only, PB_GOT);
	per->v[PER_RPC] = difference(start->rpcs, end->rpcs);
	per->v[PER_PACKET] = difference(start->packets, end->packets);
}

/**
 * per_value() - an event per fill, page, RPC or packet
 * @event: the event
 * @per: how many of those there were
 * @what: which of them
 *
 * Return: the ratio, in the event's unit; NAN if there is no such number.
 */
double per_value(const struct perf_result *event, const struct per_counts *per, enum per what)
{
	if (event->reason || per->v[what] == PB_UNKNOWN || !per->v[what])
		return NAN;
	return event->value / (double)per->v[what];
}
