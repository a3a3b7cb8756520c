"""Labels that came later, joined to the rows that they belong to: the rows of each window that have one.

Unlike the scan, this holds the rows: of the windows that are asked for, the columns that performance needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.adapters.scan import sources
from tidegate.adapters.scan.selection import Scope, microseconds, select
from tidegate.core.contract import Live
from tidegate.errors import InputError

Piece = tuple[str, Any]
"""Where rows are from, in words, and an Arrow record batch of them."""
_ROW = "tidegate row"
_FIX = "Mend drift.live in the contract, or the files."


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is read of live rows: `columns` as far as they are there, and the column that labels are joined by."""

    live: Live
    columns: tuple[str, ...]
    id: str

    @property
    def needed(self) -> tuple[str, ...]:
        """What every row has to have."""
        return (self.live.time, self.id)

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that is read."""
        return tuple(dict.fromkeys((*self.needed, *self.columns)))

    @property
    def of_labels(self) -> tuple[str, ...]:
        """Everything that is read of labels, all of which they have to have."""
        given = self.live.labels
        return () if given is None else (given.id, given.target)


def of_files(paths: Sequence[Path], names: Sequence[str], needed: Sequence[str]) -> Iterator[Piece]:
    """The named columns of the files' rows, as far as they are there.

    Raises InputError: see `sources.files`, E-DRF-022 where one of `needed` is missing.
    """
    for file in sources.files(paths):
        yield from ((str(file), batch) for batch in _batches(file, names, needed))


def joined(
    rows: Iterable[Piece],
    labels: Iterable[Piece],
    spans: Sequence[tuple[Any, Any]],
    wanted: Wanted,
) -> list[Any]:
    """For each span an Arrow table of its rows that have a label, under the names of the contract, times as such.

    Of a row that came twice the first counts, of a label the last. Raises InputError E-DRF-024 for what cannot be
    joined, and what the pieces raise.
    """
    import pyarrow as pa

    try:
        return _joined(rows, labels, spans, wanted)
    except pa.ArrowException as error:
        first = (str(error).strip().splitlines() or [""])[0][:160]
        message = f"rows and labels cannot be joined: {first}"
        raise InputError("E-DRF-024", message, where=wanted.live.place, fix="Write every column as one type.") from None


def _joined(
    rows: Iterable[Piece], labels: Iterable[Piece], spans: Sequence[tuple[Any, Any]], wanted: Wanted
) -> list[Any]:
    truth = _labels(labels, wanted)
    found: list[list[Any]] = [[] for _ in spans]
    for place, batch in rows:
        for number, chosen in _rows(batch, spans, wanted.live, place):
            found[number].append(chosen)
    return [_with_truth(pieces, truth, wanted) for pieces in found]


def _labels(labels: Iterable[Piece], wanted: Wanted) -> Any:
    """Ids as words, and the truth of each."""
    import pyarrow as pa

    given = wanted.live.labels
    if given is None:
        raise ValueError("no labels are described")
    pieces = [
        pa.table({"id": _words(batch.column(given.id)), "truth": batch.column(given.target)}) for _, batch in labels
    ]
    if not pieces:
        return None
    table = pa.concat_tables(pieces, promote_options="permissive").drop_null()
    latest = table.group_by("id", use_threads=False).aggregate([("truth", "last")])
    return latest.rename_columns(["id", "truth"]) if len(latest) else None


def _rows(batch: Any, spans: Sequence[tuple[Any, Any]], live: Live, place: str) -> Iterator[tuple[int, Any]]:
    import pyarrow as pa

    scope = Scope(spans=tuple(spans), time=live.time, cluster=None, unit=live.unit)
    try:
        chosen = select(scope, batch.num_rows, batch.column(live.time), None)
        moments = pa.array(microseconds(batch.column(live.time), live.unit), pa.timestamp("us"))
    except InputError as error:
        raise type(error)(error.code, error.message, where=place, fix=error.fix) from None
    column = batch.schema.get_field_index(live.time)
    table = pa.Table.from_batches([batch]).set_column(column, live.time, moments)
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
