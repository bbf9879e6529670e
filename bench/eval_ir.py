#!/usr/bin/env python3
"""Retrieval quality of `aq run` on test collections in the BEIR layout.

  bench/eval_ir.py [--bin build/release/bin] [--work DIR] [--depth 100]
                   [--run-options OPTIONS] [--against OPTIONS]
                   [--compare RUNS] [--save RUNS] COLLECTION...

A COLLECTION is a directory with corpus.jsonl, queries.jsonl and qrels.tsv. Each
is indexed, all queries run through `aq run`, and nDCG@10, MAP and Recall@100 are
printed, per collection and in the mean (trec_eval's definitions; gains are the relevance
grades; queries without a relevant document do not count). Beside them stands the same with
the options of --against: plain BM25 of passages unless others are given ('' for none), how
much nDCG@10 is above that, and the p-value of a paired randomisation test (10,000 sign
flips, fixed seed). --save keeps per-query figures; --compare takes saved ones instead of
running --against.
"""
import argparse
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict


def read_qrels(path):
    qrels = defaultdict(dict)
    with open(path, encoding="utf-8") as f:
        next(f)
        for line in f:
            query, doc, grade = line.rstrip("\n").split("\t")
            qrels[query][doc] = int(grade)
    return qrels


def ndcg(ranked, grades, depth=10):
    gain = sum(max(grades.get(d, 0), 0) / math.log2(i + 2) for i, d in enumerate(ranked[:depth]))
    ideal = sorted((g for g in grades.values() if g > 0), reverse=True)[:depth]
    best = sum(g / math.log2(i + 2) for i, g in enumerate(ideal))
    return gain / best if best else 0.0


def average_precision(ranked, grades):
    relevant = sum(g > 0 for g in grades.values())
    found, total = 0, 0.0
    for i, doc in enumerate(ranked):
        if grades.get(doc, 0) > 0:
            found += 1
            total += found / (i + 1)
    return total / relevant if relevant else 0.0


def recall(ranked, grades, depth=100):
    relevant = {d for d, g in grades.items() if g > 0}
    return len(relevant & set(ranked[:depth])) / len(relevant) if relevant else 0.0


def index(args, collection, work):
    name = os.path.basename(os.path.normpath(collection))
    directory = os.path.join(work, name)
    shutil.rmtree(directory, ignore_errors=True)
    aq_index = os.path.join(args.bin, "aq-index")
    subprocess.run([aq_index, "add", "-q", "-i", directory, os.path.join(collection, "corpus.jsonl")], check=True)
    subprocess.run([aq_index, "compact", "-q", "-i", directory], check=True)
    return name, directory


def run(args, collection, directory, options):
    out = subprocess.run([os.path.join(args.bin, "aq"), "run", "-i", directory, "-n", str(args.depth + 1), "--format",
                          "trec", *options.split(), os.path.join(collection, "queries.jsonl")],
                         check=True, capture_output=True, text=True).stdout
    qrels = read_qrels(os.path.join(collection, "qrels.tsv"))
    figures = {}
    runs = defaultdict(list)
    for line in out.splitlines():
        query, _, doc, _ = line.split(" ", 3)
        # A collection whose queries are documents of its own (ArguAna): a query
        # does not retrieve itself, as BEIR scores it.
        if doc != query:
            runs[query].append(doc)
    for query, ranked in runs.items():
        grades = qrels.get(query, {})
        ranked = ranked[:args.depth]
        if any(g > 0 for g in grades.values()):
            figures[query] = (ndcg(ranked, grades), average_precision(ranked, grades), recall(ranked, grades))
    for query, grades in qrels.items():
        if query not in figures and any(g > 0 for g in grades.values()):
            figures[query] = (0.0, 0.0, 0.0)
    return figures


def p_value(a, b, rounds=10000):
    queries = sorted(set(a) & set(b))
    differences = [a[q][0] - b[q][0] for q in queries]
    observed = abs(sum(differences))
    rng = random.Random(20260101)
    at_least = sum(abs(sum(d if rng.random() < 0.5 else -d for d in differences)) >= observed - 1e-12
                   for _ in range(rounds))
    return (at_least + 1) / (rounds + 1)


def means(figures):
    return [sum(f[i] for f in figures.values()) / len(figures) for i in range(3)]


def row(name, count, now, before, p):
    cells = [name, str(count), *(f"{m:.4f}" for m in now)]
    if before:
        cells += [*(f"{m:.4f}" for m in before), f"{100 * (now[0] / before[0] - 1):+.1f}%", p]
    return "\t".join(cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collections", nargs="+")
    parser.add_argument("--bin", default="build/release/bin")
    parser.add_argument("--work")
    parser.add_argument("--depth", type=int, default=100)
    parser.add_argument("--run-options", default="", help="further options of aq run")
    parser.add_argument("--against", default="--k1 1.2 --b 0.75", help="options of what is printed beside")
    parser.add_argument("--save")
    parser.add_argument("--compare")
    args = parser.parse_args()
    work = args.work or tempfile.mkdtemp(prefix="aq-ir-")
    saved = json.load(open(args.compare, encoding="utf-8")) if args.compare else {}
    after, rows = {}, []
    head = "collection\tqueries\tnDCG@10\tMAP\tRecall@100"
    if saved or args.against:
        head += "\tbefore: nDCG@10\tMAP\tRecall@100\tnDCG@10\tp"
    print(head)
    for collection in args.collections:
        name, directory = index(args, collection, work)
        after[name] = run(args, collection, directory, args.run_options)
        before = saved.get(name) or (run(args, collection, directory, args.against) if args.against else None)
        rows.append((means(after[name]), means(before) if before else None))
        p = f"{p_value(after[name], before):.4f}" if before else ""
        print(row(name, len(after[name]), *rows[-1], p), flush=True)
    if len(rows) > 1:
        mean = [[sum(r[k][i] for r in rows) / len(rows) for i in range(3)] if all(r[k] for r in rows) else None
                for k in range(2)]
        print(row("mean", sum(map(len, after.values())), *mean, ""))
    if args.save:
        with open(args.save, "w", encoding="utf-8") as f:
            json.dump(after, f)
    if not args.work:
        shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
