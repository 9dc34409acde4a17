"""`siren eval score` beside pytrec_eval driven from Python, on the same files in one run.

    python3 -m venv .venv && .venv/bin/pip install pytrec_eval-terrier==0.5.11
    .venv/bin/python bench/score.py --siren target/release/siren [--queries 100000] [--hits 100] [--repeat 3]

What is timed, the quickest of `--repeat` times for each, by the clock and on the processor (all threads):

- siren: the whole process, from its start to its JSON on stdout: it reads both files, checks every line, scores, prints.
- pytrec_eval, with reading: `parse_qrel` and `parse_run` over the open files into dicts, `RelevanceEvaluator`, `evaluate`, and
  the means, as its README drives it. Neither the interpreter's start nor the import is counted.
- pytrec_eval, without reading: `RelevanceEvaluator`, `evaluate` and the means alone, the dicts being there already. Siren is not
  spared its own reading in that row: it never has the run in memory.

The figures must be equal to four decimals.
"""

import argparse
import json
import random
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import pytrec_eval

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


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--siren", required=True)
    arguments.add_argument("--queries", type=int, default=100_000)
    arguments.add_argument("--hits", type=int, default=100)
    arguments.add_argument("--repeat", type=int, default=1)
    arguments.add_argument("--permuted", action="store_true", help="the lines of each query in no order")
    arguments = arguments.parse_args()
    ours, reading, scoring = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        write(folder, arguments.queries, arguments.hits, arguments.permuted)
        command = [arguments.siren, "eval", "score", str(folder / "qrels.txt"), str(folder / "run.txt")]
        command += ["--measures", ",".join(MEASURES), "--json"]

        def siren():
            return json.loads(subprocess.run(command, check=True, capture_output=True, cwd=folder).stdout)

        def read():
            with open(folder / "qrels.txt") as qrels, open(folder / "run.txt") as run:
                return pytrec_eval.parse_qrel(qrels), pytrec_eval.parse_run(run)

        def evaluate(judged, ranked):
            values = pytrec_eval.RelevanceEvaluator(judged, set(MEASURES.values())).evaluate(ranked)
            return {name: sum(v[theirs] for v in values.values()) / len(judged) for name, theirs in MEASURES.items()}

        for _ in range(arguments.repeat):
            told, times = timed(siren)
            ours.append(times)
            (judged, ranked), times = timed(read)
            reading.append(times)
            means, times = timed(lambda: evaluate(judged, ranked))
            scoring.append(times)
            for name, value in means.items():
                assert abs(value - told["measures"][name]) < 5e-5, (name, value, told["measures"][name])
            del judged, ranked
    siren_all, theirs = quickest(ours), quickest(scoring)
    both = tuple(map(sum, zip(quickest(reading), theirs)))
    print(f"{arguments.queries} queries x {arguments.hits} hits, {len(MEASURES)} measures equal to four decimals")
    for what, other in [("with reading", both), ("without reading", theirs)]:
        for clock, a, b in zip(("clock", "processor"), siren_all, other):
            print(f"{what:<16} {clock:<10} siren {a:7.2f} s   pytrec_eval {b:7.2f} s   {b / a:6.1f} times")


main()
