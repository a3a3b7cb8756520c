"""Rows of a hold-out as the metrics see them: truth, what one or two models said, and what may not be torn apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Coded:
    """A column of texts: `labels[code]` for each row; `labels` are sorted and distinct."""

    codes: Ints
    labels: tuple[str, ...]

    def take(self, rows: Ints | Mask) -> Coded:
        """The column for some rows, in the order given."""
        return replace(self, codes=self.codes[rows])

    def texts(self) -> NDArray[Any]:
        """The column written out, one text per row."""
        return np.asarray(self.labels, dtype=object)[self.codes]


@dataclass(frozen=True, kw_only=True)
class Output:
    """What one model said: a number or a class per row, and one score per row and class (class label → column).

    Where rows have any number of labels, the class is the set of them. For forecasts by quantiles the scores are the
    quantiles (level → column), and the prediction is the median if there is one.
    """

    prediction: Floats | Coded | None = None
    scores: Mapping[str, Floats] = field(default_factory=dict)

    def take(self, rows: Ints | Mask) -> Output:
        """The same for some rows, in the order given."""
        prediction = None if self.prediction is None else _take(self.prediction, rows)
        return Output(prediction=prediction, scores={label: score[rows] for label, score in self.scores.items()})


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """One predictions file, rows in its own order: `name` for messages, the file's `digest`, `ids` numbers or texts.

    `slices`: columns whose values are slices; `numbers`: columns that are sliced at quantiles, NaN where missing.
    `labels`: the names of all labels where a row has any number of them.
    """

    ids: NDArray[Any]
    truth: Floats | Coded
    output: Output
    cluster: Coded | None = None
    weight: Floats | None = None
    slices: Mapping[str, Coded] = field(default_factory=dict)
    numbers: Mapping[str, Floats] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    name: str = "predictions"
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Rows in the order of their ids with what both models said about them (`champion` None: there is no champion)."""

    ids: NDArray[Any]
    truth: Floats | Coded
    candidate: Output
    champion: Output | None
    cluster: Coded | None = None
    weight: Floats | None = None
    slices: Mapping[str, Coded] = field(default_factory=dict)
    numbers: Mapping[str, Floats] = field(default_factory=dict)
    positive: str | None = None
    labels: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.ids)

    def take(self, rows: Ints | Mask) -> Sample:
        """The sample of some rows only."""
        return replace(
            self,
            ids=self.ids[rows],
            truth=_take(self.truth, rows),
            candidate=self.candidate.take(rows),
            champion=None if self.champion is None else self.champion.take(rows),
            cluster=None if self.cluster is None else self.cluster.take(rows),
            weight=None if self.weight is None else self.weight[rows],
            slices={name: column.take(rows) for name, column in self.slices.items()},
            numbers={name: column[rows] for name, column in self.numbers.items()},
        )


def _take(column: Floats | Coded, rows: Ints | Mask) -> Floats | Coded:
    return column.take(rows) if isinstance(column, Coded) else column[rows]


def coded(texts: NDArray[Any] | list[str]) -> Coded:
    """Code a column of texts."""
    labels, codes = np.unique(np.asarray(texts, dtype=object).astype(str), return_inverse=True)
    return Coded(codes=codes.astype(np.int64), labels=tuple(labels.tolist()))
