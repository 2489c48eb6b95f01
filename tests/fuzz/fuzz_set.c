// SPDX-License-Identifier: GPL-2.0-only
/*
 * bulkctl set: the words USER=MODE, and the files that it finds there, its own and an
 * administrator's: a file of sysctl.d, notes of temporary switches. The input's first line has the
 * words, with blanks between them; the rest is what the files have.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bulkctl.h"
#include "fuzz.h"
#include "switch.h"

#define CONF		"etc/90-page-bulk.conf"
#define MAX_WORDS	20
#define MODES		"single list array stock"

static const char * const users[] = { "page_pool", "sunrpc" };

void fuzz_setup(void)
{
	fuzz_write("sysctl/available_modes", MODES "\n");
	fuzz_write("sysctl/timing", "0\n");
	fuzz_write("debugfs/version", "1\n");
	for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
		char name[64];

		snprintf(name, sizeof(name), "debugfs/%s/stats", users[i]);
		fuzz_write(name, "generation 7\n");
	}
	fuzz_write("run/sunrpc", "");
	fuzz_write(CONF, "");
}

static const char *mode_file(const char *user)
{
	static char name[64];

	snprintf(name, sizeof(name), "sysctl/%s", user);
	return name;
}

/* A command line. */
struct line {
	char *argv[MAX_WORDS + 4];
	int argc;
};

static struct line make_line(const char *option, char *words)
{
	struct line l = { .argv = { (char *)"set", (char *)option, (char *)"--" }, .argc = 3 };
	char *word;

	while (l.argc < MAX_WORDS + 3 && (word = strsep(&words, " ")))
		l.argv[l.argc++] = word;
	return l;
}

static void reset(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(users); i++)
		fuzz_write(mode_file(users[i]), "array\n");
}

/* The word USER=... of a command line; NULL if there is none. */
static const char *mode_asked(const struct line *l, const char *user)
{
	size_t len = strlen(user);

	for (int i = 3; i < l->argc; i++)
		if (!strncmp(l->argv[i], user, len) && l->argv[i][len] == '=')
			return l->argv[i] + len + 1;
	return NULL;
}

/* All of them are switched, or none; to a mode that there is. */
static void check_modes(const struct line *l, bool switched)
{
	struct pb_names modes;
	char line[PB_NAME + 1];

	pb_parse_names(MODES, &modes);
	for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
		const char *asked = switched ? mode_asked(l, users[i]) : NULL;

		fuzz_check(!asked || pb_has_name(&modes, asked));
		snprintf(line, sizeof(line), "%s\n", asked ?: "array");
		fuzz_check(!strcmp(fuzz_read(mode_file(users[i])), line));
	}
}

static int run_set(const char *option, const char *words, bool switches)
{
	char *copy = strdup(words);
	struct line l = make_line(option, copy);
	int ret;

	reset();
	fuzz_quiet();
	ret = cmd_set(l.argc, l.argv);
	fuzz_check_message(ret);
	fuzz_check(ret == EXIT_DONE || ret == EXIT_USAGE);
	check_modes(&l, switches && !ret);
	free(copy);
	return ret;
}

static void put_files(const unsigned char *rest, size_t size)
{
	FILE *out = fopen(fuzz_path(CONF), "we");

	fuzz_check(out && fwrite(rest, 1, size, out) == size && !fclose(out));
	for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
		char name[64];

		snprintf(name, sizeof(name), "run/%s", users[i]);
		out = fopen(fuzz_path(name), "we");
		fuzz_check(out && fwrite(rest, 1, size, out) == size && !fclose(out));
	}
}

static size_t rewrite(const char *text, size_t size, const struct assignment *a, char **to)
{
	FILE *in = fuzz_stream((const unsigned char *)text, size), *out;
	size_t len;

	out = open_memstream(to, &len);
	fuzz_check(in && out);
	fuzz_check(!sysctld_rewrite(in, out, a, 1));
	fclose(in);
	fclose(out);
	return len;
}

/* The lines of an administrator stay, byte by byte, and doing it again changes nothing. */
static void try_sysctld(const unsigned char *data, size_t size)
{
	const struct assignment a = { .user = "sunrpc", .mode = "list" };
	static const char line[] = "vm.page_bulk.sunrpc = list\n";
	const char *s = (const char *)data, *end = s + size, *next;
	char *once, *twice;
	size_t len = rewrite(s, size, &a, &once);

	fuzz_check(memmem(once, len, line, strlen(line)));
	for (; s < end; s = next) {
		next = memchr(s, '\n', end - s);
		next = next ? next + 1 : end;
		if (!memmem(s, next - s, "sunrpc", strlen("sunrpc")))
			fuzz_check(memmem(once, len, s, next - s));
	}
	fuzz_check(rewrite(once, len, &a, &twice) == len && !memcmp(once, twice, len));
	free(once);
	free(twice);
}

/* A note that can be read can be written, and is the same then. */
static void try_note(const unsigned char *data, size_t size)
{
	struct pending p, again;
	FILE *in = fuzz_stream(data, size);
	int ret = pending_parse(in, &p);

	fclose(in);
	fuzz_check(!ret || ret == -EBADMSG);
	if (ret)
		return;
	fuzz_check(p.started && p.until && p.pid && *p.mode && *p.return_to);
	fuzz_check(!pending_write("note", &p) && !pending_read("note", &again));
	fuzz_check(p.started == again.started && p.until == again.until && p.pid == again.pid &&
		   p.generation == again.generation && !strcmp(p.mode, again.mode) &&
		   !strcmp(p.return_to, again.return_to));
}

void fuzz_one(const unsigned char *data, size_t size)
{
	const unsigned char *newline = memchr(data, '\n', size);
	const unsigned char *rest = newline ? newline + 1 : data + size;
	size_t rest_size = data + size - rest;
	char *words = fuzz_text(data, newline ? newline - data : (ssize_t)size);
	int planned;

	try_sysctld(rest, rest_size);
	try_note(rest, rest_size);
	put_files(rest, rest_size);
	planned = run_set("--dry-run", words, false);
	fuzz_check(run_set("--persist", words, true) == planned);
	free(words);
}
