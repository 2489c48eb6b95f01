#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Side by side: what is worse in the patched kernel is found, what is the same or better is not."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

import tap

SUITES = pathlib.Path(__file__).resolve().parents[1] / "suites"
sys.path.insert(0, str(SUITES))
import compare  # noqa: E402  pylint: disable=wrong-import-position

KUNIT = """\
KTAP version 1
1..2
    KTAP version 1
    # Subtest: list-kunit-test
    1..2
    ok 1 list_test_a
    not ok 2 list_test_b
not ok 1 list-kunit-test
        KTAP version 1
        # Subtest: params
        ok 1 one # SKIP not here
        ok 2 one
    ok 1 params
ok 2 example
"""
SELFTESTS = """\
TAP version 13
# -----------
# running ./cow
# TAP version 13
# 1..3
# ok 1 fork
# ok 2 # SKIP needs a large folio
# ok 3 # XFAIL known
# [PASS]
ok 1 cow
not ok 2 gup_test -u # exit=1
ok 3 ksm_tests -N -m 1 # SKIP
1..3
"""
REPORTS = """\
ok 1 - x
run: the kernel log has reports that no --allow names:
  [   12.345678] WARNING: CPU: 1 PID: 77 at mm/page_alloc.c:4711 get_page+0x12/0x340
  [   13.000000][    T1] BUG: Bad page state in process fio  pfn:12345
run: modules.sh itself ended with status 0
"""


class Read(unittest.TestCase):
    def test_kunit(self) -> None:
        self.assertEqual(compare.read_tests(KUNIT.splitlines()), {
            "list-kunit-test": "failed", "list-kunit-test/list_test_a": "ok", "list-kunit-test/list_test_b": "failed",
            "example": "ok", "example/params": "ok", "example/params/one": "skipped", "example/params/one (2)": "ok"})

    def test_selftests(self) -> None:
        self.assertEqual(compare.read_tests(SELFTESTS.splitlines()), {
            "cow": "ok", "cow/fork": "ok", "cow/needs a large folio": "skipped", "cow/known": "ok",
            "gup_test -u": "failed", "ksm_tests -N -m 1": "skipped"})

    def test_what_is_counted_in_a_name(self) -> None:
        lines = ("ok 1 transact_test Extra pages %d (%.1f%%), extra thread faults %d.",
                 "ok 2 Success reaping a child with %dMB of memory allocations")
        one, other = (compare.read_tests([lines[0] % (n, n / 10, n), lines[1] % n]) for n in (2, 17))
        self.assertEqual(len(one), 2)
        self.assertEqual(one, other)

    def test_reports_are_the_same_in_another_boot(self) -> None:
        reports = compare.read_reports(REPORTS.splitlines())
        again = REPORTS.replace("12.3", "99.9").replace("CPU: 1 PID: 77", "CPU: 0 PID: 1234") \
            .replace(":4711", ":4811").replace("+0x12/0x340", "+0x16/0x350") \
            .replace("at mm/", "at ../../linux-6.12-stock/mm/")
        self.assertEqual(len(reports), 2)
        self.assertEqual(compare.read_reports(again.splitlines()), reports)
        self.assertEqual(set(reports.values()), {"failed"})


