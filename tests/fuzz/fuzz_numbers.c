// SPDX-License-Identifier: GPL-2.0-only
/* Words of the command line that are numbers: counts, durations, CPU lists, process ids. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "fuzz.h"
#include "perf.h"

#define UNTOUCHED	0xdeadbeefcafeULL
#define LONGEST		2000	/* of a list of CPUs: each of its ranges may be 65536 of them */

static void try_u64(const char *text)
{
	u64 value = UNTOUCHED;
	int ret = parse_u64(text, &value);
	char digits[24];

	if (ret) {
		fuzz_check((ret == -EINVAL || ret == -ERANGE) && value == UNTOUCHED);
		return;
	}
	snprintf(digits, sizeof(digits), "%llu", value);
	text += strspn(text, "0");
	fuzz_check(!strcmp(*text ? text : "0", digits));
}

/* Of what format_duration() writes, such as 1h5m4s3ms, parse_duration() takes each part. */
static u64 sum_of_parts(const char *text)
{
	char part[32];
	u64 sum = 0, ns;
	size_t len;

	for (; *text; text += len) {
		len = strspn(text, "0123456789");
		len += strcspn(text + len, "0123456789");
		fuzz_check(len < sizeof(part));
		memcpy(part, text, len);
		part[len] = '\0';
		fuzz_check(!parse_duration(part, &ns) && (ns || !strcmp(text, "0ms")));
		sum += ns;
	}
	return sum;
}

static void try_duration(const char *text)
{
	u64 ns = UNTOUCHED, sum;
	int ret = parse_duration(text, &ns);
	char buf[32];

	if (ret) {
		fuzz_check((ret == -EINVAL || ret == -ERANGE) && ns == UNTOUCHED);
		return;
	}
	fuzz_check(isdigit((unsigned char)*text) && ns <= INT64_MAX);
	format_duration(ns, buf, sizeof(buf));
	sum = sum_of_parts(buf);
	fuzz_check((sum > ns ? sum - ns : ns - sum) <= NSEC_PER_MSEC / 2);
}

static void try_interval(const char *text)
{
	u64 ns = UNTOUCHED;
	int ret;

	fuzz_quiet();
	ret = arg_interval("report", text, &ns);
	fuzz_check_message(ret);
	fuzz_check(ret ? ret == EXIT_USAGE && ns == UNTOUCHED :
		   ns >= NSEC_PER_MSEC && ns <= 86400 * NSEC_PER_SEC);
}

/* The number that COMMAND prints is the last one, whatever stands before it. */
static void try_last(const unsigned char *data, size_t size)
{
	double last = number_last((const char *)data, size);
	char *more;

	fuzz_check(isnan(last) || isfinite(last));
	more = malloc(size + 3);
	fuzz_check(more);
	memcpy(more, data, size);
	memcpy(more + size, " 7", 3);
	fuzz_check(number_last(more, size + 2) == 7);
	free(more);
}

static void try_target(const char *text, int (*parse)(const char *verb, const char *list,
						      struct perf_target *target))
{
	struct perf_target target = { };
	int ret;

	fuzz_quiet();
	ret = parse("report", text, &target);
	fuzz_check_message(ret);
	fuzz_check(!ret || ret == EXIT_USAGE);
	fuzz_check(ret || target.nr_cpus || target.nr_pids);
	for (unsigned int i = 0; i < target.nr_pids; i++)
		fuzz_check(target.pids[i] > 0);
	free(target.cpus);
	free(target.pids);
}

static void try_cpus(const char *text)
{
	unsigned int nr = 0, count = 1;
	int *cpus = NULL;
	int ret = perf_parse_cpus(text, &cpus, &nr);

	fuzz_check(!ret || (ret == -EINVAL && !cpus && !nr));
	if (ret)
		return;
	for (const char *c = text; *c; c++)
		count += *c == ',';
	fuzz_check(nr >= count);
	for (unsigned int i = 0; i < nr; i++)
		fuzz_check(cpus[i] >= 0 && cpus[i] <= 65535);
	free(cpus);
}

void fuzz_setup(void)
{
	fuzz_write("online", "0-3\n");
}

void fuzz_one(const unsigned char *data, size_t size)
{
	char *text = fuzz_text(data, size);

	try_u64(text);
	try_duration(text);
	try_interval(text);
	try_last(data, size);
	if (strlen(text) < LONGEST)
		try_cpus(text);
	try_target(text, perf_target_pids);
	if (strlen(text) < LONGEST)
		try_target(text, perf_target_cpus);
	free(text);
}
