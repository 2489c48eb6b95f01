#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Read the consoles of benchmark kernels: write JSON, print tables and goals."""

import argparse
import json
import pathlib
import re
import statistics
import sys

SCHEMA = "page-bulk-bench/1"
# What of the configuration moves the numbers
CONFIG = """SMP NUMA MEMCG PREEMPT_NONE PREEMPT PREEMPT_RT HZ CC_OPTIMIZE_FOR_PERFORMANCE
    INIT_STACK_ALL_ZERO INIT_ON_ALLOC_DEFAULT_ON TRACEPOINTS DEBUG_VM PAGE_POISONING PAGE_OWNER
    MEM_ALLOC_PROFILING FAIL_PAGE_ALLOC KASAN LOCKDEP SPARSEMEM FLATMEM KUNIT""".split()

# The goals: what, mode, against which mode, memory, batches, largest ratio of alloc, of total
GOALS = [
    ("array", "stock", "cold", [256, 512, 1024], 0.20, 0.26),
    ("array", "stock", "cold", [64], 0.26, 0.30),
    ("array", "stock", "cold", [16], 0.35, 0.42),
    ("array", "stock", "cold", [8], 0.60, 0.55),
    ("array", "stock", "hot", [64, 128, 256, 512, 1024], 0.42, 0.33),
    ("array", "stock", "scattered", [64, 128, 256, 512, 1024], 0.42, 0.33),
    ("list", "stock_list", "cold", [256], 0.25, 0.35),
    ("array", "loop", "hot", [1], 1.00, 1.00),
    ("array", "loop", "cold", [1], 1.00, 1.00),
    ("list", "loop", "hot", [1], 1.00, 1.00),
    ("list", "loop", "cold", [1], 1.00, 1.00),
    ("array", "stock", "fragmented", [2 ** n for n in range(3, 15)], 0.60, 0.70),
    ("array", "stock", "fragmented", [2, 4], 1.05, 0.95),
]


def parse(line):
    """A line of results: its first word, and a dict of its key=value words."""
    kind, *words = line.split()
    values = {}
    for key, value in (word.split("=", 1) for word in words):
        values[key] = int(value) if re.fullmatch(r"\d+", value) else value
    return kind, values


def read_lines(path):
    """The lines of results in a console, or in the debugfs file results."""
    for line in path.read_text(errors="replace").splitlines():
        match = re.search(r"page_bulk_bench: ([a-z]+ .*=.*)", line) or \
            re.fullmatch(r"((?:row|fill|longrun|share|buddy|locks|contention|end) .*=.*)", line)
        if match:
            yield parse(match[1].strip())


def make_row(v, icount):
    row = {"mode": v["mode"], "memory": v["memory"], "batch": v["batch"], "gfp": v["gfp"],
           "alloc_ns": v["alloc_ps"] / 1000, "free_ns": v["free_ps"] / 1000,
           "total_ns": v["total_ps"] / 1000, "samples": v["samples"],
           "spread": v["spread_ppm"] / 1e6}
    if icount:
        for what in ("alloc", "free", "total"):
            row[what + "_insn"] = v[what + "_clocks"] / 1000
    if v["missing"]:
        row["missing"] = v["missing"]
    return row


def make_fill(v, icount):
    fill = {"mode": v["mode"], "slots": v["slots"], "case": v["case"], "samples": v["samples"],
            "fill_ns": v["fill_ps"] / 1000}
    if icount:
        fill["fill_insn"] = v["fill_clocks"] / 1000
    return fill


def spread(values):
    """Interquartile range / median."""
    if len(values) < 2:
        return 0.0
    q = statistics.quantiles(values, n=4, method="inclusive")
    return (q[2] - q[0]) / q[1] if q[1] else 0.0


