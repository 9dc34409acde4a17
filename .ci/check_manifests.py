#!/usr/bin/env python3
"""Checks the Kubernetes manifests against the API's schemas, and what no schema says.

No field is unknown; every image is pinned; every container has limits, does not run as root and cannot become it; every
selector finds the pods that it should; all that kustomization.yaml names is there and the other way round.

Usage: check_manifests.py deploy/kubernetes
"""

import pathlib
import sys
import warnings

import yaml

VERSION = "1.31"


def pods(document: dict) -> list[dict]:
    spec = document.get("spec", {})
    if document["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return [spec["template"]] if "template" in spec else []


def problems_of_pod(pod: dict) -> list[str]:
    found = []
    if not pod["spec"].get("securityContext", {}).get("runAsNonRoot"):
        found.append("it may run as root")
    volumes = {volume["name"] for volume in pod["spec"].get("volumes", [])}
    for container in pod["spec"]["containers"]:
        name, image = container["name"], container["image"]
        if ":" not in image.rsplit("/", 1)[-1] or image.endswith(":latest"):
            found.append(f"{name}: the image {image!r} is not pinned")
        if not container.get("resources", {}).get("limits"):
            found.append(f"{name}: there are no limits")
        security = container.get("securityContext", {})
        if security.get("allowPrivilegeEscalation", True) or not security.get("readOnlyRootFilesystem"):
            found.append(f"{name}: it may become root or write to its root")
        for mount in container.get("volumeMounts", []):
            if mount["name"] not in volumes and mount["name"] != "storage":
                found.append(f"{name}: the volume {mount['name']!r} is not declared")
    return found


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    import kubernetes_validate

    folder = pathlib.Path(sys.argv[1])
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    files = sorted(path.name for path in folder.glob("*.yaml") if path.name != "kustomization.yaml")
    problems = []
    if sorted(kustomization["resources"]) != files:
        problems.append(f"kustomization.yaml names {kustomization['resources']}, and there are {files}")
    documents = [
        (name, document)
        for name in files
        for document in yaml.safe_load_all((folder / name).read_text(encoding="utf-8"))
    ]
    labels = [pod["metadata"]["labels"] for _, document in documents for pod in pods(document)]
    for name, document in documents:
        place = f"{name}: {document['kind']} {document['metadata']['name']}"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                kubernetes_validate.validate(document, VERSION, strict=True)
        except kubernetes_validate.ValidationError as error:
            problems.append(f"{place}: {'.'.join(map(str, error.path))}: {error.message}")
        problems += [f"{place}: {problem}" for pod in pods(document) for problem in problems_of_pod(pod)]
        selector = document.get("spec", {}).get("selector")
        if document["kind"] in ("Service", "Deployment", "StatefulSet", "PodDisruptionBudget"):
            wanted = selector.get("matchLabels", selector).items()
            if not any(wanted <= there.items() for there in labels):
                problems.append(f"{place}: its selector finds no pod")
    if problems:
        sys.exit("\n".join(problems))
    print(f"{folder}: {len(documents)} objects: valid for Kubernetes {VERSION}")


if __name__ == "__main__":
    main()
