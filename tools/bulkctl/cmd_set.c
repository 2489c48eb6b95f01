// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl set: switch users to other modes. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bulkctl.h"
#include "switch.h"
#include "util.h"

#define MAX_FOR	(366 * 86400 * NSEC_PER_SEC)

struct options {
	struct assignment a[PB_MAX_USERS];
	unsigned int nr;
	u64 ns;		/* --for; 0 without it */
	bool persist;
	bool dry_run;
};

static void print_help(void)
{
	fputs("Usage: bulkctl set USER=MODE... [OPTION...]\n"
	      "Switch users to other modes, all of them or none. The next fill goes by the new mode.\n"
	      "Needs CAP_SYS_ADMIN in the initial user namespace.\n\n"
	      "  --for DURATION  go back after it (30s, 5m, 1h, 500ms), unless somebody switched meanwhile\n"
	      "  --persist       write it to /etc/sysctl.d/90-page-bulk.conf too\n"
	      "  --dry-run       say what would be done, change nothing\n"
	      "  --help          print this help\n", stdout);
}

static int parse_assignment(const char *arg, struct options *opts)
{
	struct assignment *a = &opts->a[opts->nr];
	const char *mode = strchr(arg, '=');

	if (!mode || mode == arg || !mode[1]) {
		complain("set: '%s' is not USER=MODE", arg);
		return EXIT_USAGE;
	}
	if (mode - arg >= PB_NAME || strlen(mode + 1) >= PB_NAME || opts->nr == PB_MAX_USERS) {
		complain("set: '%s' is too long or one too many", arg);
		return EXIT_USAGE;
	}
	memcpy(a->user, arg, mode - arg);
	memcpy(a->mode, mode + 1, strlen(mode + 1) + 1);
	for (unsigned int i = 0; i < opts->nr; i++) {
		if (!strcmp(opts->a[i].user, a->user)) {
			complain("set: %s is given twice", a->user);
			return EXIT_USAGE;
		}
	}
	opts->nr++;
	return EXIT_DONE;
}

static int parse_for(const char *arg, struct options *opts)
{
	if (!parse_duration(arg, &opts->ns) && opts->ns >= NSEC_PER_MSEC && opts->ns <= MAX_FOR)
		return EXIT_DONE;
	complain("set: --for '%s' is not a time from 1ms to a year, such as 30s, 5m, 1h or 500ms",
		 arg);
	return EXIT_USAGE;
}

static int parse_operands(int argc, char *argv[], struct options *opts)
{
	int ret = EXIT_DONE;

	if (optind == argc) {
		complain("set: give at least one USER=MODE; see bulkctl set --help");
		return EXIT_USAGE;
	}
	if (opts->ns && opts->persist) {
		complain("set: --persist makes a mode stay, --for makes it go: give one of them");
		return EXIT_USAGE;
	}
	for (int i = optind; i < argc && !ret; i++)
		ret = parse_assignment(argv[i], opts);
	return ret;
}

static int take_option(int opt, const char *name, const char *arg, void *data)
{
	struct options *opts = data;

	(void)name;
	switch (opt) {
	case 'f':
		return parse_for(arg, opts);
	case 'p':
		opts->persist = true;
		break;
	case 'n':
		opts->dry_run = true;
		break;
	}
	return EXIT_DONE;
}

const struct verb_options set_options = {
	.verb = "set",
	.shortopts = "h",
	.longopts = (const struct option[]) {
		{ "for", required_argument, NULL, 'f' },
		{ "persist", no_argument, NULL, 'p' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	},
	.operands = true,
	.print_help = print_help,
	.take = take_option,
};

/* All of them are looked at before one is written, and all that is wrong is said. */
static int validate(const struct options *opts)
{
	struct pb_names users, modes;
	int ret = EXIT_DONE, error;
	char names[512];

	error = pb_read_users(&users);
	if (!error)
		error = pb_read_modes(&modes);
	if (error) {
		complain("%s cannot be read as users and modes: %s", pb_paths.sysctl,
			 strerror(-error));
		return EXIT_FAILED;
	}
	for (unsigned int i = 0; i < opts->nr; i++) {
		const struct assignment *a = &opts->a[i];

		if (!pb_has_name(&users, a->user)) {
			pb_join_names(&users, names, sizeof(names));
			complain("unknown user '%s' (available: %s)", a->user, names);
			ret = EXIT_USAGE;
		} else if (!pb_has_name(&modes, a->mode)) {
			pb_join_names(&modes, names, sizeof(names));
			complain("%s: unknown mode '%s' (available: %s)", a->user, a->mode, names);
			ret = EXIT_USAGE;
		}
	}
	return ret;
}

static void format_end(u64 ns, char *buf, size_t size)
{
	time_t end = (clock_ns(CLOCK_REALTIME) + ns) / NSEC_PER_SEC;
	struct tm tm;

	localtime_r(&end, &tm);
	strftime(buf, size, "%F %T %Z", &tm);
}

/* What was done; with --dry-run, what would be done. */
static void print_plan(const struct options *opts)
{
	const char *would = opts->dry_run ? "would switch " : "";
	char duration[32], end[64];

	for (unsigned int i = 0; i < opts->nr; i++) {
		const struct assignment *a = &opts->a[i];

		printf("%s%s: %s -> %s", would, a->user, a->before, a->mode);
		if (opts->ns) {
			format_duration(opts->ns, duration, sizeof(duration));
			format_end(opts->ns, end, sizeof(end));
			printf(" for %s, back to %s at %s unless somebody switches it before",
			       duration, a->return_to, end);
		} else if (a->pending) {
			printf(", it no longer goes back to %s", a->return_to);
		}
		putchar('\n');
		if (opts->persist)
			printf("%s%s: vm.page_bulk.%s = %s\n",
			       opts->dry_run ? "would write " : "", pb_paths.conf, a->user,
			       a->mode);
	}
}

static int set_for_a_time(const struct options *opts, int lock)
{
	char path[256];

	/* Who may not write the sysctl hears that, not that we cannot keep our notes. */
	if (lock >= 0)
		return temporary_start(opts->a, opts->nr, opts->ns);
	snprintf(path, sizeof(path), "%s/%s", pb_paths.sysctl, opts->a[0].user);
	if (access(path, W_OK)) {
		complain("no permission to write %s: " NEEDS_ADMIN, path);
		return EXIT_NO_PERMISSION;
	}
	complain("--for keeps its notes in %s: %s", pb_paths.run, strerror(-lock));
	return EXIT_FAILED;
}

static int set(struct options *opts)
{
	int lock = -EINVAL, ret;

	/* Without a place for notes there are none, and a switch for good can do without. */
	if (!opts->dry_run)
		lock = pending_lock();
	ret = switch_prepare(opts->a, opts->nr);
	if (!ret && !opts->dry_run)
		ret = opts->ns ? set_for_a_time(opts, lock) :
				 switch_for_good(opts->a, opts->nr, opts->persist);
	if (lock >= 0)
		close(lock);
	if (!ret)
		print_plan(opts);
	return ret;
}

int cmd_set(int argc, char *argv[])
{
	struct options opts = { };
	int ret;

	if (!take_options(&set_options, argc, argv, &opts, &ret))
		return ret;
	ret = parse_operands(argc, argv, &opts);
	if (!ret)
		ret = pb_check_interface();
	if (!ret)
		ret = validate(&opts);
	return ret ?: set(&opts);
}
