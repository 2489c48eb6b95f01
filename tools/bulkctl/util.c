// SPDX-License-Identifier: GPL-2.0-only
/* Small helpers: messages, strict parsing, files. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

#define BLANKS	" \t"

/**
 * parse_u64() - parse an unsigned decimal number, the whole string and nothing else
 * @s: the string; no sign, no blank, no prefix
 * @value: where the number goes, untouched on error
 *
 * Return: 0, -EINVAL for anything but digits, -ERANGE if it does not fit.
 */
int parse_u64(const char *s, u64 *value)
{
	u64 n = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (!isdigit((unsigned char)*s))
			return -EINVAL;
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *s - '0', &n))
			return -ERANGE;
	}
	*value = n;
	return 0;
}

/**
 * scan_u64() - read an unsigned number from a line of a file of the kernel's
 * @s: where to read, blanks before it are skipped; NULL: of the number before there was none
 * @label: what stands before the number; "": nothing
 * @value: where the number goes, untouched on error
 *
 * Unlike sscanf(3) it takes no sign, and no number that does not fit.
 *
 * Return: behind the number, for the next one; NULL if it is not there.
 */
const char *scan_u64(const char *s, const char *label, u64 *value)
{
	char digits[24];
	size_t len;

	if (!s)
		return NULL;
	s += strspn(s, BLANKS);
	if (strncmp(s, label, strlen(label)))
		return NULL;
	s += strlen(label);
	s += strspn(s, BLANKS);
	len = strcspn(s, BLANKS "\n");
	if (len >= sizeof(digits))
		return NULL;
	memcpy(digits, s, len);
	digits[len] = '\0';
	return parse_u64(digits, value) ? NULL : s + len;
}

static const struct {
	const char *suffix;
	u64 ns;
} units[] = {
	{ "",	NSEC_PER_SEC },
	{ "ms",	NSEC_PER_MSEC },
	{ "s",	NSEC_PER_SEC },
	{ "m",	60 * NSEC_PER_SEC },
	{ "h",	3600 * NSEC_PER_SEC },
};

static u64 unit_ns(const char *suffix)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(suffix, units[i].suffix))
			return units[i].ns;
	return 0;
}

/**
 * parse_duration() - parse 30s, 5m, 1h, 500ms, 1.5s, or a bare number of seconds
 * @s: the string
 * @ns: where the duration goes, in ns, untouched on error
 *
 * Return: 0, -EINVAL for what is no duration, -ERANGE above INT64_MAX ns (292 years).
 */
int parse_duration(const char *s, u64 *ns)
{
	/* Six digits after the point: times an hour in ns they still fit. */
	u64 whole = 0, fraction = 0, scale = 1, unit;

	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	for (; isdigit((unsigned char)*s); s++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, *s - '0', &whole))
			return -ERANGE;
	if (*s == '.') {
		if (!isdigit((unsigned char)*++s))
			return -EINVAL;
		for (; isdigit((unsigned char)*s); s++) {
			if (scale == 1000000)
				return -EINVAL;
			fraction = fraction * 10 + (*s - '0');
			scale *= 10;
		}
	}

	unit = unit_ns(s);
	if (!unit)
		return -EINVAL;
	if (__builtin_mul_overflow(whole, unit, &whole) ||
	    __builtin_add_overflow(whole, fraction * unit / scale, &whole) || whole > INT64_MAX)
		return -ERANGE;
	*ns = whole;
	return 0;
}

/**
 * format_duration() - write a duration as a person would: 1h5m, 4m10s, 30s, 500ms
 * @ns: the duration; it is rounded to the nearest millisecond
 * @buf: where it goes
 * @size: size of @buf; 32 is always enough
 */
void format_duration(u64 ns, char *buf, size_t size)
{
	u64 ms = ns / NSEC_PER_MSEC + (ns % NSEC_PER_MSEC >= NSEC_PER_MSEC / 2);
	u64 h = ms / 3600000, m = ms / 60000 % 60, s = ms / 1000 % 60;
	int len = 0;

	buf[0] = '\0';
	if (h)
		len += snprintf(buf + len, size - len, "%lluh", h);
	if (m)
		len += snprintf(buf + len, size - len, "%llum", m);
	if (s)
		len += snprintf(buf + len, size - len, "%llus", s);
	if (ms % 1000 || !len)
		snprintf(buf + len, size - len, "%llums", ms % 1000);
}

/**
 * arg_interval() - the argument of --interval: at least 1 ms, at most a day
 * @verb: the verb, for the message
 * @s: the argument
 * @ns: where the interval goes, in ns
 *
 * Return: EXIT_DONE, or EXIT_USAGE after a message.
 */
int arg_interval(const char *verb, const char *s, u64 *ns)
{
	u64 value;

	if (parse_duration(s, &value) || value < NSEC_PER_MSEC || value > 86400 * NSEC_PER_SEC) {
		complain("%s: --interval '%s' is not a time from 1ms to 24h, such as 2 or 500ms",
			 verb, s);
		return EXIT_USAGE;
	}
	*ns = value;
	return EXIT_DONE;
}

