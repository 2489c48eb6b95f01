// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's files about page_bulk: each parser of one gets the input. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "experiment.h"
#include "fuzz.h"
#include "histogram.h"

static const char * const links[] = {
	"debugfs/version", "debugfs/experiment", "debugfs/user/stats", "debugfs/user/zone_locks",
	"debugfs/user/sizes", "debugfs/user/latency", "sysctl/available_modes", "sysctl/timing",
	"sysctl/user",
};

void fuzz_setup(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		fuzz_link(links[i]);
}

static int parse_stats(const char *text, size_t size, struct pb_stats *stats)
{
	FILE *in = fuzz_stream((const unsigned char *)text, size);
	unsigned int line;
	int ret = pb_parse_stats(in, stats, &line);

	fclose(in);
	fuzz_check(!ret || ret == -EBADMSG);
	return ret;
}

/* What the kernel would have written for these counters. */
static char *print_stats(const struct pb_stats *stats, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	fuzz_check(out);
	if (stats->generation != PB_UNKNOWN)
		fprintf(out, "generation %llu\n", stats->generation);
	for (unsigned int i = 0; i < stats->nr_modes; i++)
		for (unsigned int key = 0; key < PB_NR_KEYS; key++)
			if (stats->modes[i].v[key] != PB_UNKNOWN)
				fprintf(out, "%s %s %llu\n", stats->modes[i].mode,
					pb_key_names[key], stats->modes[i].v[key]);
	fclose(out);
	return text;
}

static void try_stats(const unsigned char *data, size_t size)
{
	struct pb_stats stats, again, delta;
	size_t len;
	char *text;

	if (parse_stats((const char *)data, size, &stats))
		return;
	fuzz_check(stats.nr_modes <= PB_MAX_MODES && data[size - 1] == '\n');
	text = print_stats(&stats, &len);
	if (len) {
		fuzz_check(!parse_stats(text, len, &again));
		fuzz_check(again.generation == stats.generation);
		for (unsigned int i = 0; i < again.nr_modes; i++)
			fuzz_check(!memcmp(pb_find_mode(&stats, again.modes[i].mode)->v,
					   again.modes[i].v, sizeof(again.modes[i].v)));
	}
	free(text);
	/* Between a reading and the same one nothing happened. */
	fuzz_check(pb_delta(&stats, &stats, &delta) && delta.nr_modes == stats.nr_modes);
	for (unsigned int i = 0; i < delta.nr_modes; i++)
		fuzz_check(!pb_active(&delta.modes[i]));
}

static void try_histogram(const unsigned char *data, size_t size, enum histogram_kind kind,
			  const char *mode)
{
	FILE *in = fuzz_stream(data, size);
	struct histogram h, delta;
	unsigned int line;
	int ret = histogram_parse(in, kind, mode, &h, &line);
	double median;

	fclose(in);
	fuzz_check(!ret || ret == -EBADMSG);
	fuzz_check(h.known == !ret);
	if (ret) {
		fuzz_check(line && !histogram_total(&h));
		return;
	}
	fuzz_check(!size || data[size - 1] == '\n');
	fuzz_check(histogram_delta(&h, &h, &delta) && !histogram_total(&delta));
	median = histogram_quantile(&h, 0.5);
	fuzz_check(histogram_total(&h) ? median >= 0 : median != median);
}

static void check_row(const struct bench_row *row)
{
	struct bench_row again;
	char line[512];

	fuzz_check(row->mode[0] && row->memory[0] && row->gfp[0]);
	snprintf(line, sizeof(line),
		 "row mode=%s memory=%s gfp=%s batch=%llu samples=%llu total_ps=%llu\n",
		 row->mode, row->memory, row->gfp, row->batch, row->samples, row->total_ps);
	fuzz_check(!bench_parse_row(line, &again));
	fuzz_check(!strcmp(again.mode, row->mode) && !strcmp(again.memory, row->memory) &&
		   !strcmp(again.gfp, row->gfp) && again.batch == row->batch &&
		   again.samples == row->samples && again.total_ps == row->total_ps);
}

static void try_bench(const unsigned char *data, size_t size, const char *text)
{
	FILE *in = fuzz_stream(data, size);
	struct bench_results results;
	int ret = bench_read(in, &results);
	u64 done, all;

	fclose(in);
	fuzz_check(!ret || ret == -EINVAL);
	for (size_t i = 0; i < results.nr; i++)
		check_row(&results.rows[i]);
	if (!ret)
		bench_print_table(&results);
	bench_free(&results);
	if (bench_parse_progress(text, &done, &all))
		fuzz_check(all && done <= all && fuzz_has_number(text, done) &&
			   fuzz_has_number(text, all));
}

static void try_words(const char *text)
{
	struct pb_names names, again;
	char line[PB_MAX_USERS * PB_NAME];
	int ret = pb_parse_names(text, &names);

	fuzz_check(!ret || ret == -EBADMSG);
	if (ret)
		return;
	pb_join_names(&names, line, sizeof(line));
	fuzz_check(!pb_parse_names(line, &again) && again.nr == names.nr);
	for (unsigned int i = 0; i < names.nr; i++)
		fuzz_check(!strcmp(names.name[i], again.name[i]) &&
			   pb_has_name(&names, again.name[i]));
}

/* The same through files: with their messages. */
static void try_files(const unsigned char *data, size_t size)
{
	struct user_histograms histograms;
	char mode[PB_NAME], holder[256];
	struct pb_stats stats;
	struct pb_names modes;
	int ret;

	fuzz_quiet();
	ret = pb_read_stats("user", &stats);
	fuzz_check_message(ret);
	if (!ret) {
		fuzz_quiet();
		fuzz_check_message(histograms_read("user", &stats, &histograms));
	}
	fuzz_quiet();
	ret = pb_check_debugfs();
	if (ret)
		fuzz_check(pb_complain_debugfs(ret) == EXIT_FAILED);
	fuzz_check_message(ret);
	pb_read_generation("user");
	if (!pb_read_modes(&modes))
		fuzz_check(modes.nr && modes.nr <= PB_MAX_USERS);
	if (!pb_read_mode("user", mode)) {
		size_t len = strlen(mode);

		fuzz_check(!memcmp(data, mode, len) && (len == size || data[len] == '\n'));
	}
	ret = pb_read_timing();
	fuzz_check(ret < 0 || ret <= 1);
	if (experiment_held(holder, sizeof(holder)))
		fuzz_check(!strncmp(holder, "process ", strlen("process ")) &&
			   !strchr(holder, '\n'));
}

void fuzz_one(const unsigned char *data, size_t size)
{
	char *text = fuzz_text(data, size);

	fuzz_quiet();
	fuzz_input(data, size);
	try_stats(data, size);
	for (unsigned int kind = 0; kind < NR_HISTOGRAMS; kind++) {
		try_histogram(data, size, kind, NULL);
		try_histogram(data, size, kind, "array");
	}
	try_bench(data, size, text);
	try_words(text);
	try_files(data, size);
	free(text);
}
