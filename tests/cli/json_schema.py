"""Checks lines of JSON on standard input against a JSON Schema (draft 2020-12).

    json_schema.py SCHEMA < LINES

Knows the keywords that docs/aq-json.schema.json uses and refuses others. Beyond the
schema, which lets readers meet new keys, it wants every key described and in the order
of the description: what is printed and what is documented are to be the same.
"""

import json
import re
import sys

REMARKS = {"$schema", "$defs", "title", "description"}
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


def is_type(value, name):
    if isinstance(value, bool) and name != "boolean":
        return False
    return isinstance(value, TYPES[name])


def same(a, b):
    return type(a) is type(b) and a == b


class Schema:
    def __init__(self, root):
        self.root = root

    def faults(self, value, schema=None, at="$"):
        """What is wrong with the value, as a list of sentences."""
        schema = self.root if schema is None else schema
        found = []
        for keyword, rule in schema.items():
            if keyword in REMARKS:
                continue
            check = getattr(self, "check_" + keyword.strip("$"), None)
            if check is None:
                raise SystemExit(f"{at}: the schema says {keyword}, which is not known here")
            found += check(value, rule, schema, at)
        return found

    def check_ref(self, value, rule, schema, at):
        target = self.root
        for part in rule.removeprefix("#/").split("/"):
            target = target[part]
        return self.faults(value, target, at)

    def check_oneOf(self, value, rule, schema, at):
        results = [self.faults(value, branch, at) for branch in rule]
        fitting = sum(not result for result in results)
        if fitting == 1:
            return []
        if fitting:
            return [f"{at}: {fitting} of oneOf fit"]
        return min(results, key=len)  # of what was meant, most is right

    def check_type(self, value, rule, schema, at):
        names = [rule] if isinstance(rule, str) else rule
        return [] if any(is_type(value, name) for name in names) else [f"{at}: {value!r} is not {rule}"]

    def check_const(self, value, rule, schema, at):
        return [] if same(value, rule) else [f"{at}: {value!r} is not {rule!r}"]

    def check_enum(self, value, rule, schema, at):
        return [] if any(same(value, one) for one in rule) else [f"{at}: {value!r} is not of {rule}"]

    def check_minimum(self, value, rule, schema, at):
        return [f"{at}: {value} is below {rule}"] if is_type(value, "number") and value < rule else []

    def check_minLength(self, value, rule, schema, at):
        return [f"{at}: shorter than {rule}"] if isinstance(value, str) and len(value) < rule else []

    def check_pattern(self, value, rule, schema, at):
        fits = not isinstance(value, str) or re.search(rule, value)
        return [] if fits else [f"{at}: {value!r} does not match {rule}"]

    def check_items(self, value, rule, schema, at):
        if not isinstance(value, list):
            return []
        return [fault for i, item in enumerate(value) for fault in self.faults(item, rule, f"{at}[{i}]")]

    def check_minItems(self, value, rule, schema, at):
        return [f"{at}: fewer than {rule} items"] if isinstance(value, list) and len(value) < rule else []

    def check_maxItems(self, value, rule, schema, at):
        return [f"{at}: more than {rule} items"] if isinstance(value, list) and len(value) > rule else []

    def check_required(self, value, rule, schema, at):
        if not isinstance(value, dict):
            return []
        return [f"{at}: no {key}" for key in rule if key not in value]

    def check_properties(self, value, rule, schema, at):
        if not isinstance(value, dict):
            return []
        found = [f"{at}: {key} is not described" for key in value if key not in rule]
        known = [key for key in value if key in rule]
        if known != [key for key in rule if key in value]:
            found.append(f"{at}: keys are in another order than described")
        for key in known:
            found += self.faults(value[key], rule[key], f"{at}.{key}")
        return found


def no_twins(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key comes twice")
    return dict(pairs)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = Schema(json.load(file, object_pairs_hook=no_twins))
    count = faulty = 0
    for number, line in enumerate(sys.stdin.buffer, 1):
        count += 1
        try:
            faults = schema.faults(json.loads(line.decode("utf-8"), object_pairs_hook=no_twins))
        except ValueError as error:
            faults = [str(error)]
        for fault in faults:
            print(f"line {number}: {fault}")
        faulty += bool(faults)
    if not count:
        print("no lines")
    return 1 if faulty or not count else 0


if __name__ == "__main__":
    sys.exit(main())
