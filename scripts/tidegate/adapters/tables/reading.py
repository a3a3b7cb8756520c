"""Predictions on disk (Parquet, CSV, TSV, Arrow) as columns: read strictly, and nothing is repaired on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tidegate.adapters.tables import outputs
from tidegate.adapters.tables.columns import Columns
from tidegate.core.comparison.samples.sample import Predictions
from tidegate.core.comparison.samples.task import Task
from tidegate.core.contract import Evaluation
from tidegate.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

_POINTER = b"version https://git-lfs"


def read(path: Path, evaluation: Evaluation, task: Task, *, shown: str) -> Predictions:
    """The columns that `evaluation` names, from a file whose name ends in .parquet, .csv, .tsv, .arrow or .feather.

    `shown` is the file's name in messages. Raises InputError: E-MET-001 absent, E-MET-003 unreadable, E-MET-005 wrong
    type, E-MET-012 not the CSV it should be, E-MET-015 columns missing (all of them named), E-MET-016 empty cells.
    """
    data = _bytes(path, shown)
    columns = Columns(_table(data, path.suffix, shown), shown)
    columns.require([*named(evaluation)])
    found = outputs.said(columns, evaluation, task)
    return Predictions(
        ids=columns.ids(evaluation.id),
        truth=found.truth,
        output=found.output,
        cluster=None if evaluation.cluster is None else columns.texts(evaluation.cluster),
        weight=None if evaluation.weight is None else columns.weights(evaluation.weight),
        slices={name: columns.texts(name, missing="") for name in evaluation.value_columns},
        numbers={name: columns.numbers(name, finite=False) for name in evaluation.bins},
        labels=tuple(evaluation.labels),
        name=shown,
        digest=f"sha256:{hashlib.sha256(data).hexdigest()}",
    )


def columns(path: Path, *, shown: str) -> Columns:
    """All columns of such a file. Raises what `read` raises for a file that cannot be read."""
    return Columns(_table(_bytes(path, shown), path.suffix, shown), shown)


def _bytes(path: Path, shown: str) -> bytes:
    """The whole file at once: what is hashed is what is judged, whoever rewrites the file meanwhile."""
    fix = "Let the pipeline write it, and name it as evaluation.predictions."
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError("E-MET-001", f"cannot be read: {error.strerror}.", where=shown, fix=fix) from error
    if not data:
        raise InputError("E-MET-002", "is empty.", where=shown, fix=fix)
    if data.startswith(_POINTER):
        raise InputError("E-DAT-030", "is a Git LFS pointer, not the data.", where=shown, fix="Run git lfs pull.")
    return data


def _table(data: bytes, suffix: str, shown: str) -> pa.Table:
    import pyarrow as pa

    readers: Mapping[str, Callable[[pa.BufferReader], pa.Table]] = {
        ".parquet": _parquet,
        ".csv": lambda source: _delimited(source, ","),
        ".tsv": lambda source: _delimited(source, "\t"),
        ".arrow": _arrow,
        ".feather": _arrow,
    }
    if suffix not in readers:
        raise InputError(
            "E-MET-003", f"ends in {suffix[:20]!r}; predictions are read from {', '.join(readers)}.", where=shown
        )
    try:
        return readers[suffix](pa.BufferReader(data))
    except (pa.ArrowException, OSError) as error:
        code = "E-MET-012" if suffix in (".csv", ".tsv") else "E-MET-003"
        message = f"cannot be read as {suffix[1:]}: {str(error).strip().splitlines()[0][:200]}"
        raise InputError(code, message, where=shown, fix="Write it again; it may have been cut short.") from None


def _parquet(source: pa.BufferReader) -> pa.Table:
    import pyarrow.parquet as pq

    return pq.read_table(source)


def _arrow(source: pa.BufferReader) -> pa.Table:
    import pyarrow as pa

    return pa.ipc.open_file(source).read_all()


def _delimited(source: pa.BufferReader, delimiter: str) -> pa.Table:
    """Only an empty cell is empty: a class may be called NA, and a prediction that says nan is a number gone wrong."""
    from pyarrow import csv

    return csv.read_csv(
        source,
        parse_options=csv.ParseOptions(delimiter=delimiter),
        convert_options=csv.ConvertOptions(null_values=[""]),
    )


def named(evaluation: Evaluation) -> Iterator[str]:
    """All columns that an evaluation reads, some perhaps twice."""
    yield evaluation.id
    yield from outputs.column_names(evaluation)
    yield from filter(None, [evaluation.cluster, evaluation.weight])
    yield from (name for name in evaluation.slices if name not in evaluation.pairs)
