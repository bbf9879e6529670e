"""Checks a running server against the description it gives of itself.

    openapi.py URL

Every path is asked for with every parameter it declares, one at a time, at the ends of its
range and with each of its choices; all must be accepted and the answers be as their schema
says. Values outside, and parameters that are not declared, must be refused with an error
that names them. Speaks TAP.
"""

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from json_schema import Schema  # noqa: E402

FORMS = {  # of text, where not any will do
    "after": ["2019", "2019-05-31T18:00Z"],
    "before": ["2031-05"],
    "facets": ["author,year:3", "thread,tag,month,day"],
    "prefer": ["points", "recent"],
}
BAD = {"after": "then", "before": "2019-13", "facets": "mood", "prefer": "cheap"}


class Tap:
    count = failed = 0

    def ok(self, fine, name, *notes):
        self.count += 1
        self.failed += not fine
        print(f"{'ok' if fine else 'not ok'} {self.count} - {name}")
        if not fine:
            for note in notes:
                print(f"# {note}"[:600])


def ask(url):
    try:
        with urllib.request.urlopen(url, timeout=20) as r:
            return r.status, r.headers.get("Content-Type"), r.read()
    except urllib.error.HTTPError as e:
        return e.code, e.headers.get("Content-Type"), e.read()


def values(param):
    schema = param["schema"]
    schema = schema.get("items", schema)
    if param["name"] in FORMS:
        return FORMS[param["name"]]
    if schema["type"] == "boolean":
        return ["true", "false"]
    if schema["type"] == "integer":
        return [str(schema["minimum"]), str(schema["maximum"])]
    return schema.get("enum", ["persona"])


def refused(param):
    schema = param["schema"]
    schema = schema.get("items", schema)
    if param["name"] in BAD:
        return [BAD[param["name"]]]
    if schema["type"] == "boolean":
        return ["perhaps"]
    if schema["type"] == "integer":
        low = [str(schema["minimum"] - 1)] if schema["minimum"] > 0 else ["-1"]
        return low + [str(schema["maximum"] + 1), "x", "1e3", "99999999999999999999999"]
    return ["nothing of the kind"] if "enum" in schema else []


def main():
    base = sys.argv[1].rstrip("/")
    tap = Tap()
    status, _, body = ask(base + "/openapi.json")
    api = json.loads(body)
    tap.ok(status == 200 and api["openapi"].startswith("3.1"), "there is a description")
    schema = Schema(api)
    hit = json.loads(ask(base + "/search?q=persona")[2])["hits"][0]

    for path, methods in api["paths"].items():
        operation = methods["get"]
        answer = operation["responses"]["200"]["content"]
        (media, content), = answer.items()
        params = [p for p in operation["parameters"] if p["in"] == "query"]
        url = base + path.replace("{id}", urllib.parse.quote(hit["id"]))
        has_q = any(p["name"] == "q" for p in params)

        def check(query, name):
            status, type_, body = ask(url + ("?" + query if query else ""))
            tap.ok(status == 200 and type_ == media, f"{path}: {name}", status, type_, body[:300])
            if status == 200 and media == "application/json":
                faults = schema.faults(json.loads(body), content["schema"])
                tap.ok(not faults, f"{path}: {name}: as its schema says", *faults)

        q = urllib.parse.urlencode({"q": "persona superintelligence"}) if has_q else ""
        check(q, "alone")
        for param in params:
            for value in values(param):
                pair = urllib.parse.urlencode({param["name"]: value})
                check(pair if param["name"] == "q" else "&".join(filter(None, [q, pair])), pair)
            for value in refused(param) if path != "/" else []:
                pair = urllib.parse.urlencode({param["name"]: value})
                status, _, body = ask(url + "?" + "&".join(filter(None, [q, pair])))
                fine = status == 400 and param["name"] in json.loads(body)["error"]["message"]
                tap.ok(fine, f"{path}: {pair} is refused by name", status, body[:300])
                faults = schema.faults(json.loads(body), {"$ref": "#/components/schemas/Error"})
                tap.ok(not faults, f"{path}: {pair}: an error as described", *faults)
        if path != "/":
            status, _, body = ask(url + "?" + "&".join(filter(None, [q, "undeclared=1"])))
            tap.ok(status == 400 and b"undeclared" in body, f"{path}: what is not declared is refused", status, body)
    print(f"1..{tap.count}")
    sys.exit(tap.failed > 0)


main()
