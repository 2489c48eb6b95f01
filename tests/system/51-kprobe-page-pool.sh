#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# page_pool's fills enter the page allocator only the way that their mode says.
#
# timeout: 360
# configs: guest numa
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/probes.sh"
. "$(dirname "$0")/../labs/xdp/lib.sh"

setup 'veth with XDP comes up' lab_xdp_up
setup 'probes are set' probes_start
for mode in list array single stock; do
	test_probes page_pool "$mode" lab_xdp_round 5000
done
check_down lab_xdp_down
finish