/**
 * take_options() - go through the options of a verb
 * @options: the verb's options
 * @argc: number of arguments, the verb's name included
 * @argv: the arguments
 * @data: for options->take()
 * @exit_code: what to exit with if there is nothing more to do
 *
 * Return: true if the verb is to go on; false after help was printed, or a message.
 */
bool take_options(const struct verb_options *options, int argc, char *argv[], void *data,
		  int *exit_code)
{
	static char name[64];	/* argv[0] stays when we return */
	int opt, which;

	snprintf(name, sizeof(name), "bulkctl %s", options->verb);
	argv[0] = name;		/* getopt_long() begins messages with it */
	optind = 0;
	for (;;) {
		which = -1;
		opt = getopt_long(argc, argv, options->shortopts, options->longopts, &which);
		*exit_code = EXIT_DONE;
		if (opt == -1)
			break;
		if (opt == 'h') {
			options->print_help();
			return false;
		}
		*exit_code = opt == '?' ? EXIT_USAGE :
			     options->take(opt, which < 0 ? NULL : options->longopts[which].name,
					   optarg, data);
		if (*exit_code)
			return false;
	}
	if (optind < argc && !options->operands) {
		complain("%s: unexpected argument '%s'", options->verb, argv[optind]);
		*exit_code = EXIT_USAGE;
		return false;
	}
	return true;
}

/**
 * read_first_line() - read the first line of a small file
 * @path: the file
 * @buf: where the line goes, without its newline
 * @size: size of @buf
 *
 * Return: 0, -ENODATA if the file is empty, -EMSGSIZE if the line is longer than @buf or has a
 * NUL in it, or another negative errno of opening or reading.
 */
int read_first_line(const char *path, char *buf, size_t size)
{
	int fd, ret = 0;
	ssize_t len;
	size_t line;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	len = read(fd, buf, size - 1);
	if (len < 0) {
		ret = -errno;
	} else if (len == 0) {
		ret = -ENODATA;
	} else {
		buf[len] = '\0';
		line = strcspn(buf, "\n");	/* which a NUL ends, too */
		if (buf[line] == '\n')
			buf[line] = '\0';
		else if ((size_t)len == size - 1 || line != (size_t)len)
			ret = -EMSGSIZE;
	}
	close(fd);
	return ret;
}

/**
 * find_program() - where is a program that could be run?
 * @name: its name
 * @file: its path goes here
 *
 * Return: false if it is not in PATH.
 */
bool find_program(const char *name, char file[PATH_MAX])
{
	char *path = strdup(getenv("PATH") ?: ""), *save = NULL;
	bool found = false;

	for (char *dir = path ? strtok_r(path, ":", &save) : NULL; dir && !found;
	     dir = strtok_r(NULL, ":", &save))
		found = snprintf(file, PATH_MAX, "%s/%s", dir, name) < PATH_MAX &&
			!access(file, X_OK);
	free(path);
	return found;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= n;
	}
	return 0;
}

/* The new name is on disk only when its directory is. */
static int sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	/* Some file systems cannot sync a directory (EINVAL): nothing more to do there. */
	if (fsync(fd) && errno != EINVAL)
		ret = -errno;
	close(fd);
	return ret;
}

/**
 * write_file_atomically() - replace a file so that a reader, and a crash, see old or new
 * @path: the file; it gets mode 0644. Its directory has to exist
 * @data: the new content
 * @len: its length
 *
 * Return: 0, or a negative errno; on error the old file is still there.
 */
int write_file_atomically(const char *path, const char *data, size_t len)
{
	char copy[PATH_MAX], temp[PATH_MAX + 32];
	const char *dir;
	int fd, ret;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return -ENAMETOOLONG;
	dir = dirname(copy);	/* not always in the copy: "." for a bare name */
	/* A leading dot: neither sysctl --system nor our own readers look at it. */
	snprintf(temp, sizeof(temp), "%s/.bulkctl.XXXXXX", dir);

	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = write_all(fd, data, len);
	if (!ret && (fchmod(fd, 0644) || fsync(fd)))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && rename(temp, path))
		ret = -errno;
	if (ret) {
		unlink(temp);
		return ret;
	}
	return sync_directory(dir);
}

/* The length of what @s begins with that a terminal would obey: ASCII's controls and Unicode's. */
static size_t control_length(const char *s)
{
	unsigned char c = *s, next = c ? s[1] : 0;

	if (c == 0xc2 && next >= 0x80 && next < 0xa0)	/* U+0080 to U+009F */
		return 2;
	return c && (c < ' ' || c == 0x7f);
}

bool has_control(const char *s)
{
	while (*s && !control_length(s))
		s++;
	return *s;
}

/**
 * make_printable() - make a text of somebody else's fit for a terminal, and for one line of it
 * @s: the text, such as a process' name; each byte that a terminal would obey becomes a ?
 */
void make_printable(char *s)
{
	for (; *s; s++)
		for (size_t n = control_length(s), i = 0; i < n; i++)
			s[i] = '?';
}

/**
 * clock_ns() - read a clock
 * @clock: CLOCK_MONOTONIC, CLOCK_BOOTTIME, ...
 *
 * Return: its time in ns.
 */
u64 clock_ns(int clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (u64)ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}
