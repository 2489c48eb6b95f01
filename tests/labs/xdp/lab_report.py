#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Read what tests/labs/lab-xdp has collected; write JSON, text and HTML, and print the text.

usage: lab_report.py FOLDER GIT OUTPUT

FOLDER has a folder for each boot: icount-1, icount-2, ... (ns are instructions there), tcg*, host.
In it are "cases", CASE.counters and CASE.json as lab-guest.sh describes them. Writes OUTPUT.json,
OUTPUT.txt and OUTPUT.html. Exit status: 0; 1 when a case failed, none was measured, or the
goal was missed.
"""

import json
import pathlib
import re
import statistics
import sys
from typing import Any, NamedTuple, Optional

import lab_pages

SCHEMA = "page-bulk-lab-xdp/1"
MODES = ("single", "list", "array", "stock")
# Of single's instructions for a page of a fill array has to save so much, under -icount
GOAL = 0.60
PACKETS = "packets_per_s:xdp1"
METRICS = (PACKETS, "ns_per_fill", "ns_per_page", "pages_per_fill", "fills_per_s", "p99_fill_us",
           "sys_cpu_s_per_s", "task-clock_per_s")
COUNTERS = {"fast": "rx_pp_alloc_fast", "slow": "rx_pp_alloc_slow", "refill": "rx_pp_alloc_refill",
            "ring": "rx_pp_recycle_ring", "ring_full": "rx_pp_recycle_ring_full",
            "released": "rx_pp_recycle_released_ref"}
# By the series of 2021, on one CPU of a machine with a 100 Gbit/s NIC, XDP_REDIRECT into a veth
PUBLISHED = {"seed": {"single": 3677958, "array": 4368926, "array_percent": 18.8},
             "v6": {"list_percent": 4.5, "array_percent": 12.7}}

Json = dict[str, Any]


class Spread(NamedTuple):
    """A number, between which others it lies, and of how many."""

    median: float
    least: float
    most: float
    count: int


def spread(values: list[Optional[float]]) -> Optional[Spread]:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return Spread(statistics.median(known), min(known), max(known), len(known))


def read_counters(text: str) -> dict[str, dict[str, dict[str, int]]]:
    """By mode and source, how much each counter rose."""
    rose: dict[str, dict[str, dict[str, int]]] = {}
    for line in text.splitlines():
        mode, when, source, name, value = line.split()
        names = rose.setdefault(mode, {}).setdefault(source, {})
        names[name] = names.get(name, 0) + (int(value) if when == "after" else -int(value))
    return rose


def double_counted(case: str) -> int:
    """xdp1 counts a packet that goes back twice: received and sent."""
    return 2 if case.split("-")[1] == "tx" else 1


def slice_values(result: Json, case: str, mode: str) -> dict[str, list[float]]:
    """By metric, the values of this mode's slices; instructions or ns of CPU for a packet too."""
    names = [metric["name"] for metric in result["metrics"]]
    values: dict[str, list[float]] = {}
    for piece in result["slices"]:
        if piece["dropped"] or result["modes"][piece["arm"]] != mode:
            continue
        row = {name: value for name, value in zip(names, piece["values"]) if value is not None}
        if PACKETS in row:
            row[PACKETS] /= double_counted(case)
            if row[PACKETS] and "task-clock_per_s" in row:
                row["ns_per_packet"] = row["task-clock_per_s"] / row[PACKETS]
        for name, value in row.items():
            values.setdefault(name, []).append(value)
    return values


def gain(result: Json, mode: str) -> Optional[Json]:
    """What bulkctl ab says of packets/s against the first mode, single."""
    for metric in result["metrics"]:
        for comparison in metric["comparisons"] if metric["name"] == PACKETS else []:
            if comparison["mode"] == mode:
                return {key: comparison[key] for key in ("effect_percent", "low_percent", "high_percent", "verdict")}
    return None


def read_boot(folder: pathlib.Path) -> dict[str, Json]:
    """By case: the verdict, and by mode the counters, the slices and the gain."""
    cases = {}
    listed = folder / "cases"
    for line in listed.read_text().splitlines() if listed.exists() else []:
        case, verdict = line.split()
        counters = folder / f"{case}.counters"
        found = read_counters(counters.read_text()) if counters.exists() else {}
        result = json.loads((folder / f"{case}.json").read_text()) if verdict == "ab" else None
        cases[case] = {"boot": folder.name, "verdict": verdict, "kernel": result and result["kernel"], "modes": {
            mode: {"counters": found.get(mode, {}), "values": slice_values(result, case, mode) if result else {},
                   "gain": gain(result, mode) if result else None} for mode in MODES}}
    return cases


