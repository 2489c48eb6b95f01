# SPDX-License-Identifier: GPL-2.0-only
#
# The front door: `make help` lists every door.

SHELL := /bin/bash
CONFIG ?= guest
FUZZ_SECONDS ?= 30
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what building and testing need, with apt; a no-op when it is there
	@scripts/setup

setup-packages:
	@scripts/setup packages

tree: setup ## unpack linux-source-6.12 (or KSRC=/path) into build/, with our files and patches
	@scripts/tree

kernel: setup ## build the patched kernel; CONFIG=guest (default), numa, debug, rt or up
	@scripts/kernel $(CONFIG)

rootfs: setup ## build the guest's Debian 12 userland
	@tests/vm/rootfs

bulkctl: setup ## build the bulkctl tool
	@$(MAKE) -s -C tools/bulkctl

deb: setup-packages ## build the Debian package of bulkctl, with lintian, in build/deb/
	@scripts/deb

kernel-deb: setup-packages ## build linux-image as a Debian package in build/deb/; CONFIG=debian, debian-cloud, a path ...
	@scripts/kernel-deb $(CONFIG)

demo: setup bulkctl rootfs ## switch a running nfsd and page_pool through the modes, under load
	@scripts/kernel guest
	@tests/labs/demo

test: setup bulkctl rootfs ## run every test: unit, KUnit, guests
	@scripts/kernel guest
	@scripts/kernel numa
	@tests/run

test-debug: setup bulkctl rootfs ## the guests' tests again under KASAN, lockdep and more; PREEMPT_RT, !SMP
	@scripts/kernel debug
	@scripts/kernel rt
	@scripts/kernel up
	@tests/run --debug

test-trust: setup bulkctl rootfs ## whatever happens while modes are switched: nothing is lost
	@scripts/kernel numa
	@scripts/kernel debug
	@scripts/kernel stock-numa
	@tests/run --trust

test-matrix: setup bulkctl rootfs ## kernels of 11 configurations build, boot and pass; resumable, 8 h in all
	@tests/run --matrix $(if $(AGAIN),--again)

test-suites: setup rootfs ## suites that others wrote, with and without page_bulk, side by side
	@tests/suites/run

test-packages: setup-packages ## the Debian packages, in a server's userland that systemd boots
	@scripts/kernel-deb deb
	@scripts/deb
	@tests/vm/rootfs --systemd >/dev/null
	@tests/run --packages

test-unit: setup ## run the unit tests of bulkctl and of the test tools
	@tests/run --only unit

check-valgrind: setup ## run bulkctl's unit tests under valgrind
	@$(MAKE) -s -C tools/bulkctl check-valgrind

fuzz: setup ## run the fuzz harnesses of bulkctl's parsers, FUZZ_SECONDS=30 each
	@tests/fuzz/run --seconds $(FUZZ_SECONDS)

kunit-uml: setup ## run the KUnit suites under User Mode Linux
	@scripts/kunit

test-mutations: setup ## show that each broken core in tests/mutations is caught
	@tests/mutations/run

objcompare: setup ## compare the kernel's own object code with that of the tree without page_bulk
	@scripts/objcheck

bench: setup ## measure what a page costs in batches, under User Mode Linux; the goals
	@scripts/bench

bench-vm: setup bulkctl rootfs ## the same in instructions, in a guest under -icount; nfsd's fills
	@scripts/bench-vm

bench-off: setup bulkctl rootfs ## instructions per NFS READ and XDP packet, against a kernel without page_bulk
	@scripts/bench-off

lab-nfs: setup bulkctl rootfs ## what the modes are worth to an NFS server, load by load; SOAK=60: an hour; HOST=1: on this machine
	@HOST=$(HOST) tests/labs/lab-nfs $(if $(SOAK),--soak $(SOAK))

lab-xdp: setup bulkctl rootfs ## page_pool's modes under XDP loads, in instructions and packets; HOST=1: on this machine
	@HOST=$(HOST) tests/labs/lab-xdp

check: setup ## checkpatch, sparse, W=1, kernel-doc and shellcheck over what is ours
	@scripts/check

series: setup ## write the change as mailable patches to build/series/6.12/
	@scripts/series

clean: ## delete build/; the cache in ~/.cache/page-bulk stays
	rm -rf build

.PHONY: help setup setup-packages tree kernel rootfs bulkctl deb kernel-deb demo test test-debug
.PHONY: test-trust test-matrix test-suites test-packages test-unit check-valgrind fuzz kunit-uml test-mutations
.PHONY: objcompare bench bench-vm bench-off lab-nfs lab-xdp check series clean
