// SPDX-License-Identifier: GPL-2.0-only
/* doctor: the kernel and its page_bulk. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "confounders.h"
#include "doctor.h"

static void look_release(const struct doctor *d, struct finding *f)
{
	const char *version = doctor_seen(d, "kernel_version"), *id = doctor_seen(d, "build_id");

	found(f, DOCTOR_OK, "", "%s %s, build id %s", d->seen.machine.kernel, version ?: "",
	      id ?: "unknown");
}

static void look_interface(const struct doctor *d, struct finding *f)
{
	struct pb_names modes;
	char names[256];

	if (!d->interface) {
		found(f, DOCTOR_MISSING, OTHER_KERNEL, "no page_bulk interface: there is no %s",
		      pb_paths.sysctl);
	} else if (pb_read_modes(&modes)) {
		found(f, DOCTOR_MISSING, OTHER_KERNEL, "%s/available_modes cannot be read",
		      pb_paths.sysctl);
	} else {
		pb_join_names(&modes, names, sizeof(names));
		found(f, DOCTOR_OK, "", "vm.page_bulk, modes %s", names);
	}
}

static void look_users(const struct doctor *d, struct finding *f)
{
	char text[512] = "", mode[PB_NAME];

	for (unsigned int i = 0; i < d->users.nr; i++) {
		append(text, sizeof(text), ", ", d->users.name[i]);
		append(text, sizeof(text), " ",
		       pb_read_mode(d->users.name[i], mode) ? "(unknown)" : mode);
	}
	if (*text)
		found(f, DOCTOR_OK, "", "%s", text);
	else
		found(f, DOCTOR_MISSING, OTHER_KERNEL, "no user of page_bulk");
}

static void look_format(const struct doctor *d, struct finding *f)
{
	switch (d->debugfs) {
	case 0:
		found(f, DOCTOR_OK, "", "version " PB_VERSION " of the counters in %s",
		      pb_paths.debugfs);
		break;
	case -EPROTO:
		found(f, DOCTOR_MISSING, "install the bulkctl that belongs to this kernel",
		      "the counters are of another version than " PB_VERSION);
		break;
	case -EACCES:
	case -EPERM:
		found(f, DOCTOR_MISSING, AS_ROOT,
		      "no permission to read the counters: needs CAP_DAC_OVERRIDE");
		break;
	default:
		found(f, DOCTOR_MISSING,
		      d->interface ? "see debugfs, below" : OTHER_KERNEL,
		      "no counters: %s/version: %s", pb_paths.debugfs, strerror(-d->debugfs));
	}
}

/* A file below debugfs that one may write. */
static void look_file(const struct doctor *d, struct finding *f, const char *file,
		      const char *what, const char *remedy)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", pb_paths.debugfs, file);
	if (!access(path, W_OK))
		found(f, DOCTOR_OK, "", "%.128s", path);
	else if (errno == EACCES || errno == EPERM)
		found(f, DOCTOR_MISSING, AS_ROOT,
		      "no permission to write %.128s: needs CAP_DAC_OVERRIDE", path);
	else if (d->debugfs)
		found(f, DOCTOR_MISSING, "as for the format", "not without the counters");
	else
		found(f, DOCTOR_MISSING, remedy, "this kernel has no %s", what);
}

static void look_experiments(const struct doctor *d, struct finding *f)
{
	look_file(d, f, "experiment", "experiments", "boot a kernel with a newer page_bulk");
}

static void look_benchmark(const struct doctor *d, struct finding *f)
{
	look_file(d, f, "bench/run", "benchmark",
		  "boot a kernel with CONFIG_PAGE_BULK_BENCH, for bulkctl bench");
}

/* Options of the build that bulkctl makes use of, and what for. */
static const struct {
	const char *option;
	const char *use;
} options[] = {
	{ "CONFIG_PAGE_BULK", "all" },
	{ "CONFIG_PAGE_BULK_BENCH", "bench" },
	{ "CONFIG_DEBUG_FS", "counters" },
	{ "CONFIG_PERF_EVENTS", "report -e" },
	{ "CONFIG_FTRACE", "trace" },
	{ "CONFIG_HIST_TRIGGERS", "metric rpc_us" },
	{ "CONFIG_KPROBE_EVENTS", "kprobes" },
};

/* Return: which options are set, a bit each. */
static unsigned int read_options(const char *path)
{
	__auto_type in = gzopen(path, "re");
	unsigned int set = 0;
	char line[512];
	size_t len;

	if (!in)
		return 0;
	while (gzgets(in, line, sizeof(line))) {
		for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
			len = strlen(options[i].option);
			if (!strncmp(line, options[i].option, len) &&
			    !strcmp(line + len, "=y\n"))
				set |= 1U << i;
		}
	}
	gzclose(in);
	return set;
}

static void look_configuration(const struct doctor *d, struct finding *f)
{
	char path[PATH_MAX], lacks[512] = "";
	unsigned int set;

	(void)d;
	if (!config_find(path)) {
		found(f, DOCTOR_WARN, "put it there, or build with CONFIG_IKCONFIG_PROC",
		      "not found, nor its debug options: no %.128s, no %s/config.gz", path,
		      pb_paths.proc);
		return;
	}
	set = read_options(path);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (set & 1U << i)
			continue;
		append(lacks, sizeof(lacks), ", ", options[i].option);
		append(lacks, sizeof(lacks), " (", options[i].use);
		append(lacks, sizeof(lacks), ")", "");
	}
	if (*lacks)
		found(f, DOCTOR_MISSING, "build the kernel with what you want to use",
		      "%.128s lacks %s", path, lacks);
	else
		found(f, DOCTOR_OK, "", "%.128s has all that bulkctl can use", path);
}

static const struct doctor_check checks[] = {
	{ "release", look_release, false },
	{ "interface", look_interface, true },
	{ "users", look_users, true },
	{ "format", look_format, true },
	{ "experiments", look_experiments, true },
	{ "benchmark", look_benchmark, false },
	{ "configuration", look_configuration, false },
	{ }
};

const struct doctor_group doctor_kernel = { "kernel", checks };
