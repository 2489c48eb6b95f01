#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Unit tests of tests/labs/nfs/report.py, the tables of lab-nfs."""
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import tap

REPORT = pathlib.Path(__file__).parents[1] / "labs" / "nfs" / "report.py"


def load():
    spec = importlib.util.spec_from_file_location("lab_nfs_report", REPORT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


report = load()


def run(**metrics):
    """What bulkctl ab writes, of {metric: (single, list, array, stock)}."""
    return {"kernel": "6.12.test", "emulated": "QEMU TCG", "slice_s": 0.5, "metrics": [
        {"name": name.replace("task_clock", "task-clock"), "missing": None,
         "arms": [{"mode": mode, "n": 24, "median": value} for mode, value in zip(report.MODES, values)],
         "comparisons": [{"mode": "array", "effect_percent": 12.5, "low_percent": 3.0, "high_percent": 20.0,
                          "verdict": "better"}]} for name, values in metrics.items()]}


class Results(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        for way in ("times", "icount-1", "icount-2", "locks"):
            (self.path / way).mkdir()
        self.write("icount-1", ns_per_fill=(80000, 20000, 10000, 30000), ns_per_page=(320, 80, 40, 120),
                   task_clock_per_rpc=(900000, 700000, 600000, 650000))
        self.write("icount-2", ns_per_fill=(82000, 20000, 10200, 30000), ns_per_page=(340, 80, 42, 120),
                   task_clock_per_rpc=(900000, 700000, 600000, 650000))
        self.write("times", nfs_ops_per_s=(100, 110, 112.5, 105))
        (self.path / "times" / "read-1m.calls").write_text(
            "mode=single rpcs=10 fills=10 got=2570 calls=2570\nmode=array rpcs=10 fills=10 got=2570 calls=15\n")
        (self.path / "locks" / "read-1m.calls").write_text("mode=array rpcs=10 fills=10 got=2570 zone_locks=30\n")
        (self.path / "times" / "read-1m.stats").write_text(
            "generation 9\nsingle fills 5\nsingle end_oom 0\narray end_watermark 3\n")
        (self.path / "times" / "read-1m.latency").write_text(
            "array fill 65536 900\narray fill 131072 2\narray fill 262144 0\narray wait 1048576 1\n")

    def tearDown(self):
        self.folder.cleanup()

    def write(self, way, **metrics):
        (self.path / way / "read-1m.json").write_text(json.dumps(run(**metrics)))

    def count(self, **numbers):
        words = {"rpcs": 10, "fills": 10, "got": 2570, "calls": 15, **numbers}
        (self.path / "times" / "read-1m.calls").write_text(
            "mode=array " + " ".join(f"{name}={value}" for name, value in words.items()) + "\n")

    def report(self, *kept):
        done = subprocess.run([sys.executable, REPORT, self.path, self.path / "out", "v1", *kept], capture_output=True,
                              text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_numbers(self):
        status, text = self.report()
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"single +81000 \(80000-82000\) +330\.0 \(320\.0-340\.0\) +900000 \(900000-900000\) +1\.000")
        self.assertRegex(text, r"array +10100 \(10000-10200\) +41\.0 .* 0\.124")
        self.assertRegex(text, r"array +112\.5 +\+12\.5 % \[\+3\.0, \+20\.0\] better .* <262 .* watermark:3")
        self.assertRegex(text, r"list +110\.0 .* - +- +none")
        self.assertRegex(text, r"array +1\.000 +257\.0 +257\.0 +1\.50 +3\.00")
        self.assertRegex(text, r"single +1\.000 +257\.0 +257\.0 +257\.00 +-")
        self.assertIn("Emulated: QEMU", text)
        self.assertIn("read-1m array: 1.000 fills <= 1.02, 257.0 pages <= 261.1 a READ: met", text)
        document = json.loads((self.path / "out.json").read_text())
        self.assertEqual((document["schema"], document["git"]), ("page-bulk-lab-nfs/2", "v1"))
        self.assertIn("<td>10100 (10000-10200)</td>", (self.path / "out.html").read_text())

    def test_hardware(self):
        for path in self.path.glob("icount-?/*"):
            path.unlink()
        real = {**run(nfs_ops_per_s=(100, 110, 112.5, 105)), "emulated": None}
        (self.path / "times" / "read-1m.json").write_text(json.dumps(real))
        status, text = self.report()
        self.assertEqual(status, 0, text)
        self.assertNotRegex(text, "(?i)emulated")
        self.assertIn("Times are those of the machine that this ran on", text)

    def test_others_are_kept(self):
        kept = self.path / "kept.json"
        other = {"icount": [run(ns_per_fill=(7, 6, 5, 4), ns_per_page=(7, 6, 5, 4))], "times": run(nfs_ops_per_s=(1, 2, 3, 4))}
        for path in self.path.glob("times/*"):
            path.unlink()
        kept.write_text(json.dumps({"schema": "page-bulk-lab-nfs/1", "git": "v0", "cases": {
            "read-1m": other, "write-1m": other}}))
        status, text = self.report(kept)
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"read-1m: sequential.*; v1 \(icount, locks\), v0 \(times\)\n")
        self.assertRegex(text, r"single +81000 ")
        self.assertRegex(text, r"array +3\.0 ")
        self.assertRegex(text, r"write-1m: sequential.*; v0\n=+\n\n.*\n.*\n  single +7 +7\.0 ")
        # and once more, of what was written now
        self.assertEqual(json.loads((self.path / "out.json").read_text())["cases"]["write-1m"]["git"],
                         {"icount": "v0", "times": "v0"})
        (self.path / "out.json").rename(kept)
        for path in (*self.path.glob("icount-?/*"), *self.path.glob("times/*"), *self.path.glob("locks/*")):
            path.unlink()
        self.write("times", nfs_ops_per_s=(100, 110, 112.5, 105))
        status, text = self.report(kept)
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"read-1m: .*; v1\n")
        self.assertRegex(text, r"array +112\.5 ")
        self.assertRegex(text, r"single +81000 ")
        kept.write_text('{"schema": "page-bulk-off/2"}')
        status, text = self.report(kept)
        self.assertEqual(status, 1)
        self.assertIn("is no report of lab-nfs: its schema is page-bulk-off/2", text)

    def test_goal_missed(self):
        self.count(got=3000)
        status, text = self.report()
        self.assertEqual(status, 1)
        self.assertIn("read-1m array: 1.000 fills <= 1.02, 300.0 pages <= 261.1 a READ: MISSED", text)
        self.count(fills=15)
        self.assertEqual(self.report()[0], 1)

    def test_series(self):
        for what, factor in (("cpus", 1), ("threads", 8)):
            for number in (2, 4):
                (self.path / "icount-1" / f"read-1m,{what}={number * factor}.json").write_text(json.dumps(
                    run(ns_per_fill=(81000 * number, 20000, 10100, 30000), ns_per_page=(1, 1, 1, 1))))
        (self.path / "icount-1" / "read-1m,cpus=8,mtu=9000.json").write_text(json.dumps(run(ns_per_fill=(1, 1, 1, 1))))
        text = self.report()[1]
        self.assertRegex(text, r"by CPUs of the guest.*\n  mode +1 +2 +4 +growth\n"
                               r"  single +81000 +162000 +324000 +cpus\^1\.00: linear\n"
                               r"  list +20000 +20000 +20000 +cpus\^0\.00: constant\n")
        self.assertRegex(text, r"by threads of nfsd.*\n  mode +8 +16 +32 +growth\n")
        self.assertIn("read-1m,cpus=4: sequential reads of 1 MB, O_DIRECT; NFSv4.2, 8 threads, MTU 1500, tmpfs, 4 CPUs",
                      text)

    def test_missing_is_named(self):
        result = run(ns_per_fill=(1, 1, 1, 1))
        result["metrics"][0]["missing"] = "timing is off"
        self.assertIsNone(report.median(result, "ns_per_fill", "array"))
        self.assertIsNone(report.median(result, "ns_per_page", "array"))

    def test_nothing(self):
        with tempfile.TemporaryDirectory() as empty:
            done = subprocess.run([sys.executable, REPORT, empty, empty + "/out", "v1"], capture_output=True,
                                  text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("has no results", done.stderr)

    def test_describe(self):
        self.assertEqual(report.describe("read-1m,threads=64,sec=krb5"),
                         "sequential reads of 1 MB, O_DIRECT; NFSv4.2, 64 threads, MTU 1500, tmpfs, sec=krb5")

    def soak(self, **minutes):
        """A soak of a slice in each mode a minute, of {metric: its value in each minute}."""
        (self.path / "soak").mkdir(exist_ok=True)
        count = len(next(iter(minutes.values())))
        result = {"kernel": "6.12.test", "slice_s": 0.9, "modes": list(report.MODES),
                  "metrics": [{"name": name, "missing": None} for name in minutes],
                  "slices": [{"arm": arm, "start_s": 60 * minute + 15 * arm, "dropped": None,
                              "values": [values[minute] for values in minutes.values()]}
                             for minute in range(count) for arm in range(4)]}
        result["slices"].append({"arm": 0, "start_s": 1, "dropped": "reset", "values": [None] * len(minutes)})
        (self.path / "soak" / "read-1m.json").write_text(json.dumps(result))

    def test_soak(self):
        flat = {"nfs_mib_per_s": [50, 52, *[60] * 8, 51, 51], "free_mib": [1000, 1000, *[1] * 8, 1009, 1009],
                "frag_index": [0.010, 0.010, *[1] * 8, 0.019, 0.019]}
        self.soak(**flat)
        status, text = self.report()
        self.assertEqual(status, 0, text)
        self.assertIn("a soak, 12 minutes without the gaps to settle: 49 slices of 0.9 s", text)
        self.assertRegex(text, r"MiB/s.* 51\.0 \(50\.0-52\.0\) +51\.0 \(51\.0-51\.0\) +0\.0 +as at first")
        self.assertRegex(text, r"below 64 kB +0\.0100 .* 0\.0190 .* 0\.0090 +as at first")
        self.assertTrue(">share of it in blocks below 64 kB</tspan>" in (self.path / "out.html").read_text())
        for worse in ({"nfs_mib_per_s": [50, 52, *[51] * 8, 49, 49]}, {"nfs_mib_per_s": [50, 52, *[51] * 8, 53, 53]},
                      {"free_mib": [1000, 1000, *[1] * 8, 989, 989]}, {"frag_index": [0.010] * 10 + [0.021] * 2}):
            self.soak(**{**flat, **worse})
            status, text = self.report()
            self.assertEqual(status, 1)
            self.assertEqual(text.count("MISSED"), 1, text)

    def test_soak_without_a_metric(self):
        self.soak(nfs_mib_per_s=[50] * 6)
        status, text = self.report()
        self.assertEqual(status, 1)
        self.assertEqual(text.count("not measured: MISSED"), 2)


if __name__ == "__main__":
    tap.main()
