// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl trace: record fills and other events, and sum them up. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulkctl.h"
#include "trace_file.h"
#include "trace_show.h"

#define DEFAULT_OUTPUT	"trace.dat"
#define MAX_BUFFER_KB	4194304

struct options {
	struct trace_request record;
	const char *recording;	/* an option that belongs to recording; NULL: none was given */
	bool dry_run;
	bool summary;
	bool json;
};

static void print_help(void)
{
	fputs("Usage: bulkctl trace [OPTION...]\n"
	      "       bulkctl trace --summary FILE\n"
	      "Record page_bulk's tracepoints for an interval, with trace-cmd, into a file for\n"
	      "'trace-cmd report' and kernelshark; or sum up such a file. Recording needs root.\n\n"
	      "  --interval S       how long, in seconds or as 500ms, 1m; default 10\n"
	      "  -e, --event EVENT  record this event, too: SYSTEM:EVENT or SYSTEM:*, with commas\n"
	      "                     between several; repeatable\n"
	      "  -o, --output FILE  where to; default trace.dat. It is replaced if it is there\n"
	      "  --buffer KB        kernel's buffer for each CPU; default as the kernel has it\n"
	      "  --stacks           record the stack of each fill: the summary names functions\n"
	      "  --no-interfaces    do not record napi:napi_poll, which names interfaces\n"
	      "  --dry-run          say what would be recorded, change nothing\n"
	      "  --summary          print fills by mode, caller, interface, size and end reason\n"
	      "  --json             print JSON\n"
	      "  --help             print this help\n", stdout);
}

static int parse_buffer(const char *arg, u64 *kb)
{
	if (!parse_u64(arg, kb) && *kb && *kb <= MAX_BUFFER_KB)
		return EXIT_DONE;
	complain("trace: --buffer '%s' is not a number of KB from 1 to %d", arg, MAX_BUFFER_KB);
	return EXIT_USAGE;
}

static int parse_output(const char *arg, const char **output)
{
	*output = arg;
	if (*arg)
		return EXIT_DONE;
	complain("trace: --output needs the name of a file");
	return EXIT_USAGE;
}

static int take_recording(int opt, const char *arg, struct options *opts)
{
	struct trace_request *req = &opts->record;

	switch (opt) {
	case 'i':
		opts->recording = "--interval";
		return arg_interval("trace", arg, &req->interval);
	case 'e':
		opts->recording = "--event";
		return trace_event_add(req, arg);
	case 'o':
		opts->recording = "--output";
		return parse_output(arg, &req->output);
	case 'b':
		opts->recording = "--buffer";
		return parse_buffer(arg, &req->buffer_kb);
	case 't':
		opts->recording = "--stacks";
		req->stacks = true;
		return EXIT_DONE;
	case 'd':
		opts->recording = "--dry-run";
		opts->dry_run = true;
		return EXIT_DONE;
	}
	opts->recording = "--no-interfaces";	/* the only one that is left */
	req->interfaces = false;
	return EXIT_DONE;
}

static int take_option(int opt, const char *name, const char *arg, void *data)
{
	struct options *opts = data;

	(void)name;
	switch (opt) {
	case 's':
		opts->summary = true;
		return EXIT_DONE;
	case 'j':
		opts->json = true;
		return EXIT_DONE;
	}
	return take_recording(opt, arg, opts);
}

const struct verb_options trace_options = {
	.verb = "trace",
	.shortopts = "he:o:",
	.longopts = (const struct option[]) {
		{ "interval", required_argument, NULL, 'i' },
		{ "event", required_argument, NULL, 'e' },
		{ "output", required_argument, NULL, 'o' },
		{ "buffer", required_argument, NULL, 'b' },
		{ "stacks", no_argument, NULL, 't' },
		{ "no-interfaces", no_argument, NULL, 'n' },
		{ "dry-run", no_argument, NULL, 'd' },
		{ "summary", no_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	},
	.operands = true,
	.print_help = print_help,
	.take = take_option,
};

static u64 file_size(const char *path)
{
	struct stat st;

	return stat(path, &st) ? PB_UNKNOWN : (u64)st.st_size;
}

static int show(const struct options *opts, const struct trace_view *view)
{
	char lost[1024];

	if (view->lost && view->lost->nr) {
		trace_losses_format(view->lost, lost, sizeof(lost));
		complain("trace: %s: events were lost, %s: all numbers are too low",
			 view->file, lost);
		complain("trace: a larger --buffer or fewer events lose less");
	}
	if (opts->json)
		return json_print(trace_json(view));
	trace_text(stdout, view);
	return EXIT_DONE;
}

/* The file that was recorded, or that was there. */
static int show_file(const struct options *opts, const char *file,
		     const struct trace_recording *rec)
{
	struct trace_view view = { .file = file, .bytes = file_size(file), .recording = rec };
	struct trace_summary sum = { };
	struct machine machine;
	int ret = EXIT_DONE;

	if (rec) {
		machine_read(&machine);
		view.machine = &machine;
	}
	if (opts->summary) {
		ret = trace_file_sum(file, &sum);
		view.summary = &sum;
		view.lost = &sum.lost;
	}
	/* The kernel counts what it lost; a file does not always say how many. */
	if (rec && rec->lost_known)
		view.lost = &rec->lost;
	if (!ret)
		ret = show(opts, &view);
	trace_summary_free(&sum);
	return ret;
}

/* What record() would do. */
static int plan(const struct trace_request *req)
{
	char interval[32];
	int ret = trace_record_check(req);

	if (ret)
		return ret;
	format_duration(req->interval, interval, sizeof(interval));
	printf("would record for %s into %s%s\n", interval, req->output,
	       access(req->output, F_OK) ? "" : ", which is there and would be replaced");
	puts("  page_bulk:*");
	if (trace_records_polls(req))
		puts("  " TRACE_POLL_EVENT);
	for (size_t i = 0; i < req->nr_events; i++)
		printf("  %s\n", req->events[i]);
	if (req->stacks)
		puts("  the stack of each fill and switch");
	if (req->buffer_kb)
		printf("  the kernel's buffer would have %llu KB for each CPU\n", req->buffer_kb);
	return EXIT_DONE;
}

static int record(const struct options *opts)
{
	struct trace_recording rec = { };
	int ret = pb_check_interface();

	if (!ret)
		ret = trace_events_check(&opts->record);
	if (!ret && opts->dry_run)
		return plan(&opts->record);
	if (!ret)
		ret = trace_record(&opts->record, &rec);
	if (!ret)
		ret = show_file(opts, opts->record.output, &rec);
	free(rec.lost.cpus);
	return !ret && rec.interrupted ? EXIT_INTERRUPTED : ret;
}

static int run(const struct options *opts, int nr_files, char *files[])
{
	if (!nr_files)
		return record(opts);
	if (!opts->summary || nr_files > 1) {
		complain("trace: unexpected argument '%s'; --summary sums up one FILE",
			 files[nr_files - 1]);
		return EXIT_USAGE;
	}
	if (opts->recording) {
		complain("trace: %s is for recording: it does not go with a FILE to sum up",
			 opts->recording);
		return EXIT_USAGE;
	}
	return show_file(opts, files[0], NULL);
}

int cmd_trace(int argc, char *argv[])
{
	struct options opts = {
		.record = {
			.interval = 10 * NSEC_PER_SEC,
			.output = DEFAULT_OUTPUT,
			.interfaces = true,
		},
	};
	int ret;

	if (take_options(&trace_options, argc, argv, &opts, &ret))
		ret = run(&opts, argc - optind, argv + optind);
	trace_request_free(&opts.record);
	return ret;
}
