"""What the benches of the server share: a corpus, a server, questions, and what a process holds. No package needed."""
import json
import os
import pathlib
import random
import re
import resource
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent


def raise_file_limit():
    """As many file handles as one may have: thousands of connections take as many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return soft, hard


def write_notes(folder, notes, texts, seed=1):
    parts = [part for text in texts for part in ("--text", str(text))]
    command = [sys.executable, HERE / "corpus.py", folder, "--notes", notes, "--seed", seed, *parts]
    subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)


class Place:
    """A folder with settings, notes and an index."""

    def __init__(self, siren, work, settings):
        self.siren, self.work = str(pathlib.Path(siren).resolve()), pathlib.Path(work)
        source = '[[source]]\nkind = "folder"\npath = "notes"\n'
        (self.work / "siren.toml").write_text(settings + source, encoding="utf-8")

    def run(self, *args):
        command = [self.siren, "--state", str(self.work / "state"), "--quiet", *map(str, args)]
        return subprocess.run(command, cwd=self.work, capture_output=True, text=True)

    def reindex(self):
        ran = self.run("reindex", "--json")
        if ran.returncode != 0:
            sys.exit(f"siren reindex failed: {ran.stderr}")
        return json.loads(ran.stdout)

    def serve(self, **environment):
        command = [self.siren, "--state", str(self.work / "state"), "serve", "--listen", "127.0.0.1:0"]
        log = self.work / "serve.log"
        environment = {**os.environ, "SIREN_LOG": "error", **environment}
        process = subprocess.Popen(command, cwd=self.work, stderr=log.open("w"), env=environment)
        for _ in range(600):
            found = re.search(r"siren listens on http://([\d.]+):(\d+)", log.read_text())
            if found:
                return process, (found.group(1), int(found.group(2)))
            if process.poll() is not None:
                break
            time.sleep(0.1)
        sys.exit(f"siren serve did not start: {log.read_text()}")


def corpus(siren, work, chunks, texts, settings):
    """A place with at least so many chunks."""
    place = Place(siren, work, settings)
    notes = chunks // 4 or 1
    while True:
        write_notes(place.work / "notes", notes, texts)
        report = place.reindex()
        if report["total_chunks"] >= chunks:
            return place, report
        notes = notes * chunks // report["total_chunks"] + 1 + notes // 20


def questions(place, count, seed=7):
    """Words of sentences that stand in the notes, as questions; all different."""
    rng = random.Random(seed)
    files = sorted((place.work / "notes").rglob("*.md"))
    out = set()
    while len(out) < count:
        text = rng.choice(files).read_text(encoding="utf-8").split("---\n", 2)[-1]
        sentences = [s for s in re.split(r"(?<=[.!?])\s+|\n+", text) if len(s.split()) >= 5 and "|" not in s]
        if sentences:
            words = rng.choice(sentences).strip("-# .").split()
            start = rng.randrange(max(1, len(words) - 6))
            out.add(" ".join(words[start : start + 6]) + "?")
    return sorted(out)


def memory_kb(process):
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def handles(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def processor_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")
