// SPDX-License-Identifier: GPL-2.0-only
/* Confounders that are the kernel's: which build it is, what debugs it, its per-CPU lists. */
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include "confounders.h"
#include "pagebulk.h"

/* A note of ELF: this, its name, its text; both are padded. */
struct note {
	u32 name_len;
	u32 len;
	u32 type;
};

#define NOTE_BUILD_ID	3
#define NOTE_ALIGN(n)	(((size_t)(n) + 3) & ~(size_t)3)

void append(char *buf, size_t size, const char *separator, const char *text)
{
	size_t len = strlen(buf);

	if (len + strlen(separator) + strlen(text) < size)
		snprintf(buf + len, size - len, "%s%s", len ? separator : "", text);
}

/**
 * build_id_parse() - find the build id in ELF notes
 * @notes: what /sys/kernel/notes holds
 * @len: its length
 * @buf: where the id goes, in hexadecimal
 * @size: size of @buf
 *
 * Return: 0, or -1 if there is none.
 */
int build_id_parse(const unsigned char *notes, size_t len, char *buf, size_t size)
{
	struct note head;
	size_t name, text;

	while (len >= sizeof(head)) {
		memcpy(&head, notes, sizeof(head));
		name = sizeof(head);
		text = name + NOTE_ALIGN(head.name_len);
		if (text + NOTE_ALIGN(head.len) > len)
			return -1;
		if (head.type == NOTE_BUILD_ID && head.name_len == sizeof("GNU") &&
		    !memcmp(notes + name, "GNU", sizeof("GNU")) && head.len &&
		    2 * (size_t)head.len < size) {
			for (size_t i = 0; i < head.len; i++)
				snprintf(buf + 2 * i, 3, "%02x", notes[text + i]);
			return 0;
		}
		text += NOTE_ALIGN(head.len);
		notes += text;
		len -= text;
	}
	return -1;
}

/* "" if the kernel has none. */
void build_id_read(char *buf, size_t size)
{
	unsigned char notes[4096];
	char path[PATH_MAX];
	size_t len;
	FILE *in;

	buf[0] = '\0';
	snprintf(path, sizeof(path), "%s/kernel/notes", pb_paths.sys);
	in = fopen(path, "re");
	if (!in)
		return;
	len = fread(notes, 1, sizeof(notes), in);
	fclose(in);
	build_id_parse(notes, len, buf, size);
}

/* Options of the build that make a kernel, or its page allocator, another one. */
static const char * const debug_configs[] = {
	"DEBUG_ATOMIC_SLEEP", "DEBUG_KMEMLEAK", "DEBUG_LIST", "DEBUG_LOCK_ALLOC",
	"DEBUG_OBJECTS", "DEBUG_PAGEALLOC_ENABLE_DEFAULT", "DEBUG_PREEMPT", "DEBUG_SPINLOCK",
	"DEBUG_VM", "GCOV_KERNEL", "INIT_ON_ALLOC_DEFAULT_ON", "INIT_ON_FREE_DEFAULT_ON",
	"KASAN", "KCOV", "KCSAN", "KFENCE", "KMSAN", "LOCK_STAT",
	"MEM_ALLOC_PROFILING_ENABLED_BY_DEFAULT", "PAGE_OWNER", "PAGE_POISONING",
	"PAGE_TABLE_CHECK", "PREEMPT_RT", "PROVE_LOCKING", "SLUB_DEBUG_ON", "UBSAN",
};

static bool is_debug_config(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(debug_configs); i++)
		if (!strcmp(name, debug_configs[i]))
			return true;
	return false;
}

/**
 * config_options() - the debug options that a kernel was built with
 * @path: its configuration, compressed or not
 * @buf: where they go, as CONFIG_KASAN; "" also if there is no such file
 * @size: size of @buf
 */
void config_options(const char *path, char *buf, size_t size)
{
	__auto_type in = gzopen(path, "re");
	char line[512], *equals;

	buf[0] = '\0';
	if (!in)
		return;
	while (gzgets(in, line, sizeof(line))) {
		equals = strstr(line, "=y\n");
		if (strncmp(line, "CONFIG_", strlen("CONFIG_")) || !equals)
			continue;
		*equals = '\0';
		if (is_debug_config(line + strlen("CONFIG_")))
			append(buf, size, " ", line);
	}
	gzclose(in);
}

/**
 * config_find() - where the configuration of the running kernel is
 * @path: its path goes here
 *
 * Return: false if it cannot be read there.
 */
