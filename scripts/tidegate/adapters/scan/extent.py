"""From when to when live data reaches: which windows there are to look at, before any of them is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.adapters.scan import sources
from tidegate.adapters.scan.selection import NO_TIME, microseconds
from tidegate.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def extent(paths: Sequence[Path], time: str) -> tuple[datetime, datetime] | None:
    """The first and the last time in the files, None where there is none. Reads the column `time` only.

    Raises InputError: see `sources.files`, E-DRF-021 naming the file without times.
    """
    ends: list[int] = []
    for file in sources.files(paths):
        for moments in _moments(file, time):
            known = moments[moments != NO_TIME]
            ends += [int(known.min()), int(known.max())] if len(known) else []
    if not ends:
        return None
    first, last = (np.datetime64(end, "us").astype(datetime) for end in (min(ends), max(ends)))
    return first, last


def _moments(file: Path, time: str) -> Iterator[NDArray[np.int64]]:
    import pyarrow as pa

    try:
        for column in _csv(file, time) if file.suffix.lower() == ".csv" else _parquet(file, time):
            yield microseconds(column)
    except KeyError:
        raise InputError("E-DRF-021", f"has no column of times {time[:80]!r}.", where=str(file)) from None
    except InputError as error:
        raise type(error)(error.code, error.message, where=str(file), fix=error.fix) from None
    except (pa.ArrowException, OSError) as error:
        raise sources.unreadable(error, file) from None


def _parquet(file: Path, time: str) -> Iterator[Any]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as read:
        if time not in read.schema_arrow.names:
            raise KeyError(time)
        for batch in read.iter_batches(columns=[time], use_threads=False):
            yield batch.column(0)


def _csv(file: Path, time: str) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv

    options = csv.ConvertOptions(include_columns=[time], column_types={time: pa.timestamp("us")})
    for batch in csv.open_csv(file, convert_options=options):
        yield batch.column(0)
