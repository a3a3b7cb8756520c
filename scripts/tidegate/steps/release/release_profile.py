"""What a release predicted when it was judged, as its profile counts it: what its live predictions are held against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tidegate.core.deployment.target import Package
from tidegate.core.deployment.traffic import Histogram


def predictions(package: Package) -> Histogram | None:
    """The first answer's counts in the profile's bins; None where the profile does not have them.

    It is the same column that a target reads from the release's metrics.
    """
    signature, profile = (_document(package, name) for name in ("signature.json", "profile.json"))
    columns = profile.get("columns", {})
    total = profile.get("total", {}).get("columns", {})
    for name in _answers(signature):
        if columns.get(name, {}).get("kind") == "number":
            counts = total.get(name, {}).get("counts")
            edges = columns[name]["edges"]
            return None if counts is None else Histogram(edges=tuple(edges), counts=tuple(counts))
    return None


def _answers(signature: Any) -> list[str]:
    """Names of the answers' columns, as the server counts them."""
    return [name for output in signature["outputs"] for name in _columns(output)]


def _columns(output: Any) -> list[str]:
    name, width = output["name"], output["shape"][1] if len(output["shape"]) > 1 else 1
    return [name] if width == 1 else [f"{name}_{place}" for place in range(width)]


def _document(package: Package, name: str) -> Any:
    return json.loads((Path(package.folder) / name).read_text(encoding="utf-8"))
