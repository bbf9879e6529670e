"""Do guessed parents agree with what replies say of whom they answer?

    parents.py CORPUS.jsonl PAIRS      (of bench/parents INDEX pairs)

A mail's first attribution line ("On ... NAME wrote:") names whom it answers. It is right that
the author of the guessed parent is named there; that tells nothing about which of his mails
it is, so the mail is compared with the latest one by that author, before the reply, in the
thread as well.
"""

import collections
import json
import re
import sys

ATTRIBUTION = re.compile(r"^(?!>)(.{3,200}?)\b(?:wrote|writes|said|schrieb|a \u00e9crit)\s*:\s*$", re.M | re.S)


def words(name):
    return {w for w in re.findall(r"\w+", name.lower()) if len(w) > 2}


def main():
    mails, threads = {}, collections.defaultdict(list)
    for line in open(sys.argv[1], encoding="utf-8"):
        mail = json.loads(line)
        mails[str(mail["id"])] = mail
        threads[mail["thread"]].append(mail)
    guesses = dict(line.rstrip("\n").split("\t") for line in open(sys.argv[2], encoding="utf-8"))
    named = right = latest = answerable = 0
    for id_, mail in mails.items():
        found = ATTRIBUTION.search(mail["text"])
        line = words(found.group(1).splitlines()[-1] + " ".join(found.group(1).splitlines()[-2:-1])) if found else set()
        before = [m for m in threads[mail["thread"]] if m["date"] < mail["date"] and words(m.get("author") or "") & line]
        answerable += bool(before)
        if not before or id_ not in guesses:
            continue
        guess = mails[guesses[id_]]
        named += 1
        right += bool(words(guess.get("author") or "") & line)
        latest += max(before, key=lambda m: m["date"]) is guess
    print(f"{len(mails)} mails, {len(guesses)} guesses; {answerable} name somebody who wrote before in the thread, "
          f"{named} of these have a guess: author right {right / named:.4f}, his latest mail {latest / named:.4f}; "
          f"recall {named / answerable:.4f}")


main()
