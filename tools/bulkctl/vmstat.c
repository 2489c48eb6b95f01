// SPDX-License-Identifier: GPL-2.0-only
/* Pages allocated and freed by the whole machine, from /proc/vmstat. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pagebulk.h"
#include "util.h"
#include "vmstat.h"

static int parse_line(char *line, struct vmstat *vm)
{
	char *save = NULL, *name, *value;
	u64 n;

	name = strtok_r(line, "\n ", &save);
	value = name ? strtok_r(NULL, "\n ", &save) : NULL;
	if (!value)
		return 0;
	if (!strcmp(name, "pgfree")) {
		if (parse_u64(value, &n))
			return -EBADMSG;
		vm->pgfree = n;
	} else if (!strncmp(name, "pgalloc_", strlen("pgalloc_"))) {
		if (parse_u64(value, &n))
			return -EBADMSG;
		vm->pgalloc = vm->pgalloc == PB_UNKNOWN ? n : vm->pgalloc + n;
	}
	return 0;
}

/**
 * vmstat_parse() - parse /proc/vmstat
 * @in: the file
 * @vm: where the sums go; PB_UNKNOWN for what the file does not have
 *
 * Return: 0, or -EBADMSG for a counter that is no number; both are PB_UNKNOWN then.
 */
int vmstat_parse(FILE *in, struct vmstat *vm)
{
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	vm->pgalloc = PB_UNKNOWN;
	vm->pgfree = PB_UNKNOWN;
	while (!ret && getline(&line, &size, in) > 0)
		ret = parse_line(line, vm);
	free(line);
	if (ret) {
		vm->pgalloc = PB_UNKNOWN;
		vm->pgfree = PB_UNKNOWN;
	}
	return ret;
}

/* A kernel without the file leaves both unknown, which the report shows. */
void vmstat_read(struct vmstat *vm)
{
	FILE *in = fopen(pb_paths.vmstat, "re");

	vm->pgalloc = PB_UNKNOWN;
	vm->pgfree = PB_UNKNOWN;
	if (!in)
		return;
	vmstat_parse(in, vm);
	fclose(in);
}

static u64 delta_one(u64 start, u64 end)
{
	/* Hot-unplug of a CPU folds its counters late: a step back is no number. */
	if (start == PB_UNKNOWN || end == PB_UNKNOWN || end < start)
		return PB_UNKNOWN;
	return end - start;
}

void vmstat_delta(const struct vmstat *start, const struct vmstat *end, struct vmstat *delta)
{
	delta->pgalloc = delta_one(start->pgalloc, end->pgalloc);
	delta->pgfree = delta_one(start->pgfree, end->pgfree);
}
