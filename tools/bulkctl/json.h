/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON helpers over jansson: what is unknown becomes null, never 0. */
#ifndef BULKCTL_JSON_H
#define BULKCTL_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "machine.h"
#include "util.h"

json_t *json_count(u64 count);
json_t *json_number(double number);
json_t *json_text(const char *s);
json_t *json_string_or_null(const char *s);
json_t *json_document(const char *schema, const struct machine *machine);
int json_write(json_t *document, FILE *out);
int json_print(json_t *document);

#endif /* BULKCTL_JSON_H */
