// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl: control and observe the kernel's page_bulk allocator. */
#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>

#include "bulkctl.h"
#include "util.h"
#include "verbs.h"

static int list_options(int argc, char *argv[])
{
	const struct verb *verb = argc == 3 ? verb_find(argv[2]) : NULL;

	if (!verb) {
		complain("--list-options takes one verb; see bulkctl --help");
		return EXIT_USAGE;
	}
	verb_list_options(stdout, verb);
	return EXIT_DONE;
}

static int run(int argc, char *argv[])
{
	const struct verb *verb;

	if (argc < 2) {
		verbs_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		verbs_help(stdout);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("bulkctl " BULKCTL_VERSION);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "--list-verbs")) {
		verbs_list(stdout);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "--list-options"))
		return list_options(argc, argv);
	verb = verb_find(argv[1]);
	if (verb)
		return verb->function(argc - 1, argv + 1);
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
