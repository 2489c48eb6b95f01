#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# NFS over RDMA, with more bytes than system/54-rdma.sh, which is the quick half of this.
#
# quick: 54-rdma
# trust-configs: numa
# trust-timeout: 900
exec "$(dirname "$0")/../system/54-rdma.sh" 64
