// SPDX-License-Identifier: GPL-2.0-only
/* The results of the kernel's benchmark: lines of key=value words, and a table of them. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static const struct {
	const char *key;
	size_t offset;
	bool is_word;
} row_keys[] = {
	{ "mode", offsetof(struct bench_row, mode), true },
	{ "memory", offsetof(struct bench_row, memory), true },
	{ "gfp", offsetof(struct bench_row, gfp), true },
	{ "batch", offsetof(struct bench_row, batch), false },
	{ "samples", offsetof(struct bench_row, samples), false },
	{ "alloc_ps", offsetof(struct bench_row, alloc_ps), false },
	{ "free_ps", offsetof(struct bench_row, free_ps), false },
	{ "total_ps", offsetof(struct bench_row, total_ps), false },
	{ "spread_ppm", offsetof(struct bench_row, spread_ppm), false },
	{ "missing", offsetof(struct bench_row, missing), false },
};

/* Keys that a later kernel may have are skipped. */
static int parse_pair(const char *key, const char *value, struct bench_row *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(row_keys); i++) {
		char *member = (char *)row + row_keys[i].offset;

		if (strcmp(key, row_keys[i].key))
			continue;
		if (!row_keys[i].is_word)
			return parse_u64(value, (u64 *)member);
		if (!*value || strlen(value) >= BENCH_WORD)
			return -EINVAL;
		memcpy(member, value, strlen(value) + 1);
	}
	return 0;
}

/**
 * bench_parse_row() - read one line of the table
 * @line: "row key=value ...", with or without a newline
 * @row: where it goes
 *
 * Return: 0; -EINVAL when it is none, or lacks its mode, memory, gfp or batch.
 */
int bench_parse_row(const char *line, struct bench_row *row)
{
	char copy[1024], *words = copy, *word, *value;
	int ret;

	memset(row, 0xff, sizeof(*row));
	row->mode[0] = '\0';
	row->memory[0] = '\0';
	row->gfp[0] = '\0';
	if (strlen(line) >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, line, strlen(line) + 1);
	word = strsep(&words, "\n ");
	if (strcmp(word, "row"))
		return -EINVAL;
	while ((word = strsep(&words, "\n "))) {
		if (!*word)
			continue;
		value = strchr(word, '=');
		if (!value)
			return -EINVAL;
		*value++ = '\0';
		ret = parse_pair(word, value, row);
		if (ret)
			return -EINVAL;
	}
	if (!row->mode[0] || !row->memory[0] || !row->gfp[0] || row->batch == UINT64_MAX)
		return -EINVAL;
	return 0;
}

static int add_row(struct bench_results *results, const struct bench_row *row)
{
	struct bench_row *rows;

	rows = reallocarray(results->rows, results->nr + 1, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	rows[results->nr++] = *row;
	results->rows = rows;
	return 0;
}

/**
 * bench_read() - read the results of a run
 * @in: page_bulk/bench/results
 * @results: where they go; to be given to bench_free(), also after an error
 *
 * Lines of other kinds than the table's are skipped.
 *
 * Return: 0, -EINVAL when a row cannot be read, -ENOMEM.
 */
int bench_read(FILE *in, struct bench_results *results)
{
	struct bench_row row;
	size_t size = 0;
	char *line = NULL;
	ssize_t len;
	int ret = 0;

	*results = (struct bench_results){ .status = UINT64_MAX };
	while (!ret && (len = getline(&line, &size, in)) > 0) {
		/* The kernel always ends a line: one without its newline was cut off. */
		if (line[len - 1] != '\n') {
			ret = -EINVAL;
		} else if (!strncmp(line, "row ", 4)) {
			ret = bench_parse_row(line, &row);
			if (!ret)
				ret = add_row(results, &row);
		} else if (!strncmp(line, "end status=", 11)) {
			line[11 + strspn(line + 11, "0123456789")] = '\0';
			if (parse_u64(line + 11, &results->status))
				ret = -EINVAL;
		}
	}
	free(line);
	return ret;
}

/**
 * bench_free() - give the rows back
 * @results: from bench_read()
 */
void bench_free(struct bench_results *results)
{
	free(results->rows);
	results->rows = NULL;
	results->nr = 0;
}

static bool same_table(const struct bench_row *a, const struct bench_row *b)
{
	return !strcmp(a->memory, b->memory) && !strcmp(a->gfp, b->gfp);
}

static void print_ns(u64 ps)
{
	if (ps == UINT64_MAX)
		printf(" %9s", "unknown");
	else
		printf(" %9.2f", (double)ps / 1000);
}

/* Of the row with the same batch in mode stock, which all are compared with. */
static const struct bench_row *find_stock(const struct bench_results *results,
					  const struct bench_row *row)
{
	for (size_t i = 0; i < results->nr; i++) {
		const struct bench_row *r = &results->rows[i];

		if (same_table(r, row) && r->batch == row->batch && !strcmp(r->mode, "stock"))
			return r;
	}
	return NULL;
}

/**
 * bench_print_table() - print the rows, one table for each state of memory and GFP flags
 * @results: from bench_read()
 */
void bench_print_table(const struct bench_results *results)
{
	for (size_t i = 0; i < results->nr; i++) {
		const struct bench_row *row = &results->rows[i];
		const struct bench_row *stock = find_stock(results, row);

		if (!i || !same_table(row, row - 1))
			printf("%s%s memory, gfp=%s, ns per page\n%7s %-10s %9s %9s %9s %8s %7s\n",
			       i ? "\n" : "", row->memory, row->gfp, "batch", "mode", "alloc",
			       "free", "total", "by stock", "spread");
		printf("%7llu %-10s", row->batch, row->mode);
		print_ns(row->alloc_ps);
		print_ns(row->free_ps);
		print_ns(row->total_ps);
		if (stock && stock->total_ps && stock->total_ps != UINT64_MAX &&
		    row->total_ps != UINT64_MAX)
			printf(" %8.2f", (double)row->total_ps / stock->total_ps);
		else
			printf(" %8s", "-");
		if (row->spread_ppm == UINT64_MAX)
			printf(" %7s\n", "unknown");
		else
			printf(" %6.1f%%\n", (double)row->spread_ppm / 10000);
	}
}
