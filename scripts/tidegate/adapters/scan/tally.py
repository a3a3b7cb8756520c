"""The counts of one stretch of live data while it is read: a tally for each column, merged at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tidegate.adapters.scan.distinct import Distinct
from tidegate.adapters.scan.null_tally import NullTally
from tidegate.adapters.scan.number_tally import NumberTally
from tidegate.adapters.scan.word_tally import WordTally
from tidegate.core.drift.profile import Column, Part, Summary, empty

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ColumnTally = NumberTally | WordTally | NullTally


class Tally:
    """Counts of some rows: `columns` as the reference describes them; `clustered` when rows come with clusters."""

    def __init__(self, columns: Mapping[str, Column], *, clustered: bool) -> None:
        self._columns = columns
        self._clustered = clustered
        self._tallies: dict[str, ColumnTally] = {}
        self._clusters = Distinct()
        self.rows: Counter[str] = Counter()
        """Rows by file."""

    def add_rows(self, file: str, number: int, clusters: NDArray[np.uint64] | None) -> None:
        """So many rows of a file, whatever columns it has."""
        self.rows[file] += number
        if clusters is not None:
            self._clusters.add(clusters)

    def add(self, name: str, column: Any, clusters: NDArray[np.uint64] | None) -> None:
        """Values of one column, an Arrow array of a type that suits its kind (see `kinds.suits`)."""
        if name not in self._tallies:
            self._tallies[name] = _tally(self._columns[name])
        self._tallies[name].add(column, clusters)

    def merge(self, other: Tally) -> None:
        """Take in all that another counted."""
        self.rows.update(other.rows)
        self._clusters.merge(other._clusters)
        for name, tally in other._tallies.items():
            if name in self._tallies:
                self._tallies[name].merge(tally)  # type: ignore[arg-type]
            else:
                self._tallies[name] = tally

    def distinct(self) -> dict[str, Distinct]:
        """What numbers of clusters rest on, by what they are the number of: pieces that share clusters need it."""
        found = {"": self._clusters}
        for name, tally in self._tallies.items():
            found[f"null {name}"] = tally.null_clusters
            if isinstance(tally, WordTally):
                found[f"other {name}"] = tally.other_clusters
        return found

    def part(self) -> Part:
        """What was counted, as a part that can be held against a profile."""
        rows = self.rows.total()
        return Part(
            rows=rows,
            clusters=min(self._clusters.number, rows) if self._clustered else rows,
            columns={name: self._summary(name, column) for name, column in self._columns.items()},
        )

    def _summary(self, name: str, column: Column) -> Summary:
        return self._tallies[name].summary() if name in self._tallies else empty(column)


def _tally(column: Column) -> ColumnTally:
    if column.kind == "number":
        return NumberTally(column.edges, Distinct())
    return WordTally(column.words, Distinct(), Distinct()) if column.kind == "category" else NullTally(Distinct())
