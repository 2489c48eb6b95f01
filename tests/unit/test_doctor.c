// SPDX-License-Identifier: GPL-2.0-only
/* bulkctl doctor: what it says of machines that are made of files. */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bulkctl.h"
#include "doctor.h"
#include "fake_tree.h"
#include "switch.h"

#define ALL_CAPS	"Name:\tdoctor\nCapEff:\t000001ffffffffff\n"
#define INITIAL_NS	"user:[4026531837]"
#define GOVERNOR	"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
#define CLOCKSOURCE	"sys/devices/system/clocksource/clocksource0/current_clocksource"
#define TRACE_FILES	"tracing/events/sunrpc/svc_stats_latency"
#define PROC_STAT	"7 (fio job) R 1 1 1 0 -1 0 0 0 0 0 %u 0 0 0 20 0 1 0 99 0 0\n"

static json_t *doc;

/* Write a file, and make the directories that it is in. */
static void put(const char *name, const char *text)
{
	char path[256];

	for (const char *s = strchr(name, '/'); s; s = strchr(s + 1, '/')) {
		snprintf(path, sizeof(path), "%.*s", (int)(s - name), name);
		if (mkdir(fake_path(path), 0755))
			assert_int_equal(errno, EEXIST);
	}
	fake_write(name, text);
}

static void put_config(const char *text)
{
	char name[128];
	struct utsname uts;

	uname(&uts);
	snprintf(name, sizeof(name), "boot/config-%s", uts.release);
	put(name, text);
}

static void put_tracepoints(void)
{
	put("tracing/events/page_bulk/page_bulk_fill/enable", "0\n");
	put("tracing/events/page_bulk/page_bulk_switch/enable", "0\n");
	put("tracing/events/kmem/mm_page_alloc/enable", "0\n");
	put(TRACE_FILES "/enable", "0\n");
	put(TRACE_FILES "/hist", "\n");
}

