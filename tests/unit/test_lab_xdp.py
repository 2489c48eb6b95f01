#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""lab-xdp's report follows the data: counters by mode, medians, spread, what recycles, the goal."""

import json
import pathlib
import sys
import tempfile
import unittest

import tap

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "labs" / "xdp"))
import lab_pages  # noqa: E402  pylint: disable=wrong-import-position
import lab_report  # noqa: E402  pylint: disable=wrong-import-position

METRICS = ["packets_per_s:xdp1", "ns_per_page", "task-clock_per_s"]


def comparison(mode: str, effect: float) -> dict:
    return {"mode": mode, "effect_percent": effect, "low_percent": effect - 1, "high_percent": effect + 1,
            "verdict": "better"}


def result(slices: dict[str, list[list[float]]], **gains: float) -> dict:
    """As of bulkctl ab: by mode, the values of its slices."""
    arms = list(slices)
    return {"kernel": "6.12.0", "modes": arms,
            "metrics": [{"name": name, "comparisons": [comparison(*gain) for gain in gains.items()]}
                        for name in METRICS],
            "slices": [{"arm": arms.index(mode), "dropped": None, "values": values}
                       for mode, rows in slices.items() for values in rows]}


class Folder:
    """A folder of results, made up."""

    def __init__(self) -> None:
        self.temporary = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.temporary.name)

    def add(self, boot: str, case: str, verdict: str, counters: str = "", measured: dict = None) -> None:
        folder = self.path / boot
        folder.mkdir(exist_ok=True)
        with open(folder / "cases", "a", encoding="ascii") as file:
            file.write(f"{case} {verdict}\n")
        (folder / f"{case}.counters").write_text(counters)
        if measured:
            (folder / f"{case}.json").write_text(json.dumps(measured))

    def report(self) -> dict:
        return lab_report.build(self.path, "abc")


