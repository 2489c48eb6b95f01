#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What root may do with each file under lockdown=integrity.
#
# vm-args: --append lockdown=integrity
# timeout: 240
# configs: numa
# trust-configs: numa debug
exec "$(dirname "$0")/65-permissions.sh"
