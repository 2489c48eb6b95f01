#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""How the cost of a fill grows with its pages: a table and a picture, of what a benchmark has left.

usage: growth.py BENCH.json PICTURE.svg

BENCH.json is what scripts/bench or scripts/bench-vm wrote. Growth is the exponent k of cost ~ pages^k, by least
squares of the logarithms, over 1 to 64 pages, where what a call costs by itself still counts, and from 64 on.
Other tools import slope(), growth() and gnuplot().
"""
import json
import math
import pathlib
import statistics
import subprocess
import sys

SHOWN = (1, 4, 16, 64, 256, 1024, 4096)
MIDDLE = 64


def slope(points):
    """The exponent k of y ~ x^k, by least squares of the logarithms."""
    xs, ys = zip(*[(math.log(x), math.log(y)) for x, y in points])
    mx, my = statistics.fmean(xs), statistics.fmean(ys)
    return sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)


def growth(exponent):
    if exponent < 0.1:
        return "constant"
    return "less than linear" if exponent < 0.9 else "linear" if exponent < 1.1 else "worse than linear"


def gnuplot(commands):
    """An SVG; None where gnuplot is not installed."""
    try:
        done = subprocess.run(["gnuplot"], input=commands, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        return None
    return done.stdout[done.stdout.index("<svg"):]


def series(document, unit, memory):
    """{mode: [(pages, cost of a call that allocates so many)]}"""
    found = {}
    for row in document["rows"]:
        if row["memory"] == memory and row["gfp"] == "kernel":
            found.setdefault(row["mode"], []).append((row["batch"], row["batch"] * row["alloc_" + unit]))
    return {mode: sorted(points) for mode, points in found.items() if len(points) > 2}


def describe(points):
    if len(points) < 2:
        return "not measured"
    exponent = slope(points)
    return f"pages^{exponent:.2f}, {growth(exponent)}"


def table(name, modes):
    """The lines of one kind of memory."""
    lines = [f"{name} memory", f"  {'pages':10}" + "".join(f"{pages:>10}" for pages in SHOWN) +
             f"   growth to {MIDDLE} pages; from {MIDDLE} on"]
    for mode, points in modes.items():
        costs = dict(points)
        shown = "".join(f"{costs[pages]:10.0f}" if pages in costs else f"{'-':>10}" for pages in SHOWN)
        few = [point for point in points if point[0] <= MIDDLE]
        many = [point for point in points if point[0] >= MIDDLE]
        lines.append(f"  {mode:10}{shown}   {describe(few)}; {describe(many)}")
    return "\n".join(lines)


def picture(title, what, modes):
    data = "".join(f"${mode} << EOD\n" + "".join(f"{x} {y}\n" for x, y in points) + "EOD\n"
                   for mode, points in modes.items())
    plots = ", ".join(f"${mode} using 1:2 with linespoints title '{mode}' noenhanced" for mode in modes)
    return gnuplot(f"{data}set terminal svg size 720,420 background 'white'\nset logscale xy\nset key outside\n"
                   f"set title '{title}'\nset xlabel 'pages of a fill'\nset ylabel '{what} of a fill'\nplot {plots}\n")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.split("\n\n")[1])
    document = json.loads(pathlib.Path(sys.argv[1]).read_text())
    unit = "insn" if any("alloc_insn" in row for row in document["rows"]) else "ns"
    what = {"insn": "instructions", "ns": "ns"}[unit]
    memories = {memory: series(document, unit, memory)
                for memory in dict.fromkeys(row["memory"] for row in document["rows"])}
    memories = {memory: modes for memory, modes in memories.items() if modes}
    if not memories:
        sys.exit(f"growth: {sys.argv[1]} has no rows of three batch sizes: it takes a run of all of them")
    print(f"{what} of a fill by its pages; {document['kernel']}, {document['git']}, medians of "
          f"{min(row['samples'] for row in document['rows'])} samples\n")
    print("\n\n".join(table(memory, modes) for memory, modes in memories.items()))
    memory, modes = next(iter(memories.items()))
    drawn = picture(f"{memory} memory, {document['kernel']}", what, modes)
    if drawn is None:
        sys.exit("growth: the picture needs gnuplot: apt install gnuplot-nox")
    pathlib.Path(sys.argv[2]).write_text(drawn)


if __name__ == "__main__":
    main()
