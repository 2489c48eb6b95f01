// SPDX-License-Identifier: GPL-2.0-only
/* Read and write the kernel's page_bulk files: users, modes, the switch. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pagebulk.h"
#include "util.h"

struct pb_paths pb_paths = {
	.sysctl = "/proc/sys/vm/page_bulk",
	.debugfs = "/sys/kernel/debug/page_bulk",
	.conf = "/etc/sysctl.d/90-page-bulk.conf",
	.run = "/run/bulkctl",
	.vmstat = "/proc/vmstat",
	.cpuinfo = "/proc/cpuinfo",
	.dmi_vendor = "/sys/class/dmi/id/sys_vendor",
	.cpus_online = "/sys/devices/system/cpu/online",
	.proc = "/proc",
	.interfaces = "/sys/class/net",
	.event_sources = "/sys/bus/event_source/devices",
	.tracing = "/sys/kernel/tracing",
	.sys = "/sys",
	.boot = "/boot",
};

#define BOOT_OTHER	"boot a kernel with CONFIG_PAGE_BULK"
#define MOUNT_DEBUGFS	"'mount -t debugfs none /sys/kernel/debug'"

/* What lies in the sysctl directory and is no user. */
static const char * const not_users[] = { "available_modes", "timing", "max_block_order" };

/**
 * pb_tracing() - where tracefs is
 *
 * Whoever has debugfs has tracefs there, even if it is not mounted at its own place. Where nobody
 * may look, it is where it should be.
 *
 * Return: the directory; it need not exist.
 */
const char *pb_tracing(void)
{
	static char path[PATH_MAX];
	char debugfs[PATH_MAX], events[PATH_MAX + 8];

	snprintf(events, sizeof(events), "%s/events", pb_paths.tracing);
	if (!access(events, F_OK) || errno != ENOENT)
		return pb_paths.tracing;
	snprintf(debugfs, sizeof(debugfs), "%s", pb_paths.debugfs);
	snprintf(path, sizeof(path), "%s/tracing", dirname(debugfs));
	snprintf(events, sizeof(events), "%s/events", path);
	return access(events, F_OK) && errno == ENOENT ? pb_paths.tracing : path;
}

/**
 * pb_parse_names() - split a line of blank-separated names
 * @line: the line
 * @names: where they go
 *
 * Return: 0, -EBADMSG for a name that is too long, too many names, or none.
 */
int pb_parse_names(const char *line, struct pb_names *names)
{
	size_t len;

	names->nr = 0;
	for (line += strspn(line, " \t\n"); *line; line += strspn(line, " \t\n")) {
		len = strcspn(line, " \t\n");
		if (len >= PB_NAME || names->nr == PB_MAX_USERS)
			return -EBADMSG;
		memcpy(names->name[names->nr], line, len);
		names->name[names->nr++][len] = '\0';
		line += len;
	}
	return names->nr ? 0 : -EBADMSG;
}

bool pb_has_name(const struct pb_names *names, const char *name)
{
	for (unsigned int i = 0; i < names->nr; i++)
		if (!strcmp(names->name[i], name))
			return true;
	return false;
}

/* "single list array stock", for messages; cut off if @buf is too small. */
void pb_join_names(const struct pb_names *names, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned int i = 0; i < names->nr && len < size; i++)
		len += snprintf(buf + len, size - len, "%s%s", i ? " " : "", names->name[i]);
}

/**
 * pb_check_interface() - is this a kernel with page_bulk?
 *
 * Return: EXIT_DONE, or EXIT_NO_INTERFACE after saying so.
 */
int pb_check_interface(void)
{
	struct stat st;

	if (!stat(pb_paths.sysctl, &st) && S_ISDIR(st.st_mode))
		return EXIT_DONE;
	complain("this kernel has no page_bulk interface (%s is missing); " BOOT_OTHER,
		 pb_paths.sysctl);
	return EXIT_NO_INTERFACE;
}

/**
 * pb_check_debugfs() - can the counters be read, and in the format that we know?
 *
 * Return: 0, -EPROTO for another version of the format, or the errno of reading it.
 */
int pb_check_debugfs(void)
{
	char path[PATH_MAX], version[16];
	int ret;

	snprintf(path, sizeof(path), "%s/version", pb_paths.debugfs);
	ret = read_first_line(path, version, sizeof(version));
	if (ret)
		return ret;
	return strcmp(version, PB_VERSION) ? -EPROTO : 0;
}

/**
 * pb_complain_debugfs() - say why the counters cannot be read, and what to do
 * @error: what pb_check_debugfs() returned, not 0
 *
 * Return: the exit code that fits.
 */
