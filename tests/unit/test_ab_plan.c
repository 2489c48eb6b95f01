// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl ab --dry-run: it says what a run would do, and does none of it. */
#include <string.h>
#include <unistd.h>

#include "bulkctl.h"
#include "fake_tree.h"
#include "util.h"

static int setup(void **state)
{
	int ret = fake_setup(state);

	fake_write("debugfs/experiment", "holder none\n");
	fake_write("debugfs/sunrpc/latency", "");
	return ret;
}

#define SCHEDULE " --dry-run --rounds 3 --aa-rounds 2 --slice 2 --settle 500ms --seed 7"
#define METRICS	" --metric ns_per_page,nfs_ops_per_s --abort-if short_rate>0.5"
#define ORDER	"ab sunrpc --modes list,array --rounds 1 --aa-rounds 0 --slice 1ms --settle 0"

#define says(words)	assert_non_null(strstr(fake_out, words))

static void test_plan(void **state)
{
	(void)state;
	assert_int_equal(fake_run(cmd_ab, "ab sunrpc --modes stock,list" SCHEDULE METRICS
				  " -o /tmp/none.json -- fio job"), EXIT_DONE);
	says("would switch sunrpc, now array, to and fro, and back to array at the end\n");
	says("A/A arm: 2 blocks of 4 slices, the first stock");
	says("experiment: 3 blocks of 4 slices, the first ");
	says("20 slices of 2s, each after a gap of 500ms: 50s");
	says("--seed 7 makes the same order");
	says("vm.page_bulk.timing would be on meanwhile\n");
	says("COMMAND would run beside it: fio job\n");
	says("the result would be written to /tmp/none.json\n");
	says("metric ns_per_page\n");
	says("metric nfs_ops_per_s: missing, /proc/net/rpc/nfsd is missing");
	says("it would end after a slice with short_rate>0.5\n");
	assert_string_equal(fake_err, "");

	assert_string_equal(fake_read("debugfs/experiment"), "holder none\n");
	assert_string_equal(fake_read("sysctl/sunrpc"), "array\n");
	assert_string_equal(fake_read("sysctl/timing"), "0\n");
	assert_int_equal(access("/tmp/none.json", F_OK), -1);
}

/* The order that is told is the one that comes: the result of the same seed has it. */
static void test_order(void **state)
{
	unsigned int seen[2] = { };

	(void)state;
	for (unsigned int seed = 1; seed < 9; seed++) {
		const char *slices;
		bool array_first;
		char line[128];

		snprintf(line, sizeof(line), ORDER " --seed %u --dry-run", seed);
		assert_int_equal(fake_run(cmd_ab, line), EXIT_DONE);
		array_first = strstr(fake_out, "the first array list ");
		assert_true(array_first || strstr(fake_out, "the first list array "));
		seen[array_first]++;

		snprintf(line, sizeof(line), ORDER " --seed %u --json", seed);
		assert_int_equal(fake_run(cmd_ab, line), EXIT_DONE);
		slices = strstr(fake_out, "\"slices\"");
		assert_non_null(slices);
		slices = strstr(slices, "\"arm\": ");
		assert_non_null(slices);
		assert_int_equal(slices[strlen("\"arm\": ")] == '1', array_first);
	}
	assert_true(seen[0] && seen[1]);
}

static void test_refuses(void **state)
{
	(void)state;
	assert_int_equal(fake_run(cmd_ab, "ab sunrpc --modes stock,lits --dry-run"), EXIT_USAGE);
	fake_write("debugfs/experiment", "holder 77 bulkctl\n");
	assert_int_equal(fake_run(cmd_ab, "ab sunrpc --modes stock,list --dry-run"), EXIT_FAILED);
	assert_non_null(strstr(fake_err, "process 77, bulkctl"));
	assert_string_equal(fake_out, "");
	fake_remove("debugfs/experiment");
	assert_int_equal(fake_run(cmd_ab, "ab sunrpc --modes stock,list --dry-run"),
			 EXIT_NO_INTERFACE);
}

int main(void)
{
	const struct cm_unit_test tests[] = {
		cmocka_unit_test_setup_teardown(test_plan, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_order, setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_refuses, setup, fake_teardown),
	};

	return cmocka_run_group_tests_name("ab_plan", tests, NULL, NULL);
}
