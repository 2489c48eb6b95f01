// SPDX-License-Identifier: GPL-2.0-only
/* Read what the metrics need at the edges of a slice, and make their values of two edges. */
#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "metric_table.h"
#include "metrics.h"
#include "util.h"

#define NS_PER_US	1000.0
#define MS_PER_S	1000.0
#define MIB		1048576.0

/**
 * metrics_read() - read the counters at an edge of a slice
 * @set: the metrics
 * @mode: mode of the slice
 * @edge: where they go; set->results has what perf counted since the edge before
 *
 * The order is the same at each edge, so that what a source counts is as long as the slice,
 * although the sources are read one after the other.
 *
 * Return: 0, or a negative errno after a message.
 */
int metrics_read(struct metric_set *set, const char *mode, struct edge *edge)
{
	int ret = pb_read_stats(set->user, &edge->stats);

	if (ret)
		return ret;
	edge->ns = clock_ns(CLOCK_MONOTONIC);
	if (set->perf)
		perf_next(set->perf, set->results);
	histogram_read(set->user, HISTOGRAM_FILL_NS, mode, &edge->latency);
	system_read(&edge->system);
	edge->rpc_time = (struct rpc_time){ };
	if (set->rpc_time.fd)
		rpc_time_read(&edge->rpc_time);
	return 0;
}

static u64 packets(const struct metric_set *set, const struct metric_source *m,
		   const struct system_sample *s)
{
	u64 sum = 0, one;

	if (m->interface[0])
		return system_packets(s, m->interface);
	for (unsigned int i = 0; i < set->interfaces.nr; i++) {
		one = system_packets(s, set->interfaces.name[i]);
		if (one == PB_UNKNOWN)
			return PB_UNKNOWN;
		sum += one;
	}
	return set->interfaces.nr ? sum : PB_UNKNOWN;
}

static const char no_nfsd[] = "/proc/net/rpc/nfsd is missing: no nfsd in this network namespace";
static const char no_stat[] = "/proc/stat cannot be read";

static const char *why_missing(const struct metric_set *set, const struct metric_source *m,
			       const struct edge *edge, int timing)
{
	switch (m->kind) {
	case METRIC_NS_PER_FILL:
	case METRIC_NS_PER_PAGE:
		return timing == 1 ? NULL : "timing is off: sysctl vm.page_bulk.timing=1";
	case METRIC_P99_FILL:
		if (timing != 1)
			return "timing is off: sysctl vm.page_bulk.timing=1";
		return edge->latency.known ? NULL : "the kernel's file latency cannot be read";
	case METRIC_NFS_OPS:
	case METRIC_FILLS_PER_RPC:
	case METRIC_PAGES_PER_RPC:
		return edge->system.nfsd.rpcs == PB_UNKNOWN ? no_nfsd : NULL;
	case METRIC_NFS_RATE:
		return edge->system.nfsd.bytes == PB_UNKNOWN ? no_nfsd : NULL;
	case METRIC_RPC_TIME:
		return set->rpc_time_missing;
	case METRIC_PACKETS:
		return packets(set, m, &edge->system) == PB_UNKNOWN ?
			"/proc/net/dev does not have it" : NULL;
	case METRIC_SYS_CPU_PER_MIB:
		return edge->system.nfsd.bytes == PB_UNKNOWN ? no_nfsd :
			isnan(edge->system.cpu_s) ? no_stat : NULL;
	case METRIC_SYS_CPU:
		return isnan(edge->system.cpu_s) ? no_stat : NULL;
	case METRIC_PGALLOC:
		return edge->system.pgalloc == PB_UNKNOWN ? "/proc/vmstat does not have it" : NULL;
	case METRIC_FRAG:
	case METRIC_FREE:
		return isnan(edge->system.frag) ? "/proc/buddyinfo cannot be read" : NULL;
	case METRIC_EVENT_PER_FILL:
	case METRIC_EVENT_PER_PAGE:
	case METRIC_EVENT_PER_RPC:
	case METRIC_EVENT_PER_PACKET:
	case METRIC_EVENT_PER_S:
		return set->results[m->event].reason;
	default:
		return m->missing;
	}
}

/**
 * metrics_check() - find out which metrics this machine cannot give, and why
 * @set: the metrics; their missing is set
 * @edge: the counters, after the first metrics_read()
 * @timing: as of pb_read_timing()
 */
void metrics_check(struct metric_set *set, const struct edge *edge, int timing)
{
	for (unsigned int i = 0; i < set->nr; i++)
		set->v[i].missing = why_missing(set, &set->v[i], edge, timing);
}

static double difference(u64 start, u64 end)
{
	if (start == PB_UNKNOWN || end == PB_UNKNOWN || end < start)
		return NAN;
	return (double)(end - start);
}

static double known(u64 count)
{
	return count == PB_UNKNOWN ? NAN : (double)count;
}

/* A number per none at all is no number. */
static double per(double value, double count)
{
	return count > 0 ? value / count : NAN;
}

