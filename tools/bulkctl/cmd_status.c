// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl status: users, their modes, generations and rates. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bulkctl.h"
#include "json.h"
#include "sample.h"
#include "switch.h"
#include "terminal.h"
#include "util.h"

#define STATUS_SCHEMA	"page-bulk-status/1"

struct options {
	u64 interval;	/* ns */
	bool json;
};

/* What status shows. Without debugfs there are modes and nothing else. */
struct status {
	struct pb_names users;
	struct pb_names modes;
	int debugfs;		/* 0, or why it cannot be read */
	int timing;
	char mode[PB_MAX_USERS][PB_NAME];
	struct sample start, end;
	struct interval iv;
};

static void print_help(void)
{
	fputs("Usage: bulkctl status [OPTION...]\n"
	      "Show users, their modes and generations, and their rates over a short interval.\n"
	      "Generations and rates need root.\n\n"
	      "  --interval S  length of the interval, in seconds or as 500ms; default 1\n"
	      "  --json        print JSON\n"
	      "  --help        print this help\n", stdout);
}

static int take_option(int opt, const char *name, const char *arg, void *data)
{
	struct options *opts = data;

	(void)name;
	if (opt == 'i')
		return arg_interval("status", arg, &opts->interval);
	opts->json = true;	/* the only one that is left */
	return EXIT_DONE;
}

