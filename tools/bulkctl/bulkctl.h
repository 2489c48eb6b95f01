/* SPDX-License-Identifier: GPL-2.0-only */
/* The verbs. Each is a cmd_<verb>.c that knows its own options; main.c has the table. */
#ifndef BULKCTL_H
#define BULKCTL_H

#define BULKCTL_VERSION	"0.1"

int cmd_ab(int argc, char *argv[]);
int cmd_bench(int argc, char *argv[]);
int cmd_compare(int argc, char *argv[]);
int cmd_report(int argc, char *argv[]);
int cmd_set(int argc, char *argv[]);
int cmd_status(int argc, char *argv[]);
int cmd_trace(int argc, char *argv[]);

#endif /* BULKCTL_H */
