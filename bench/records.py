"""The benchmark's documents: corpora read, written out as aq and the peers take them,
and repeated where more are wanted than there are."""
import json
import os
import subprocess


def read_lines(path):
    if not path.endswith(".zst"):
        with open(path, "rb") as f:
            yield from f
        return
    with subprocess.Popen(["zstd", "-dcq", path], stdout=subprocess.PIPE) as process:
        yield from process.stdout
        process.stdout.close()


def read_records(paths):
    """Records with id, thread, parent, author, date and text; ids and threads get the
    corpus's name in front, so that corpora can stand one after the other. Titles are
    left out: the peers have no field for them."""
    for path in paths:
        corpus = os.path.basename(path).split(".")[0]
        for line in read_lines(path):
            record = json.loads(line)
            text = record.get("text") or ""
            if not text.strip() or record.get("id") in (None, ""):
                continue
            out = {"id": f"{corpus}/{record['id']}", "text": text}
            for key in ("thread", "parent"):
                if record.get(key) is not None:
                    out[key] = f"{corpus}/{record[key]}"
            for key in ("author", "date"):
                if record.get(key):
                    out[key] = record[key]
            yield out


def rotated(text, turn):
    """The words of each line in the order they have when one starts at another: the same
    words and nearly all the same neighbours, but not a repeat of the text that aq would
    hide. What opens the line (`>`, `*`) stays, as do lines of one word."""
    lines = []
    for line in text.split("\n"):
        words = line.split(" ")
        head = [] if words[0][:1].isalnum() else [words.pop(0)]
        start = 1 + turn * 7 % (len(words) - 1) if len(words) > 1 else 0
        lines.append(" ".join(head + words[start:] + words[:start]))
    return "\n".join(lines)


def records(paths, limit):
    """The first `limit` records (all, when it is 0). When the corpora end before,
    they come again with other ids and threads and with texts rotated."""
    given, turn = 0, 0
    while True:
        before = given
        for record in read_records(paths):
            if turn:
                for key in ("id", "thread", "parent"):
                    if key in record:
                        record[key] += f"~{turn}"
                record["text"] = rotated(record["text"], turn)
            yield record
            given += 1
            if given == limit:
                return
        if limit == 0 or given == before:
            return
        turn += 1


def write(paths, limit, directory):
    """records.jsonl for aq; flat.jsonl with ids and texts only, each its own thread,
    from which the peers' documents are made. Returns how many."""
    count = 0
    with open(os.path.join(directory, "records.jsonl"), "w", encoding="utf-8") as full, \
            open(os.path.join(directory, "flat.jsonl"), "w", encoding="utf-8") as flat:
        for record in records(paths, limit):
            full.write(json.dumps(record, ensure_ascii=False) + "\n")
            flat.write(json.dumps({"id": record["id"], "text": record["text"]}, ensure_ascii=False) + "\n")
            count += 1
    return count
