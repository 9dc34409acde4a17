"""`siren eval score` beside pytrec_eval driven from Python, on the same files in one run.

    python3 -m venv .venv && .venv/bin/pip install pytrec_eval-terrier==0.5.11
    .venv/bin/python bench/score.py --siren target/release/siren [--queries 100000] [--hits 100]

Tells both with and without reading. In Python, reading and evaluating are timed apart; of siren, a second run over the
judgements of one query tells what reading the run takes, and the rest is scoring. The figures must be equal to four
decimals.
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


def write(folder, queries, hits):
    chance = random.Random(1)
    with open(folder / "qrels.txt", "w") as qrels, open(folder / "run.txt", "w") as run:
        for query in range(queries):
            documents = chance.sample(range(1_000_000), hits)
            judged = chance.sample(documents, min(5, hits)) + chance.sample(range(1_000_000, 1_100_000), 5)
            qrels.writelines(f"q{query} 0 d{d} {chance.randrange(3)}\n" for d in judged)
            run.writelines(
                f"q{query} Q0 d{d} {rank} {hits - rank + chance.random():.6f} bench\n"
                for rank, d in enumerate(documents, 1)
            )
    (folder / "one.txt").write_text("q0 0 d0 1\n")


def processor():
    """Seconds of processor time, of this process and of those it has started."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(of.ru_utime + of.ru_stime for of in spent)


def timed(act):
    """What it gives, and how long it takes: by the clock, and on the processor, which other work does not lengthen."""
    began, spent = time.perf_counter(), processor()
    result = act()
    return result, (time.perf_counter() - began, processor() - spent)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--siren", required=True)
    arguments.add_argument("--queries", type=int, default=100_000)
    arguments.add_argument("--hits", type=int, default=100)
    arguments = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        write(folder, arguments.queries, arguments.hits)

        def siren(qrels):
            command = [arguments.siren, "eval", "score", str(folder / qrels), str(folder / "run.txt")]
            command += ["--measures", ",".join(MEASURES), "--json"]
            return json.loads(subprocess.run(command, check=True, capture_output=True, cwd=folder).stdout)

        (ours, all_in), (_, reading) = timed(lambda: siren("qrels.txt")), timed(lambda: siren("one.txt"))
        with open(folder / "qrels.txt") as qrels, open(folder / "run.txt") as run:
            (judged, ranked), theirs_reading = timed(
                lambda: (pytrec_eval.parse_qrel(qrels), pytrec_eval.parse_run(run))
            )

        def evaluate():
            evaluator = pytrec_eval.RelevanceEvaluator(judged, set(MEASURES.values()))
            values = evaluator.evaluate(ranked)
            return {name: sum(v[theirs] for v in values.values()) / len(judged) for name, theirs in MEASURES.items()}

        theirs, theirs_scoring = timed(evaluate)
    for name, value in theirs.items():
        assert abs(value - ours["measures"][name]) < 5e-5, (name, value, ours["measures"][name])
    both = tuple(map(sum, zip(theirs_reading, theirs_scoring)))
    scoring = tuple(max(a - b, 1e-3) for a, b in zip(all_in, reading))
    rows = [
        ("reading and scoring", all_in, both),
        ("reading the run", reading, theirs_reading),
        ("scoring", scoring, theirs_scoring),
    ]
    print(f"{arguments.queries} queries x {arguments.hits} hits, {len(MEASURES)} measures equal to four decimals")
    for what, mine, other in rows:
        for clock, a, b in zip(("clock", "processor"), mine, other):
            print(f"{what:<20} {clock:<10} siren {a:8.2f} s   pytrec_eval {b:8.2f} s   {b / a:6.1f} times")


main()
