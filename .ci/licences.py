#!/usr/bin/env python3
"""Checks every crate of the lock file against deny.toml: its licence, and that it comes from crates.io.

The part of `cargo deny check licenses sources` that needs no further tool. Reads `cargo metadata` from stdin.

Usage: cargo metadata --format-version 1 --locked | licences.py deny.toml
"""

import collections
import json
import re
import sys
import tomllib

CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def satisfied(expression: str, allowed: set[str]) -> bool:
    """Whether an SPDX expression can be satisfied: OR takes either side, AND needs both; `/` is an old OR."""
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))
    at = 0

    def peek() -> str | None:
        return tokens[at] if at < len(tokens) else None

    def take() -> str:
        nonlocal at
        at += 1
        return tokens[at - 1]

    def either() -> bool:
        value = both()
        while peek() == "OR":
            take()
            right = both()
            value = value or right
        return value

    def both() -> bool:
        value = one()
        while peek() == "AND":
            take()
            right = one()
            value = value and right
        return value

    def one() -> bool:
        if peek() == "(":
            take()
            value = either()
            if peek() != ")":
                raise ValueError(f"a bracket stays open in {expression!r}")
            take()
            return value
        name = take()
        if peek() == "WITH":
            take()
            name = f"{name} WITH {take()}"
        return name in allowed

    value = either()
    if at != len(tokens):
        raise ValueError(f"{expression!r} cannot be read")
    return value


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        allowed = set(tomllib.load(file)["licenses"]["allow"])
    packages = json.load(sys.stdin)["packages"]
    problems = []
    versions = collections.defaultdict(list)
    for package in packages:
        label = f"{package['name']} {package['version']}"
        versions[package["name"]].append(package["version"])
        if package["source"] not in (None, CRATES_IO):
            problems.append(f"{label}: comes from {package['source']}, not from crates.io")
        if not package["license"]:
            problems.append(f"{label}: states no licence")
        elif not satisfied(package["license"], allowed):
            problems.append(f"{label}: {package['license']} is not allowed by deny.toml")
    twice = {name: found for name, found in sorted(versions.items()) if len(found) > 1}
    print(f"{len(packages)} crates; {len(twice)} in more than one version: "
          + ", ".join(f"{name} {'/'.join(sorted(found))}" for name, found in twice.items()))
    if problems:
        sys.exit("\n".join(problems))
    print("every licence is allowed, every crate comes from crates.io")


if __name__ == "__main__":
    main()
