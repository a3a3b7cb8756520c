"""Parquet read column by column in two threads: memory holds one column of one row group per thread, at any size."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tidegate.adapters.scan import kinds
from tidegate.adapters.scan.selection import Scope, Selection, select
from tidegate.adapters.scan.sources import unreadable
from tidegate.adapters.scan.tally import Tally
from tidegate.core.drift.profile import Column
from tidegate.errors import InputError

BATCH = 262_144
THREADS = min(4, os.cpu_count() or 1)


@dataclass(kw_only=True)
class Stretch:
    """What one row group gave: a tally for each window, and rows that belong to none."""

    tallies: list[Tally]
    untimed: int = 0
    outside: int = 0


@dataclass(frozen=True, kw_only=True)
class Task:
    """Some columns of one row group. Only `leading` ones count its rows, so that several may share a row group."""

    path: Path
    group: int
    columns: tuple[str, ...]
    leading: bool


@dataclass(kw_only=True)
class ParquetScan:
    """One scan: what is asked for, and a reader for each file and thread."""

    columns: Mapping[str, Column]
    scope: Scope
    threads: int = THREADS
    _local: threading.local = field(default_factory=threading.local)

    def schema(self, path: Path) -> Any:
        """The Arrow schema of a file. Raises InputError E-DAT-010."""
        return self._file(path).schema_arrow

    def stretches(self, paths: Sequence[Path]) -> Iterator[Stretch]:
        """What each task gave, always in the same order. Raises InputError E-DAT-010 naming the damaged file."""
        with ThreadPoolExecutor(self.threads) as pool:
            yield from pool.map(self._stretch, self._tasks(paths))

    def _tasks(self, paths: Sequence[Path]) -> list[Task]:
        """Row groups where there are enough of them to share; otherwise columns of row groups."""
        groups = [(path, group) for path in paths for group in range(self._file(path).num_row_groups)]
        shares = 1 if len(groups) >= 2 * self.threads else self.threads
        tasks = []
        for path, group in groups:
            names = [name for name in self.schema(path).names if self._counted(path, name)]
            for share in range(shares):
                columns = tuple(names[share::shares])
                if columns or share == 0:
                    tasks.append(Task(path=path, group=group, columns=columns, leading=share == 0))
        return tasks

    def _counted(self, path: Path, name: str) -> bool:
        return name in self.columns and kinds.suits(self.schema(path).field(name).type, self.columns[name].kind)

    def _stretch(self, task: Task) -> Stretch:
        import pyarrow as pa

        found = Stretch(tallies=[self._tally() for _ in self.scope.spans])
        try:
            selection = self._selection(task)
            if task.leading:
                self._count_rows(task, selection, found)
            if any(rows is not None for rows in selection.windows):
                for name in task.columns:
                    self._count(task, name, selection, found)
        except InputError as error:
            raise type(error)(error.code, error.message, where=str(task.path), fix=error.fix) from None
        except (pa.ArrowException, OSError) as error:
            raise unreadable(error, task.path) from None
        return found

    def _tally(self) -> Tally:
        return Tally(self.columns, clustered=self.scope.cluster is not None)

    def _selection(self, task: Task) -> Selection:
        file = self._file(task.path)
        names = file.schema_arrow.names
        cluster = self.scope.cluster_column(names)
        if self.scope.time is not None and self.scope.time not in names:
            message = f"has no column of times {self.scope.time[:80]!r}."
            raise InputError("E-DRF-021", message, fix="Name the column of times in drift.live.time.")
        rows = file.metadata.row_group(task.group).num_rows
        times = self._whole(task, self.scope.time)
        named = self._whole(task, self.scope.only_column(names))
        return select(self.scope, rows, times, self._whole(task, cluster), named)

    def _whole(self, task: Task, name: str | None) -> Any:
        if name is None:
            return None
        read = self._file(task.path).read_row_group(task.group, columns=[name], use_threads=False)
        return read.column(name).combine_chunks()

    def _count_rows(self, task: Task, selection: Selection, found: Stretch) -> None:
        found.untimed, found.outside = selection.untimed, selection.outside
        for number, rows in enumerate(selection.windows):
            if rows is not None:
                chosen = None if selection.clusters is None else selection.clusters[rows]
                size = rows.stop - rows.start if isinstance(rows, slice) else int(rows.sum())
                found.tallies[number].add_rows(str(task.path), size, chosen)

    def _count(self, task: Task, name: str, selection: Selection, found: Stretch) -> None:
        start = 0
        for batch in self._file(task.path).iter_batches(
            batch_size=BATCH, row_groups=[task.group], columns=[name], use_threads=False
        ):
            column = batch.column(0)
            for window, values, clusters in selection.pieces(start, column):
                found.tallies[window].add(name, values, clusters)
            start += len(column)

    def _file(self, path: Path) -> Any:
        """This thread's reader of the file; strings come as the dictionaries that they are stored as."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        files = self._local.__dict__.setdefault("files", {})
        if path not in files:
            try:
                files.clear()
                plain = pq.ParquetFile(path)
                words = [entry.name for entry in plain.schema_arrow if kinds.readable_as_words(entry.type)]
                files[path] = pq.ParquetFile(path, metadata=plain.metadata, read_dictionary=words)
            except (pa.ArrowException, OSError) as error:
                raise unreadable(error, path) from None
        return files[path]