def collect_longrun(files, icount):
    """One entry for each mode: medians of its rounds; locks come from the lockdep kernel."""
    runs, locks, shares, buddy = {}, {}, {}, {}
    for path, lines in files.items():
        timed = not path.name.startswith("locks-")
        for kind, v in lines:
            if kind == "longrun" and timed:
                runs.setdefault(v["mode"], []).append(v)
            elif kind == "share" and timed:
                shares.setdefault(v["mode"], {}).setdefault(v["when"], []).append(v)
            elif kind == "buddy" and timed:
                # the last round's
                buddy.setdefault(v["mode"], {}).setdefault(v["when"], {})[
                    "%(zone)s %(type)s" % v] = [int(n) for n in str(v["blocks"]).split(",")]
            elif kind == "locks":
                locks[v["mode"]] = {k: n for k, n in v.items() if k != "mode"}
    entries = []
    for mode, rounds in runs.items():
        def median(key, scale=1000):
            return statistics.median(v[key] for v in rounds) / scale
        entry = {"mode": mode, "cpus": rounds[0].get("cpus", 1), "fills": rounds[0]["fills"], "rounds": len(rounds),
                 "alive": rounds[0]["alive"], "noise": rounds[0]["noise"],
                 "pages": rounds[0]["pages"], "missing": max(v["missing"] for v in rounds),
                 "alloc_ns": median("alloc_ps"), "free_ns": median("free_ps"),
                 "total_ns": median("total_ps"),
                 "spread": spread([v["total_ps"] for v in rounds]),
                 "fill_p50_ns": median("fill_p50_ns", 1), "fill_p999_ns": median("fill_p999_ns", 1),
                 "fill_max_ns": median("fill_max_ns", 1),
                 "live_undrained": median("live_large_ppm", 1e6),
                 "large_share": {when: statistics.median(v["large_ppm"] for v in vs) / 1e6
                                 for when, vs in shares[mode].items()},
                 "free_pages": {when: vs[-1]["free"] for when, vs in shares[mode].items()},
                 "unusable_index": {when: statistics.median(v["unusable_ppm"] for v in vs) / 1e6
                                    for when, vs in shares[mode].items()},
                 "buddyinfo": buddy.get(mode, {}), "locks": locks.get(mode)}
        if icount:
            for what in ("alloc", "free", "total"):
                entry[what + "_insn"] = median(what + "_clocks")
        entries.append(entry)
    return entries


def collect_contention(files):
    """What lock_stat said of zone->lock while nfsd read, in rounds: sums by mode."""
    found = {}
    for lines in files.values():
        for kind, v in lines:
            if kind == "contention":
                found.setdefault(v["mode"], []).append(v)
    return [{"mode": mode, "rounds": rounds} for mode, rounds in found.items()]


def find(rows, **want):
    for row in rows:
        if all(row[k] == v for k, v in want.items()):
            return row
    return None


def unit_of(doc):
    everything = doc["rows"] + doc["fills"] + doc["longrun"]
    return "insn" if any("alloc_insn" in e or "fill_insn" in e for e in everything) else "ns"


def print_tables(doc, out):
    """Batch sizes down, modes across, as the first prototype's series showed it."""
    unit = unit_of(doc)
    tables = {}
    for row in doc["rows"]:
        tables.setdefault((row["memory"], row["gfp"]), {}).setdefault(row["batch"], {})[row["mode"]] = row
    for (memory, gfp), batches in tables.items():
        modes = list(dict.fromkeys(m for b in batches.values() for m in b))
        print(f"\n{memory} memory, gfp={gfp}: {unit} per page, alloc / free / total "
              "(total by stock's), spread of total", file=out)
        print(f"{'batch':>6}" + "".join(f" | {m:^33}" for m in modes), file=out)
        for batch, by_mode in sorted(batches.items()):
            line = f"{batch:>6}"
            stock = by_mode.get("stock")
            for mode in modes:
                row = by_mode.get(mode)
                if not row:
                    line += " | " + " " * 33
                    continue
                ratio = f"{row['total_' + unit] / stock['total_' + unit]:.2f}" \
                    if stock and stock["total_" + unit] else "-"
                line += (f" | {row['alloc_' + unit]:7.2f} {row['free_' + unit]:7.2f}"
                         f" {row['total_' + unit]:7.2f} {ratio:>5} {row['spread'] * 100:2.0f}%")
            print(line, file=out)


def print_fills(doc, out):
    """A fill with its counting, as nfsd calls it, without, and the bare call under it."""
    if not doc["fills"]:
        return
    unit = unit_of(doc)
    cases = list(dict.fromkeys(f["case"] for f in doc["fills"]))
    print(f"\nfills of {doc['fills'][0]['slots']} slots: {unit} a call; empty: all slots empty; uncounted: "
          "the same by a\nuser without counters; bare: without page_bulk_fill_hull() around it; few: the first two "
          "empty;\nfull: none empty", file=out)
    print(f"{'mode':10}" + "".join(f" {c:>10}" for c in cases), file=out)
    for mode in dict.fromkeys(f["mode"] for f in doc["fills"]):
        print(f"{mode:10}" + "".join(
            f" {find(doc['fills'], mode=mode, case=c)['fill_' + unit]:>10.0f}" for c in cases), file=out)