int pb_complain_debugfs(int error)
{
	switch (error) {
	case -EACCES:
	case -EPERM:
		complain("no permission to read %s: the counters need root (CAP_DAC_OVERRIDE)",
			 pb_paths.debugfs);
		return EXIT_NO_PERMISSION;
	case -ENOENT:
		complain("%s is missing: the counters need CONFIG_DEBUG_FS and " MOUNT_DEBUGFS,
			 pb_paths.debugfs);
		break;
	case -EPROTO:
		complain("%s/version is not %s: install the bulkctl that belongs to this kernel",
			 pb_paths.debugfs, PB_VERSION);
		break;
	default:
		complain("%s/version: %s", pb_paths.debugfs, strerror(-error));
	}
	return EXIT_FAILED;
}

static bool is_user(const char *name, bool have_debugfs)
{
	char path[PATH_MAX];
	struct stat st;

	if (name[0] == '.')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(not_users); i++)
		if (!strcmp(name, not_users[i]))
			return false;
	if (!have_debugfs)
		return true;
	snprintf(path, sizeof(path), "%s/%s", pb_paths.debugfs, name);
	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static bool can_list(const char *path)
{
	DIR *dir = opendir(path);

	if (dir)
		closedir(dir);
	return dir;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/**
 * pb_read_users() - list the users, sorted by name
 * @users: where they go
 *
 * A user is a file in the sysctl directory that has a directory of its own in debugfs. Where
 * debugfs cannot be read, it is every file that is not known to be something else.
 *
 * Return: 0, -EBADMSG for more or longer names than we hold, or the errno of opendir().
 */
int pb_read_users(struct pb_names *users)
{
	bool have_debugfs = can_list(pb_paths.debugfs);
	DIR *dir = opendir(pb_paths.sysctl);
	struct dirent *entry;
	int ret = 0;

	users->nr = 0;
	if (!dir)
		return -errno;
	while (!ret && (entry = readdir(dir))) {
		if (!is_user(entry->d_name, have_debugfs))
			continue;
		if (users->nr == PB_MAX_USERS || strlen(entry->d_name) >= PB_NAME)
			ret = -EBADMSG;
		else
			memcpy(users->name[users->nr++], entry->d_name, strlen(entry->d_name) + 1);
	}
	closedir(dir);
	qsort(users->name, users->nr, sizeof(users->name[0]), by_name);
	return ret;
}

/**
 * pb_read_modes() - list the modes, in the kernel's order
 * @modes: where they go
 *
 * Return: 0, -EBADMSG for what is no list of modes, or the errno of reading it.
 */
int pb_read_modes(struct pb_names *modes)
{
	char path[PATH_MAX], line[256];
	int ret;

	snprintf(path, sizeof(path), "%s/available_modes", pb_paths.sysctl);
	ret = read_first_line(path, line, sizeof(line));
	return ret ?: pb_parse_names(line, modes);
}

/**
 * pb_read_mode() - read the mode of a user
 * @user: the user
 * @mode: where it goes
 *
 * Return: 0, or a negative errno.
 */
int pb_read_mode(const char *user, char mode[PB_NAME])
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", pb_paths.sysctl, user);
	return read_first_line(path, mode, PB_NAME);
}

/**
 * pb_write_mode() - switch a user
 * @user: the user
 * @mode: the mode to go to
 *
 * Return: 0, or a negative errno: -EPERM and -EACCES without CAP_SYS_ADMIN.
 */
int pb_write_mode(const char *user, const char *mode)
{
	char path[PATH_MAX], line[PB_NAME + 1];
	int fd, len, ret = 0;
	ssize_t written;

	snprintf(path, sizeof(path), "%s/%s", pb_paths.sysctl, user);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* One write: the kernel refuses a word that comes in parts. */
	len = snprintf(line, sizeof(line), "%s\n", mode);
	written = write(fd, line, len);
	if (written < 0)
		ret = -errno;
	else if (written != len)
		ret = -EIO;
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

/**
 * pb_read_timing() - are fills timed?
 *
 * Return: 0 or 1, or a negative errno.
 */
int pb_read_timing(void)
{
	char path[PATH_MAX], line[16];
	int ret;

	snprintf(path, sizeof(path), "%s/timing", pb_paths.sysctl);
	ret = read_first_line(path, line, sizeof(line));
	if (ret)
		return ret;
	if (strcmp(line, "0") && strcmp(line, "1"))
		return -EBADMSG;
	return line[0] == '1';
}
