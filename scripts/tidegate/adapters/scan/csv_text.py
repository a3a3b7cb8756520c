"""CSV read in blocks: numbers as numbers, everything else as the words that stand there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tidegate.adapters.scan.selection import Scope
from tidegate.adapters.scan.sources import unreadable
from tidegate.core.drift.profile import Column

_BLOCK = 16 * 1024 * 1024


def batches(path: Path, columns: Mapping[str, Column], scope: Scope) -> tuple[Any, Iterator[Any]]:
    """The Arrow schema of a file and its record batches. Only an empty cell is missing.

    Raises InputError E-DAT-004 with the row where a number is none or the text is broken.
    """
    import pyarrow as pa
    from pyarrow import csv

    try:
        kinds = _types(columns, scope)
        options = csv.ConvertOptions(column_types=kinds, null_values=[""], strings_can_be_null=True)
        read = csv.ReadOptions(block_size=_BLOCK, use_threads=False)
        reader = csv.open_csv(path, read_options=read, convert_options=options)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(error, path) from None
    return reader.schema, _read(reader, path)


def _types(columns: Mapping[str, Column], scope: Scope) -> dict[str, Any]:
    import pyarrow as pa

    kinds = {name: pa.float64() if column.kind == "number" else pa.string() for name, column in columns.items()}
    times = {} if scope.time is None else {scope.time: pa.timestamp("us") if scope.unit is None else pa.int64()}
    return {**kinds, **times}


def _read(reader: Any, path: Path) -> Iterator[Any]:
    import pyarrow as pa

    try:
        yield from reader
    except (pa.ArrowException, OSError) as error:
        raise unreadable(error, path) from None
