#!/usr/bin/env python3
"""Draws what `bench/scaling.py` has measured: latency, index time, memory and disk by the number of chunks.

    pip install matplotlib==3.10.7
    python3 bench/scaling.py ... >> docs/scaling.jsonl
    python3 bench/plot.py docs/scaling.jsonl docs/scaling.svg

Of several lines about the same store and size the last one counts.
"""

import json
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "siren"
from matplotlib import pyplot  # noqa: E402

PANELS = [
    ("p50 of a search, ms", lambda told: told["p50_ms"]),
    ("index time, s", lambda told: told["index_s"]),
    ("peak memory of who keeps the index, MB", lambda told: told.get("nodes_peak_mb", told["peak_mb"])),
    ("disk, MB", lambda told: told["disk_mb"]),
]
STORES = {"embedded": "folders", 1: "Qdrant, one node", 3: "Qdrant, three nodes, two copies"}


def main() -> None:
    lines = [json.loads(line) for line in pathlib.Path(sys.argv[1]).read_text().splitlines()]
    measured = {(told.get("nodes", told["store"]), told["chunks"]): told for told in lines}
    figure, panels = pyplot.subplots(2, 2, figsize=(10, 7))
    for panel, (title, value) in zip(panels.flat, PANELS):
        for store, name in STORES.items():
            sizes = sorted(size for of, size in measured if of == store)
            panel.loglog(sizes, [value(measured[store, size]) for size in sizes], marker="o", label=name)
        panel.set_title(title, fontsize=10)
        panel.set_xlabel("chunks", fontsize=8)
        panel.grid(True, which="major", alpha=0.3)
    panels.flat[0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(sys.argv[2], metadata={"Date": None})


if __name__ == "__main__":
    main()
