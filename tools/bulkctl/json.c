// SPDX-License-Identifier: GPL-2.0-only
/* JSON helpers over jansson: what is unknown becomes null, never 0. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "pagebulk.h"
#include "util.h"

/* A counter; null if unknown, or if it does not fit jansson's signed 64 bits. */
json_t *json_count(u64 count)
{
	return count > INT64_MAX ? json_null() : json_integer(count);
}

json_t *json_number(double number)
{
	return isfinite(number) ? json_real(number) : json_null();
}

/**
 * json_text() - a string of any bytes
 * @s: the string, such as a command line: none of ours, and perhaps not UTF-8
 *
 * Return: the string; if it is not UTF-8, with each byte beyond ASCII as \xHH.
 */
json_t *json_text(const char *s)
{
	json_t *string = json_string(s);
	char *text;
	size_t n = 0;

	if (string)
		return string;
	text = malloc(4 * strlen(s) + 1);
	if (!text)
		return NULL;
	for (; *s; s++) {
		if (isascii(*s))
			text[n++] = *s;
		else
			n += sprintf(text + n, "\\x%02x", (unsigned char)*s);
	}
	text[n] = '\0';
	string = json_string(text);
	free(text);
	return string;
}

json_t *json_string_or_null(const char *s)
{
	return s && *s ? json_text(s) : json_null();
}

/**
 * json_document() - start a document
 * @schema: its name and version
 * @machine: what it was measured on
 *
 * Return: the document, with what all of them begin with.
 */
json_t *json_document(const char *schema, const struct machine *machine)
{
	json_t *doc = json_object();

	json_object_set_new(doc, "schema", json_string(schema));
	json_object_set_new(doc, "kernel", json_string(machine->kernel));
	json_object_set_new(doc, "emulated", json_string_or_null(machine->emulated));
	return doc;
}

/**
 * json_write() - write a document and give it back
 * @document: the document
 * @out: where to; whoever closes it tells when it cannot be written
 *
 * Return: EXIT_DONE or EXIT_FAILED.
 */
int json_write(json_t *document, FILE *out)
{
	int ret = json_dumpf(document, out, JSON_INDENT(2) | JSON_REAL_PRECISION(12));

	json_decref(document);
	fputc('\n', out);
	return ret ? EXIT_FAILED : EXIT_DONE;
}

/**
 * json_print() - print a document to standard output and give it back
 * @document: the document
 *
 * main() tells when standard output cannot be written.
 *
 * Return: EXIT_DONE or EXIT_FAILED.
 */
int json_print(json_t *document)
{
	return json_write(document, stdout);
}
