// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passes every packet. It is there to make veth receive through a page pool, as a driver does:
 * without a native XDP program veth hands the sender's own buffers on.
 */
#include <linux/bpf.h>

#define SEC(name) __attribute__((section(name), used))

SEC("xdp")
int xdp_pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
