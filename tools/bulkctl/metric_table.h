/* SPDX-License-Identifier: GPL-2.0-only */
/* The metrics that there are; for metrics*.c only. */
#ifndef BULKCTL_METRIC_TABLE_H
#define BULKCTL_METRIC_TABLE_H

#include "analysis.h"

enum metric_kind {
	METRIC_NS_PER_FILL,
	METRIC_NS_PER_PAGE,
	METRIC_P99_FILL,
	METRIC_FILLS,
	METRIC_PAGES,
	METRIC_PAGES_PER_FILL,
	METRIC_SHORT_RATE,
	METRIC_ZONE_LOCKS,
	METRIC_NFS_OPS,
	METRIC_NFS_RATE,
	METRIC_FILLS_PER_RPC,
	METRIC_PAGES_PER_RPC,
	METRIC_RPC_TIME,
	METRIC_PACKETS,
	METRIC_SYS_CPU,
	METRIC_SYS_CPU_PER_MIB,
	METRIC_PGALLOC,
	METRIC_PCP_REFILLS,
	METRIC_FRAG,
	METRIC_FREE,
	METRIC_COMMAND,
	METRIC_EVENT_PER_FILL,		/* from here on by event */
	METRIC_EVENT_PER_PAGE,
	METRIC_EVENT_PER_RPC,
	METRIC_EVENT_PER_PACKET,
	METRIC_EVENT_PER_S,
	NR_METRIC_KINDS
};

struct metric_kind_info {
	const char *name;
	const char *unit;
	enum direction direction;
	const char *description;
};

extern const struct metric_kind_info metric_kinds[NR_METRIC_KINDS];

const char *metric_never(unsigned int kind);

#endif /* BULKCTL_METRIC_TABLE_H */
