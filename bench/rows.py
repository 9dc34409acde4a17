#!/usr/bin/env python3
"""Peak memory of indexing one table, small and large: rows are read a page at a time, so it should hardly grow.

The table lies in SQLite and is made by a seeded script; a row has a key, a title, two numbers, a date and a note of
some thirty words. The second run of each size finds nothing new and reads the table again.

usage: rows.py --siren target/release/siren [--sizes 100000,1000000]
"""
import argparse
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import time

WORDS = "회의 배포 장애 점검 예산 교육 채용 면담 출장 설계 검토 일정 전환 비용 모델 데이터 검색 색인 보안 서버".split()


def make_table(path, rows):
    rng = random.Random(rows)
    database = sqlite3.connect(path)
    database.execute("create table work (id integer primary key, title text, day text, cost integer, note text)")
    note = lambda: " ".join(f"{rng.choice(WORDS)}{rng.choice(['을', '는', '에서', ''])} {rng.randint(1, 9999)}" for _ in range(15))
    row = lambda at: (at, f"{rng.choice(WORDS)} 기록 {at}", f"202{at % 6}-0{at % 9 + 1}-1{at % 9}", rng.randint(1, 10**6), note())
    database.executemany("insert into work values (?, ?, ?, ?, ?)", (row(at) for at in range(rows)))
    database.commit()
    database.close()
    return path.stat().st_size


def reindex(siren, work):
    """Wall seconds and peak memory in MB."""
    command = [siren, "--config", work / "siren.toml", "--state", work / "state", "--quiet", "reindex", "--json"]
    start = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    told = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"siren failed:\n{told[-2000:]}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--siren", type=pathlib.Path, required=True)
    parser.add_argument("--sizes", default="100000,1000000")
    args = parser.parse_args()
    args.siren = args.siren.resolve()
    peaks = []
    for rows in map(int, args.sizes.split(",")):
        with tempfile.TemporaryDirectory(prefix="siren-bench-") as folder:
            work = pathlib.Path(folder)
            size = make_table(work / "work.sqlite", rows)
            (work / "siren.toml").write_text(
                '[[source]]\nkind = "sql"\nname = "work"\nurl = "sqlite:work.sqlite"\nquery = "select * from work"\n'
                'key = "id"\ntitle = "{{ title }}"\ntext = "{{ title }} ({{ day }}, {{ cost }}): {{ note }}"\n'
                '[embedding]\nkind = "none"\n'
            )
            first, again = reindex(args.siren, work), reindex(args.siren, work)
            print(f"{rows} rows, {size / 1e6:.0f} MB, load {os.getloadavg()[0]:.1f}")
            for what, (seconds, memory) in [("first run", first), ("nothing new", again)]:
                print(f"  {what:12} {seconds:7.1f} s  {rows / seconds:8.0f} rows/s  peak {memory:5.0f} MB")
            peaks.append(first[1])
    if len(peaks) > 1:
        print(f"peak memory, last size against first: {peaks[-1] / peaks[0]:.2f} times")


if __name__ == "__main__":
    main()
