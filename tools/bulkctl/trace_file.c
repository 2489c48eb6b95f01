// SPDX-License-Identifier: GPL-2.0-only
/* Read the events that we sum up from a file of trace-cmd, with its own library. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <trace-cmd.h>

#include "terminal.h"
#include "trace_file.h"

#define PROGRESS_EVENTS	65536	/* between two looks at the clock */

/* The events of a file, NULL for those that it does not know. */
struct trace_reader {
	struct trace_summary *sum;
	struct tep_handle *tep;
	struct tep_event *fill;
	struct tep_event *change;
	struct tep_event *poll;
	struct tep_event *stack;
	struct trace_seq seq;
	u64 began;		/* CLOCK_MONOTONIC */
};

/* Nothing within the first second. */
static void show_progress(const struct trace_reader *r)
{
	if (!(r->sum->events % PROGRESS_EVENTS) &&
	    clock_ns(CLOCK_MONOTONIC) - r->began > NSEC_PER_SEC)
		progress("trace: summing up, %llu events", r->sum->events);
}

static void read_fill(struct trace_reader *r, struct tep_record *record,
		      const struct trace_event *e)
{
	struct trace_fill fill;

	trace_seq_reset(&r->seq);
	tep_print_event(r->tep, &r->seq, record, "%s", TEP_PRINT_INFO);
	trace_seq_terminate(&r->seq);
	if (trace_fill_parse(r->seq.buffer, &fill))
		r->sum->unreadable++;
	else
		trace_summary_fill(r->sum, e, &fill);
}

static void read_poll(struct trace_reader *r, struct tep_record *record,
		      const struct trace_event *e)
{
	char name[TRACE_NAME];
	int len = 0;
	char *text = tep_get_field_raw(NULL, r->poll, "dev_name", record, &len, 0);

	if (!text || len <= 0)
		return;
	snprintf(name, sizeof(name), "%.*s", len, text);
	trace_summary_poll(r->sum, e, name);
}

/* An array of addresses to the end of the record. */
static void read_stack(struct trace_reader *r, struct tep_record *record,
		       const struct trace_event *e)
{
	struct tep_format_field *field = tep_find_field(r->stack, "caller");
	int size = tep_get_long_size(r->tep);

	for (int at = field ? field->offset : record->size; at + size <= record->size; at += size) {
		u64 address = tep_read_number(r->tep, (char *)record->data + at, size);
		const char *function = tep_find_function(r->tep, address);

		if (!function || trace_skips_function(function))
			continue;
		trace_summary_stack(r->sum, e, function);
		return;
	}
}

static bool is_event(const struct tep_event *event, int type)
{
	return event && event->id == type;
}

static int read_record(struct tracecmd_input *input, struct tep_record *record, int cpu,
		       void *data)
{
	struct trace_reader *r = data;
	int type = tep_data_type(r->tep, record);
	struct trace_event e = { .cpu = cpu };

	(void)input;
	if (record->missed_events)
		trace_summary_lost(r->sum, cpu, record->missed_events);
	trace_summary_ts(r->sum, record->ts);

	e.pid = tep_data_pid(r->tep, record);
	e.flags = tep_data_flags(r->tep, record);
	e.comm = tep_data_comm_from_pid(r->tep, e.pid);
	if (is_event(r->fill, type))
		read_fill(r, record, &e);
	else if (is_event(r->poll, type))
		read_poll(r, record, &e);
	else if (is_event(r->stack, type))
		read_stack(r, record, &e);
	else if (is_event(r->change, type))
		r->sum->switches++;
	show_progress(r);
	return r->sum->error;
}

static void read_buffer(struct tracecmd_input *input, struct trace_summary *sum, u64 began)
{
	struct trace_reader r = {
		.sum = sum, .tep = tracecmd_get_tep(input), .began = began,
	};

	r.fill = tep_find_event_by_name(r.tep, "page_bulk", "page_bulk_fill");
	r.change = tep_find_event_by_name(r.tep, "page_bulk", "page_bulk_switch");
	r.poll = tep_find_event_by_name(r.tep, "napi", "napi_poll");
	r.stack = tep_find_event_by_name(r.tep, "ftrace", "kernel_stack");
	trace_seq_init(&r.seq);
	if (tracecmd_iterate_events(input, NULL, 0, read_record, &r) && !sum->error)
		sum->error = -EIO;
	trace_seq_destroy(&r.seq);
	trace_summary_end_buffer(sum);
}

static int complain_open(const char *path)
{
	struct stat st;

	if (access(path, R_OK)) {
		complain("trace: %s: %s%s", path, strerror(errno),
			 errno == EACCES ? ": needs its owner, or CAP_DAC_READ_SEARCH" : "");
		return errno == EACCES ? EXIT_NO_PERMISSION : EXIT_FAILED;
	}
	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		complain("trace: %s is a directory", path);
	else
		complain("trace: %s is no file of trace-cmd, or a damaged one", path);
	return EXIT_FAILED;
}

static void try_open(const char *path)
{
	struct rlimit no_core = { };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	setrlimit(RLIMIT_CORE, &no_core);
	if (null < 0 || dup2(null, STDERR_FILENO) < 0)
		_exit(EXIT_FAILURE);
	_exit(tracecmd_open(path, TRACECMD_FL_LOAD_NO_PLUGINS) ? EXIT_SUCCESS : EXIT_FAILURE);
}

/*
 * Of a file that ends within its head libtracecmd 3.1 frees something twice. Whoever looks at a
 * foreign file, perhaps as root, shall not have that happen in this process: a child tries before.
 */
static bool can_open(const char *path)
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		try_open(path);
	if (pid > 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/**
 * trace_file_sum() - sum up a file of trace-cmd, all of its buffers
 * @path: the file
 * @sum: where it goes, zeroed
 *
 * Return: an exit code, after a message unless it is EXIT_DONE.
 */
int trace_file_sum(const char *path, struct trace_summary *sum)
{
	struct tracecmd_input *input, *buffer;
	u64 began = clock_ns(CLOCK_MONOTONIC);

	tracecmd_set_loglevel(TEP_LOG_NONE);	/* it is we who tell */
	input = can_open(path) ? tracecmd_open(path, TRACECMD_FL_LOAD_NO_PLUGINS) : NULL;
	if (!input)
		return complain_open(path);
	read_buffer(input, sum, began);
	for (int i = 0; i < tracecmd_buffer_instances(input) && !sum->error; i++) {
		buffer = tracecmd_buffer_instance_handle(input, i);
		if (!buffer) {
			sum->error = -EIO;
			break;
		}
		read_buffer(buffer, sum, began);
		tracecmd_close(buffer);
	}
	tracecmd_close(input);
	if (clock_ns(CLOCK_MONOTONIC) - began > NSEC_PER_SEC)
		progress_clear();
	trace_summary_finish(sum);
	if (sum->error) {
		complain("trace: %s cannot be read to its end: %s", path, strerror(-sum->error));
		return EXIT_FAILED;
	}
	if (sum->unreadable) {
		complain("trace: %s: %llu fills are in another form: use its kernel's bulkctl",
			 path, sum->unreadable);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}
