/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's page_bulk interface as bulkctl sees it: users, modes, counters. */
#ifndef BULKCTL_PAGEBULK_H
#define BULKCTL_PAGEBULK_H

#include <stdbool.h>
#include <stdio.h>

#include "util.h"

#define PB_NAME		32	/* longest user or mode name, with its NUL */
#define PB_MAX_USERS	16
#define PB_MAX_MODES	8
#define PB_VERSION	"1"	/* of the debugfs format that we read */

/* A counter that the kernel did not give. It is never shown as 0. */
#define PB_UNKNOWN	UINT64_MAX

/* Every file that we touch. A test points these at a tree of its own. */
struct pb_paths {
	const char *sysctl;	/* directory */
	const char *debugfs;	/* directory */
	const char *conf;	/* what set --persist writes */
	const char *run;	/* directory of pending restores, see temporary.c */
	const char *vmstat;
	const char *cpuinfo;
	const char *dmi_vendor;
	const char *cpus_online;
	const char *proc;	/* directory: processes, net/ */
	const char *interfaces;	/* directory */
	const char *event_sources;	/* directory: the PMUs */
	const char *tracing;	/* directory; below debugfs there is another way to it */
	const char *sys;	/* directory */
	const char *boot;	/* directory */
};

extern struct pb_paths pb_paths;

enum pb_key {
	PB_FILLS,
	PB_FULL,
	PB_ASKED,
	PB_GOT,
	PB_SHORT,
	PB_FAILED,
	PB_TIMED_FILLS,
	PB_TIMED_GOT,
	PB_NS,
	PB_FREED,
	PB_ZONE_LOCKS,		/* holds of zone->lock, not known in every mode: by fills */
	PB_FREED_ZONE_LOCKS,	/* and by giving pages back */
	PB_END_FIRST,		/* why fills ended early, to the last key */
	PB_END_ONE_PAGE = PB_END_FIRST,
	PB_END_PCP_CONTENDED,
	PB_END_PCP_EMPTY,
	PB_END_WATERMARK,
	PB_END_NO_BLOCK,
	PB_END_MEMCG_LIMIT,
	PB_END_NO_RECLAIM,
	PB_END_OOM,
	PB_END_INJECTED,
	PB_NR_KEYS
};

extern const char * const pb_key_names[PB_NR_KEYS];

/* An end reason's name without the end_ that the keys carry. */
const char *pb_end_name(enum pb_key key);

struct pb_counters {
	char mode[PB_NAME];
	u64 v[PB_NR_KEYS];
};

struct pb_stats {
	u64 generation;
	unsigned int nr_modes;
	struct pb_counters modes[PB_MAX_MODES];
};

struct pb_names {
	unsigned int nr;
	char name[PB_MAX_USERS][PB_NAME];
};

int pb_parse_names(const char *line, struct pb_names *names);
int pb_parse_stats(FILE *in, struct pb_stats *stats, unsigned int *line);
int pb_parse_zone_locks(FILE *in, struct pb_stats *stats, unsigned int *line);
bool pb_has_name(const struct pb_names *names, const char *name);
void pb_join_names(const struct pb_names *names, char *buf, size_t size);

const char *pb_tracing(void);

int pb_check_interface(void);
int pb_check_debugfs(void);
int pb_complain_debugfs(int error);

int pb_read_users(struct pb_names *users);
int pb_read_modes(struct pb_names *modes);
int pb_read_mode(const char *user, char mode[PB_NAME]);
int pb_write_mode(const char *user, const char *mode);
int pb_read_timing(void);
int pb_read_stats(const char *user, struct pb_stats *stats);
u64 pb_read_generation(const char *user);

const struct pb_counters *pb_find_mode(const struct pb_stats *stats, const char *mode);
bool pb_delta(const struct pb_stats *start, const struct pb_stats *end, struct pb_stats *delta);
u64 pb_sum(const struct pb_stats *stats, enum pb_key key);
bool pb_active(const struct pb_counters *c);
double pb_ratio(u64 num, u64 den);
double pb_rate(u64 count, double seconds);

#endif /* BULKCTL_PAGEBULK_H */
