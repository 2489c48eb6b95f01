#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Completion for bash: what it offers, by its functions and once by a TAB in a terminal."""

import os
import pathlib
import pty
import re
import select
import subprocess
import tempfile
import time
import unittest

import tap

TOP = pathlib.Path(__file__).resolve().parents[2]
BULKCTL = os.environ.get("BULKCTL", str(TOP / "build/bulkctl/bulkctl"))
COMPLETION = TOP / "tools/bulkctl/bulkctl.bash-completion"
SCRIPT = """
set -u
. "$1"; _bulkctl_sysctl=$2; bulkctl=$3; shift 3
COMP_WORDS=(bulkctl "$@") COMP_CWORD=$#
_bulkctl "$bulkctl"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def program(*args: str) -> list[str]:
    return subprocess.run([BULKCTL, *args], capture_output=True, text=True,
                          check=True).stdout.splitlines()


VERBS = program("--list-verbs")


class CompletionTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.sysctl = pathlib.Path(folder.name)
        for name, text in (("available_modes", "single list array stock"), ("sunrpc", "array"),
                           ("page_pool", "stock"), ("timing", "0"), ("max_block_order", "10")):
            (self.sysctl / name).write_text(text + "\n")

    def offered(self, *words: str) -> set[str]:
        """What is offered for the last word."""
        done = subprocess.run(["bash", "-c", SCRIPT, "bash", str(COMPLETION), str(self.sysctl),
                               BULKCTL, *words], capture_output=True, text=True, check=False,
                              cwd=self.sysctl)
        self.assertEqual((done.returncode, done.stderr), (0, ""), words)
        return set(done.stdout.split("\n")) - {""}

    def test_verbs(self) -> None:
        self.assertEqual({word for word in self.offered("") if word[0] != "-"}, set(VERBS))
        self.assertEqual(self.offered("stat"), {"status"})
        self.assertEqual(self.offered("--v"), {"--version"})
        self.assertEqual(self.offered("--list-options", ""), set(VERBS))
        self.assertEqual(self.offered("frobnicate", ""), set())

    def test_options(self) -> None:
        """Of every verb all that it has, and what begins with the word."""
        for verb in VERBS:
            known = {line.split()[0] for line in program("--list-options", verb)}
            self.assertEqual(self.offered(verb, "-"), known, verb)
        self.assertEqual(self.offered("report", "--in"), {"--interval"})
        self.assertEqual(self.offered("set", "sunrpc", "=", "list", "--f"), {"--for"})

    def test_users_and_modes(self) -> None:
        self.assertEqual(self.offered("set", ""), {"sunrpc=", "page_pool="})
        self.assertEqual(self.offered("set", "--dry-run", "s"), {"sunrpc="})
        self.assertEqual(self.offered("set", "sunrpc", "="), {"single", "list", "array", "stock"})
        self.assertEqual(self.offered("set", "sunrpc", "=", "s"), {"single", "stock"})
        self.assertEqual(self.offered("ab", "page"), {"page_pool"})
        self.assertEqual(self.offered("ab", "sunrpc", "--modes", "l"), {"list"})
        self.assertEqual(self.offered("ab", "sunrpc", "--modes", "stock,s"),
                         {"stock,single", "stock,stock"})
        (self.sysctl / "available_modes").unlink()
        self.assertEqual(self.offered("set", ""), set())

    def test_metrics(self) -> None:
        known = {line.split()[0] for line in program("ab", "--metric", "help") if line[0] != " "}
        known = {name for name in known if not name.startswith("EVENT")}
        self.assertIn("ns_per_page", known)
        self.assertEqual(self.offered("ab", "sunrpc", "--metric", ""), known)
        self.assertEqual(self.offered("ab", "--metric", "rpc_us,ns_per_p"), {"rpc_us,ns_per_page"})

    def test_words(self) -> None:
        """--format a|b is completed from --help, in both spellings."""
        self.assertIn("openmetrics", self.offered("report", "--format", ""))
        for verb in VERBS:
            told = re.search(r"(?m)^  --format ([a-z|]+)", "\n".join(program(verb, "--help")))
            if told:
                self.assertEqual(self.offered(verb, "--format", ""), set(told[1].split("|")))
                self.assertEqual(self.offered(verb, "--format", "=", "tex"), {"text"})
        self.assertEqual(self.offered("bench", "--memory", "scattered,c"), {"scattered,cold"})
        self.assertEqual(self.offered("bench", "--gfp", "a"), {"account", "atomic"})
        self.assertEqual(self.offered("status", "--interval", ""), set())

    def test_files(self) -> None:
        (self.sysctl / "result one.json").touch()
        for words in (("compare", "res"), ("compare", "--pool", "res"), ("ab", "-o", "res"),
                      ("ab", "sunrpc", "--output", "res"), ("ab", "sunrpc", "--", "cmd", "res"),
                      ("trace", "--summary", "res"), ("trace", "--json", "--summary", "res"),
                      ("report", "-o", "res"), ("report", "--output", "=", "res")):
            self.assertEqual(self.offered(*words), {"result one.json"}, words)
        self.assertEqual(self.offered("trace", "res"), set())
        self.assertEqual(self.offered("a/verb", "res"), set())

    def test_tab(self) -> None:
        """An interactive bash, which cuts the line into words itself."""
        pid, terminal = pty.fork()
        if pid == 0:
            path = os.path.dirname(os.path.realpath(BULKCTL)) + ":" + os.environ["PATH"]
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"],
                       os.environ | {"PATH": path, "PS1": "ready> ", "INPUTRC": "/dev/null",
                                     "TERM": "dumb"})
        self.addCleanup(os.waitpid, pid, 0)
        self.addCleanup(os.close, terminal)
        self.expect(terminal, "ready> ")
        os.write(terminal, f". {COMPLETION}; _bulkctl_sysctl={self.sysctl}\n".encode())
        self.expect(terminal, "ready> ")
        os.write(terminal, b"echo bulkctl se\t")
        self.assertNotIn("bulkctl set", self.read(terminal, 0.2))
        os.write(terminal, b"\x15bulkctl se\t")
        self.expect(terminal, "bulkctl set ")
        os.write(terminal, b"sun\t")
        self.expect(terminal, "sunrpc=")
        os.write(terminal, b"li\t")
        self.expect(terminal, "list ")
        os.write(terminal, b"--dr\t")
        self.expect(terminal, "--dry-run ")

    def read(self, terminal: int, seconds: float) -> str:
        text = b""
        while select.select([terminal], [], [], seconds)[0]:
            text += os.read(terminal, 4096)
        return text.decode()

    def expect(self, terminal: int, words: str) -> None:
        text = ""
        deadline = time.monotonic() + 30
        while words not in text:
            self.assertLess(time.monotonic(), deadline, f"no {words!r} in {text!r}")
            text += self.read(terminal, 0.1)


if __name__ == "__main__":
    tap.main()
