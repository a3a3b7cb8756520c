"""Areas under the ROC curves of many classes, averaged: each class against the rest, or every two against each other.

Averages: scikit-learn's (one-vs-rest: Provost and Domingos 2001; one-vs-one: Hand and Till 2001). Where scikit-learn
takes no weights (one-vs-one), each pair's areas and its share of all rows are weighted ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from tidegate.core.comparison.metrics.form import EXACT_ROWS, Form, Metric, Outcome, Units, classes, ratio
from tidegate.core.comparison.metrics.probabilities import check_every_class
from tidegate.core.comparison.metrics.ranking import area, area_of
from tidegate.core.comparison.metrics.scored import Scored, scored
from tidegate.core.comparison.samples.sample import Coded, Floats

_PER_AREA = 4
_Rows = Callable[[Outcome, Coded], list[Scored]]
_Average = Callable[[Floats, Floats, Floats], Floats]


def averaged(rows_of: _Rows, average: _Average) -> Metric:
    """`average` of the areas (last axis), given the weight of positives and negatives behind each of them."""

    def metric(outcome: Outcome) -> Form:
        check_every_class(outcome)
        parts = rows_of(outcome, classes(outcome.truth))
        forms = [area_of(part) for part in parts]

        def sums(units: Units) -> Floats:
            return np.concatenate([form.sums(units) for form in forms], axis=-1)

        def value(sums: Floats) -> Floats:
            apart = [sums[..., at : at + _PER_AREA] for at in range(0, sums.shape[-1], _PER_AREA)]
            areas = [form.value(one) for form, one in zip(forms, apart, strict=True)]
            return average(_last(areas), _last([one[..., 0] for one in apart]), _last([one[..., 1] for one in apart]))

        def exact(weights: Floats) -> Floats:
            groups = [part.groups(weights) for part in parts]
            positives, negatives = (_last([pair[side].sum(axis=-1) for pair in groups]) for side in (0, 1))
            return average(_last([area(*pair) for pair in groups]), positives, negatives)

        def unseen(sums: Floats, tail: float, units: int) -> tuple[float, float]:
            ends = [form.unseen(sums, tail, units) for form in forms if form.unseen is not None]
            positives, negatives = sums[0::_PER_AREA], sums[1::_PER_AREA]
            low, high = (float(average(np.array(side), positives, negatives)) for side in zip(*ends, strict=True))
            return low, high

        return Form(sums=sums, value=value, exact=exact, exact_rows=EXACT_ROWS // len(parts), unseen=unseen)

    return metric


def _last(columns: Sequence[Floats]) -> Floats:
    return np.stack(columns, axis=-1)


def _each_against_the_rest(outcome: Outcome, truth: Coded) -> list[Scored]:
    return [
        scored(outcome.scores[label], truth.codes == code, outcome.weight) for code, label in enumerate(truth.labels)
    ]


def _each_against_each(outcome: Outcome, truth: Coded) -> list[Scored]:
    if len(truth.labels) < 2:
        return _each_against_the_rest(outcome, truth)
    found: list[Scored] = []
    for one, other in combinations(range(len(truth.labels)), 2):
        some = np.flatnonzero((truth.codes == one) | (truth.codes == other))
        found += [
            scored(outcome.scores[truth.labels[code]], truth.codes == code, outcome.weight, some)
            for code in (one, other)
        ]
    return found


def _macro(areas: Floats, _: Floats, __: Floats) -> Floats:
    return np.asarray(areas.mean(axis=-1))


def _by_positives(areas: Floats, positives: Floats, _: Floats) -> Floats:
    return ratio((areas * positives).sum(axis=-1), positives.sum(axis=-1))


def _by_both(areas: Floats, positives: Floats, negatives: Floats) -> Floats:
    both = positives + negatives
    return ratio((areas * both).sum(axis=-1), both.sum(axis=-1))


CLASS_RANKINGS: dict[str, Metric] = {
    "auc_ovr_macro": averaged(_each_against_the_rest, _macro),
    "auc_ovr_weighted": averaged(_each_against_the_rest, _by_positives),
    "auc_ovo_macro": averaged(_each_against_each, _macro),
    "auc_ovo_weighted": averaged(_each_against_each, _by_both),
}
