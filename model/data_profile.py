"""Summarise data so that later data can be compared with it without keeping a row: counts that add up.

The format is described in README.md, "The profile". Everything in a part can be merged with another part over the
same edges, so months add up to the total, and a later window can be read in pieces, on as many machines as it takes.
"""

from __future__ import annotations

import math
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

Part = dict[str, Any]
QUANTILES = np.array([0.01, 0.05, *np.arange(1, 10) / 10, 0.95, 0.99])
"""Tenths, and the tails: tenths alone cannot see that one row in ten has become an outlier."""


def profile(table: pa.Table, roles: Mapping[str, str], time: str) -> dict[str, Any]:
    """The profile of the columns in `roles` (column → feature, label or prediction); `time` gives day and month."""
    moment = table[time].to_numpy()
    days, months = moment.astype("datetime64[D]"), moment.astype("datetime64[M]")
    edges = {name: quantiles(table[name]) for name in roles if _is_number(table[name])}
    parts = {
        str(month): part(table.select(list(roles)).filter(months == month), edges, days[months == month])
        for month in np.unique(months)
    }
    total = reduce(merge, parts.values())
    return {
        "schema": 1,
        "cluster": "date",
        "columns": {
            name: {"kind": "number", "role": role, "edges": edges[name]}
            if name in edges
            else {"kind": "category", "role": role}
            for name, role in roles.items()
        },
        "total": total,
        "months": parts,
        "products": {name: products(table[name], edges.get(name), days) for name in roles},
    }


def quantiles(column: pa.ChunkedArray) -> list[float]:
    """The values at `QUANTILES`, each one that occurs in the column; fewer where one value is at several of them."""
    values = column.cast(pa.float64()).to_numpy()  # null becomes NaN
    known = values[~np.isnan(values)]
    if not len(known):
        return []
    return [float(edge) for edge in np.unique(np.quantile(known, QUANTILES, method="inverted_cdf"))]


def part(table: pa.Table, edges: Mapping[str, list[float]], days: NDArray[np.datetime64]) -> Part:
    """Counts of some rows. `days` says which day each row belongs to."""
    return {
        "rows": table.num_rows,
        "clusters": len(np.unique(days)),
        "columns": {
            name: _number(table[name], edges[name]) if name in edges else _category(table[name])
            for name in table.column_names
        },
    }


def merge(one: Part, other: Part) -> Part:
    """The part that describes the rows of both, provided that no day is split between them."""
    return {
        "rows": one["rows"] + other["rows"],
        "clusters": one["clusters"] + other["clusters"],
        "columns": {name: _merge_column(column, other["columns"][name]) for name, column in one["columns"].items()},
    }


def products(column: pa.ChunkedArray, edges: list[float] | None, days: NDArray[np.datetime64]) -> list[list[int]]:
    """Σ over days of (the day's count in bin i) × (in bin j): with the counts, how much days differ from each other."""
    place, width = (_places(column, edges), len(edges) + 1) if edges is not None else _word_places(column)
    _, day = np.unique(days, return_inverse=True)
    seen = place >= 0
    per_day = np.zeros((day.max() + 1, width), dtype=np.int64)
    np.add.at(per_day, (day[seen], place[seen]), 1)
    result: list[list[int]] = (per_day.T @ per_day).tolist()
    return result


def _is_number(column: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_floating(column.type) or pa.types.is_integer(column.type))


def _number(column: pa.ChunkedArray, edges: list[float]) -> dict[str, Any]:
    """Bin i holds edges[i-1] < value <= edges[i]; the first and the last are open. NaN counts as null."""
    place = _places(column, edges)
    values = column.cast(pa.float64()).to_numpy()[place >= 0].tolist()
    mean = math.fsum(values) / len(values) if values else 0.0
    return {
        "counts": np.bincount(place[place >= 0], minlength=len(edges) + 1).tolist(),
        "nulls": int((place < 0).sum()),
        "mean": mean,
        "m2": math.fsum((value - mean) ** 2 for value in values),
        "min": min(values, default=None),
        "max": max(values, default=None),
    }


def _places(column: pa.ChunkedArray, edges: list[float]) -> NDArray[np.int64]:
    values = column.cast(pa.float64()).to_numpy()
    return np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="left"))


def _category(column: pa.ChunkedArray) -> dict[str, Any]:
    words = _words(column)
    counts = {word: words.count(word) for word in sorted({word for word in words if word is not None})}
    return {"counts": counts, "nulls": words.count(None)}


def _word_places(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], int]:
    """Each row's place in the sorted words (null: -1), and how many words there are."""
    words = _words(column)
    known = sorted({word for word in words if word is not None})
    return np.array([-1 if word is None else known.index(word) for word in words]), len(known)


def _words(column: pa.ChunkedArray) -> list[str | None]:
    words: list[str | None] = pc.cast(column, pa.string()).to_pylist()
    return words


def _merge_column(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    nulls = {"nulls": one["nulls"] + other["nulls"]}
    if "m2" not in one:
        words = sorted(one["counts"].keys() | other["counts"].keys())
        return {"counts": {word: one["counts"].get(word, 0) + other["counts"].get(word, 0) for word in words}, **nulls}
    counts = [a + b for a, b in zip(one["counts"], other["counts"], strict=True)]
    return {"counts": counts, **nulls, **_merge_moments(one, other)}


def _merge_moments(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Mean and sum of squared deviations of two groups together: Chan, Golub & LeVeque 1983."""
    here, there = sum(one["counts"]), sum(other["counts"])
    if not here or not there:
        return {key: (one if here else other)[key] for key in ("mean", "m2", "min", "max")}
    apart = other["mean"] - one["mean"]
    return {
        "mean": one["mean"] + apart * there / (here + there),
        "m2": one["m2"] + other["m2"] + apart * apart * here * there / (here + there),
        "min": min(one["min"], other["min"]),
        "max": max(one["max"], other["max"]),
    }
