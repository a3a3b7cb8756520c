"""What the server needs of profile.json: per column its bins, its words, and how far its values reached.

The format is that of the pipeline that wrote it; keys that the server has no use for are left alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tidegate.errors import InputError
from tidegate.server.release.signature import Signature


@dataclass(frozen=True, kw_only=True)
class ProfileColumn:
    """`edges` of a number's bins (None for a category); `words` of a category, the most frequent first."""

    edges: tuple[float, ...] | None = None
    words: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


def parse(document: object, where: str) -> dict[str, ProfileColumn]:
    """Columns by name. Raises InputError E-SRV-011 with the JSON pointer of what is wrong."""
    top = _object(document, where, "/")
    total = _object(top.get("total", {}), where, "/total")
    counted = _object(total.get("columns", {}), where, "/total/columns")
    found = {}
    for name, value in _object(top.get("columns", {}), where, "/columns").items():
        pointer = f"/columns/{name[:80]}"
        described = _object(value, where, pointer)
        counts = _object(counted.get(name, {}), where, f"/total{pointer}")
        found[name] = _column(described, counts, where, pointer)
    return found


def fits(profile: Mapping[str, ProfileColumn], signature: Signature, where: str) -> None:
    """Refuse a profile that has numbers where the model has texts."""
    kinds = {column.name: column.datatype for column in signature.columns}
    kinds |= {name: output.datatype for output in signature.outputs for name in output.columns}
    for name, column in profile.items():
        if column.edges is not None and name in kinds and kinds[name].family == "text":
            raise _wrong(where, f"/columns/{name[:80]}", "is a number here and a text in the signature")


def _column(described: Mapping[str, Any], counts: Mapping[str, Any], where: str, pointer: str) -> ProfileColumn:
    kind = described.get("kind")
    if kind == "number":
        low, high = (_number(counts.get(name), where, f"/total{pointer}/{name}") for name in ("min", "max"))
        return ProfileColumn(edges=_edges(described.get("edges"), where, pointer), low=low, high=high)
    if kind != "category":
        raise _wrong(where, f"{pointer}/kind", "must be number or category")
    words = _object(counts.get("counts", {}), where, f"/total{pointer}/counts")
    if not all(type(count) is int for count in words.values()):
        raise _wrong(where, f"/total{pointer}/counts", "must count whole rows")
    return ProfileColumn(words=tuple(sorted(words, key=lambda word: (-words[word], word))))


def _edges(value: object, where: str, pointer: str) -> tuple[float, ...]:
    numbers = isinstance(value, list) and all(type(edge) in (int, float) and math.isfinite(edge) for edge in value)
    if not numbers or len(value) > 1000 or sorted(set(value)) != value:  # type: ignore[call-overload, arg-type]
        raise _wrong(where, f"{pointer}/edges", "must be at most 1,000 finite numbers, each above the one before")
    return tuple(float(edge) for edge in value)


def _number(value: object, where: str, pointer: str) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise _wrong(where, pointer, "must be a finite number or null")
    return float(value)


def _object(value: object, where: str, pointer: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(where, pointer, "must be an object")
    return value


def _wrong(where: str, pointer: str, reason: str) -> InputError:
    fix = "Let the pipeline write the profile again and build the release from it."
    return InputError("E-SRV-011", f"{reason}.", where=f"{where} {pointer}", fix=fix)
