/* SPDX-License-Identifier: GPL-2.0-only */
/* What the whole machine did, from /proc: CPU time, network packets, RPC calls, free memory. */
#ifndef BULKCTL_SYSTEM_H
#define BULKCTL_SYSTEM_H

#include <stdbool.h>
#include <stdio.h>

#include "util.h"

#define SYSTEM_MAX_INTERFACES	128
#define SYSTEM_NAME		16	/* IFNAMSIZ, with the NUL */

/* Below this order a block is of little use to a batch: see frag_index. */
#define SYSTEM_FRAG_ORDER	4

struct interface_packets {
	char name[SYSTEM_NAME];
	u64 packets;		/* received and sent */
};

/* What nfsd has done since it started, in this network namespace. */
struct nfsd_counts {
	u64 rpcs;		/* calls that it was asked */
	u64 bytes;		/* of files, read and written */
};

/* The counters at one moment; PB_UNKNOWN, or NAN, for what the kernel does not give. */
struct system_sample {
	double cpu_s;		/* of all CPUs in the kernel, interrupts included */
	u64 pgalloc;
	struct nfsd_counts nfsd;
	double frag;		/* share of the free pages in blocks below SYSTEM_FRAG_ORDER */
	double free_pages;
	unsigned int nr_interfaces;
	struct interface_packets interfaces[SYSTEM_MAX_INTERFACES];
};

double system_parse_cpu(FILE *in, long ticks_per_s);
void system_parse_buddyinfo(FILE *in, double *frag, double *free_pages);
void system_parse_nfsd(FILE *in, struct nfsd_counts *counts);
bool system_parse_interface(const char *line, char name[SYSTEM_NAME], u64 *packets);
void system_parse_interfaces(FILE *in, struct system_sample *s);
u64 system_packets(const struct system_sample *s, const char *interface);
void system_read(struct system_sample *s);

#endif /* BULKCTL_SYSTEM_H */
