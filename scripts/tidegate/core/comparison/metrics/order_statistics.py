"""Metrics of the middle and the end of the errors, which no sums give: sorted once, weights counted in every draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.core.comparison.metrics.form import Form, Metric, Outcome, Units, numbers
from tidegate.core.comparison.samples.grid import gridded
from tidegate.core.comparison.samples.sample import Floats, Ints

_ROWS_PER_BIN = 4_096
_MOST_BINS = 512
_AT_ONCE = 4_000_000


def median_absolute_error(outcome: Outcome) -> Form:
    """Weighted median of the absolute errors, the mean of both middles where there are two.

    Hyndman and Fan 1996, definition 2 ("averaged inverted distribution function"), as scikit-learn has it.
    """
    errors = np.abs(numbers(outcome.truth) - numbers(outcome.prediction))
    order = np.argsort(errors, kind="stable")
    middle = _Middle(errors=errors[order], weight=outcome.weights[order], order=order)
    here = middle.drawn(Units(count=1, codes=np.zeros(len(errors), dtype=np.int64)))(np.ones((1, 1)))[0]
    return Form(
        sums=lambda units: units.total(outcome.weights)[:, None],
        value=lambda sums: np.full(sums.shape[:-1], here),
        drawn=middle.drawn,
    )


def max_error(outcome: Outcome) -> Form:
    """The largest absolute error among rows that weigh something.

    Not resampled: the bootstrap of a maximum is no guide to its law (Bickel and Freedman 1981, section 6).
    """
    errors = np.abs(numbers(outcome.truth) - numbers(outcome.prediction))
    counted = errors[outcome.weights > 0]
    here = float(counted.max()) if len(counted) else np.nan
    return Form(
        sums=lambda units: units.total(outcome.weights)[:, None],
        value=lambda sums: np.full(sums.shape[:-1], here),
        fact=True,
    )


@dataclass(frozen=True)
class _Middle:
    """Errors from the smallest up with their rows' weights; `order` are the rows."""

    errors: Floats
    weight: Floats
    order: Ints

    def drawn(self, units: Units) -> Callable[[Floats], Floats]:
        """Exact medians for unit weights: the bin that holds the middle by sums, then the row within that bin."""
        bins = min(max(1, len(self.errors) // _ROWS_PER_BIN), _MOST_BINS)
        edges = np.linspace(0, len(self.errors), bins + 1).astype(np.int64)
        codes = self.order if units.codes is None else units.codes[self.order]
        heaviest = np.bincount(codes, self.weight, minlength=units.count).max()
        exact = replace(self, weight=gridded(self.weight, units.count * heaviest / (self.weight.max() or 1.0)))
        sums = exact._binned(codes, edges, units.count)

        def medians(weights: Floats) -> Floats:
            below = np.cumsum(weights @ sums, axis=1)
            lower, reached = exact._first(weights, codes, edges, below, strict=False)
            upper = lower.copy()
            split = np.flatnonzero(reached == below[:, -1] / 2)  # half lies up to this row: the next one counts, too
            if len(split):
                upper[split], _ = exact._first(weights[split], codes, edges, below[split], strict=True)
            middle = (self.errors[lower] + self.errors[upper]) / 2
            return np.where(below[:, -1] > 0, middle, np.nan)

        return medians

    def _binned(self, codes: NDArray[np.integer[Any]], edges: Ints, count: int) -> Floats:
        """Weight of each unit's rows in each bin, shape (units, bins)."""
        columns = [np.bincount(codes[one:end], self.weight[one:end], minlength=count) for one, end in pairwise(edges)]
        return np.stack(columns, axis=1)

    def _first(
        self, weights: Floats, codes: NDArray[np.integer[Any]], edges: Ints, below: Floats, *, strict: bool
    ) -> tuple[Ints, Floats]:
        """For each draw, the first row up to which at least (`strict`: more than) half of the weight lies; that weight.

        `below`: weight up to the end of each bin, shape (draws, bins).
        """
        half = below[:, -1:] / 2
        bins = np.argmax(below > half if strict else below >= half, axis=1)
        found, weight = np.zeros(len(weights), dtype=np.int64), np.zeros(len(weights))
        for number in np.unique(bins):
            one, end = edges[number], edges[number + 1]
            draws = np.flatnonzero(bins == number)
            step = max(1, _AT_ONCE // max(1, int(end - one)))
            for start in range(0, len(draws), step):
                some = draws[start : start + step]
                reached = np.cumsum(weights[np.ix_(some, codes[one:end])] * self.weight[one:end], axis=1)
                if number:
                    reached += below[some, number - 1 : number]
                places = np.argmax(reached > half[some] if strict else reached >= half[some], axis=1)
                found[some], weight[some] = one + places, reached[np.arange(len(some)), places]
        return found, weight


ORDER_STATISTICS: dict[str, Metric] = {"median_absolute_error": median_absolute_error, "max_error": max_error}
