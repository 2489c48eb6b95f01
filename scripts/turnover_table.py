#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Print how many pages and fills a READ of 1 MB took, before and after.

usage: turnover_table.py BEFORE.tsv AFTER.tsv

Each is the turnover.tsv that tests/system/55-page-turnover.sh leaves: one line a pass. "pages" are
those that page_bulk counted, "pgalloc" all that the machine allocated in that time.
"""
import collections
import csv
import statistics
import sys

WHAT = ("fills", "pages", "pgalloc")


def read_passes(path):
    """{(load, mode): [one pass: {what: number for each READ}]}, in the file's order"""
    passes = collections.defaultdict(list)
    with open(path, encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            passes[line["load"], line["mode"]].append(
                {what: int(line[what]) / int(line["reads"]) for what in WHAT})
    return passes


def shown(passes, what):
    numbers = [one[what] for one in passes]
    return "%.2f (%.2f-%.2f, n=%d)" % (statistics.median(numbers), min(numbers), max(numbers), len(numbers))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.split("\n\n")[1])
    before, after = (read_passes(path) for path in sys.argv[1:])
    row = "%-10s %-7s %-8s %30s %30s"
    print(row % ("load", "mode", "a READ", "before (min-max, passes)", "after"))
    for key in after:
        for what in WHAT:
            print(row % (*key, what, shown(before[key], what), shown(after[key], what)))


if __name__ == "__main__":
    main()
