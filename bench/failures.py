#!/usr/bin/env python3
"""Tries failures of a scaled-out Siren for real: what a person sees, what is lost, how long until it is well.

    cargo build --workspace --bin siren --test quick_start
    python3 bench/failures.py --siren target/debug/siren --qdrant PATH_OF_QDRANT [--only killed stopped ...]

Three Qdrant nodes (three shards, two copies) and two replicas of Siren, all on loopback, in a folder that goes away. The
cases `disk` (a small tmpfs) and `network` (two network namespaces) need root. A line of JSON for each case.
"""

import argparse
import concurrent.futures
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from scaling import Node, free_port

QUESTION = "창고 비밀번호는 무엇인가요?"


class Siren:
    """A replica."""

    def __init__(self, program: str, place: pathlib.Path, wrapped: tuple = (), host: str = "127.0.0.1") -> None:
        self.host, self.port, self.wrapped = host, free_port(), wrapped
        self.process = subprocess.Popen(
            [*wrapped, program, "serve", "--listen", f"{host}:{self.port}"],
            cwd=place, stdout=subprocess.DEVNULL, stderr=open(place / f"siren-{self.port}.log", "wb"),
        )

    def ask(self, stream: bool = False) -> tuple[int, str, dict]:
        body = json.dumps({"model": "siren", "stream": stream, "messages": [{"role": "user", "content": QUESTION}]})
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), dict(answer.headers)
        finally:
            connection.close()

    def is_well(self) -> bool:
        try:
            status, text, _ = self.ask()
            return status == 200 and "4821" in text
        except (OSError, http.client.HTTPException):
            return False

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def until(well, seconds: float = 300) -> float:
    """Seconds until it is so."""
    began = time.monotonic()
    while not well():
        if time.monotonic() - began > seconds:
            raise SystemExit(f"not well after {seconds} s")
        time.sleep(0.05)
    return round(time.monotonic() - began, 2)


