#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's selftests for mm, by their own script and with its TAP. Left out are what needs two nodes,
# more memory than the guest has or, emulated, more than a few minutes: migration, ksm_numa, hugevm, pkey
# and userfaultfd (its unit tests, too: they are one category). vmalloc is in modules.sh.
#
# usage: mm.sh KERNEL: the folder in build/kernel where test_hmm was built
set -eu

categories=(mmap gup_test compaction mlock process_mrelease mremap hugetlb hmm madv_populate memfd_secret
	ksm soft_dirty pagemap cow thp mkdirty mdwe)
# seconds: beside another guest two tests, which have a limit of their own, of 120, take more
limit=600
modules=/lib/modules/$(uname -r)

mkdir -p "$modules" /dev/hugepages
cp "/src/build/kernel/$1/lib/test_hmm.ko" "$modules/"
depmod
mount -t hugetlbfs hugetlbfs /dev/hugepages
cp -r /src/build/suites/mm /root/mm
cd /root/mm
# One that hangs does not keep the others from running
sed -i -e "s/ksm_tests -[HP] -s 100/& -l $limit/" -e "s/(\"\$@\" 2>&1)/(timeout $((limit + 60)) \"\$@\" 2>\&1)/" run_vmtests.sh
for category in "${categories[@]}"; do
	./run_vmtests.sh -t "$category" || true
done
