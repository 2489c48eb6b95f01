// SPDX-License-Identifier: GPL-2.0-only
/* The settings of the per-CPU lists, from /proc/zoneinfo. */
#include <stdlib.h>
#include <string.h>

#include "confounders.h"
#include "pagebulk.h"

/* The per-CPU lists of a zone. Of what differs between CPUs, the least and the most. */
struct zone {
	char name[32];
	bool seen;
	u64 batch;
	u64 high_min, high_max;	/* of the last CPU: the same on each; not in every kernel's file */
	u64 least, most;
};

static const struct zone no_zone = {
	.high_min = PB_UNKNOWN, .high_max = PB_UNKNOWN, .least = PB_UNKNOWN,
};

static void end_zone(struct zone *z, char *limits, char *high, size_t size)
{
	char text[160];

	if (z->seen) {
		snprintf(text, sizeof(text), "%s batch %llu", z->name, z->batch);
		append(limits, size, ", ", text);
		if (z->high_min != PB_UNKNOWN && z->high_max != PB_UNKNOWN) {
			snprintf(text, sizeof(text), "high %llu-%llu", z->high_min, z->high_max);
			append(limits, size, " ", text);
		}
		if (z->least != PB_UNKNOWN) {
			snprintf(text, sizeof(text), "%s %llu-%llu", z->name, z->least, z->most);
			append(high, size, ", ", text);
		}
	}
	*z = no_zone;
}

static void parse_line(const char *line, struct zone *z, bool *in_pcp, char *limits, char *high,
		       size_t size)
{
	char name[24];
	int node;
	u64 value;

	if (sscanf(line, "Node %d, zone %23s", &node, name) == 2) {
		end_zone(z, limits, high, size);
		snprintf(z->name, sizeof(z->name), "%d/%s", node, name);
		*in_pcp = false;
	} else if (!strcmp(line, "  pagesets\n")) {
		*in_pcp = true;
	} else if (*in_pcp && scan_u64(line, "batch:", &value)) {
		z->batch = value;
		z->seen = true;
	} else if (*in_pcp && scan_u64(line, "high_min:", &value)) {
		z->high_min = value;
	} else if (*in_pcp && scan_u64(line, "high_max:", &value)) {
		z->high_max = value;
	} else if (*in_pcp && scan_u64(line, "high:", &value)) {
		if (value < z->least)
			z->least = value;
		if (value > z->most)
			z->most = value;
	}
}

/**
 * pcp_parse() - the settings of the per-CPU lists
 * @in: /proc/zoneinfo
 * @limits: batch and the bounds of high go here, by node and zone
 * @high: what the kernel has tuned high to goes here, from the smallest to the largest CPU's
 * @size: size of both
 */
void pcp_parse(FILE *in, char *limits, char *high, size_t size)
{
	struct zone z = no_zone;
	bool in_pcp = false;
	char *line = NULL;
	size_t max = 0;

	limits[0] = '\0';
	high[0] = '\0';
	while (getline(&line, &max, in) > 0)
		parse_line(line, &z, &in_pcp, limits, high, size);
	end_zone(&z, limits, high, size);
	free(line);
}
