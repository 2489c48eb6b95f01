#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The tables of lab-nfs, of what tests/labs/nfs/lab-guest.sh left.

usage: report.py FOLDER OUTPUT GIT [KEPT]

FOLDER has times/, icount-1/ ..., locks/, soak/. Writes OUTPUT.json, OUTPUT.txt and OUTPUT.html, and prints the text.
What FOLDER has not, a case or a part of one, is taken from KEPT, the OUTPUT.json of another run, with the revision
it was measured at.
Exit: 0; 1 when a goal was missed, or there is nothing to report.
"""

import html
import json
import math
import pathlib
import statistics
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[2] / "scripts")]
import soak  # noqa: E402, these are found by the line above
from growth import gnuplot, growth, slope  # noqa: E402

SCHEMA = "page-bulk-lab-nfs/2"
MODES = ("single", "list", "array", "stock")
# What a case is when it does not say; cpus: under -icount, whose numbers are in the series
USUAL = {"vers": "4.2", "threads": "8", "mtu": "1500", "fs": "tmpfs", "sec": "sys", "memory": "all", "cpus": "1"}
SERIES = {"threads": "threads of nfsd", "cpus": "CPUs of the guest"}
LOADS = {
    "read-1m": "sequential reads of 1 MB, O_DIRECT",
    "write-1m": "sequential writes of 1 MB, O_DIRECT",
    "mix-256k": "reads and writes of 256 kB, O_DIRECT",
    "read-4k": "random reads of 4 kB, O_DIRECT",
    "dbench": "dbench with its client.txt",
    "untar": "a source tree is unpacked and searched",
}
# What a case consists of, beside the revision of each, by the boot that it comes from
PARTS = {"icount": ("icount",), "times": ("times", "ends", "longest", "calls"), "locks": ("locks",), "soak": ("soak",)}
# Mean time of a fill, us, 256 kB mix, a kernel with KASAN: the public discussion of 2021
PUBLISHED = {"single": 25.0, "list": 6.26, "array": 4.59}
# One fill for a READ of 1 MB, and its 256 pages plus 2 %
FILLS_GOAL, PAGES_GOAL = 1.02, 256 * 1.02

EMULATED = """\
Emulated: QEMU (TCG) on a shared machine of 2 cores. What is counted (instructions under -icount, fills, pages,
calls, holds of zone->lock) does not depend on the host; -icount knows no caches, no TLB and no cost of a locked
instruction, and its numbers move by up to 4 % with another command line: hence the boots. Times and rates
are those of two emulated CPUs, for the order of the modes and for how far they scatter; they say
nothing of any hardware."""
HARDWARE = """\
Times are those of the machine that this ran on: the .json has its kernel, CPUs and settings beside each result, as
"confounders"."""
ALWAYS = "Server and client are one machine, with a veth pair between."


def experiments(case):
    """What bulkctl ab has written of a case."""
    return [run for run in (case.get("times"), *case["icount"], case.get("soak")) if run]


def conditions(cases):
    emulated = any(run.get("emulated") for case in cases.values() for run in experiments(case))
    return f"{EMULATED if emulated else HARDWARE}\n{ALWAYS}"


def load_results(folder):
    """{case: {"times": ab, "icount": [ab], "calls": {mode: ...}, "locks": {...}, "ends": {...}}}"""
    cases = {}
    for way in sorted(path for path in folder.iterdir() if path.is_dir()):
        for path in sorted(way.iterdir()):
            case = cases.setdefault(path.stem, {"icount": []}) if path.suffix in (".json", ".calls", ".stats") else None
            if path.suffix == ".json":
                result = json.loads(path.read_text())
                if way.name in ("times", "soak"):
                    case[way.name] = result
                else:
                    case["icount"].append(result)
            elif path.suffix == ".calls":
                case["locks" if way.name == "locks" else "calls"] = read_calls(path)
            elif path.suffix == ".stats" and way.name == "times":
                case["ends"] = read_ends(path)
                case["longest"] = read_longest(path.with_suffix(".latency"))
    return cases


def note_revision(case, git):
    """{part: revision} of each part of a case"""
    case["git"] = {part: git for part, keys in PARTS.items() if any(case.get(key) for key in keys)}


def keep_others(cases, path):
    """What an earlier report has and these have not."""
    document = json.loads(pathlib.Path(path).read_text())
    if not str(document.get("schema")).startswith(SCHEMA.rpartition("/")[0] + "/"):
        sys.exit(f"lab-nfs: {path} is no report of lab-nfs: its schema is {document.get('schema')}, not {SCHEMA}")
    for name, kept in document["cases"].items():
        if "git" not in kept:  # the first schema had one revision for all
            note_revision(kept, document["git"])
        case = cases.setdefault(name, {"icount": [], "git": {}})
        for part, git in kept["git"].items():
            if part not in case["git"]:
                case["git"][part] = git
                case.update({key: kept[key] for key in PARTS[part] if key in kept})


def revisions(case):
    """One, or each with the parts that it goes for"""
    known = dict.fromkeys(case["git"].values())
    if len(known) < 2:
        return "".join(known)
    return ", ".join(f"{git} ({', '.join(part for part in PARTS if case['git'].get(part) == git)})" for git in known)


def read_calls(path):
    """{mode: {word: number}} of lines "mode=single rpcs=12 ..." """
    lines = [dict(word.split("=", 1) for word in line.split()) for line in path.read_text().splitlines()]
    return {line.pop("mode"): {name: int(value) for name, value in line.items()} for line in lines}


def read_ends(path):
    """{mode: {reason: count}} of the kernel's stats"""
    ends = {}
    for line in path.read_text().splitlines():
        words = line.split()
        if len(words) == 3 and words[1].startswith("end_") and int(words[2]):
            ends.setdefault(words[0], {})[words[1][len("end_"):]] = int(words[2])
    return ends


