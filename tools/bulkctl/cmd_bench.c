// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl bench: run the kernel's benchmark and show its table. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "bulkctl.h"
#include "json.h"
#include "pagebulk.h"
#include "switch.h"
#include "util.h"

#define BENCH_SCHEMA	"page-bulk-bench/1"

struct options {
	char line[1024];	/* for the kernel */
	bool force;
	bool dry_run;
	bool json;
};

static void print_help(void)
{
	fputs("Usage: bulkctl bench [OPTION...]\n"
	      "Measure what allocating and freeing a page costs, by mode and batch size.\n"
	      "Disturbs the whole machine while it runs. Needs root and CONFIG_PAGE_BULK_BENCH.\n\n"
	      "  --modes LIST   of loop,single,list,array,stock_list,stock; default all\n"
	      "  --memory LIST  of hot,scattered,cold,fragmented; default all but the last\n"
	      "  --batch LIST   of 1,2,4,...,16384; default all\n"
	      "  --gfp LIST     of kernel,account,zero,atomic; default kernel\n"
	      "  --samples N    of each row; default 15\n"
	      "  --force        allow --memory fragmented, which takes nearly all memory\n"
	      "  --dry-run      say what would be run, run nothing\n"
	      "  --json         print JSON\n"
	      "  --help         print this help\n", stdout);
}

/* The kernel knows the words; here is only what could not be one. */
static int add_option(struct options *opts, const char *key, const char *value)
{
	size_t len = strlen(opts->line);

	if (!*value || strspn(value, "abcdefghijklmnopqrstuvwxyz_,0123456789") != strlen(value)) {
		complain("bench: --%s '%s' is not a word, a number or a list of them", key, value);
		return EXIT_USAGE;
	}
	if (len + strlen(key) + strlen(value) + 3 > sizeof(opts->line)) {
		complain("bench: --%s '%.16s...' is too long", key, value);
		return EXIT_USAGE;
	}
	sprintf(opts->line + len, "%s=%s ", key, value);
	return EXIT_DONE;
}

static int take_option(int opt, const char *name, const char *arg, void *data)
{
	struct options *opts = data;

	switch (opt) {
	case 'k':
		return add_option(opts, name, arg);
	case 'f':
		opts->force = true;
		break;
	case 'n':
		opts->dry_run = true;
		break;
	case 'j':
		opts->json = true;
		break;
	}
	return EXIT_DONE;
}

const struct verb_options bench_options = {
	.verb = "bench",
	.shortopts = "h",
	.longopts = (const struct option[]) {
		{ "modes", required_argument, NULL, 'k' },
		{ "memory", required_argument, NULL, 'k' },
		{ "batch", required_argument, NULL, 'k' },
		{ "gfp", required_argument, NULL, 'k' },
		{ "samples", required_argument, NULL, 'k' },
		{ "force", no_argument, NULL, 'f' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	},
	.print_help = print_help,
	.take = take_option,
};

static int complain_run(int error, const char *path, const struct options *opts)
{
	switch (error) {
	case ENOENT:
		complain("%s is missing: this kernel has no CONFIG_PAGE_BULK_BENCH", path);
		return EXIT_NO_INTERFACE;
	case EACCES:
		complain("no permission to write %s: needs CAP_DAC_OVERRIDE, and no lockdown",
			 path);
		return EXIT_NO_PERMISSION;
	case EPERM:
		/* the kernel refuses both with this */
		if (opts->force || !strstr(opts->line, "fragmented")) {
			complain("no permission to write %s: " NEEDS_ADMIN, path);
			return EXIT_NO_PERMISSION;
		}
		complain("bench: 'fragmented' takes nearly all memory: give --force if it may");
		return EXIT_FAILED;
	case EINVAL:
		complain("bench: the kernel does not take '%s'; see bulkctl bench --help",
			 opts->line);
		return EXIT_USAGE;
	case EBUSY:
		complain("bench: a benchmark is running already, or memory cannot be fragmented");
		return EXIT_FAILED;
	case ENOMEM:
		complain("bench: too little free memory");
		return EXIT_FAILED;
	}
	complain("%s: %s", path, strerror(error));
	return EXIT_FAILED;
}

static void on_signal(int signal)
{
	(void)signal;	/* being there, it ends write() */
}

/* The kernel measures in our context until it is done or a signal comes. */
static int run_benchmark(const struct options *opts)
{
	struct bench_progress shown;
	struct sigaction action = { .sa_handler = on_signal };
	char path[PATH_MAX];
	size_t len = strlen(opts->line);
	int fd, error;
	ssize_t ret;

	snprintf(path, sizeof(path), "%s/bench/run", pb_paths.debugfs);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return complain_run(errno, path, opts);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	bench_progress_begin(&shown);
	/* A write of nothing would not reach the kernel's code */
	ret = len ? write(fd, opts->line, len) : write(fd, "\n", 1);
	error = errno;
	bench_progress_end(&shown);
	if (ret >= 0)
		ret = EXIT_DONE;
	else if (error == EINTR)
		ret = EXIT_INTERRUPTED;
	else
		ret = complain_run(error, path, opts);
	close(fd);
	return ret;
}

/* The kernel alone knows the words, and looks at them when it runs. */
static int dry_run(const struct options *opts)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/bench/run", pb_paths.debugfs);
	if (access(path, W_OK))
		return complain_run(errno, path, opts);
	if (*opts->line)
		printf("would write '%s' to %s, where what is not named has its default\n",
		       opts->line, path);
	else
		printf("would run the benchmark of %s with all defaults\n", path);
	return EXIT_DONE;
}

