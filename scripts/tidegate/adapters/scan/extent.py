"""From when to when live data reaches: which windows there are to look at, before any of them is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.adapters.scan import sources
from tidegate.adapters.scan.selection import NO_TIME, microseconds
from tidegate.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Extent:
    """The first and the last time that counts, and how many rows are later than that."""

    first: datetime
    last: datetime
    later: int = 0


def extent(
    paths: Sequence[Path], time: str, unit: str | None = None, *, until: datetime = datetime.max
) -> Extent | None:
    """From when to when the files reach, None where they hold no time. Reads the column `time` only.

    Times after `until` do not count: one clock that is years ahead would move every window out of the data. Raises
    InputError: see `sources.files`, E-DRF-021 naming the file without times.
    """
    limit, ends, later = int(np.datetime64(until, "us").astype(np.int64)), [], 0
    for file in sources.files(paths):
        for moments in _moments(file, time, unit):
            known = moments[(moments != NO_TIME) & (moments <= limit)]
            later += int((moments > limit).sum())
            ends += [int(known.min()), int(known.max())] if len(known) else []
    if not ends:
        return None
    first, last = (np.datetime64(end, "us").astype(datetime) for end in (min(ends), max(ends)))
    return Extent(first=first, last=last, later=later)


def _moments(file: Path, time: str, unit: str | None) -> Iterator[NDArray[np.int64]]:
    import pyarrow as pa

    try:
        for column in _csv(file, time, unit) if file.suffix.lower() == ".csv" else _parquet(file, time):
            yield microseconds(column, unit)
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


def _csv(file: Path, time: str, unit: str | None) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv

    kind = pa.timestamp("us") if unit is None else pa.int64()
    options = csv.ConvertOptions(include_columns=[time], column_types={time: kind})
    for batch in csv.open_csv(file, convert_options=options):
        yield batch.column(0)
