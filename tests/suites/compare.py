#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compare what tests/suites/run left: print it side by side, write JSON, exit 1 when something is worse than
in the unpatched kernel.

usage: compare.py FOLDER GIT KERNEL OUTPUT SUITE...

In FOLDER/SUITE is a folder for each column, "unpatched" and others of COLUMNS, with the files log (TAP or KTAP among
other lines), status (of tests/vm/run) and seconds. Worse is a test that passes in the unpatched kernel and
not in the other, one that fails in the other only, and a report in the log of the other's kernel only. Better is
one that passes in the other only, also where it did not run in the unpatched kernel: then that is to be looked at.
"""

import json
import pathlib
import re
import sys

SCHEMA = "page-bulk-suites/1"
REFERENCE = "unpatched"
COLUMNS = (REFERENCE, "patched", "single", "list", "array", "stock")
# Of tests/vm/run: what says nothing about the guest's end but that a test failed, and a kernel's report
SCRIPT_STATUS = range(96)
REPORT_STATUS = 98
# Of net.sh and nfs.sh, and of nothing that the unpatched kernel has
PATCHED_ONLY = "the mode of page_bulk had fills"

# Tests within a test are indented, or behind "# "
RESULT = re.compile(r"((?:# | {4})*)(not )?ok \d+\b ?(?:- )?(.*)")
# What a test counts in its name differs from run to run
COUNTED = re.compile(r"(?<=Extra pages )\d+ \([\d.]+%\), extra thread faults \d+|(?<=reaping a child with )\d+(?=MB)")
DIRECTIVE = re.compile(r"(.*?)\s*# *(SKIP|XFAIL|TODO|exit=)\b\s*(.*)", re.IGNORECASE)
INFO = re.compile(r"# info: (.*): (.*)")
# tests/vm/run shows them so
REPORT = re.compile(r"  \[ *\d+\.\d+\](?: ?\[ *[TC]\d+\])? (.*)")


def result_of(match):
    """Name and outcome of a line of TAP."""
    name, outcome = match[3].strip(), "failed" if match[2] else "ok"
    directive = DIRECTIVE.fullmatch(name)
    if directive:
        # kselftest.h has the name behind the directive
        name = directive[1] or directive[3]
        if directive[2].upper() == "SKIP":
            outcome = "skipped"
    return COUNTED.sub("N", name), outcome


def read_tests(lines):
    """Outcomes by name, in order; of a test within another one the name is OUTER/INNER."""
    tests, waiting = {}, []

    def keep(depth, name, outcome):
        """The result of a test comes behind those of the tests within it."""
        inner = []
        while waiting and waiting[-1][0] > depth:
            inner.insert(0, waiting.pop())
        waiting.append((depth, name, outcome, inner))

    def add(prefix, results):
        for _, name, outcome, inner in results:
            unique, number = prefix + name, 1
            while unique in tests:
                number += 1
                unique = f"{prefix}{name} ({number})"
            tests[unique] = outcome
            add(unique + "/", inner)

    for line in lines:
        match = RESULT.fullmatch(line.rstrip())
        if match:
            keep(len(re.findall("# | {4}", match[1])), *result_of(match))
    add("", waiting)
    return tests


def read_reports(lines):
    """Reports in the kernel log, without what differs from boot to boot and from build to build."""
    reports = {}
    for line in lines:
        match = REPORT.fullmatch(line.rstrip())
        if match:
            # and from tree to tree
            text = re.sub(r"CPU: \d+ PID: \d+ |\+?0x[0-9a-f]+(/0x[0-9a-f]+)?|(?<=\.[ch]):\d+|(?<= )\S*/linux-[^/ ]+/", "",
                          match[1])
            reports["kernel report: " + text.strip()] = "failed"
    return reports


def read_column(folder):
    """A suite in one kernel."""
    lines = (folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()
    status = int((folder / "status").read_text())
    ended = status in SCRIPT_STATUS or status == REPORT_STATUS
    tests = {**read_tests(lines), "the guest comes to its end": "ok" if ended else "failed", **read_reports(lines)}
    info = dict(match.groups() for match in map(INFO.fullmatch, lines) if match)
    return {"status": status, "seconds": int((folder / "seconds").read_text()), "tests": tests, "info": info}


def read_suite(folder):
    """Its columns."""
    columns = {name: read_column(folder / name) for name in COLUMNS if (folder / name).is_dir()}
    if "ok" not in columns[REFERENCE]["tests"].values():
        sys.exit(f"compare: {folder}/{REFERENCE}: no test passed in the unpatched kernel, so nothing can be compared")
    return columns


def is_worse(reference, outcome):
    """Outcomes of a test, None where it did not run."""
    return (reference == "ok" and outcome != "ok") or (outcome == "failed" and reference != "failed")


def differences(suite, columns):
    """Tests that are worse, and those that are better, than in the reference."""
    reference, worse, better = columns[REFERENCE]["tests"], [], []
    for column, data in columns.items():
        for name in {**reference, **data["tests"]}:
            before, after = reference.get(name), data["tests"].get(name)
            row = {"suite": suite, "column": column, "test": name, "unpatched": before, "patched": after}
            if is_worse(before, after):
                worse.append(row)
            elif after == "ok" and before != "ok" and name != PATCHED_ONLY:
                better.append(row)
    return worse, better


def cell(name, tests):
    """Outcome of a test; of what is within it, how often which."""
    inner = [outcome for test, outcome in tests.items() if test.startswith(name + "/")]
    if not inner:
        return tests.get(name, "-")
    counts = [f"{inner.count(outcome)} {outcome}" for outcome in ("ok", "failed", "skipped") if outcome in inner]
    if tests[name] == "failed" and "failed" not in inner:
        counts.append("failed")
    return ", ".join(counts)


def show_suite(suite, columns):
    names = dict.fromkeys(name for data in columns.values() for name in data["tests"] if "/" not in name)
    rows = [[suite, *columns]]
    rows += [["  " + name, *(cell(name, data["tests"]) for data in columns.values())] for name in names]
    info = dict.fromkeys(name for data in columns.values() for name in data["info"])
    rows += [[f"  ({name})", *(data["info"].get(name, "-") for data in columns.values())] for name in info]
    rows.append(["  (seconds)", *(str(data["seconds"]) for data in columns.values())])
    first, *widths = (max(len(row[i]) for row in rows) for i in range(len(columns) + 1))
    for row in rows:
        print(row[0].ljust(first) + "".join("  " + text.rjust(width) for text, width in zip(row[1:], widths)))
    print()


def show_differences(title, rows):
    if rows:
        print(title)
    for row in rows:
        print("  {suite}, {column}: {test}: {patched}, unpatched {unpatched}".format(
            **{key: value or "did not run" for key, value in row.items()}))


def main():
    folder, git, kernel, output, *names = sys.argv[1:]
    suites = {name: read_suite(pathlib.Path(folder) / name) for name in names}
    worse, better = [], []
    print(f"{kernel}, {git}; in brackets what is not compared\n")
    for name, columns in suites.items():
        show_suite(name, columns)
        for total, found in zip((worse, better), differences(name, columns)):
            total += found
    show_differences("worse than unpatched:", worse)
    show_differences("better than unpatched:", better)
    count = sum(len(data["tests"]) for columns in suites.values() for data in columns.values())
    print(f"{count} results, {len(worse)} worse than unpatched, {len(better)} better")
    pathlib.Path(output).write_text(json.dumps(
        {"schema": SCHEMA, "git": git, "kernel": kernel, "suites": suites, "worse": worse, "better": better},
        indent=1) + "\n", encoding="utf-8")
    sys.exit(1 if worse else 0)


if __name__ == "__main__":
    main()
