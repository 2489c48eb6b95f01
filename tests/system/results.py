# SPDX-License-Identifier: GPL-2.0-only
"""Count test results: TAP, KTAP with its subtests, and what kunit.py prints.

What is not a result is passed over, so that output of make or of a kernel may stand in between.
Whatever casts doubt on a result is a failure: a plan that is missing or not kept, a number out of
order, an end before the end, no test at all.
"""
import re

PLAN = re.compile(r"( *)1\.\.(\d+)\s*(?:# *(.*))?$")
TEST = re.compile(r"( *)(not )?ok (\d+)\b *(?:- )?(.*)$")
VERSION = re.compile(r"( *)K?TAP version \d+$")
SUBTEST = re.compile(r"( *)# Subtest: (\S+)$")
BAIL_OUT = re.compile(r" *Bail out!(.*)$")
DIRECTIVE = re.compile(r"(?:^|\s)# *(SKIP|TODO)\S*\s*(.*)$", re.IGNORECASE)
KERNEL_TIME = re.compile(r"\[ *\d+\.\d+\](?: ?\[ *[TC]\d+\])? ")

KUNIT_TIME = re.compile(r"^\[\d\d:\d\d:\d\d\] ")
KUNIT_COLOR = re.compile(r"\x1b\[[0-9;]*m")
KUNIT_RESULT = re.compile(r"\[(FAILED|CRASHED|SKIPPED|ERROR)\] (\S.*)$")
KUNIT_BEGIN_OR_END = re.compile(r"=+ +(\[\w+\] )?(\S+) .*=+$")
KUNIT_END = re.compile(r"Testing complete\. Ran (\d+) tests?: (.*)$")


class Results:
    """What a run of tests came to."""

    def __init__(self):
        self.passed = 0
        self.failed = []  # sentences
        self.skipped = []  # "NAME" or "NAME # REASON"

    def total(self):
        return self.passed + len(self.failed) + len(self.skipped)

    def fail(self, sentence):
        self.failed.append(sentence)


class Document:
    """One plan and its tests, at one indentation."""

    def __init__(self, indent):
        self.indent = indent
        self.name = ""
        self.plan = None
        self.plan_is_last = False
        self.tests = 0
        self.failed = 0

    def is_empty(self):
        return self.plan is None and not self.tests


class TapParser:
    """Feed it lines, then end it; results has the count at any time."""

    def __init__(self):
        self.results = Results()
        self.open = []  # documents, each indented deeper than the one before

    def feed(self, line):
        line = KERNEL_TIME.sub("", line.rstrip("\r\n"), count=1)
        for pattern, action in ((TEST, self._test), (PLAN, self._plan),
                                (VERSION, self._version), (SUBTEST, self._subtest),
                                (BAIL_OUT, self._bail_out)):
            match = pattern.match(line)
            if match:
                action(match)
                return

    def end(self):
        while self.open:
            document = self.open.pop()
            self._close(document)
            if document.indent:
                self.results.fail("subtests without a result of their test")
        if not self.results.total():
            self.results.fail("no test ran")
        return self.results

    def _close(self, document):
        if document.is_empty():
            return
        # Parameters of a KUnit case come without a plan.
        if document.plan is None and not document.indent:
            self.results.fail("premature end: %d tests and no plan" % document.tests)
        if document.plan is not None and document.plan != document.tests:
            self.results.fail("premature end: %d of %d tests" % (document.tests, document.plan))

    def _close_deeper(self, indent):
        """Close the subtests; return them as (tests, failed)."""
        tests = failed = 0
        while self.open and self.open[-1].indent > indent:
            document = self.open.pop()
            self._close(document)
            tests += document.tests
            failed += document.failed
        return tests, failed

    def _at(self, indent):
        if not self.open or self.open[-1].indent < indent:
            self.open.append(Document(indent))
        return self.open[-1]

    def _renew(self, indent):
        self._close(self.open.pop())
        return self._at(indent)

    def _version(self, match):
        indent = len(match[1])
        self._orphans(indent)
        if not self._at(indent).is_empty():
            self._renew(indent)

    def _subtest(self, match):
        self._orphans(len(match[1]))
        self._at(len(match[1])).name = match[2] + "/"

    def _orphans(self, indent):
        if self._close_deeper(indent)[0]:
            self.results.fail("subtests without a result of their test")

    def _plan(self, match):
        indent = len(match[1])
        self._orphans(indent)
        document = self._at(indent)
        if document.plan is not None:
            document = self._renew(indent)
        document.plan = int(match[2])
        document.plan_is_last = document.tests > 0
        if not document.plan and (match[3] or "").upper().startswith("SKIP"):
            self.results.skipped.append("everything # " + match[3][4:].strip())

    def _test(self, match):
        indent, bad, name = len(match[1]), bool(match[2]), match[4].strip()
        tests, failed = self._close_deeper(indent)
        document = self._at(indent)
        if document.plan_is_last:
            document = self._renew(indent)
        document.tests += 1
        if int(match[3]) != document.tests:
            self.results.fail("%s: has the number %s, but is test %d" %
                              (name, match[3], document.tests))
        directive = DIRECTIVE.search(name)
        if directive:
            name = name[:directive.start()].strip()
        name = "".join(document.name for document in self.open) + name
        if tests:
            # Its subtests were counted; it counts only if it knows more than they do.
            if bad and not failed and not directive:
                self.results.fail(name)
            document.failed += bool(bad or failed)
        elif directive:
            self.results.skipped.append("%s # %s" % (name, directive[2]) if directive[2] else name)
        elif bad:
            document.failed += 1
            self.results.fail(name)
        else:
            self.results.passed += 1

    def _bail_out(self, match):
        self.results.fail("bailed out:" + match[1])


