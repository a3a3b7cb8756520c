"""One pass over files of live data: a window's counts for each stretch of time that is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tidegate.adapters.scan import csv_text, kinds, sources
from tidegate.adapters.scan.parquet import THREADS, ParquetScan, Stretch
from tidegate.adapters.scan.selection import Scope, Span, select
from tidegate.adapters.scan.tally import Tally
from tidegate.core.drift.profile import Column
from tidegate.core.drift.window import Sighting, Window
from tidegate.errors import InputError


def windows(
    paths: Sequence[Path],
    columns: Mapping[str, Column],
    spans: Sequence[Span],
    *,
    time: str,
    cluster: str | None,
    unit: str | None = None,
    only: tuple[str, str] | None = None,
    threads: int | None = None,
) -> list[Window]:
    """The window of each span of time, from all files at `paths`, in one pass.

    `columns`: what the reference has, and how it counts it. `time`: the column of times; `unit`: of whole numbers in
    it. `cluster`: as the profile says. `only`: a column, and the word in it of the rows that count. Raises InputError:
    see `sources.files`, E-DRF-020 no clusters, E-DRF-021 no times.
    """
    scope = Scope(spans=tuple(spans), time=time, cluster=cluster, unit=unit, only=only)
    scan = _Scan(columns, scope, threads)
    scan.run(sources.files(paths))
    return [scan.window(number, span) for number, span in enumerate(spans)]


def everything(
    paths: Sequence[Path],
    columns: Mapping[str, Column],
    *,
    time: str | None = None,
    cluster: str | None = None,
    threads: int | None = None,
) -> Window:
    """All rows of the files as one window; its span says nothing."""
    scan = _Scan(columns, Scope(spans=(None,), time=time, cluster=cluster), threads)
    scan.run(sources.files(paths))
    return scan.window(0, (datetime.min, datetime.max))


def counted(table: Any, columns: Mapping[str, Column], *, time: str | None, cluster: str | None) -> Window:
    """All rows of an Arrow table, counted as those of a file are."""
    scan = _Scan(columns, Scope(spans=(None,), time=time, cluster=cluster), None)
    scan.take(table)
    return scan.window(0, (datetime.min, datetime.max))


class _Scan:
    def __init__(self, columns: Mapping[str, Column], scope: Scope, threads: int | None) -> None:
        self._columns, self._scope = columns, scope
        self._parquet = ParquetScan(columns=columns, scope=scope, threads=threads or THREADS)
        self._total = Stretch(tallies=[self._tally() for _ in scope.spans])
        self._types: dict[str, dict[str, str]] = {}
        self._suits: dict[str, set[str]] = {}

    def run(self, files: Sequence[Path]) -> None:
        parquet = [file for file in files if file.suffix.lower() == ".parquet"]
        for file in parquet:
            self._see(file, self._parquet.schema(file))
        for stretch in self._parquet.stretches(parquet):
            self._take(stretch)
        for file in files:
            if file.suffix.lower() == ".csv":
                self._read_csv(file)

    def take(self, table: Any) -> None:
        self._see(Path(), table.schema)
        for batch in table.combine_chunks().to_batches():
            self._count_batch(str(Path()), batch)

    def window(self, number: int, span: Span) -> Window:
        tally = self._total.tallies[number]
        return Window(
            start=span[0],
            end=span[1],
            part=tally.part(),
            seen={name: self._sighting(name, tally.rows) for name in self._names()},
            untimed=self._total.untimed,
            outside=self._total.outside,
        )

    def _tally(self) -> Tally:
        return Tally(self._columns, clustered=self._scope.cluster is not None)

    def _see(self, file: Path, schema: Any) -> None:
        names = schema.names
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError("E-DAT-002", f"has column {twice[:80]!r} more than once.", where=str(file))
        self._types[str(file)] = {entry.name: kinds.told(entry.type) for entry in schema}
        wanted = [entry for entry in schema if entry.name in self._columns]
        self._suits[str(file)] = {
            entry.name for entry in wanted if kinds.suits(entry.type, self._columns[entry.name].kind)
        }

    def _take(self, stretch: Stretch) -> None:
        self._total.untimed += stretch.untimed
        self._total.outside += stretch.outside
        for whole, piece in zip(self._total.tallies, stretch.tallies, strict=True):
            whole.merge(piece)

    def _names(self) -> list[str]:
        apart = {self._scope.time, self._scope.cluster} - self._columns.keys()
        return sorted({name for types in self._types.values() for name in types} - apart)

    def _sighting(self, name: str, rows: Mapping[str, int]) -> Sighting:
        """What the files of the window's rows say of the column; all files where the window has no rows."""
        files = [file for file in self._types if rows.get(file)] or list(self._types)
        types: Counter[str] = Counter()
        misfits: Counter[str] = Counter()
        absent = 0
        for file in files:
            kind = self._types[file].get(name)
            if kind is None:
                absent += rows.get(file, 0)
            elif name in self._columns and name not in self._suits[file]:
                misfits[kind] += rows.get(file, 0)
            else:
                types[kind] += rows.get(file, 0)
        return Sighting(types=dict(types), misfits=dict(misfits), absent=absent)

    def _read_csv(self, file: Path) -> None:
        schema, batches = csv_text.batches(file, self._columns, self._scope)
        self._see(file, schema)
        try:
            for batch in batches:
                self._count_batch(str(file), batch)
        except InputError as error:
            raise type(error)(error.code, error.message, where=error.where or str(file), fix=error.fix) from None

    def _count_batch(self, file: str, batch: Any) -> None:
        names = batch.schema.names
        if self._scope.time is not None and self._scope.time not in names:
            raise InputError("E-DRF-021", f"has no column of times {self._scope.time[:80]!r}.")
        cluster = self._scope.cluster_column(names)
        times = None if self._scope.time is None else batch.column(self._scope.time)
        groups = None if cluster is None else batch.column(cluster)
        only = self._scope.only_column(names)
        named = None if only is None else batch.column(only)
        selection = select(self._scope, batch.num_rows, times, groups, named)
        self._total.untimed += selection.untimed
        self._total.outside += selection.outside
        rows = batch.column(0)
        for window, piece, clusters in selection.pieces(0, rows):
            self._total.tallies[window].add_rows(file, len(piece), clusters)
        for name in self._suits[file]:
            for window, values, clusters in selection.pieces(0, batch.column(name)):
                self._total.tallies[window].add(name, values, clusters)
