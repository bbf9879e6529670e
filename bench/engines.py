"""The engines of the benchmark: how each is built, opened and asked."""
import json
import os
import shutil
import subprocess
import tempfile
import time


class Failed(Exception):
    pass


def run(command, stdin=None, log=os.devnull):
    """Runs a command; returns wall seconds, CPU seconds and peak resident megabytes.
    By GNU time, whose child starts small: a child of ours is charged our own peak."""
    with tempfile.NamedTemporaryFile("r") as usage, open(stdin or os.devnull, "rb") as source, \
            open(log, "ab") as sink:
        start = time.perf_counter()
        done = subprocess.run(["/usr/bin/time", "-q", "-f", "%U %S %M", "-o", usage.name, *command],
                              stdin=source, stdout=sink, stderr=sink, check=False)
        wall = time.perf_counter() - start
        if done.returncode:
            raise Failed(f"{' '.join(command[:3])} failed: {log}")
        user, system, peak = map(float, usage.read().split())
    return wall, user + system, peak / 1024


def size_mb(path):
    return sum(os.lstat(os.path.join(d, f)).st_size for d, _, files in os.walk(path) for f in files) / 1e6


def fresh(path):
    shutil.rmtree(path, ignore_errors=True)
    return path


class Server:
    """A driver that answers lines: mode, hits wanted, words."""

    def __init__(self, name, command, takes_terms, log):
        self.name, self.takes_terms = name, takes_terms
        self.log = open(log, "ab")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)

    def ask(self, query, k=10):
        """Nanoseconds, number of hits, their ids; None where the engine cannot do it."""
        words = query.terms if self.takes_terms else query.words
        mode = "or" if query.kind == "term" else query.kind
        self.process.stdin.write(f"{mode}\t{k}\t{words}\n".encode())
        self.process.stdin.flush()
        line = self.process.stdout.readline().decode().rstrip("\n")
        if not line:
            raise Failed(f"{self.name} ended on {mode} {words!r}: {self.log.name}")
        took, hits, *ids = line.split("\t")
        if int(took) < 0:
            return None
        return int(took), int(hits), [i for i in ids if i]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()


class Peer:
    """Another engine, behind its driver in the directory of programs."""

    def __init__(self, name, programs, work):
        self.name, self.work = name, work
        self.program = os.path.join(programs, name)
        self.log = os.path.join(work, name + ".log")

    def version(self):
        """None when it cannot be run here."""
        try:
            done = subprocess.run([self.program, "version"], capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip().splitlines()[-1] if done.returncode == 0 and done.stdout.strip() else None

    def directory(self, kind):
        return os.path.join(self.work, f"{self.name}-{kind}")

    def index(self, kind, documents):
        """A row of figures: adding, size, making compact, size."""
        directory = fresh(self.directory(kind))
        added = run([self.program, "index", kind, directory], documents, self.log)
        before = size_mb(directory)
        compacted = run([self.program, "compact", directory], None, self.log)
        if os.path.isdir(directory + ".compact"):
            shutil.rmtree(directory)
            os.rename(directory + ".compact", directory)
        return *added, before, compacted[0], size_mb(directory)

    def serve(self):
        return Server(self.name, [self.program, "serve", self.directory("terms")], True, self.log)


class Aq:
    """aq itself; its documents are the records as they are."""

    name = "aq"

    def __init__(self, build, work):
        self.work, self.log = work, os.path.join(work, "aq.log")
        self.writer = os.path.join(build, "bin", "aq-index")
        self.reader = os.path.join(build, "bin", "aq")
        self.driver = os.path.join(build, "bench", "peers", "aq")
        self.terms = os.path.join(build, "bench", "terms")

    def version(self):
        return subprocess.run([self.reader, "--version"], capture_output=True, text=True).stdout.strip()

    def directory(self, kind="one"):
        return os.path.join(self.work, "aq-" + kind)

    def write(self, directory, *arguments, stdin=None):
        return run([self.writer, *arguments[:1], "-i", directory, *arguments[1:]], stdin, self.log)

    def index(self, records):
        directory = fresh(self.directory())
        added = self.write(directory, "add", records)
        before = size_mb(directory)
        compacted = self.write(directory, "compact")
        return *added, before, compacted[0], size_mb(directory)

    def index_segments(self, records, segments=8, pending=999, deleted=20):
        """The same records as a grown index: in `segments` parts, the last `pending`
        comments not yet in a segment, every twentieth of the others deleted."""
        directory = fresh(self.directory("segments"))
        with open(records, "rb") as f:
            lines = f.readlines()
        pending = min(pending, len(lines) // 10)
        bulk, part = lines[:len(lines) - pending], os.path.join(self.work, "part.jsonl")
        for i in range(segments):
            with open(part, "wb") as f:
                f.writelines(bulk[len(bulk) * i // segments:len(bulk) * (i + 1) // segments])
            self.write(directory, "add", part)
            self.write(directory, "flush")
        doomed = [json.loads(line)["id"] for line in bulk[::deleted]]
        for i in range(0, len(doomed), 2000):
            self.write(directory, "delete", *doomed[i:i + 2000])
        with open(part, "wb") as f:
            f.writelines(lines[len(bulk):])
        self.write(directory, "add", part)
        os.unlink(part)

    def stats(self, directory):
        out = subprocess.run([self.reader, "stats", "-i", directory, "--json"], capture_output=True, check=True)
        return json.loads(out.stdout)

    def dump_documents(self, flat):
        """text.tsv, terms.tsv and vocabulary.tsv in the work directory."""
        directory = fresh(self.directory("flat"))
        self.write(directory, "add", flat)
        run([self.terms, "dump", directory, self.work], None, self.log)
        shutil.rmtree(directory)

    def stem(self, lines):
        done = subprocess.run([self.terms, "stem"], input="\n".join(lines) + "\n", capture_output=True,
                              text=True, check=True)
        return done.stdout.splitlines()

    def serve(self, kind="one", *options):
        name = "-".join(["aq", *([] if kind == "one" else [kind]), *options])
        return Server(name, [self.driver, "serve", self.directory(kind), *options], False, self.log)
