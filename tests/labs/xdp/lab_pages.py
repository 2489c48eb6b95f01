# SPDX-License-Identifier: GPL-2.0-only
"""How lab_report.py shows its numbers: as text, and as one HTML file with pictures by gnuplot."""

import html
import pathlib
import re
import sys
from typing import Any, NamedTuple, Optional

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
import growth  # noqa: E402  pylint: disable=wrong-import-position

KINDS = {
    "icount": "Under -icount: one CPU, ns are instructions. The numbers to quote.",
    "tcg": "With the host's clock, emulated: function and spread. Times say nothing of any hardware.",
    "host": "On this machine.",
}
LIMITS = """\
What an emulated machine cannot tell: there is no NIC, no DMA, no cache and no TLB, and an atomic
operation costs an instruction. A cache miss that is saved does not count at all."""
SENDER = """\
Over veth the sender runs on the same CPU, so that packets/s is of sending and receiving together: what a fill saves
weighs less than on a CPU that only receives."""
BATCH = re.compile(r"(.*)-batch(\d+)$")
COUNTERS = ("fast", "slow", "refill", "ring", "ring_full", "released")
STYLE = "body{font:15px sans-serif;max-width:75em;margin:2em auto;padding:0 1em}table{border-collapse:collapse}" \
    "td,th{border:1px solid #bbb;padding:.2em .6em;text-align:right}td:first-child{text-align:left}" \
    "svg{max-width:100%;height:auto;background:#fff}"


class Table(NamedTuple):
    title: str
    header: list[str]
    rows: list[list[str]]


def number(value: Optional[float]) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def with_spread(value: Any) -> str:
    return "-" if value is None else f"{number(value.median)} ({number(value.least)} to {number(value.most)})"


def signed_percent(gain: Optional[dict]) -> str:
    return "-" if not gain else f"{gain['percent']:+.1f} % ({gain['low']:+.1f} to {gain['high']:+.1f})"


def unit(kind: str) -> str:
    return "insn" if kind == "icount" else "ns"


def measured(kind: str, title: str, case: dict) -> Table:
    what = unit(kind)
    many = case["boots"] > 1
    over = f"{case['boots']} boots" if many else "one boot, its slices"
    rows = []
    for mode, one in case["modes"].items():
        of = one["metrics"]
        rows.append([mode, with_spread(of["packets_per_s:xdp1"]), signed_percent(one["gain"]),
                     with_spread(of["ns_per_page"]), with_spread(of["ns_per_fill"]), with_spread(of["ns_per_packet"]),
                     number(of["pages_per_fill"] and of["pages_per_fill"].median),
                     number(of["fills_per_s"] and of["fills_per_s"].median),
                     number(of["p99_fill_us"] and of["p99_fill_us"].median),
                     number(of["sys_cpu_s_per_s"] and of["sys_cpu_s_per_s"].median)])
    header = ["mode", "packets/s", "against single (95 %)", f"{what}/page", f"{what}/fill", f"{what}/packet",
              "pages/fill", "fills/s", "p99 fill us", "system CPU s/s"]
    # Short slices have no CPU time: /proc/stat counts in hundredths of a second
    known = [column for column in range(len(header)) if any(row[column] != "-" for row in rows)]
    return Table(f"{title}: median (least to most) of {over}", [header[column] for column in known],
                 [[row[column] for column in known] for row in rows])


def counted(names: dict[str, str], title: str, case: dict) -> Table:
    rows = []
    for mode, one in case["modes"].items():
        counts = one["per_1000_packets"]
        for source in sorted(set(counts) - {"page_bulk"}):
            rows.append([f"{mode} {source}"] + [number(counts[source][names[key]].median)
                        if names[key] in counts[source] else "-" for key in COUNTERS])
        fills = counts.get("page_bulk", {})
        rows.append([f"{mode} page_bulk", f"fills {number(fills['fills'].median)}",
                     f"pages {number(fills['got'].median)}"] + [""] * 4 if fills else [f"{mode} page_bulk"] + ["-"] * 6)
    return Table(f"{title}: counters of the page pools for 1000 packets (read one after the other, not at one instant; "
                 "what a driver does not show is not there)",
                 ["mode, interface", *COUNTERS], rows)


def verdict(case: dict) -> str:
    if case["verdict"] == "failed":
        return "FAILED: the log of its boot says why"
    if case["verdict"] == "recycles":
        got = [one["per_1000_packets"].get("page_bulk", {}).get("got") for one in case["modes"].values()]
        most = max((each.median for each in got if each), default=0)
        return f"no difference to report: at most {number(most)} pages for 1000 packets came over the slow " \
               "path, all others were recycled"
    share = case["saved"]
    return f"array saves {100 * share.median:.1f} % ({100 * share.least:.1f} to {100 * share.most:.1f}) of " \
           "what a page of a fill takes with single" if share else "no fill was timed"


def goal_line(report: dict) -> str:
    goal = report["goal"]
    if not goal:
        return "goal: array saves at least 60 % of single's instructions for a page: not measured"
    return f"goal: array saves at least {100 * goal['wanted']:.0f} % of single's instructions for a page " \
           f"in the fill: {100 * goal['worst']:.1f} % in the worst case, {goal['case']}: " \
           f"{'met' if goal['met'] else 'MISSED'}"


