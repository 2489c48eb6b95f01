// SPDX-License-Identifier: GPL-2.0-only
/*
 * Print how often a millisecond this machine's TSC ticks, for the guest whose emulated TSC it is. A kernel that
 * boots while the machine is busy measures that wrong: its clock has run 4.4 times too fast.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct moment {
	uint64_t ns, ticks;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

/* Both clocks at once: of some readings the one in which nothing came in between */
static struct moment read_both(void)
{
	uint64_t shortest = UINT64_MAX, before, ticks, took;
	struct moment best = { 0 };

	for (int i = 0; i < 1000; i++) {
		before = now_ns();
		ticks = __rdtsc();
		took = now_ns() - before;
		if (took < shortest) {
			shortest = took;
			best.ns = before + took / 2;
			best.ticks = ticks;
		}
	}
	return best;
}

int main(void)
{
	struct timespec pause = { .tv_nsec = 50000000 };
	struct moment first = read_both(), last;

	nanosleep(&pause, NULL);
	last = read_both();
	printf("%.0f\n", (double)(last.ticks - first.ticks) * 1e6 / (last.ns - first.ns));
	return 0;
}