def per_thousand(boots: list[Json], mode: str) -> dict[str, dict[str, Spread]]:
    """By interface and counter, how often for 1000 packets that xdp1 received."""
    table: dict[str, dict[str, list[float]]] = {}
    for boot in boots:
        sources = boot["modes"][mode]["counters"]
        packets = sources.get("xdp1", {}).get("packets", 0)
        for source, names in sources.items():
            for name, count in names.items():
                if packets and name != "packets":
                    table.setdefault(source, {}).setdefault(name, []).append(1000 * count / packets)
    return {source: {name: spread(counts) for name, counts in names.items()} for source, names in table.items()}


def summarize_mode(boots: list[Json], mode: str) -> Json:
    """One boot: over its slices. Several: over their medians."""
    measured = [boot["modes"][mode] for boot in boots if boot["verdict"] == "ab"]
    metrics = {}
    for name in METRICS + ("ns_per_packet",):
        lists = [one["values"][name] for one in measured if one["values"].get(name)]
        metrics[name] = spread(lists[0] if len(lists) == 1 else [statistics.median(values) for values in lists])
    gains = [one["gain"] for one in measured if one["gain"] and one["gain"]["effect_percent"] is not None]
    return {"metrics": metrics, "per_1000_packets": per_thousand(boots, mode), "gain": gains and {
        "percent": statistics.median(each["effect_percent"] for each in gains),
        "low": min(each["low_percent"] for each in gains), "high": max(each["high_percent"] for each in gains),
        "verdicts": [each["verdict"] for each in gains]} or None}


def saved(boots: list[Json]) -> Optional[Spread]:
    """The share of single's time for a page of a fill that array saves, by boot."""
    shares: list[Optional[float]] = []
    for boot in boots:
        values = [boot["modes"][mode]["values"].get("ns_per_page") for mode in ("single", "array")]
        if all(values):
            single, array = map(statistics.median, values)
            shares.append(1 - array / single)
    return spread(shares)


def summarize(boots: list[Json]) -> Json:
    verdicts = {boot["verdict"] for boot in boots}
    return {"verdict": "failed" if "failed" in verdicts else "ab" if "ab" in verdicts else "recycles",
            "boots": len(boots), "saved": saved(boots),
            "modes": {mode: summarize_mode(boots, mode) for mode in MODES}}


def collect(folder: pathlib.Path) -> dict[str, dict[str, list[Json]]]:
    """By kind (icount, tcg, host) and case, the boots."""
    kinds: dict[str, dict[str, list[Json]]] = {}
    for path in sorted(folder.iterdir()):
        kind = re.match(r"icount|tcg|host", path.name)
        if path.is_dir() and kind:
            for case, boot in read_boot(path).items():
                kinds.setdefault(kind.group(), {}).setdefault(case, []).append(boot)
    return kinds


def goal(kinds: Json) -> Optional[Json]:
    """The worst case under -icount; None when none was measured there. Sizes of the batch are no goal."""
    shares = [(case["saved"].median, name) for name, case in kinds.get("icount", {}).items()
              if case["verdict"] == "ab" and case["saved"] and "-batch" not in name]
    if not shares:
        return None
    worst, name = min(shares)
    return {"wanted": GOAL, "worst": worst, "case": name, "met": worst >= GOAL}


def plain(data: Any) -> Any:
    """For JSON: spreads as objects, six digits."""
    if isinstance(data, Spread):
        return plain(data._asdict())
    if isinstance(data, float):
        return float(f"{data:.6g}")
    if isinstance(data, dict):
        return {key: plain(value) for key, value in data.items()}
    return [plain(value) for value in data] if isinstance(data, list) else data


def build(folder: pathlib.Path, git: str) -> Json:
    boots = collect(folder)
    kernels = [boot["kernel"] for cases in boots.values() for case in cases.values() for boot in case if boot["kernel"]]
    kinds = {kind: {case: summarize(each) for case, each in cases.items()} for kind, cases in boots.items()}
    return {"schema": SCHEMA, "git": git, "kernel": kernels[0] if kernels else None, "published": PUBLISHED,
            "names": COUNTERS, "goal": goal(kinds), "kinds": kinds, "raw": boots}


def good(report: Json) -> bool:
    cases = [case for kind in report["kinds"].values() for case in kind.values()]
    return bool(cases) and all(case["verdict"] != "failed" for case in cases) and \
        (report["goal"] is None or report["goal"]["met"])


def main() -> int:
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    report = build(pathlib.Path(sys.argv[1]), sys.argv[2])
    text = lab_pages.text(report)
    output = sys.argv[3]
    pathlib.Path(output + ".json").write_text(json.dumps(plain(report)) + "\n")
    pathlib.Path(output + ".txt").write_text(text)
    pathlib.Path(output + ".html").write_text(lab_pages.html_page(report))
    print(text)
    print(f"Report: {output}.html, .txt, .json")
    return 0 if good(report) else 1


if __name__ == "__main__":
    sys.exit(main())