static json_t *ps_to_ns(u64 ps)
{
	return ps == UINT64_MAX ? json_null() : json_number((double)ps / 1000);
}

static json_t *row_object(const struct bench_row *row)
{
	json_t *object = json_object();

	json_object_set_new(object, "mode", json_string(row->mode));
	json_object_set_new(object, "memory", json_string(row->memory));
	json_object_set_new(object, "batch", json_count(row->batch));
	json_object_set_new(object, "gfp", json_string(row->gfp));
	json_object_set_new(object, "alloc_ns", ps_to_ns(row->alloc_ps));
	json_object_set_new(object, "free_ns", ps_to_ns(row->free_ps));
	json_object_set_new(object, "total_ns", ps_to_ns(row->total_ps));
	json_object_set_new(object, "samples", json_count(row->samples));
	json_object_set_new(object, "spread", row->spread_ppm == UINT64_MAX ? json_null() :
			    json_number((double)row->spread_ppm / 1000000));
	json_object_set_new(object, "missing", json_count(row->missing));
	return object;
}

static int print_json(const struct bench_results *results, bool interrupted)
{
	json_t *doc, *rows = json_array();
	struct machine machine;

	machine_read(&machine);
	doc = json_document(BENCH_SCHEMA, &machine);
	json_object_set_new(doc, "interrupted", json_boolean(interrupted));
	for (size_t i = 0; i < results->nr; i++)
		json_array_append_new(rows, row_object(&results->rows[i]));
	json_object_set_new(doc, "rows", rows);
	return json_print(doc);
}

static int show(const struct options *opts, bool interrupted)
{
	struct bench_results results;
	char path[PATH_MAX];
	int ret, error;
	FILE *in;

	snprintf(path, sizeof(path), "%s/bench/results", pb_paths.debugfs);
	in = fopen(path, "re");
	if (!in) {
		complain("%s: %s", path, strerror(errno));
		return EXIT_FAILED;
	}
	error = bench_read(in, &results);
	fclose(in);
	if (error) {
		complain("%s cannot be read as results: %s", path, strerror(-error));
		ret = EXIT_FAILED;
	} else if (opts->json) {
		ret = print_json(&results, interrupted);
	} else {
		bench_print_table(&results);
		ret = EXIT_DONE;
	}
	bench_free(&results);
	return ret;
}

int cmd_bench(int argc, char *argv[])
{
	struct options opts = { };
	int ret, shown;

	if (!take_options(&bench_options, argc, argv, &opts, &ret))
		return ret;
	if (opts.force)
		strcat(opts.line, "force");	/* add_option() leaves room */
	ret = pb_check_interface();
	if (ret)
		return ret;
	ret = pb_check_debugfs();
	if (ret)
		return pb_complain_debugfs(ret);
	if (opts.dry_run)
		return dry_run(&opts);
	ret = run_benchmark(&opts);
	if (ret && ret != EXIT_INTERRUPTED)
		return ret;
	/* What was measured until a signal is shown too. */
	shown = show(&opts, ret == EXIT_INTERRUPTED);
	return shown ?: ret;
}
