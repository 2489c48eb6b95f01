#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Turn what tests/labs/bench-guest.sh traced of nfsd into JSON: instructions of each call.

usage: bench_nfsd.py FOLDER MEGABYTES_READ
"""

import json
import pathlib
import re
import statistics
import sys

# More than this many instructions: the call had many pages to fill or to release
LARGE = 4000
LINE = re.compile(r"\s*(.+-\d+)\s+\[\d+\].*?\s(\d+): (enter|leave): ")


def durations(path):
    """Clock from each entry to the return of the same thread."""
    entered, found = {}, []
    for line in path.read_text().splitlines():
        match = LINE.match(line)
        if not match:
            sys.exit(f"{path}: not a line of a trace: {line}")
        thread, clock, what = match[1], int(match[2]), match[3]
        if what == "enter":
            entered[thread] = clock
        elif thread in entered:
            found.append(clock - entered.pop(thread))
    return found


def main():
    folder, megabytes = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    probes = min(durations(folder / "trace-none-page_bulk_bench_progress"))
    entries = []
    for path in sorted(folder.glob("trace-*-*")):
        _, mode, function = path.name.split("-", 2)
        if mode == "none":
            continue
        calls = [max(d - probes, 0) for d in durations(path)]
        large = [d for d in calls if d > LARGE]
        small = [d for d in calls if d <= LARGE]
        entries.append({
            "mode": mode, "function": function,
            "insn_per_mb": round(sum(calls) / megabytes),
            "large_calls": len(large), "large_insn": statistics.median(large) if large else None,
            "small_calls": len(small), "small_insn": statistics.median(small) if small else None})
    print(json.dumps({"nfsd": entries, "nfsd_probe_insn": probes}, indent=1))


if __name__ == "__main__":
    main()
