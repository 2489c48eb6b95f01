/* SPDX-License-Identifier: GPL-2.0-only */
/* What events are divided by: fills, pages, RPCs, packets. */
#ifndef BULKCTL_REPORT_PER_H
#define BULKCTL_REPORT_PER_H

#include <stdio.h>

#include "perf.h"
#include "sample.h"

enum per {
	PER_FILL,
	PER_PAGE,
	PER_RPC,
	PER_PACKET,
	NR_PER
};

extern const char * const per_names[NR_PER];

struct interfaces {
	unsigned int nr;
	char **name;
};

/* What the machine served, at one moment. PB_UNKNOWN where it does not say. */
struct traffic {
	u64 rpcs;	/* calls that nfsd got, in this network namespace */
	u64 packets;	/* received and sent by the interfaces */
};

/* How many of each an interval had; PB_UNKNOWN where that is not known. */
struct per_counts {
	u64 v[NR_PER];
};

int interfaces_find(struct interfaces *interfaces);
void interfaces_free(struct interfaces *interfaces);

u64 traffic_parse_packets(FILE *in, const struct interfaces *interfaces);
void traffic_read(const struct interfaces *interfaces, struct traffic *traffic);

bool per_has_counts(const struct perf_target *target);
void per_count(const struct perf_target *target, const struct interval *iv,
	       const struct traffic *start, const struct traffic *end, struct per_counts *per);
double per_value(const struct perf_result *event, const struct per_counts *per, enum per what);

#endif /* BULKCTL_REPORT_PER_H */
