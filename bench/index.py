#!/usr/bin/env python3
"""What indexing costs: time and peak memory of a full run, of a run with nothing new, of one with one changed file.

Where the time of a full run goes is told as its report tells it: seconds of each step, added up over the threads.
Everything is measured in one sitting with the same binary; the corpora are made by corpus.py. Files are read from the
page cache (each corpus was just written). --cores also repeats the full run on one core.

usage: index.py --siren target/release/siren --text data/takeaways --text DIR [--sizes 10000,100000] [--cores]
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
# Runs with nothing new, of which the one in the middle counts: they are so short that any disturbance shows.
SAME = 5


def run(command, work, cores=None):
    """Wall seconds and peak memory (MB) of a command and all its children, and what it said."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if cores is not None:
        os.sched_setaffinity(process.pid, cores)
    output = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{output}")
    return seconds, usage.ru_maxrss / 1024, output


def siren(args, work, *more, cores=None):
    (work / "siren.toml").write_text(f'[[source]]\nkind = "folder"\npath = "{work / "notes"}"\n')
    return run([str(args.siren), "--quiet", "reindex", "--json", *more], work, cores)


def measure(args, size, work):
    texts = [part for text in args.text for part in ("--text", str(text))]
    made = [sys.executable, HERE / "corpus.py", work / "notes", "--notes", str(size), *texts]
    print(subprocess.run(list(map(str, made)), check=True, capture_output=True, text=True).stdout.strip())
    # A file as young as this is not trusted to be unchanged by its time alone.
    time.sleep(3)
    full, memory, told = siren(args, work)
    same, same_memory, _ = sorted(siren(args, work) for _ in range(SAME))[SAME // 2]
    changed = work / "notes/0000/7.md"
    changed.write_text(changed.read_text(encoding="utf-8") + "\n한 줄을 더한다.\n", encoding="utf-8")
    one, one_memory, _ = siren(args, work)
    row = lambda what, seconds, memory: print(
        f"  {what:16} {seconds:8.2f} s  {size / seconds:9.0f} documents/s  peak {memory:6.0f} MB  full/this {full / seconds:6.1f}"
    )
    row("full", full, memory)
    report = json.loads(told)
    steps = {step["step"]: step["seconds"] for step in report["steps"]}
    for step, seconds in steps.items():
        share, rate = seconds / sum(steps.values()), report["bytes_read"] / 1e6 / seconds
        print(f"    {step:10} {share:4.0%} of the work, {rate:7.1f} MB/s alone on one core")
    row("nothing new", same, same_memory)
    row("one file changed", one, one_memory)
    if args.cores:
        single, *_ = siren(args, work, "--full", cores={0})
        double, *_ = siren(args, work, "--full")
        print(f"  one core {single:.2f} s, all {os.cpu_count()} {double:.2f} s: {single / double:.2f} times")
    return memory


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--siren", type=pathlib.Path, required=True)
    parser.add_argument("--text", type=pathlib.Path, action="append", required=True)
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--cores", action="store_true")
    args = parser.parse_args()
    args.siren = args.siren.resolve()
    peaks = []
    for size in map(int, args.sizes.split(",")):
        with tempfile.TemporaryDirectory(prefix="siren-bench-") as folder:
            peaks.append(measure(args, size, pathlib.Path(folder)))
    if len(peaks) > 1:
        print(f"peak memory, last size against first: {peaks[-1] / peaks[0]:.2f} times")


if __name__ == "__main__":
    main()
