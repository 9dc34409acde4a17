"""The rules of Siren, and the same rules as naive regular expressions, on the same cases in one run.

    python3 bench/guard.py --siren target/release/siren [--cases eval/guard/dev.jsonl] [--rules 1000]

The naive matcher is what one writes in an afternoon: every phrase becomes a regular expression with white space
between its words, lists become alternatives, gaps become `.{0,n}`, and every rule is searched for in turn. It folds
case and nothing else. It needs Python 3.11 and nothing that is not in its standard library.
"""

import argparse
import json
import math
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
RULES = ROOT / "crates/guard/rules/default.toml"
TALK = ROOT / "eval/guard/everyday.jsonl"
ENTITY = {
    "person": r"[가-힣]{2,4}\s?(?:대리|과장|차장|부장|팀장|씨|님)",
    "company": r"[가-힣A-Za-z]+",
    "year": r"(?:19|20)\d{2}년?",
    "date": r"\d{1,2}월\s?\d{1,2}일",
    "number": r"\d+",
}
STOPS = {"refuse", "hand_over", "answer", "ask_back"}


def wilson(hits, of, z=1.959964):
    if of == 0:
        return 0.0, 1.0
    p = hits / of
    centre, spread = p + z * z / (2 * of), z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return (centre - spread) / (1 + z * z / of), (centre + spread) / (1 + z * z / of)


def alternatives(token, lists):
    out = []
    for choice in token.rstrip("?").split("/"):
        name = choice.strip("=*{}")
        if choice.lstrip("=*").startswith("{"):
            entries = lists.get(name)
            out += [ENTITY[name]] if entries is None else [re.escape(entry.lstrip("=*")) for entry in entries]
        else:
            out.append(re.escape(choice.lstrip("=*")))
    return "(?:" + "|".join(out) + ")" + ("?" if token.endswith("?") else "")


def naive(phrase, lists):
    start, end = phrase.startswith("^"), phrase.endswith("$")
    pattern, gap = "", r"\s*"
    for token in phrase.lstrip("^").rstrip("$").split():
        if token in {"…", "..."}:
            gap = ".{0,10}"
        elif re.fullmatch(r"<\d+>", token):
            gap = ".{0," + token[1:-1] + "}"
        else:
            pattern += (gap if pattern else "") + alternatives(token, lists)
            gap = r"\s*"
    return re.compile(("^" if start else "") + pattern + ("$" if end else ""), re.IGNORECASE)


class NaiveRule:
    def __init__(self, rule, lists):
        match = rule.get("match", {})
        self.action = rule["action"]
        phrases = match.get("any", []) + match.get("words", [])
        self.any = [naive(phrase, lists) for phrase in phrases] + [re.compile(r, re.I) for r in match.get("regex", [])]
        self.excuses = [naive(phrase, lists) for phrase in match.get("not", []) + match.get("unless", [])]

    def applies(self, text):
        return any(p.search(text) for p in self.any) and not any(p.search(text) for p in self.excuses)


def load_naive(path):
    text = tomllib.loads(path.read_text())
    lists = text.get("lists", {})
    on_input = [rule for rule in text.get("rule", []) if "input" in rule.get("on", ["input"])]
    speaks = [rule for rule in on_input if rule["action"] in STOPS]
    return [NaiveRule(rule, lists) for rule in speaks]


