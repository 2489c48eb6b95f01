// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a receiver does with every packet, each as a program for packets of one buffer and as one
 * for packets of several (xdp_NAME_frags). A native XDP program makes veth receive through a page
 * pool, as a driver does: without one it hands the sender's own buffers on.
 */
#include <linux/bpf.h>

#define SEC(name) __attribute__((section(name), used))

/* The interface that load.sh makes for what is redirected */
#define REDIRECT_IFINDEX 1000

static long (*bpf_redirect)(__u32 ifindex, __u64 flags) = (void *)BPF_FUNC_redirect;

#define PROGRAM(name, verdict)			\
SEC("xdp")					\
int xdp_##name(struct xdp_md *ctx)		\
{						\
	return verdict;				\
}						\
						\
SEC("xdp.frags")				\
int xdp_##name##_frags(struct xdp_md *ctx)	\
{						\
	return verdict;				\
}

PROGRAM(pass, XDP_PASS)
PROGRAM(drop, XDP_DROP)
PROGRAM(tx, XDP_TX)
PROGRAM(redirect, bpf_redirect(REDIRECT_IFINDEX, 0))

char _license[] SEC("license") = "GPL";
