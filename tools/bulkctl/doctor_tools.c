// SPDX-License-Identifier: GPL-2.0-only
/* doctor: other programs that are of use. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"

static void look_program(struct finding *f, const char *name, const char *package,
			 const char *use)
{
	char *path = strdup(getenv("PATH") ?: ""), *save = NULL, file[PATH_MAX];

	found(f, DOCTOR_MISSING, "", "not in PATH; %s", use);
	snprintf(f->remedy, sizeof(f->remedy), "apt install %s", package);
	for (char *dir = path ? strtok_r(path, ":", &save) : NULL; dir;
	     dir = strtok_r(NULL, ":", &save)) {
		if (snprintf(file, sizeof(file), "%s/%s", dir, name) >= (int)sizeof(file) ||
		    access(file, X_OK))
			continue;
		found(f, DOCTOR_OK, "", "%.256s", file);
		break;
	}
	free(path);
}

static void look_trace_cmd(const struct doctor *d, struct finding *f)
{
	(void)d;
	look_program(f, "trace-cmd", "trace-cmd", "it shows what is recorded");
}

static void look_gnuplot(const struct doctor *d, struct finding *f)
{
	(void)d;
	look_program(f, "gnuplot", "gnuplot-nox", "report --format html draws with it");
}

static void look_perf_tool(const struct doctor *d, struct finding *f)
{
	(void)d;
	look_program(f, "perf", "linux-perf", "perf list names the events of report -e");
}

static const struct doctor_check checks[] = {
	{ "trace-cmd", look_trace_cmd, false },
	{ "gnuplot", look_gnuplot, false },
	{ "perf tool", look_perf_tool, false },
	{ }
};

const struct doctor_group doctor_tools = { "tools", checks };
