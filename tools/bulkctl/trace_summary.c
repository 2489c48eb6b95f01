// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sum up the events of a trace: fills by mode, size and end reason, by caller, by interface.
 *
 * The events of each CPU come in the order in which they happened there. A fill does not say for
 * which interface it is. The poll that it lies in does, with napi:napi_poll, when it ends: on the
 * same CPU and in the same task, because softirqs are held off all through a poll. Their flags say
 * that they are; with PREEMPT_RT they do not, there neither has a flag.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace_summary.h"

#define POLLED_USER	"page_pool"

const char * const trace_context_names[TRACE_NR_CONTEXTS] = {
	[TRACE_TASK] = "task",
	[TRACE_SOFTIRQ] = "softirq",
	[TRACE_HARDIRQ] = "hardirq",
};

static int take_word(const char *value, size_t len, char *word, size_t size)
{
	if (!len || len >= size)
		return -EBADMSG;
	memcpy(word, value, len);
	word[len] = '\0';
	return has_control(word) ? -EBADMSG : 0;
}

static int take_number(const char *value, size_t len, u64 *number)
{
	char word[24];

	return take_word(value, len, word, sizeof(word)) || parse_u64(word, number) ? -EBADMSG : 0;
}

static bool is_key(const char *key, size_t len, const char *name)
{
	return strlen(name) == len && !memcmp(key, name, len);
}

static int take_field(const char *key, size_t key_len, const char *value, size_t len,
		      struct trace_fill *fill)
{
	if (is_key(key, key_len, "user"))
		return take_word(value, len, fill->user, sizeof(fill->user));
	if (is_key(key, key_len, "mode"))
		return take_word(value, len, fill->mode, sizeof(fill->mode));
	if (is_key(key, key_len, "reason"))
		return take_word(value, len, fill->reason, sizeof(fill->reason));
	if (is_key(key, key_len, "asked"))
		return take_number(value, len, &fill->asked);
	if (is_key(key, key_len, "got"))
		return take_number(value, len, &fill->got);
	if (is_key(key, key_len, "ns"))
		return take_number(value, len, &fill->ns);
	return 0;	/* nobody here needs it */
}

/**
 * trace_fill_parse() - parse the text of page_bulk:page_bulk_fill
 * @text: "user=sunrpc mode=array ..."
 * @fill: where it goes
 *
 * Return: 0, or -EBADMSG for anything else.
 */
int trace_fill_parse(const char *text, struct trace_fill *fill)
{
	*fill = (struct trace_fill){ .asked = PB_UNKNOWN, .got = PB_UNKNOWN };
	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t len = strcspn(text, " "), key = strcspn(text, " =");

		if (key == len || take_field(text, key, text + key + 1, len - key - 1, fill))
			return -EBADMSG;
		text += len;
	}
	if (!*fill->user || !*fill->mode || !*fill->reason || fill->asked == PB_UNKNOWN ||
	    fill->got == PB_UNKNOWN)
		return -EBADMSG;
	return 0;
}

static void totals_add_fill(struct trace_totals *t, const struct trace_fill *fill)
{
	t->fills++;
	t->asked += fill->asked;
	t->got += fill->got;
	t->short_fills += fill->got < fill->asked;
	t->failed += !fill->got;
	t->timed_fills += !!fill->ns;
	t->ns += fill->ns;
}

static void totals_sub_fill(struct trace_totals *t, const struct trace_fill *fill)
{
	t->fills--;
	t->asked -= fill->asked;
	t->got -= fill->got;
	t->short_fills -= fill->got < fill->asked;
	t->failed -= !fill->got;
	t->timed_fills -= !!fill->ns;
	t->ns -= fill->ns;
}

static void totals_add(struct trace_totals *t, const struct trace_totals *more)
{
	t->fills += more->fills;
	t->asked += more->asked;
	t->got += more->got;
	t->short_fills += more->short_fills;
	t->failed += more->failed;
	t->timed_fills += more->timed_fills;
	t->ns += more->ns;
}

