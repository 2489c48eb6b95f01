// SPDX-License-Identifier: GPL-2.0-only
/* What the machine counts: /proc/vmstat, the hypervisor's name. */
#include <errno.h>
#include <string.h>

#include "fake_tree.h"
#include "machine.h"
#include "util.h"
#include "vmstat.h"

static int parse_vmstat(const char *text, struct vmstat *vm)
{
	FILE *in = fake_file(text);
	int ret = vmstat_parse(in, vm);

	fclose(in);
	return ret;
}

static void test_vmstat(void **state)
{
	struct vmstat a, b, d;

	(void)state;
	assert_int_equal(parse_vmstat("pgalloc_dma 1\npgalloc_dma32 20\npgalloc_normal 300\n"
				      "allocstall_normal 7\npgfree 50\npgfree_x 9\n", &a), 0);
	assert_int_equal(a.pgalloc, 321);
	assert_int_equal(a.pgfree, 50);
	assert_int_equal(parse_vmstat("pgalloc_normal 400\npgfree 40\n", &b), 0);
	vmstat_delta(&a, &b, &d);
	assert_int_equal(d.pgalloc, 79);
	assert_int_equal(d.pgfree, PB_UNKNOWN);	/* went back */

	assert_int_equal(parse_vmstat("nr_free_pages 1\n", &a), 0);
	assert_int_equal(a.pgalloc, PB_UNKNOWN);
	assert_int_equal(a.pgfree, PB_UNKNOWN);
	vmstat_delta(&a, &b, &d);
	assert_int_equal(d.pgalloc, PB_UNKNOWN);
	assert_int_equal(parse_vmstat("", &a), 0);
	assert_int_equal(a.pgalloc, PB_UNKNOWN);
	assert_int_equal(parse_vmstat("pgfree 3\npgalloc_normal 12x\n", &a), -EBADMSG);
	assert_int_equal(a.pgfree, PB_UNKNOWN);
	pb_paths.vmstat = "/nonexistent";
	vmstat_read(&a);
	assert_int_equal(a.pgalloc, PB_UNKNOWN);
}

static const char *hypervisor(const char *vendor, const char *cpuinfo)
{
	FILE *in = fake_file(cpuinfo);
	const char *name = machine_hypervisor(vendor, in);

	fclose(in);
	return name;
}

static void test_hypervisor(void **state)
{
	const char *flag = "processor : 0\nflags\t\t: fpu hypervisor lahf_lm\n";

	(void)state;
	assert_string_equal(hypervisor("QEMU", "model name\t: QEMU TCG CPU version 2.5+\n"),
			    "QEMU TCG");
	assert_string_equal(hypervisor("QEMU", flag), "QEMU");
	assert_string_equal(hypervisor("", flag), "hypervisor");
	assert_string_equal(hypervisor("Dell Inc.", "flags : fpu hypervisors\n"), "");
	assert_string_equal(machine_hypervisor("", NULL), "");
}

int main(void)
{
	const struct cm_unit_test tests[] = {
		cmocka_unit_test_setup_teardown(test_vmstat, fake_setup, fake_teardown),
		cmocka_unit_test(test_hypervisor),
	};

	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
