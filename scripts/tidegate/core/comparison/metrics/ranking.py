"""Metrics of the order that scores put rows in: sorted once, never inside a draw.

`value` is the first-order expansion in the row weights (for AUC the placements of DeLong, DeLong and Clarke-Pearson
1988), exact at the sample itself; `exact` recomputes the metric for given row weights on the order found once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tidegate.core.comparison.metrics.form import Form, Metric, Outcome, Units, ratio, unseen_share
from tidegate.core.comparison.metrics.probabilities import binary
from tidegate.core.comparison.metrics.scored import Scored, scored
from tidegate.core.comparison.samples.sample import Floats


def auc(outcome: Outcome) -> Form:
    """Area under the ROC curve: share of (positive, negative) pairs in the right order, ties half."""
    return area_of(scored(*binary(outcome), outcome.weight))


def area_of(rows: Scored) -> Form:
    """The area as a form of four sums: weight of positives and of negatives, and what each of them won."""
    here = float(area(*rows.groups()))

    def sums(units: Units) -> Floats:
        hits, misses = rows.groups()
        lost, won = rows.to_rows(_placed(misses)), rows.to_rows(_placed(hits))
        del hits, misses
        positives, negatives = rows.positives, rows.negatives
        won *= negatives
        lost *= positives
        np.subtract(positives, lost, out=lost)
        return units.totals((positives, negatives, lost, won), rows.rows)

    def value(sums: Floats) -> Floats:
        return ratio(sums[..., 2], sums[..., 0]) + ratio(sums[..., 3], sums[..., 1]) - here

    return Form(sums=sums, value=value, exact=lambda weights: area(*rows.groups(weights)), unseen=_unseen(rows, here))


def _placed(groups: Floats) -> Floats:
    """For each score, the share of rows above it, those at it half; NaN where there are none at all."""
    total = groups.sum()
    found = np.cumsum(groups)
    found -= groups / 2
    found /= total if total else np.nan
    return found


def average_precision(outcome: Outcome) -> Form:
    """Mean over positives of the precision at their score (no interpolation); undefined without positives."""
    rows = scored(*binary(outcome), outcome.weight)
    here = float(_precision(*rows.groups()))

    def sums(units: Units) -> Floats:
        hits, misses = rows.groups()
        total = float(hits.sum() + misses.sum())
        of_positives, of_negatives = _influence(hits, misses, here)
        del hits, misses
        influence = rows.positives * rows.to_rows(of_positives)
        influence += rows.negatives * rows.to_rows(of_negatives)
        influence *= total
        return units.totals((rows.positives + rows.negatives, influence), rows.rows)

    def value(sums: Floats) -> Floats:
        return here + ratio(sums[..., 1], sums[..., 0])

    return Form(
        sums=sums, value=value, exact=lambda weights: _precision(*rows.groups(weights)), unseen=_unseen(rows, here)
    )


def area(hits: Floats, misses: Floats) -> Floats:
    """Area under the curve from the weight of positives and negatives at each score (last axis), highest first."""
    above = np.cumsum(hits, axis=-1)
    pairs = np.einsum("...g,...g->...", misses, above) - np.einsum("...g,...g->...", misses, hits) / 2
    return ratio(pairs, hits.sum(axis=-1) * misses.sum(axis=-1))


def _unseen(rows: Scored, value: float) -> Callable[[Floats, float, int], tuple[float, float]]:
    """Both a share of positives and a share of negatives could rank where none was seen to."""
    fewest = rows.fewest

    def bounds(_: Floats, tail: float, units: int) -> tuple[float, float]:
        seen = (1 - unseen_share(tail, min(units, fewest))) ** 2
        return value * seen, 1 - (1 - value) * seen

    return bounds


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
