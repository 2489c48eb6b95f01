// SPDX-License-Identifier: GPL-2.0-only
/* What an experiment measures: which metrics there are, and which are wanted. */
#include <string.h>

#include "metric_table.h"
#include "metrics.h"
#include "util.h"

/* Order is that of enum metric_kind. */
const struct metric_kind_info metric_kinds[NR_METRIC_KINDS] = {
	{ "ns_per_fill", "ns", LOWER_IS_BETTER, "time of a fill, mean" },
	{ "ns_per_page", "ns", LOWER_IS_BETTER, "time of the timed fills per page that they got" },
	{ "p99_fill_us", "us", LOWER_IS_BETTER,
	  "99th percentile of the time of a fill, interpolated in buckets of powers of two" },
	{ "fills_per_s", "1/s", NEITHER_IS_BETTER, "fills" },
	{ "pages_per_s", "1/s", NEITHER_IS_BETTER, "pages that the fills got" },
	{ "pages_per_fill", NULL, NEITHER_IS_BETTER, "pages that a fill got" },
	{ "short_rate", NULL, LOWER_IS_BETTER,
	  "share of the fills that got fewer pages than asked" },
	{ "zone_locks_per_fill", NULL, LOWER_IS_BETTER,
	  "holds of zone->lock by a fill; list and array only" },
	{ "nfs_ops_per_s", "1/s", HIGHER_IS_BETTER,
	  "calls that nfsd was asked, a COMPOUND being one (/proc/net/rpc/nfsd)" },
	{ "nfs_mib_per_s", "MiB/s", HIGHER_IS_BETTER,
	  "file contents that nfsd read and wrote (/proc/net/rpc/nfsd)" },
	{ "fills_per_rpc", NULL, LOWER_IS_BETTER, "fills per call that nfsd was asked" },
	{ "pages_per_rpc", NULL, LOWER_IS_BETTER, "pages that they got per call" },
	{ "rpc_us", "us", LOWER_IS_BETTER,
	  "time of an RPC in the server, mean (sunrpc:svc_stats_latency)" },
	{ "packets_per_s", "1/s", HIGHER_IS_BETTER,
	  "packets received and sent; packets_per_s:IFACE for one interface" },
	{ "sys_cpu_s_per_s", NULL, LOWER_IS_BETTER,
	  "CPU seconds in the kernel, interrupts included, a second (/proc/stat)" },
	{ "sys_cpu_ms_per_mib", "ms/MiB", LOWER_IS_BETTER,
	  "CPU milliseconds in the kernel, per MiB that nfsd read and wrote" },
	{ "pgalloc_per_s", "1/s", NEITHER_IS_BETTER,
	  "pages allocated by the machine (/proc/vmstat)" },
	{ "pcp_refills", "1/s", LOWER_IS_BETTER, "refills of the per-CPU lists" },
	{ "frag_index", NULL, LOWER_IS_BETTER,
	  "share of the free pages in blocks below order 4 when a slice ends (/proc/buddyinfo)" },
	{ "free_mib", "MiB", NEITHER_IS_BETTER,
	  "free memory when a slice ends, without per-CPU lists (/proc/buddyinfo)" },
	{ "command", NULL, HIGHER_IS_BETTER, "the number that COMMAND gives" },
	{ "EVENT_per_fill", NULL, LOWER_IS_BETTER, "a perf event of -e, per fill" },
	{ "EVENT_per_page", NULL, LOWER_IS_BETTER, "the same, per page that the fills got" },
	{ "EVENT_per_rpc", NULL, LOWER_IS_BETTER, "the same, per call that nfsd was asked" },
	{ "EVENT_per_packet", NULL, LOWER_IS_BETTER, "the same, per packet" },
	{ "EVENT_per_s", "1/s", NEITHER_IS_BETTER, "the same, per second" },
};

/* A metric that no file gives is known, and missing: a reader shall not look for it. */
const char *metric_never(unsigned int kind)
{
	switch (kind) {
	case METRIC_PCP_REFILLS:
		return "no counter has it; the event kmem:mm_page_alloc_zone_locked disturbs";
	default:
		return NULL;
	}
}

/* The event that "EVENT_per_fill" and the like are of: its index, or -1. */
static int find_event(const struct metric_set *set, const char *name, unsigned int *kind)
{
	for (*kind = METRIC_EVENT_PER_FILL; *kind <= METRIC_EVENT_PER_S; (*kind)++) {
		const char *suffix = metric_kinds[*kind].name + strlen("EVENT");
		size_t len = strlen(name), tail = strlen(suffix);

		if (len <= tail || strcmp(name + len - tail, suffix))
			continue;
		for (unsigned int i = 0; set->events && i < set->events->nr; i++) {
			const char *event = set->events->event[i].name;

			if (strlen(event) == len - tail && !strncmp(event, name, len - tail))
				return i;
		}
	}
	return -1;
}

/* The kernel allows an interface no other name (dev_valid_name()). */
static bool may_be_interface(const char *name)
{
	return *name && strlen(name) < SYSTEM_NAME && strcmp(name, ".") && strcmp(name, "..") &&
	       !strpbrk(name, "/: \t\n\v\f\r");
}

