#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The program itself: verbs, exit codes, output that cannot be written."""

import json
import os
import pathlib
import re
import subprocess
import unittest

import tap

TOP = pathlib.Path(__file__).resolve().parents[2]
BULKCTL = os.environ.get("BULKCTL", str(TOP / "build/bulkctl/bulkctl"))
MAN = TOP / "Documentation/bulkctl"
MISSING = (
    "bulkctl: this kernel has no page_bulk interface (/proc/sys/vm/page_bulk is missing); "
    "boot a kernel with CONFIG_PAGE_BULK\n"
)


def run(*args: str, **kwargs) -> subprocess.CompletedProcess:
    kwargs.setdefault("stdout", subprocess.PIPE)
    return subprocess.run([BULKCTL, *args], stderr=subprocess.PIPE, text=True, check=False, **kwargs)


VERBS = run("--list-verbs").stdout.split()


class Options:
    """What the program's own table says of a verb: long names, letters, which take an argument."""

    def __init__(self, verb: str) -> None:
        lines = [line.split() for line in run("--list-options", verb).stdout.splitlines()]
        self.long = {words[0] for words in lines}
        # -h is a courtesy that every verb has, and none tells.
        self.letters = {word for words in lines for word in words[1:]} - {"ARG", "-h"}
        self.with_argument = {words[0] for words in lines if words[-1] == "ARG"}


def names(text: str) -> set[str]:
    """Options in a text: --word or -x, where none is a part of a word."""
    return set(re.findall(r"(?<![\w-])(?:--[a-z][a-z-]*|-[a-zA-Z])(?![\w-])", text))


def plain(man: str) -> str:
    """A man page without the escapes that tests would stumble over."""
    return re.sub(r"\\f[A-Z]", "", man.replace("\\-", "-"))


def section(man: str, name: str) -> str:
    found = re.search(rf"(?ms)^\.SH {name}\n(.*?)(?=^\.SH |\Z)", man)
    return found[1] if found else ""


class CliTest(unittest.TestCase):
    def test_help(self) -> None:
        self.assertEqual(run("--help").returncode, 0)
        self.assertGreater(len(VERBS), 5)
        for verb in VERBS:
            self.assertRegex(run("--help").stdout, rf"(?m)^  {verb} ")
            self.assertIn(f"Usage: bulkctl {verb} ", run(verb, "--help").stdout)
            self.assertEqual(run(verb, "--help").returncode, 0)

    def test_help_lists_options(self) -> None:
        """Each option of the table has a line in the verb's --help, and the other way round."""
        for verb in VERBS:
            options = Options(verb)
            lines = re.findall(r"(?m)^  (-.*?)(?:  |$)", run(verb, "--help").stdout)
            told = set().union(*map(names, lines))
            self.assertEqual(told, options.long | options.letters, verb)
            for line in lines:
                for name in names(line) & options.with_argument:
                    self.assertRegex(line, rf"{name} \S", verb)

    def test_lists(self) -> None:
        self.assertIn("--interval ARG\n", run("--list-options", "status").stdout)
        self.assertIn("--event -e ARG\n", run("--list-options", "report").stdout)
        for args in ((), ("frobnicate",), ("set", "status")):
            done = run("--list-options", *args)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("--list-options takes one verb", done.stderr)

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

    def test_doctor_on_this_machine(self) -> None:
        """Here too it says all that it can, whatever there is."""
        done = run("doctor")
        self.assertIn(done.returncode, (0, 1))
        self.assertEqual(done.stderr, "")
        self.assertRegex(done.stdout, r"(?m)^ok +release +\S")
        if not os.path.exists("/proc/sys/vm/page_bulk"):
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, r"(?m)^missing +interface .* -> boot a kernel")
        self.assertEqual(json.loads(run("doctor", "--json").stdout)["schema"],
                         "page-bulk-doctor/1")

    def test_man_pages(self) -> None:
        """Each option of the table is described in the verb's man page, and the other way round."""
        for verb in VERBS:
            options = Options(verb)
            man = plain((MAN / f"bulkctl-{verb}.8").read_text())
            self.assertRegex(man, rf"(?m)^bulkctl-{verb} - \S")
            tags = re.findall(r"(?m)^\.T[PQ]\n(.*)$", section(man, "OPTIONS"))
            described = set().union(*map(names, tags))
            self.assertEqual(described, options.long | options.letters, verb)
            self.assertLessEqual(names(section(man, "SYNOPSIS")), described | {"--"}, verb)
            for name in ("DESCRIPTION", "EXIT STATUS", "EXAMPLES", "SEE ALSO"):
                self.assertNotEqual(section(man, name), "", f"{verb}: {name}")

    def test_main_man_page(self) -> None:
        """bulkctl(8) has the verbs and the options that --help has, and names each verb's page."""
        man = plain((MAN / "bulkctl.8").read_text())
        verbs = re.findall(r"(?m)^\.TP\n\.B (\w+)$", section(man, "VERBS"))
        self.assertEqual(sorted(verbs), sorted(VERBS))
        told = names("\n".join(re.findall(r"(?m)^  (--.*?)  ", run("--help").stdout)))
        tags = re.findall(r"(?m)^\.T[PQ]\n(.*)$", section(man, "OPTIONS"))
        self.assertEqual(set().union(*map(names, tags)), told)
        for verb in VERBS:
            self.assertIn(f".BR bulkctl-{verb} (8)", section(man, "SEE ALSO"))

    def test_man_page_for_each_verb_only(self) -> None:
        pages = sorted(page.stem for page in MAN.glob("bulkctl-*.8"))
        self.assertEqual(pages, sorted(f"bulkctl-{verb}" for verb in VERBS))

    def test_man_pages_are_well_formed(self) -> None:
        for page in sorted(MAN.glob("*.8")):
            done = subprocess.run(["man", "--warnings", "-l", str(page)], capture_output=True,
                                  text=True, check=False, env=os.environ | {"MANPAGER": "cat"})
            self.assertEqual((done.returncode, done.stderr), (0, ""), page.name)


if __name__ == "__main__":
    tap.main()
