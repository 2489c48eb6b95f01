#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Read a user's counters as fast as one CPU can, and find fault with them.

usage: read_counters.py USER CPU STOP [resets]

Reads until there is a file STOP; says "reading" when it has begun.
Each reading has to have every mode and key once, and no value that cannot be (as a difference below
zero would be, or half of an old and half of a new one). Without resets no value may be less
than in the reading before; the sum of the sizes may not be more than the fills read after them.
Prints "READINGS CHANGED": CHANGED is how many differed from the one before.
"""
import os
import sys

STATS = "/sys/kernel/debug/page_bulk/%s/%s"
# A guest that runs for minutes counts nothing as often; a borrow would give 2 ** 64 and less
TOO_MANY = 1 << 40


def read(user, name):
    with open(STATS % (user, name), encoding="ascii") as file:
        return [line.split() for line in file]


def stats(user):
    lines = read(user, "stats")
    values = {tuple(line[:-1]): int(line[-1]) for line in lines}
    if len(values) != len(lines):
        sys.exit("a key is there twice")
    return values


def check(values, last, resets):
    if last and values.keys() != last.keys():
        sys.exit(f"keys come and go: {values.keys() ^ last.keys()}")
    for key, value in values.items():
        if not 0 <= value < TOO_MANY:
            sys.exit(f"{' '.join(key)} is {value}")
        if last and (not resets or key == ("generation",)) and value < last[key]:
            sys.exit(f"{' '.join(key)} fell from {last[key]} to {value}")


def main():
    user, cpu, stop = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    resets = "resets" in sys.argv[4:]
    os.sched_setaffinity(0, {cpu})
    last, readings, changed = {}, 0, 0
    print("reading", flush=True)
    while not os.path.exists(stop):
        sizes = {}
        for mode, _low, count in read(user, "sizes"):
            sizes[mode] = sizes.get(mode, 0) + int(count)
        values = stats(user)
        check(values, last, resets)
        if not resets:
            for mode, count in sizes.items():
                if count > values[mode, "fills"]:
                    sys.exit(f"{count} sizes of {mode}, then {values[mode, 'fills']} fills")
        readings += 1
        changed += values != last
        last = values
    print(readings, changed)


if __name__ == "__main__":
    main()
