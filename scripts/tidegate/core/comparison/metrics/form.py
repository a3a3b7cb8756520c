"""The form that makes a metric cheap to resample: sums over rows, and the metric as a function of those sums.

A resample changes how often each unit (row, cluster, block or cell) counts. A metric that depends on rows only through
sums therefore needs one pass over the rows, whatever the number of draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tidegate.core.comparison.sample import Coded, Floats, Ints
from tidegate.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Truth and what one model said, for one metric. `weight` None: all rows weigh 1."""

    truth: Floats | Coded
    prediction: Floats | Coded | None = None
    scores: Mapping[str, Floats] = field(default_factory=dict)
    weight: Floats | None = None
    positive: str | None = None


@dataclass(frozen=True, kw_only=True)
class Units:
    """What is drawn: `count` units; `codes` says to which each row belongs, None when every row is a unit."""

    count: int
    codes: Ints | None = None

    def total(self, column: Floats) -> Floats:
        """Sum of a per-row column in each unit, shape (units,)."""
        if self.codes is None:
            return column
        return np.bincount(self.codes, weights=column, minlength=self.count).astype(np.float64, copy=False)

    def tally(self, classes: Coded, weight: Floats | None) -> Floats:
        """Weight of each class in each unit, shape (units, classes)."""
        width = len(classes.labels)
        codes = np.arange(self.count) if self.codes is None else self.codes
        flat = np.bincount(codes * width + classes.codes, weights=weight, minlength=self.count * width)
        return flat.reshape(self.count, width).astype(np.float64)


@dataclass(frozen=True, kw_only=True)
class Form:
    """One metric of one model on given rows.

    `sums`: the sums in each unit, shape (units, k). `value`: (..., k) sums → (...) metric, NaN where undefined.
    `exact`: where `value` is only the first-order expansion about the sample, the metric itself for row weights of
    shape (draws, rows).
    `unseen`: lowest and highest value that the sample does not rule out although it shows no variation at all, for its
    sums (k,), a tail probability and a number of units; None where values are unbounded.
    """

    sums: Callable[[Units], Floats]
    value: Callable[[Floats], Floats]
    exact: Callable[[Floats], Floats] | None = None
    unseen: Callable[[Floats, float, int], tuple[float, float]] | None = None


Metric = Callable[[Outcome], Form]


def of_columns(columns: Sequence[Callable[[], Floats]], value: Callable[[Floats], Floats]) -> Form:
    """A form whose sums are totals of per-row columns, made one at a time so that memory stays flat."""
    return Form(sums=lambda units: np.stack([units.total(column()) for column in columns], axis=-1), value=value)


def weigh(outcome: Outcome, column: Floats) -> Floats:
    """The column times the rows' weights."""
    return column if outcome.weight is None else column * outcome.weight


def ratio(above: Floats, below: Floats, otherwise: float = np.nan) -> Floats:
    """`above / below`, and `otherwise` where `below` is zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below == 0, otherwise, above / np.where(below == 0, 1.0, below))


def unseen_share(tail: float, units: int) -> float:
    """The largest share of cases that would still go unseen in so many units with this probability (rule of three)."""
    return 1.0 - tail ** (1.0 / units) if units else 1.0


def positive_label(outcome: Outcome) -> str:
    """The class that counts as positive: the declared one, else ``1`` of 0 and 1.

    Raises InputError E-MET-017 when it is not declared and not evident, or does not occur as a class.
    """
    labels = classes(outcome.truth).labels
    if outcome.positive is None and set(labels) <= {"0", "1"}:
        return "1"
    if outcome.positive is None:
        raise InputError(
            "E-MET-017",
            f"which of {', '.join(labels[:5])} is the positive class is not declared.",
            fix="Set evaluation.positive in the contract.",
        )
    if outcome.positive not in labels:
        raise InputError(
            "E-MET-017",
            f"positive class {outcome.positive[:80]!r} does not occur; the target has {', '.join(labels[:5])}.",
            fix="Mend evaluation.positive in the contract.",
        )
    return outcome.positive


def numbers(column: Floats | Coded | None) -> Floats:
    """The column as numbers. Raises InputError E-MET-005 when it holds classes or is not there."""
    if isinstance(column, np.ndarray):
        return column
    raise InputError("E-MET-005", "this metric needs a number in every row.", fix="Set evaluation.prediction to one.")


def classes(column: Floats | Coded | None) -> Coded:
    """The column as classes. Raises InputError E-MET-005 when it holds numbers or is not there."""
    if isinstance(column, Coded):
        return column
    raise InputError("E-MET-005", "this metric needs a class in every row.", fix="Set evaluation.prediction to one.")
