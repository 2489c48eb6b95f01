// SPDX-License-Identifier: GPL-2.0-only
/* doctor: what this process may do, and where the kernel's files are. */
#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"

/* The inode of the initial user namespace: PROC_USER_INIT_INO of the kernel. */
#define INITIAL_USER_NS	"user:[4026531837]"

/* A directory's state: 0 if there is something in it, or a negative errno. */
static int look_into(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int ret = -ENOENT;

	if (!dir)
		return -errno;
	while (ret && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			ret = 0;
	closedir(dir);
	return ret;
}

/* May the kernel have this type of file system? /proc/filesystems ends a line with each. */
bool doctor_may_have(const char *type)
{
	char path[PATH_MAX], *line = NULL;
	bool found = false;
	size_t size = 0;
	FILE *in;

	snprintf(path, sizeof(path), "%s/filesystems", pb_paths.proc);
	in = fopen(path, "re");
	if (!in)
		return true;
	while (!found && getline(&line, &size, in) > 0) {
		const char *tab = strrchr(line, '\t');

		line[strcspn(line, "\n")] = '\0';
		found = tab && !strcmp(tab + 1, type);
	}
	free(line);
	fclose(in);
	return found;
}

/* Where nothing is mounted there is an empty directory. */
static void look_mounted(struct finding *f, const char *path, const char *type,
			 const char *option)
{
	int error = look_into(path);

	if (!error) {
		found(f, DOCTOR_OK, "", "%s", path);
	} else if (error == -EACCES || error == -EPERM) {
		found(f, DOCTOR_MISSING, AS_ROOT,
		      "no permission to read %s: needs CAP_DAC_OVERRIDE", path);
	} else if (!doctor_may_have(type)) {
		found(f, DOCTOR_MISSING, "", "this kernel has no %s", type);
		snprintf(f->remedy, sizeof(f->remedy), "boot a kernel with %s", option);
	} else {
		found(f, DOCTOR_MISSING, "", "not mounted at %s", path);
		snprintf(f->remedy, sizeof(f->remedy), "mount -t %s none %.160s", type, path);
	}
}

static void look_debugfs(const struct doctor *d, struct finding *f)
{
	char path[PATH_MAX];

	(void)d;
	snprintf(path, sizeof(path), "%s", pb_paths.debugfs);
	look_mounted(f, dirname(path), "debugfs", "CONFIG_DEBUG_FS");
}

static void look_tracefs(const struct doctor *d, struct finding *f)
{
	(void)d;
	look_mounted(f, pb_tracing(), "tracefs", "CONFIG_FTRACE");
}

static bool has_capability(unsigned int capability)
{
	char path[PATH_MAX], *line = NULL;
	size_t size = 0;
	u64 set = 0;
	FILE *in;

	snprintf(path, sizeof(path), "%s/self/status", pb_paths.proc);
	in = fopen(path, "re");
	while (in && getline(&line, &size, in) > 0)
		if (sscanf(line, "CapEff: %llx", &set) == 1)
			break;
	free(line);
	if (in)
		fclose(in);
	return set >> capability & 1;
}

/* Without user namespaces there is no such file, and only the initial one. */
static bool is_initial_user_ns(void)
{
	char path[PATH_MAX], ns[64];
	ssize_t len;

	snprintf(path, sizeof(path), "%s/self/ns/user", pb_paths.proc);
	len = readlink(path, ns, sizeof(ns) - 1);
	if (len < 0)
		return true;
	ns[len] = '\0';
	return !strcmp(ns, INITIAL_USER_NS);
}

static void look_admin(const struct doctor *d, struct finding *f)
{
	(void)d;
	if (!has_capability(CAP_SYS_ADMIN))
		found(f, DOCTOR_MISSING, AS_ROOT, "no CAP_SYS_ADMIN: modes cannot be switched");
	else if (!is_initial_user_ns())
		found(f, DOCTOR_MISSING, "run it on the host, not in a container",
		      "not in the initial user namespace: modes cannot be switched");
	else
		found(f, DOCTOR_OK, "", "CAP_SYS_ADMIN in the initial user namespace");
}

static void look_perf(const struct doctor *d, struct finding *f)
{
	bool capable = has_capability(CAP_PERFMON) || has_capability(CAP_SYS_ADMIN);
	char paranoid[16];

	(void)d;
	if (!doctor_first_line(pb_paths.proc, "sys/kernel/perf_event_paranoid", paranoid,
			       sizeof(paranoid)))
		found(f, DOCTOR_MISSING, "boot a kernel with CONFIG_PERF_EVENTS",
		      "no sysctl kernel.perf_event_paranoid: no perf events");
	else if (capable || atoi(paranoid) <= 0)
		found(f, DOCTOR_OK, "", "%skernel.perf_event_paranoid is %s",
		      capable ? "CAP_PERFMON; " : "", paranoid);
	else
		found(f, DOCTOR_MISSING, "sysctl kernel.perf_event_paranoid=0, or " AS_ROOT,
		      "no CAP_PERFMON, and kernel.perf_event_paranoid is %s", paranoid);
}

/* "none [integrity] confidentiality"; no file if the kernel has no such thing. */
static void look_lockdown(const struct doctor *d, struct finding *f)
{
	char line[128];

	(void)d;
	if (!doctor_first_line(pb_paths.sys, "kernel/security/lockdown", line, sizeof(line)))
		found(f, DOCTOR_OK, "", "none is seen");
	else if (strstr(line, "[none]"))
		found(f, DOCTOR_OK, "", "none");
	else
		found(f, DOCTOR_MISSING, "boot without lockdown= and, as a rule, Secure Boot",
		      "the kernel is locked down (%s): files of debugfs cannot be written", line);
}

static const struct doctor_check checks[] = {
	{ "debugfs", look_debugfs, true },
	{ "tracefs", look_tracefs, false },
	{ "switching", look_admin, true },
	{ "perf", look_perf, false },
	{ "lockdown", look_lockdown, true },
	{ }
};

const struct doctor_group doctor_access = { "access", checks };