/* What a name means, without its direction: @m->kind, ->event and ->interface. */
static int find_kind(const struct metric_set *set, const char *name, struct metric_source *m)
{
	const char *packets = metric_kinds[METRIC_PACKETS].name, *interface;
	int event;

	for (unsigned int i = 0; i < METRIC_EVENT_PER_FILL; i++) {
		if (strcmp(name, metric_kinds[i].name))
			continue;
		m->kind = i;
		return 0;
	}
	interface = strchr(name, ':');
	if (interface && (size_t)(interface - name) == strlen(packets) &&
	    !strncmp(name, packets, strlen(packets)) && may_be_interface(++interface)) {
		m->kind = METRIC_PACKETS;
		memcpy(m->interface, interface, strlen(interface) + 1);
		return 0;
	}
	event = find_event(set, name, &m->kind);
	m->event = event;
	return event < 0 ? EXIT_USAGE : 0;
}

/* NAME:lower and NAME:higher say which direction is better; the suffix is cut off. */
static bool cut_direction(char *name, enum direction *direction)
{
	static const struct {
		const char *suffix;
		enum direction direction;
	} known[] = {
		{ ":lower", LOWER_IS_BETTER },
		{ ":higher", HIGHER_IS_BETTER },
		{ ":neither", NEITHER_IS_BETTER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		size_t len = strlen(name), tail = strlen(known[i].suffix);

		if (len <= tail || strcmp(name + len - tail, known[i].suffix))
			continue;
		name[len - tail] = '\0';
		*direction = known[i].direction;
		return true;
	}
	return false;
}

/**
 * metrics_add() - want a metric
 * @set: where it is added; nothing happens if it is there
 * @name: its name; with :lower, :higher or :neither behind it, what is better
 *
 * Return: EXIT_DONE, or EXIT_USAGE after a message.
 */
int metrics_add(struct metric_set *set, const char *name)
{
	struct metric_source m = { };
	bool directed;

	if (strlen(name) >= sizeof(m.name)) {
		complain("ab: metric '%s': the name is too long", name);
		return EXIT_USAGE;
	}
	memcpy(m.name, name, strlen(name) + 1);
	directed = cut_direction(m.name, &m.direction);
	/* An interface of such a name: without a direction it would be one itself */
	if ((directed && cut_direction(m.name, &m.direction)) || find_kind(set, m.name, &m)) {
		complain("ab: unknown metric '%s' (see bulkctl ab --metric help)", name);
		return EXIT_USAGE;
	}
	if (m.kind == METRIC_COMMAND && !set->command) {
		complain("ab: metric 'command' needs a COMMAND, after --");
		return EXIT_USAGE;
	}
	if (metrics_find(set, m.name) >= 0)
		return EXIT_DONE;
	if (set->nr == METRICS_MAX) {
		complain("ab: more than %d metrics", METRICS_MAX);
		return EXIT_USAGE;
	}
	if (!set->interfaces.nr && interfaces_find(&set->interfaces))
		interfaces_free(&set->interfaces);
	m.unit = metric_kinds[m.kind].unit;
	if (!directed)
		m.direction = metric_kinds[m.kind].direction;
	m.missing = metric_never(m.kind);
	set->v[set->nr++] = m;
	return EXIT_DONE;
}

/**
 * metrics_add_defaults() - want what is of interest for a user
 * @set: where they are added
 *
 * Few: each is one more comparison, and the correction for many makes every one of them blunter.
 *
 * Return: EXIT_DONE, or EXIT_USAGE after a message.
 */
int metrics_add_defaults(struct metric_set *set)
{
	static const unsigned int always[] = {
		METRIC_NS_PER_FILL, METRIC_NS_PER_PAGE, METRIC_P99_FILL, METRIC_SHORT_RATE,
		METRIC_FILLS, METRIC_SYS_CPU,
	};
	int ret = EXIT_DONE;

	for (size_t i = 0; i < ARRAY_SIZE(always) && !ret; i++)
		ret = metrics_add(set, metric_kinds[always[i]].name);
	if (!ret && !strcmp(set->user, "sunrpc"))
		ret = metrics_add(set, metric_kinds[METRIC_NFS_OPS].name);
	if (!ret && !strcmp(set->user, "page_pool"))
		ret = metrics_add(set, metric_kinds[METRIC_PACKETS].name);
	if (!ret && set->command)
		ret = metrics_add(set, metric_kinds[METRIC_COMMAND].name);
	for (unsigned int i = 0; set->events && i < set->events->nr && !ret; i++) {
		char name[METRIC_NAME + 16];

		snprintf(name, sizeof(name), "%s_per_page", set->events->event[i].name);
		ret = metrics_add(set, name);
	}
	return ret;
}

/* Index of a metric that is wanted, or -1. */
int metrics_find(const struct metric_set *set, const char *name)
{
	for (unsigned int i = 0; i < set->nr; i++)
		if (!strcmp(set->v[i].name, name))
			return i;
	return -1;
}

void metrics_help(FILE *out)
{
	static const char * const better[] = {
		[LOWER_IS_BETTER] = "lower is better",
		[HIGHER_IS_BETTER] = "higher is better",
		[NEITHER_IS_BETTER] = "neither is better",
	};

	for (unsigned int i = 0; i < NR_METRIC_KINDS; i++) {
		const char *never = metric_never(i);

		fprintf(out, "%-16s %s; %s\n", metric_kinds[i].name, metric_kinds[i].description,
			better[metric_kinds[i].direction]);
		if (never)
			fprintf(out, "%-16s always missing: %s\n", "", never);
	}
}

void metrics_free(struct metric_set *set)
{
	interfaces_free(&set->interfaces);
}
