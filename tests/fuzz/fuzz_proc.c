// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's files about the machine, in /proc and /sys: each parser gets the input. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "busy.h"
#include "confounders.h"
#include "doctor.h"
#include "fuzz.h"
#include "machine.h"
#include "perf.h"
#include "report_per.h"
#include "system.h"
#include "vmstat.h"

/* What is unknown is never shown as the number that it is inside: only if it stood there. */
static bool shows_unknown(const char *shown, const unsigned char *data, size_t size)
{
	static const char number[] = "18446744073709551615";

	return strstr(shown, number) && !memmem(data, size, number, strlen(number));
}

static const char * const links[] = {
	"proc/stat", "proc/net/rpc/nfsd", "proc/net/dev", "proc/buddyinfo", "proc/meminfo",
	"proc/loadavg", "proc/cmdline", "proc/config.gz", "vmstat", "cpuinfo", "dmi_vendor",
	"online", "sys/kernel/notes", "proc/self/status", "proc/sys/kernel/perf_event_paranoid",
	"sys/kernel/security/lockdown",
};

void fuzz_setup(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		fuzz_link(links[i]);
}

static void try_system(const char *text, size_t size)
{
	char *names[2] = { (char *)"eth0", (char *)"lo" };
	const struct interfaces interfaces = { ARRAY_SIZE(names), names };
	struct system_sample s;
	struct traffic traffic;

	system_read(&s);
	fuzz_check(isnan(s.cpu_s) || (s.cpu_s >= 0 && isfinite(s.cpu_s)));
	fuzz_check(isnan(s.frag) || (s.frag >= 0 && s.frag <= 1));
	fuzz_check(isnan(s.free_pages) == isnan(s.frag) && !(s.free_pages <= 0));
	fuzz_check(s.nr_interfaces <= SYSTEM_MAX_INTERFACES);
	for (unsigned int i = 0; i < s.nr_interfaces; i++)
		fuzz_check(*s.interfaces[i].name);
	traffic_read(&interfaces, &traffic);
	fuzz_check(traffic.rpcs == s.nfsd.rpcs);
	if (traffic.rpcs != PB_UNKNOWN && strlen(text) == size)
		fuzz_check(fuzz_has_number(text, traffic.rpcs));
}

static void try_busy(const char *text)
{
	char *line = strdup(text);
	struct busy_process p;

	if (!busy_parse(line, &p)) {
		fuzz_check(p.pid > 0 && p.count == 1 && fuzz_has_number(text, p.start));
		for (const char *c = p.comm; *c; c++)
			fuzz_check(isascii(*c) && isprint((unsigned char)*c));
	}
	free(line);
}

static void try_pcp(const unsigned char *data, size_t size)
{
	char limits[CONFOUNDER_TEXT], high[CONFOUNDER_TEXT];
	FILE *in = fuzz_stream(data, size);

	pcp_parse(in, limits, high, sizeof(limits));
	fclose(in);
	fuzz_check(!shows_unknown(limits, data, size) && !shows_unknown(high, data, size));
}

static void try_cpus(const char *text)
{
	unsigned int nr;
	int *cpus;

	fuzz_check(!perf_online_cpus(&cpus, &nr) && nr);
	for (unsigned int i = 0; i < nr; i++)
		fuzz_check(cpus[i] >= 0 && cpus[i] <= 65535);
	free(cpus);
	cpus = NULL;
	if (perf_parse_cpus(text, &cpus, &nr))
		fuzz_check(!cpus);
	free(cpus);
}

/* What doctor says of it. */
static void try_doctor(const unsigned char *data, size_t size)
{
	static void (* const looks[])(const struct doctor *d, struct finding *f) = {
		doctor_load, doctor_memory, doctor_swap, doctor_nfsd, doctor_fragmentation,
	};
	const struct doctor d = { .debugfs = -1 };
	const struct doctor_check *check;
	struct finding f;

	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		looks[i](&d, &f);
		fuzz_check(*f.text && strncmp(f.text, "nan", 3) && strncmp(f.text, "inf", 3));
		fuzz_check(!shows_unknown(f.text, data, size));
	}
	for (check = doctor_access.checks; check->name; check++) {
		check->look(&d, &f);
		fuzz_check(*f.text && (f.status == DOCTOR_OK || *f.remedy));
	}
}

static void try_kernel(const unsigned char *data, size_t size)
{
	char id[64] = "", options[CONFOUNDER_TEXT];
	struct machine m;

	if (!build_id_parse(data, size, id, sizeof(id)))
		fuzz_check(strlen(id) >= 2 && strspn(id, "0123456789abcdef") == strlen(id));
	else
		fuzz_check(!*id);
	debug_options_read(options, sizeof(options));
	fuzz_check(*options);
	machine_read(&m);
	fuzz_check(!*m.emulated || !strcmp(m.emulated, "QEMU TCG") ||
		   !strcmp(m.emulated, "QEMU") || !strcmp(m.emulated, "hypervisor"));
}

void fuzz_one(const unsigned char *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct vmstat vm, none;

	fuzz_quiet();
	fuzz_input(data, size);
	vmstat_read(&vm);
	vmstat_delta(&vm, &vm, &none);
	fuzz_check(none.pgfree == (vm.pgfree == PB_UNKNOWN ? PB_UNKNOWN : 0));
	if (vm.pgfree != PB_UNKNOWN)
		fuzz_check(memmem(data, size, "pgfree", strlen("pgfree")));
	try_system(text, size);
	try_busy(text);
	try_pcp(data, size);
	try_cpus(text);
	try_doctor(data, size);
	try_kernel(data, size);
	free(text);
}