bool config_find(char path[PATH_MAX])
{
	struct utsname uts;

	snprintf(path, PATH_MAX, "%s/config.gz", pb_paths.proc);
	if (!access(path, R_OK))
		return true;
	uname(&uts);
	snprintf(path, PATH_MAX, "%s/config-%s", pb_paths.boot, uts.release);
	return !access(path, R_OK);
}

static void read_config(char *buf, size_t size)
{
	char path[PATH_MAX];

	if (!config_find(path))
		append(buf, size, " ", "(no configuration found)");
	else
		config_options(path, buf, size);
}

/* Files that are there, or have another value, only while something debugs the kernel. */
static const struct {
	const char *name;
	const char *file;	/* below pb_paths.proc or .sys */
	const char *off;	/* first line that means off; NULL: on if it exists */
} debug_files[] = {
	{ "lockdep", "lockdep", NULL },
	{ "lock_stat", "lock_stat", NULL },
	{ "allocinfo", "sys/vm/mem_profiling", "0" },
	{ "page_owner", "kernel/debug/page_owner", NULL },
	{ "kmemleak", "kernel/debug/kmemleak", NULL },
	{ "fail_page_alloc", "kernel/debug/fail_page_alloc/probability", "0" },
	{ "kfence", "module/kfence/parameters/sample_interval", "0" },
	{ "slub_sanity_checks", "kernel/slab/kmalloc-64/sanity_checks", "0" },
	{ "slub_red_zone", "kernel/slab/kmalloc-64/red_zone", "0" },
	{ "slub_poison", "kernel/slab/kmalloc-64/poison", "0" },
	{ "slub_store_user", "kernel/slab/kmalloc-64/store_user", "0" },
	{ "ftrace", "kernel/tracing/current_tracer", "nop" },
};

static bool is_on(const char *dir, const char *file, const char *off)
{
	char path[PATH_MAX], value[64];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (!off)
		return !access(path, F_OK);
	return !read_first_line(path, value, sizeof(value)) && strcmp(value, off);
}

/* Words of the command line that debug; a prefix counts. */
static const char * const debug_words[] = {
	"page_owner=", "page_poison=", "debug_pagealloc=", "slub_debug", "slab_debug", "kasan",
	"kmemleak=", "init_on_alloc=", "init_on_free=", "debug_guardpage_minorder=",
	"kfence.", "page_table_check=", "fail_page_alloc=",
};

static void add_cmdline(char *buf, size_t size)
{
	char path[PATH_MAX], line[4096], *save = NULL;

	snprintf(path, sizeof(path), "%s/cmdline", pb_paths.proc);
	if (read_first_line(path, line, sizeof(line)))
		return;
	for (char *w = strtok_r(line, " ", &save); w; w = strtok_r(NULL, " ", &save))
		for (size_t i = 0; i < ARRAY_SIZE(debug_words); i++)
			if (!strncmp(w, debug_words[i], strlen(debug_words[i])))
				append(buf, size, " ", w);
}

/**
 * debug_options_read() - what debugs the running kernel, as far as it shows
 * @buf: where it goes: options of the build, words of the command line, what is on now
 * @size: size of @buf
 */
void debug_options_read(char *buf, size_t size)
{
	buf[0] = '\0';
	read_config(buf, size);
	add_cmdline(buf, size);
	for (size_t i = 0; i < ARRAY_SIZE(debug_files); i++)
		if (is_on(pb_paths.proc, debug_files[i].file, debug_files[i].off) ||
		    is_on(pb_paths.sys, debug_files[i].file, debug_files[i].off))
			append(buf, size, " ", debug_files[i].name);
	if (!*buf)
		append(buf, size, "", "none");
}

/*
 * The events of group kmem that are enabled, of all instances of tracing: "none", or their names;
 * "" if nobody can see that.
 */
void kmem_events_read(char *buf, size_t size)
{
	static const char * const patterns[] = {
		"events/kmem/*/enable", "instances/*/events/kmem/*/enable",
	};
	char pattern[PATH_MAX], value[8];
	glob_t found;

	buf[0] = '\0';
	snprintf(pattern, sizeof(pattern), "%s/events", pb_tracing());
	if (access(pattern, R_OK | X_OK))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		snprintf(pattern, sizeof(pattern), "%s/%s", pb_tracing(), patterns[i]);
		if (glob(pattern, 0, NULL, &found))
			continue;
		for (size_t f = 0; f < found.gl_pathc; f++) {
			if (read_first_line(found.gl_pathv[f], value, sizeof(value)) ||
			    value[0] == '0')
				continue;
			*strrchr(found.gl_pathv[f], '/') = '\0';
			append(buf, size, " ", strrchr(found.gl_pathv[f], '/') + 1);
		}
		globfree(&found);
	}
	if (!*buf)
		append(buf, size, "", "none");
}
