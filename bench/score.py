"""`siren eval score` beside pytrec_eval driven from Python, on the same files in one run.

    python3 -m venv .venv && .venv/bin/pip install pytrec_eval-terrier==0.5.11
    .venv/bin/python bench/score.py --siren target/release/siren [--queries 100000] [--hits 100] [--repeat 5]

Both are whole processes, from their start to the JSON of the means on stdout, one after the other; what is told is the
quickest of `--repeat` times for each, by the clock and on the processor (all threads). The other one is this file with
`--theirs`: `parse_qrel` and `parse_run` over the open files into dicts, `RelevanceEvaluator`, `evaluate` and the means, as
pytrec_eval's README drives it. It also tells what evaluation alone took, the dicts being there; Siren is not spared its
reading in that row.

The figures must be equal to four decimals.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MEASURES = {"nDCG@10": "ndcg_cut_10", "AP": "map", "RR": "recip_rank", "R@100": "recall_100", "P@5": "P_5"}


def write(folder, queries, hits, permuted):
    chance = random.Random(1)
    with open(folder / "qrels.txt", "w") as qrels, open(folder / "run.txt", "w") as run:
        for query in range(queries):
            documents = chance.sample(range(1_000_000), hits)
            judged = chance.sample(documents, min(5, hits)) + chance.sample(range(1_000_000, 1_100_000), 5)
            qrels.writelines(f"q{query} 0 d{d} {chance.randrange(3)}\n" for d in judged)
            lines = [
                f"q{query} Q0 d{d} {rank} {hits - rank + chance.random():.6f} bench\n"
                for rank, d in enumerate(documents, 1)
            ]
            if permuted:
                chance.shuffle(lines)
            run.writelines(lines)


def processor():
    """Seconds of processor time, of this process and of those it has started."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(of.ru_utime + of.ru_stime for of in spent)


def timed(act):
    """What it gives, and how long it takes: by the clock, and on the processor, which other work does not lengthen."""
    began, spent = time.perf_counter(), processor()
    result = act()
    return result, (time.perf_counter() - began, processor() - spent)


def quickest(times):
    return tuple(min(of) for of in zip(*times))


def theirs(folder):
    """What a script with pytrec_eval does."""
    import pytrec_eval

    with open(folder / "qrels.txt") as qrels, open(folder / "run.txt") as run:
        judged, ranked = pytrec_eval.parse_qrel(qrels), pytrec_eval.parse_run(run)

    def evaluate():
        values = pytrec_eval.RelevanceEvaluator(judged, set(MEASURES.values())).evaluate(ranked)
        return {name: sum(v[theirs] for v in values.values()) / len(judged) for name, theirs in MEASURES.items()}

    measures, times = timed(evaluate)
    print(json.dumps({"measures": measures, "evaluation": times}))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--siren", type=os.path.abspath)
    arguments.add_argument("--queries", type=int, default=100_000)
    arguments.add_argument("--hits", type=int, default=100)
    arguments.add_argument("--repeat", type=int, default=5)
    arguments.add_argument("--permuted", action="store_true", help="the lines of each query in no order")
    arguments.add_argument("--theirs", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    arguments = arguments.parse_args()
    if arguments.theirs:
        return theirs(arguments.theirs)
    ours, others, evaluations = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        write(folder, arguments.queries, arguments.hits, arguments.permuted)
        siren = [arguments.siren, "eval", "score", folder / "qrels.txt", folder / "run.txt"]
        siren += ["--measures", ",".join(MEASURES), "--json"]
        other = [sys.executable, __file__, "--theirs", folder]

        def told(command):
            return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

        for _ in range(arguments.repeat):
            mine, times = timed(lambda: told(siren))
            ours.append(times)
            their, times = timed(lambda: told(other))
            others.append(times)
            evaluations.append(their["evaluation"])
            for name, value in their["measures"].items():
                assert abs(value - mine["measures"][name]) < 5e-5, (name, value, mine["measures"][name])
    print(f"{arguments.queries} queries x {arguments.hits} hits, {len(MEASURES)} measures equal to four decimals")
    for what, of in [("whole process", others), ("evaluation alone", evaluations)]:
        for clock, a, b in zip(("clock", "processor"), quickest(ours), quickest(of)):
            print(f"{what:<17} {clock:<10} siren {a:7.2f} s   pytrec_eval {b:7.2f} s   {b / a:6.1f} times")


main()