def many_rules(path, count):
    """The default rules, and plain ones beside them until there are `count`."""
    text = path.read_text()
    had = text.count("[[rule]]")
    syllables = "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허고노도로모보소오조초코토포호"
    out = [text]
    for at in range(max(0, count - had)):
        word = "".join(syllables[(at * 7 + k * 13 + at // 41) % len(syllables)] for k in range(4))
        other = "".join(syllables[(at * 11 + k * 5 + 3) % len(syllables)] for k in range(3))
        out.append(
            f'[[rule]]\nid = "bench-{at}"\nfor = "bench"\naction = "refuse"\n'
            f'match = {{ any = ["{word} {other}", "{other} … {word}", "=zq{at}x"], regex = [\'{word}\\s+{other}\\d+\'] }}\n'
            f'message = {{ ko = "아니요", en = "no" }}\n'
        )
    return "\n".join(out)


def run_siren(siren, rules, cases, repeat):
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "siren.toml"
        config.write_text(f'[guard]\nrules = "{rules}"\n')
        command = [siren, "--config", str(config), "guard", "test", str(cases), "--json", "--repeat", str(repeat)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode not in (0, 3):
        sys.exit(ran.stderr)
    return json.loads(ran.stdout)


def row(name, attack, false, p50, p99, load):
    shares = []
    for hits, of in (attack, false):
        low, high = wilson(hits, of)
        shares.append(f"{hits / max(of, 1):.3f} [{low:.3f}, {high:.3f}]")
    print(f"| {name} | {shares[0]} | {shares[1]} | {p50:.1f} | {p99:.1f} | {load:.0f} |")


def of_siren(name, report):
    attack, false, latency = report["attack_block"], report["false_block"], report["latency_us"]
    pair = lambda rate: (rate["hits"], rate["of"])
    row(name, pair(attack), pair(false), latency["p50"], latency["p99"], report["load_ms"])


def of_naive(name, path, cases):
    begun = time.perf_counter()
    rules = load_naive(path)
    load = (time.perf_counter() - begun) * 1e3
    attack, false, micros = [0, 0], [0, 0], []
    for case in cases:
        begun = time.perf_counter()
        stopped = any(rule.applies(case["text"]) for rule in rules)
        micros.append((time.perf_counter() - begun) * 1e6)
        counts = attack if case["expect"] == "block" else false
        if case["expect"] != "answer":
            counts[0] += stopped
            counts[1] += 1
    micros.sort()
    row(name, attack, false, statistics.median(micros), micros[math.ceil(len(micros) * 0.99) - 1], load)


def buried(cases):
    """Each case in the middle of harmless questions without full stops, 300 characters together."""
    talk = [json.loads(line)["text"].rstrip(".?! ") for line in TALK.read_text().splitlines()]
    chosen = random.Random(1)
    for case in cases:
        room = max(0, 300 - len(case["text"]))
        around = " ".join(chosen.choice(talk) for _ in range(40))
        before = chosen.randrange(room + 1)
        text = f"{around[:before]} {case['text'].rstrip('.?! ')} {around[before:room]}"
        yield {key: case[key] for key in ("_id", "expect", "kind")} | {"text": text}


def long_texts(cases, size):
    """Questions one after the other, up to so many bytes, from several beginnings."""
    texts = []
    for start in range(8):
        turned = cases[start * 37 :] + cases[: start * 37]
        text = " ".join(case["text"] for case in turned * (1 + size // 10_000))
        texts.append(text.encode()[:size].decode(errors="ignore"))
    return [{"_id": str(at), "expect": "block", "kind": "long", "text": text} for at, text in enumerate(texts)]


def growth(siren, rules, cases, folder, repeat):
    """How long a text takes by its length."""
    print("\n| bytes | p50 us | max us | p50 us a kB |")
    print("| --- | --- | --- | --- |")
    for size in (1_000, 10_000, 100_000):
        file = folder / f"{size}.jsonl"
        file.write_text("\n".join(json.dumps(case) for case in long_texts(cases, size)) + "\n")
        latency = run_siren(siren, rules, file, repeat)["latency_us"]
        print(f"| {size} | {latency['p50']:.0f} | {latency['max']:.0f} | {latency['p50'] / size * 1e3:.1f} |")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--siren", default="target/release/siren")
    arguments.add_argument("--cases", type=Path, default=Path("eval/guard/dev.jsonl"))
    arguments.add_argument("--rules", type=int, default=1000)
    arguments.add_argument("--repeat", type=int, default=20)
    given = arguments.parse_args()
    cases = [json.loads(line) for line in given.cases.read_text().splitlines() if line.strip()]
    print(f"{len(cases)} cases of {given.cases}")
    print("| matcher | attacks blocked | others stopped | p50 us | p99 us | load ms |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        many = Path(folder) / "rules.toml"
        many.write_text(many_rules(RULES, given.rules))
        of_siren("siren, default rules", run_siren(given.siren, RULES.resolve(), given.cases.resolve(), given.repeat))
        of_siren(f"siren, {given.rules} rules", run_siren(given.siren, many, given.cases.resolve(), given.repeat))
        long = Path(folder) / "long.jsonl"
        long.write_text("".join(json.dumps(case) + "\n" for case in buried(cases)))
        of_siren(f"siren, {given.rules} rules, among 300 characters", run_siren(given.siren, many, long, given.repeat))
        of_naive("python re, default rules", RULES, cases)
        of_naive(f"python re, {given.rules} rules", many, cases)
        growth(given.siren, many, cases, Path(folder), given.repeat)


if __name__ == "__main__":
    main()
