#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What root may do with each file under lockdown=confidentiality.
#
# vm-args: --append lockdown=confidentiality
# timeout: 240
# configs: numa
# needs: PAGE_BULK DEBUG_FS TRACING SECURITY_LOCKDOWN_LSM
# trust-timeout: 300
exec "$(dirname "$0")/65-permissions.sh"
