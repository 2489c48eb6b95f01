# SPDX-License-Identifier: GPL-2.0-only
"""What a soak of lab-nfs says: the last minutes of an hour of switching against the first.

Of the slices of bulkctl ab, whatever their mode, each minute gets a mean; the gaps between them are not counted.
Throughput has to end within the noise of the beginning: the median of the last sixth of the minutes lies between
the least and the most of the first sixth. Free memory, and its share in small blocks, have to stay: within 1 % of
what was free, and within 0.01.
"""
import statistics

METRICS = {
    "nfs_mib_per_s": "MiB/s that nfsd read and wrote",
    "free_mib": "free memory, MiB",
    "frag_index": "share of it in blocks below 64 kB",
}
FLAT = 0.01


def minutes(result, name, mode=None):
    """[(minute, mean)] of a metric, over the slices of all modes or of one."""
    index = next((i for i, metric in enumerate(result["metrics"]) if metric["name"] == name and not metric["missing"]),
                 None)
    values = {}
    for one in result["slices"] if index is not None else ():
        value = one["values"][index]
        if one["dropped"] or value is None or (mode and result["modes"][one["arm"]] != mode):
            continue
        values.setdefault(int(one["start_s"] // 60), []).append(value)
    return [(minute, statistics.fmean(found)) for minute, found in sorted(values.items())]


def ends(points):
    """The values of the first sixth of the minutes and of the last; the last minute may be a part of one."""
    values = [value for _, value in points]
    sixth = max(1, round(len(values) / 6))
    return values[:sixth], values[-sixth:]


def judge(name, first, last):
    """Does it end as it began?"""
    before, after = statistics.median(first), statistics.median(last)
    if name == "nfs_mib_per_s":
        return min(first) <= after <= max(first)
    limit = FLAT * before if name == "free_mib" else FLAT
    return abs(after - before) <= limit


def table_and_goals(name, result):
    """(table, [(text, met)]) of a soak under the load NAME, as report.py has them."""
    rows, goals = [], []
    for metric, meaning in METRICS.items():
        points = minutes(result, metric)
        if len(points) < 2:
            rows.append([meaning, "-", "-", "-", "not measured"])
            goals.append((f"soak {name}: {meaning}: not measured: MISSED", False))
            continue
        first, last = ends(points)
        met = judge(metric, first, last)
        before, after = statistics.median(first), statistics.median(last)
        form = "%.4f" if metric == "frag_index" else "%.1f"
        rows.append([meaning, f"{form % before} ({form % min(first)}-{form % max(first)})",
                     f"{form % after} ({form % min(last)}-{form % max(last)})",
                     f"{form % (after - before)}", "as at first" if met else "NOT as at first"])
        goals.append((f"soak {name}: {meaning}: {form % before} first, {form % after} last: "
                      f"{'met' if met else 'MISSED'}", met))
    length = minutes(result, "nfs_mib_per_s")
    sixth = len(ends(length)[0]) if length else 0
    return ((f"a soak, {len(length)} minutes without the gaps to settle: {len(result['slices'])} slices of "
             f"{result['slice_s']:g} s in {', '.join(result['modes'])}: medians of the minutes (least-most)",
             ["", f"the first {sixth}", f"the last {sixth}", "difference", ""], rows), goals)


def commands(result):
    """For gnuplot: throughput of each mode, free memory, and its share in small blocks, over the minutes; None when
    nothing was measured."""
    modes = list(dict.fromkeys(result["modes"]))
    data, plots = "", []
    for metric, meaning in METRICS.items():
        lines = []
        for mode in modes if metric == "nfs_mib_per_s" else [None]:
            block = f"${metric}_{mode or 'all'}"
            points = "\n".join(f"{minute} {value}" for minute, value in minutes(result, metric, mode))
            if not points:
                continue
            data += f"{block} << EOD\n{points}\nEOD\n"
            lines.append(f"{block} using 1:2 with lines lw 2 " + (f"title '{mode}'" if mode else "notitle"))
        if lines:
            plots.append(f"set title '{meaning}'\nplot {', '.join(lines)}\n")
    if not plots:
        return None
    return (f"{data}set terminal svg size 720,720 background 'white'\nset multiplot layout {len(plots)},1\n"
            "set key outside\nset yrange [0:*]\nset xlabel 'minutes'\n" + "".join(plots) + "unset multiplot\n")
