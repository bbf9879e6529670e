#!/usr/bin/env python3
"""aq against other engines: the same documents, the same words, the same queries.

  bench/compare.py --bin PROGRAMS --build BUILD --work DIR --out DIR --peers "NAME..."
                   [--queries FILE] [--quick] CORPUS...

Writes TSV files into --out, from which bench/report.py makes tables and plots. The
method is in docs/BENCHMARKS.md, the drivers' protocol in bench/README.md.
"""
import argparse
import os
import platform
import random
import statistics
import sys
import time
from collections import defaultdict, namedtuple
from functools import partial

import engines
import queries
import records

INDEXING = ("engine", "comments", "text MB", "add s", "CPU s", "peak MB", "size MB", "compact s", "compact size MB")
AGREEMENT = ("engine", "kind", "queries", "same count", "count ratio", "top-10 overlap", "in reference", "silent")
TIMES = ("class", "kind", "engine", "queries", "samples", "median ms", "p99 ms", "times aq")
Query = namedtuple("Query", "name kind words terms")

# An engine that has spent so many nanoseconds on a query is not asked it again, once
# it has been timed.
SPEND = 250_000_000

# Whose answers the others are held against, the first that is there. Xapian's lengths are
# exact and have aq's lower bound; Lucene's and Tantivy's are rounded to a byte.
REFERENCES = ("xapian", "lucene", "tantivy", "fts5", "aq")


def say(*words):
    print(f"[{time.strftime('%H:%M:%S')}]", *words, file=sys.stderr, flush=True)


def write_tsv(directory, name, header, rows):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, name), "w", encoding="utf-8") as f:
        for row in [header, *rows]:
            print(*(f"{v:.4g}" if isinstance(v, float) else v for v in row), sep="\t", file=f)


def with_terms(aq, raw):
    stems = aq.stem([words for _, _, words in raw])
    return [Query(name, kind, words, terms) for (name, kind, words), terms in zip(raw, stems) if terms]


# ---- do they find the same? ----

def agreement(servers, asked, reference):
    """Per engine and kind: share of queries with exactly the reference's number of
    matches, median of the ratio of the numbers, mean overlap of the ten best, share of
    the ten best that the reference finds at all (where that is at most 1,000), and the
    number of queries with matches but without an answer."""
    seen = defaultdict(lambda: defaultdict(list))
    for query in asked:
        matches = reference.ask(query, 0)[1]
        best = set(reference.ask(query)[2])
        every = set(reference.ask(query, 1000)[2]) if matches <= 1000 else None
        for server in servers:
            top = server.ask(query)
            if top is None:
                continue
            exact = server.ask(query, 0)
            ids = top[2]
            seen[server.name][query.kind].append((
                exact[1] / matches if exact and matches else None,
                len(best & set(ids)) / len(best) if best else None,
                sum(i in every for i in ids) / len(ids) if every is not None and ids else None,
                bool(matches) and not ids))
    rows = []
    for name, kinds in seen.items():
        for kind, found in kinds.items():
            ratios, overlaps, inside = ([v for v in column if v is not None] for column in list(zip(*found))[:3])
            rows.append((name, kind, len(found),
                         sum(r == 1 for r in ratios) / len(ratios) if ratios else "-",
                         statistics.median(ratios) if ratios else "-",
                         statistics.mean(overlaps) if overlaps else "-",
                         statistics.mean(inside) if inside else "-",
                         sum(silent for *_, silent in found)))
    return rows


# ---- how long do they take? ----

