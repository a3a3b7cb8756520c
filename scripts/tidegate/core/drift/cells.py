"""One column of the reference and of a window over the same cells, so that they can be compared.

Cells are a number's bins in order, or a category's listed words in alphabetical order and then all other words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from tidegate.core.drift.profile import Column, Numbers, Opaque, Part, Profile, Summary, Words

Counts = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Rows with a value by cell, and how many clusters they are in."""

    counts: Counts
    clusters: float

    @property
    def rows(self) -> float:
        """Rows with a value."""
        return float(self.counts.sum())

    def plus(self, other: Sample) -> Sample:
        """Both together."""
        return Sample(counts=self.counts + other.counts, clusters=self.clusters + other.clusters)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A column of the reference: all of it, its products, and the part of the window's own months where there is one.

    `products` is None where rows are independent.
    """

    whole: Sample
    products: Counts | None = None
    season: Sample | None = None


def sample(part: Part, name: str, words: tuple[str, ...]) -> Sample:
    """A column of a part over its cells; clusters whose rows are all null are taken to be few."""
    return Sample(counts=counts(part.columns[name], words), clusters=part.clusters)


def counts(summary: Summary, words: tuple[str, ...]) -> Counts:
    """Rows by cell. A word that is not listed counts among the others."""
    if isinstance(summary, Numbers):
        return np.asarray(summary.counts, dtype=np.float64)
    if isinstance(summary, Words):
        listed = [summary.counts.get(word, 0) for word in words]
        unlisted = sum(summary.counts.values()) - sum(listed)
        return np.asarray([*listed, summary.other + unlisted], dtype=np.float64)
    return np.zeros(1)


def reference(profile: Profile, name: str, months: Sequence[int] = ()) -> Reference:
    """A column of the profile, products brought to its cells. `months`: the window's, 1 to 12."""
    column = profile.columns[name]
    return Reference(
        whole=sample(profile.total, name, column.words),
        products=None if profile.cluster is None else _products(profile, name, column),
        season=_season(profile, name, months),
    )


def _season(profile: Profile, name: str, months: Sequence[int]) -> Sample | None:
    """The same months of other years, None unless the profile has all of them."""
    parts = {period: part for period, part in profile.periods.items() if _month(period) in months}
    if not months or {_month(period) for period in parts} != set(months):
        return None
    samples = (sample(part, name, profile.columns[name].words) for part in parts.values())
    found = reduce(Sample.plus, samples)
    return found if found.rows else None


def _month(period: str) -> int:
    return int(period[5:7])


def _products(profile: Profile, name: str, column: Column) -> Counts | None:
    given = profile.products.get(name)
    if given is None:
        return None
    cells = len(column.edges) + 1 if column.kind == "number" else len(column.words) + 1
    wide = np.zeros((cells, cells))
    wide[: len(given), : len(given)] = given
    return wide


def comparable(summary: Summary) -> bool:
    """Whether the column has values that can be compared at all."""
    return not isinstance(summary, Opaque)
