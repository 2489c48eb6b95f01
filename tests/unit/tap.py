# SPDX-License-Identifier: GPL-2.0-only
"""Run the unittest cases of the calling module and print TAP, as the cmocka programs do."""

import sys
import unittest


class TapResult(unittest.TestResult):
    """Prints one TAP line per test, with a failure's text as a comment."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def line(self, word: str, test: unittest.TestCase, tail: str = "") -> None:
        self.count += 1
        print(f"{word} {self.count} - {test.id().removeprefix('__main__.')}{tail}")

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.line("ok", test)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self.line("ok", test, f" # SKIP {reason}")

    def report(self, test: unittest.TestCase, err) -> None:
        self.line("not ok", test)
        for text in self._exc_info_to_string(err, test).splitlines():
            print(f"# {text}")

    def addFailure(self, test: unittest.TestCase, err) -> None:
        super().addFailure(test, err)
        self.report(test, err)

    def addError(self, test: unittest.TestCase, err) -> None:
        super().addError(test, err)
        self.report(test, err)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.report(subtest, err)


def main() -> None:
    """Exit 0 if all tests pass and there is at least one."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    print(f"1..{suite.countTestCases()}")
    result = TapResult()
    suite.run(result)
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
