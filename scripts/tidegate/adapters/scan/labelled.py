"""Labels that came later, joined to the rows that they belong to: the rows of each window that have one.

Unlike the scan, this holds the rows: of the windows that are asked for, the columns that performance needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.adapters.scan import sources
from tidegate.adapters.scan.selection import Scope, microseconds, select
from tidegate.core.contract import Live
from tidegate.errors import InputError

_ROW = "tidegate row"
_FIX = "Mend drift.live in the contract, or the files."


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is read of live rows: `columns` as far as a file has them, and the column that labels are joined by."""

    live: Live
    columns: tuple[str, ...]
    id: str


def joined(
    paths: Sequence[Path],
    labels: Sequence[Path],
    spans: Sequence[tuple[Any, Any]],
    wanted: Wanted,
) -> list[Any]:
    """For each span an Arrow table of its rows that have a label, under the names of the contract, times as such.

    Of a row that came twice the first counts, of a label the last, in the order of the files' names. Raises InputError:
    see `sources.files`, E-DRF-022 a column of ids or truth that is not there, E-DRF-024 files that cannot be joined.
    """
    import pyarrow as pa

    try:
        return _joined(paths, labels, spans, wanted)
    except pa.ArrowException as error:
        first = (str(error).strip().splitlines() or [""])[0][:160]
        message = f"rows and labels cannot be joined: {first}"
        raise InputError("E-DRF-024", message, where=wanted.live.path, fix="Write every column as one type.") from None


def _joined(
    paths: Sequence[Path], labels: Sequence[Path], spans: Sequence[tuple[Any, Any]], wanted: Wanted
) -> list[Any]:
    truth = _labels(labels, wanted)
    found: list[list[Any]] = [[] for _ in spans]
    for file in sources.files(paths):
        for batch in _batches(file, (wanted.live.time, wanted.id, *wanted.columns), (wanted.live.time, wanted.id)):
            for number, rows in _rows(batch, spans, wanted.live, file):
                found[number].append(rows)
    return [_with_truth(pieces, truth, wanted) for pieces in found]


def _labels(paths: Sequence[Path], wanted: Wanted) -> Any:
    """Ids as words, and the truth of each."""
    import pyarrow as pa

    given = wanted.live.labels
    if given is None:
        raise ValueError("no labels are described")
    needed = (given.id, given.target)
    pieces = [
        pa.table({"id": _words(batch.column(given.id)), "truth": batch.column(given.target)})
        for file in sources.files(paths)
        for batch in _batches(file, needed, needed)
    ]
    if not pieces:
        return None
    table = pa.concat_tables(pieces, promote_options="permissive").drop_null()
    latest = table.group_by("id", use_threads=False).aggregate([("truth", "last")])
    return latest.rename_columns(["id", "truth"]) if len(latest) else None


def _rows(batch: Any, spans: Sequence[tuple[Any, Any]], live: Live, file: Path) -> Iterator[tuple[int, Any]]:
    import pyarrow as pa

    scope = Scope(spans=tuple(spans), time=live.time, cluster=None, unit=live.unit)
    try:
        chosen = select(scope, batch.num_rows, batch.column(live.time), None)
        moments = pa.array(microseconds(batch.column(live.time), live.unit), pa.timestamp("us"))
    except InputError as error:
        raise type(error)(error.code, error.message, where=str(file), fix=error.fix) from None
    place = batch.schema.get_field_index(live.time)
    table = pa.Table.from_batches([batch]).set_column(place, live.time, moments)
    for number, rows in enumerate(chosen.windows):
        if isinstance(rows, slice):
            yield number, table.slice(rows.start, rows.stop - rows.start)
        elif rows is not None:
            yield number, table.filter(pa.array(rows))


def _with_truth(pieces: Sequence[Any], truth: Any, wanted: Wanted) -> Any:
    """None where no row of the window has a label."""
    import pyarrow as pa
    import pyarrow.compute as pc

    given = wanted.live.labels
    if not pieces or truth is None or given is None:
        return None
    table = _once(pa.concat_tables(pieces, promote_options="permissive"), wanted.id)
    place = pc.index_in(_words(table[wanted.id]), value_set=truth["id"].combine_chunks())
    there = pc.is_valid(place)
    table, place = table.filter(there), place.filter(there)
    if not len(table):
        return None
    rest = [name for name in table.column_names if name not in (given.id, given.target, wanted.id)]
    columns = {given.id: _words(table[wanted.id]), given.target: truth["truth"].take(place)}
    return pa.table({**columns, **{name: table[name] for name in rest}})


def _once(table: Any, name: str) -> Any:
    import pyarrow as pa

    table = table.filter(table[name].is_valid())
    numbered = pa.table({"id": _words(table[name]), _ROW: pa.array(range(len(table)))})
    first = numbered.group_by("id", use_threads=False).aggregate([(_ROW, "first")])
    return table.take(first[f"{_ROW}_first"])


def _words(column: Any) -> Any:
    """Ids as words, so that a log's text and a table's number are the same id."""
    import pyarrow as pa

    return column.cast(pa.string())


def _batches(file: Path, names: Sequence[str], needed: Sequence[str]) -> Iterator[Any]:
    """The named columns as far as the file has them. Raises InputError E-DRF-022 where one of `needed` is missing."""
    import pyarrow as pa

    try:
        read = _csv(file) if file.suffix.lower() == ".csv" else _parquet(file, names)
        for batch in read:
            there = [name for name in dict.fromkeys(names) if name in batch.schema.names]
            missing = [name for name in needed if name not in there]
            if missing:
                raise InputError("E-DRF-022", f"has no column {missing[0][:80]!r}.", where=str(file), fix=_FIX)
            yield batch.select(there)
    except (pa.ArrowException, OSError) as error:
        raise sources.unreadable(error, file) from None


def _parquet(file: Path, names: Sequence[str]) -> Iterator[Any]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as read:
        known = [name for name in dict.fromkeys(names) if name in read.schema_arrow.names]
        yield from read.iter_batches(columns=known, use_threads=False)


def _csv(file: Path) -> Iterator[Any]:
    from pyarrow import csv

    yield from csv.open_csv(file, convert_options=csv.ConvertOptions(null_values=[""]))
