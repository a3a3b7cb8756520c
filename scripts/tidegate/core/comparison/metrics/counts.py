"""Metrics of predicted classes: functions of how often each class was true, was said, and was both.

Values agree with scikit-learn's with ``zero_division=0``; averages run over classes that are true or said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tidegate.core.comparison.metrics.form import (
    Form,
    Metric,
    Outcome,
    Units,
    classes,
    positive_label,
    ratio,
    unseen_share,
)
from tidegate.core.comparison.samples.sample import Coded, Floats

_ALL_CELLS = 30


@dataclass(frozen=True)
class Counts:
    """Per class (last axis): weight of rows where it was true, was said, and was both; `total` has no class axis."""

    true: Floats
    said: Floats
    both: Floats

    @property
    def total(self) -> Floats:
        """Weight of all rows."""
        return np.asarray(self.true.sum(axis=-1))

    def of(self, code: int) -> tuple[Floats, Floats, Floats]:
        """True, said and both for one class."""
        return self.true[..., code], self.said[..., code], self.both[..., code]


def counted(function: Callable[[Counts, int], Floats], *, one_class: bool = False) -> Metric:
    """A metric from counts; `function` gets the code of the positive class when `one_class`, else -1."""

    def metric(outcome: Outcome) -> Form:
        truth, said = same_labels(outcome)
        code = truth.labels.index(_positive(outcome, truth)) if one_class else -1
        width = len(truth.labels)

        def sums(units: Units) -> Floats:
            hit = (truth.codes == said.codes).astype(np.float64)
            both = hit if outcome.weight is None else hit * outcome.weight
            weight = outcome.weight
            return np.hstack([units.tally(truth, weight), units.tally(said, weight), units.tally(truth, both)])

        def value(sums: Floats) -> Floats:
            return function(Counts(*(sums[..., part * width : (part + 1) * width] for part in range(3))), code)

        def unseen(sums: Floats, tail: float, units: int) -> tuple[float, float]:
            share = unseen_share(tail, units)
            possible = value((1 - share) * sums / sums[:width].sum() + share * _cells(width))
            return float(np.nanmin(possible)), float(np.nanmax(possible))

        return Form(sums=sums, value=value, unseen=unseen)

    return metric


def _cells(width: int) -> Floats:
    """Sums of one row in each (true, said) cell; for many classes only right ones and one wrong one per class."""
    true = np.repeat(np.arange(width), width if width <= _ALL_CELLS else 2)
    said = np.tile(np.arange(width), width) if width <= _ALL_CELLS else (true + np.tile([0, 1], width)) % width
    one = np.eye(width)
    return np.hstack([one[true], one[said], one[true] * (true == said)[:, None]])


def same_labels(outcome: Outcome) -> tuple[Coded, Coded]:
    """Truth and predicted class, coded by one set of labels: all that occur in either, and the positive one."""
    truth, said = classes(outcome.truth), classes(outcome.prediction)
    declared = set() if outcome.positive is None else {outcome.positive}
    labels = tuple(sorted({*truth.labels, *said.labels, *declared}))
    return recode(truth, labels), recode(said, labels)


def recode(column: Coded, labels: tuple[str, ...]) -> Coded:
    """The same texts coded by `labels`, which must contain all of the column's."""
    if column.labels == labels:
        return column
    place = {label: code for code, label in enumerate(labels)}
    return Coded(codes=np.array([place[label] for label in column.labels], dtype=np.int64)[column.codes], labels=labels)


def _positive(outcome: Outcome, truth: Coded) -> str:
    positive = positive_label(outcome)
    return positive if positive in truth.labels else truth.labels[-1]


def _accuracy(counts: Counts, _: int) -> Floats:
    return ratio(counts.both.sum(axis=-1), counts.total)


def _balanced_accuracy(counts: Counts, _: int) -> Floats:
    seen = counts.true > 0
    return ratio(ratio(counts.both, counts.true, 0.0).sum(axis=-1), seen.sum(axis=-1))


def _precision(counts: Counts, code: int) -> Floats:
    _, said, both = counts.of(code)
    return ratio(both, said, 0.0)


def _recall(counts: Counts, code: int) -> Floats:
    true, _, both = counts.of(code)
    return ratio(both, true, 0.0)


def _specificity(counts: Counts, code: int) -> Floats:
    true, said, both = counts.of(code)
    return ratio(counts.total - true - said + both, counts.total - true, 0.0)


def _f1(counts: Counts, code: int) -> Floats:
    true, said, both = counts.of(code)
    return ratio(2 * both, true + said, 0.0)


def _jaccard(counts: Counts, code: int) -> Floats:
    true, said, both = counts.of(code)
    return ratio(both, true + said - both, 0.0)


def _macro(per_class: Callable[[Counts], Floats]) -> Callable[[Counts, int], Floats]:
    def average(counts: Counts, _: int) -> Floats:
        seen = counts.true + counts.said > 0
        return ratio(np.where(seen, per_class(counts), 0.0).sum(axis=-1), seen.sum(axis=-1))

    return average


def _f1_per_class(counts: Counts) -> Floats:
    return ratio(2 * counts.both, counts.true + counts.said, 0.0)


def _f1_weighted(counts: Counts, _: int) -> Floats:
    return ratio((_f1_per_class(counts) * counts.true).sum(axis=-1), counts.total)


def _mcc(counts: Counts, _: int) -> Floats:
    """Gorodkin's correlation for any number of classes; 0 where the truth or the predictions are constant."""
    total, hits = counts.total, counts.both.sum(axis=-1)
    both = hits * total - (counts.true * counts.said).sum(axis=-1)
    spread_true = total**2 - (counts.true**2).sum(axis=-1)
    spread_said = total**2 - (counts.said**2).sum(axis=-1)
    return ratio(both, np.sqrt(np.maximum(spread_true, 0) * np.maximum(spread_said, 0)), 0.0)


def _kappa(counts: Counts, _: int) -> Floats:
    """Cohen's kappa; undefined where chance agreement is certain."""
    expected = (counts.true * counts.said).sum(axis=-1)
    return ratio(counts.both.sum(axis=-1) * counts.total - expected, counts.total**2 - expected)


COUNTS: dict[str, Metric] = {
    "accuracy": counted(_accuracy),
    "balanced_accuracy": counted(_balanced_accuracy),
    "precision": counted(_precision, one_class=True),
    "recall": counted(_recall, one_class=True),
    "specificity": counted(_specificity, one_class=True),
    "f1": counted(_f1, one_class=True),
    "jaccard": counted(_jaccard, one_class=True),
    "precision_macro": counted(_macro(lambda counts: ratio(counts.both, counts.said, 0.0))),
    "recall_macro": counted(_macro(lambda counts: ratio(counts.both, counts.true, 0.0))),
    "f1_macro": counted(_macro(_f1_per_class)),
    "f1_weighted": counted(_f1_weighted),
    "mcc": counted(_mcc),
    "kappa": counted(_kappa),
}