const struct verb_options status_options = {
	.verb = "status",
	.shortopts = "h",
	.longopts = (const struct option[]) {
		{ "interval", required_argument, NULL, 'i' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	},
	.print_help = print_help,
	.take = take_option,
};

static int read_names(struct status *st)
{
	int ret = pb_read_users(&st->users);

	if (!ret)
		ret = pb_read_modes(&st->modes);
	for (unsigned int i = 0; !ret && i < st->users.nr; i++)
		ret = pb_read_mode(st->users.name[i], st->mode[i]);
	if (ret)
		complain("%s cannot be read as users and modes: %s", pb_paths.sysctl,
			 strerror(-ret));
	st->timing = pb_read_timing();
	return ret ? EXIT_FAILED : EXIT_DONE;
}

static int read_rates(struct status *st, u64 interval)
{
	u64 end;

	st->debugfs = pb_check_debugfs();
	if (st->debugfs)
		return EXIT_DONE;
	if (sleep_prepare() || sample_take(&st->users, &st->start))
		return EXIT_FAILED;
	end = st->start.ns + interval;
	if (sleep_showing(end, end, "status"))
		return EXIT_INTERRUPTED;
	if (sample_take(&st->users, &st->end))
		return EXIT_FAILED;
	sample_diff(&st->users, &st->start, &st->end, &st->iv);
	return EXIT_DONE;
}

/* Per second over all modes; NAN if it is not known. */
static double user_rate(const struct status *st, unsigned int i, enum pb_key key)
{
	const struct user_interval *u = &st->iv.users[i];

	if (st->debugfs || u->reset)
		return NAN;
	return pb_rate(pb_sum(&u->delta, key), u->seconds);
}

static bool read_pending(const char *user, struct pending *p)
{
	return !pending_read(user, p) && pending_holds(user, p);
}

/* A process that was killed for good leaves its note and the temporary mode behind. */
static bool is_waiting(const struct pending *p)
{
	return !kill(p->pid, 0) || errno != ESRCH;
}

static u64 ns_left(const struct pending *p)
{
	u64 now = clock_ns(CLOCK_BOOTTIME);

	return p->until > now ? p->until - now : 0;
}

static void print_rate(double rate)
{
	if (isnan(rate))
		printf(" %12s", "unknown");
	else
		printf(" %12.1f", rate);
}

static void print_notes(const struct status *st, unsigned int i)
{
	const struct user_interval *u = &st->iv.users[i];
	const char *user = st->users.name[i];
	char left[32];
	struct pending p;
	u64 ns;

	if (!st->debugfs && u->generation_start != u->generation_end)
		printf("%s: %s -> %s, switched during the interval\n", user, u->mode_start,
		       u->mode);
	if (!st->debugfs && u->reset)
		printf("%s: %s\n", user, RESET_WORDS);
	if (!read_pending(user, &p))
		return;
	ns = ns_left(&p);
	if (ns > 10 * NSEC_PER_SEC)
		ns -= ns % NSEC_PER_SEC;	/* nobody wants the ms of an hour */
	format_duration(ns, left, sizeof(left));
	if (is_waiting(&p))
		printf("%s: goes back to %s in %s\n", user, p.return_to, left);
	else
		printf("%s: was to go back to %s, but process %llu that waited is gone\n", user,
		       p.return_to, p.pid);
}

static const char *current_mode(const struct status *st, unsigned int i)
{
	return st->debugfs ? st->mode[i] : st->iv.users[i].mode;
}

static void print_text(const struct status *st)
{
	char modes[256];

	printf("%-12s %-8s %12s %12s %12s %12s\n", "user", "mode", "generation", "fills/s",
	       "pages/s", "short/s");
	for (unsigned int i = 0; i < st->users.nr; i++) {
		printf("%-12s %-8s", st->users.name[i], current_mode(st, i));
		if (st->debugfs || st->iv.users[i].generation_end == PB_UNKNOWN)
			printf(" %12s", "unknown");
		else
			printf(" %12llu", st->iv.users[i].generation_end);
		print_rate(user_rate(st, i, PB_FILLS));
		print_rate(user_rate(st, i, PB_GOT));
		print_rate(user_rate(st, i, PB_SHORT));
		putchar('\n');
	}
	for (unsigned int i = 0; i < st->users.nr; i++)
		print_notes(st, i);
	pb_join_names(&st->modes, modes, sizeof(modes));
	printf("modes: %s; timing: %s\n", modes,
	       st->timing < 0 ? "unknown" : st->timing ? "on" : "off");
}

static json_t *pending_object(const char *user)
{
	struct pending p;
	json_t *object;

	if (!read_pending(user, &p))
		return json_null();
	object = json_object();
	json_object_set_new(object, "return_to", json_string(p.return_to));
	json_object_set_new(object, "in_s", json_number((double)ns_left(&p) / NSEC_PER_SEC));
	json_object_set_new(object, "waiting", json_boolean(is_waiting(&p)));
	return object;
}

static json_t *user_object(const struct status *st, unsigned int i)
{
	const struct user_interval *u = &st->iv.users[i];
	bool known = !st->debugfs;
	json_t *user = json_object();

	json_object_set_new(user, "mode", json_string(current_mode(st, i)));
	json_object_set_new(user, "generation",
			    known ? json_count(u->generation_end) : json_null());
	json_object_set_new(user, "switched",
			    known ? json_boolean(u->generation_start != u->generation_end) :
				    json_null());
	json_object_set_new(user, "dropped",
			    known && u->reset ? json_string(RESET_WORDS) : json_null());
	json_object_set_new(user, "fills_per_s", json_number(user_rate(st, i, PB_FILLS)));
	json_object_set_new(user, "pages_per_s", json_number(user_rate(st, i, PB_GOT)));
	json_object_set_new(user, "short_per_s", json_number(user_rate(st, i, PB_SHORT)));
	json_object_set_new(user, "failed_per_s", json_number(user_rate(st, i, PB_FAILED)));
	json_object_set_new(user, "pending", pending_object(st->users.name[i]));
	return user;
}

static int print_json(const struct status *st)
{
	json_t *doc, *modes = json_array(), *users = json_object();
	struct machine machine;

	machine_read(&machine);
	doc = json_document(STATUS_SCHEMA, &machine);
	json_object_set_new(doc, "interval_s",
			    st->debugfs ? json_null() : json_number(st->iv.seconds));
	for (unsigned int i = 0; i < st->modes.nr; i++)
		json_array_append_new(modes, json_string(st->modes.name[i]));
	json_object_set_new(doc, "available_modes", modes);
	json_object_set_new(doc, "timing", st->timing < 0 ? json_null() : json_boolean(st->timing));
	for (unsigned int i = 0; i < st->users.nr; i++)
		json_object_set_new(users, st->users.name[i], user_object(st, i));
	json_object_set_new(doc, "users", users);
	return json_print(doc);
}

static int show_status(const struct options *opts)
{
	struct status *st = calloc(1, sizeof(*st));
	int ret = EXIT_FAILED;

	if (!st) {
		complain("status: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	ret = read_names(st);
	if (!ret)
		ret = read_rates(st, opts->interval);
	if (!ret && opts->json)
		ret = print_json(st);
	else if (!ret)
		print_text(st);
	/* The modes were worth printing; the rest is told on standard error. */
	if (!ret && st->debugfs)
		pb_complain_debugfs(st->debugfs);
	free(st);
	return ret;
}

int cmd_status(int argc, char *argv[])
{
	struct options opts = { .interval = NSEC_PER_SEC };
	int ret;

	if (!take_options(&status_options, argc, argv, &opts, &ret))
		return ret;
	ret = pb_check_interface();
	return ret ?: show_status(&opts);
}
