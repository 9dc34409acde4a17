#!/usr/bin/env python3
"""How index time, latency, memory and disk grow, in folders and in Qdrant, and what our layer costs over the bare client.

    cargo build --release -p siren-adapters --example store_bench
    python3 bench/scaling.py --bench target/release/examples/store_bench --qdrant PATH_OF_QDRANT --chunks 10000 100000
    python3 bench/scaling.py ... --chunks 1000000 --stores embedded qdrant-1 --briefly

Qdrant's nodes are started here, on loopback, in a folder that goes away: one node, then three with two copies of each
shard. Everything shares this machine, so three nodes are no faster than one. A line of JSON for each measurement; with
`--briefly` neither a second generation is made nor the bare loop of upserts. `bench/plot.py` draws the lines.
"""

import argparse
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Node:
    """A Qdrant process."""

    def __init__(
        self, program: str, folder: pathlib.Path, clustered: bool, first: "Node | None", more: dict | None = None
    ) -> None:
        self.folder, self.more = folder, more or {}
        folder.mkdir(parents=True)
        self.http, self.grpc, self.peers = free_port(), free_port(), free_port()
        self.program, self.clustered, self.first = program, clustered, first
        self.start()

    def start(self) -> None:
        """Starts it, or starts it again with what it has stored, and waits until it can be asked."""
        settings = {
            "SERVICE__HOST": "127.0.0.1",
            "SERVICE__HTTP_PORT": self.http,
            "SERVICE__GRPC_PORT": self.grpc,
            "STORAGE__STORAGE_PATH": self.folder / "storage",
            "STORAGE__SNAPSHOTS_PATH": self.folder / "snapshots",
            "TELEMETRY_DISABLED": "true",
            "LOG_LEVEL": "WARN",
            "CLUSTER__ENABLED": str(self.clustered).lower(),
            "CLUSTER__P2P__PORT": self.peers,
        } | self.more
        environment = dict(os.environ) | {f"QDRANT__{name}": str(value) for name, value in settings.items()}
        arguments = ["--uri", f"http://127.0.0.1:{self.peers}"] if self.clustered else []
        if self.first:
            arguments += ["--bootstrap", f"http://127.0.0.1:{self.first.peers}"]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [self.program, *arguments], cwd=self.folder, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        for _ in range(600):
            try:
                if DIRECT.open(f"http://127.0.0.1:{self.http}/readyz", timeout=2).status == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"Qdrant did not start: {(self.folder / 'log').read_text(errors='replace')[-2000:]}")

    def collections(self) -> list[str]:
        with DIRECT.open(f"http://127.0.0.1:{self.http}/collections", timeout=10) as answer:
            return [one["name"] for one in json.load(answer)["result"]["collections"]]

    def memory(self) -> float:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def disk(folder: pathlib.Path) -> float:
    used = (entry.stat().st_blocks * 512 for entry in folder.rglob("*") if entry.is_file())
    return sum(used) / 1e6


def measured(bench: str, *arguments: object) -> dict:
    done = subprocess.run([bench, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True)
    parser.add_argument("--qdrant", required=True, type=os.path.abspath)
    parser.add_argument("--chunks", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--stores", nargs="+", default=["embedded", "qdrant-1", "qdrant-3"])
    parser.add_argument("--briefly", action="store_true")
    options = parser.parse_args()
    briefly = ["briefly"] if options.briefly else []
    for chunks in options.chunks:
        for store in options.stores:
            folder = pathlib.Path(tempfile.mkdtemp(prefix="siren-scaling-"))
            try:
                if store == "embedded":
                    told = measured(options.bench, "embedded", folder / "state", chunks, *briefly)
                    told["disk_mb"] = round(disk(folder))
                else:
                    count = int(store.split("-")[1])
                    nodes: list[Node] = []
                    try:
                        for at in range(count):
                            nodes.append(Node(options.qdrant, folder / str(at), count > 1, nodes[0] if nodes else None))
                        urls = ",".join(f"http://127.0.0.1:{node.grpc}" for node in nodes)
                        told = measured(options.bench, "qdrant", urls, chunks, count, min(count, 2), *briefly)
                        told |= {"nodes": count, "nodes_peak_mb": round(sum(node.memory() for node in nodes))}
                        told["disk_mb"] = round(disk(folder))
                    finally:
                        for node in nodes:
                            node.stop()
                print(json.dumps(told), flush=True)
            finally:
                shutil.rmtree(folder)


if __name__ == "__main__":
    main()
