#!/usr/bin/env python3
"""Writes a folder of Markdown notes, the same ones for the same seed.

Sentences are taken from the texts given (files, or folders of .md, .txt and BEIR corpus.jsonl); a note has a title, a
date, two to five sections of two to six sentences, one note in ten a table and one in ten a list.

usage: corpus.py FOLDER --notes 100000 --text data/takeaways [--text DIR ...] [--seed 1]
"""
import argparse
import json
import pathlib
import random
import re


def sentences(paths):
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.name == "corpus.jsonl":
                lines = file.read_text(encoding="utf-8").splitlines()
                texts = [json.loads(line)["text"] for line in lines if line.strip()]
            elif file.suffix in {".md", ".txt"}:
                texts = [re.sub(r"\A---.*?\n---\n", "", file.read_text(encoding="utf-8"), flags=re.S)]
            else:
                continue
            for text in texts:
                for sentence in re.split(r"(?<=[.!?])\s+|\n+", text):
                    sentence = sentence.strip(" -*#>|")
                    if 20 <= len(sentence) <= 300:
                        yield sentence


def note(rng, number, pool):
    words = [word for sentence in rng.sample(pool, 2) for word in sentence.split()[:3]]
    day = f"{rng.randint(2019, 2025)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    out = ["---", f"title: {json.dumps(' '.join(words), ensure_ascii=False)}", f"date: {day}", "---", ""]
    for section in range(rng.randint(2, 5)):
        out += [f"## {section + 1}. {' '.join(rng.choice(pool).split()[:4])}", ""]
        out += [" ".join(rng.choices(pool, k=rng.randint(2, 6))), ""]
    if number % 10 == 3:
        rows = [f"| {rng.choice(pool).split()[0]} | {rng.randint(1, 9999)} |" for _ in range(5)]
        out += ["| 항목 | 값 |", "| --- | --- |", *rows, ""]
    if number % 10 == 7:
        out += [f"- {rng.choice(pool)}" for _ in range(4)] + [""]
    return "\n".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--notes", type=int, required=True)
    parser.add_argument("--text", type=pathlib.Path, action="append", required=True)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    pool = sorted(set(sentences(args.text)))
    if len(pool) < 10:
        parser.error("the texts hold fewer than ten sentences")
    rng = random.Random(args.seed)
    size = 0
    for number in range(args.notes):
        path = args.folder / f"{number // 1000:04}" / f"{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        size += path.write_bytes(note(rng, number, pool).encode())
    print(f"{args.notes} notes, {size / 1e6:.1f} MB, from {len(pool)} sentences")


if __name__ == "__main__":
    main()