def print_nfsd(doc, out):
    if not doc.get("nfsd"):
        return
    print("\nnfsd, READs of 1 MB, instructions: of all calls for 1 MB; median of a call with many pages\n"
          "(calls), of one with few or none (calls)", file=out)
    for e in sorted(doc["nfsd"], key=lambda e: e["function"]):
        parts = [f"{e[size + '_insn']:>8.0f} ({e[size + '_calls']:>3})" if e[size + "_calls"] else f"{'-':>14}"
                 for size in ("large", "small")]
        print(f"  {e['function']:24} {e['mode']:7} {e['insn_per_mb']:>9} {' '.join(parts)}", file=out)


def print_longrun(doc, out):
    unit = unit_of(doc)
    stock = find(doc["longrun"], mode="stock")
    for e in doc["longrun"]:
        share = e["large_share"]
        unusable = e["unusable_index"]
        by = f" ({e['total_ns'] / stock['total_ns']:.2f} of stock)" if stock else ""
        print(f"\nlong run, {e['mode']}: {e['fills']} fills of 1 to 512 pages, about {e['alive']} alive, "
              f"{e['cpus']} CPUs, {e['rounds']} rounds", file=out)
        print(f"  {unit} per page: alloc {e['alloc_' + unit]:.2f}, free {e['free_' + unit]:.2f}, "
              f"total {e['total_' + unit]:.2f}{by}, spread {e['spread'] * 100:.0f} %; "
              f"missing pages {e['missing']}", file=out)
        print(f"  a fill takes: median {e['fill_p50_ns']:.0f} ns, p99.9 {e['fill_p999_ns']:.0f} ns, "
              f"longest {e['fill_max_ns']:.0f} ns", file=out)
        print(f"  free memory in blocks of order >= 4 (unusable index): " + ", ".join(
            f"{when} {share[when]:.3f} ({unusable[when]:.3f})" for when in share) +
            f"; live, per-CPU lists not drained: {e['live_undrained']:.3f}", file=out)
        for when, types in e["buddyinfo"].items():
            total = [sum(t[i] for t in types.values()) for i in range(len(next(iter(types.values()))))]
            print(f"  buddyinfo {when:>6}: {' '.join(f'{n:>6}' for n in total)}", file=out)
        if e["locks"]:
            print("  zone->lock: " + ", ".join(f"{k} {v}" for k, v in e["locks"].items()), file=out)


def print_contention(doc, out):
    """For 1000 pages that fills got: medians of the rounds, and their least and most."""
    if not doc["contention"]:
        return
    print("\nzone->lock while nfsd serves READs on two CPUs (lock_stat; the whole machine), for 1000 pages of its "
          "fills:\nmedian of the rounds (least to most)", file=out)
    print(f"{'mode':8} {'acquired':>24} {'of these waited':>24} {'held, us':>24} {'waited, us':>24}", file=out)
    for e in doc["contention"]:
        line = f"{e['mode']:8}"
        for key, scale in (("acquisitions", 1), ("contentions", 1), ("hold_ns", 1000), ("wait_ns", 1000)):
            each = [v[key] / scale / v["pages"] * 1000 for v in e["rounds"]]
            line += f" {f'{statistics.median(each):.3f} ({min(each):.3f} to {max(each):.3f})':>24}"
        print(line, file=out)


def verdict(value, goal, at_least=False):
    good = value >= goal if at_least else value <= goal
    return f"{value:6.3f} {'>=' if at_least else '<='} {goal:.3f} {'met' if good else 'NOT MET'}"


def print_goals(doc, out):
    """What was to be reached, and the worst batch size of what was measured."""
    print("\ngoals (ratios of medians; the worst of the batch sizes)", file=out)
    unit = unit_of(doc)
    for mode, base, memory, batches, alloc, total in GOALS:
        ratios = []
        for batch in batches:
            row = find(doc["rows"], mode=mode, memory=memory, batch=batch, gfp="kernel")
            ref = find(doc["rows"], mode=base, memory=memory, batch=batch, gfp="kernel")
            if row and ref and ref["alloc_" + unit] and ref["total_" + unit]:
                ratios.append((row["alloc_" + unit] / ref["alloc_" + unit],
                               row["total_" + unit] / ref["total_" + unit], batch))
        if not ratios:
            continue
        names = str(batches[0]) if len(batches) == 1 else f"{batches[0]} to {batches[-1]}"
        worst_alloc, worst_total = max(r[0] for r in ratios), max(r[1] for r in ratios)
        print(f"  {mode + ' by ' + base:18} {memory:10} {names:>10}: alloc {verdict(worst_alloc, alloc):27}"
              f" alloc+free {verdict(worst_total, total)}", file=out)
    print_longrun_goals(doc, out)
    if unit == "insn":
        print_fill_goals(doc, out)


