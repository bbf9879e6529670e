#!/usr/bin/env python3
"""Tables and plots from the benchmark's TSV files.

  bench/report.py DIRECTORY [MARKDOWN]

Without MARKDOWN the tables go to standard output. With it they replace what stands
between its two marker comments, and plots are drawn with gnuplot beside it.
"""
import os
import statistics
import subprocess
import sys
from collections import defaultdict

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
BUSY = 2  # load average over one minute; building the peers alone brings it to about 1
KINDS = ("term", "or", "and", "phrase")


def read(directory, name):
    """Rows as dictionaries; none when the file is not there."""
    try:
        with open(os.path.join(directory, name), encoding="utf-8") as f:
            header, *rows = [line.rstrip("\n").split("\t") for line in f]
    except FileNotFoundError:
        return []
    return [dict(zip(header, row)) for row in rows]


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def in_order(rows, key):
    return list(dict.fromkeys(row[key] for row in rows))


def milliseconds(value):
    value = float(value)
    return f"{value:.{3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0}f}"


def over_classes(rows, engine, kind=None):
    values = [float(r["times aq"]) for r in rows if r["engine"] == engine and kind in (None, r["kind"])]
    return f"{statistics.geometric_mean(values):.2f}" if values else "-"


def class_tables(rows):
    names = in_order(rows, "engine")
    at = {(row["class"], row["engine"]): row for row in rows}
    classes = in_order(rows, "class")
    peers = [n for n in names if not n.startswith("aq-")]

    def cell(name, engine, column):
        row = at.get((name, engine))
        return milliseconds(row[column]) if row else "-"

    yield "Median, milliseconds:"
    yield table(["class", *names], [[c, *(cell(c, n, "median ms") for n in names)] for c in classes])
    yield "p99 over all samples, milliseconds:"
    yield table(["class", *peers], [[c, *(cell(c, n, "p99 ms") for n in peers)] for c in classes])
    yield "Time as a multiple of aq's (above 1: aq is faster), geometric mean over the queries:"
    others = [n for n in names if n != "aq"]
    lines = [[c, *(f"{float(at[c, n]['times aq']):.2f}" if (c, n) in at else "-" for n in others)]
             for c in classes]
    for kind in KINDS:
        lines.append([f"**{kind}**, over its classes", *(over_classes(rows, n, kind) for n in others)])
    lines.append(["**all classes**", *(over_classes(rows, n) for n in others)])
    yield table(["class", *others], lines)


def figures(row, names):
    """Seconds with a decimal, megabytes without."""
    return [f"{float(row[name]):.{0 if 'MB' in name else 1}f}" for name in names]


def speed(row):
    return f"{float(row['text MB']) / float(row['add s']):.1f}"


def indexing_table(rows):
    columns = ["add s", "CPU s", "peak MB", "size MB", "compact s", "compact size MB"]
    return table(["engine", *columns, "MB/s", "compact size / text"],
                 [[r["engine"], *figures(r, columns), speed(r),
                   f"{float(r['compact size MB']) / float(r['text MB']):.2f}"] for r in rows])


def agreement_table(rows):
    return table(["engine", "kind", "queries", "same count", "count ratio", "top-10 overlap", "in reference", "silent"],
                 [list(r.values()) for r in rows])


def growth_tables(times, indexing):
    sizes, names = in_order(times, "comments"), in_order(times, "engine")
    at = {(r["class"], r["engine"], r["comments"]): milliseconds(r["median ms"]) for r in times}
    lines = [[c, n, *(at.get((c, n, size), "-") for size in sizes)] for c in in_order(times, "class") for n in names]
    yield "Median, milliseconds, at so many comments:"
    yield table(["class", "engine", *(f"{int(s):,}" for s in sizes)], lines)
    columns = ["add s", "CPU s", "peak MB", "compact size MB"]
    yield "Indexing:"
    yield table(["engine", "comments", "repeated", *columns, "MB/s"],
                [[r["engine"], f"{int(r['comments']):,}", r["repeated"], *figures(r, columns), speed(r)]
                 for r in indexing])


