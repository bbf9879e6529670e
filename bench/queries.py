"""The benchmark's queries: classes made from the corpus, and the lines of a
search-benchmark-game file. A query is (class, kind, words): kind is term, or, and,
phrase."""
import json
import random
import re

# Share of the comments that have the word.
BANDS = {"stop": (0.1, 1.1), "frequent": (0.01, 0.1), "mid": (0.0005, 0.01), "rare": (0.00001, 0.0005)}

# class: kind and the band of each word.
CLASSES = {
    "term_rare": ("term", "rare"),
    "term_mid": ("term", "mid"),
    "term_frequent": ("term", "frequent"),
    "term_stop": ("term", "stop"),
    "or2_rare": ("or", "rare rare"),
    "or2_mid": ("or", "mid mid"),
    "or2_frequent": ("or", "frequent frequent"),
    "or2_stop_mid": ("or", "stop mid"),
    "or2_stop_stop": ("or", "stop stop"),
    "or3_mid": ("or", "mid mid mid"),
    "or3_stop_frequent_mid": ("or", "stop frequent mid"),
    "or4_frequent_mid": ("or", "frequent frequent mid mid"),
    "or5_mid": ("or", "mid mid mid mid mid"),
    "or5_stop_frequent_mid": ("or", "stop stop frequent mid mid"),
    "and2_mid": ("and", "mid mid"),
    "and2_frequent": ("and", "frequent frequent"),
    "and2_stop_mid": ("and", "stop mid"),
    "and2_stop_stop": ("and", "stop stop"),
    "and3_mid": ("and", "mid mid mid"),
    "and3_frequent": ("and", "frequent frequent frequent"),
    "and3_stop_frequent_mid": ("and", "stop frequent mid"),
    "phrase2_content": ("phrase", "content content"),
    "phrase3_content": ("phrase", "content content content"),
    "phrase2_stop": ("phrase", "stop stop"),
    "phrase2_mixed": ("phrase", "stop content"),
    "phrase3_mixed": ("phrase", "content stop content"),
}

WORD = re.compile(r"[A-Za-z]{2,}")
# Words with a single space between and nothing else in touch with them.
RUN = re.compile(r"(?<!\S)[A-Za-z]{2,}(?: [A-Za-z]{2,})+(?!\S)")


class Vocabulary:
    def __init__(self, path, comments):
        self.band = {}
        for line in open(path, encoding="utf-8"):
            _, having, form, count = line.rstrip("\n").split("\t")
            if not WORD.fullmatch(form):
                continue
            share = int(having) / comments
            for band, (low, high) in BANDS.items():
                if low <= share < high and int(having) > 1:
                    self.band[form] = band

    def fits(self, word, wanted):
        band = self.band.get(word)
        return band == wanted or (wanted == "content" and band in ("frequent", "mid"))


def from_words(vocabulary, text, bands):
    """A word of each band, all from one comment, so that there is something to find:
    from a short one, since aq looks for words together in a passage."""
    if len(text) > 500:
        return None
    words = sorted({w.lower() for w in WORD.findall(text)})
    random.shuffle(words)
    chosen = []
    for band in bands:
        for word in words:
            if word not in chosen and vocabulary.fits(word, band):
                chosen.append(word)
                break
        else:
            return None
    return chosen


def from_runs(vocabulary, text, bands):
    """Neighbours in one comment."""
    found = []
    for run in RUN.findall(text):
        words = run.lower().split()
        for i in range(len(words) - len(bands) + 1):
            if all(vocabulary.fits(w, b) for w, b in zip(words[i:], bands)):
                found.append(words[i:i + len(bands)])
    return random.choice(found) if found else None


def generated(text_file, vocabulary_file, per_class, seed=2015):
    random.seed(seed)
    texts = [line.rstrip("\n").split("\t", 1)[1] for line in open(text_file, encoding="utf-8")]
    vocabulary = Vocabulary(vocabulary_file, len(texts))
    out = []
    for name, (kind, bands) in CLASSES.items():
        bands = bands.split()
        pick = from_runs if kind == "phrase" else from_words
        seen = set()
        for _ in range(per_class * 2000):
            words = pick(vocabulary, random.choice(texts), bands)
            if words and tuple(words) not in seen:
                seen.add(tuple(words))
                out.append((name, kind, " ".join(words)))
            if len(seen) == per_class:
                break
    return out


KINDS = {"term": "term", "intersection": "and", "union": "or", "phrase": "phrase"}


def from_game(path):
    out = []
    for line in open(path, encoding="utf-8"):
        entry = json.loads(line)
        kind = next((KINDS[tag] for tag in entry["tags"] if tag in KINDS), None)
        if kind:
            out.append(("game_" + kind, kind, " ".join(re.sub(r'[+"]', " ", entry["query"]).split())))
    return out
