"""How surprising a difference would be if nothing had changed, and which of many surprises to believe."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, chdtrc, fdtrc

from tidegate.core.drift.cells import Sample
from tidegate.core.drift.distances import shares
from tidegate.core.drift.spread import Spread

FEWEST_EXPECTED = 3.0
"""Independent rows that a cell should hold on both sides; with fewer, sums of squares follow no known law."""


def distribution_p(reference: Sample, window: Sample, spread: Spread, *, ordered: bool) -> float | None:
    """p-value that both samples have the same shares, None where there are not enough rows to tell.

    Pearson's statistic with Rao and Scott's second-order correction for what is not independent, as an F where the
    spread was estimated from few pieces: Rao & Scott (1984); Thomas & Rao (1987).
    """
    groups = pooled(reference, window, spread.effective, ordered=ordered)
    if len(groups) == 1 and np.count_nonzero(reference.counts + window.counts) == 1:
        return 1.0
    if len(groups) < 2:
        return None
    both = groups @ (reference.counts + window.counts)
    apart = groups @ (shares(window.counts) - shares(reference.counts))
    scaled = (groups @ spread.covariance @ groups.T) / shares(both)[:, None]
    expected, squared = float(np.trace(scaled)), float((scaled * scaled.T).sum())
    if expected <= 0 or squared <= 0:
        return None
    ratio, freedom = float((apart**2 / shares(both)).sum()) / expected, expected**2 / squared
    if np.isinf(spread.freedom):
        return float(chdtrc(freedom, freedom * ratio))
    return float(fdtrc(freedom, freedom * spread.freedom, ratio))


def pooled(reference: Sample, window: Sample, effective: float, *, ordered: bool) -> NDArray[np.float64]:
    """Cells joined until each holds enough: a 0/1 matrix, groups × cells.

    Numbers join neighbours, so that order keeps its meaning; categories join their rarest.
    """
    share = shares(reference.counts + window.counts)
    expected = share * min(effective, reference.rows)
    order = np.arange(len(share)) if ordered else np.argsort(-expected, kind="stable")
    groups: list[list[int]] = [[]]
    for cell in order:
        groups[-1].append(int(cell))
        if expected[groups[-1]].sum() >= FEWEST_EXPECTED:
            groups.append([])
    rest = groups.pop()
    if groups:
        groups[-1].extend(rest)
    matrix = np.zeros((len(groups), len(share)))
    for row, cells in enumerate(groups):
        matrix[row, cells] = 1.0
    return matrix


def rate_p(seen: float, rows: float, reference_seen: float, reference_rows: float) -> float:
    """Two-sided p-value that an event is as frequent in the window as in the reference.

    Given how often it was seen in all, the window's part is binomial with the window's share of the rows (Przyborowski
    & Wilenski 1940). Counts may be fractions: rows that are alike count as one. The rarer of event and its absence is
    asked, where the binomial is nearest to the exact law.
    """
    if (seen + reference_seen) * 2 > rows + reference_rows:
        seen, reference_seen = rows - seen, reference_rows - reference_seen
    total, share = seen + reference_seen, rows / (rows + reference_rows)
    if total <= 0:
        return 1.0
    above = float(betainc(seen, total - seen + 1, share)) if seen > 0 else 1.0
    below = float(betainc(reference_seen, seen + 1, 1 - share)) if reference_seen > 0 else 1.0
    return min(1.0, 2 * min(above, below))


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Adjusted p-values: the smallest false-discovery rate at which each is still believed (1995)."""
    if not p:
        return []
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    raised = values[order] * len(values) / np.arange(1, len(values) + 1)
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    return [float(value) for value in adjusted]
