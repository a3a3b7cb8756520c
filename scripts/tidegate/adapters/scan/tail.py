"""Row groups that are new, cut into what is judged: windows of data time, and steps that are judged one by one.

A step is a day where the profile takes days as independent, for part of a day is like no whole one; else a number of
rows in the order in which they were written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.adapters.scan import kinds
from tidegate.adapters.scan.growing import Columns, Growing
from tidegate.adapters.scan.selection import DAYS, Scope, microseconds, select
from tidegate.adapters.scan.sources import unreadable
from tidegate.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 65_536
BLOCK = 500
"""Rows of a step where rows or clusters other than days are independent."""
EPOCH = datetime(1970, 1, 1)
DAY = 86_400_000_000
MONDAY = 4 * DAY
"""1970-01-05: windows are counted from a Monday."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """What is asked of every row. `window`: the windows' length; `block`: rows of a step."""

    columns: Columns
    time: str
    window: timedelta
    cluster: str | None = None
    unit: str | None = None
    block: int = BLOCK

    @property
    def by_day(self) -> bool:
        """Whether a step is a day of data time."""
        return self.cluster in DAYS

    @property
    def microseconds(self) -> int:
        """The windows' length."""
        return self.window // timedelta(microseconds=1)


@dataclass(kw_only=True)
class Step:
    """Rows of one step, or of its beginning; times in microseconds since 1970. `number`: the day's, 0 for a block."""

    number: int
    first: int
    last: int
    rows: Growing

    def merge(self, other: Step) -> None:
        """Take in more rows of the same step."""
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.rows.merge(other.rows)


@dataclass(kw_only=True)
class Piece:
    """One row group, its windows by number, its steps in order (a day may come more than once).

    `outside`: rows later than any clock should be, or counted before; left out like those without a time.
    `filled`: rows of the block that is being filled.
    """

    windows: dict[int, Growing] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    filled: int = 0
    rows: int = 0
    untimed: int = 0
    outside: int = 0
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Times before `until` and later than `since` count; steps take those later than `after`. None: all of them.

    `since` and `after` are in microseconds since 1970.
    """

    until: datetime
    since: int | None = None
    after: int | None = None


def piece(path: Path, group: int, asked: Stretch, limits: Limits, begun: int = 0) -> Piece:
    """One row group's counts. `begun`: rows that the block that is being filled has.

    Raises InputError: E-DAT-002 columns of one name, E-DAT-010 damaged, E-DRF-020 no clusters, E-DRF-021 no times.
    OSError where the file is gone.
    """
    import pyarrow as pa

    found = Piece(filled=begun)
    try:
        for batch in _batches(path, group, asked):
            _take(found, batch, asked, limits)
    except InputError as error:
        raise type(error)(error.code, error.message, where=str(path), fix=error.fix) from None
    except pa.ArrowException as error:
        raise unreadable(error, path) from None
    return found


def _batches(path: Path, group: int, asked: Stretch) -> Iterator[Any]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as plain:
        schema, metadata = plain.schema_arrow, plain.metadata
    names = schema.names
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError("E-DAT-002", f"has column {twice[:80]!r} more than once.")
    if asked.time not in names:
        raise InputError("E-DRF-021", f"has no column of times {asked.time[:80]!r}.")
    words = [entry.name for entry in schema if kinds.readable_as_words(entry.type)]
    with pq.ParquetFile(path, metadata=metadata, read_dictionary=words) as file:
        yield from file.iter_batches(batch_size=BATCH, row_groups=[group], use_threads=False)


def _take(found: Piece, batch: Any, asked: Stretch, limits: Limits) -> None:
    names = batch.schema.names
    since = datetime.min if limits.since is None else EPOCH + timedelta(microseconds=limits.since + 1)
    span = (since, limits.until)
    scope = Scope(spans=(span,), time=asked.time, cluster=asked.cluster, unit=asked.unit)
    columns = (asked.time, scope.cluster_column(names))
    times, named = (None if name is None else batch.column(name) for name in columns)
    selection = select(scope, len(batch), times, named)
    found.untimed += selection.untimed
    found.outside += selection.outside
    for _, mine, clusters in selection.pieces(0, batch):
        rows = _Rows(batch=mine, moments=microseconds(mine.column(asked.time), asked.unit), clusters=clusters)
        found.rows += len(rows)
        _note_times(found, rows.moments)
        _count_windows(found, rows, asked)
        _count_steps(found, rows.later(limits.after), asked)


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """Rows of one batch, their times, and their clusters' hashes."""

    batch: Any
    moments: NDArray[np.int64]
    clusters: NDArray[np.uint64] | None

    def where(self, mask: NDArray[np.bool_]) -> _Rows:
        import pyarrow as pa

        if mask.all():
            return self
        clusters = None if self.clusters is None else self.clusters[mask]
        return _Rows(batch=self.batch.filter(pa.array(mask)), moments=self.moments[mask], clusters=clusters)

    def slice(self, start: int, end: int) -> _Rows:
        clusters = None if self.clusters is None else self.clusters[start:end]
        return _Rows(batch=self.batch.slice(start, end - start), moments=self.moments[start:end], clusters=clusters)

    def later(self, after: int | None) -> _Rows:
        return self if after is None else self.where(self.moments > after)

    def __len__(self) -> int:
        return len(self.moments)


def _note_times(found: Piece, moments: NDArray[np.int64]) -> None:
    first, last = int(moments.min()), int(moments.max())
    found.first = first if found.first is None else min(found.first, first)
    found.last = last if found.last is None else max(found.last, last)


def _count_windows(found: Piece, rows: _Rows, asked: Stretch) -> None:
    numbers = (rows.moments - MONDAY) // asked.microseconds
    for number in np.unique(numbers):
        mine = rows.where(numbers == number)
        found.windows.setdefault(int(number), Growing(columns=asked.columns)).take(mine.batch, mine.clusters)


def _count_steps(found: Piece, rows: _Rows, asked: Stretch) -> None:
    if asked.by_day:
        days = rows.moments // DAY
        found.steps += [_step(int(day), rows.where(days == day), asked) for day in np.unique(days)]
        return
    start = 0
    while start < len(rows):
        end = min(start + asked.block - found.filled, len(rows))
        made = _step(0, rows.slice(start, end), asked)
        if found.steps and found.filled:
            found.steps[-1].merge(made)
        else:
            found.steps.append(made)
        found.filled = (found.filled + end - start) % asked.block
        start = end


def _step(number: int, rows: _Rows, asked: Stretch) -> Step:
    growing = Growing(columns=asked.columns)
    growing.take(rows.batch, rows.clusters)
    return Step(number=number, first=int(rows.moments.min()), last=int(rows.moments.max()), rows=growing)
