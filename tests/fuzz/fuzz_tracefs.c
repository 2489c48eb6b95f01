// SPDX-License-Identifier: GPL-2.0-only
/* What tracing gives: the histogram of RPCs, what a CPU lost, and the text of fills. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "rpc_time.h"
#include "trace_record.h"
#include "trace_summary.h"

#define NETNS	4026531840ULL

/* All parsers here take a stream or a text: no files are needed. */
void fuzz_setup(void)
{
}

static void try_rpc_time(const unsigned char *data, size_t size, const char *text)
{
	FILE *in = fuzz_stream(data, size);
	struct rpc_time sum;
	int ret = rpc_time_parse(in, NETNS, &sum);

	fclose(in);
	fuzz_check(!ret || ret == -EBADMSG);
	if (ret || strlen(text) != size)
		return;
	if (sum.calls || sum.us)
		fuzz_check(fuzz_has_number(text, sum.calls) && fuzz_has_number(text, sum.us));
}

static void try_lost(const unsigned char *data, size_t size)
{
	FILE *in = fuzz_stream(data, size);
	u64 lost;
	int ret = trace_stats_parse(in, &lost);

	fclose(in);
	fuzz_check(!ret || ret == -EBADMSG);
	if (!ret)
		fuzz_check(memmem(data, size, "overrun:", strlen("overrun:")));
}

static void add_line(struct trace_summary *sum, const char *line, unsigned int nr)
{
	const struct trace_event e = { .cpu = nr % 3, .pid = nr % 5, .comm = "nfsd",
				       .flags = nr % 4 ? TRACE_IN_SOFTIRQ : 0 };
	struct trace_fill fill, again;
	char text[256];

	trace_summary_ts(sum, nr);
	if (trace_fill_parse(line, &fill)) {
		if (nr % 2)
			trace_summary_poll(sum, &e, line);
		else
			trace_summary_stack(sum, &e, line);
		return;
	}
	snprintf(text, sizeof(text), "user=%s mode=%s asked=%llu got=%llu reason=%s ns=%llu",
		 fill.user, fill.mode, fill.asked, fill.got, fill.reason, fill.ns);
	fuzz_check(!trace_fill_parse(text, &again));
	fuzz_check(!strcmp(fill.user, again.user) && !strcmp(fill.mode, again.mode) &&
		   !strcmp(fill.reason, again.reason) && fill.asked == again.asked &&
		   fill.got == again.got && fill.ns == again.ns);
	fuzz_check(fuzz_has_number(line, fill.asked) && fuzz_has_number(line, fill.got));
	trace_summary_fill(sum, &e, &fill);
}

static u64 fills_of(const struct trace_table *table)
{
	u64 sum = 0;

	for (size_t i = 0; i < table->nr; i++)
		sum += table->rows[i].totals.fills;
	return sum;
}

/* Each line is what trace-cmd gives us of an event. */
static void try_fills(char *text)
{
	struct trace_summary sum = { };
	unsigned int nr = 0;
	char *line;

	while ((line = strsep(&text, "\n")))
		add_line(&sum, line, nr++);
	trace_summary_lost(&sum, 0, nr);
	trace_summary_end_buffer(&sum);
	trace_summary_finish(&sum);
	fuzz_check(!sum.error && sum.events == nr);
	/* However they are told apart, they are the same fills. */
	fuzz_check(fills_of(&sum.modes) == sum.totals.fills);
	fuzz_check(fills_of(&sum.ends) == sum.totals.fills);
	fuzz_check(fills_of(&sum.callers) == sum.totals.fills);
	fuzz_check(fills_of(&sum.interfaces) <= sum.totals.fills);
	trace_summary_free(&sum);
}

void fuzz_one(const unsigned char *data, size_t size)
{
	char *text = fuzz_text(data, size);

	try_rpc_time(data, size, text);
	try_lost(data, size);
	try_fills(text);
	free(text);
}