class Compare(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.output = self.folder / "out.json"

    def column(self, name: str, log: str, status: int = 0) -> None:
        path = self.folder / "runs" / "s" / name
        path.mkdir(parents=True, exist_ok=True)
        for file, text in (("log", log), ("status", f"{status}\n"), ("seconds", "3\n")):
            (path / file).write_text(text)

    def compare(self) -> tuple[object, str]:
        arguments = ["compare.py", str(self.folder / "runs"), "abc", "6.12", str(self.output), "s"]
        with mock.patch.object(sys, "argv", arguments), contextlib.redirect_stdout(io.StringIO()) as out, \
                self.assertRaises(SystemExit) as end:
            compare.main()
        return end.exception.code, out.getvalue()

    def compare_outcomes(self, unpatched: str, patched: str) -> tuple[object, str]:
        self.column("unpatched", "ok 1 - always\n" + unpatched)
        self.column("array", "ok 1 - always\n" + patched)
        return self.compare()

    def test_same(self) -> None:
        for log in ("ok 2 - x\n", "not ok 2 - x\n", "ok 2 - x # SKIP\n", ""):
            code, text = self.compare_outcomes(log, log)
            self.assertEqual(code, 0, log)
            self.assertIn("0 worse than unpatched, 0 better", text)

    def test_worse(self) -> None:
        good, bad, skipped, missing = "ok 2 - x\n", "not ok 2 - x\n", "ok 2 - x # SKIP\n", ""
        for unpatched, patched in ((good, bad), (good, skipped), (good, missing), (skipped, bad), (missing, bad)):
            code, text = self.compare_outcomes(unpatched, patched)
            self.assertEqual(code, 1, (unpatched, patched))
            self.assertIn("1 worse than unpatched, 0 better", text)
        self.assertIn("s, array: x: failed, unpatched did not run", text)

    def test_better(self) -> None:
        for unpatched in ("not ok 2 - x\n", "ok 2 - x # SKIP\n", ""):
            code, text = self.compare_outcomes(unpatched, "ok 2 - x\n")
            self.assertEqual(code, 0, unpatched)
            self.assertIn("0 worse than unpatched, 1 better", text)
        self.assertIn("s, array: x: ok, unpatched did not run", text)

    def test_what_only_the_patched_kernel_has(self) -> None:
        name = "the mode of page_bulk had fills"
        for script in ("net", "nfs"):
            self.assertIn(f"holds '{name}'", (SUITES / f"{script}.sh").read_text(encoding="utf-8"))
        self.assertIn("0 worse than unpatched, 0 better", self.compare_outcomes("", f"ok 2 - {name}\n")[1])
        self.assertIn("1 worse than unpatched, 0 better", self.compare_outcomes("", f"not ok 2 - {name}\n")[1])

    def test_within_a_test(self) -> None:
        # as many passed as before, but not the same ones
        code, text = self.compare_outcomes("# ok 1 a\n# not ok 2 b\nok 2 t\n", "# not ok 1 a\n# ok 2 b\nok 2 t\n")
        self.assertEqual(code, 1)
        self.assertIn("s, array: t/a: failed, unpatched ok", text)
        self.assertIn("1 ok, 1 failed", text)

    def test_report_of_one_kernel(self) -> None:
        self.column("unpatched", "ok 1 - x\n")
        self.column("array", REPORTS, 98)
        code, text = self.compare()
        self.assertEqual(code, 1)
        self.assertIn("s, array: kernel report: WARNING: at mm/page_alloc.c get_page: failed", text)

    def test_guest_that_hangs(self) -> None:
        self.column("unpatched", "ok 1 - x\n", 1)
        self.column("array", "ok 1 - x\n", 124)
        code, text = self.compare()
        self.assertEqual(code, 1)
        self.assertIn("s, array: the guest comes to its end: failed, unpatched ok", text)

    def test_nothing_passed_unpatched(self) -> None:
        self.column("unpatched", "not ok 1 - x\n", 97)
        self.column("array", "ok 1 - x\n")
        self.assertIn("no test passed in the unpatched kernel", self.compare()[0])

    def test_json(self) -> None:
        self.compare_outcomes("# info: speed: 3 MB/s\nok 2 - x\n", "# info: speed: 4 MB/s\nnot ok 2 - x\n")
        data = json.loads(self.output.read_text())
        self.assertEqual(data["schema"], compare.SCHEMA)
        self.assertEqual(list(data["suites"]["s"]), ["unpatched", "array"])
        self.assertEqual(data["suites"]["s"]["array"]["tests"]["x"], "failed")
        self.assertEqual(data["suites"]["s"]["array"]["info"], {"speed": "4 MB/s"})
        self.assertEqual(data["worse"], [
            {"suite": "s", "column": "array", "test": "x", "unpatched": "ok", "patched": "failed"}])


if __name__ == "__main__":
    tap.main()
