#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Read what tests/labs/off-guest.sh left: write JSON, print the table and the goals.

usage: bench_off.py FOLDER BOOTS GIT KERNEL OUTPUT
"""

import json
import pathlib
import statistics
import sys

SCHEMA = "page-bulk-off/2"  # 2: a boot for each mode
MODES = ("none", "stock", "array", "list", "single")  # none: the kernel without page_bulk
UNITS = {"nfs": "READ of 1 MB", "xdp": "packet"}
# The goals, in each boot: mode, and the ratio to the kernel without page_bulk, and whether it may be that
GOALS = {"stock": (1.005, True), "array": (1.0, False)}


def read(path):
    """The lines of a boot."""
    for line in path.read_text().splitlines():
        what, *words = line.split()
        values = dict(word.split("=", 1) for word in words)
        yield {"what": what, "mode": values["mode"], "pass": int(values["pass"]),
               "insn": int(values["insn"]) / int(values["count"])}


def median_of(samples, what):
    """Of a boot's passes."""
    return statistics.median(sample["insn"] for sample in samples if sample["what"] == what)


def compare(boots, what):
    """By mode: instructions and ratio to the kernel without page_bulk, in each boot."""
    table = {mode: {"insn": [], "ratio": []} for mode in MODES}
    for boot in boots:
        none = median_of(boot["none"], what)
        for mode, row in table.items():
            insn = median_of(boot[mode], what)
            row["insn"].append(insn)
            row["ratio"].append(insn / none)
    return table


def show(what, table):
    """Return: whether the goals were met."""
    met = True
    boots = len(table["none"]["insn"])
    print(f"instructions per {UNITS[what]}, and by those without page_bulk: median (least to most) of {boots} boots")
    for mode, row in table.items():
        name = "without" if mode == "none" else mode
        ratio = statistics.median(row["ratio"])
        goal = ""
        if mode in GOALS:
            limit, included = GOALS[mode]
            good = all(one < limit or (included and one == limit) for one in row["ratio"])
            met = met and good
            goal = f"  {'<=' if included else '<'} {limit:.3f} in each boot: {'met' if good else 'MISSED'}"
        print(f"  {name:10} {statistics.median(row['insn']):10.0f} ({min(row['insn']):.0f} to {max(row['insn']):.0f})"
              f"   {ratio:.4f} ({min(row['ratio']):.4f} to {max(row['ratio']):.4f}){goal}")
    print()
    return met


def main():
    folder, count, git, kernel, output = sys.argv[1:]
    logs = pathlib.Path(folder)
    boots = [{mode: list(read(logs / f"{boot}-{mode}" / "off")) for mode in MODES}
             for boot in range(1, int(count) + 1)]
    tables = {what: compare(boots, what) for what in UNITS}
    pathlib.Path(output).write_text(json.dumps(
        {"schema": SCHEMA, "git": git, "kernel": kernel, "tables": tables, "boots": boots}, indent=1) + "\n")
    print(f"{kernel}, {git}\n")
    met = [show(what, table) for what, table in tables.items()]
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
