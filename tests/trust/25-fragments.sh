#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Records in fragments, and clients that vanish within one, for longer than system/52-fragments.sh, which
# is the quick half of this. NFS over RDMA is 26-rdma.sh.
#
# quick: 52-fragments
# trust-configs: numa debug
# trust-timeout: 900
rounds=16
! zcat /proc/config.gz | grep -qx CONFIG_KASAN=y || rounds=4
exec "$(dirname "$0")/../system/52-fragments.sh" "$rounds"