class KunitParser:
    """The same for the output of the kernel's kunit.py."""

    def __init__(self):
        self.results = Results()
        self.numbers = None
        self.within = []  # suite, test with parameters

    def feed(self, line):
        line = KUNIT_TIME.sub("", KUNIT_COLOR.sub("", line.rstrip("\r\n")))
        match = KUNIT_RESULT.match(line)
        if match:
            name = "/".join(self.within + [match[2]])
            if match[1] == "SKIPPED":
                self.results.skipped.append(name)
            else:
                self.results.fail(name)
        match = KUNIT_BEGIN_OR_END.match(line)
        if match and not match[1]:
            self.within.append(match[2])
        elif match and match[2] in self.within:
            self.within.remove(match[2])
        match = KUNIT_END.match(line)
        if match:
            self.numbers = {"ran": int(match[1])}
            for word, number in re.findall(r"(\w+): (\d+)", match[2]):
                self.numbers[word] = int(number)

    def end(self):
        results, numbers = self.results, self.numbers
        if numbers is None:
            results.fail("premature end: no line 'Testing complete'")
            return results
        results.passed = numbers.get("passed", 0)
        bad = sum(numbers.get(word, 0) for word in ("failed", "crashed", "errors"))
        if bad > len(results.failed):
            results.fail("%d more failed, says 'Testing complete'" % (bad - len(results.failed)))
        if numbers.get("skipped", 0) != len(results.skipped):
            results.fail("%d skipped, says 'Testing complete', but %d are named" %
                         (numbers.get("skipped", 0), len(results.skipped)))
        if not results.passed and not results.failed:
            results.fail("no test ran")
        return results


class StatusParser:
    """A command whose exit status is its one result: see judge_status()."""

    def __init__(self):
        self.results = Results()

    def feed(self, line):
        pass

    def end(self):
        self.results.passed = 1
        return self.results


def judge_status(results, status, name="it", alone=False):
    """Account for the exit status of what printed the results; alone: it is the one result."""
    words = {96: ": QEMU failed, also in a second go",
             97: ": the guest did not start, or ended early",
             98: ": the kernel log has a report",
             124: ": timeout"}
    # That there was a failure is all that a small number says, make's 2 for one.
    if status == 0 or (0 < status < 96 and results.failed):
        return
    if alone:
        results.passed = 0
    results.fail("%s ended with status %d%s" % (name, status, words.get(status, "")))


def read_allowed(lines):
    """The list of skips that are allowed: regular expressions, # begins a comment line."""
    return [re.compile(line.rstrip("\n")) for line in lines
            if line.strip() and not line.startswith("#")]


def judge_skips(results, allowed, group=""):
    """Fail each skip that no expression matches as a whole, by itself or behind "GROUP: "."""
    kept = []
    for skip in results.skipped:
        if any(pattern.fullmatch(words) for pattern in allowed for words in (skip, group + ": " + skip)):
            kept.append(skip)
        else:
            results.fail("skipped, which tests/skips.allowed does not allow: " + skip)
    results.skipped = kept
