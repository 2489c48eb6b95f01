#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Records in fragments, and clients that vanish within one, for longer than system/52-fragments.sh, which
# is the quick half of this. NFS over RDMA is 26-rdma.sh.
#
# quick: 52-fragments
# trust-configs: numa
# trust-timeout: 900
exec "$(dirname "$0")/../system/52-fragments.sh" 16
