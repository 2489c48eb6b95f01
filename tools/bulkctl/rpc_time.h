/* SPDX-License-Identifier: GPL-2.0-only */
/* How long RPCs take in the server. */
#ifndef BULKCTL_RPC_TIME_H
#define BULKCTL_RPC_TIME_H

#include <stdio.h>

#include "undo.h"
#include "util.h"

struct rpc_time {
	u64 calls;
	u64 us;		/* of all of them */
};

int rpc_time_parse(FILE *in, u64 netns, struct rpc_time *sum);

int rpc_time_begin(struct undo *undo, const char **reason);
void rpc_time_read(struct rpc_time *sum);

#endif /* BULKCTL_RPC_TIME_H */
