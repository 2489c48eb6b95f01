// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl bench: the parser of the results, the verb. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bulkctl.h"
#include "fake_tree.h"
#include "util.h"

#define ROW(mode, total)							\
	"row mode=" mode " memory=cold batch=64 gfp=kernel samples=15 "		\
	"alloc_ps=1500 free_ps=2500 total_ps=" total " spread_ppm=12000 "	\
	"alloc_clocks=3900 missing=0\n"

static const char results[] =
	ROW("array", "4000") ROW("stock", "20000") "end status=0 page=64\n";

static void test_parse_row(void **state)
{
	struct bench_row row;

	(void)state;
	assert_int_equal(bench_parse_row(ROW("stock_list", "4000"), &row), 0);
	assert_string_equal(row.mode, "stock_list");
	assert_string_equal(row.memory, "cold");
	assert_string_equal(row.gfp, "kernel");
	assert_int_equal(row.batch, 64);
	assert_int_equal(row.samples, 15);
	assert_int_equal(row.alloc_ps, 1500);
	assert_int_equal(row.free_ps, 2500);
	assert_int_equal(row.total_ps, 4000);
	assert_int_equal(row.spread_ppm, 12000);
	assert_int_equal(row.missing, 0);

	/* What is missing stays unknown. */
	assert_int_equal(bench_parse_row("row mode=a memory=b gfp=c batch=1", &row), 0);
	assert_true(row.total_ps == UINT64_MAX);
	assert_true(row.spread_ppm == UINT64_MAX);
}

static void test_parse_bad_rows(void **state)
{
	static const char * const bad[] = {
		"", "row", "rows mode=a memory=b gfp=c batch=1", "row mode=a memory=b gfp=c",
		"row mode=a memory=b batch=1", "row mode= memory=b gfp=c batch=1",
		"row mode=a memory=b gfp=c batch=-1",
		"row mode=a memory=b gfp=c batch=1 alloc_ps=x",
		"row mode=a memory=b gfp=c batch=1 alone",
		"row mode=seventeen-letters memory=b gfp=c batch=1",
	};
	struct bench_row row;
	char line[2048];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		print_message("# '%s'\n", bad[i]);
		assert_int_equal(bench_parse_row(bad[i], &row), -EINVAL);
	}
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(bench_parse_row(line, &row), -EINVAL);
}

static void test_read(void **state)
{
	struct bench_results r;
	FILE *in;

	(void)state;
	in = fake_file(results);
	assert_int_equal(bench_read(in, &r), 0);
	fclose(in);
	assert_int_equal(r.nr, 2);
	assert_int_equal(r.status, 0);
	bench_free(&r);

	in = fake_file("row mode=a\n");
	assert_int_equal(bench_read(in, &r), -EINVAL);
	fclose(in);
	bench_free(&r);
}

/* Put the document where test_schema.py checks it against its schema. */
static void keep(const char *name)
{
	const char *dir = getenv("O");
	char path[512];
	FILE *out;

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "we");
	assert_non_null(out);
	fputs(fake_out, out);
	fclose(out);
}

static void test_verb(void **state)
{
	(void)state;
	fake_write("debugfs/bench/run", "");
	fake_write("debugfs/bench/results", results);
	assert_int_equal(fake_run(cmd_bench, "bench --modes array,stock --samples 15"), 0);
	assert_string_equal(fake_read("debugfs/bench/run"), "modes=array,stock samples=15 ");
	assert_non_null(strstr(fake_out, "cold memory, gfp=kernel, ns per page"));
	assert_non_null(strstr(fake_out, "64 array           1.50      2.50      4.00     0.20"));
	assert_non_null(strstr(fake_out, " 1.2%\n"));

	assert_int_equal(fake_run(cmd_bench, "bench --force --json"), 0);
	assert_non_null(strstr(fake_out, "\"schema\": \"page-bulk-bench/1\""));
	keep("bench.json");
}

static void test_verb_refuses(void **state)
{
	(void)state;
	assert_int_equal(fake_run(cmd_bench, "bench"), EXIT_NO_INTERFACE);
	assert_non_null(strstr(fake_err, "CONFIG_PAGE_BULK_BENCH"));
	assert_int_equal(fake_run(cmd_bench, "bench --modes Array"), EXIT_USAGE);
	assert_int_equal(fake_run(cmd_bench, "bench --samples -1"), EXIT_USAGE);
	assert_int_equal(fake_run(cmd_bench, "bench --nonsense"), EXIT_USAGE);
	assert_int_equal(fake_run(cmd_bench, "bench array"), EXIT_USAGE);
	assert_int_equal(fake_run(cmd_bench, "bench --help"), EXIT_DONE);
}

int main(void)
{
	const struct cm_unit_test tests[] = {
		cmocka_unit_test(test_parse_row),
		cmocka_unit_test(test_parse_bad_rows),
		cmocka_unit_test(test_read),
		cmocka_unit_test_setup_teardown(test_verb, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_verb_refuses, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests_name("bench", tests, NULL, NULL);
}