def read_longest(path):
    """{mode: ns that its longest fill was below} of the kernel's latency: MODE fill LEAST-NS-OF-A-BUCKET COUNT"""
    longest = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        words = line.split()
        if len(words) == 4 and words[1] == "fill" and int(words[3]):
            longest[words[0]] = max(longest.get(words[0], 0), 2 * int(words[2]))
    return longest


def metric(result, name):
    return next((m for m in result["metrics"] if m["name"] == name and not m["missing"]), None)


def median(result, name, mode):
    """A mode's median of a metric; None if the run does not have it."""
    found = metric(result, name) if result else None
    return next((arm["median"] for arm in found["arms"] if arm["mode"] == mode), None) if found else None


def spread(values, form="%.0f"):
    """median (least-most)"""
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    middle = form % statistics.median(known)
    if len(known) == 1:
        return middle
    return f"{middle} ({form % min(known)}-{form % max(known)})"


def shown(value, form="%.1f"):
    return "-" if value is None else form % value


def against_first(result, name, mode):
    """The difference to the first mode with its interval, and what bulkctl makes of it."""
    found = metric(result, name) if result else None
    for one in found["comparisons"] if found else ():
        if one["mode"] == mode and one.get("effect_percent") is not None and one.get("low_percent") is not None:
            return (f"{one['effect_percent']:+.1f} % [{one['low_percent']:+.1f}, {one['high_percent']:+.1f}]"
                    f" {one['verdict']}")
    return ""


def ratio(counts, mode, what, by="rpcs"):
    line = (counts or {}).get(mode)
    return line[what] / line[by] if line and what in line and line[by] else None


def describe(name):
    load, *words = name.split(",")
    differs = dict(word.split("=", 1) for word in words)
    settings = {**USUAL, **differs}
    text = (f"{LOADS.get(load, load)}; NFSv{settings['vers']}, {settings['threads']} threads, MTU {settings['mtu']}, "
            f"{settings['fs']}")
    if settings["sec"] != "sys":
        text += f", sec={settings['sec']}"
    if "cpus" in differs:
        text += f", {settings['cpus']} CPUs"
    if settings["memory"] != "all":
        text += f", with {settings['memory']} MB left, which the page cache fills"
    return text


def instructions_table(case):
    rows = []
    for mode in MODES:
        row = [mode]
        for name in ("ns_per_fill", "ns_per_page", "task-clock_per_rpc"):
            row.append(spread([median(boot, name, mode) for boot in case["icount"]],
                              "%.1f" if name == "ns_per_page" else "%.0f"))
        base = statistics.median([median(boot, "ns_per_page", "single") or math.nan for boot in case["icount"]])
        mine = statistics.median([median(boot, "ns_per_page", mode) or math.nan for boot in case["icount"]])
        row.append(shown(None if math.isnan(mine / base) else mine / base, "%.3f"))
        rows.append(row)
    return (f"instructions: median of {len(case['icount'])} boots (least-most)",
            ["mode", "a fill", "a page", "an RPC, nfsd's threads", "a page, by single"], rows)


