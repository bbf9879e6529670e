#!/usr/bin/env python3
"""Retrieval quality of `aq run` on test collections in the BEIR layout.

  bench/eval_ir.py [--bin build/release/bin] [--work DIR] [--depth 100]
                   [--compare RUNS] [--save RUNS] COLLECTION...

A COLLECTION is a directory with corpus.jsonl, queries.jsonl and qrels.tsv. Each
is indexed, all queries run through `aq run`, and nDCG@10, MAP and Recall@100 are
printed (trec_eval's definitions; gains are the relevance grades; queries without
a relevant document do not count). --save keeps per-query figures; --compare
prints the difference to saved ones with the p-value of a paired randomisation
test (10,000 sign flips, fixed seed).
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


def run(args, collection, work):
    name = os.path.basename(os.path.normpath(collection))
    index = os.path.join(work, name)
    shutil.rmtree(index, ignore_errors=True)
    aq, aq_index = (os.path.join(args.bin, p) for p in ("aq", "aq-index"))
    subprocess.run([aq_index, "add", "-q", "-i", index, os.path.join(collection, "corpus.jsonl")], check=True)
    subprocess.run([aq_index, "compact", "-q", "-i", index], check=True)
    out = subprocess.run([aq, "run", "-i", index, "-n", str(args.depth + 1), "--format", "trec", *args.run_options.split(),
                          os.path.join(collection, "queries.jsonl")],
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
    return name, figures


def p_value(a, b, rounds=10000):
    queries = sorted(set(a) & set(b))
    differences = [a[q][0] - b[q][0] for q in queries]
    observed = abs(sum(differences))
    rng = random.Random(20260101)
    at_least = sum(abs(sum(d if rng.random() < 0.5 else -d for d in differences)) >= observed - 1e-12
                   for _ in range(rounds))
    return (at_least + 1) / (rounds + 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collections", nargs="+")
    parser.add_argument("--bin", default="build/release/bin")
    parser.add_argument("--work")
    parser.add_argument("--depth", type=int, default=100)
    parser.add_argument("--run-options", default="", help="further options of aq run, such as '--k1 0.9 --b 0.4'")
    parser.add_argument("--save")
    parser.add_argument("--compare")
    args = parser.parse_args()
    work = args.work or tempfile.mkdtemp(prefix="aq-ir-")
    before = json.load(open(args.compare, encoding="utf-8")) if args.compare else {}
    after = {}
    print("collection\tqueries\tnDCG@10\tMAP\tRecall@100" + ("\tbefore\tp" if before else ""))
    for collection in args.collections:
        name, figures = run(args, collection, work)
        after[name] = figures
        means = [sum(f[i] for f in figures.values()) / len(figures) for i in range(3)]
        row = f"{name}\t{len(figures)}\t" + "\t".join(f"{m:.4f}" for m in means)
        if name in before:
            old = before[name]
            row += f"\t{sum(f[0] for f in old.values()) / len(old):.4f}\t{p_value(figures, old):.4f}"
        print(row, flush=True)
    if args.save:
        with open(args.save, "w", encoding="utf-8") as f:
            json.dump(after, f)
    if not args.work:
        shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
