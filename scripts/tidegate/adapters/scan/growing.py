"""Counts of one stretch of live data that grows batch by batch, and that can be put down and taken up again.

A day comes in a thousand files. Parts of them may be added; the number of days in them may not, so what the numbers of
clusters rest on is kept beside the part.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tidegate.adapters.scan import kinds
from tidegate.adapters.scan.distinct import Distinct, unpacked
from tidegate.adapters.scan.tally import Tally
from tidegate.core.drift import document
from tidegate.core.drift.profile import Column, Part, Summary, Words, empty, merge
from tidegate.core.drift.window import Sighting, Window

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Columns:
    """What the reference counts and how; `clustered` when rows come with clusters. `apart`: never told as columns.

    `version`: a column and the word in it of the rows whose answers are the release's; None where all are.
    """

    described: Mapping[str, Column]
    clustered: bool
    apart: frozenset[str] = frozenset()
    version: tuple[str, str] | None = None

    def answers(self) -> Columns | None:
        """What is counted of the release's own rows; None where all rows are its own."""
        if self.version is None:
            return None
        described = {name: column for name, column in self.described.items() if column.role == "prediction"}
        return Columns(described=described, clustered=self.clustered)


@dataclass(kw_only=True)
class Growing:
    """`types` and `misfits`: rows of each column by the type that files have it as. `own`: the release's answers."""

    columns: Columns
    part: Part = field(init=False)
    own: Growing | None = None
    distinct: dict[str, Distinct] = field(default_factory=dict)
    types: dict[str, Counter[str]] = field(default_factory=dict)
    misfits: dict[str, Counter[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        described = self.columns.described
        self.part = Part(rows=0, clusters=0, columns={name: empty(column) for name, column in described.items()})
        answers = self.columns.answers()
        self.own = None if answers is None else Growing(columns=answers)

    def take(self, batch: Any, clusters: NDArray[np.uint64] | None) -> None:
        """Count an Arrow record batch, a hash of the cluster for each of its rows."""
        tally = Tally(self.columns.described, clustered=self.columns.clustered)
        tally.add_rows("", len(batch), clusters)
        for entry in batch.schema:
            column, kind = self.columns.described.get(entry.name), kinds.told(entry.type)
            if column is not None and not kinds.suits(entry.type, column.kind):
                self.misfits.setdefault(entry.name, Counter())[kind] += len(batch)
                continue
            if entry.name not in self.columns.apart:
                self.types.setdefault(entry.name, Counter())[kind] += len(batch)
            if column is not None:
                tally.add(entry.name, batch.column(entry.name), clusters)
        self._add(tally.part(), tally.distinct())
        if self.own is not None:
            self.own.take(*self._answered(batch, clusters))

    def merge(self, other: Growing) -> None:
        """Take in all that another counted."""
        self._add(other.part, other.distinct)
        for mine, theirs in ((self.types, other.types), (self.misfits, other.misfits)):
            for name, rows in theirs.items():
                mine.setdefault(name, Counter()).update(rows)
        if self.own is not None and other.own is not None:
            self.own.merge(other.own)

    def window(self, start: datetime, end: datetime) -> Window:
        """What was counted, as something that can be held against a profile."""
        seen = {name: self._sighting(name) for name in {*self.types, *self.misfits}}
        version = self.columns.version
        told = self.own if version is not None and version[0] in seen else None
        answered = None if told is None else told._counted()
        return Window(start=start, end=end, part=self._counted(), seen=seen, answered=answered)

    def document(self) -> dict[str, Any]:
        """As a JSON object; `restored` of it counts on."""
        return {
            "part": document.part_document(replace(self._counted(), clusters=0)),
            "distinct": {name: base64.b64encode(one.packed()).decode() for name, one in self.distinct.items()},
            "types": {name: dict(rows) for name, rows in self.types.items()},
            "misfits": {name: dict(rows) for name, rows in self.misfits.items()},
            "own": None if self.own is None else self.own.document(),
        }

    def _answered(self, batch: Any, clusters: NDArray[np.uint64] | None) -> tuple[Any, NDArray[np.uint64] | None]:
        """The rows that the release answered: all, where the file does not say which version did."""
        import pyarrow as pa
        import pyarrow.compute as pc

        version = self.columns.version
        if version is None or version[0] not in batch.schema.names:
            return batch, clusters
        mine = pc.fill_null(pc.equal(batch.column(version[0]).cast(pa.string()), version[1]), False)
        return batch.filter(mine), None if clusters is None else clusters[mine.to_numpy(zero_copy_only=False)]

    def _add(self, part: Part, distinct: Mapping[str, Distinct]) -> None:
        self.part = merge(self.part, part)
        for name, theirs in distinct.items():
            if theirs.number:
                self.distinct.setdefault(name, Distinct()).merge(theirs)

    def _counted(self) -> Part:
        rows = self.part.rows
        return Part(
            rows=rows,
            clusters=min(self._number(""), rows) if self.columns.clustered else rows,
            columns={name: self._with_clusters(name, summary) for name, summary in self.part.columns.items()},
        )

    def _with_clusters(self, name: str, summary: Summary) -> Summary:
        with_nulls = replace(summary, null_clusters=self._number(f"null {name}"))
        if isinstance(with_nulls, Words):
            return replace(with_nulls, other_clusters=self._number(f"other {name}"))
        return with_nulls

    def _number(self, name: str) -> int:
        return self.distinct[name].number if name in self.distinct else 0

    def _sighting(self, name: str) -> Sighting:
        types, misfits = self.types.get(name, Counter()), self.misfits.get(name, Counter())
        absent = self.part.rows - types.total() - misfits.total()
        return Sighting(types=dict(types), misfits=dict(misfits), absent=absent)


def restored(given: Any, columns: Columns) -> Growing:
    """What `document` wrote. Raises KeyError, TypeError or ValueError saying which member is wrong."""
    found = Growing(columns=columns)
    found.part = document.part(given["part"], columns.described, whole=False)
    for name, packed in given["distinct"].items():
        found.distinct[name] = Distinct()
        found.distinct[name].add(unpacked(base64.b64decode(packed, validate=True)))
    found.types = {str(name): Counter(rows) for name, rows in given["types"].items()}
    found.misfits = {str(name): Counter(rows) for name, rows in given["misfits"].items()}
    answers = columns.answers()
    if answers is not None:
        found.own = restored(given["own"], answers)
    return found