static bool same_row(const struct trace_row *a, const struct trace_row *b)
{
	return a->kind == b->kind && a->cpu == b->cpu && a->pid == b->pid &&
	       !strcmp(a->user, b->user) && !strcmp(a->mode, b->mode) &&
	       !strcmp(a->reason, b->reason) && !strcmp(a->who, b->who) &&
	       !strcmp(a->function, b->function);
}

/* The row that is like @key, new if need be; NULL without memory. */
static struct trace_row *find_row(struct trace_summary *sum, struct trace_table *table,
				  const struct trace_row *key)
{
	struct trace_row *rows;

	for (size_t i = 0; i < table->nr; i++)
		if (same_row(&table->rows[i], key))
			return &table->rows[i];
	rows = reallocarray(table->rows, table->nr + 1, sizeof(*rows));
	if (!rows) {
		sum->error = -ENOMEM;
		return NULL;
	}
	table->rows = rows;
	rows[table->nr] = *key;
	return &rows[table->nr++];
}

static void set_name(char *name, const char *text)
{
	snprintf(name, TRACE_NAME, "%s", text);
	make_printable(name);
}

static struct trace_row row_of(const struct trace_fill *fill)
{
	struct trace_row row = { };

	memcpy(row.user, fill->user, sizeof(row.user));
	memcpy(row.mode, fill->mode, sizeof(row.mode));
	return row;
}

static unsigned int bucket_of(u64 asked)
{
	return asked ? 63 - __builtin_clzll(asked) : 0;
}

static void add_mode(struct trace_summary *sum, const struct trace_fill *fill)
{
	struct trace_row key = row_of(fill), *row = find_row(sum, &sum->modes, &key);

	if (row) {
		totals_add_fill(&row->totals, fill);
		row->sizes[bucket_of(fill->asked)]++;
	}
	memcpy(key.reason, fill->reason, sizeof(key.reason));
	row = find_row(sum, &sum->ends, &key);
	if (row)
		totals_add_fill(&row->totals, fill);
}

static enum trace_context context_of(const struct trace_event *e)
{
	if (e->flags & TRACE_IN_HARDIRQ)
		return TRACE_HARDIRQ;
	return e->flags & TRACE_IN_SOFTIRQ ? TRACE_SOFTIRQ : TRACE_TASK;
}

/* Where the last fill of this CPU and context is kept; NULL without memory. */
static struct trace_last *last_of(struct trace_summary *sum, const struct trace_event *e)
{
	size_t at = (size_t)e->cpu * TRACE_NR_CONTEXTS + context_of(e);
	size_t nr = ((size_t)e->cpu + 1) * TRACE_NR_CONTEXTS;
	struct trace_last *last;

	if (nr > sum->nr_last) {
		last = reallocarray(sum->last, nr, sizeof(*sum->last));
		if (!last) {
			sum->error = -ENOMEM;
			return NULL;
		}
		sum->last = last;
		memset(&sum->last[sum->nr_last], 0, (nr - sum->nr_last) * sizeof(*sum->last));
		sum->nr_last = nr;
	}
	return &sum->last[at];
}

/* The task that a softirq interrupted has nothing to do with the fill. */
static void add_caller(struct trace_summary *sum, const struct trace_event *e,
		       const struct trace_fill *fill)
{
	struct trace_row key = row_of(fill), *row;
	struct trace_last *last = last_of(sum, e);

	key.kind = context_of(e);
	if (key.kind == TRACE_TASK)
		set_name(key.who, e->comm);
	row = find_row(sum, &sum->callers, &key);
	if (!row || !last)
		return;
	totals_add_fill(&row->totals, fill);
	last->waits = true;
	last->pid = e->pid;
	last->caller = key;
	last->fill = *fill;
}

static bool softirqs_held_off(const struct trace_event *e)
{
	return e->flags & (TRACE_IN_SOFTIRQ | TRACE_BH_OFF);
}

