/* SPDX-License-Identifier: GPL-2.0-only */
/* The forms of a report. */
#ifndef BULKCTL_REPORT_H
#define BULKCTL_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "machine.h"
#include "sample.h"

#define REPORT_SCHEMA	"page-bulk-report/1"
#define TIMING_OFF	"timing is off: sysctl vm.page_bulk.timing=1"

/*
 * In this mode, while timing is off, the kernel counts asked and got from the first empty slot on:
 * upper bounds.
 */
#define UPPER_BOUND_MODE	"stock"

void report_text(FILE *out, const struct machine *machine, const struct interval *iv);
void report_json(json_t *object, const struct interval *iv);

#endif /* BULKCTL_REPORT_H */
