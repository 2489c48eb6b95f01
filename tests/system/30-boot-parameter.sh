#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# sysctl.vm.page_bulk.USER=MODE on the kernel's command line; a bad word is logged and leaves
# the default.
#
# vm-args: --append sysctl.vm.page_bulk.sunrpc=stock
# vm-args: --append sysctl.vm.page_bulk.page_pool=arrays
# vm-args: --append sysctl.vm.page_bulk.timing=1
# timeout: 240
# configs: guest numa
set -eu
. "$(dirname "$0")/lib.sh"

pb_now sunrpc
equal 'sunrpc=stock: mode and generation' "$PB_NOW" 'stock 1'
pb_now page_pool
equal 'page_pool=arrays: mode and generation' "$PB_NOW" 'array 0'
equal 'timing=1' "$(cat "$PB/timing")" 1
check 'the kernel log names the bad word' grep -F \
	"Failed to set sysctl parameter 'vm.page_bulk.page_pool=arrays': invalid value" <(dmesg)
equal 'the kernel log names nothing else' "$(dmesg | grep -c 'set sysctl parameter')" 1
finish
