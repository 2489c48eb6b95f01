#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Unit tests of tests/run: does it count right, and does it fail where it has to?"""

import contextlib
import glob
import importlib.machinery
import importlib.util
import io
import os
import re
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import tap  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))


def load_run():
    path = os.path.join(TOP, "tests", "run")
    loader = importlib.machinery.SourceFileLoader("run", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
    loader.exec_module(module)
    return module


run = load_run()
res = run.res

KTAP = """\
[    0.1] KTAP version 1
[    0.1] 1..2
    KTAP version 1
    # Subtest: page_bulk_fill
    # module: page_alloc
    1..3
[    0.2] some other message of the kernel
        KTAP version 1
        # Subtest: fill_holes
        ok 1 single
        ok 2 list
        {third}
    # fill_holes: pass:3 fail:0 skip:0 total:3
    {holes}
    ok 2 fill_zero # SKIP no zero pages here
    ok 3 fill_one
# page_bulk_fill: pass:2 fail:0 skip:1 total:3
{suite}
    KTAP version 1
    # Subtest: page_bulk_stats
    1..1
    ok 1 stats_sum
{last}
"""


def ktap(third="ok 3 array", holes="ok 1 fill_holes", suite="ok 1 page_bulk_fill",
         last="ok 2 page_bulk_stats"):
    return KTAP.format(third=third, holes=holes, suite=suite, last=last)


def count(text, parser=res.TapParser, status=0, allowed=()):
    parser = parser()
    for line in text.splitlines(keepends=True):
        parser.feed(line)
    results = parser.end()
    res.judge_status(results, status)
    res.judge_skips(results, res.read_allowed(allowed))
    return results


class Tap(unittest.TestCase):
    def expect(self, text, passed, failed=0, skipped=0, **options):
        results = count(text, **options)
        self.assertEqual((results.passed, len(results.failed), len(results.skipped)),
                         (passed, failed, skipped), results.failed)
        return results

    def test_plan_first_and_last(self):
        self.expect("1..2\nok 1 - a\nok 2 - b\n", 2)
        self.expect("ok 1 - a\nok 2 - b\n1..2\n", 2)
        self.expect("TAP version 13\n1..1\nok 1 a\n", 1)

    def test_other_output_is_passed_over(self):
        self.expect("make: Entering\nok then\n# not ok 7 in a comment\n1..1\nxok 3\nok 1 - a\nnot okay\n", 1)

    def test_several_documents(self):
        self.expect("1..2\nok 1 a\nok 2 b\n# next\n1..1\nok 1 c\n", 3)
        self.expect("ok 1 a\nok 2 b\n1..2\nok 1 c\n1..1\n", 3)
        self.expect("TAP version 13\nok 1 a\n1..1\nTAP version 13\nok 1 c\n1..1\n", 2)

    def test_first_of_several_documents_ends_early(self):
        self.expect("1..3\nok 1 a\nok 2 b\n# next\n1..1\nok 1 c\n", 3, 1)

    def test_not_ok(self):
        results = self.expect("1..2\nok 1 - a\nnot ok 2 - b\n", 1, 1, status=1)
        self.assertEqual(results.failed, ["b"])

    def test_premature_end(self):
        self.expect("1..3\nok 1 a\nok 2 b\n", 2, 1)
        self.expect("1..3\nok 1 a\nok 2 b\n", 2, 2, status=124)

    def test_more_than_planned(self):
        self.expect("1..1\nok 1 a\nok 2 b\n", 2, 1)

    def test_no_plan(self):
        self.expect("ok 1 a\nok 2 b\n", 2, 1)

    def test_no_test(self):
        self.expect("", 0, 1)
        self.expect("1..0\n", 0, 1)
        self.expect("all is well\n", 0, 1)

    def test_number_out_of_order(self):
        self.expect("1..2\nok 1 a\nok 3 b\n", 2, 1)
        self.expect("1..2\nok 1 a\nok 1 b\n", 2, 1)

    def test_bail_out(self):
        self.expect("1..1\nok 1 a\nBail out! no disk\n", 1, 1)

    def test_status(self):
        good = "1..2\nok 1 a\nok 2 b\n"
        for status in (1, 2, 96, 97, 98, 124, -15):
            with self.subTest(status=status):
                results = self.expect(good, 2, 1, status=status)
                self.assertIn(str(status), results.failed[0])
        bad = "1..1\nnot ok 1 a\n"
        self.expect(bad, 0, 1, status=1)
        self.expect(bad, 0, 1, status=2)
        for status in (96, 97, 98, 124, 139, -9):
            with self.subTest(bad=status):
                self.expect(bad, 0, 2, status=status)

    def test_skips(self):
        text = "1..2\nok 1 - a\nok 2 - the PMU counts # SKIP no PMU here\n"
        results = self.expect(text, 1, 1)
        self.assertIn("the PMU counts # no PMU here", results.failed[0])
        self.expect(text, 1, 0, 1, allowed=["# why\n", "\n", "the PMU .* # no PMU here\n"])
        self.expect(text, 1, 1, allowed=["the PMU counts\n", "counts # no PMU here\n"])

    def test_skip_of_one_group(self):
        for group, skipped, failed in (("matrix/up/kunit", 1, 0), ("matrix/guest/kunit", 0, 1), ("", 0, 1)):
            with self.subTest(group=group):
                results = res.Results()
                results.skipped.append("a # one CPU")
                res.judge_skips(results, res.read_allowed(["matrix/up/.*: a # one CPU"]), group)
                self.assertEqual((len(results.skipped), len(results.failed)), (skipped, failed))

    def test_todo_and_skip_of_everything(self):
        self.expect("1..2\nok 1 a\nnot ok 2 b # TODO later\n", 1, 1)
        self.expect("1..0 # SKIP no QEMU\n", 0, 1)
        self.expect("1..0 # SKIP no QEMU\n", 0, 0, 1, allowed=["everything # no QEMU"])

    def test_a_hash_in_a_name_is_no_directive(self):
        self.expect("1..1\nok 1 - bug #5 SKIPped\n", 1)

    def test_ktap_counts_leaves(self):
        allowed = ["page_bulk_fill/fill_zero # no zero pages here"]
        self.expect(ktap(), 5, 0, 1, allowed=allowed)
        self.expect(ktap(), 5, 1)

    def test_ktap_failures_count_once(self):
        allowed = ["page_bulk_fill/fill_zero # .*"]
        results = self.expect(ktap("not ok 3 array", "not ok 1 fill_holes", "not ok 1 page_bulk_fill"),
                              4, 1, 1, allowed=allowed, status=1)
        self.assertEqual(results.failed, ["page_bulk_fill/fill_holes/array"])
        # a suite that fails by itself, as in its exit
        results = self.expect(ktap(suite="not ok 1 page_bulk_fill"), 5, 1, 1, allowed=allowed)
        self.assertEqual(results.failed, ["page_bulk_fill"])

    def test_ktap_ends_early(self):
        allowed = ["page_bulk_fill/fill_zero # .*"]
        # the last suite does not come to its end: orphans, and 1 of 2 suites
        self.expect(ktap(last=""), 5, 2, 1, allowed=allowed)
        # a crash in the middle of a suite: 1 of 3 tests, 0 of 2 suites, orphans twice
        text = ktap()
        self.expect(text[:text.index("    ok 2 fill_zero")], 3, 3)


class Kunit(unittest.TestCase):
    GOOD = ("[01:00:00] ============ page_bulk_fill ============\n"
            "[01:00:00] [PASSED] fill_one\n%s"
            "[01:00:00] ========= [%s] page_bulk_fill ==========\n"
            "[01:00:00] Testing complete. Ran %d tests: %s\n")

    def expect(self, text, passed, failed=0, skipped=0, **options):
        results = count(text, res.KunitParser, **options)
        self.assertEqual((results.passed, len(results.failed), len(results.skipped)),
                         (passed, failed, skipped), results.failed)
        return results

    def test_passed(self):
        self.expect(self.GOOD % ("", "PASSED", 1, "passed: 1"), 1)

    def test_failed(self):
        text = self.GOOD % ("[01:00:00] [FAILED] fill_two\n", "FAILED", 2, "passed: 1, failed: 1")
        results = self.expect(text, 1, 1, status=1)
        self.assertEqual(results.failed, ["page_bulk_fill/fill_two"])
        self.expect(text.replace("FAILED] fill_two", "PASSED] fill_two"), 1, 1, status=1)

    def test_crashed(self):
        text = self.GOOD % ("[01:00:00] [CRASHED] fill_two\n", "CRASHED", 2, "passed: 1, crashed: 1")
        self.expect(text, 1, 1, status=1)

    def test_errors_without_a_name(self):
        self.expect(self.GOOD % ("", "PASSED", 1, "passed: 1, errors: 2"), 1, 1, status=1)

    def test_skipped(self):
        text = self.GOOD % ("[01:00:00] [SKIPPED] fill_numa\n", "PASSED", 2, "passed: 1, skipped: 1")
        self.expect(text, 1, 0, 1, allowed=["page_bulk_fill/fill_numa"])
        self.expect(text, 1, 1)
        self.expect(text.replace("[SKIPPED] fill", "fill"), 1, 1)

    def test_ends_early(self):
        text = self.GOOD % ("", "PASSED", 1, "passed: 1")
        self.expect(text[:text.index("[01:00:00] Testing")], 0, 1)
        self.expect("", 0, 1)
        self.expect(text, 1, 1, status=1)

    def test_no_test(self):
        self.expect("Testing complete. Ran 0 tests: errors: 1\n", 0, 1, status=1)
        self.expect("Testing complete. Ran 0 tests: \n", 0, 1)


class Run(unittest.TestCase):
    """The program itself, on commands that stand in for a guest."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.folder.cleanup()

    def run_groups(self, *scripts, parser=res.TapParser, timeout=60, jobs=1, alone=()):
        groups = []
        for number, script in enumerate(scripts):
            group = run.Group("fake/%d" % number, ["sh", "-c", script], parser, timeout, guest=True)
            group.log = os.path.join(self.folder.name, "%d.log" % number)
            group.alone = number in alone
            groups.append(group)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            runner = run.Runner(res.read_allowed(["s # allowed"]))
            run.run_all(runner, groups, jobs)
            status = run.summarize(groups)
        self.assertEqual(os.path.exists(groups[0].log), True)
        return status, output.getvalue().splitlines()

    def expect(self, scripts, status, last, **options):
        got, lines = self.run_groups(*scripts, **options)
        self.assertEqual((got, lines[-1]), (status, last), lines)
        return lines

    def test_good(self):
        self.expect(["echo 1..2; echo ok 1 a; echo 'ok 2 s # SKIP allowed'"],
                    0, "1 passed, 0 failed, 1 skipped")

    def test_goes_on_after_a_failure(self):
        lines = self.expect(["echo 1..1; echo not ok 1 bad; exit 1", "echo 1..1; echo ok 1 good"],
                            1, "1 passed, 1 failed, 0 skipped")
        self.assertIn("    FAILED fake/0: bad", lines)
        self.assertIn("  bad", lines)
        self.assertTrue(any("0.log" in line for line in lines), lines)
        self.assertIn("  | not ok 1 bad", lines)
        self.assertFalse([line for line in lines if "ok 1 good" in line], lines)

    def test_end_of_the_log_of_a_failure(self):
        lines = self.expect(["seq -f '# %g' 200; echo 1..1; echo ok 1 a; echo a reason >&2; exit 98"],
                            1, "1 passed, 1 failed, 0 skipped")
        self.assertIn("  | a reason", lines)
        self.assertEqual(len([line for line in lines if line.startswith("  | ")]), 60)

    def test_premature_end(self):
        self.expect(["echo 1..3; echo ok 1 a"], 1, "1 passed, 1 failed, 0 skipped")

    def test_unknown_skip(self):
        self.expect(["echo 1..2; echo ok 1 a; echo 'ok 2 s # SKIP some other reason'"],
                    1, "1 passed, 1 failed, 0 skipped")

    def test_kernel_report(self):
        self.expect(["echo 1..2; echo ok 1 a; echo ok 2 b; exit 98"],
                    1, "2 passed, 1 failed, 0 skipped")

    def test_what_the_kernel_said_is_at_the_end(self):
        said = ["run: the kernel log has reports that no --allow names:", "  [   79.58] BUG: bad page"]
        lines = self.expect(["echo 1..1; echo ok 1 a; printf '%%s\\n' '%s' 'a line'; exit 98" % "' '".join(said),
                             "echo 1..1; echo not ok 1 b; seq 100; exit 1"], 1, "1 passed, 2 failed, 0 skipped")
        end = lines[-9:-1]
        self.assertEqual(end[:4], ["fake/0:", "  sh ended with status 98: the kernel log has a report",
                                   "  " + said[0], said[1]], lines)
        self.assertEqual(end[4:], ["", "fake/1:", "  b", ""])

    def test_qemu_failed(self):
        once = "mkdir %s/once && { echo 1..2; echo not ok 1 a; exit 96; }; echo 1..1; echo ok 1 a" % self.folder.name
        lines = self.expect([once], 0, "1 passed, 0 failed, 0 skipped")
        self.assertTrue(any(line.startswith("    AGAIN fake/0: QEMU failed (") for line in lines), lines)
        self.assertTrue(any(line.startswith("fake/0 was run twice") for line in lines), lines)
        with open(os.path.join(self.folder.name, "0.qemu-failed.log"), encoding="utf-8") as log:
            self.assertIn("not ok 1 a", log.read())

    def test_qemu_failed_twice(self):
        self.expect(["echo 1..1; echo ok 1 a; exit 96"], 1, "1 passed, 1 failed, 0 skipped")

    def test_no_output(self):
        self.expect([":"], 1, "0 passed, 1 failed, 0 skipped")

    def test_signal(self):
        self.expect(["echo 1..2; echo ok 1 a; echo ok 2 b; kill -9 $$"],
                    1, "2 passed, 1 failed, 0 skipped")

    def test_timeout(self):
        self.expect(["echo 1..2; echo ok 1 a; echo ok 2 b; exec sleep 60"],
                    1, "2 passed, 1 failed, 0 skipped", timeout=1)

    def test_at_once_and_alone(self):
        here = "mkdir {0}/here.$$; echo 1..1; ".format(self.folder.name)
        others = "[ $(ls -d {0}/here.* | wc -l) = %d ]".format(self.folder.name)
        meets = here + "for i in $(seq 200); do " + others % 2 + " && echo ok 1 && exit; sleep 0.1; done; exit 1"
        alone = here + "sleep 0.2; " + others % 1 + " && echo ok 1; rmdir {0}/here.$$".format(self.folder.name)
        self.expect([alone, alone], 0, "2 passed, 0 failed, 0 skipped", jobs=2, alone=[1])
        self.expect([meets, meets], 0, "2 passed, 0 failed, 0 skipped", jobs=2)
        self.assertEqual({group.name for group in run.trust_groups(run.TRUST_CONFIGS, True)
                          if group.alone and group.guest}, {"numa/trust/45-stopping"})

    def test_trust_where_the_quick_half_is_enough(self):
        quick = {group.name: group.command[-1] == "quick" for group in run.trust_groups(run.TRUST_CONFIGS, True)}
        self.assertEqual({name: quick[name] for name in (
            "numa/trust/40-faults", "debug/trust/40-faults", "debug/trust/60-bad-input")}, {
                "numa/trust/40-faults": False, "debug/trust/40-faults": True, "debug/trust/60-bad-input": False})

    def test_trust_with_kasan_is_there_or_in_the_matrix(self):
        debug = {group.name for group in run.trust_groups(run.TRUST_CONFIGS, True) if group.name.startswith("debug/")}
        self.assertEqual(debug, {"debug/trust/" + name for name in ("20-splice", "40-faults", "60-bad-input")})
        matrix = {group.name for group in run.matrix_groups()}
        for name in ("10-storm", "52-fragments", "54-rdma", "30-pressure", "41-dma", "45-stopping", "50-hotplug",
                     "65-permissions", "70-counters"):
            self.assertIn("matrix/debug/" + name, matrix)

    def test_status_alone(self):
        self.expect(["exit 0"], 0, "1 passed, 0 failed, 0 skipped", parser=res.StatusParser)
        self.expect(["exit 1"], 1, "0 passed, 1 failed, 0 skipped", parser=res.StatusParser)

    def test_every_system_test_is_found(self):
        names = {group.name for group in run.all_groups() + run.packages_groups()}
        for file in os.listdir(os.path.join(TOP, "tests", "system")):
            if file[0].isdigit():
                name = file.removesuffix(".sh")
                self.assertTrue(names & {config + name for config in ("guest/", "numa/", "deb/", "host/")}, name)


class Matrix(unittest.TestCase):
    """The groups of --matrix, and what they remember."""

    OK = "echo 1..1; echo ok 1 a; echo ran >>%s"

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = self.folder.name
        self.kernel = os.path.join(self.path, "kernel")
        self.write("kernel/.config", "CONFIG_SMP=y\nCONFIG_NR_CPUS=8\n# CONFIG_DEBUG_FS is not set\n")
        self.write("kernel/" + run.BZIMAGE, "image")
        self.write("tests/a.sh", "a test")

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text):
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def times_run(self):
        try:
            with open(os.path.join(self.path, "ran"), encoding="utf-8") as file:
                return len(file.readlines())
        except FileNotFoundError:
            return 0

    def run_group(self, script=None, needs=(), build=None, allowed=(), again=False):
        group = run.Group("matrix/fake/a", ["sh", "-c", script or self.OK % os.path.join(self.path, "ran")], guest=True)
        group.log = os.path.join(self.path, "a.log")
        group.kernel = self.kernel
        group.image = os.path.join(self.kernel, run.BZIMAGE)
        group.needs = needs
        group.build = build
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            passed = run.matrix.Passed(os.path.join(self.path, "state"), [os.path.join(self.path, "tests")])
            run.run_all(run.Runner(res.read_allowed(allowed), passed, again), [group], 1)
            status = run.summarize([group])
        return status, output.getvalue()

    def test_passed_is_not_run_again(self):
        self.assertEqual(self.run_group()[0], 0)
        status, output = self.run_group()
        self.assertEqual((status, self.times_run()), (0, 1))
        self.assertRegex(output, "matrix/fake/a +has passed with this kernel and these tests: 20")
        self.assertIn("1 of 1 groups had passed before", output)
        self.assertTrue(output.endswith("\n0 passed, 0 failed, 0 skipped\n"), output)

    def test_again(self):
        self.run_group()
        self.assertIn("1 passed, 0 failed", self.run_group(again=True)[1])
        self.assertEqual(self.times_run(), 2)

    def test_other_inputs(self):
        self.run_group()
        for number, (name, text) in enumerate((("kernel/" + run.BZIMAGE, "other"), ("tests/a.sh", "changed"),
                                               ("tests/new.sh", "a test"), ("state/matrix-fake-a.json", "{"),
                                               ("state/matrix-fake-a.json", '{"when": ""}'),
                                               ("state/matrix-fake-a.json", "[]"))):
            with self.subTest(name=name):
                self.write(name, text)
                self.run_group()
                self.assertEqual(self.times_run(), number + 2)
        self.write("tests/__pycache__/a.pyc", "no input")
        self.write("tests/README.md", "no input")
        self.run_group()
        self.assertEqual(self.times_run(), 7)
        self.run_group(self.OK % os.path.join(self.path, "ran") + " # another command")
        self.assertEqual(self.times_run(), 8)

    def test_other_tests_are_no_inputs(self):
        self.write("tests/trust/10-mine.sh", "exec ../system/20-its.sh")
        self.write("tests/system/20-its.sh", "a test")
        script = self.OK % os.path.join(self.path, "ran") + " # tests/trust/10-mine.sh"
        self.run_group(script)
        for name in ("tests/trust/10-other.sh", "tests/system/20-other.sh", "tests/unit/test_run.py", "tests/suites/run",
                     "tests/run", "tests/matrix/matrix.py"):
            with self.subTest(name=name):
                self.write(name, "no input")
                self.run_group(script)
                self.assertEqual(self.times_run(), 1)
        for number, name in enumerate(("tests/system/20-its.sh", "tests/trust/10-mine.sh", "tests/trust/lib.sh",
                                       "tests/vm/suites/run", "tests/vm/run", "tests/matrix/build")):
            with self.subTest(name=name):
                self.write(name, "changed")
                self.run_group(script)
                self.assertEqual(self.times_run(), number + 2)

    def test_failed_is_run_again(self):
        script = self.OK % os.path.join(self.path, "ran") + "; exit 1"
        for number in (1, 2):
            self.assertEqual(self.run_group(script)[0], 1)
            self.assertEqual(self.times_run(), number)

    def test_needs(self):
        self.assertIn("1 passed, 0 failed, 0 skipped", self.run_group(needs=["SMP"])[1])
        for needs in (["DEBUG_FS"], ["SMP", "DEBUG_FS", "TRACING"], ["NR_CPUS", "DEBUG_FS"]):
            with self.subTest(needs=needs):
                status, output = self.run_group(needs=needs)
                self.assertEqual((status, self.times_run()), (1, 1))
                self.assertIn("skipped, which tests/skips.allowed does not allow: everything # the kernel has no CONFIG_",
                              output)
        status, output = self.run_group(needs=["SMP", "DEBUG_FS"], again=True,
                                        allowed=["matrix/fake/a: everything # the kernel has no CONFIG_DEBUG_FS"])
        self.assertEqual(self.times_run(), 1)
        self.assertIn("0 passed, 0 failed, 1 skipped", output)

    def test_no_kernel(self):
        build = run.Group("matrix/fake/build", ["false"])
        build.results = res.Results()
        build.results.passed = 1
        self.assertEqual(self.run_group(build=build)[0], 0)
        build.results.fail("it builds")
        status, output = self.run_group(build=build, again=True)
        self.assertEqual((status, self.times_run()), (1, 1))
        self.assertIn("FAILED matrix/fake/a: not run: its kernel could not be built", output)
        for name in (run.BZIMAGE, ".config"):
            os.remove(os.path.join(self.kernel, name))
            status, output = self.run_group(again=True)
            self.assertEqual((status, self.times_run()), (1, 1))
            self.assertIn(name + " is missing", output)

    def test_groups(self):
        groups = run.matrix_groups()
        names = [group.name for group in groups]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(len({group.log for group in groups}), len(names))
        tests = {name.rpartition("/")[2] for name in names}
        for row in run.matrix.ROWS:
            missing = {test for test in tests if "matrix/%s/%s" % (row, test) not in names}
            self.assertEqual(missing, set() if row == "off" else {"objcompare"}, row)
        for group in groups:
            self.assertEqual(group.guest, bool(group.kernel), group.name)
            self.assertEqual(group.build and group.build.name,
                             group.guest and group.name.rpartition("/")[0] + "/build" or None)
        by_name = dict(zip(names, groups))
        self.assertEqual(by_name["matrix/up/10-storm"].command[-1], "quick")
        self.assertIn("numa=fake=2", by_name["matrix/numa/kunit"].command)
        self.assertEqual({name for name in by_name if "page_poison=1" in by_name[name].command},
                         {"matrix/%s/20-splice" % row for row in run.matrix.ROWS})
        self.assertEqual({group.name.rpartition("/")[2] for group in groups if group.alone and group.guest},
                         {"45-stopping"})
        self.assertLess(by_name["matrix/preempt/10-storm"].timeout, by_name["matrix/kcsan/10-storm"].timeout)

    def test_every_kernel_is_known(self):
        with open(os.path.join(TOP, "scripts", "kernel"), encoding="utf-8") as file:
            known = re.findall(r"^([a-z|-]+)\)", file.read(), re.MULTILINE)
        self.assertLessEqual(set(run.matrix.ROWS), set("|".join(known).split("|")))

    def test_every_test_of_trust_says_what_it_needs(self):
        for group in run.matrix_groups():
            if group.kernel and not group.name.endswith("/10-switching"):
                self.assertTrue({"PAGE_BULK", "PAGE_BULK_KUNIT_TEST"} & set(group.needs), group.name)


class Labs(unittest.TestCase):
    def test_functions_that_are_called_exist(self):
        """What a lab's library has lost would be seen late: make test does not run all that calls it."""
        called, known = set(), set()
        for path in glob.glob(os.path.join(TOP, "tests", "**", "*.sh"), recursive=True):
            with open(path, encoding="utf-8") as file:
                text = re.sub(r"(?m)^\s*#.*$", "", file.read())
            known.update(re.findall(r"(?m)^(lab_\w+)\(\)", text))
            called.update(re.findall(r"\blab_(?:nfs|xdp|krb5)_\w+", text))
        self.assertIn("lab_nfs_up", known)
        self.assertEqual(called - known, set())


class Package(unittest.TestCase):
    def test_has_what_the_unit_tests_read(self):
        """make deb runs them on what scripts/deb lays there, which make test does not try."""
        folders = {"tests", "mm", "net"}  # the last two for test_mutations.py's known_tests()
        here = os.path.dirname(os.path.realpath(__file__))
        for name in os.listdir(here):
            if name.endswith(".py"):
                with open(os.path.join(here, name), encoding="utf-8") as file:
                    folders.update(re.findall(r'join\((?:TOP|top), "(\w+)"', file.read()))
        with open(os.path.join(TOP, "scripts", "deb"), encoding="utf-8") as file:
            laid = set(re.findall(r"\$TOP/\./([\w/]+)", file.read()))
        self.assertIn("scripts", folders)
        self.assertLessEqual(folders, laid)


if __name__ == "__main__":
    tap.main()
