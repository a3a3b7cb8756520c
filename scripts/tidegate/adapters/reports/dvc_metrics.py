"""What `dvc metrics diff --json` and `dvc metrics show --json` print: numbers without rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tidegate.core.training import claimed_metrics
from tidegate.errors import InputError


def is_difference(document: object) -> bool:
    """Whether it is a difference: file → metric → old and new."""
    entries = [entry for metrics in _mappings(document) for entry in metrics.values()]
    return bool(entries) and all(isinstance(entry, Mapping) and {"old", "new"} <= set(entry) for entry in entries)


def is_listing(document: object) -> bool:
    """Whether it is what one revision has: revision → data → file → data."""
    found = list(_mappings(document))
    return len(found) == 1 and set(found[0]) == {"data"} and _has_files(found[0]["data"])


def both_sides(document: Mapping[str, Any], shown: str) -> tuple[dict[str, float], dict[str, float]]:
    """The numbers of the new side and of the old one; what one side lacks it lacks. Raises InputError or Problems."""
    several = len(document) > 1
    sides: dict[str, dict[str, Any]] = {"new": {}, "old": {}}
    for file, metrics in document.items():
        for name, entry in metrics.items():
            for side, found in sides.items():
                if entry[side] is not None:
                    found[f"{file}:{name}" if several else name] = entry[side]
    new, old = (claimed_metrics.numbers(found, shown) if found else {} for found in sides.values())
    return new, old


def listed(document: Mapping[str, Any], shown: str) -> dict[str, float]:
    """The numbers of one revision. Raises InputError E-MET-003 for a file that DVC could not read, or Problems."""
    (revision,) = document.values()
    files = revision["data"]
    for file, found in files.items():
        if "error" in found:
            why = found["error"].get("msg", "") if isinstance(found["error"], Mapping) else ""
            message = f"DVC could not read {str(file)[:80]}: {str(why)[:160]}."
            raise InputError("E-MET-003", message, where=shown, fix="Mend that file; DVC itself only warns.")
    several = len(files) > 1
    return {
        f"{file}:{name}" if several else name: value
        for file, found in files.items()
        for name, value in claimed_metrics.numbers(found["data"], f"{shown} {file}").items()
    }


def _mappings(document: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, Mapping) and all(isinstance(inner, Mapping) for inner in document.values()):
        yield from document.values()


def _has_files(files: object) -> bool:
    found = list(_mappings(files))
    return bool(found) and all("data" in one or "error" in one for one in found)
