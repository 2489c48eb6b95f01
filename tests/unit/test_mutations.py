#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Do the patches of tests/mutations still fit the core, and name tests that exist?"""

import fnmatch
import glob
import os
import re
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True

import tap  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
PATCHES = sorted(glob.glob(os.path.join(TOP, "tests", "mutations", "*.patch")))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def known_tests():
    """The names "suite" and "suite.case" of all KUnit suites of ours."""
    names = set()
    arrays = {}
    sources = [read(path) for folder in ("mm", "net")
               for path in glob.glob(os.path.join(TOP, folder, "**", "*-kunit.h"), recursive=True)]
    for text in sources:
        for array, body in re.findall(r"struct kunit_case (\w+)\[\] = \{(.*?)\n\};", text, re.S):
            arrays[array] = re.findall(r"KUNIT_CASE\w*\((\w+)", body)
    for text in sources:
        for body in re.findall(r"struct kunit_suite \w+ = \{(.*?)\n\};", text, re.S):
            suite = re.search(r'\.name = "(\w+)"', body)[1]
            names.add(suite)
            names.update(f"{suite}.{case}"
                         for case in arrays[re.search(r"\.test_cases = (\w+)", body)[1]])
    return names


class Mutations(unittest.TestCase):
    def test_caught_by_a_test_that_exists(self):
        names = known_tests()
        self.assertIn("page_bulk_fill.fill_zero", names)
        for path in PATCHES:
            wanted = re.search(r"^Caught-by: (\S+)$", read(path), re.M)[1]
            self.assertTrue(fnmatch.filter(names, wanted),
                            f"{os.path.basename(path)} is caught by {wanted}, which does not exist")

    def test_says_what_it_breaks_and_where_it_runs(self):
        for path in PATCHES:
            header = read(path).partition("\n---")[0]
            self.assertRegex(header, r"(?m)^Breaks: \S", path)
            self.assertRegex(header, r"^(?!(.|\n)*^Runs-on: (?!numa$))", path)

    def test_applies(self):
        """What changes the kernel's own files can only be tried in its tree."""
        tried = 0
        for path in PATCHES:
            files = re.findall(r"^\+\+\+ b/(\S+)", read(path), re.M)
            if not all(os.path.exists(os.path.join(TOP, file)) for file in files):
                continue
            done = subprocess.run(["patch", "-s", "-f", "-F0", "-p1", "--dry-run", "-d", TOP, "-i", path],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, f"{path}: {done.stdout}")
            tried += 1
        self.assertGreater(tried, len(PATCHES) // 2)


if __name__ == "__main__":
    tap.main()
