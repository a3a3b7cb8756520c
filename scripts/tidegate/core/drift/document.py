"""The profile as a JSON document, version 1: readable by people, and strict, because a decision rests on it.

The format is the one that the example's README describes under "The profile". Members that it does not have, and which
are written only where they say something: `infinite`, `null_clusters`, `other`, `other_clusters` and `examples`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.core.drift.profile import (
    Column,
    Moments,
    Numbers,
    Opaque,
    Part,
    Profile,
    Summary,
    Words,
)
from tidegate.errors import InputError

SCHEMA = 1
_FIX = "Run the stage that writes the profile again."
_KINDS = ("number", "category", "other")
_ROLES = ("feature", "label", "prediction")


def document(profile: Profile) -> dict[str, Any]:
    """The profile as a JSON object; `profile` of it is the same profile."""
    return {
        "schema": SCHEMA,
        "cluster": profile.cluster,
        "columns": {name: _described(column) for name, column in profile.columns.items()},
        "total": part_document(profile.total),
        "months": {name: part_document(part) for name, part in profile.periods.items()},
        "products": {name: matrix.astype(int).tolist() for name, matrix in profile.products.items()},
    }


def part_document(part: Part) -> dict[str, Any]:
    """One part as a JSON object."""
    columns = {name: _summary_document(summary) for name, summary in part.columns.items()}
    return {"rows": part.rows, "clusters": part.clusters, "columns": columns}


def profile(document: object, where: str) -> Profile:
    """The profile that a JSON document holds.

    Raises InputError naming `where` and the member: E-DRF-001 another version, E-DRF-002 not whole or not consistent.
    """
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, dict) else type(document).__name__
        message = f"expected a profile of schema {SCHEMA}, got {str(found)[:80]!r}."
        raise InputError("E-DRF-001", message, where=where, fix=_FIX)
    try:
        return _profile(document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError("E-DRF-002", f"is not a whole profile: {error!s:.160}.", where=where, fix=_FIX) from None


def part(document: Mapping[str, Any], columns: Mapping[str, Column], *, whole: bool = True) -> Part:
    """One part from its JSON object; `whole` when every row has every column, be it null.

    Raises KeyError, TypeError or ValueError saying which member is wrong.
    """
    rows, clusters = _count(document, "rows"), _count(document, "clusters")
    if clusters > rows:
        raise ValueError(f"{clusters} clusters in {rows} rows")
    return Part(
        rows=rows,
        clusters=clusters,
        columns={
            name: _summary(document["columns"][name], column, rows if whole else None, name)
            for name, column in columns.items()
        },
    )


def _profile(document: Mapping[str, Any]) -> Profile:
    total = document["total"]
    columns = {name: _column(given, total["columns"][name], name) for name, given in document["columns"].items()}
    products = {name: _products(given, columns[name], name) for name, given in document.get("products", {}).items()}
    cluster = document["cluster"]
    if cluster is not None and not isinstance(cluster, str):
        raise TypeError("cluster is neither a name nor null")
    return Profile(
        cluster=cluster,
        columns=columns,
        total=part(total, columns),
        periods={name: part(given, columns) for name, given in document.get("months", {}).items()},
        products=products,
    )


def _described(column: Column) -> dict[str, Any]:
    edges = {"edges": list(column.edges)} if column.kind == "number" else {}
    return {"kind": column.kind, "role": column.role, **edges}


def _column(given: Mapping[str, Any], total: Mapping[str, Any], name: str) -> Column:
    kind, role = given["kind"], given["role"]
    if kind not in _KINDS or role not in _ROLES:
        raise ValueError(f"{name[:80]!r} has kind {kind!r:.40} and role {role!r:.40}")
    edges = tuple(float(edge) for edge in given.get("edges", ()))
    if not all(map(math.isfinite, edges)) or any(a >= b for a, b in pairwise(edges)):
        raise ValueError(f"edges of {name[:80]!r} do not ascend")
    words = tuple(sorted(total["counts"])) if kind == "category" else ()
    return Column(kind=kind, role=role, edges=edges, words=words)


def _products(given: Any, column: Column, name: str) -> NDArray[np.float64]:
    matrix = np.array(given, dtype=np.float64)
    most = len(column.edges) + 1 if column.kind == "number" else len(column.words) + 1
    if matrix.size == 0:
        return np.zeros((0, 0))
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) > most or not np.isfinite(matrix).all():
        raise ValueError(f"products of {name[:80]!r} are no square of at most {most} finite numbers")
    return matrix


def _summary_document(summary: Summary) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if isinstance(summary, Numbers):
        moments = summary.moments
        told = {"counts": list(summary.counts), "nulls": summary.nulls, "mean": moments.mean, "m2": moments.m2}
        told |= {"min": moments.low, "max": moments.high}
        told |= {"infinite": summary.infinite} if summary.infinite else {}
    elif isinstance(summary, Words):
        told = {"counts": {word: rows for word, rows in summary.counts.items() if rows}, "nulls": summary.nulls}
        if summary.other:
            told |= {"other": summary.other, "other_clusters": summary.other_clusters}
            told |= {"examples": dict(summary.examples)}
    else:
        told = {"nulls": summary.nulls}
    return told | ({"null_clusters": summary.null_clusters} if summary.nulls and summary.null_clusters else {})


def _summary(given: Mapping[str, Any], column: Column, rows: int | None, name: str) -> Summary:
    reading: Mapping[str, Callable[[Mapping[str, Any], Column], tuple[Summary, int]]] = {
        "number": _numbers,
        "category": _words,
        "other": _opaque,
    }
    summary, values = reading[column.kind](given, column)
    if rows is not None and column.kind != "other" and values + summary.nulls != rows:
        raise ValueError(f"counts of {name[:80]!r} add up to {values + summary.nulls}, not to {rows} rows")
    return summary


def _numbers(given: Mapping[str, Any], column: Column) -> tuple[Summary, int]:
    counts = tuple(_whole(number) for number in given["counts"])
    if len(counts) != len(column.edges) + 1:
        raise ValueError(f"{len(counts)} counts for {len(column.edges)} edges")
    infinite = _whole(given.get("infinite", 0))
    finite = sum(counts) - infinite
    moments = Moments(
        count=finite,
        mean=_finite(given["mean"]),
        m2=_finite(given["m2"]),
        low=_finite(given["min"]) if finite else None,
        high=_finite(given["max"]) if finite else None,
    )
    summary = Numbers(
        counts=counts,
        nulls=_count(given, "nulls"),
        null_clusters=_clusters(given, "nulls", "null_clusters"),
        infinite=infinite,
        moments=moments,
    )
    return summary, sum(counts)


def _words(given: Mapping[str, Any], column: Column) -> tuple[Summary, int]:
    counts = {word: _whole(given["counts"].get(word, 0)) for word in column.words}
    other = _whole(given.get("other", 0))
    summary = Words(
        counts=counts,
        nulls=_count(given, "nulls"),
        null_clusters=_clusters(given, "nulls", "null_clusters"),
        other=other,
        other_clusters=_clusters(given, "other", "other_clusters"),
        examples={str(word): _whole(rows) for word, rows in given.get("examples", {}).items()},
    )
    return summary, sum(counts.values()) + other


def _opaque(given: Mapping[str, Any], _: Column) -> tuple[Summary, int]:
    return Opaque(nulls=_count(given, "nulls"), null_clusters=_clusters(given, "nulls", "null_clusters")), 0


def _clusters(given: Mapping[str, Any], rows: str, clusters: str) -> int | None:
    """No rows are in no clusters; otherwise None where nobody counted."""
    if not given.get(rows, 0):
        return 0
    number = given.get(clusters)
    return None if number is None else _whole(number)


def _count(given: Mapping[str, Any], member: str) -> int:
    return _whole(given[member])


def _whole(number: object) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ValueError(f"{number!r:.40} is not a count")
    return number


def _finite(number: object) -> float:
    if not isinstance(number, int | float) or isinstance(number, bool) or not math.isfinite(number):
        raise ValueError(f"{number!r:.40} is not a finite number")
    return float(number)