class Load:
    """Askers who never rest."""

    def __init__(self, replicas: list[Siren], askers: int = 4) -> None:
        self.over, self.times, self.failed = threading.Event(), [], []
        self.pool = concurrent.futures.ThreadPoolExecutor(askers)
        self.asking = [self.pool.submit(self.run, replicas[at % len(replicas)]) for at in range(askers)]

    def run(self, siren: Siren) -> None:
        while not self.over.is_set():
            began = time.monotonic()
            try:
                status, text, _ = siren.ask()
                right = status == 200 and "4821" in text
            except (OSError, http.client.HTTPException) as error:
                status, right = repr(error), False
            self.times.append(time.monotonic() - began)
            if not right:
                self.failed.append(status)

    def end(self) -> dict:
        self.over.set()
        concurrent.futures.wait(self.asking)
        times = sorted(self.times)
        return {
            "answers": len(times), "failed": len(self.failed),
            "p50_ms": round(times[len(times) // 2] * 1000), "slowest_ms": round(times[-1] * 1000),
        }


# A collection's log is made in full when the collection is: small ones leave a small disk to what is written.
SMALL_LOGS = {"STORAGE__WAL__WAL_CAPACITY_MB": 1, "STORAGE__WAL__WAL_SEGMENTS_AHEAD": 0}


class World:
    """Nodes, replicas and a place with notes."""

    def __init__(self, options: argparse.Namespace, folders: list[pathlib.Path] | None = None) -> None:
        self.options = options
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="siren-failures-"))
        self.nodes: list[Node] = []
        for at in range(3):
            folder = folders[at] if folders and folders[at] else self.base / f"node-{at}"
            self.nodes.append(Node(options.qdrant, folder, True, self.nodes[0] if at else None, SMALL_LOGS))
        urls = ", ".join(f"http://127.0.0.1:{node.grpc}" for node in self.nodes)
        self.place = self.base / "place"
        self.write_notes(300)
        (self.place / "siren.toml").write_text(
            '[[source]]\nkind = "folder"\npath = "notes"\n[store]\nkind = "qdrant"\n'
            f'url = "{urls}"\nshards = 3\nreplicas = 2\ntimeout_s = 2\nconnect_timeout_s = 1\npatience_s = 30\n'
        )
        self.siren("reindex")
        self.replicas = [Siren(options.siren, self.place) for _ in range(2)]
        for replica in self.replicas:
            until(replica.is_well)

    def write_notes(self, count: int, padding: int = 1) -> None:
        (self.place / "notes").mkdir(parents=True, exist_ok=True)
        (self.place / "notes/store.md").write_text("# 창고\n\n창고 비밀번호는 4821번이다.\n")
        for at in range(count):
            text = f"# 회의 {at}\n\n회의실 {at}호에서 모인다. " + f"안건 {at * 7}번을 본다. " * padding
            (self.place / f"notes/{at}.md").write_text(text)

    def siren(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        command = [self.options.siren, "--quiet", *arguments]
        done = subprocess.run(command, cwd=self.place, capture_output=True, text=True)
        if check and done.returncode != 0:
            raise SystemExit(f"siren {' '.join(arguments)}: exit {done.returncode}: {done.stderr}")
        return done

    def generations(self) -> list[dict]:
        return json.loads(self.siren("index", "list", "--json").stdout)["generations"]

    def end(self) -> None:
        for one in [*self.replicas, *self.nodes]:
            one.stop()
        shutil.rmtree(self.base, ignore_errors=True)


def killed(world: World) -> dict:
    """A node is killed under query load, then comes back."""
    load = Load(world.replicas)
    for at in range(3):
        time.sleep(2)
        world.nodes[at].stop()
        time.sleep(3)
        world.nodes[at].start()
        time.sleep(5)
    return load.end() | {"lost": "nothing"}


def reindexing(world: World) -> dict:
    """A node is killed while a generation is written."""
    world.write_notes(3000)
    run = subprocess.Popen([world.options.siren, "--quiet", "reindex", "--full"], cwd=world.place)
    until(lambda: any("siren-2-" in name for name in world.nodes[0].collections()) or run.poll() is not None)
    world.nodes[2].stop()
    began = time.monotonic()
    code = run.wait()
    after = round(time.monotonic() - began, 1)
    world.nodes[2].start()
    return {"exit": code, "done_after_s": after, "generations": [(g["number"], g["documents"]) for g in world.generations()]}


def most(world: World) -> dict:
    """Two of three nodes are gone."""
    world.nodes[0].stop()
    world.nodes[1].stop()
    began = time.monotonic()
    status, text, headers = world.replicas[0].ask()
    told_after = round(time.monotonic() - began, 2)
    retry = {name.lower(): value for name, value in headers.items()}.get("retry-after")
    world.nodes[0].start()
    world.nodes[1].start()
    return {"status": status, "retry_after": retry, "told_after_s": told_after, "told": text[:200],
            "well_after_s": until(world.replicas[0].is_well)}


def stopped(world: World) -> dict:
    """A node stands still (SIGSTOP), then goes on."""
    load = Load(world.replicas)
    time.sleep(2)
    world.nodes[0].process.send_signal(signal.SIGSTOP)
    time.sleep(15)
    world.nodes[0].process.send_signal(signal.SIGCONT)
    time.sleep(3)
    return load.end()


def pointer(world: World) -> dict:
    """The index is made anew, promoted, rolled back and pruned under load."""
    load = Load(world.replicas)
    for _ in range(5):
        world.siren("reindex", "--full")
        world.siren("index", "rollback")
        world.siren("index", "prune", "--keep", "2")
    return load.end() | {"runs": 5}


def replica(world: World) -> dict:
    """A replica of Siren is killed while it answers; the other one goes on."""
    one, two = world.replicas
    broken = []

    def ask() -> None:
        try:
            one.ask(stream=True)
        except (OSError, http.client.HTTPException) as error:
            broken.append(type(error).__name__)

    askers = [threading.Thread(target=ask) for _ in range(8)]
    for asker in askers:
        asker.start()
    time.sleep(0.02)
    one.stop()
    for asker in askers:
        asker.join()
    return {"broken_streams": broken, "other_is_well": two.is_well(), "lost": "the answers under way"}


def disk(world: World) -> dict:
    """A node's disk is full: its folder is a tmpfs of 40 MB."""
    world.write_notes(6000, padding=40)
    run = world.siren("reindex", "--full", check=False)
    served = [replica.is_well() for replica in world.replicas]
    return {"exit": run.returncode, "told": run.stderr.strip()[-300:], "served": served,
            "generations": [(g["number"], g["live"]) for g in world.generations()]}


def clocks(world: World) -> dict:
    """Two writers whose clocks differ by a day: the right to write knows no clock."""
    fake = shutil.which("faketime")
    if not fake:
        return {"skipped": "faketime is not installed"}
    first = subprocess.Popen([fake, "-f", "+1d", world.options.siren, "reindex", "--full"], cwd=world.place,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    second = subprocess.run([world.options.siren, "reindex", "--full"], cwd=world.place, capture_output=True, text=True)
    told = first.communicate()[1]
    return {"exits": [first.returncode, second.returncode], "told": [told.strip()[-120:], second.stderr.strip()[-120:]],
            "well": world.replicas[0].is_well()}


def network(options: argparse.Namespace) -> dict:
    """The network between a replica and the store is cut, then mended: two namespaces and a cable between."""
    names = [f"siren-{os.getpid()}-{side}" for side in ("store", "replica")]
    run = lambda *command: subprocess.run(command, check=True, capture_output=True)  # noqa: E731
    base = pathlib.Path(tempfile.mkdtemp(prefix="siren-network-"))
    processes = []
    try:
        for name in names:
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "link", "add", "cable0", "netns", names[0], "type", "veth", "peer", "name", "cable1", "netns", names[1])
        for name, link, address in [(names[0], "cable0", "10.213.0.1/24"), (names[1], "cable1", "10.213.0.2/24")]:
            run("ip", "-n", name, "addr", "add", address, "dev", link)
            run("ip", "-n", name, "link", "set", link, "up")
        settings = {"SERVICE__HOST": "10.213.0.1", "SERVICE__HTTP_PORT": "6333", "SERVICE__GRPC_PORT": "6334",
                    "STORAGE__STORAGE_PATH": str(base / "storage"), "TELEMETRY_DISABLED": "true"}
        environment = dict(os.environ) | {f"QDRANT__{name}": value for name, value in settings.items()}
        processes.append(subprocess.Popen(["ip", "netns", "exec", names[0], options.qdrant], cwd=base, env=environment,
                                          stdout=open(base / "log", "wb"), stderr=subprocess.STDOUT))
        (base / "notes").mkdir()
        (base / "notes/store.md").write_text("# 창고\n\n창고 비밀번호는 4821번이다.\n")
        (base / "siren.toml").write_text(
            '[[source]]\nkind = "folder"\npath = "notes"\n[store]\nkind = "qdrant"\nurl = "http://10.213.0.1:6334"\n'
            "timeout_s = 2\nconnect_timeout_s = 1\npatience_s = 10\n")
        inside = ("ip", "netns", "exec", names[1])
        until(lambda: subprocess.run([*inside, options.siren, "reindex"], cwd=base, capture_output=True).returncode == 0)
        processes.append(subprocess.Popen([*inside, options.siren, "serve", "--listen", "127.0.0.1:8080"], cwd=base,
                                          stdout=subprocess.DEVNULL, stderr=open(base / "siren.log", "wb")))
        body = json.dumps({"model": "siren", "messages": [{"role": "user", "content": QUESTION}]})
        ask = [*inside, "curl", "-s", "--noproxy", "*", "-w", "\n%{http_code} %{time_total}", "-H", "Content-Type: application/json",
               "-d", body, "http://127.0.0.1:8080/v1/chat/completions"]
        told = lambda: subprocess.run(ask, capture_output=True, text=True).stdout  # noqa: E731
        until(lambda: "4821" in told())
        run("ip", "-n", names[1], "link", "set", "cable1", "down")
        cut = told().splitlines()[-1]
        run("ip", "-n", names[1], "link", "set", "cable1", "up")
        return {"status_and_seconds_while_cut": cut, "well_after_s": until(lambda: "4821" in told())}
    finally:
        for process in processes:
            process.kill()
            process.wait()
        for name in names:
            subprocess.run(["ip", "netns", "pids", name], capture_output=True)
            for pid in subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True).stdout.split():
                os.kill(int(pid), signal.SIGKILL)
            subprocess.run(["ip", "netns", "del", name], capture_output=True)
        shutil.rmtree(base, ignore_errors=True)


CASES = {case.__name__: case for case in (killed, reindexing, most, stopped, pointer, replica, clocks, disk, network)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--siren", required=True, type=os.path.abspath)
    parser.add_argument("--qdrant", required=True, type=os.path.abspath)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    options = parser.parse_args()
    for name in options.only:
        if name == "network":
            print(json.dumps({"case": name} | network(options), ensure_ascii=False), flush=True)
            continue
        small = None
        if name == "disk":
            small = pathlib.Path(tempfile.mkdtemp(prefix="siren-disk-"))
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=36m", "tmpfs", str(small)], check=True)
        world = World(options, [None, None, small / "node"] if small else None)
        try:
            print(json.dumps({"case": name} | CASES[name](world), ensure_ascii=False), flush=True)
        finally:
            world.end()
            if small:
                subprocess.run(["umount", str(small)], check=False)
                small.rmdir()


if __name__ == "__main__":
    main()