static void add_interface(struct trace_summary *sum, const struct trace_event *e,
			  const struct trace_fill *fill)
{
	struct trace_row key = row_of(fill), *row;

	key.kind = softirqs_held_off(e);
	key.cpu = e->cpu;
	key.pid = e->pid;
	row = find_row(sum, &sum->open, &key);
	if (row)
		totals_add_fill(&row->totals, fill);
}

/**
 * trace_summary_ts() - an event of any kind has come
 * @sum: the summary
 * @ns: its time
 */
void trace_summary_ts(struct trace_summary *sum, u64 ns)
{
	if (!sum->events || ns < sum->first_ns)
		sum->first_ns = ns;
	if (ns > sum->last_ns)
		sum->last_ns = ns;
	sum->events++;
}

/**
 * trace_summary_fill() - an event page_bulk:page_bulk_fill has come
 * @sum: the summary
 * @e: what all events have
 * @fill: the fill
 */
void trace_summary_fill(struct trace_summary *sum, const struct trace_event *e,
			const struct trace_fill *fill)
{
	totals_add_fill(&sum->totals, fill);
	add_mode(sum, fill);
	add_caller(sum, e, fill);
	if (!strcmp(fill->user, POLLED_USER))
		add_interface(sum, e, fill);
}

/**
 * trace_skips_function() - is this function between the caller and the page allocator?
 * @function: its name
 *
 * Return: true for the tracepoint's own function, page_bulk's, and page_pool's.
 */
bool trace_skips_function(const char *function)
{
	return !strncmp(function, "trace_", strlen("trace_")) ||
	       strstr(function, "page_bulk") || strstr(function, "page_pool");
}

/**
 * trace_summary_stack() - the stack of the last fill has come
 * @sum: the summary
 * @e: what all events have
 * @function: the first function in it that trace_skips_function() does not skip
 *
 * A stack of something else is passed over.
 */
void trace_summary_stack(struct trace_summary *sum, const struct trace_event *e,
			 const char *function)
{
	struct trace_last *last = last_of(sum, e);
	struct trace_row *row;

	if (!last || !last->waits || last->pid != e->pid)
		return;
	last->waits = false;
	row = find_row(sum, &sum->callers, &last->caller);
	if (!row)
		return;
	totals_sub_fill(&row->totals, &last->fill);
	snprintf(last->caller.function, TRACE_NAME, "%.*s", (int)strcspn(function, "."), function);
	row = find_row(sum, &sum->callers, &last->caller);
	if (row)
		totals_add_fill(&row->totals, &last->fill);
}

static void drop_row(struct trace_table *table, size_t i)
{
	table->rows[i] = table->rows[--table->nr];
}

/* What is open belongs to this interface, or to none. */
static void close_row(struct trace_summary *sum, size_t i, enum trace_via via,
		      const char *interface)
{
	const struct trace_row *open = &sum->open.rows[i];
	struct trace_row key = { .kind = via }, *row;

	memcpy(key.user, open->user, sizeof(key.user));
	memcpy(key.mode, open->mode, sizeof(key.mode));
	set_name(key.who, interface);
	row = find_row(sum, &sum->interfaces, &key);
	if (row)
		totals_add(&row->totals, &open->totals);
	drop_row(&sum->open, i);
}

/* No poll will end any more that it could lie in. */
static void close_without_poll(struct trace_summary *sum, size_t i)
{
	bool held_off = sum->open.rows[i].kind;

	close_row(sum, i, held_off || sum->bare_polls ? TRACE_VIA_LOST : TRACE_VIA_NO_NAPI, "");
}

/**
 * trace_summary_poll() - an event napi:napi_poll has come: a poll has ended
 * @sum: the summary
 * @e: what all events have
 * @interface: whose poll
 */
