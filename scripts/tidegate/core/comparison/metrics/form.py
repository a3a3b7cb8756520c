"""The form that makes a metric cheap to resample: sums over rows, and the metric as a function of those sums.

A resample changes how often each unit (row, cluster, block or cell) counts. A metric that depends on rows only through
sums therefore needs one pass over the rows, whatever the number of draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.core.comparison.samples.sample import Coded, Floats
from tidegate.errors import InputError

EXACT_ROWS = 10_000
"""Up to here a metric of the order of rows is recomputed in every draw; beyond, its first-order expansion is drawn."""
_AT_ONCE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Truth and what one model said, for one metric. `weight` None: all rows weigh 1.

    `cluster`: which rows belong together (for rankings: to one query). `labels`: the names of all labels where a row
    has any number of them (see `label_sets`).
    """

    truth: Floats | Coded
    prediction: Floats | Coded | None = None
    scores: Mapping[str, Floats] = field(default_factory=dict)
    weight: Floats | None = None
    positive: str | None = None
    cluster: Coded | None = None
    labels: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.truth.codes if isinstance(self.truth, Coded) else self.truth)

    @property
    def weights(self) -> Floats:
        """The weight of every row."""
        return np.broadcast_to(np.float64(1), self.rows) if self.weight is None else self.weight


@dataclass(frozen=True, kw_only=True)
class Units:
    """What is drawn: `count` units; `codes` says to which each row belongs, None when every row is a unit."""

    count: int
    codes: NDArray[np.integer[Any]] | None = None

    def total(self, column: Floats) -> Floats:
        """Sum of a per-row column in each unit, shape (units,)."""
        return self.totals([column])[:, 0]

    def totals(self, columns: Sequence[Floats], rows: NDArray[np.integer[Any]] | None = None) -> Floats:
        """Sums of columns in each unit, shape (units, columns); `rows` are those that the columns are of, None all."""
        if self.codes is None and rows is None:
            return np.stack(columns, axis=-1)
        found = np.zeros((self.count, len(columns)))
        for start in range(0, len(columns[0]), _AT_ONCE):  # in parts, because bincount widens its codes to 64 bits
            part = slice(start, start + _AT_ONCE)
            codes = self._codes(part if rows is None else rows[part])
            for place, column in enumerate(columns):
                found[:, place] += np.bincount(codes, weights=column[part], minlength=self.count)
        return found

    def tally(self, classes: Coded, weight: Floats | None) -> Floats:
        """Weight of each class in each unit, shape (units, classes)."""
        width = len(classes.labels)
        flat = np.zeros(self.count * width)
        for start in range(0, len(classes.codes), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            codes = self._codes(part).astype(np.int64) * width + classes.codes[part]
            flat += np.bincount(codes, None if weight is None else weight[part], minlength=self.count * width)
        return flat.reshape(self.count, width)

    def _codes(self, rows: slice | NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
        if self.codes is not None:
            return self.codes[rows]
        return np.arange(self.count)[rows] if isinstance(rows, slice) else rows


@dataclass(frozen=True, kw_only=True)
class Form:
    """One metric of one model on given rows.

    `sums`: the sums in each unit, shape (units, k). `value`: (..., k) sums → (...) metric, NaN where undefined.
    `exact`: where `value` is only the first-order expansion about the sample, the metric itself for row weights of
    shape (draws, rows); worth its time up to `exact_rows` rows.
    `drawn`: where no sums will do, how weights of units, shape (draws, units), become the metric; `value` then holds
    at the sample only.
    `unseen`: lowest and highest value that the sample does not rule out although it shows no variation at all, for its
    sums (k,), a tail probability and a number of units; None where values are unbounded.
    `fact`: a number of these very rows about which resampling says nothing.
    """

    sums: Callable[[Units], Floats]
    value: Callable[[Floats], Floats]
    exact: Callable[[Floats], Floats] | None = None
    exact_rows: int = EXACT_ROWS
    drawn: Callable[[Units], Callable[[Floats], Floats]] | None = None
    unseen: Callable[[Floats, float, int], tuple[float, float]] | None = None
    fact: bool = False


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


def mean_of_column(outcome: Outcome, column: Callable[[], Floats], within: tuple[float, float] | None = None) -> Form:
    """The weighted mean of a per-row column; `within`: the lowest and highest value that a row can have."""
    columns = [lambda: outcome.weights, lambda: weigh(outcome, column())]
    form = of_columns(columns, lambda sums: ratio(sums[..., 1], sums[..., 0]))
    return form if within is None else replace(form, unseen=unseen_of_mean(*within))


def unseen_of_mean(low: float, high: float) -> Callable[[Floats, float, int], tuple[float, float]]:
    """What a mean of values from `low` to `high` could be, for sums of weights and of weighted values."""

    def bounds(sums: Floats, tail: float, units: int) -> tuple[float, float]:
        share, here = unseen_share(tail, units), float(sums[1] / sums[0])
        return (1 - share) * here + share * low, (1 - share) * here + share * high

    return bounds


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
