"""Rows of a hold-out as plain arrays in one file, which any environment with numpy can read: the rows to be timed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidegate.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 2_000
"""Rows that are timed at most: enough for a batch, however many there are."""


def write_arrays(source: Path, destination: Path, without: Collection[str], *, shown: str) -> None:
    """Write the first columns' values of `source` (.parquet, .csv, .tsv, .arrow, .feather) as .npz, `without` some.

    Times become whole numbers in the column's own unit, and missing numbers NaN. Columns of anything but numbers, times
    and words are left out. Raises InputError E-CST-002 when there is nothing to read.
    """
    import numpy as np
    import pyarrow as pa

    if source.suffix not in _READERS:
        raise InputError("E-CST-002", f"is not one of {', '.join(_READERS)}.", where=shown)
    try:
        batch = _READERS[source.suffix](source).slice(0, MOST)
    except (pa.ArrowException, OSError, StopIteration) as error:
        said = " ".join(str(error).split())[:200] or "it holds no rows"
        raise InputError("E-CST-002", f"cannot be read: {said}", where=shown) from None
    arrays: Mapping[str, Any] = {
        name: array
        for name in batch.schema.names
        if name not in without and (array := _array(batch.column(name))) is not None
    }
    if not batch.num_rows or not arrays:
        raise InputError("E-CST-002", "holds no rows that a model could be asked.", where=shown)
    np.savez(destination, **arrays)


def count(source: Path, *, shown: str) -> int:
    """How many rows a file holds. Raises InputError E-CST-002 when it cannot be read."""
    import pyarrow as pa
    from pyarrow import csv, dataset

    tabs = dataset.CsvFileFormat(csv.ParseOptions(delimiter="\t"))
    formats = {".parquet": "parquet", ".csv": "csv", ".tsv": tabs, ".arrow": "ipc", ".feather": "ipc"}
    if source.suffix not in formats:
        raise InputError("E-CST-002", f"is not one of {', '.join(formats)}.", where=shown)
    try:
        return int(dataset.dataset(str(source), format=formats[source.suffix]).count_rows())
    except (pa.ArrowException, OSError) as error:
        said = " ".join(str(error).split())[:200]
        raise InputError("E-CST-002", f"cannot be read: {said}", where=shown) from None


def _array(column: pa.Array) -> Any:
    """The values as a numpy array without objects; None for what is none of numbers, times and words."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        return _array(column.dictionary_decode())
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind) or pa.types.is_date64(kind):
        return column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return column.fill_null("").to_numpy(zero_copy_only=False).astype("U")
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    if pa.types.is_boolean(kind):
        return column.fill_null(False).to_numpy(zero_copy_only=False)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return column.to_numpy(zero_copy_only=False)
    return None


def _parquet(source: Path) -> pa.RecordBatch:
    import pyarrow.parquet as pq

    with pq.ParquetFile(source) as file:
        return next(file.iter_batches(batch_size=MOST))


def _csv(source: Path, delimiter: str = ",") -> pa.RecordBatch:
    from pyarrow import csv

    with csv.open_csv(source, parse_options=csv.ParseOptions(delimiter=delimiter)) as reader:
        return reader.read_next_batch()


def _arrow(source: Path) -> pa.RecordBatch:
    import pyarrow as pa

    with pa.OSFile(str(source)) as stream, pa.ipc.open_file(stream) as reader:
        return reader.get_batch(0)


_READERS: Mapping[str, Callable[[Path], Any]] = {
    ".parquet": _parquet,
    ".csv": _csv,
    ".tsv": lambda source: _csv(source, "\t"),
    ".arrow": _arrow,
    ".feather": _arrow,
}
