// SPDX-License-Identifier: GPL-2.0-only
/* Strict numbers and durations, small files. */
#include <errno.h>
#include <string.h>

#include "fake_tree.h"
#include "util.h"

static void test_parse_u64(void **state)
{
	static const struct {
		const char *s;
		int ret;
		u64 value;
	} table[] = {
		{ "0", 0, 0 },
		{ "42", 0, 42 },
		{ "007", 0, 7 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "nan", -EINVAL, 0 },
	};
	u64 value;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		value = 12345;
		print_message("# '%s'\n", table[i].s);
		assert_int_equal(parse_u64(table[i].s, &value), table[i].ret);
		assert_int_equal(value, table[i].ret ? 12345 : table[i].value);
	}
}

/* Lines of the kernel's files: what sscanf() takes for a number may be none. */
static void test_scan_u64(void **state)
{
	static const struct {
		const char *s, *label;
		const char *rest;	/* NULL: refused */
		u64 value;
	} table[] = {
		{ "rpc 829 0", "rpc ", " 0", 829 },
		{ "  high:   51\n", "high:", "\n", 51 },
		{ "\t7", "", "", 7 },
		{ "x: 18446744073709551615", "x:", "", UINT64_MAX },
		{ "x: 18446744073709551616", "x:", NULL, 0 },
		{ "x: 000000000000000000000000000000001", "x:", NULL, 0 },
		{ "x: -1", "x:", NULL, 0 },
		{ "x: +1", "x:", NULL, 0 },
		{ "x: 12y", "x:", NULL, 0 },
		{ "x:\n5", "x:", NULL, 0 },
		{ "x:", "x:", NULL, 0 },
		{ "xx: 5", "x:", NULL, 0 },
		{ "", "", NULL, 0 },
		{ NULL, "x:", NULL, 0 },
	};
	const char *rest;
	u64 value;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		value = 12345;
		print_message("# '%s'\n", table[i].s ?: "NULL");
		rest = scan_u64(table[i].s, table[i].label, &value);
		assert_int_equal(value, table[i].rest ? table[i].value : 12345);
		if (table[i].rest)
			assert_string_equal(rest, table[i].rest);
		else
			assert_null(rest);
	}
}

static void test_parse_duration(void **state)
{
	static const struct {
		const char *s;
		int ret;
		u64 ns;
	} table[] = {
		{ "30s", 0, 30 * NSEC_PER_SEC },
		{ "5m", 0, 300 * NSEC_PER_SEC },
		{ "1h", 0, 3600 * NSEC_PER_SEC },
		{ "500ms", 0, 500 * NSEC_PER_MSEC },
		{ "2", 0, 2 * NSEC_PER_SEC },
		{ "0.5", 0, NSEC_PER_SEC / 2 },
		{ "1.5h", 0, 5400 * NSEC_PER_SEC },
		{ "0.999999h", 0, 3599996400000ULL },
		{ "0", 0, 0 },
		{ "2562047h", 0, 2562047ULL * 3600 * NSEC_PER_SEC },
		{ "2562048h", -ERANGE, 0 },
		{ "9223372037", -ERANGE, 0 },
		{ "99999999999999999999s", -ERANGE, 0 },
		{ "0.1234567", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ "-5s", -EINVAL, 0 },
		{ "+5s", -EINVAL, 0 },
		{ " 5s", -EINVAL, 0 },
		{ "5s ", -EINVAL, 0 },
		{ "5 s", -EINVAL, 0 },
		{ "5.s", -EINVAL, 0 },
		{ ".5s", -EINVAL, 0 },
		{ "5S", -EINVAL, 0 },
		{ "5sec", -EINVAL, 0 },
		{ "1h30m", -EINVAL, 0 },
		{ "nan", -EINVAL, 0 },
		{ "inf", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
	};
	u64 ns;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		ns = 12345;
		print_message("# '%s'\n", table[i].s);
		assert_int_equal(parse_duration(table[i].s, &ns), table[i].ret);
		assert_int_equal(ns, table[i].ret ? 12345 : table[i].ns);
	}
}

static void test_format_duration(void **state)
{
	static const struct {
		u64 ns;
		const char *text;
	} table[] = {
		{ 0, "0ms" },
		{ 500 * NSEC_PER_MSEC, "500ms" },
		{ 30 * NSEC_PER_SEC, "30s" },
		{ 250 * NSEC_PER_SEC, "4m10s" },
		{ 3900 * NSEC_PER_SEC, "1h5m" },
		{ NSEC_PER_SEC - 1, "1s" },
		{ INT64_MAX, "2562047h47m16s855ms" },
	};
	char buf[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		format_duration(table[i].ns, buf, sizeof(buf));
		assert_string_equal(buf, table[i].text);
	}
}

static void test_read_first_line(void **state)
{
	char path[256], buf[8];

	(void)state;
	snprintf(path, sizeof(path), "%s/x", pb_paths.sysctl);
	assert_int_equal(read_first_line(path, buf, sizeof(buf)), -ENOENT);
	fake_write("sysctl/x", "");
	assert_int_equal(read_first_line(path, buf, sizeof(buf)), -ENODATA);
	fake_write("sysctl/x", "array\nmore\n");
	assert_int_equal(read_first_line(path, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "array");
	fake_write("sysctl/x", "array");
	assert_int_equal(read_first_line(path, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "array");
	fake_write("sysctl/x", "longer than the buffer\n");
	assert_int_equal(read_first_line(path, buf, sizeof(buf)), -EMSGSIZE);
	assert_int_equal(write_file_atomically(path, "a\0b\n", 4), 0);
	assert_int_equal(read_first_line(path, buf, sizeof(buf)), -EMSGSIZE);
	assert_int_equal(write_file_atomically(path, "a\nb\0", 4), 0);
	assert_int_equal(read_first_line(path, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "a");
}

static void test_write_atomically(void **state)
{
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/new", pb_paths.sysctl);
	assert_int_equal(write_file_atomically(path, "one\n", 4), 0);
	assert_string_equal(fake_read("sysctl/new"), "one\n");
	assert_int_equal(write_file_atomically(path, "two\n", 4), 0);
	assert_string_equal(fake_read("sysctl/new"), "two\n");
	snprintf(path, sizeof(path), "%s/missing/new", pb_paths.sysctl);
	assert_int_equal(write_file_atomically(path, "one\n", 4), -ENOENT);

	/* A bare name is one of the working directory */
	assert_int_equal(chdir(pb_paths.sysctl), 0);
	assert_int_equal(write_file_atomically("new", "three\n", 6), 0);
	assert_string_equal(fake_read("sysctl/new"), "three\n");
	assert_int_equal(write_file_atomically("bare", "four\n", 5), 0);
	assert_string_equal(fake_read("sysctl/bare"), "four\n");
	assert_int_equal(chdir("/"), 0);
}

int main(void)
{
	const struct cm_unit_test tests[] = {
		cmocka_unit_test(test_parse_u64),
		cmocka_unit_test(test_scan_u64),
		cmocka_unit_test(test_parse_duration),
		cmocka_unit_test(test_format_duration),
		cmocka_unit_test_setup_teardown(test_read_first_line, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_write_atomically, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests_name("util", tests, NULL, NULL);
}
