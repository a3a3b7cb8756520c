"""Features and predictions counted in the release's own profile bins, so that live and training data compare.

A bin of the profile holds edges[i-1] < value <= edges[i], which is what a bucket of Prometheus means by `le`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tidegate.server.observation.metrics import head, histogram, sample
from tidegate.server.release.profile import ProfileColumn

FOLD = 1024
"""Rows that are gathered before they are counted: one pass over many costs a fraction of many passes over one."""
MOST_WORDS = 50
OTHER = "(other)"


class NumberColumn:
    """Counts per bin."""

    def __init__(self, edges: Sequence[float]) -> None:
        self._edges = tuple(float(edge) for edge in edges)
        self._counts = [0] * (len(self._edges) + 1)
        self._sum = 0.0
        self._nulls = 0

    def count(self, values: Sequence[Any]) -> None:
        """Add some rows; None and NaN are nulls."""
        import numpy as np

        numbers = np.asarray(values, dtype=np.float64)
        known = numbers[~np.isnan(numbers)]
        self._nulls += len(numbers) - len(known)
        places = np.searchsorted(self._edges, known, side="left")
        found = np.bincount(places, minlength=len(self._counts)).tolist()
        self._counts = [one + other for one, other in zip(self._counts, found, strict=True)]
        self._sum += math.fsum(known.tolist())

    def lines(self, metric: str, column: str) -> Iterator[str]:
        """Samples for Prometheus."""
        labels = {"column": column}
        yield from histogram(metric, labels, self._edges, self._counts, self._sum)

    @property
    def nulls(self) -> int:
        """Rows without a value."""
        return self._nulls


class WordColumn:
    """Counts per category that the profile knows; all others together."""

    def __init__(self, words: Sequence[str]) -> None:
        self._known = frozenset(words[:MOST_WORDS])
        self._counts: Counter[str] = Counter(dict.fromkeys(sorted(self._known), 0))
        self.nulls = 0

    def count(self, values: Sequence[Any]) -> None:
        """Add some rows; true and false are the words `true` and `false`, as in the profile."""
        for value, times in Counter(values).items():
            if value is None:
                self.nulls += times
                continue
            word = str(value).lower() if isinstance(value, bool) else str(value)
            self._counts[word if word in self._known else OTHER] += times

    def lines(self, metric: str, column: str) -> Iterator[str]:
        """Samples for Prometheus."""
        for word, count in self._counts.items():
            yield sample(f"{metric}_category_total", {"column": column, "category": word}, count)


class Distributions:
    """All columns of the profile that this release sees; others are left out."""

    def __init__(self, profile: Mapping[str, ProfileColumn], features: Sequence[str], answers: Sequence[str]) -> None:
        self._columns: list[tuple[str, str, int, NumberColumn | WordColumn]] = []
        for kind, names, offset in (("feature", features, 0), ("prediction", answers, len(features))):
            for place, name in enumerate(names):
                column = _column(profile.get(name))
                if column is not None:
                    self._columns.append((kind, name, offset + place, column))
        self._gathered: list[list[Any]] = [[] for _ in range(len(features) + len(answers))]

    def add(self, columns: Sequence[Sequence[Any]]) -> None:
        """Features, then answers, of some rows."""
        for gathered, values in zip(self._gathered, columns, strict=True):
            gathered.extend(values)
        if len(self._gathered[0]) >= FOLD:
            self.fold()

    def fold(self) -> None:
        """Count what was gathered."""
        if not self._gathered[0]:
            return
        for _, _, place, column in self._columns:
            column.count(self._gathered[place])
        for gathered in self._gathered:
            gathered.clear()

    def lines(self) -> Iterator[str]:
        """Prometheus text."""
        self.fold()
        for kind in ("feature", "prediction"):
            columns = [(name, column) for own, name, _, column in self._columns if own == kind]
            metric = f"tidegate_{kind}"
            yield from head(metric, "histogram", f"Values of each {kind} in the bins of the release's profile.")
            for name, column in columns:
                if isinstance(column, NumberColumn):
                    yield from column.lines(metric, name)
            yield from head(f"{metric}_category_total", "counter", f"Rows of each {kind} by category.")
            for name, column in columns:
                if isinstance(column, WordColumn):
                    yield from column.lines(metric, name)
            yield from head(f"{metric}_nulls_total", "counter", f"Rows in which a {kind} was null.")
            for name, column in columns:
                yield sample(f"{metric}_nulls_total", {"column": name}, column.nulls)


def _column(seen: ProfileColumn | None) -> NumberColumn | WordColumn | None:
    if seen is None:
        return None
    return WordColumn(seen.words) if seen.edges is None else NumberColumn(seen.edges)
