// SPDX-License-Identifier: GPL-2.0-only
/* What kernel and machine offer, and what would disturb a measurement: run all checks. */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "confounders.h"
#include "doctor.h"

const char * const doctor_status_names[] = {
	[DOCTOR_OK] = "ok", [DOCTOR_WARN] = "warn", [DOCTOR_MISSING] = "missing",
};

/* The value of a confounder as ab would record it; NULL if the machine does not tell. */
const char *doctor_seen(const struct doctor *d, const char *confounder)
{
	for (unsigned int i = 0; i < d->seen.nr_confounders; i++)
		if (!strcmp(d->seen.confounders[i].name, confounder))
			return d->seen.confounders[i].value;
	return NULL;
}

/* Return: false if the file cannot be read. */
bool doctor_first_line(const char *dir, const char *file, char *buf, size_t size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return !read_first_line(path, buf, size);
}

static void doctor_read(struct doctor *d)
{
	struct stat st;

	*d = (struct doctor){ };
	d->interface = !stat(pb_paths.sysctl, &st) && S_ISDIR(st.st_mode);
	d->debugfs = pb_check_debugfs();
	if (!d->interface || pb_read_users(&d->users))
		d->users.nr = 0;
	machine_read(&d->seen.machine);
	d->seen.user = (char *)"";	/* all sysctls are of interest */
	/* On a kernel without the interface it ends there, with all others read. */
	confounders_add(&d->seen);
}

static void examine_group(const struct doctor *d, const struct doctor_group *group,
			  struct diagnosis *diagnosis)
{
	for (const struct doctor_check *c = group->checks; c->name; c++) {
		if (diagnosis->nr == DOCTOR_MAX_CHECKS)
			return;
		diagnosis->v[diagnosis->nr].group = group->name;
		diagnosis->v[diagnosis->nr].check = c;
		c->look(d, &diagnosis->v[diagnosis->nr].finding);
		diagnosis->nr++;
	}
}

/**
 * doctor_examine() - run all checks
 * @diagnosis: where their findings go
 *
 * Context: takes about half a second; nothing is changed.
 */
void doctor_examine(struct diagnosis *diagnosis)
{
	const struct doctor_group *groups[DOCTOR_GROUPS] = {
		&doctor_kernel, &doctor_access, &doctor_counters, &doctor_tools,
		&doctor_disturbances,
	};
	struct doctor d;

	doctor_read(&d);
	diagnosis->nr = 0;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		examine_group(&d, groups[i], diagnosis);
	d.seen.user = NULL;
	result_free(&d.seen);
}

/* Is all there that status, set, report and ab need? */
bool doctor_can_measure(const struct diagnosis *diagnosis)
{
	for (unsigned int i = 0; i < diagnosis->nr; i++)
		if (diagnosis->v[i].check->needed &&
		    diagnosis->v[i].finding.status == DOCTOR_MISSING)
			return false;
	return true;
}
