#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The demo's table and sentence follow the data: a difference, none, the reverse, too little."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest
from typing import Any, Optional

import tap

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "labs"))
import demo_report  # noqa: E402  pylint: disable=wrong-import-position


def document(ns: dict[str, list[float]], user: str = "sunrpc", **changes: Any) -> dict[str, Any]:
    """ns per page of each mode, a number per round; changes go into every sample."""
    samples = []
    for mode, rounds in ns.items():
        for i, value in enumerate(rounds):
            sample = {
                "round": i + 1, "mode": mode, "seconds": 5.0, "fills": 500, "asked": 128500,
                "got": 128000, "short": 2, "failed": 0, "timed_fills": 500, "timed_got": 128000,
                "ns": int(value * 128000), "allocator_calls": 128000, "reads_1m": 250,
                "packets": 64000,
            }
            sample.update(changes)
            samples.append(sample)
    return {"schema": "page-bulk-demo/1", "user": user, "kernel": "6.12.1", "emulated": True,
            "rounds": 3, "samples": samples}


FASTER = {"single": [100, 104, 108], "list": [60, 62, 64], "array": [50, 52, 54],
          "stock": [52, 53, 55]}
EQUAL = {mode: [100, 104, 108] for mode in FASTER}
REVERSED = {"single": [50, 52, 54], "list": [60, 62, 64], "array": [100, 104, 108],
            "stock": [52, 53, 55]}
INSIDE = {"single": [100, 104, 108], "list": [99, 103, 107], "array": [90, 95, 101],
          "stock": [100, 105, 110]}


def run(sunrpc: Any, page_pool: Any) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("sunrpc", sunrpc), ("page_pool", page_pool)):
            if data is not None:
                text = data if isinstance(data, str) else json.dumps(data)
                (pathlib.Path(folder) / f"{name}.json").write_text(text)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = demo_report.main(["demo_report.py", folder])
    return status, out.getvalue(), err.getvalue()


def row(lines: list[str], mode: str) -> Optional[list[str]]:
    return next((line.split() for line in lines if line.startswith(mode)), None)


class MeaningTest(unittest.TestCase):
    def test_faster(self) -> None:
        text = demo_report.meaning(document(FASTER))
        self.assertIn("array is cheapest", text)
        self.assertIn("0.50 times what it costs with single (52.0 against 104.0 ns)", text)
        self.assertIn("more than the spread", text)
        self.assertIn("not told apart from stock.", text)

    def test_equal(self) -> None:
        text = demo_report.meaning(document(EQUAL))
        self.assertIn("no difference above the spread", text)
        self.assertNotIn("cheapest", text)

    def test_reversed(self) -> None:
        text = demo_report.meaning(document(REVERSED))
        self.assertIn("no mode is cheaper than single", text)
        self.assertIn("2.00 times as much with array (104.0 against 52.0 ns)", text)
        self.assertNotIn("is cheapest", text)

    def test_inside_the_spread(self) -> None:
        self.assertIn("no difference above the spread", demo_report.meaning(document(INSIDE)))

    def test_touching_ranges(self) -> None:
        data = dict(EQUAL, array=[90, 95, 100])
        self.assertIn("no difference above the spread", demo_report.meaning(document(data)))
        data = dict(EQUAL, array=[90, 95, 99])
        self.assertIn("array is cheapest", demo_report.meaning(document(data)))

    def test_one_round(self) -> None:
        data = {mode: values[:1] for mode, values in FASTER.items()}
        self.assertIn("no spread", demo_report.meaning(document(data)))

    def test_not_timed(self) -> None:
        text = demo_report.meaning(document(FASTER, timed_fills=0, timed_got=0))
        self.assertIn("not timed", text)


class TableTest(unittest.TestCase):
    def test_numbers(self) -> None:
        lines = demo_report.table(document(FASTER))
        self.assertIn("calls per 1 MB READ", lines[0])
        self.assertEqual(row(lines, "array"),
                         ["array", "1500", "256.0", "512.0", "52.0", "(50.0-54.0,", "n=3)", "6"])
        lines = demo_report.table(document(FASTER, user="page_pool"))
        self.assertIn("calls per 1000 packets", lines[0])
        self.assertEqual(row(lines, "list")[3], "2000.0")

    def test_not_measured(self) -> None:
        lines = demo_report.table(document(FASTER, allocator_calls=None, timed_got=0))
        self.assertEqual(row(lines, "array"),
                         ["array", "1500", "256.0", "not", "measured", "not", "measured", "6"])

    def test_calls_of_the_rounds_that_counted(self) -> None:
        data = document(FASTER)
        data["samples"][0]["allocator_calls"] = None
        data["samples"][1]["reads_1m"] = 500
        self.assertEqual(row(demo_report.table(data), "single")[3], f"{256000 / 750:.1f}")

    def test_no_calls_is_zero(self) -> None:
        self.assertEqual(row(demo_report.table(document(FASTER, allocator_calls=0)), "array")[3], "0.0")


class MainTest(unittest.TestCase):
    def test_good(self) -> None:
        status, out, err = run(document(FASTER), document(EQUAL, user="page_pool"))
        self.assertEqual((status, err), (0, ""))
        self.assertIn("sunrpc: array is cheapest", out)
        self.assertIn("page_pool: no difference above the spread", out)
        self.assertIn("The guest is emulated", out)

    def test_few_fills(self) -> None:
        status, out, err = run(document(FASTER), document(EQUAL, user="page_pool", fills=333))
        self.assertEqual(status, 1)
        self.assertIn("page_pool: fewer than 1000 fills: single 999", err)
        self.assertIn("single", out)

    def test_missing_mode(self) -> None:
        data = {mode: values for mode, values in FASTER.items() if mode != "stock"}
        status, _, err = run(document(data), document(EQUAL, user="page_pool"))
        self.assertEqual(status, 1)
        self.assertIn("sunrpc: fewer than 1000 fills: stock 0", err)

    def test_unreadable(self) -> None:
        good = document(FASTER)
        for bad in (None, "", "{", "[]", "{}", '{"schema": "page-bulk-demo/2"}',
                    dict(good, user="slub"), dict(good, samples=None)):
            status, _, err = run(bad, document(EQUAL, user="page_pool"))
            self.assertEqual(status, 1)
            self.assertIn("sunrpc.json", err)


if __name__ == "__main__":
    tap.main()
