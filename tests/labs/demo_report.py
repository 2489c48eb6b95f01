#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Print what `make demo` measured: a table per user, and one sentence on what it means.

Usage: demo_report.py DIRECTORY

DIRECTORY holds sunrpc.json and page_pool.json, each {"schema": "page-bulk-demo/1", "user", "kernel",
"emulated", "rounds", "samples": [...]}. A sample is one round of one mode: "round", "mode", "seconds",
the counters "fills" "asked" "got" "short" "failed" "timed_fills" "timed_got" "ns" over it,
"allocator_calls" (null if not measured), and the work done: "reads_1m" (sunrpc) or "packets".

Exit status: 0, or 1 for data that cannot be read or a mode with fewer than 1000 fills.
"""

import json
import pathlib
import statistics
import sys
from typing import Any, NamedTuple, Optional

SCHEMA = "page-bulk-demo/1"
USERS = ("sunrpc", "page_pool")
MODES = ("single", "list", "array", "stock")
BASE = "single"
MIN_FILLS = 1000
EMULATED = (
    "The guest is emulated: its times show that the modes can be told apart, "
    "they are not a benchmark of any hardware."
)
# The work that allocator calls are counted against: its key in a sample, how much, its name.
WORK = {"sunrpc": ("reads_1m", 1, "1 MB READ"), "page_pool": ("packets", 1000, "1000 packets")}

Sample = dict[str, Any]


class DemoError(Exception):
    """The data cannot be read, or show too little."""


class Times(NamedTuple):
    """ns per page, one value per round."""

    values: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def below(self, other: "Times") -> bool:
        """Is it lower by more than the rounds differ, so that the ranges do not touch?"""
        return max(self.values) < min(other.values)

    def __str__(self) -> str:
        low, high = min(self.values), max(self.values)
        return f"{self.median:.1f} ({low:.1f}-{high:.1f}, n={len(self.values)})"


def total(samples: list[Sample], key: str) -> Optional[int]:
    """Sum over the samples; None if one of them does not have the number."""
    values = [sample.get(key) for sample in samples]
    if not values or any(value is None for value in values):
        return None
    return sum(values)


def ratio(num: Optional[float], den: Optional[float]) -> Optional[float]:
    """num / den; None if either is unknown or there is nothing to divide by."""
    if num is None or not den:
        return None
    return num / den


def times(samples: list[Sample]) -> Optional[Times]:
    """ns per page of the rounds that timed any page; None if none did."""
    values = [ratio(sample.get("ns"), sample.get("timed_got")) for sample in samples]
    known = [value for value in values if value is not None]
    return Times(known) if known else None


def shown(value: Optional[float], form: str = ".1f", unknown: str = "unknown") -> str:
    return unknown if value is None else format(value, form)


def by_mode(document: dict[str, Any]) -> dict[str, list[Sample]]:
    return {mode: [s for s in document["samples"] if s["mode"] == mode] for mode in MODES}


def table(document: dict[str, Any]) -> list[str]:
    """The lines of a user's table, a mode in each row."""
    key, per, name = WORK[document["user"]]
    rows = [("mode", "fills", "pages/fill", f"calls per {name}", "ns/page (min-max)", "short fills")]
    for mode, samples in by_mode(document).items():
        fills = total(samples, "fills")
        counted = [s for s in samples if s.get("allocator_calls") is not None and s.get(key)]
        calls, work = total(counted, "allocator_calls"), total(counted, key)
        per_work = ratio(calls * per if calls is not None else None, work)
        spent = times(samples)
        rows.append((
            mode,
            shown(fills, "d"),
            shown(ratio(total(samples, "got"), fills)),
            shown(per_work, unknown="not measured"),
            str(spent) if spent else "not measured",
            shown(total(samples, "short"), "d"),
        ))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join([row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width
                      in zip(row[1:], widths[1:])]).rstrip() for row in rows]


def factor(a: Times, b: Times) -> str:
    """How many times as much as b a is."""
    return f"{a.median / b.median:.2f} times" if b.median else "more than"


def listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def meaning(document: dict[str, Any]) -> str:
    """One sentence: which mode is cheapest in ns per page, and is that more than the spread?"""
    user = document["user"]
    spent = {mode: t for mode, samples in by_mode(document).items() if (t := times(samples))}
    base = spent.pop(BASE, None)
    if base is None or not spent:
        return f"{user}: fills were not timed, so no mode can be called cheaper than another."
    if min(len(t.values) for t in (base, *spent.values())) < 2:
        return f"{user}: with only one timed round of a mode there is no spread to hold a difference against."

    cheaper = {mode: t for mode, t in spent.items() if t.below(base)}
    dearer = {mode: t for mode, t in spent.items() if base.below(t)}
    if cheaper:
        best = min(cheaper, key=lambda mode: cheaper[mode].median)
        text = (f"{user}: {best} is cheapest, a page costs {factor(cheaper[best], base)} what it costs "
                f"with {BASE} ({cheaper[best].median:.1f} against {base.median:.1f} ns), "
                "more than the spread between rounds")
        rivals = [mode for mode, t in spent.items()
                  if mode != best and not cheaper[best].below(t)]
        if rivals:
            text += f", though not told apart from {listed(rivals)}"
        return text + "."
    if dearer:
        worst = max(dearer, key=lambda mode: dearer[mode].median)
        return (f"{user}: no mode is cheaper than {BASE} by more than the spread between rounds, and a page "
                f"costs {factor(dearer[worst], base)} as much with {worst} ({dearer[worst].median:.1f} "
                f"against {base.median:.1f} ns), which is more than the spread.")
    return (f"{user}: no difference above the spread between rounds: no mode's ns per page can be told "
            f"from {BASE}'s ({base}).")


def check_fills(document: dict[str, Any]) -> None:
    """Raise DemoError unless every mode was exercised enough to mean anything."""
    few = []
    for mode, samples in by_mode(document).items():
        fills = total(samples, "fills") or 0
        if fills < MIN_FILLS:
            few.append(f"{mode} {fills}")
    if few:
        raise DemoError(f"{document['user']}: fewer than {MIN_FILLS} fills: {listed(few)}")


def load(path: pathlib.Path) -> dict[str, Any]:
    """Read one user's data, or raise DemoError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema"] != SCHEMA:
            raise DemoError(f"{path}: schema is {document['schema']}, not {SCHEMA}")
        if document["user"] not in WORK:
            raise DemoError(f"{path}: unknown user {document['user']}")
        by_mode(document)
    except OSError as error:
        raise DemoError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DemoError(f"{path}: not the data of a demo: {error!r}") from error
    return document


def print_report(documents: list[dict[str, Any]]) -> None:
    for document in documents:
        print(f"{document['user']}: kernel {document.get('kernel', 'unknown')}, "
              f"{document.get('rounds', 'unknown')} rounds")
        print("\n".join("  " + line for line in table(document)), end="\n\n")
    for document in documents:
        print(meaning(document))
    if any(document.get("emulated") for document in documents):
        print(EMULATED)


def main(argv: list[str]) -> int:
    if len(argv) != 2:
        print("usage: demo_report.py DIRECTORY", file=sys.stderr)
        return 2
    try:
        documents = [load(pathlib.Path(argv[1]) / f"{user}.json") for user in USERS]
        print_report(documents)
        failures = []
        for document in documents:
            try:
                check_fills(document)
            except DemoError as error:
                failures.append(str(error))
        if failures:
            raise DemoError("; ".join(failures))
    except DemoError as error:
        sys.stdout.flush()
        print(f"demo: FAILED: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
