// SPDX-License-Identifier: GPL-2.0-only
/* doctor: other programs that are of use. */
#include <limits.h>

#include "doctor.h"

static void look_program(struct finding *f, const char *name, const char *package,
			 const char *use)
{
	char file[PATH_MAX];

	if (find_program(name, file)) {
		found(f, DOCTOR_OK, "", "%.256s", file);
		return;
	}
	found(f, DOCTOR_MISSING, "", "not in PATH; %s", use);
	snprintf(f->remedy, sizeof(f->remedy), "apt install %s", package);
}

static void look_trace_cmd(const struct doctor *d, struct finding *f)
{
	(void)d;
	look_program(f, "trace-cmd", "trace-cmd", "bulkctl trace records with it");
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
