/* SPDX-License-Identifier: GPL-2.0-only */
/* What kernel and machine offer, and what would disturb a measurement: a check for each. */
#ifndef BULKCTL_DOCTOR_H
#define BULKCTL_DOCTOR_H

#include <stdbool.h>
#include <stdio.h>

#include "pagebulk.h"
#include "result.h"
#include "util.h"

#define DOCTOR_SCHEMA		"page-bulk-doctor/1"
#define DOCTOR_GROUPS		5
#define DOCTOR_MAX_CHECKS	48

#define AS_ROOT			"run it as root"
#define OTHER_KERNEL		"boot a kernel with CONFIG_PAGE_BULK"

enum doctor_status {
	DOCTOR_OK,
	DOCTOR_WARN,		/* would disturb a measurement, or cannot be told */
	DOCTOR_MISSING,
};

/* What several checks look at, read once. */
struct doctor {
	bool interface;		/* the kernel has vm.page_bulk */
	int debugfs;		/* of pb_check_debugfs() */
	struct pb_names users;	/* none without the interface */
	struct ab_result seen;	/* the confounders that ab would record */
};

struct finding {
	enum doctor_status status;
	char text[768];
	char remedy[256];	/* what to do; "": nothing */
};

/* To be called by each check; @what_to_do must not be of that finding itself. */
#define found(f, how, what_to_do, fmt, ...) do {					\
	struct finding *_f = (f);							\
											\
	_f->status = (how);								\
	snprintf(_f->remedy, sizeof(_f->remedy), "%s", (what_to_do));			\
	snprintf(_f->text, sizeof(_f->text), fmt, ##__VA_ARGS__);			\
} while (0)

struct doctor_check {
	const char *name;
	void (*look)(const struct doctor *d, struct finding *f);
	bool needed;		/* status, set, report or ab cannot do without */
};

struct doctor_group {
	const char *name;
	const struct doctor_check *checks;	/* to the one without a name */
};

extern const struct doctor_group doctor_kernel;
extern const struct doctor_group doctor_access;
extern const struct doctor_group doctor_counters;
extern const struct doctor_group doctor_tools;
extern const struct doctor_group doctor_disturbances;

struct diagnosis {
	unsigned int nr;
	struct {
		const char *group;
		const struct doctor_check *check;
		struct finding finding;
	} v[DOCTOR_MAX_CHECKS];
};

extern const char * const doctor_status_names[];	/* by enum doctor_status */

void doctor_examine(struct diagnosis *diagnosis);
bool doctor_can_measure(const struct diagnosis *diagnosis);
const char *doctor_seen(const struct doctor *d, const char *confounder);
bool doctor_may_have(const char *type);
bool doctor_first_line(const char *dir, const char *file, char *buf, size_t size);

/* doctor_load.c: checks that doctor_disturbances has beside its own */
void doctor_load(const struct doctor *d, struct finding *f);
void doctor_busy(const struct doctor *d, struct finding *f);
void doctor_memory(const struct doctor *d, struct finding *f);
void doctor_fragmentation(const struct doctor *d, struct finding *f);
void doctor_swap(const struct doctor *d, struct finding *f);
void doctor_nfsd(const struct doctor *d, struct finding *f);
void doctor_page_pool(const struct doctor *d, struct finding *f);

#endif /* BULKCTL_DOCTOR_H */
