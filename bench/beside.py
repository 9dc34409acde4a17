#!/usr/bin/env python3
"""Indexing beside the pipeline that a Python user would write, on the same files, in one sitting.

The other side is a script like `langchain_pipeline.py FOLDER QUERIES --bpe FILE [--kiwi] [--tokens N]`, which prints
`... = 2400 documents/s`; it tells its own time, without its imports. Siren's time is that of its whole process. They are
run in turn, --repeat times, and the best run of each counts.

usage: beside.py --siren target/release/siren --other SCRIPT --python PYTHON --bpe cl100k_base.tiktoken \\
                 --corpus BEIR_FOLDER [--corpus ...] [--documents 11055 --bytes 7900000] [--assets FOLDER]
                 [--tokens 400] [--repeat 3]
"""
import argparse
import json
import os
import pathlib
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time


def texts_of(corpora):
    for corpus in corpora:
        for line in (corpus / "corpus.jsonl").read_text(encoding="utf-8").splitlines():
            document = json.loads(line)
            title = f"# {document['title']}\n\n" if document.get("title") else ""
            yield f"{title}{document['text']}\n".encode()


def grown(texts, documents, size):
    """As many documents of as many bytes: those there are, and further ones, each of several of them (seeded)."""
    rng = random.Random(1)
    own = list(texts)
    while len(texts) < documents:
        wanted = (size - sum(map(len, texts))) / (documents - len(texts))
        more = []
        while not more or sum(map(len, more)) + len(own[0]) < wanted:
            more.append(rng.choice(own))
        texts.append(b"\n".join(more))
    return texts[:documents]


def write_notes(corpora, folder, documents, size):
    """One Markdown file a document of BEIR corpora; tells how many and how many bytes."""
    texts = list(texts_of(corpora))
    if documents:
        texts = grown(texts, documents, size)
    for number, text in enumerate(texts):
        path = folder / f"{number // 1000}" / f"{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    return len(texts), sum(map(len, texts))


def run(command, **environment):
    """Wall and processor seconds of a command, and what it said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env={**os.environ, **environment})
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, done.stdout


def other(args, work, *more):
    command = [args.python, args.other, work / "notes", work / "queries.txt", "--bpe", args.bpe]
    _, cpu, told = run([*command, "--tokens", args.tokens, *more])
    return float(re.search(r"= ([0-9.]+) documents/s", told).group(1)), cpu


def siren(args, work, count, assets):
    config = work / "siren.toml"
    config.write_text(
        f'[[source]]\nkind = "folder"\npath = "notes"\n[index]\nmax_tokens = {args.tokens}\n[embedding]\nkind = "none"\n'
    )
    # Both begin with nothing.
    shutil.rmtree(work / "state", ignore_errors=True)
    command = [args.siren, "--config", config, "--state", work / "state", "--quiet", "reindex", "--json"]
    wall, cpu, told = run(command, SIREN_ASSETS=str(assets))
    report = json.loads(told)
    if report["total_documents"] != count:
        sys.exit(f"siren indexed {report['total_documents']} of {count} documents")
    return count / wall, cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["--siren", "--other", "--python", "--bpe"]:
        parser.add_argument(name, type=pathlib.Path, required=True)
    parser.add_argument("--corpus", type=pathlib.Path, action="append", required=True)
    parser.add_argument("--assets", type=lambda path: pathlib.Path(path).resolve(strict=True))
    parser.add_argument("--tokens", type=int, default=400)
    parser.add_argument("--documents", type=int, help="more documents than the corpora have")
    parser.add_argument("--bytes", type=int, default=7_900_000, help="bytes of those documents")
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="siren-bench-") as folder:
        work = pathlib.Path(folder)
        count, size = write_notes(args.corpus, work / "notes", args.documents, args.bytes)
        (work / "queries.txt").write_text("질문\n", encoding="utf-8")
        print(f"{count} documents, {size / 1e6:.1f} MB, chunks of {args.tokens} tokens, load {os.getloadavg()[0]:.1f}")
        pairs = [("built-in", work / "nothing", "whitespace words", [])]
        if args.assets:
            pairs.append(("dictionary", args.assets, "Kiwi morphemes", ["--kiwi"]))
        for ours, assets, theirs, more in pairs:
            turns = [(siren(args, work, count, assets), other(args, work, *more)) for _ in range(args.repeat)]
            mine, yours = (max(runs) for runs in zip(*turns))
            print(f"  siren, {ours:17} {mine[0]:7.0f} documents/s  {mine[1]:6.2f} s of processor time")
            print(f"  other, {theirs:17} {yours[0]:7.0f} documents/s  {yours[1]:6.2f} s of processor time, imports included")
            print(f"  ratio {mine[0] / yours[0]:.1f}")


if __name__ == "__main__":
    main()
