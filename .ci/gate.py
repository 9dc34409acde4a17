#!/usr/bin/env python3
"""Says whether an evaluation is good enough to land.

Usage: gate.py REPORT.json      (what `siren eval run SUITE --json` prints)
"""

import json
import sys

# measure, the least or the most that is accepted
LIMITS = [
    ("R@5", "at least", 0.90),
    ("fact_recall", "at least", 0.81),
    ("abstention", "at least", 0.77),
    ("false_abstention", "at most", 0.11),
]
TOLD = ["nDCG@10", "R@10", "RR@10", "citation_correctness", "answer_chars"]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    overall = report["overall"]
    means = overall["means"]
    print(f"{report['suite']}: {overall['n']} questions, {overall['errors']} errors, "
          f"answers by {', '.join(report['models']) or 'nobody'}")
    failures = []
    if overall["errors"]:
        failures.append(f"{overall['errors']} questions ended in an error")
    if report["models"] and "extractive" not in report["models"]:
        failures.append("the extractive answerer did not answer: unset SIREN_LLM_BASE_URL")
    for name, bound, limit in LIMITS:
        mean = means.get(name)
        if mean is None or not mean["n"]:
            failures.append(f"{name} was not measured")
            continue
        value = mean["mean"]
        good = value >= limit if bound == "at least" else value <= limit
        print(f"  {name:<22} {value:.4f}  {bound} {limit:.2f}  n={mean['n']:<4} {'ok' if good else 'NOT REACHED'}")
        if not good:
            failures.append(f"{name} is {value:.4f}, it must be {bound} {limit:.2f}")
    for name in TOLD:
        if name in means:
            print(f"  {name:<22} {means[name]['mean']:.4f}  n={means[name]['n']}")
    if failures:
        sys.exit("the evaluation gate says no: " + "; ".join(failures))
    print("the evaluation gate says yes")


if __name__ == "__main__":
    main()
