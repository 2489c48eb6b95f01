#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The CSV and the metrics that test_report_formats kept in $O, seen by readers of those forms."""

import csv
import json
import os
import pathlib
import re
import unittest
from typing import Dict, List, Tuple

import tap

TOP = pathlib.Path(__file__).resolve().parents[2]
DASHBOARD = TOP / "tools/bulkctl/contrib/page-bulk-grafana.json"
KEPT = pathlib.Path(os.environ.get("O", "build/bulkctl/tests"))
SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="[^"\\\n]*",?)*)\})? (\S+)')
LABEL = re.compile(r'([a-z]+)="([^"]*)"')


class CsvTest(unittest.TestCase):
    def setUp(self) -> None:
        with open(KEPT / "report.csv", newline="", encoding="utf-8") as file:
            self.rows = list(csv.DictReader(file, strict=True, restkey="more", restval="less"))

    def test_rows(self) -> None:
        keys = [(r["interval"], r["user"], r["mode"]) for r in self.rows]
        modes = ("single", "list", "array", "stock")
        self.assertEqual(keys, [(str(i), user, mode) for i in (1, 2, 3)
                                for user in ("page_pool", "sunrpc") for mode in modes])

    def test_values(self) -> None:
        for row in self.rows:
            self.assertNotIn("more", row)
            self.assertNotIn("less", row.values())
            self.assertGreater(float(row["seconds"]), 0)
            self.assertEqual(row["fills"], "0")
            # What the kernel does not count is empty, not 0.
            self.assertEqual(row["zone_locks"],
                             "0" if row["mode"] in ("list", "array") else "")


class MetricsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.types: Dict[str, str] = {}
        self.samples: List[Tuple[str, Dict[str, str], float]] = []
        self.family_of: List[str] = []
        family = ""
        for line in (KEPT / "report.prom").read_text().splitlines():
            if line.startswith("#"):
                words = line.split(" ")
                if words[1] == "TYPE":
                    family = words[2]
                    self.assertNotIn(family, self.types, "a family is in one piece")
                    self.types[family] = words[3]
                continue
            match = SAMPLE.fullmatch(line)
            self.assertTrue(match, line)
            self.samples.append((match[1], dict(LABEL.findall(match[2] or "")), float(match[3])))
            self.family_of.append(family)

    def test_families(self) -> None:
        for (name, _, _), family in zip(self.samples, self.family_of):
            if self.types[family] == "histogram":
                self.assertIn(name.removeprefix(family), ("_bucket", "_sum", "_count"))
            else:
                self.assertEqual(name, family)
            self.assertEqual(self.types[family] == "counter", name.endswith("_total"), name)

    def test_unique(self) -> None:
        names = [(name, *sorted(labels.items())) for name, labels, _ in self.samples]
        self.assertEqual(len(names), len(set(names)))

    def test_histograms(self) -> None:
        buckets: Dict[Tuple, List[Tuple[float, float]]] = {}
        counts = {}
        for name, labels, value in self.samples:
            key = (name.rpartition("_")[0], labels.get("user"), labels.get("mode"))
            if name.endswith("_bucket"):
                buckets.setdefault(key, []).append((float(labels["le"]), value))
            elif name.endswith("_count"):
                counts[key] = value
        self.assertEqual(buckets.keys(), counts.keys())
        self.assertEqual(len(counts), 4)
        for key, pairs in buckets.items():
            self.assertEqual(pairs, sorted(pairs))
            self.assertEqual([value for _, value in pairs],
                             sorted(value for _, value in pairs))
            self.assertEqual(pairs[-1], (float("inf"), counts[key]))

    def test_dashboard(self) -> None:
        """Each panel asks for series that there are, by labels that they have."""
        labels_of: Dict[str, set] = {}
        for name, labels, _ in self.samples:
            labels_of.setdefault(name, set()).update(labels)
        dashboard = json.loads(DASHBOARD.read_text())
        targets = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        targets += [entry["expr"] for entry in dashboard["annotations"]["list"]]
        self.assertGreater(len(targets), 10)
        for expr in targets:
            names = re.findall(r"page_bulk_[a-z_]+(?=\{)", expr)
            self.assertTrue(names or "node_textfile_mtime_seconds" in expr, expr)
            by = {label for words in re.findall(r"by \(([^)]*)\)", expr)
                  for label in words.split(", ")} - {"instance"}
            for name in names:
                self.assertIn(name, labels_of)
                self.assertLessEqual(by, labels_of[name], expr)
        for variable in dashboard["templating"]["list"][1:]:
            self.assertIn(re.search(r"page_bulk_[a-z_]+", variable["definition"])[0], labels_of)

    def test_panels(self) -> None:
        """Panels have ids of their own and do not overlap."""
        panels = json.loads(DASHBOARD.read_text())["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        cells = [(x, y) for panel in panels for grid in [panel["gridPos"]]
                 for x in range(grid["x"], grid["x"] + grid["w"])
                 for y in range(grid["y"], grid["y"] + grid["h"])]
        self.assertEqual(len(cells), len(set(cells)))
        self.assertLess(max(x for x, _ in cells), 24)


if __name__ == "__main__":
    tap.main()
