// SPDX-License-Identifier: GPL-2.0-only
/* A directory with the files of a page_bulk kernel, for tests of whole verbs. */
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_tree.h"

char fake_out[65536];
char fake_err[65536];

static char root[64];
static char paths[14][128];
static struct pb_paths real_paths;

const char *fake_path(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static const char *keep_path(unsigned int i, const char *name)
{
	snprintf(paths[i], sizeof(paths[i]), "%s/%s", root, name);
	return paths[i];
}

void fake_write(const char *name, const char *text)
{
	FILE *out = fopen(fake_path(name), "we");

	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

void fake_dir(const char *name)
{
	assert_int_equal(mkdir(fake_path(name), 0755), 0);
}

const char *fake_read(const char *name)
{
	static char text[4096];
	FILE *in = fopen(fake_path(name), "re");
	size_t len = 0;

	if (in) {
		len = fread(text, 1, sizeof(text) - 1, in);
		fclose(in);
	}
	text[len] = '\0';
	return text;
}

void fake_remove(const char *name)
{
	assert_int_equal(remove(fake_path(name)), 0);
}

/*
 * Mode array has fills of 10 pages, one in ten of them short, each with two holds of zone->lock;
 * the others have nothing.
 */
void fake_stats(const char *user, u64 generation, u64 fills)
{
	static const char * const modes[] = { "single", "list", "array", "stock" };
	char name[128];
	FILE *out;

	snprintf(name, sizeof(name), "debugfs/%s/stats", user);
	out = fopen(fake_path(name), "we");
	assert_non_null(out);
	fprintf(out, "generation %llu\n", generation);
	for (unsigned int m = 0; m < 4; m++) {
		for (unsigned int key = 0; key < PB_NR_KEYS; key++) {
			u64 value = 0;

			if (key == PB_ZONE_LOCKS || key == PB_FREED_ZONE_LOCKS)
				continue;
			if (m == 2 && key == PB_FILLS)
				value = fills;
			if (m == 2 && key == PB_ASKED)
				value = fills * 10;
			if (m == 2 && key == PB_GOT)
				value = fills * 10 - fills / 10;
			if (m == 2 && (key == PB_SHORT || key == PB_END_WATERMARK))
				value = fills / 10;
			fprintf(out, "%s %s %llu\n", modes[m], pb_key_names[key], value);
		}
	}
	assert_int_equal(fclose(out), 0);

	snprintf(name, sizeof(name), "debugfs/%s/zone_locks", user);
	out = fopen(fake_path(name), "we");
	assert_non_null(out);
	fprintf(out, "list fill 0\nlist free 0\narray fill %llu\narray free 0\n", 2 * fills);
	assert_int_equal(fclose(out), 0);
}

static void make_tree(void)
{
	static const char * const dirs[] = {
		"sysctl", "debugfs", "debugfs/sunrpc", "debugfs/page_pool", "debugfs/bench",
		"etc", "proc", "interfaces", "sys", "boot"
	};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		fake_dir(dirs[i]);
	fake_write("sysctl/available_modes", "single list array stock\n");
	fake_write("sysctl/sunrpc", "array\n");
	fake_write("sysctl/page_pool", "array\n");
	fake_write("sysctl/timing", "0\n");
	fake_write("sysctl/max_block_order", "10\n");
	fake_write("debugfs/version", "1\n");
	fake_stats("sunrpc", 1, 100);
	fake_stats("page_pool", 1, 0);
	fake_write("vmstat", "nr_free_pages 5\npgalloc_dma 1\npgalloc_normal 41\npgfree 7\n");
	fake_write("cpuinfo", "processor : 0\nflags : fpu\n");
}

int fake_setup(void **state)
{
	(void)state;
	real_paths = pb_paths;
	snprintf(root, sizeof(root), "/tmp/bulkctl-unit.XXXXXX");
	if (!mkdtemp(root))
		return -1;
	make_tree();
	pb_paths.sysctl = keep_path(0, "sysctl");
	pb_paths.debugfs = keep_path(1, "debugfs");
	pb_paths.conf = keep_path(2, "etc/90-page-bulk.conf");
	pb_paths.run = keep_path(3, "run");
	pb_paths.vmstat = keep_path(4, "vmstat");
	pb_paths.cpuinfo = keep_path(5, "cpuinfo");
	pb_paths.dmi_vendor = keep_path(6, "dmi_vendor");
	pb_paths.cpus_online = keep_path(7, "online");
	pb_paths.proc = keep_path(8, "proc");
	pb_paths.interfaces = keep_path(9, "interfaces");
	pb_paths.tracing = keep_path(10, "tracing");
	pb_paths.event_sources = keep_path(11, "pmus");
	pb_paths.sys = keep_path(12, "sys");
	pb_paths.boot = keep_path(13, "boot");
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int fake_teardown(void **state)
{
	(void)state;
	pb_paths = real_paths;
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int redirect(int fd, const char *name)
{
	int saved = dup(fd);
	int file = open(fake_path(name), O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(saved >= 0 && file >= 0);
	dup2(file, fd);
	close(file);
	return saved;
}

static void restore(int fd, int saved, const char *name, char *buf, size_t size)
{
	FILE *in;
	size_t len;

	dup2(saved, fd);
	close(saved);
	in = fopen(fake_path(name), "re");
	assert_non_null(in);
	len = fread(buf, 1, size - 1, in);
	buf[len] = '\0';
	fclose(in);
}

/* Cut @line into words; they stay where @words is. */
static int split(const char *line, char words[1024], char *argv[48])
{
	char *save = NULL;
	int argc = 0;

	snprintf(words, 1024, "%s", line);
	for (char *w = strtok_r(words, " ", &save); w && argc < 47;
	     w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	argv[argc] = NULL;
	return argc;
}

/* Run a verb with the words of @line; its output is in fake_out and fake_err after that. */
int fake_run(verb_fn verb, const char *line)
{
	char words[1024], *argv[48];
	int argc = split(line, words, argv), out, err, ret;

	fflush(NULL);
	out = redirect(STDOUT_FILENO, "stdout");
	err = redirect(STDERR_FILENO, "stderr");
	ret = verb(argc, argv);
	fflush(NULL);
	restore(STDOUT_FILENO, out, "stdout", fake_out, sizeof(fake_out));
	restore(STDERR_FILENO, err, "stderr", fake_err, sizeof(fake_err));
	return ret;
}

/* The same in a process with a terminal of its own; both outputs are in fake_out. */
int fake_run_terminal(verb_fn verb, const char *line)
{
	char words[1024], *argv[48];
	int argc = split(line, words, argv), status, terminal;
	size_t len = 0;
	ssize_t n;
	pid_t child;

	fflush(NULL);
	child = forkpty(&terminal, NULL, NULL, NULL);
	assert_true(child >= 0);
	if (!child) {
		status = verb(argc, argv);
		fflush(NULL);
		_exit(status);
	}
	while (len < sizeof(fake_out) - 1 &&
	       (n = read(terminal, fake_out + len, sizeof(fake_out) - 1 - len)) > 0)
		len += n;
	fake_out[len] = '\0';
	close(terminal);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* A stream that reads @text; fmemopen() refuses an empty one. */
FILE *fake_file(const char *text)
{
	FILE *in = *text ? fmemopen((char *)text, strlen(text), "r") : fopen("/dev/null", "re");

	assert_non_null(in);
	return in;
}

/**
 * fake_keep() - put a document where the tests in Python read it, with other readers than ours
 * @name: name of the file in $O; without that nothing is kept
 * @text: the document
 */
void fake_keep(const char *name, const char *text)
{
	const char *dir = getenv("O");
	char path[512];
	FILE *out;

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "we");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

void fake_keep_json(const char *name, json_t *doc)
{
	char *text = json_dumps(doc, 0);

	assert_non_null(text);
	fake_keep(name, text);
	free(text);
}