def report(directory):
    run, rows = read(directory, "run.tsv"), read(directory, "queries.tsv")
    if rows:
        yield "### Run"
        yield table(["what", "value"], [list(r.values()) for r in run])
        load = next((float(r["value"]) for r in run if r["what"] == "load before the start"), 0)
        if load > BUSY:
            yield "**Preliminary**: the machine was busy with other work."
        yield "### Latency"
        yield from class_tables(rows)
        passes = read(directory, "passes.tsv")
        if passes:
            yield "### Latency, 64 queries in a row to each engine"
            yield from class_tables(passes)
        yield "### Do they find the same?"
        yield agreement_table(read(directory, "agreement.tsv"))
        yield "### Indexing"
        yield indexing_table(read(directory, "indexing.tsv"))
    growth = read(directory, "growth.tsv")
    if growth:
        yield "### Growth"
        yield from growth_tables(growth, read(directory, "growth-indexing.tsv"))


# ---- plots ----

def gnuplot(script):
    try:
        subprocess.run(["gnuplot"], input=script, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as e:
        print("no plot:", e, file=sys.stderr)


def plot_latency(rows, path):
    names = [n for n in in_order(rows, "engine") if n in ("aq", "aq-segments") or not n.startswith("aq")]
    at = {(r["class"], r["engine"]): r["median ms"] for r in rows}
    lines = "\n".join(" ".join([f'"{c}"', *(at.get((c, n), "NaN") for n in names)]) for c in in_order(rows, "class"))
    series = ", ".join(f'$d using 0:{i + 2}:xtic(1) with points pt {i + 4} ps 0.9 title "{n}"'
                       for i, n in enumerate(names))
    gnuplot(f"""
set terminal svg size 1000,480 font "sans,11" background "white"
set output "{path}"
$d << END
{lines}
END
set title "Median latency by class of query, ten comments"
set logscale y; set ylabel "ms"; set grid y; set key outside right top noenhanced
set xtics rotate by -60 noenhanced; set xrange [-0.5:{len(in_order(rows, 'class')) - 0.5}]
plot {series}
""")


def plot_growth(rows, path):
    points = defaultdict(list)
    for r in rows:
        if r["class"] in ("or2_mid", "or3_mid", "and2_mid", "and2_frequent", "phrase2_content", "or2_stop_mid"):
            points[r["class"], r["engine"]].append(f"{r['comments']} {r['median ms']}")
    classes = list(dict.fromkeys(c for c, _ in points))
    names = list(dict.fromkeys(n for _, n in points))
    data, panels = [], []
    for c in classes:
        series = []
        for i, n in enumerate(names):
            block = f"$d{len(data)}"
            data.append(f"{block} << END\n" + "\n".join(points[c, n]) + "\nEND")
            series.append(f'{block} using 1:2 with linespoints pt {i + 4} lc {i + 1} title "{n}"')
        panels.append(f'set title "{c}" noenhanced\nplot ' + ", ".join(series))
    gnuplot(f"""
set terminal svg size 1000,560 font "sans,11" background "white"
set output "{path}"
{chr(10).join(data)}
set logscale xy; set grid; set xlabel "comments"; set ylabel "median ms"; set key left top
set multiplot layout 2,3
{chr(10).join(panels)}
unset multiplot
""")


def main():
    directory = sys.argv[1]
    text = "\n\n".join(report(directory))
    if len(sys.argv) < 3:
        print(text)
        return
    page = sys.argv[2]
    with open(page, encoding="utf-8") as f:
        before, rest = f.read().split(BEGIN)
    plots = []
    rows, growth = read(directory, "queries.tsv"), read(directory, "growth.tsv")
    for name, found, draw in (("bench-latency", rows, plot_latency), ("bench-growth", growth, plot_growth)):
        if found:
            draw(found, os.path.join(os.path.dirname(page), name + ".svg"))
            plots.append(f"![{name}]({name}.svg)")
    with open(page, "w", encoding="utf-8") as f:
        f.write("\n\n".join([before + BEGIN, *plots, text, END]) + rest.split(END)[1])


if __name__ == "__main__":
    main()