def times_table(case):
    run, rows = case["times"], []
    for mode in MODES:
        ends = case.get("ends", {}).get(mode, {})
        longest = case.get("longest", {})
        rows.append([
            mode, shown(median(run, "nfs_ops_per_s", mode)), against_first(run, "nfs_ops_per_s", mode),
            shown(median(run, "nfs_mib_per_s", mode)), shown(median(run, "sys_cpu_ms_per_mib", mode), "%.2f"),
            shown(median(run, "ns_per_fill", mode), "%.0f"), shown(median(run, "p99_fill_us", mode), "%.0f"),
            f"<{longest[mode] / 1000:.0f}" if mode in longest else "-",
            shown(median(run, "short_rate", mode), "%.4f"),
            " ".join(f"{reason}:{count}" for reason, count in ends.items()) or "none",
        ])
    slices = next((arm["n"] for arm in run["metrics"][0]["arms"]), 0)
    return (f"times: medians of {slices} slices of {run['slice_s']:g} s and more; interval 95 %",
            ["mode", "RPC/s", "by single", "MiB/s", "ms/MiB", "ns/fill", "p99 us", "longest us", "short", "end reasons"], rows)


def counts_table(case):
    rows = []
    for mode in MODES:
        rows.append([
            mode, shown(ratio(case.get("calls"), mode, "fills"), "%.3f"),
            shown(ratio(case.get("calls"), mode, "got"), "%.1f"),
            shown(ratio(case.get("calls"), mode, "got", "fills"), "%.1f"),
            shown(ratio(case.get("calls"), mode, "calls"), "%.2f"),
            shown(ratio(case.get("locks"), mode, "zone_locks"), "%.2f"),
        ])
    return ("counted over 5 s or more, for an RPC",
            ["mode", "fills", "pages", "pages/fill", "allocator calls", "zone->lock, all users"], rows)


def goals(cases):
    """(text, met) of each goal that there are data for."""
    found = []
    for name, case in cases.items():
        if not name.startswith("read-1m") or "calls" not in case or "memory=" in name:
            continue
        for mode in MODES:
            fills = ratio(case["calls"], mode, "fills")
            pages = ratio(case["calls"], mode, "got")
            if fills is None or pages is None:
                continue
            met = fills <= FILLS_GOAL and pages <= PAGES_GOAL
            found.append((f"{name} {mode}: {fills:.3f} fills <= {FILLS_GOAL}, {pages:.1f} pages <= {PAGES_GOAL:.1f} "
                          f"a READ: {'met' if met else 'MISSED'}", met))
    return found


def published_table(cases):
    case = cases.get("mix-256k")
    if not case or not case["icount"]:
        return None
    rows = []
    insn = {mode: statistics.median([median(boot, "ns_per_fill", mode) or math.nan for boot in case["icount"]])
            for mode in MODES}
    for mode in MODES:
        us = PUBLISHED.get(mode)
        rows.append([mode, shown(us, "%.2f us"), shown(us and us / PUBLISHED["single"], "%.3f"),
                     f"{insn[mode]:.0f} instructions", f"{insn[mode] / insn['single']:.3f}"])
    return ("a fill in the 256 kB mix: the public figures of 2021 (5.12-rc2, KASAN, real hardware, mean time in "
            "svc_alloc_arg()), and here (6.12, without KASAN, mean of a fill that found an empty slot)",
            ["mode", "published", "by single", "here", "by single"], rows)


def series_of(cases, what):
    """{mode: [(threads, instructions a fill)]} of read-1m; of "threads", or of what else is a number"""
    series = {}
    for name, case in cases.items():
        words = name.split(",")
        if words[0] != "read-1m" or not case["icount"] or any(not w.startswith(what + "=") for w in words[1:]):
            continue
        number = int(words[1].split("=")[1] if len(words) > 1 else USUAL[what])
        for mode in MODES:
            values = [median(boot, "ns_per_fill", mode) for boot in case["icount"]]
            if all(values):
                series.setdefault(mode, []).append((number, statistics.median(values)))
    return {mode: sorted(points) for mode, points in series.items() if len(points) > 2}


def series_table(series, what):
    counts = [number for number, _ in next(iter(series.values()))]
    return (f"1 MB reads by {SERIES[what]}: instructions a fill, and how they grow",
            ["mode", *map(str, counts), "growth"],
            [[mode, *[f"{insn:.0f}" for _, insn in points],
              f"{what}^{slope(points):.2f}: {growth(slope(points))}"] for mode, points in series.items()])


def picture_series(series, what):
    plots = [f"'-' using 1:2 with linespoints title '{mode}'" for mode in series]
    data = "".join("".join(f"{x} {y}\n" for x, y in points) + "e\n" for points in series.values())
    return gnuplot("set terminal svg size 720,360 background 'white'\nset logscale xy\nset key outside\n"
                   f"set xlabel '{SERIES[what]}'\nset ylabel 'instructions a fill'\nset yrange [100:*]\n"
                   f"plot {', '.join(plots)}\n{data}")