def measure(servers, asked, rounds, warm, minutes, block=1):
    """Samples in nanoseconds by (engine, query). So many queries go to each engine in a
    row (1: one after the other, the hardest on caches), engines in an order that turns;
    queries come in another order each round."""
    samples, spent = defaultdict(list), defaultdict(int)
    stop = time.monotonic() + minutes * 60
    mix = random.Random(1)
    done = 0
    for turn in range(-max(warm.values()), rounds):
        if turn > 0 and time.monotonic() > stop:
            say(f"out of time after {turn} of {rounds} rounds")
            break
        order = list(range(len(asked)))
        mix.shuffle(order)
        steps = ((i + start // block + turn, number) for start in range(0, len(order), block)
                 for i in range(len(servers)) for number in order[start:start + block])
        for at, number in steps:
            server = servers[at % len(servers)]
            key = server.name, number
            if turn < -warm.get(server.name, warm[""]) or spent[key] > SPEND:
                continue
            answer = server.ask(asked[number])
            if answer is None:
                spent[key] = SPEND + 1
            elif turn >= 0:
                spent[key] += answer[0]
                samples[key].append(answer[0])
        done = turn + 1
    return samples, done


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def summary(servers, asked, samples):
    """Per class and engine: median over the queries of each query's median, p99 over
    all samples, geometric mean over the queries of the time as a multiple of aq's."""
    classes = defaultdict(list)
    for number, query in enumerate(asked):
        classes[query.name, query.kind].append(number)
    rows = []
    for (name, kind), numbers in classes.items():
        aq = {n: statistics.median(samples["aq", n]) for n in numbers}
        for server in servers:
            mine = {n: statistics.median(samples[server.name, n]) for n in numbers if samples[server.name, n]}
            if not mine:
                continue
            everything = [v for n in numbers for v in samples[server.name, n]]
            rows.append((name, kind, server.name, len(mine), len(everything),
                         statistics.median(mine.values()) / 1e6, percentile(everything, 0.99) / 1e6,
                         statistics.geometric_mean(mine[n] / aq[n] for n in mine)))
    return rows


# ---- the run ----

def build_all(aq, peers, args, limit):
    """Documents and indexes. Returns the rows on indexing."""
    files = {name: os.path.join(args.work, name) for name in ("records.jsonl", "flat.jsonl", "text.tsv", "terms.tsv")}
    count = records.write(args.corpus, limit, args.work)
    say(f"{count:,} comments; indexing with aq")
    rows = [("aq", *aq.index(files["records.jsonl"]))]
    aq.dump_documents(files["flat.jsonl"])
    for peer in peers:
        say("indexing with", peer.name)
        rows.append((peer.name, *peer.index("raw", files["text.tsv"])))
        engines.fresh(peer.directory("raw"))
        peer.index("terms", files["terms.tsv"])
    text_mb = aq.stats(aq.directory())["text_bytes"] / 1e6
    return [(name, count, text_mb, *row) for name, *row in rows]


def usable(args):
    peers, skipped = [], []
    for name in args.peers.split():
        peer = engines.Peer(name, args.bin, args.work)
        version = peer.version()
        if version:
            peers.append((peer, version))
        else:
            skipped.append(name)
            say(f"skipped: {name} cannot be run here")
    return peers, skipped


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        return next((line.split(":")[1].strip() for line in f if line.startswith("model name")), platform.machine())


def shape(stats):
    return (f"{stats['passages']:,} passages, {stats['deleted_passages']:,} of them deleted, "
            f"{stats['segments']} segments, {stats['pending_comments']} comments pending")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", nargs="*")
    for name in ("bin", "build", "work", "out", "peers"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--queries", default="")
    parser.add_argument("--quick", action="store_true", help="other defaults for what follows")
    parser.add_argument("--reuse", action="store_true", help="take the indexes that are in --work")
    parser.add_argument("--limit", type=int, help="take so many comments")
    parser.add_argument("--per-class", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--minutes", type=float, help="no new round after so long")
    parser.add_argument("--block", type=int, default=1, help="queries an engine answers in a row; above 1, only "
                        "times are taken, into passes.tsv")
    args = parser.parse_args()
    if not args.corpus:
        sys.exit("name a corpus of JSON Lines with ids and texts: make bench CORPUS=comments.jsonl.zst")
    args.limit = args.limit or (40_000 if args.quick else 0)
    args.per_class = args.per_class or (15 if args.quick else 40)
    args.rounds = args.rounds or (5 if args.quick else 9)
    args.minutes = args.minutes or (1 if args.quick else 12)
    args.warm = {"": 1, "lucene": 3 if args.quick else 8, "fts5": 0}
    return args


def main():
    args = arguments()
    load = os.getloadavg()[0]
    os.makedirs(args.work, exist_ok=True)
    work = partial(os.path.join, args.work)
    aq = engines.Aq(args.build, args.work)
    peers, skipped = usable(args)

    if not args.reuse:
        indexing = build_all(aq, [peer for peer, _ in peers], args, args.limit)
        write_tsv(args.out, "indexing.tsv", INDEXING, indexing)
        aq.index_segments(work("records.jsonl"))
    one, segments = aq.stats(aq.directory()), aq.stats(aq.directory("segments"))

    raw = queries.generated(work("text.tsv"), work("vocabulary.tsv"), args.per_class)
    if args.queries:
        raw += queries.from_game(args.queries)
    asked = with_terms(aq, raw)
    servers = [aq.serve(), aq.serve("one", "text"), aq.serve("one", "passages"), aq.serve("segments"),
               *(peer.serve() for peer, _ in peers)]
    if args.block > 1:
        samples, done = measure(servers, asked, args.rounds, args.warm, args.minutes, args.block)
        for server in servers:
            server.close()
        say(f"{done} rounds")
        write_tsv(args.out, "passes.tsv", TIMES, summary(servers, asked, samples))
        return
    say(f"{len(asked)} queries; do they find the same?")
    reference = min(servers, key=lambda s: REFERENCES.index(s.name) if s.name in REFERENCES else len(REFERENCES))
    agreed = agreement([s for s in servers if s.name not in ("aq-text", "aq-passages")], asked, reference)
    write_tsv(args.out, "agreement.tsv", AGREEMENT, agreed)

    say("timing")
    samples, done = measure(servers, asked, args.rounds, args.warm, args.minutes)
    for server in servers:
        server.close()
    write_tsv(args.out, "queries.tsv", TIMES, summary(servers, asked, samples))
    write_tsv(args.work, "samples.tsv", ("engine", "class", "words", "ns"), [
        (name, asked[n].name, asked[n].words, ",".join(map(str, taken))) for (name, n), taken in samples.items()])
    write_tsv(args.out, "run.tsv", ("what", "value"), [
        ("date", time.strftime("%Y-%m-%d")), ("processor", f"{processor()}, {os.cpu_count()} cores"),
        ("load before the start", load), ("system", platform.platform()), ("comments", f"{one['comments']:,}"),
        ("queries", len(asked)), ("rounds", done), ("reference for agreement", reference.name),
        ("aq", f"{aq.version()}: {shape(one)}"), ("aq-segments", shape(segments)),
        *((peer.name, version) for peer, version in peers),
        *((name, "skipped: cannot be run here") for name in skipped)])
    if any(silent > max(2, total // 20) for _, _, total, *_, silent in agreed):
        sys.exit("an engine gave no answer where there are matches: see agreement.tsv")


if __name__ == "__main__":
    main()