/* A machine on which nothing disturbs. */
static int setup(void **state)
{
	int ret = fake_setup(state);

	fake_write("debugfs/experiment", "holder none\n");
	put("debugfs/bench/run", "");
	fake_stats("page_pool", 1, 7);
	put("proc/self/status", ALL_CAPS);
	put("proc/self/ns/.keep", "");
	assert_int_equal(symlink(INITIAL_NS, fake_path("proc/self/ns/user")), 0);
	put("proc/sys/kernel/perf_event_paranoid", "2\n");
	put("proc/sys/kernel/osrelease", "6.12.0-test\n");
	put("proc/sys/kernel/version", "#1 SMP\n");
	put("proc/loadavg", "0.10 0.20 0.30 1/100 999\n");
	put("proc/meminfo", "MemTotal: 4096000 kB\nMemFree: 9 kB\nMemAvailable: 3000000 kB\n"
	    "SwapTotal: 1024000 kB\nSwapFree: 1024000 kB\n");
	put("proc/buddyinfo", "Node 0, zone Normal 1 0 0 0 0 0 0 0 0 0 10\n");
	put("proc/net/rpc/nfsd", "rc 0 0 0\nth 8 0 0.000\nrpc 5 0 0 0 0\n");
	put("proc/7/stat", "7 (idle) S 1 1 1 0 -1 0 0 0 0 0 3 0 0 0 20 0 1 0 99 0 0\n");
	put("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	put(GOVERNOR, "performance\n");
	put("sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
	put("sys/devices/system/cpu/smt/control", "off\n");
	put(CLOCKSOURCE, "tsc\n");
	put("pmus/cpu/type", "4\n");
	put("pmus/software/type", "1\n");
	put_tracepoints();
	put_config("CONFIG_PAGE_BULK=y\nCONFIG_PAGE_BULK_BENCH=y\nCONFIG_DEBUG_FS=y\n"
		   "CONFIG_PERF_EVENTS=y\nCONFIG_FTRACE=y\nCONFIG_HIST_TRIGGERS=y\n"
		   "CONFIG_KPROBE_EVENTS=y\n");
	return ret;
}

static int teardown(void **state)
{
	json_decref(doc);
	doc = NULL;
	return fake_teardown(state);
}

/* Return: the exit code. */
static int examine(void)
{
	int ret = fake_run(cmd_doctor, "doctor --json");

	json_decref(doc);
	doc = json_loads(fake_out, 0, NULL);
	assert_non_null(doc);
	assert_string_equal(fake_err, "");
	assert_string_equal(json_string_value(json_object_get(doc, "schema")), DOCTOR_SCHEMA);
	assert_int_equal(json_is_true(json_object_get(doc, "can_measure")), !ret);
	return ret;
}

static const char *told(const char *check, const char *key)
{
	json_t *checks = json_object_get(doc, "checks"), *entry;
	size_t i;

	json_array_foreach(checks, i, entry)
		if (!strcmp(json_string_value(json_object_get(entry, "name")), check))
			return json_string_value(json_object_get(entry, key));
	fail_msg("no check %s", check);
	return NULL;
}

/* Whoever reads that something is wrong reads what to do; and of what is right only that. */
static void assert_remedies(void)
{
	json_t *checks = json_object_get(doc, "checks"), *entry;
	size_t i;

	assert_true(json_array_size(checks) > 30);
	json_array_foreach(checks, i, entry) {
		bool ok = !strcmp(json_string_value(json_object_get(entry, "status")), "ok");

		if (ok == json_is_null(json_object_get(entry, "remedy")))
			continue;
		fail_msg("%s: %s", json_string_value(json_object_get(entry, "name")),
			 ok ? "a remedy without need" : "no remedy");
	}
}

/* What this machine really has, whatever the files say. */
static bool is_real(const char *check)
{
	static const char * const real[] = {
		"hardware", "software", "libpfm4", "trace-cmd", "gnuplot", "perf tool",
	};

	for (size_t i = 0; i < ARRAY_SIZE(real); i++)
		if (!strcmp(check, real[i]))
			return true;
	return false;
}

static void test_good(void **state)
{
	json_t *entry;
	size_t i;

	(void)state;
	assert_int_equal(examine(), EXIT_DONE);
	fake_keep("doctor.json", fake_out);
	assert_remedies();
	json_array_foreach(json_object_get(doc, "checks"), i, entry) {
		const char *name = json_string_value(json_object_get(entry, "name"));

		if (!is_real(name) && strcmp(told(name, "status"), "ok"))
			fail_msg("%s: %s", name, told(name, "finding"));
	}
	assert_string_equal(told("users", "finding"), "page_pool array, sunrpc array");
	assert_string_equal(told("nfsd", "finding"), "8 threads; sunrpc: 100 fills so far");
	assert_string_equal(told("page_pool", "finding"), "7 fills so far; interfaces: none");
	assert_string_equal(told("PMU", "finding"), "cpu");
}

/* One file that is otherwise: the check, its status, and words of what it says. */
static const struct {
	const char *file;
	const char *text;	/* NULL: the file is not there */
	const char *check;
	const char *status;
	const char *finding;
	const char *remedy;
	int exit_code;
} cases[] = {
	{ "debugfs/version", "2\n", "format", "missing", "another version than 1",
	  "install the bulkctl", 1 },
	{ "sysctl/available_modes", "", "interface", "missing", "available_modes cannot be read",
	  "boot a kernel", 1 },
	{ "debugfs/experiment", NULL, "experiments", "missing", "has no experiments", "newer", 1 },
	{ "debugfs/bench/run", NULL, "benchmark", "missing", "has no benchmark",
	  "CONFIG_PAGE_BULK_BENCH", 0 },
	{ "proc/config.gz", "CONFIG_PAGE_BULK=y\n# CONFIG_DEBUG_FS is not set\n", "configuration",
	  "missing", "CONFIG_PAGE_BULK_BENCH (bench), CONFIG_DEBUG_FS (counters)", "build", 0 },
	{ "proc/self/status", "CapEff: 0000000000000000\n", "switching", "missing",
	  "no CAP_SYS_ADMIN", "root", 1 },
	{ "proc/self/status", "CapEff: 0000000000000000\n", "perf", "missing",
	  "no CAP_PERFMON, and kernel.perf_event_paranoid is 2", "perf_event_paranoid=0", 1 },
	{ "proc/self/status", "CapEff: 0000000000200000\n", "switching", "ok", "CAP_SYS_ADMIN", "",
	  0 },
	{ "proc/self/status", "CapEff: 0000004000200000\n", "perf", "ok", "CAP_PERFMON;", "", 0 },
	{ "proc/sys/kernel/perf_event_paranoid", NULL, "perf", "missing", "no perf events",
	  "CONFIG_PERF_EVENTS", 0 },
	{ "sys/kernel/security/lockdown", "none [integrity] confidentiality\n", "lockdown",
	  "missing", "locked down", "boot without", 1 },
	{ "sys/kernel/security/lockdown", NULL, "lockdown", "ok", "none is seen", "", 0 },
	{ "pmus/cpu/type", NULL, "PMU", "missing", "not there", "hardware", 0 },
	{ TRACE_FILES "/hist", NULL, "histograms", "missing", "no metric rpc_us",
	  "CONFIG_HIST_TRIGGERS", 0 },
	{ "cpuinfo", "model name : QEMU TCG CPU version 2.5+\n", "emulation", "warn", "QEMU TCG",
	  "hardware", 0 },
	{ "cpuinfo", "flags : fpu hypervisor\n", "emulation", "warn", "other guests", "physical",
	  0 },
	{ GOVERNOR, "powersave\n", "governor", "warn", "powersave", "cpupower", 0 },
	{ GOVERNOR, NULL, "governor", "ok", "does not set", "", 0 },
	{ "sys/devices/system/cpu/intel_pstate/no_turbo", "0\n", "turbo", "warn", "on", "no_turbo",
	  0 },
	{ "sys/devices/system/cpu/cpufreq/boost", "1\n", "turbo", "warn", "on", "cpufreq/boost",
	  0 },
	{ "sys/devices/system/cpu/smt/control", "on\n", "SMT", "warn", "share a core", "echo off",
	  0 },
	{ CLOCKSOURCE, "hpet\n", "clocksource", "warn", "hpet", "log", 0 },
	{ CLOCKSOURCE, "kvm-clock\n", "clocksource", "ok", "kvm-clock", "", 0 },
	{ "proc/sys/kernel/nmi_watchdog", "1\n", "NMI watchdog", "warn", "hardware counter",
	  "kernel.nmi_watchdog=0", 0 },
	{ "proc/config.gz", "CONFIG_KASAN=y\n", "debug options", "warn", "CONFIG_KASAN",
	  "without them", 0 },
	{ "proc/lockdep", "", "debug options", "warn", "lockdep", "without them", 0 },
	{ "tracing/events/kmem/mm_page_alloc/enable", "1\n", "kmem events", "warn",
	  "mm_page_alloc", "events/kmem/enable", 0 },
	{ "sysctl/timing", "1\n", "timing", "warn", "reads the clock", "timing=0", 0 },
	{ "debugfs/experiment", "holder 77 bulkctl\n", "experiment", "warn",
	  "process 77, bulkctl", "wait", 0 },
	{ "proc/loadavg", "999.5 1 1 1/1 1\n", "load", "warn", "999.50: more to run", "end it",
	  0 },
	{ "proc/loadavg", NULL, "load", "warn", "cannot be read", "mount", 0 },
	{ "proc/loadavg", "inf 1 1 1/1 1\n", "load", "warn", "cannot be read", "mount", 0 },
	{ "proc/meminfo", "MemTotal: 4096000 kB\nMemAvailable: 400000 kB\n", "memory", "warn",
	  "390 of 4000 MB", "end what", 0 },
	{ "proc/meminfo", "MemTotal: 4096000 kB\n", "memory", "warn", "cannot be read", "mount",
	  0 },
	{ "proc/meminfo", "MemTotal: -4096000 kB\nMemAvailable: 4000 kB\n", "memory", "warn",
	  "cannot be read", "mount", 0 },
	{ "proc/meminfo", "SwapTotal: 1024000 kB\nSwapFree: 1000000 kB\n", "swap", "warn",
	  "23 of 1000 MB are used", "swapoff", 0 },
	{ "proc/meminfo", "SwapTotal: 0 kB\nSwapFree: 0 kB\n", "swap", "ok", "none", "", 0 },
	{ "proc/buddyinfo", "Node 0, zone Normal 100 0 0 0 1\n", "fragmentation", "warn", "86 %",
	  "compact_memory", 0 },
	{ "proc/net/rpc/nfsd", "rpc 5 0 0 0 0\n", "nfsd", "missing", "does not run",
	  "systemctl start", 0 },
	{ "interfaces/eth7/device/x", "", "page_pool", "ok", "interfaces: eth7", "", 0 },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *remedy;
		void *own = NULL;

		assert_int_equal(setup(&own), 0);
		if (cases[i].text)
			put(cases[i].file, cases[i].text);
		else
			fake_remove(cases[i].file);
		print_message("# %s: %s\n", cases[i].check, cases[i].finding);
		assert_int_equal(examine(), cases[i].exit_code);
		assert_remedies();
		remedy = told(cases[i].check, "remedy") ?: "";
		assert_string_equal(told(cases[i].check, "status"), cases[i].status);
		assert_non_null(strstr(told(cases[i].check, "finding"), cases[i].finding));
		assert_non_null(strstr(remedy, cases[i].remedy));
		assert_int_equal(teardown(&own), 0);
	}
}

/* A kernel without the patches: what it has is told all the same. */
static void test_without_patches(void **state)
{
	(void)state;
	pb_paths.sysctl = fake_path("nothing");
	pb_paths.debugfs = strdup(fake_path("other/page_bulk"));
	put("other/gpio", "");
	assert_int_equal(examine(), EXIT_FAILED);
	fake_keep("doctor-without.json", fake_out);
	assert_remedies();
	assert_non_null(strstr(told("interface", "finding"), "no page_bulk interface"));
	assert_string_equal(told("interface", "status"), "missing");
	assert_string_equal(told("users", "status"), "missing");
	assert_string_equal(told("format", "status"), "missing");
	assert_string_equal(told("experiments", "status"), "missing");
	assert_string_equal(told("debugfs", "status"), "ok");
	assert_string_equal(told("tracefs", "status"), "ok");
	assert_string_equal(told("switching", "status"), "ok");
	assert_string_equal(told("governor", "finding"), "performance");
	assert_string_equal(told("memory", "finding"), "2929 of 4000 MB are available");
	free((void *)pb_paths.debugfs);
}

static void test_mounts(void **state)
{
	(void)state;
	pb_paths.debugfs = strdup(fake_path("empty/page_bulk"));
	fake_dir("empty");
	pb_paths.tracing = strdup(fake_path("empty"));
	assert_int_equal(examine(), EXIT_FAILED);
	assert_string_equal(told("debugfs", "status"), "missing");
	assert_non_null(strstr(told("debugfs", "remedy"), "mount -t debugfs none /"));
	assert_non_null(strstr(told("tracefs", "remedy"), "mount -t tracefs none /"));
	assert_string_equal(told("tracepoints", "remedy"), "see tracefs, above");
	/* Nothing is said to be well that cannot be seen */
	assert_string_equal(told("kmem events", "status"), "warn");
	assert_string_equal(told("kmem events", "remedy"), "see tracefs, above");
	assert_string_equal(told("experiment", "status"), "warn");
	free((void *)pb_paths.debugfs);
	free((void *)pb_paths.tracing);
}

/* A kernel without CONFIG_DEBUG_FS, or without tracing: to mount it is no remedy there. */
static void test_without_debugfs(void **state)
{
	(void)state;
	pb_paths.debugfs = strdup(fake_path("empty/page_bulk"));
	fake_dir("empty");
	pb_paths.tracing = strdup(fake_path("empty"));
	put("proc/filesystems", "nodev\tsysfs\nnodev\tproc\n\text4\nnodev\tdebugfs2\n");
	assert_int_equal(examine(), EXIT_FAILED);
	assert_string_equal(told("debugfs", "status"), "missing");
	assert_string_equal(told("debugfs", "finding"), "this kernel has no debugfs");
	assert_string_equal(told("debugfs", "remedy"), "boot a kernel with CONFIG_DEBUG_FS");
	assert_string_equal(told("tracefs", "finding"), "this kernel has no tracefs");
	assert_string_equal(told("tracefs", "remedy"), "boot a kernel with CONFIG_FTRACE");
	assert_string_equal(told("switching", "status"), "ok");

	/* It has them, but they are not mounted */
	put("proc/filesystems", "nodev\tproc\nnodev\tdebugfs\nnodev\ttracefs\n");
	assert_int_equal(examine(), EXIT_FAILED);
	assert_non_null(strstr(told("debugfs", "remedy"), "mount -t debugfs none /"));
	assert_non_null(strstr(told("tracefs", "remedy"), "mount -t tracefs none /"));
	free((void *)pb_paths.debugfs);
	free((void *)pb_paths.tracing);
}

/* As somebody whom the files refuse: root, who is refused nothing, becomes somebody else. */
static void test_unprivileged(void **state)
{
	const uid_t root = geteuid();

	(void)state;
	put("proc/self/status", "CapEff: 0000000000000000\n");
	put("stdout", "");
	put("stderr", "");
	assert_int_equal(chmod(fake_path(""), 0777), 0);
	assert_int_equal(chmod(fake_path("stdout"), 0666), 0);
	assert_int_equal(chmod(fake_path("stderr"), 0666), 0);
	assert_int_equal(chmod(fake_path("debugfs"), 0), 0);
	assert_int_equal(chmod(fake_path("tracing"), 0), 0);
	if (!root)
		assert_int_equal(setresuid(65534, 65534, 0), 0);
	assert_int_equal(examine(), EXIT_FAILED);
	if (!root)
		assert_int_equal(setresuid(0, 0, 0), 0);
	assert_int_equal(chmod(fake_path("debugfs"), 0700), 0);
	assert_int_equal(chmod(fake_path("tracing"), 0700), 0);

	fake_keep("doctor-unprivileged.json", fake_out);
	assert_remedies();
	assert_string_equal(told("interface", "status"), "ok");
	assert_string_equal(told("users", "finding"), "page_pool array, sunrpc array");
	assert_non_null(strstr(told("format", "finding"), "CAP_DAC_OVERRIDE"));
	assert_non_null(strstr(told("experiments", "finding"), "CAP_DAC_OVERRIDE"));
	assert_non_null(strstr(told("tracefs", "finding"), "CAP_DAC_OVERRIDE"));
	assert_non_null(strstr(told("switching", "finding"), "CAP_SYS_ADMIN"));
	assert_string_equal(told("kmem events", "status"), "warn");
	assert_string_equal(told("experiment", "status"), "warn");
	assert_non_null(strstr(told("nfsd", "finding"), "8 threads; sunrpc: fills unknown"));
}

static void test_container(void **state)
{
	(void)state;
	fake_remove("proc/self/ns/user");
	assert_int_equal(examine(), EXIT_DONE);
	assert_int_equal(symlink("user:[4026532999]", fake_path("proc/self/ns/user")), 0);
	assert_int_equal(examine(), EXIT_FAILED);
	assert_non_null(strstr(told("switching", "finding"), "initial user namespace"));
	assert_non_null(strstr(told("switching", "remedy"), "on the host"));
}

static void test_pending(void **state)
{
	struct pending p = {
		.started = 1, .until = clock_ns(CLOCK_BOOTTIME) + 300 * NSEC_PER_SEC,
		.pid = getpid(), .generation = 1, .mode = "array", .return_to = "list",
	};

	(void)state;
	fake_dir("run");
	assert_int_equal(pending_write("sunrpc", &p), 0);
	assert_int_equal(examine(), EXIT_DONE);
	assert_string_equal(told("set --for", "status"), "warn");
	assert_non_null(strstr(told("set --for", "finding"), "sunrpc goes back to list in 4m"));
	assert_non_null(strstr(told("set --for", "remedy"), "bulkctl set sunrpc=array"));
	p.mode[0] = 'x';	/* somebody has switched since */
	assert_int_equal(pending_write("sunrpc", &p), 0);
	examine();
	assert_string_equal(told("set --for", "status"), "ok");
}

/* Uses half of a CPU, as its file says, until it is killed. */
static void work(void)
{
	char *path = strdup(fake_path("proc/7/stat")), stat[256];

	for (unsigned int ticks = 10;; ticks += 5) {
		snprintf(stat, sizeof(stat), PROC_STAT, ticks);
		put("stat", stat);
		rename(fake_path("stat"), path);
		usleep(100000);
	}
}

static void test_busy(void **state)
{
	pid_t worker = fork();

	(void)state;
	assert_true(worker >= 0);
	if (!worker)
		work();
	assert_int_equal(examine(), EXIT_DONE);
	kill(worker, SIGKILL);
	waitpid(worker, NULL, 0);
	assert_string_equal(told("busy", "status"), "warn");
	assert_non_null(strstr(told("busy", "finding"), "in 500 ms: fio job "));
}

static void test_text(void **state)
{
	(void)state;
	put("sysctl/timing", "1\n");
	assert_int_equal(fake_run(cmd_doctor, "doctor"), EXIT_DONE);
	assert_non_null(strstr(fake_out, "kernel\nok       release        "));
	assert_non_null(strstr(fake_out, "\nwarn     timing         on: each fill reads"));
	assert_non_null(strstr(fake_out, " clock twice -> sysctl vm.page_bulk.timing=0;"));
	assert_non_null(strstr(fake_out, " missing; status, set, report and ab have what they"));
	assert_null(strchr(fake_out, '\033'));
	fake_remove("debugfs/experiment");
	assert_int_equal(fake_run(cmd_doctor, "doctor"), EXIT_FAILED);
	assert_non_null(strstr(fake_out, "report or ab lack what they need: experiments\n"));

	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	fake_run_terminal(cmd_doctor, "doctor");
	assert_non_null(strstr(fake_out, "\033[33mwarn    \033[0m timing"));
	setenv("NO_COLOR", "1", 1);
	fake_run_terminal(cmd_doctor, "doctor");
	assert_null(strchr(fake_out, '\033'));
	assert_int_equal(fake_run(cmd_doctor, "doctor now"), EXIT_USAGE);
}

int main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct cm_unit_test tests[] = {
		TEST(test_good),
		cmocka_unit_test(test_cases),
		TEST(test_without_patches),
		TEST(test_mounts),
		TEST(test_without_debugfs),
		TEST(test_unprivileged),
		TEST(test_container),
		TEST(test_pending),
		TEST(test_busy),
		TEST(test_text),
	};

	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
