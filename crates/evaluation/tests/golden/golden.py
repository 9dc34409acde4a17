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
}
ASK = {
    "ndcg", "ndcg_cut.1,3,10", "P.1,5,10", "recall.5,10,100", "recip_rank", "map", "map_cut.5,10", "success.1,5",
}


def single(score):
    return struct.unpack("f", struct.pack("f", score))[0]


def ranking(documents):
    """trec_eval's order: score (single precision), then document id, both descending."""
    return sorted(documents, key=lambda d: (single(documents[d]), d.encode()), reverse=True)


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

    per_query = pytrec_eval.RelevanceEvaluator(qrels, ASK).evaluate(run)
    top = {q: {d: float(-i) for i, d in enumerate(ranking(docs)[:10])} for q, docs in run.items()}
    at_ten = pytrec_eval.RelevanceEvaluator(qrels, {"recip_rank"}).evaluate(top)
    expected = {}
    for query in sorted(qrels):  # -c: every judged query, 0 when it was not ranked
        values = per_query.get(query, {})
        expected[query] = {name: values.get(theirs, 0.0) for name, theirs in NAMES.items()}
        expected[query]["RR@10"] = at_ten.get(query, {}).get("recip_rank", 0.0)
    names = [*NAMES, "RR@10"]
    mean = {name: sum(v[name] for v in expected.values()) / len(expected) for name in names}
    rounded = {q: {n: round(v, 6) for n, v in values.items()} for q, values in expected.items()}
    golden = {"mean": {n: round(v, 6) for n, v in mean.items()}, "per_query": rounded}

    lines = [f"{q} 0 {d} {r}" for q, docs in qrels.items() for d, r in docs.items()]
    (HERE / "qrels.txt").write_text("\n".join(lines) + "\n")
    # In no order, with ranks that mean nothing: scores alone decide.
    lines = [f"{q} Q0 {d} 0 {s!r} golden" for q, docs in run.items() for d, s in docs.items()]
    chance.shuffle(lines)
    (HERE / "run.txt").write_text("\n".join(lines) + "\n")
    rows = [f"  {json.dumps(q)}: {json.dumps(v)}" for q, v in golden["per_query"].items()]
    text = '{"mean": %s,\n"per_query": {\n%s\n}}\n' % (json.dumps(golden["mean"]), ",\n".join(rows))
    (HERE / "expected.json").write_text(text)


main()
