"""How far two distributions over the same cells are apart. Counts of any size in, one number out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Shares = NDArray[np.float64]
_EMPTY_SHARE = 1e-4
"""What an empty cell counts as in the PSI, which is infinite otherwise; the value that Evidently uses."""


def shares(counts: ArrayLike) -> Shares:
    """Counts over their sum, shape kept. Raises ZeroDivisionError where there is nothing to share."""
    numbers = np.asarray(counts, dtype=np.float64)
    total = numbers.sum()
    if not total:
        raise ZeroDivisionError("no rows, so no shares")
    return np.asarray(numbers / total)


def jensen_shannon(one: Shares, other: Shares) -> NDArray[np.float64]:
    """Jensen–Shannon distance, base 2, 0 to 1, over the last axis: the root of Lin's (1991) divergence."""
    middle = (one + other) / 2
    divergence = (_relative_entropy(one, middle) + _relative_entropy(other, middle)) / 2
    return np.asarray(np.sqrt(np.clip(divergence, 0.0, 1.0)))


def _relative_entropy(p: Shares, q: Shares) -> NDArray[np.float64]:
    p, q = np.broadcast_arrays(p, q)
    ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)
    return np.asarray((p * np.log2(ratio)).sum(axis=-1))


def population_stability(one: Shares, other: Shares) -> float:
    """Population stability index: Σ (p − q)·ln(p/q), with empty cells taken as 0.0001."""
    p, q = (np.where(side > 0, side, _EMPTY_SHARE) for side in (one, other))
    return float(((p - q) * np.log(p / q)).sum())


def kolmogorov_smirnov(one: Shares, other: Shares) -> tuple[float, float]:
    """Lower and upper bound of the Kolmogorov–Smirnov distance of values of which only the bins are known.

    Between two edges the distribution functions are only known to rise, so the distance there is at most that of one's
    value at the bin's end to the other's at its beginning.
    """
    below_one, below_other = (np.concatenate([[0.0], np.cumsum(side)]) for side in (one, other))
    least = np.abs(below_one - below_other).max()
    most = max(np.abs(below_one[1:] - below_other[:-1]).max(), np.abs(below_one[:-1] - below_other[1:]).max())
    return float(min(least, 1.0)), float(min(max(least, most), 1.0))


def wasserstein(one: Shares, other: Shares, edges: Shares, apart: float) -> float:
    """Earth mover's distance in the values' unit: the area between the distribution functions from edge to edge.

    They are known at the edges and straight between them. What lies beyond the last edges is not known, so the
    difference of the means, `apart`, is taken where it is larger: no distance is smaller, and that of a mere shift is
    no larger.
    """
    at_edges = np.cumsum(one - other)[:-1]
    left, right, width = at_edges[:-1], at_edges[1:], np.diff(edges)
    steps = np.abs(right - left)
    crossed = np.divide(left**2 + right**2, 2 * steps, out=np.zeros_like(steps), where=steps > 0)
    area = np.where(left * right < 0, crossed, (np.abs(left) + np.abs(right)) / 2)
    return max(float((area * width).sum()), abs(apart))


def pearson(one: ArrayLike, other: ArrayLike) -> float:
    """Pearson's chi-square of a table of two rows of counts, cells that are empty in both left out."""
    table = np.asarray([one, other], dtype=np.float64)
    table = table[:, table.sum(axis=0) > 0]
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    return float(((table - expected) ** 2 / expected).sum())
