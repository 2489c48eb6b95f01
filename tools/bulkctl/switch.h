/* SPDX-License-Identifier: GPL-2.0-only */
/* Switch users all or nothing; make it last over a reboot; or go back by itself. */
#ifndef BULKCTL_SWITCH_H
#define BULKCTL_SWITCH_H

#include <stdbool.h>
#include <stdio.h>

#include "pagebulk.h"
#include "util.h"

#define NEEDS_ADMIN	"needs CAP_SYS_ADMIN in the initial user namespace"

/* One USER=MODE, and what switch_prepare() found out about that user. */
struct assignment {
	char user[PB_NAME];
	char mode[PB_NAME];
	char before[PB_NAME];
	char return_to[PB_NAME];	/* where a temporary switch goes back to */
	bool pending;			/* the mode before is itself a temporary one */
};

int switch_prepare(struct assignment *a, unsigned int nr);
int switch_apply(const struct assignment *a, unsigned int nr);
void switch_undo(const struct assignment *a, unsigned int nr);
int switch_for_good(const struct assignment *a, unsigned int nr, bool persist);

/* sysctld.c */
int sysctld_rewrite(FILE *in, FILE *out, const struct assignment *a, unsigned int nr);
int sysctld_persist(const struct assignment *a, unsigned int nr);

/* A temporary switch that has not gone back yet: one file per user in pb_paths.run. */
struct pending {
	u64 started;	/* CLOCK_BOOTTIME in ns; tells one temporary switch from the next */
	u64 until;		/* CLOCK_BOOTTIME in ns */
	u64 pid;		/* of the process that waits */
	u64 generation;	/* right after the switch; PB_UNKNOWN without debugfs */
	char mode[PB_NAME];
	char return_to[PB_NAME];
};

/* pending.c */
int pending_lock(void);
int pending_parse(FILE *in, struct pending *p);
int pending_read(const char *user, struct pending *p);
int pending_write(const char *user, const struct pending *p);
void pending_remove(const char *user);
bool pending_holds(const char *user, const struct pending *p);

/* temporary.c */
int temporary_start(const struct assignment *a, unsigned int nr, u64 ns);

#endif /* BULKCTL_SWITCH_H */
