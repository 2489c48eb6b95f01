/* SPDX-License-Identifier: GPL-2.0-only */
/* The verbs. Each is a cmd_<verb>.c that knows its own options; verbs.c has the table. */
#ifndef BULKCTL_H
#define BULKCTL_H

#include "util.h"

#define BULKCTL_VERSION	"0.1"

int cmd_ab(int argc, char *argv[]);
int cmd_bench(int argc, char *argv[]);
int cmd_compare(int argc, char *argv[]);
int cmd_doctor(int argc, char *argv[]);
int cmd_report(int argc, char *argv[]);
int cmd_set(int argc, char *argv[]);
int cmd_status(int argc, char *argv[]);
int cmd_top(int argc, char *argv[]);
int cmd_trace(int argc, char *argv[]);

extern const struct verb_options ab_verb_options;
extern const struct verb_options bench_options;
extern const struct verb_options compare_options;
extern const struct verb_options doctor_options;
extern const struct verb_options report_options;
extern const struct verb_options set_options;
extern const struct verb_options status_options;
extern const struct verb_options top_options;
extern const struct verb_options trace_options;

#endif /* BULKCTL_H */
