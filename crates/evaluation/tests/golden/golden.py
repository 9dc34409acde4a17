"""Makes qrels.txt, run.txt and expected.json: what trec_eval -c says of a run with every awkwardness.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install pytrec_eval-terrier==0.5.11
    /tmp/venv/bin/python golden.py
"""

import json
import random
import struct
from pathlib import Path

import pytrec_eval

HERE = Path(__file__).parent
NAMES = {
    "nDCG": "ndcg",
    "nDCG@1": "ndcg_cut_1",
    "nDCG@3": "ndcg_cut_3",
    "nDCG@10": "ndcg_cut_10",
    "P@1": "P_1",
    "P@5": "P_5",
    "P@10": "P_10",
    "R@5": "recall_5",
    "R@10": "recall_10",
    "R@100": "recall_100",
    "RR": "recip_rank",
    "AP": "map",
    "AP@5": "map_cut_5",
    "AP@10": "map_cut_10",
    "Success@1": "success_1",
    "Success@5": "success_5",
    "Rprec": "Rprec",
}
ASK = {
    "ndcg", "ndcg_cut.1,3,10", "P.1,5,10", "recall.5,10,100", "recip_rank", "map", "map_cut.5,10", "success.1,5",
    "Rprec",
}
AT_LEVEL_2 = {"RR(rel=2)": "recip_rank", "AP(rel=2)": "map", "P(rel=2)@5": "P_5", "R(rel=2)@10": "recall_10"}
HARD = 8


def single(score):
    return struct.unpack("f", struct.pack("f", score))[0]


def ranking(documents):
    """trec_eval's order: score (single precision), then document id, both descending."""
    return sorted(documents, key=lambda d: (single(documents[d]), d.encode()), reverse=True)


def expected_of(qrels, run):
    """What trec_eval -c says: every judged query, 0 when it was not ranked."""
    per_query = pytrec_eval.RelevanceEvaluator(qrels, ASK).evaluate(run)
    at_two = pytrec_eval.RelevanceEvaluator(
        qrels, {"recip_rank", "map", "P.5", "recall.10"}, relevance_level=2
    ).evaluate(run)
    top = {q: {d: float(-i) for i, d in enumerate(ranking(docs)[:10])} for q, docs in run.items()}
    at_ten = pytrec_eval.RelevanceEvaluator(qrels, {"recip_rank"}).evaluate(top)
    expected = {}
    for query in sorted(qrels):
        values = per_query.get(query, {})
        expected[query] = {name: values.get(theirs, 0.0) for name, theirs in NAMES.items()}
        expected[query] |= {name: at_two.get(query, {}).get(theirs, 0.0) for name, theirs in AT_LEVEL_2.items()}
        expected[query]["RR@10"] = at_ten.get(query, {}).get("recip_rank", 0.0)
    names = [*NAMES, *AT_LEVEL_2, "RR@10"]
    mean = {name: sum(v[name] for v in expected.values()) / len(expected) for name in names}
    rounded = {q: {n: round(v, 6) for n, v in values.items()} for q, values in expected.items()}
    return {"mean": {n: round(v, 6) for n, v in mean.items()}, "per_query": rounded}


def write(folder, qrels, run, golden, chance, end="\n"):
    folder.mkdir(exist_ok=True)
    lines = [f"{q} 0 {d} {r}" for q, docs in qrels.items() for d, r in docs.items()]
    (folder / "qrels.txt").write_bytes((end.join(lines) + end).encode())
    # In no order, with ranks that mean nothing: scores alone decide.
    lines = [f"{q} Q0 {d} 0 {s!r} golden" for q, docs in run.items() for d, s in docs.items()]
    chance.shuffle(lines)
    (folder / "run.txt").write_bytes((end.join(lines) + end).encode())
    rows = [f"  {json.dumps(q)}: {json.dumps(v)}" for q, v in golden["per_query"].items()]
    text = '{"mean": %s,\n"per_query": {\n%s\n}}\n' % (json.dumps(golden["mean"]), ",\n".join(rows))
    (folder / "expected.json").write_text(text)


def hard(seed):
    """A run of its own kind for each seed: how many ties, how deep, how large the labels and scores.

    Larger labels than these make trec_eval ask for memory by their size, and crash.
    """
    chance = random.Random(seed)
    documents = [f"{chance.choice('abAB가힣é_-')}{chance.randrange(10**6)}" for _ in range(120)]
    labels = [[0, 1], [-2, -1, 0, 1, 2], [0, 1, 2, 3], [0, 1, 1000, 40_000]][seed % 4]
    scores = [
        lambda: float(chance.randrange(3)),
        lambda: chance.uniform(-1e30, 1e30),
        lambda: chance.choice([1e-45, 1e-40, 0.0, -0.0, 1.0, 1.0 + 2**-24]),
        lambda: round(chance.random(), 2),
    ][seed // 2 % 4]
    depth = chance.choice([3, 20, 100])
    qrels, run = {}, {}
    for n in range(25):
        judged = chance.sample(documents, chance.randint(1, 40))
        if chance.random() < 0.9:
            qrels[f"q{n}"] = {d: chance.choice(labels) for d in judged}
        if chance.random() < 0.9:
            run[f"q{n}"] = {d: scores() for d in chance.sample(documents, chance.randint(1, depth))}
    write(HERE / f"hard-{seed}", qrels, run, expected_of(qrels, run), chance, "\r\n" if seed % 3 == 0 else "\n")


def main():
    chance = random.Random(20230516)
    documents = [f"d{n}" for n in range(40)] + ["문서-가", "문서-나", "a/b.md", "A/b.md"]
    qrels, run = {}, {}
    for n in range(36):
        query = f"q{n:02}"
        judged = chance.sample(documents, chance.randint(1, 14))
        qrels[query] = {d: chance.choice([-1, 0, 0, 1, 1, 2, 3]) for d in judged}
        found = [d for d in judged if chance.random() < 0.7]
        ranked = sorted({*found, *chance.sample(documents, chance.randint(1, 20))})
        # Few distinct scores: most places are ties. Some differ only beyond single precision.
        run[query] = {d: chance.choice([-1.5, 0.0, 0.25, 1.0, 1.0000000001, 2.5, 7.125, 1e-7]) for d in ranked}
    qrels["q30"] = {"d1": 0, "d2": -1}  # nothing is relevant
    qrels["q31"] = {"d1": -2, "d2": 1}
    run["q31"] = {"d1": 2.0, "d2": 1.0}
    for query in ("q07", "q19", "q33"):  # judged, not ranked
        del run[query]
    for query in ("q05", "q22"):  # ranked, not judged
        del qrels[query]

    write(HERE, qrels, run, expected_of(qrels, run), chance)
    for seed in range(HARD):
        hard(seed)


main()
