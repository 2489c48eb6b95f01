/* SPDX-License-Identifier: GPL-2.0-only */
/* Pictures, drawn by the program gnuplot. */
#ifndef BULKCTL_GNUPLOT_H
#define BULKCTL_GNUPLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

int gnuplot_check(const char *verb);
int gnuplot_svg(const char *verb, const char *script, size_t len, char **svg);
void gnuplot_embed(FILE *out, const char *svg, const char *label, bool first);

#endif /* BULKCTL_GNUPLOT_H */
