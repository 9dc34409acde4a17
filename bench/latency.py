#!/usr/bin/env python3
"""Times the whole way from a question to its extractive answer, warm, over HTTP on loopback, and beside it tantivy alone.

Writes the same notes for the same seed (corpus.py), indexes them, starts `siren serve`, asks seeded questions (words of one
note's sentence, every second one with a slip), and tells p50 and p99 in milliseconds, the server's peak of resident memory
and the time from its start until it is ready. Tantivy alone is its Python binding, asked for the ten best of the same
questions over the same notes with words cut at spaces: it reads no passage and writes no answer.

usage: latency.py --siren target/release/siren --text data/takeaways [--text DIR ...] [--notes 50000] [--questions 300]
                  [--assets DIR] [--work DIR] [--seed 1]
needs: pip install tantivy (left out where it is missing)
"""
import argparse
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).parent


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def told(times):
    times = [t * 1000 for t in times]
    return {"p50": round(percentile(times, 0.5), 2), "p99": round(percentile(times, 0.99), 2)}


def questions(notes, count, seed):
    rng = random.Random(seed)
    files = sorted(notes.rglob("*.md"))
    out = []
    while len(out) < count:
        text = rng.choice(files).read_text()
        sentences = [s for s in re.split(r"(?<=[.다요])\s+", text) if 5 <= len(s.split()) <= 30]
        if not sentences:
            continue
        words = rng.choice(sentences).split()
        start = rng.randrange(max(1, len(words) - 6))
        words = words[start:start + rng.randint(4, 6)]
        if len(out) % 2:
            at = rng.randrange(len(words))
            words[at] = words[at][1:] + words[at][:1]
        out.append(" ".join(words) + "?")
    return out


def memory(pid, key):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{key}:\s+(\d+)", status).group(1)) // 1024


def ask(address, question):
    body = {"model": "siren", "messages": [{"role": "user", "content": question}]}
    request = urllib.request.Request(f"{address}/v1/chat/completions", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    start = time.perf_counter()
    with urllib.request.urlopen(request) as reply:
        reply.read()
    return time.perf_counter() - start


def serve(args, config, work, asked):
    command = [args.siren, "--config", config, "--state", work / "state", "serve", "--listen", "127.0.0.1:0"]
    start = time.perf_counter()
    log = open(work / "serve.log", "w")
    server = subprocess.Popen(list(map(str, command)), stderr=log, stdout=log)
    try:
        address = None
        while address is None:
            found = re.search(r"http://[\d.]+:\d+", (work / "serve.log").read_text())
            address = found and found.group()
            time.sleep(0.005)
        while True:
            try:
                urllib.request.urlopen(f"{address}/readyz").read()
                break
            except OSError:
                time.sleep(0.005)
        ready = time.perf_counter() - start
        first = ask(address, asked[0])
        for question in asked[:50]:
            ask(address, question)
        times = [ask(address, question) for question in asked]
        return {"ready_s": round(ready, 3), "first_ms": round(first * 1000, 1), **told(times),
                "rss_mb": memory(server.pid, "VmHWM"), "anonymous_mb": memory(server.pid, "RssAnon")}
    finally:
        server.terminate()
        server.wait()


def tantivy_alone(notes, work, asked):
    try:
        import tantivy
    except ImportError:
        return None
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("text", stored=False, tokenizer_name="whitespace")
    schema = schema.build()
    folder = work / "tantivy"
    fresh = not folder.exists()
    folder.mkdir(exist_ok=True)
    index = tantivy.Index(schema, path=str(folder))
    if fresh:
        writer = index.writer(200_000_000, 1)
        for file in sorted(notes.rglob("*.md")):
            writer.add_document(tantivy.Document(text=file.read_text()))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
    searcher = index.searcher()
    times = []
    for question in asked[:50] + asked:
        words = [w for w in re.split(r"\W+", question) if w]
        start = time.perf_counter()
        any_of = [(tantivy.Occur.Should, tantivy.Query.term_query(schema, "text", w)) for w in words]
        searcher.search(tantivy.Query.boolean_query(any_of), 10)
        times.append(time.perf_counter() - start)
    return told(times[50:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--siren", required=True, type=os.path.abspath)
    parser.add_argument("--text", action="append", required=True)
    parser.add_argument("--notes", type=int, default=50_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--assets", default="")
    parser.add_argument("--work")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    work = pathlib.Path(args.work or tempfile.mkdtemp())
    work.mkdir(parents=True, exist_ok=True)
    notes = work / "notes"
    if not notes.exists():
        texts = [x for text in args.text for x in ("--text", text)]
        subprocess.run([sys.executable, HERE / "corpus.py", notes, "--notes", str(args.notes),
                        "--seed", str(args.seed), *texts], check=True)
    config = work / "siren.toml"
    config.write_text('[[source]]\nkind = "folder"\npath = "notes"\n'
                      f'[assets]\npath = "{args.assets or work / "no-assets"}"\n')
    base = [args.siren, "--config", str(config), "--state", str(work / "state"), "--quiet"]
    start = time.perf_counter()
    subprocess.run([*base, "reindex"], check=True, stdout=subprocess.DEVNULL)
    indexed = time.perf_counter() - start
    shown = subprocess.run([*base, "index", "list"], check=True, capture_output=True, text=True).stdout
    asked = questions(notes, args.questions, args.seed)
    report = {"index": shown.strip().splitlines()[-1], "index_s": round(indexed, 1), "load": os.getloadavg()[0],
              "ask_ms": serve(args, config, work, asked), "tantivy_alone_ms": tantivy_alone(notes, work, asked)}
    print(json.dumps(report, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
