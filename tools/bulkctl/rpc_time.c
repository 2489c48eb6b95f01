// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long RPCs take in the server, from a histogram that the kernel sums up.
 *
 * /proc/net/rpc/nfsd has no times. The tracepoint sunrpc:svc_stats_latency has that of each RPC,
 * and a histogram trigger (Documentation/trace/histogram.rst) adds them up without a record for
 * each. It lives in an instance of tracing of our own, and nothing of anybody else's is touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pagebulk.h"
#include "rpc_time.h"

#define EVENT	"events/sunrpc/svc_stats_latency"
#define TRIGGER	"hist:keys=netns_ino:vals=execute"

static char instance[PATH_MAX - 64];
static u64 our_netns;

/**
 * rpc_time_parse() - parse a file hist of sunrpc:svc_stats_latency
 * @in: the file
 * @netns: the network namespace whose RPCs count, by its inode
 * @sum: where they go; none is no error
 *
 * Return: 0, or -EBADMSG for a histogram of something else.
 */
int rpc_time_parse(FILE *in, u64 netns, struct rpc_time *sum)
{
	char *line = NULL;
	const char *s;
	size_t size = 0;
	u64 ns, calls, us;
	int ret = 0;

	*sum = (struct rpc_time){ };
	while (getline(&line, &size, in) > 0) {
		if (line[0] != '{')
			continue;
		s = scan_u64(line, "{ netns_ino:", &ns);
		s = scan_u64(s, "} hitcount:", &calls);
		if (!scan_u64(s, "execute:", &us)) {
			ret = -EBADMSG;
			break;
		}
		if (ns == netns)
			*sum = (struct rpc_time){ .calls = calls, .us = us };
	}
	free(line);
	return ret;
}

static void path_of(const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/" EVENT "/%s", instance, name);
}

static int remove_instance(void)
{
	return rmdir(instance) && errno != ENOENT ? -errno : 0;
}

static int write_trigger(void)
{
	char path[PATH_MAX];
	int fd, ret = 0;

	path_of("trigger", path, sizeof(path));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, TRIGGER, strlen(TRIGGER)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static const char *explain(int error)
{
	switch (error) {
	case -EACCES:
	case -EPERM:
		return "no permission to use tracefs: needs CAP_DAC_OVERRIDE (root)";
	case -ENOENT:
		return "no tracepoint sunrpc:svc_stats_latency, or tracefs is not mounted";
	case -EINVAL:
		return "the kernel has no histogram triggers (CONFIG_HIST_TRIGGERS)";
	default:
		return "the tracepoint sunrpc:svc_stats_latency cannot be used";
	}
}

/**
 * rpc_time_begin() - have the time of RPCs summed up until undo_end(), or until this process ends
 * @undo: for undo_end()
 * @reason: why it cannot be done, when it cannot
 *
 * RPCs of all services in this process's network namespace count. It costs each of them a visit to
 * a hash table, in every mode alike.
 *
 * Return: 0 or a negative errno.
 */
int rpc_time_begin(struct undo *undo, const char **reason)
{
	struct stat st;
	int ret;

	snprintf(instance, sizeof(instance), "%s/instances/bulkctl-%d", pb_tracing(), getpid());
	ret = stat("/proc/self/ns/net", &st) ? -errno : undo_begin(undo, remove_instance);
	if (!ret) {
		our_netns = st.st_ino;
		ret = mkdir(instance, 0700) ? -errno : write_trigger();
		if (ret)
			undo_end(undo);
	}
	if (ret)
		*reason = explain(ret);
	return ret;
}

/**
 * rpc_time_read() - read what was summed up since rpc_time_begin()
 * @sum: where it goes; PB_UNKNOWN if it cannot be read
 */
void rpc_time_read(struct rpc_time *sum)
{
	char path[PATH_MAX];
	int error = -ENOENT;
	FILE *in;

	path_of("hist", path, sizeof(path));
	in = fopen(path, "re");
	if (in) {
		error = rpc_time_parse(in, our_netns, sum);
		fclose(in);
	}
	if (error)
		*sum = (struct rpc_time){ .calls = PB_UNKNOWN, .us = PB_UNKNOWN };
}
