#!/usr/bin/env python3
"""How latency and indexing grow with the number of comments.

  bench/growth.py --bin PROGRAMS --build BUILD --work DIR --out DIR
                  [--peers "NAME..."] [--sizes "N..."] CORPUS...

The same queries at every size, made from the corpus itself. Beyond its end the corpus
comes again with other ids and threads and with rotated texts (bench/records.py).
"""
import argparse
import os
import shutil
import sys

import compare
import engines
import queries
import records

CLASSES = ("term_mid", "or2_mid", "or3_mid", "or5_mid", "or2_stop_mid", "or2_frequent", "and2_mid", "and2_frequent",
           "and2_stop_mid", "phrase2_content", "phrase2_stop")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", nargs="*")
    for name in ("bin", "build", "work", "out"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--peers", default="xapian lucene")
    parser.add_argument("--sizes", default="10000 100000 450000 1000000")
    parser.add_argument("--per-class", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    if not args.corpus:
        sys.exit("name a corpus of JSON Lines with ids and texts: make bench-growth CORPUS=comments.jsonl.zst")
    os.makedirs(args.work, exist_ok=True)
    peers, _ = compare.usable(args)
    aq = engines.Aq(args.build, args.work)

    count = records.write(args.corpus, 0, args.work)
    aq.dump_documents(os.path.join(args.work, "flat.jsonl"))
    made = queries.generated(os.path.join(args.work, "text.tsv"), os.path.join(args.work, "vocabulary.tsv"),
                             args.per_class)
    asked = compare.with_terms(aq, [q for q in made if q[0] in CLASSES])
    times, indexing = [], []
    for size in map(int, args.sizes.split()):
        rows = compare.build_all(aq, [peer for peer, _ in peers], args, size)
        found = rows[0][1]
        indexing += [(*row, "yes" if found > count else "no") for row in rows]
        servers = [aq.serve(), *(peer.serve() for peer, _ in peers)]
        samples, _ = compare.measure(servers, asked, args.rounds, {"": 1, "lucene": 12, "fts5": 0}, 5)
        for server in servers:
            server.close()
        times += [(found, *row) for row in compare.summary(servers, asked, samples)]
        compare.write_tsv(args.out, "growth.tsv", ("comments", *compare.TIMES), times)
        compare.write_tsv(args.out, "growth-indexing.tsv", (*compare.INDEXING, "repeated"), indexing)
    shutil.rmtree(args.work)


if __name__ == "__main__":
    main()
