/* SPDX-License-Identifier: GPL-2.0-only */
/* What was measured on: kernel release, hypervisor. */
#ifndef BULKCTL_MACHINE_H
#define BULKCTL_MACHINE_H

#include <stdio.h>

struct machine {
	char kernel[65];	/* uname -r */
	char emulated[32];	/* the hypervisor or emulator; empty if none is known */
};

void machine_read(struct machine *m);
const char *machine_hypervisor(const char *vendor, FILE *cpuinfo);

#endif /* BULKCTL_MACHINE_H */
