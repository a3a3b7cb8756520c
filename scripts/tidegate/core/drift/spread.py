"""How far a window without drift strays from the reference by chance: the covariance of its shares.

Rows of one day are alike. A test that takes them as independent alarms in every window. So the spread is learnt from
the reference itself: how much its clusters (days, users) differ from one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tidegate.core.drift.cells import Reference, Sample
from tidegate.core.drift.distances import shares

Matrix = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Spread:
    """`covariance` of the difference between the window's shares and the base's, shape (cells, cells).

    `freedom`: from how many independent pieces it was learnt, less one; infinite where it follows from the counts.
    `effective` and `base_effective`: how many independent rows the window and the base are worth.
    """

    covariance: Matrix
    freedom: float
    effective: float
    base_effective: float


def multinomial(p: Matrix) -> Matrix:
    """Covariance of one row's cell indicators, for shares `p`."""
    return np.asarray(np.diag(p) - np.outer(p, p))


def spread(reference: Reference, base: Sample, window: Sample) -> Spread:
    """The spread of the window's shares about those of `base`: the whole reference, or a part of it."""
    if reference.products is None:
        p = shares(reference.whole.counts + window.counts)
        covariance = multinomial(p) * (1 / window.rows + 1 / base.rows)
        return Spread(covariance=covariance, freedom=np.inf, effective=window.rows, base_effective=base.rows)
    one = _one_cluster(reference)
    of_window, of_base = (_of_clusters(reference, sample, one) for sample in (window, base))
    return Spread(
        covariance=of_window + of_base,
        freedom=max(reference.whole.clusters - 1, 1),
        effective=_effective(of_window, reference.whole, window.rows),
        base_effective=_effective(of_base, reference.whole, base.rows),
    )


def _of_clusters(reference: Reference, sample: Sample, one: Matrix) -> Matrix:
    """Covariance of a sample's shares; clusters that are smaller than the reference's are noisier."""
    usual = reference.whole.rows / reference.whole.clusters
    noise = max(0.0, 1 / sample.rows - 1 / (sample.clusters * usual))
    return one / sample.clusters + multinomial(shares(reference.whole.counts)) * noise


def _one_cluster(reference: Reference) -> Matrix:
    """Covariance of one cluster's contribution to the shares: the ratio estimator's linearisation (Cochran 1977)."""
    products, clusters = reference.products, reference.whole.clusters
    if products is None:
        raise ValueError("no products, so no spread of clusters")
    p = shares(reference.whole.counts)
    with_size = products.sum(axis=1)
    squares = products - np.outer(p, with_size) - np.outer(with_size, p) + np.outer(p, p) * with_size.sum()
    usual = reference.whole.rows / clusters
    return np.asarray(squares / (max(clusters - 1, 1) * usual**2))


def _effective(covariance: Matrix, whole: Sample, rows: float) -> float:
    """Rows over Rao and Scott's (1981) mean design effect: independent rows with as large a covariance."""
    p = shares(whole.counts)
    there = p > 0
    size = float((np.diag(covariance)[there] / p[there]).sum())
    return min(rows, max(float(there.sum()) - 1, 1.0) / size) if size else rows
