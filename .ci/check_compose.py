#!/usr/bin/env python3
"""Checks docker-compose.yml where no Docker client with the compose plugin is at hand.

It parses, with no key twice; every image is pinned; every service has a user, limits and a health check; ports are
bound to this machine alone; volumes, networks and secrets that are used are declared.

Usage: check_compose.py docker-compose.yml
"""

import re
import sys

import yaml


class Strict(yaml.SafeLoader):
    """A loader that does not let a second key silently replace the first."""


def mapping(loader: Strict, node: yaml.MappingNode) -> dict:
    seen = set()
    for key_node, _ in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":
            continue
        key = loader.construct_object(key_node)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands here twice", key_node.start_mark)
        seen.add(key)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


def names(used: list | dict | None) -> list[str]:
    return [entry["source"] if isinstance(entry, dict) else str(entry) for entry in used or []]


def problems_of(name: str, service: dict, document: dict) -> list[str]:
    found = []
    image = service.get("image", "")
    if "build" not in service and (":" not in image.rsplit("/", 1)[-1] or image.endswith(":latest")):
        found.append(f"the image {image!r} is not pinned")
    if not service.get("healthcheck", {}).get("test"):
        found.append("there is no health check")
    user = str(service.get("user", ""))
    if not user or re.match(r"(0|root)(:|$)", user):
        found.append("it runs as root")
    if not service.get("deploy", {}).get("resources", {}).get("limits"):
        found.append("there are no resource limits")
    for port in service.get("ports", []):
        if not str(port).startswith("127.0.0.1:"):
            found.append(f"port {port!r} is open to other machines")
    for volume in service.get("volumes", []):
        source = str(volume.get("source", "") if isinstance(volume, dict) else volume.split(":")[0])
        if re.match(r"[A-Za-z0-9]", source) and source not in document.get("volumes", {}):
            found.append(f"the volume {source!r} is not declared")
    for kind in ("secrets", "networks"):
        for used in names(service.get(kind)):
            if used not in document.get(kind, {}):
                found.append(f"{kind}: {used!r} is not declared")
    for other in service.get("depends_on", {}):
        if other not in document["services"]:
            found.append(f"it depends on {other!r}, which is not there")
    return [f"{name}: {problem}" for problem in found]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    with open(sys.argv[1], encoding="utf-8") as file:
        document = yaml.load(file, Strict)
    services = document["services"]
    problems = [problem for name, service in services.items() for problem in problems_of(name, service, document)]
    if problems:
        sys.exit("\n".join(problems))
    print(f"{sys.argv[1]}: {len(services)} services: {', '.join(services)}")


if __name__ == "__main__":
    main()
