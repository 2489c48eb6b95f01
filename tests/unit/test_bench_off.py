#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The off cost's table follows the data: ratios within a boot, medians over boots, goals met or missed."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

import tap

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import bench_off  # noqa: E402  pylint: disable=wrong-import-position


def boot(**insn: list[float]) -> dict[str, list[dict]]:
    """What the guests of a boot left, by mode: instructions per READ in each pass."""
    return {mode: [{"what": "nfs", "mode": mode, "pass": number + 1, "insn": value}
                   for number, value in enumerate(insn.get(mode, [1]))] for mode in bench_off.MODES}


class Off(unittest.TestCase):
    def show(self, boots: list) -> tuple[bool, str]:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            met = bench_off.show("nfs", bench_off.compare(boots, "nfs"))
        return met, out.getvalue()

    def test_read(self) -> None:
        with tempfile.NamedTemporaryFile("w+") as file:
            file.write("nfs mode=stock pass=2 count=32 insn=6400\n")
            file.flush()
            self.assertEqual(list(bench_off.read(pathlib.Path(file.name))),
                             [{"what": "nfs", "mode": "stock", "pass": 2, "insn": 200.0}])

    def test_median_of_passes_and_boots(self) -> None:
        # the third boot is slow as a whole: its ratio is what counts
        table = bench_off.compare(
            [boot(none=[100, 900, 100], stock=[101, 1, 101], array=[90, 90, 90]),
             boot(none=[100], stock=[102], array=[80]),
             boot(none=[400], stock=[400], array=[200])], "nfs")
        self.assertEqual(table["stock"]["ratio"], [1.01, 1.02, 1.0])
        self.assertEqual(table["array"]["ratio"], [0.9, 0.8, 0.5])
        self.assertEqual(table["none"]["ratio"], [1.0, 1.0, 1.0])

    def test_goals(self) -> None:
        good = boot(none=[1000], stock=[1005], array=[900])
        met, text = self.show([good])
        self.assertTrue(met)
        self.assertNotIn("MISSED", text)
        self.assertIn("1.0050 (1.0050 to 1.0050)  <= 1.005 in each boot: met", text)
        self.assertIn("  < 1.000 in each boot: met", text)
        # A good boot, and one that is not
        for worse in ({"stock": [1006], "array": [900]}, {"stock": [1000], "array": [1000]}):
            met, text = self.show([good, boot(none=[1000], **worse)])
            self.assertFalse(met)
            self.assertEqual(text.count("MISSED"), 1)

    def test_a_mode_is_missing(self) -> None:
        # No kernel to compare with, or a mode of which nothing was measured
        for mode in ("none", "stock"):
            with self.assertRaises(ValueError):
                bench_off.compare([boot(**{mode: []})], "nfs")


if __name__ == "__main__":
    tap.main()