def picture_pages(cases):
    names = [name for name, case in cases.items() if case["icount"] and "," not in name]
    lines = []
    for name in names:
        values = [statistics.median([median(boot, "ns_per_page", mode) or math.nan for boot in cases[name]["icount"]])
                  for mode in MODES]
        lines.append(f'"{name}" ' + " ".join(f"{value:.1f}" for value in values))
    if not lines:
        return None
    block = "$data << EOD\n" + "\n".join(lines) + "\nEOD\n"
    plots = ", ".join(f"$data using {i + 2}:xtic(1) title '{mode}'" for i, mode in enumerate(MODES))
    return gnuplot("set terminal svg size 720,360 background 'white'\nset style data histograms\n"
                   "set style fill solid 0.7\nset key outside\nset ylabel 'instructions a page'\nset yrange [0:*]\n"
                   f"{block}plot {plots}\n")


def as_text(table):
    title, head, rows = table
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [title]
    for row in [head, *rows]:
        lines.append("  " + "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                                      for i, (cell, width) in enumerate(zip(row, widths))).rstrip())
    return "\n".join(lines)


def as_html(table):
    title, head, rows = table

    def line(row, tag):
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>"
    return (f"<h3>{html.escape(title)}</h3>\n<table>\n" + line(head, "th") + "\n" +
            "\n".join(line(row, "td") for row in rows) + "\n</table>\n")


STYLE = ("body{font-family:sans-serif;max-width:75em;margin:2em auto;color-scheme:light dark}"
         "table{border-collapse:collapse}td,th{padding:.2em .7em;text-align:right;border-bottom:1px solid #8886}"
         "td:first-child,th:first-child{text-align:left}svg{max-width:100%}")


def report(cases, head):
    """(text, html, goals)"""
    sections, pictures = [], []
    found = goals(cases)
    for name, case in cases.items():
        tables = [instructions_table(case)] if case["icount"] else []
        if "times" in case:
            tables.append(times_table(case))
        if "calls" in case or "locks" in case:
            tables.append(counts_table(case))
        if "soak" in case:
            table, soaked = soak.table_and_goals(name, case["soak"])
            tables.append(table)
            found += soaked
            drawing = soak.commands(case["soak"])
            pictures.append(drawing and gnuplot(drawing))
        sections.append((f"{name}: {describe(name)}; {revisions(case)}", tables))
    over_all = []
    if published_table(cases):
        over_all.append(published_table(cases))
    series = {what: found for what in SERIES for found in [series_of(cases, what)] if found}
    over_all += [series_table(found, what) for what, found in series.items()]
    if over_all:
        sections.insert(0, ("All loads", over_all))
    goal_lines = "\n".join("  " + text for text, _ in found)

    told = conditions(cases)
    text = f"{head}\n\n{told}\n"
    for title, tables in sections:
        text += f"\n{title}\n{'=' * len(title)}\n\n" + "\n\n".join(as_text(table) for table in tables) + "\n"
    if found:
        text += f"\ngoals\n{goal_lines}\n"

    pictures = [picture for picture in (picture_pages(cases), *[picture_series(found, what) for what, found in
                                                               series.items()], *pictures) if picture]
    page = (f"<!DOCTYPE html>\n<html lang=en><meta charset=utf-8><title>lab-nfs</title><style>{STYLE}</style>\n"
            f"<h1>lab-nfs</h1><p>{html.escape(head)}</p><p>{html.escape(told)}</p>\n" + "\n".join(pictures))
    for title, tables in sections:
        page += f"<h2>{html.escape(title)}</h2>\n" + "".join(as_html(table) for table in tables)
    if found:
        page += f"<h2>goals</h2><pre>{html.escape(goal_lines)}</pre>\n"
    return text, page + "</html>\n", found


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__.split("\n\n")[1])
    folder, output, git = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    cases = load_results(folder)
    for case in cases.values():
        note_revision(case, git)
    if len(sys.argv) > 4:
        keep_others(cases, sys.argv[4])
    cases = dict(sorted(cases.items(), key=lambda item: (list(LOADS).index(item[0].split(",")[0])
                                                         if item[0].split(",")[0] in LOADS else 99, item[0])))
    if not cases:
        sys.exit(f"lab-nfs: {folder} has no results: run tests/labs/lab-nfs")
    kernel = next((run["kernel"] for case in cases.values() for run in experiments(case)), "?")
    head = f"lab-nfs: Linux {kernel}, {git}"
    text, page, found = report(cases, head)
    pathlib.Path(output + ".json").write_text(json.dumps(
        {"schema": SCHEMA, "git": git, "kernel": kernel, "cases": cases}) + "\n")
    pathlib.Path(output + ".txt").write_text(text)
    pathlib.Path(output + ".html").write_text(page)
    print(text, end="")
    sys.exit(0 if all(met for _, met in found) else 1)


if __name__ == "__main__":
    main()
