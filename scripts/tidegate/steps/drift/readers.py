"""Who reads live data: this process from files, or the database that holds it. Both say the same of the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from tidegate.adapters.scan import engine, labelled
from tidegate.adapters.scan import extent as file_extent
from tidegate.adapters.scan.database import engine as database
from tidegate.adapters.scan.database import rows as database_rows
from tidegate.adapters.scan.database.place import Source
from tidegate.adapters.scan.extent import Extent
from tidegate.adapters.scan.labelled import Piece, Wanted
from tidegate.adapters.scan.selection import Span
from tidegate.core.contract import Live
from tidegate.core.drift.profile import Column
from tidegate.core.drift.window import Window


@dataclass(frozen=True, kw_only=True)
class Counting:
    """How rows are counted: `cluster` as the profile says; `only` rows in which this column says this word."""

    cluster: str | None
    only: tuple[str, str] | None = None


class Reader(Protocol):
    """What a check asks of live data."""

    def extent(self, live: Live, until: datetime) -> Extent | None:
        """From when to when it reaches; what is later than `until` does not count."""

    def windows(
        self, live: Live, columns: Mapping[str, Column], spans: Sequence[Span], counting: Counting
    ) -> list[Window]:
        """The window of each span."""

    def rows(self, spans: Sequence[Span], wanted: Wanted) -> Iterable[Piece]:
        """The spans' rows, as far as labels can be joined to them."""

    def labels(self, spans: Sequence[Span], wanted: Wanted) -> Iterable[Piece]:
        """What became known of them later."""


@dataclass(frozen=True, kw_only=True)
class Files:
    """Files that this process reads, one column of a stretch at a time."""

    live: tuple[Path, ...]
    truth: tuple[Path, ...] = ()

    def extent(self, live: Live, until: datetime) -> Extent | None:
        """From when to when it reaches; what is later than `until` does not count."""
        return file_extent.extent(self.live, live.time, live.unit, until=until)

    def windows(
        self, live: Live, columns: Mapping[str, Column], spans: Sequence[Span], counting: Counting
    ) -> list[Window]:
        """The window of each span, in one pass."""
        return engine.windows(
            self.live, columns, spans, time=live.time, cluster=counting.cluster, unit=live.unit, only=counting.only
        )

    def rows(self, spans: Sequence[Span], wanted: Wanted) -> Iterable[Piece]:  # noqa: ARG002 - the protocol's
        """All rows; which are the spans' is seen while they are read."""
        return labelled.of_files(self.live, wanted.names, wanted.needed)

    def labels(self, spans: Sequence[Span], wanted: Wanted) -> Iterable[Piece]:  # noqa: ARG002 - the protocol's
        """What became known of them later."""
        return labelled.of_files(self.truth, wanted.of_labels, wanted.of_labels)


@dataclass(frozen=True, kw_only=True)
class Database:
    """A database that counts where the rows are; labels are a `table` of it, or files."""

    source: Source
    table: str = ""
    truth: tuple[Path, ...] = ()

    def extent(self, live: Live, until: datetime) -> Extent | None:
        """From when to when it reaches; what is later than `until` does not count."""
        return database.extent(self.source, live.time, live.unit, until=until)

    def windows(
        self, live: Live, columns: Mapping[str, Column], spans: Sequence[Span], counting: Counting
    ) -> list[Window]:
        """The window of each span, in one pass."""
        return database.windows(
            self.source, columns, spans, time=live.time, cluster=counting.cluster, unit=live.unit, only=counting.only
        )

    def rows(self, spans: Sequence[Span], wanted: Wanted) -> Iterable[Piece]:
        """The rows, as far as labels can be joined to them."""
        return database_rows.live(self.source, spans, wanted)

    def labels(self, spans: Sequence[Span], wanted: Wanted) -> Iterable[Piece]:
        """What became known of them later."""
        if self.table:
            return database_rows.labels(self.source, self.table, spans, wanted)
        return labelled.of_files(self.truth, wanted.of_labels, wanted.of_labels)
