#!/usr/bin/env python3
"""The same ranking in folders as in Qdrant, on BEIR sets: `siren eval beir` over both stores, one after the other.

    cargo build --release --workspace --bin siren
    python3 bench/parity.py --siren target/release/siren --qdrant PATH_OF_QDRANT [--assets FOLDER] [--nodes 3] SET...

Without `--assets` passages are compared by their words alone, with it by their vectors too; Qdrant then looks at every
vector (`exact`), as folders do with so few. A line of JSON for each set; it fails where nDCG@10 differs by more than .002.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from scaling import Node

MOST = 0.002


def settings(nodes: list[Node]) -> str:
    if not nodes:
        return ""
    urls = ", ".join(f"http://127.0.0.1:{node.grpc}" for node in nodes)
    spread = f"shards = {len(nodes)}\nreplicas = {min(len(nodes), 2)}\n"
    return f'[store]\nkind = "qdrant"\nurl = "{urls}"\nexact = true\ntimeout_s = 60\n{spread}'


def scored(options: argparse.Namespace, place: pathlib.Path, folder: str) -> dict:
    command = [options.siren, "--quiet", "eval", "beir", os.path.abspath(folder), "--json"]
    environment = dict(os.environ)
    environment.pop("SIREN_ASSETS", None)
    if options.assets:
        environment["SIREN_ASSETS"] = options.assets
    done = subprocess.run(command, cwd=place, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--siren", required=True, type=os.path.abspath)
    parser.add_argument("--qdrant", required=True, type=os.path.abspath)
    parser.add_argument("--assets", type=os.path.abspath)
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("sets", nargs="+", metavar="SET")
    options = parser.parse_args()
    base = pathlib.Path(tempfile.mkdtemp(prefix="siren-parity-"))
    nodes: list[Node] = []
    differ = []
    try:
        for at in range(options.nodes):
            clustered = options.nodes > 1
            nodes.append(Node(options.qdrant, base / f"node-{at}", clustered, nodes[0] if nodes else None))
        for folder in options.sets:
            told = {}
            for store, of in [("folders", []), ("qdrant", nodes)]:
                place = base / f"{store}-{pathlib.Path(folder).name}"
                place.mkdir()
                (place / "siren.toml").write_text(settings(of))
                told[store] = scored(options, place, folder)
            one, two = (told[store]["measures"] for store in ("folders", "qdrant"))
            line = {"set": pathlib.Path(folder).name, "nodes": options.nodes, "vectors": bool(options.assets)}
            print(json.dumps(line | {"folders": one, "qdrant": two}), flush=True)
            if abs(one["nDCG@10"] - two["nDCG@10"]) > MOST:
                differ.append(folder)
    finally:
        for node in nodes:
            node.stop()
        shutil.rmtree(base)
    if differ:
        sys.exit(f"the two stores rank differently: {', '.join(differ)}")


if __name__ == "__main__":
    main()
