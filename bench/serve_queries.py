"""Distinct queries for load on a server, made from an index's own words.

    serve_queries.py AQ INDEX [COUNT [SEED]] > FILE

One to four words (25, 40, 25, 10 in a hundred), each of the 10,000 commonest by a rank
that is log-uniform from 20 on: stop words now and then, rare words often.
"""

import json
import math
import random
import subprocess
import sys

aq, index = sys.argv[1:3]
count = int(sys.argv[3]) if len(sys.argv) > 3 else 20000
rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
out = subprocess.run([aq, "terms", "--no-config", "--json", "-n", "10000", "-i", index, ""], stdout=subprocess.PIPE, check=True)
words = [json.loads(line)["word"] for line in out.stdout.splitlines()]
made = {}
while len(made) < count:
    length = rng.choices([1, 2, 3, 4], [25, 40, 25, 10])[0]
    if length == 1 and sum(" " not in q for q in made) > 2000:
        length = 2
    ranks = [int(math.exp(rng.uniform(math.log(20), math.log(len(words))))) - 1 for _ in range(length)]
    made[" ".join(words[r] for r in ranks)] = None
print("\n".join(made))
