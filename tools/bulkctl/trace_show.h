/* SPDX-License-Identifier: GPL-2.0-only */
/* What trace prints. */
#ifndef BULKCTL_TRACE_SHOW_H
#define BULKCTL_TRACE_SHOW_H

#include "json.h"
#include "trace_record.h"

#define TRACE_SCHEMA	"page-bulk-trace/1"

struct trace_view {
	const char *file;
	u64 bytes;				/* PB_UNKNOWN: unknown */
	const struct machine *machine;		/* NULL: recorded elsewhere, perhaps */
	const struct trace_recording *recording;	/* NULL: the file was there */
	const struct trace_losses *lost;	/* NULL: unknown */
	const struct trace_summary *summary;	/* NULL: not asked for */
};

void trace_text(FILE *out, const struct trace_view *view);
json_t *trace_json(const struct trace_view *view);
void trace_losses_format(const struct trace_losses *lost, char *buf, size_t size);

#endif /* BULKCTL_TRACE_SHOW_H */
