#!/usr/bin/env python3
"""The PISA driver of the benchmark, over the extension module of pyterrier-pisa.
bench/README.md has the protocol.

    pisa.py index terms|raw DIRECTORY < tsv
    pisa.py compact DIRECTORY
    pisa.py serve DIRECTORY

block_simdbp, blocks of 64 with maxima, BM25 1.2/0.75 scored exactly (not quantised);
OR by block-max WAND, AND by block-max ranked AND. PISA has no positions: phrases are
answered "not supported", and it keeps no text. terms: its tokenizer over terms made
beforehand, not stemmed. raw: Porter2.
"""
import ctypes
import importlib.metadata
import importlib.util
import os
import sys
import tempfile
import threading
import time

# The wheel needs TBB 2020, which comes as a wheel of its own and is on no search path.
ctypes.CDLL(os.path.join(sys.prefix, "lib", "libtbb.so.2"), mode=ctypes.RTLD_GLOBAL)
# The package itself would import PyTerrier and with it a Java machine.
package = importlib.util.find_spec("pyterrier_pisa").submodule_search_locations[0]
sys.path.insert(0, package)
import _pisathon  # noqa: E402
import numpy  # noqa: E402

ALGORITHMS = {"or": "block_max_wand", "and": "block_max_ranked_and"}
BATCH = 100_000


def index(kind, directory):
    os.makedirs(directory)
    stemmer = "porter2" if kind == "raw" else ""
    with tempfile.TemporaryDirectory() as temporary:
        fifo = os.path.join(temporary, "documents")
        os.mkfifo(fifo)

        def feed():
            with open(fifo, "wb") as out:
                for line in sys.stdin.buffer:
                    out.write(line.replace(b"\t", b" ", 1))

        threading.Thread(target=feed, daemon=True).start()
        _pisathon.index(fifo, directory, stemmer, BATCH, 1)
    prepare(directory, stemmer)


def prepare(directory, stemmer=""):
    """Opens the index; the first time this compresses the lists and finds the maxima."""
    context = _pisathon.RetrievalContext()
    _pisathon.prepare_index(context, directory, "block_simdbp", "bm25", stemmer,
                            block_size=64, bm25_k1=1.2, bm25_b=0.75)
    return context


def serve(directory):
    context = prepare(directory)
    for line in sys.stdin:
        mode, k, words = line.rstrip("\n").split("\t")
        k = int(k)
        if k == 0 or mode not in ALGORITHMS:
            print("-1\t-1\t", flush=True)
            continue
        start = time.perf_counter_ns()
        ids = numpy.empty(k, dtype=object)
        found = _pisathon.retrieve(
            context, ALGORITHMS[mode], [(0, {word: 1.0 for word in words.split()})], k=k, threads=1,
            pretokenised=1, query_weighted=0, result_qidxs=numpy.empty(k, dtype=numpy.int32),
            result_docnos=ids, result_ranks=numpy.empty(k, dtype=numpy.int32),
            result_scores=numpy.empty(k, dtype=numpy.float32))
        took = time.perf_counter_ns() - start
        print(took, found, "\t".join(ids[:found]), sep="\t", flush=True)


def main(args):
    if args[:1] == ["index"] and len(args) == 3:
        index(args[1], args[2])
    elif args[:1] == ["compact"] and len(args) == 2:
        pass  # it is one index already
    elif args[:1] == ["serve"] and len(args) == 2:
        serve(args[1])
    elif args == ["version"]:
        print("PISA of pyterrier-pisa", importlib.metadata.version("pyterrier-pisa"))
    else:
        sys.exit("usage: pisa.py index terms|raw DIRECTORY | compact DIRECTORY | serve DIRECTORY | version")


if __name__ == "__main__":
    main(sys.argv[1:])