static double event_metric(const struct metric_set *set, const struct metric_source *m,
			   const struct pb_counters *c, const struct edge *start,
			   const struct edge *end, double seconds)
{
	const struct system_sample *a = &start->system, *b = &end->system;
	const struct perf_result *r;
	double value;

	if (m->kind < METRIC_EVENT_PER_FILL)
		return NAN;	/* one that is always missing */
	r = &set->results[m->event];
	value = r->reason ? NAN : r->value;
	switch (m->kind) {
	case METRIC_EVENT_PER_FILL:
		return per(value, known(c->v[PB_FILLS]));
	case METRIC_EVENT_PER_PAGE:
		return per(value, known(c->v[PB_GOT]));
	case METRIC_EVENT_PER_RPC:
		return per(value, difference(a->nfsd.rpcs, b->nfsd.rpcs));
	case METRIC_EVENT_PER_PACKET:
		return per(value, difference(packets(set, m, a), packets(set, m, b)));
	default:
		return value / seconds;
	}
}

static double p99(const struct edge *start, const struct edge *end)
{
	struct histogram delta;

	if (!histogram_delta(&start->latency, &end->latency, &delta))
		return NAN;
	return histogram_quantile(&delta, 0.99) / NS_PER_US;
}

static double value_of(const struct metric_set *set, const struct metric_source *m,
		       const struct pb_counters *c, const struct edge *start,
		       const struct edge *end, double command)
{
	double seconds = (double)(end->ns - start->ns) / NSEC_PER_SEC;
	const struct system_sample *a = &start->system, *b = &end->system;

	switch (m->kind) {
	case METRIC_NS_PER_FILL:
		return pb_ratio(c->v[PB_NS], c->v[PB_TIMED_FILLS]);
	case METRIC_NS_PER_PAGE:
		return pb_ratio(c->v[PB_NS], c->v[PB_TIMED_GOT]);
	case METRIC_P99_FILL:
		return p99(start, end);
	case METRIC_FILLS:
		return pb_rate(c->v[PB_FILLS], seconds);
	case METRIC_PAGES:
		return pb_rate(c->v[PB_GOT], seconds);
	case METRIC_PAGES_PER_FILL:
		return pb_ratio(c->v[PB_GOT], c->v[PB_FILLS]);
	case METRIC_ZONE_LOCKS:
		return pb_ratio(c->v[PB_ZONE_LOCKS], c->v[PB_FILLS]);
	case METRIC_SHORT_RATE:
		return pb_ratio(c->v[PB_SHORT], c->v[PB_FILLS]);
	case METRIC_NFS_OPS:
		return difference(a->nfsd.rpcs, b->nfsd.rpcs) / seconds;
	case METRIC_NFS_RATE:
		return difference(a->nfsd.bytes, b->nfsd.bytes) / MIB / seconds;
	case METRIC_FILLS_PER_RPC:
		return per(known(c->v[PB_FILLS]), difference(a->nfsd.rpcs, b->nfsd.rpcs));
	case METRIC_PAGES_PER_RPC:
		return per(known(c->v[PB_GOT]), difference(a->nfsd.rpcs, b->nfsd.rpcs));
	case METRIC_RPC_TIME:
		return per(difference(start->rpc_time.us, end->rpc_time.us),
			   difference(start->rpc_time.calls, end->rpc_time.calls));
	case METRIC_PACKETS:
		return difference(packets(set, m, a), packets(set, m, b)) / seconds;
	case METRIC_SYS_CPU:
		return (b->cpu_s - a->cpu_s) / seconds;
	case METRIC_SYS_CPU_PER_MIB:
		return per((b->cpu_s - a->cpu_s) * MS_PER_S,
			   difference(a->nfsd.bytes, b->nfsd.bytes) / MIB);
	case METRIC_PGALLOC:
		return difference(a->pgalloc, b->pgalloc) / seconds;
	case METRIC_FRAG:
		return b->frag;
	case METRIC_FREE:
		return b->free_pages * (double)sysconf(_SC_PAGESIZE) / MIB;
	case METRIC_COMMAND:
		return command;
	default:
		return event_metric(set, m, c, start, end, seconds);
	}
}

/**
 * metrics_values() - the values of all metrics over a slice
 * @set: the metrics
 * @mode: mode of the slice
 * @start: its first edge
 * @end: its last edge, just read: set->results belongs to it
 * @command: the number of COMMAND, NAN: none
 * @values: where they go, one per metric; NAN: none
 *
 * Return: false if the counters were reset in between: there are no values then.
 */
bool metrics_values(const struct metric_set *set, const char *mode, const struct edge *start,
		    const struct edge *end, double command, double *values)
{
	struct pb_counters none = { };
	const struct pb_counters *c;
	struct pb_stats delta;

	if (!pb_delta(&start->stats, &end->stats, &delta))
		return false;
	c = pb_find_mode(&delta, mode);
	if (!c) {
		for (unsigned int key = 0; key < PB_NR_KEYS; key++)
			none.v[key] = PB_UNKNOWN;
		c = &none;
	}
	for (unsigned int i = 0; i < set->nr; i++)
		values[i] = set->v[i].missing ? NAN :
			value_of(set, &set->v[i], c, start, end, command);
	return true;
}
