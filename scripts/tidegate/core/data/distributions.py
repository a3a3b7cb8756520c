"""One column's distribution on one side of a comparison, and how far two of them are apart.

Distances are between 0 and 1 whatever the unit: Kolmogorov–Smirnov for numbers and times, Jensen–Shannon (its square
root, base 2: a metric) for categories.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tidegate.core.data.findings import shown

Kind = Literal["numeric", "time", "category"]
Numbers = NDArray[np.float64]
_TOLD = 4


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column on one side.

    `values`: finite numbers, or seconds since 1970 for times. `counts`: rows by category. `missing` counts nulls and
    what is no finite number.
    """

    kind: Kind
    rows: int
    missing: int
    values: Numbers | None = None
    counts: Mapping[str, int] | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to compare."""
        return self.rows == self.missing


def distance(one: Column, other: Column) -> float | None:
    """The distance between two sides of one kind, None when a side has no values or the kinds differ."""
    if one.empty or other.empty or one.kind != other.kind:
        return None
    if one.counts is not None and other.counts is not None:
        return jensen_shannon(one.counts, other.counts)
    if one.values is not None and other.values is not None:
        return kolmogorov_smirnov(one.values, other.values)
    return None


def kolmogorov_smirnov(one: Numbers, other: Numbers) -> float:
    """Largest distance between two empirical distribution functions, 0 to 1. Both must be non-empty and finite."""
    one, other = np.sort(one), np.sort(other)
    points = np.concatenate([one, other])
    below_one = np.searchsorted(one, points, side="right") / len(one)
    below_other = np.searchsorted(other, points, side="right") / len(other)
    return float(np.abs(below_one - below_other).max())


def jensen_shannon(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    """Jensen–Shannon distance (base 2) between two distributions given as counts, 0 to 1. Both must be non-empty.

    The square root of the divergence of Lin (1991), a metric by Endres and Schindelin (2003).
    """
    names = sorted(set(one) | set(other))
    p, q = (np.array([side.get(name, 0) for name in names], dtype=np.float64) for side in (one, other))
    p, q = p / p.sum(), q / q.sum()
    if np.array_equal(p, q):
        return 0.0
    middle = (p + q) / 2
    divergence = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    return float(np.sqrt(min(max(divergence, 0.0), 1.0)))


def _relative_entropy(p: Numbers, q: Numbers) -> float:
    there = p > 0
    return float((p[there] * np.log2(p[there] / q[there])).sum())


def summary(column: Column) -> str:
    """A side in a few words: the most frequent categories, the span of times, median and the middle 80 % of numbers."""
    if column.counts is not None:
        ranked = sorted(column.counts.items(), key=lambda item: (-item[1], item[0]))
        total = sum(column.counts.values())
        told = ", ".join(f"{shown(name)} {count / total:.0%}" for name, count in ranked[:_TOLD])
        return told + (f" and {len(ranked) - _TOLD} more" if len(ranked) > _TOLD else "")
    values = column.values if column.values is not None else np.empty(0)
    if column.kind == "time":
        return " to ".join(_time(edge) for edge in (values.min(), values.max()))
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9))
    return f"median {middle:.4g}, 80% from {low:.4g} to {high:.4g}"


def _time(seconds: float) -> str:
    """To the minute; NumPy's times reach as far as the data's, Python's end with the year 9999."""
    return str(np.datetime64(int(seconds), "s").astype("datetime64[m]")).replace("T", " ")


def numbers(values: Numbers) -> dict[str, float]:
    """Rows, mean, sample standard deviation (0 for one row) and three quantiles (linear)."""
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    return {
        "rows": len(values),
        "mean": float(values.mean()),
        "std": float(values.std(ddof=1)) if len(values) > 1 else 0.0,
        "p05": float(low),
        "p50": float(middle),
        "p95": float(high),
    }
