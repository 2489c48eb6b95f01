// SPDX-License-Identifier: GPL-2.0-only
/* What was measured on. Times from an emulated CPU say nothing about hardware: name it. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "machine.h"
#include "pagebulk.h"
#include "util.h"

/* The model name of -cpu max under QEMU's own emulation. */
#define TCG_MODEL	"QEMU TCG"

static bool has_word(char *line, const char *word)
{
	char *save = NULL;

	for (char *w = strtok_r(line, " \t\n", &save); w; w = strtok_r(NULL, " \t\n", &save))
		if (!strcmp(w, word))
			return true;
	return false;
}

/**
 * machine_hypervisor() - name what the machine runs under
 * @vendor: DMI system vendor; empty if unknown
 * @cpuinfo: /proc/cpuinfo, or NULL
 *
 * Return: its name, "hypervisor" for one that does not say, "" if none is seen.
 */
const char *machine_hypervisor(const char *vendor, FILE *cpuinfo)
{
	bool tcg = false, flag = false;
	char *line = NULL;
	size_t size = 0;

	while (cpuinfo && getline(&line, &size, cpuinfo) > 0) {
		if (!strncmp(line, "model name", strlen("model name")))
			tcg = tcg || strstr(line, TCG_MODEL);
		else if (!strncmp(line, "flags", strlen("flags")))
			flag = flag || has_word(line, "hypervisor");
	}
	free(line);
	if (tcg)
		return TCG_MODEL;
	if (strstr(vendor, "QEMU"))
		return "QEMU";
	return flag ? "hypervisor" : "";
}

void machine_read(struct machine *m)
{
	char vendor[64] = "";
	struct utsname uts;
	FILE *cpuinfo;

	uname(&uts);
	snprintf(m->kernel, sizeof(m->kernel), "%s", uts.release);

	if (read_first_line(pb_paths.dmi_vendor, vendor, sizeof(vendor)))
		vendor[0] = '\0';
	cpuinfo = fopen(pb_paths.cpuinfo, "re");
	snprintf(m->emulated, sizeof(m->emulated), "%s",
		 machine_hypervisor(vendor, cpuinfo));
	if (cpuinfo)
		fclose(cpuinfo);
}
