#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""How fills grow with their pages: exponents, words and gaps of scripts/growth.py."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import tap

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "growth.py"
sys.path.insert(0, str(SCRIPT.parent))
import growth  # noqa: E402  pylint: disable=wrong-import-position


def rows(mode: str, costs: dict[int, float], unit: str = "insn") -> list[dict]:
    """What a benchmark leaves, of the cost of a call by its pages."""
    return [{"mode": mode, "memory": "hot", "gfp": "kernel", "batch": pages, "samples": 7, "alloc_ns": 1,
             "alloc_" + unit: cost / pages} for pages, cost in costs.items()]


class Growth(unittest.TestCase):
    def run_on(self, found: list[dict]) -> tuple[subprocess.CompletedProcess, str]:
        with tempfile.TemporaryDirectory() as folder:
            source, picture = pathlib.Path(folder) / "bench.json", pathlib.Path(folder) / "growth.svg"
            source.write_text(json.dumps({"rows": found, "kernel": "6.12.test", "git": "v1"}))
            done = subprocess.run([sys.executable, SCRIPT, source, picture], capture_output=True, text=True, check=False)
            return done, picture.read_text() if picture.exists() else ""

    def test_table_and_picture(self) -> None:
        done, picture = self.run_on(rows("array", {1: 1000, 4: 1000, 64: 1000, 256: 4000, 1024: 16000}) +
                                    rows("stock_list", {1: 10, 64: 640, 1024: 10240}))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("instructions of a fill by its pages; 6.12.test, v1, medians of 7 samples", done.stdout)
        self.assertRegex(done.stdout, r"array +1000 +1000 +- +1000 +4000 +16000 +-   "
                                      r"pages\^0\.00, constant; pages\^1\.00, linear")
        self.assertRegex(done.stdout, r"stock_list +10 +- +- +640 +- +10240 ")
        self.assertTrue(picture.startswith("<svg") and ">stock_list<" in picture)

    def test_times_when_nothing_else(self) -> None:
        done, _ = self.run_on(rows("array", {1: 3, 4: 12, 16: 48}, "ns"))
        self.assertRegex(done.stdout, r"^ns of a fill[^$]*pages\^1\.00, linear; not measured")

    def test_too_few_sizes(self) -> None:
        done, picture = self.run_on(rows("array", {1: 3, 4: 12}))
        self.assertEqual((done.returncode, picture), (1, ""))
        self.assertIn("has no rows of three batch sizes", done.stderr)

    def test_words(self) -> None:
        self.assertAlmostEqual(growth.slope([(1, 5), (10, 50), (100, 500)]), 1)
        self.assertEqual([growth.growth(k) for k in (0.02, 0.5, 1.0, 1.4)],
                         ["constant", "less than linear", "linear", "worse than linear"])


if __name__ == "__main__":
    tap.main()