def print_fill_goals(doc, out):
    by_mode = {}
    for f in doc["fills"]:
        by_mode.setdefault(f["mode"], {})[f["case"]] = f["fill_insn"]
    cases = by_mode.get("array")
    if not cases:
        return
    print(f"  a fill of 259 slots, instructions: {verdict(cases['empty'], 9000)};"
          f" by one without counters {verdict(cases['empty'] / cases['uncounted'], 1.01)}", file=out)
    if "single" in by_mode:
        single = by_mode["single"]
        print(f"  single by the loop alone: {verdict(single['empty'] / single['bare'], 1.03)}", file=out)
    print(f"  a fill that finds all slots full: {verdict(cases['full'], 400)};"
          f" all but two: {verdict(cases['few'], 400)}", file=out)


def print_longrun_goals(doc, out):
    stock = find(doc["longrun"], mode="stock")
    array = find(doc["longrun"], mode="array")
    if not stock or not array:
        return
    # In instructions it runs in a kernel with lockdep, and they say nothing
    if unit_of(doc) == "ns":
        print(f"  long run           alloc {verdict(array['alloc_ns'] / stock['alloc_ns'], 0.30)},"
              f" alloc+free {verdict(array['total_ns'] / stock['total_ns'], 0.30)}", file=out)
    for when in ("live", "after"):
        mine, theirs = array["large_share"][when], stock["large_share"][when]
        print(f"  large blocks {when:5} at least mainline's: {verdict(mine, theirs, True)};"
              f" of the start: {verdict(mine / array['large_share']['before'], 0.95, True)}", file=out)
    if array["locks"] and stock["locks"]:
        hold = array["locks"]["hold_p999_ns"] / max(stock["locks"]["hold_p999_ns"], 1)
        per = array["locks"]["holds"] / array["pages"] * 1000
        their = stock["locks"]["holds"] / stock["pages"] * 1000
        print(f"  zone->lock taken for 1000 pages: {per:.3f}, mainline {their:.3f}", file=out)
        print(f"  zone->lock hold p99.9 by mainline's: {verdict(hold, 0.25)};"
              f" longest {array['locks']['hold_max_ns']} ns, mainline's {stock['locks']['hold_max_ns']} ns",
              file=out)


def read_config(path):
    found = dict.fromkeys(CONFIG, "n")
    for line in path.read_text().splitlines():
        match = re.match(r"CONFIG_(\w+)=(.*)", line)
        if match and match[1] in found:
            found[match[1]] = match[2]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=pathlib.Path, help="write JSON here")
    parser.add_argument("--config", type=pathlib.Path, help="the kernel's .config")
    parser.add_argument("--kernel", default="unknown")
    parser.add_argument("--git", default="unknown")
    parser.add_argument("--icount", action="store_true", help="the clock counts instructions")
    parser.add_argument("--merge", type=pathlib.Path, help="JSON whose keys are added (nfsd)")
    parser.add_argument("console", type=pathlib.Path, nargs="+")
    args = parser.parse_args()

    files = {path: list(read_lines(path)) for path in args.console}
    doc = {"schema": SCHEMA, "kernel": args.kernel,
           "config": read_config(args.config) if args.config else {}, "git": args.git,
           "rows": [make_row(v, args.icount) for lines in files.values()
                    for kind, v in lines if kind == "row"],
           "fills": [make_fill(v, args.icount) for lines in files.values()
                     for kind, v in lines if kind == "fill"],
           "longrun": collect_longrun(files, args.icount), "contention": collect_contention(files)}
    if args.merge:
        doc.update(json.loads(args.merge.read_text()))
    if not doc["rows"] and not doc["fills"] and not doc["longrun"]:
        sys.exit("bench_table: no results in " + " ".join(map(str, args.console)))
    if args.output:
        args.output.write_text(json.dumps(doc, indent=1) + "\n")
    print_tables(doc, sys.stdout)
    print_fills(doc, sys.stdout)
    print_nfsd(doc, sys.stdout)
    print_longrun(doc, sys.stdout)
    print_contention(doc, sys.stdout)
    print_goals(doc, sys.stdout)
    if args.output:
        print(f"\nwritten: {args.output}")


if __name__ == "__main__":
    main()
