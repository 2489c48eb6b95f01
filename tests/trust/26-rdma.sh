#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# NFS over RDMA, with more bytes than system/54-rdma.sh, which is the quick half of this.
#
# quick: 54-rdma
# trust-configs: numa debug
# trust-timeout: 900
megabytes=64
! zcat /proc/config.gz | grep -qx CONFIG_KASAN=y || megabytes=16
exec "$(dirname "$0")/../system/54-rdma.sh" "$megabytes"