void trace_summary_poll(struct trace_summary *sum, const struct trace_event *e,
			const char *interface)
{
	sum->polls++;
	sum->bare_polls |= !softirqs_held_off(e);
	for (size_t i = sum->open.nr; i-- > 0;) {
		const struct trace_row *row = &sum->open.rows[i];

		if (row->cpu == e->cpu && row->pid == e->pid && row->kind == softirqs_held_off(e))
			close_row(sum, i, TRACE_VIA_POLL, interface);
	}
}

/**
 * trace_losses_add() - note that a CPU has lost events
 * @lost: where
 * @cpu: the CPU
 * @events: how many are known of
 * @more: there are more
 *
 * Return: 0 or -ENOMEM.
 */
int trace_losses_add(struct trace_losses *lost, int cpu, u64 events, bool more)
{
	struct trace_lost *cpus;
	size_t i = 0;

	while (i < lost->nr && lost->cpus[i].cpu < cpu)
		i++;
	if (i == lost->nr || lost->cpus[i].cpu != cpu) {
		cpus = reallocarray(lost->cpus, lost->nr + 1, sizeof(*cpus));
		if (!cpus)
			return -ENOMEM;
		lost->cpus = cpus;
		memmove(&cpus[i + 1], &cpus[i], (lost->nr++ - i) * sizeof(*cpus));
		cpus[i] = (struct trace_lost){ .cpu = cpu };
	}
	lost->cpus[i].events += events;
	lost->cpus[i].more |= more;
	return 0;
}

/**
 * trace_summary_lost() - events are missing at this place of a CPU
 * @sum: the summary
 * @cpu: the CPU
 * @events: how many; below 0 if the trace does not say
 *
 * The end of a poll may be among them: the next one that ends may be another.
 */
void trace_summary_lost(struct trace_summary *sum, int cpu, long long events)
{
	if (trace_losses_add(&sum->lost, cpu, events > 0 ? events : 0, events < 0))
		sum->error = -ENOMEM;
	for (size_t i = sum->open.nr; i-- > 0;)
		if (sum->open.rows[i].cpu == cpu)
			close_without_poll(sum, i);
	for (size_t c = 0; c < TRACE_NR_CONTEXTS; c++) {
		size_t at = (size_t)cpu * TRACE_NR_CONTEXTS + c;

		if (at < sum->nr_last)
			sum->last[at].waits = false;
	}
}

/* The events that follow are of another buffer, or there are none. */
void trace_summary_end_buffer(struct trace_summary *sum)
{
	for (size_t i = sum->open.nr; i-- > 0;)
		close_without_poll(sum, i);
	for (size_t i = 0; i < sum->nr_last; i++)
		sum->last[i].waits = false;
}

static int by_fills(const void *a, const void *b)
{
	const struct trace_row *x = a, *y = b;
	int order = strcmp(x->user, y->user);

	if (order)
		return order;
	if (x->totals.fills != y->totals.fills)
		return x->totals.fills < y->totals.fills ? 1 : -1;
	order = strcmp(x->mode, y->mode) ?: strcmp(x->reason, y->reason) ?: strcmp(x->who, y->who);
	return order ?: strcmp(x->function, y->function);
}

static void sort_table(struct trace_table *table)
{
	/* A caller of whose every fill the stack came later. */
	for (size_t i = table->nr; i-- > 0;)
		if (!table->rows[i].totals.fills)
			drop_row(table, i);
	if (table->nr)
		qsort(table->rows, table->nr, sizeof(*table->rows), by_fills);
}

/* All events have come: bring the tables in order. */
void trace_summary_finish(struct trace_summary *sum)
{
	trace_summary_end_buffer(sum);
	sort_table(&sum->modes);
	sort_table(&sum->ends);
	sort_table(&sum->callers);
	sort_table(&sum->interfaces);
}

void trace_summary_free(struct trace_summary *sum)
{
	free(sum->modes.rows);
	free(sum->ends.rows);
	free(sum->callers.rows);
	free(sum->interfaces.rows);
	free(sum->open.rows);
	free(sum->lost.cpus);
	free(sum->last);
}
