"""Metrics of rows with any number of labels (Tsoumakas and Katakis 2007). Values: scikit-learn's, ``zero_division=0``.

Averages over labels run over all that the contract declares, whether they occur or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tidegate.core.comparison.metrics.form import (
    Form,
    Metric,
    Outcome,
    Units,
    classes,
    mean_of_column,
    ratio,
    unseen_share,
    weigh,
)
from tidegate.core.comparison.samples.label_sets import members
from tidegate.core.comparison.samples.sample import Floats, Mask
from tidegate.errors import InputError


@dataclass(frozen=True)
class _Tally:
    """Weight of rows where each label (last axis) was true, was said, and was both; `total` of all rows."""

    total: Floats
    true: Floats
    said: Floats
    both: Floats


def by_label(function: Callable[[_Tally], Floats]) -> Metric:
    """A metric of how often each label was true, was said, and was both."""

    def metric(outcome: Outcome) -> Form:
        width = len(_labels(outcome))

        def sums(units: Units) -> Floats:
            columns = [units.total(outcome.weights)]
            for part in ("true", "said", "both"):
                for true, said in _columns(outcome):
                    column = {"true": true, "said": said, "both": true & said}[part]
                    columns.append(units.total(weigh(outcome, column.astype(np.float64))))
            return np.stack(columns, axis=-1)

        def value(sums: Floats) -> Floats:
            parts = (sums[..., 1 + part * width : 1 + (part + 1) * width] for part in range(3))
            return function(_Tally(sums[..., 0], *parts))

        def unseen(sums: Floats, tail: float, units: int) -> tuple[float, float]:
            """A share of rows whose labels are all right, all wrong, or that have none could have gone unseen."""
            share, none, all_of_them = unseen_share(tail, units), np.zeros(width), np.ones(width)
            rows = [(all_of_them, all_of_them), (all_of_them, none), (none, all_of_them), (none, none)]
            new = np.array([np.concatenate([[1.0], true, said, true * said]) for true, said in rows])
            possible = value((1 - share) * sums / sums[0] + share * new)
            return float(np.nanmin(possible)), float(np.nanmax(possible))

        return Form(sums=sums, value=value, unseen=unseen)

    return metric


def by_row(score: Callable[[Floats, Floats, Floats], Floats]) -> Metric:
    """Mean of a row's own score, from how many labels it has, how many were said, and how many were both."""

    def metric(outcome: Outcome) -> Form:
        _labels(outcome)

        def scores() -> Floats:
            true, said, both = (np.zeros(outcome.rows) for _ in range(3))
            for one, other in _columns(outcome):
                true += one
                said += other
                both += one & other
            return score(true, said, both)

        return mean_of_column(outcome, scores, (0.0, 1.0))

    return metric


def _labels(outcome: Outcome) -> tuple[str, ...]:
    if outcome.labels:
        return outcome.labels
    raise InputError(
        "E-MET-005", "this metric needs any number of labels in every row.", fix="Declare them as evaluation.labels."
    )


def _columns(outcome: Outcome) -> Iterator[tuple[Mask, Mask]]:
    """For each label, which rows truly have it and which were said to."""
    truth, said = classes(outcome.truth), classes(outcome.prediction)
    for name in outcome.labels:
        yield members(truth, name)[truth.codes], members(said, name)[said.codes]


def _macro(per_label: Callable[[_Tally], Floats]) -> Callable[[_Tally], Floats]:
    return lambda tally: np.asarray(per_label(tally).mean(axis=-1))


def _precision(tally: _Tally) -> Floats:
    return ratio(tally.both, tally.said, 0.0)


def _recall(tally: _Tally) -> Floats:
    return ratio(tally.both, tally.true, 0.0)


def _f1(tally: _Tally) -> Floats:
    return ratio(2 * tally.both, tally.true + tally.said, 0.0)


def _f1_weighted(tally: _Tally) -> Floats:
    return ratio((_f1(tally) * tally.true).sum(axis=-1), tally.true.sum(axis=-1), 0.0)


def _micro(per_label: Callable[[_Tally], Floats]) -> Callable[[_Tally], Floats]:
    return lambda tally: per_label(
        _Tally(tally.total, tally.true.sum(axis=-1), tally.said.sum(axis=-1), tally.both.sum(axis=-1))
    )


def _hamming(tally: _Tally) -> Floats:
    wrong = (tally.true + tally.said - 2 * tally.both).sum(axis=-1)
    return ratio(wrong, tally.total * tally.true.shape[-1])


def _all_right(true: Floats, said: Floats, both: Floats) -> Floats:
    return np.asarray((true == both) & (said == both), dtype=np.float64)


LABEL_SETS: dict[str, Metric] = {
    "accuracy": by_row(_all_right),
    "subset_accuracy": by_row(_all_right),
    "hamming_loss": by_label(_hamming),
    "precision_micro": by_label(_micro(_precision)),
    "recall_micro": by_label(_micro(_recall)),
    "f1_micro": by_label(_micro(_f1)),
    "f1_samples": by_row(lambda true, said, both: ratio(2 * both, true + said, 0.0)),
    "precision_macro": by_label(_macro(_precision)),
    "recall_macro": by_label(_macro(_recall)),
    "f1_macro": by_label(_macro(_f1)),
    "f1_weighted": by_label(_f1_weighted),
}
