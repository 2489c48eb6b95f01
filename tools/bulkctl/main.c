// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl: control and observe the kernel's page_bulk allocator. */
#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>

#include "bulkctl.h"
#include "util.h"

static const struct {
	const char *name;
	int (*function)(int argc, char *argv[]);
	const char *description;
} verbs[] = {
	{ "status", cmd_status, "users, their modes, generations and rates" },
	{ "set", cmd_set, "switch users to other modes" },
	{ "report", cmd_report, "kernel and perf counters over an interval" },
	{ "ab", cmd_ab, "compare modes on live traffic" },
	{ "compare", cmd_compare, "results of experiments side by side" },
	{ "trace", cmd_trace, "record fills and other events, and sum them up" },
	{ "bench", cmd_bench, "what a page costs, by mode and batch size" },
};

static void print_help(FILE *out)
{
	fputs("Usage: bulkctl VERB [OPTION...]\n"
	      "Control and observe how kernel code takes pages in bulk (vm.page_bulk).\n\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(out, "  %-10s %s\n", verbs[i].name, verbs[i].description);
	fputs("\n  --help     print this help; 'bulkctl VERB --help' tells the options of a verb\n"
	      "  --version  print the version\n", out);
}

static int run(int argc, char *argv[])
{
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help(stdout);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("bulkctl " BULKCTL_VERSION);
		return EXIT_DONE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].function(argc - 1, argv + 1);
	complain("unknown verb '%s'; see bulkctl --help", argv[1]);
	return EXIT_USAGE;
}

int main(int argc, char *argv[])
{
	int ret = run(argc, argv);
	bool pending = __fpending(stdout), failed = ferror(stdout);

	/* Output that did not arrive is a failure; a standard output closed by intent is none. */
	if (fclose(stdout) && (pending || errno != EBADF))
		failed = true;
	if (failed) {
		complain("cannot write standard output: %s", strerror(errno ?: EIO));
		return EXIT_FAILED;
	}
	return ret;
}
