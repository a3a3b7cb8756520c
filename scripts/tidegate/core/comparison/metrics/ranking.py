"""Metrics of the order that scores put rows in: sorted once, never inside a draw.

`value` is the first-order expansion in the row weights (for AUC the placements of DeLong, DeLong and Clarke-Pearson
1988), exact at the sample itself; `exact` recomputes the metric for given row weights on the order found once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tidegate.core.comparison.metrics.form import Form, Metric, Outcome, Units, ratio, unseen_share
from tidegate.core.comparison.metrics.losses import binary
from tidegate.core.comparison.sample import Floats, Ints


@dataclass(frozen=True)
class _Order:
    """Rows from the highest score down, and where each group of equal scores starts in that order."""

    rows: Ints
    starts: Ints

    def sorted(self, column: Floats) -> Floats:
        """A column (last axis: rows) in this order."""
        return np.take(column, self.rows, axis=-1)

    def grouped(self, in_order: Floats) -> Floats:
        """Sums of a sorted column over groups of equal score."""
        distinct = len(self.starts) == len(self.rows)
        return in_order if distinct else np.add.reduceat(in_order, self.starts, axis=-1)

    def spread(self, per_group: Floats) -> Floats:
        """A value per group given to each of its rows, in the rows' own order."""
        column = np.empty(len(self.rows))
        column[self.rows] = np.repeat(per_group, np.diff(self.starts, append=len(self.rows)))
        return column


@dataclass(frozen=True)
class _Scored:
    """Rows in the order of their scores, with the weight of each as a positive and as a negative (one of them 0)."""

    order: _Order
    positives: Floats
    negatives: Floats

    def groups(self, weights: Floats | None = None) -> tuple[Floats, Floats]:
        """Weight of positives and of negatives at each score, highest first, for weights of shape (…, rows)."""
        positives, negatives = self.order.sorted(self.positives), self.order.sorted(self.negatives)
        if weights is None:
            return self.order.grouped(positives), self.order.grouped(negatives)
        drawn = self.order.sorted(weights)
        return self.order.grouped(drawn * positives), self.order.grouped(drawn * negatives)

    def unseen(self, value: float) -> Callable[[Floats, float, int], tuple[float, float]]:
        """Both a share of positives and a share of negatives could rank where none was seen to."""
        fewest = min(int(np.count_nonzero(self.positives)), int(np.count_nonzero(self.negatives)))

        def bounds(_: Floats, tail: float, units: int) -> tuple[float, float]:
            seen = (1 - unseen_share(tail, min(units, fewest))) ** 2
            return value * seen, 1 - (1 - value) * seen

        return bounds


def auc(outcome: Outcome) -> Form:
    """Area under the ROC curve: share of (positive, negative) pairs in the right order, ties half."""
    scored = _scored(outcome)
    hits, misses = scored.groups()
    area = float(_area(hits, misses))
    of_positives = 1 - ratio(np.cumsum(misses) - misses / 2, misses.sum())
    of_negatives = ratio(np.cumsum(hits) - hits / 2, hits.sum())

    def sums(units: Units) -> Floats:
        placed = (
            scored.positives * scored.order.spread(of_positives),
            scored.negatives * scored.order.spread(of_negatives),
        )
        return np.stack([units.total(column) for column in (scored.positives, scored.negatives, *placed)], axis=-1)

    def value(sums: Floats) -> Floats:
        return ratio(sums[..., 2], sums[..., 0]) + ratio(sums[..., 3], sums[..., 1]) - area

    return Form(
        sums=sums, value=value, exact=lambda weights: _area(*scored.groups(weights)), unseen=scored.unseen(area)
    )


def average_precision(outcome: Outcome) -> Form:
    """Mean over positives of the precision at their score (no interpolation); undefined without positives."""
    scored = _scored(outcome)
    hits, misses = scored.groups()
    here = float(_precision(hits, misses))
    total = float(hits.sum() + misses.sum())

    def sums(units: Units) -> Floats:
        of_positives, of_negatives = _influence(hits, misses, here)
        influence = scored.positives * scored.order.spread(of_positives)
        influence += scored.negatives * scored.order.spread(of_negatives)
        return np.stack(
            [units.total(column) for column in (scored.positives + scored.negatives, influence * total)], -1
        )

    def value(sums: Floats) -> Floats:
        return here + ratio(sums[..., 1], sums[..., 0])

    return Form(
        sums=sums, value=value, exact=lambda weights: _precision(*scored.groups(weights)), unseen=scored.unseen(here)
    )


def _scored(outcome: Outcome) -> _Scored:
    score, truth = binary(outcome)
    weight = np.ones(len(score)) if outcome.weight is None else outcome.weight
    rows = np.argsort(-score, kind="stable")
    fresh = np.concatenate([[True], np.diff(score[rows]) < 0])
    return _Scored(_Order(rows, np.flatnonzero(fresh)), truth * weight, (1 - truth) * weight)


def _area(hits: Floats, misses: Floats) -> Floats:
    above = np.cumsum(hits, axis=-1)
    pairs = np.einsum("...g,...g->...", misses, above) - np.einsum("...g,...g->...", misses, hits) / 2
    return ratio(pairs, hits.sum(axis=-1) * misses.sum(axis=-1))


def _precision(hits: Floats, misses: Floats) -> Floats:
    above = np.cumsum(hits, axis=-1)
    precision = ratio(above, above + np.cumsum(misses, axis=-1), 0.0)
    return ratio(np.einsum("...g,...g->...", hits, precision), hits.sum(axis=-1))


def _influence(hits: Floats, misses: Floats, value: float) -> tuple[Floats, Floats]:
    """Derivative of average precision in the weight of a positive and of a negative row at each score."""
    above = np.cumsum(hits)
    reach = above + np.cumsum(misses)
    precision, share = ratio(above, reach, 0.0), ratio(hits, reach, 0.0)
    gain, loss = _to_bottom(share), _to_bottom(share * precision)
    return ratio(precision - value + gain - loss, hits.sum()), -ratio(loss, hits.sum())


def _to_bottom(groups: Floats) -> Floats:
    """For each score, the sum over it and all lower ones."""
    return np.flip(np.cumsum(np.flip(groups)))


RANKING: dict[str, Metric] = {"auc": auc, "average_precision": average_precision}
