"""Positive and negative rows in the order of their scores: what every metric of that order starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.core.comparison.samples.sample import Floats, Mask


@dataclass(frozen=True)
class Scored:
    """Rows from the highest score down, whether each is positive, and where each group of equal scores starts.

    `starts` is None where no two scores are equal, `weight` (in the same order) where all rows weigh 1.
    """

    rows: NDArray[np.integer[Any]]
    positive: Mask
    starts: NDArray[np.integer[Any]] | None
    weight: Floats | None

    @property
    def positives(self) -> Floats:
        """The weight of each row as a positive, in this order."""
        return self.positive.astype(np.float64) if self.weight is None else self.positive * self.weight

    @property
    def negatives(self) -> Floats:
        """The weight of each row as a negative, in this order."""
        return (~self.positive).astype(np.float64) if self.weight is None else ~self.positive * self.weight

    @property
    def fewest(self) -> int:
        """Rows of the rarer class that weigh anything."""
        counted = np.ones(len(self.rows), dtype=bool) if self.weight is None else self.weight > 0
        return min(int(np.count_nonzero(self.positive & counted)), int(np.count_nonzero(~self.positive & counted)))

    def groups(self, weights: Floats | None = None) -> tuple[Floats, Floats]:
        """Weight of positives and of negatives at each score, highest first, for row weights of shape (…, rows)."""
        if weights is None:
            return self._grouped(self.positives), self._grouped(self.negatives)
        drawn = np.take(weights, self.rows, axis=-1)
        return self._grouped(drawn * self.positives), self._grouped(drawn * self.negatives)

    def to_rows(self, per_group: Floats) -> Floats:
        """A value per group given to each of its rows."""
        return per_group if self.starts is None else np.repeat(per_group, np.diff(self.starts, append=len(self.rows)))

    def _grouped(self, in_order: Floats) -> Floats:
        return in_order if self.starts is None else np.add.reduceat(in_order, self.starts, axis=-1)


def scored(score: Floats, positive: Mask, weight: Floats | None, some: NDArray[np.int64] | None = None) -> Scored:
    """Rows (or `some` of them) by their score; row numbers in four bytes where these do, because there may be many."""
    given = score if some is None else score[some]
    # Whole weights add up alike in any order; others must keep theirs among equal scores.
    order = np.argsort(given, kind=None if weight is None else "stable")[::-1]
    order = order.astype(np.int32 if len(score) < 2**31 else np.int64)
    fresh = np.empty(len(order), dtype=bool)
    fresh[:1], fresh[1:] = True, np.diff(given[order]) < 0
    rows = order if some is None else some[order]
    return Scored(
        rows=rows,
        positive=positive[rows],
        starts=None if fresh.all() else np.flatnonzero(fresh),
        weight=None if weight is None else weight[rows],
    )
