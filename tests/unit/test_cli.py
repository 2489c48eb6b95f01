#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The program itself: verbs, exit codes, output that cannot be written."""

import os
import pathlib
import re
import subprocess
import unittest

import tap

TOP = pathlib.Path(__file__).resolve().parents[2]
BULKCTL = os.environ.get("BULKCTL", str(TOP / "build/bulkctl/bulkctl"))
VERBS = ("status", "set", "report", "ab", "trace", "bench", "compare")
MISSING = (
    "bulkctl: this kernel has no page_bulk interface (/proc/sys/vm/page_bulk is missing); "
    "boot a kernel with CONFIG_PAGE_BULK\n"
)


def run(*args: str, **kwargs) -> subprocess.CompletedProcess:
    kwargs.setdefault("stdout", subprocess.PIPE)
    return subprocess.run([BULKCTL, *args], stderr=subprocess.PIPE, text=True, check=False, **kwargs)


class CliTest(unittest.TestCase):
    def test_help(self) -> None:
        self.assertEqual(run("--help").returncode, 0)
        for verb in VERBS:
            self.assertRegex(run("--help").stdout, rf"(?m)^  {verb} ")
            self.assertIn(f"Usage: bulkctl {verb} ", run(verb, "--help").stdout)
            self.assertEqual(run(verb, "--help").returncode, 0)

    def test_version(self) -> None:
        self.assertRegex(run("--version").stdout, r"^bulkctl \d+\.\d+\n$")

    def test_usage(self) -> None:
        for args in ((), ("frobnicate",), ("--frobnicate",), ("status", "x"), ("report", "-x")):
            done = run(*args)
            self.assertEqual(done.returncode, 2, args)
            self.assertEqual(done.stdout, "")
            self.assertNotEqual(done.stderr, "")

    def test_full_device(self) -> None:
        with open("/dev/full", "w", encoding="ascii") as full:
            done = run("--help", stdout=full)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write standard output: No space left on device", done.stderr)

    def test_no_interface(self) -> None:
        """Elsewhere the fake trees of the cmocka tests do it."""
        if os.path.exists("/proc/sys/vm/page_bulk"):
            return
        for args in (("status",), ("report",), ("report", "--json"), ("set", "sunrpc=list")):
            done = run(*args)
            self.assertEqual(done.returncode, 3, args)
            self.assertEqual(done.stderr, MISSING)
            self.assertEqual(done.stdout, "")

    def test_man_pages(self) -> None:
        """Each long option of --help is in the verb's man page, and the other way round."""
        for verb in VERBS:
            page = (TOP / f"Documentation/bulkctl/bulkctl-{verb}.8").read_text()
            page = page.replace("\\-", "-")
            told = set(re.findall(r"(?m)^  (--[a-z-]+)", run(verb, "--help").stdout))
            described = set(re.findall(r"(?m)^\.B[RI]? \"?(--[a-z-]+)", page))
            self.assertEqual(told, described, verb)


if __name__ == "__main__":
    tap.main()