class Lab(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Folder()
        self.addCleanup(self.folder.temporary.cleanup)

    def test_counters(self) -> None:
        text = "array before xdp1 packets 1000\narray before xdp1 rx_pp_alloc_slow 7\n" \
               "array after xdp1 packets 3000\narray after xdp1 rx_pp_alloc_slow 37\n" \
               "list before page_bulk got 5\nlist after page_bulk got 5\n"
        self.assertEqual(lab_report.read_counters(text),
                         {"array": {"xdp1": {"packets": 2000, "rx_pp_alloc_slow": 30}},
                          "list": {"page_bulk": {"got": 0}}})
        self.folder.add("icount-1", "veth-hold-64", "recycles", text)
        counts = self.folder.report()["kinds"]["icount"]["veth-hold-64"]["modes"]["array"]["per_1000_packets"]
        self.assertEqual(counts["xdp1"]["rx_pp_alloc_slow"], (15.0, 15.0, 15.0, 1))

    def test_one_boot_has_its_slices_several_their_medians(self) -> None:
        slices = {"single": [[1000, 100, 5e5], [2000, 300, 1e6], [3000, 110, 1e6]], "array": [[4000, 27.5, 1e6]]}
        self.folder.add("tcg", "veth-redirect-64", "ab", measured=result(slices, array=20))
        self.folder.add("icount-1", "veth-redirect-64", "ab", measured=result(slices, array=20))
        self.folder.add("icount-2", "veth-redirect-64", "ab", measured=result(
            {"single": [[1000, 90, 1e6]], "array": [[1000, 45, 1e6]]}, array=30))
        kinds = self.folder.report()["kinds"]
        single = kinds["tcg"]["veth-redirect-64"]["modes"]["single"]
        self.assertEqual(single["metrics"]["ns_per_page"], (110, 100, 300, 3))
        self.assertEqual(single["metrics"]["ns_per_packet"], (500, 1e6 / 3000, 500, 3))
        self.assertIsNone(single["metrics"]["ns_per_fill"])
        both = kinds["icount"]["veth-redirect-64"]
        self.assertEqual(both["modes"]["single"]["metrics"]["ns_per_page"], (100, 90, 110, 2))
        self.assertEqual(both["saved"], (0.625, 0.5, 0.75, 2))
        self.assertEqual(both["modes"]["array"]["gain"],
                         {"percent": 25, "low": 19, "high": 31, "verdicts": ["better", "better"]})

    def test_dropped_slices_do_not_count(self) -> None:
        measured = result({"single": [[1000, 100, 1e6], [1000, 900, 1e6]]})
        measured["slices"][1]["dropped"] = "somebody switched"
        self.assertEqual(lab_report.slice_values(measured, "veth-redirect-64", "single")["ns_per_page"], [100])

    def test_what_goes_back_is_one_packet(self) -> None:
        measured = result({"single": [[1000, 100, 1e6]]})
        values = lab_report.slice_values(measured, "veth-tx-64", "single")
        self.assertEqual((values["packets_per_s:xdp1"], values["ns_per_packet"]), ([500], [2000]))

    def test_only_what_is_emulated_is_called_so(self) -> None:
        measured = result({"single": [[1000, 100, 1e6]]})
        self.folder.add("host", "veth-redirect-64", "ab", measured=measured)
        for emulated in False, True:
            self.assertEqual("emulated" in lab_pages.text(self.folder.report()), emulated)
            self.folder.add("tcg", "veth-redirect-64", "ab", measured=measured)

    def goal_of(self, boot: str, case: str, single: float, array: float) -> dict:
        self.folder.add(boot, case, "ab", measured=result({"single": [[1, single, 1]], "array": [[1, array, 1]]}))
        return self.folder.report()

    def test_goal(self) -> None:
        # neither other clocks nor sizes of the batch are part of it
        self.assertIsNone(self.goal_of("tcg", "veth-hold-64", 100, 90)["goal"])
        self.assertIsNone(self.goal_of("icount-1", "veth-redirect-64-batch16", 100, 90)["goal"])
        met = self.goal_of("icount-1", "veth-hold-64", 100, 40)
        self.assertEqual((met["goal"]["worst"], met["goal"]["met"], lab_report.good(met)), (0.6, True, True))
        missed = self.goal_of("icount-1", "veth-tx-64", 100, 41)
        self.assertEqual((missed["goal"]["case"], missed["goal"]["met"], lab_report.good(missed)),
                         ("veth-tx-64", False, False))
        self.assertIn("59.0 % in the worst case, veth-tx-64: MISSED", lab_pages.text(missed))

    def test_what_recycles_has_no_difference(self) -> None:
        self.folder.add("icount-1", "veth-drop-64", "recycles", "".join(
            f"single {when} xdp1 packets {packets}\nsingle {when} page_bulk got {got}\n"
            f"single {when} page_bulk fills 1\n"
            for when, packets, got in (("before", 0, 0), ("after", 4000, 2))))
        report = self.folder.report()
        text = lab_pages.text(report)
        self.assertIn("no difference to report: at most 0.50 pages for 1000 packets", text)
        self.assertNotIn("packets/s  against single", text)
        self.assertTrue(lab_report.good(report))

    def test_failed(self) -> None:
        self.folder.add("icount-1", "veth-drop-64", "failed")
        report = self.folder.report()
        self.assertFalse(lab_report.good(report))
        self.assertIn("veth-drop-64: FAILED", lab_pages.text(report))

    def test_nothing_measured(self) -> None:
        self.assertFalse(lab_report.good(self.folder.report()))

    def test_pages(self) -> None:
        self.goal_of("icount-1", "veth-redirect-64", 100, 99)
        for size, array in ((128, 20), (16, 50)):
            report = self.goal_of("icount-1", f"veth-redirect-64-batch{size}", 100, array)
        # the load by itself is none of them: other pages were free when it began
        self.assertRegex(lab_pages.text(report), r"by the pages that a fill asks for\n  mode +16 +128\n.*\n.*\n  array +50\.0 .* 20\.0 ")
        page = lab_pages.html_page(report)
        self.assertIn("<svg", page)
        self.assertIn("array saves 80.0 % (80.0 to 80.0)", page)
        self.assertEqual(json.loads(json.dumps(lab_report.plain(report)))["schema"], "page-bulk-lab-xdp/1")


if __name__ == "__main__":
    tap.main()