def published(report: dict) -> Table:
    seed, second = report["published"]["seed"], report["published"]["v6"]
    rows = [["published 2021, 100 Gbit/s NIC",
             f"{seed['array_percent']:+.1f} % ({seed['single']} to {seed['array']} /s)", "-"],
            ["published 2021, v6", f"{second['array_percent']:+.1f} %", f"{second['list_percent']:+.1f} %"]]
    for kind, cases in report["kinds"].items():
        for name, case in cases.items():
            if case["verdict"] == "ab" and not BATCH.match(name) and "redirect" in name:
                gains = [signed_percent(case["modes"][mode]["gain"]) for mode in ("array", "list")]
                rows.append([f"{name}, {kind}", *gains])
    return Table("packets/s against single: XDP_REDIRECT into a veth", ["", "array", "list"], rows)


def batch_sizes(cases: dict) -> list[tuple[int, dict]]:
    """The cases of the first load that was measured with several sizes, by size."""
    loads = [match.group(1) for match in map(BATCH.match, cases) if match]
    return sorted(((int(match.group(2)), cases[name]) for name, match in ((name, BATCH.match(name)) for name in cases)
                   if match and match.group(1) == loads[0]), key=lambda size: size[0])


def batch_table(kind: str, cases: dict) -> Optional[Table]:
    sizes = batch_sizes(cases)
    rows = [[mode] + [with_spread(case["modes"][mode]["metrics"]["ns_per_page"]) for _, case in sizes]
            for mode in (sizes[0][1]["modes"] if sizes else [])]
    return Table(f"{unit(kind)}/page by the pages that a fill asks for",
                 ["mode"] + [str(size) for size, _ in sizes], rows) if rows else None


def tables(report: dict, names: dict[str, str]) -> list[tuple[str, list]]:
    """Headings, and under each sentences and tables."""
    parts: list[tuple[str, list]] = [("Beside what was published", [published(report)])]
    for kind, cases in report["kinds"].items():
        items: list = list(filter(None, [batch_table(kind, cases)]))
        for name, case in cases.items():
            items.append(f"{name}: {verdict(case)}")
            if case["verdict"] == "ab":
                items.append(measured(kind, name, case))
            if case["verdict"] != "failed":
                items.append(counted(names, name, case))
        parts.append((KINDS[kind], items))
    return parts


def conditions(report: dict) -> str:
    return SENDER if list(report["kinds"]) == ["host"] else f"{LIMITS}\n{SENDER}"


def render(table: Table) -> str:
    lines = [table.header] + table.rows
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.header))]
    return table.title + "\n" + "".join(
        "  " + "  ".join(cell.ljust(width) if not column else cell.rjust(width)
                         for column, (cell, width) in enumerate(zip(line, widths))).rstrip() + "\n" for line in lines)


def text(report: dict) -> str:
    out = [f"lab-xdp: page_pool's modes where packets are received with XDP; kernel {report['kernel']}, "
           f"git {report['git']}\n", conditions(report) + "\n", goal_line(report) + "\n"]
    for heading, items in tables(report, report["names"]):
        out.append(f"{heading}\n{'=' * len(heading)}\n")
        out += [render(item) if isinstance(item, Table) else item + "\n" for item in items]
    return "\n".join(out)


def gnuplot(commands: str) -> str:
    """A picture as SVG, or a sentence instead of it."""
    return growth.gnuplot(commands) or "<p>The picture is missing: gnuplot is not installed (make setup).</p>"


def batch_picture(report: dict, kind: str) -> str:
    """What a page takes by the size of the batch; nothing when that was not measured."""
    lines: dict[str, list[str]] = {}
    for size, case in batch_sizes(report["kinds"][kind]):
        for mode, one in case["modes"].items():
            value = one["metrics"]["ns_per_page"]
            if value:
                lines.setdefault(mode, []).append(f"{size} {value.median} {value.least} {value.most}")
    if not lines:
        return ""
    data = "".join(f"${mode} << END\n" + "\n".join(rows) + "\nEND\n" for mode, rows in lines.items())
    curves = ", ".join(f"${mode} using 1:2:3:4 with yerrorlines title '{mode}' lw 2 pt 7 ps 0.5" for mode in lines)
    return gnuplot(f"{data}set terminal svg size 720,420 font 'sans-serif,13'\nset logscale xy 2\nset grid\n"
                   f"set xtics (16, 32, 64, 128)\nset xrange [14:150]\nset key outside right\n"
                   f"set xlabel 'pages that a fill asks for'\n"
                   f"set ylabel '{'instructions' if kind == 'icount' else 'ns'} for a page'\nplot {curves}\n")


def html_table(table: Table) -> str:
    rows = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in table.header)
    return f"<p>{html.escape(table.title)}</p><table><tr>{head}</tr>{rows}</table>"


def html_page(report: dict) -> str:
    out = ["<!DOCTYPE html><html lang=en><meta charset=utf-8><title>lab-xdp</title>", f"<style>{STYLE}</style>",
           "<h1>page_pool's modes where packets are received with XDP</h1>",
           f"<p>kernel {html.escape(str(report['kernel']))}, git {html.escape(report['git'])}</p>",
           f"<p>{conditions(report)}</p><p><b>{html.escape(goal_line(report))}</b></p>"]
    for kind in report["kinds"]:
        out.append(batch_picture(report, kind))
    for heading, items in tables(report, report["names"]):
        out.append(f"<h2>{html.escape(heading)}</h2>")
        out += [html_table(item) if isinstance(item, Table) else f"<h3>{html.escape(item)}</h3>" for item in items]
    return "\n".join(out) + "</html>\n"
