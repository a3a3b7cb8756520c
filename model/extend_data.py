"""Let live months join the training data: the hours that the service answered, and what was rented in the end.

Only months that are over take part, and of them those whose labels have come. The same months are the same bytes
whenever this runs, because nothing later than `until` is read.
"""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import parquet_files
from import_data import LABELS, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY = "instant"
LOGGED = "request_id"
"""What the key is called in the service's own log: clients send it as the id of their request."""
LEAST = 0.9
"""A month joins when this share of its hours has a label."""


def tables(place: Path, columns: Sequence[str]) -> pa.Table:
    """All rows of a Parquet file, or of those in a folder, in the example's types; each hour once, oldest first."""
    files = [place] if place.is_file() else sorted(place.rglob("*.parquet"))
    if not files:
        raise SystemExit(f"{place} holds no Parquet files")
    kinds = pa.schema([SCHEMA.field(name) for name in columns])
    table = pa.concat_tables(_rows(file, columns).select(columns).cast(kinds) for file in files)
    _, first = np.unique(table[KEY].to_numpy(), return_index=True)
    return table.take(pa.array(first))


def _rows(file: Path, columns: Sequence[str]) -> pa.Table:
    """A file's columns; of a log, the requests whose id is an hour's (a smoke test's is none)."""
    names = pq.read_schema(file).names
    if KEY in names or LOGGED not in names:
        return parquet_files.read([file], columns)
    table = parquet_files.read([file], [LOGGED, *(name for name in columns if name != KEY)])
    table = table.filter(pc.utf8_is_decimal(table[LOGGED]))
    return table.append_column(KEY, table[LOGGED].cast(pa.int64()))


def labelled(requests: pa.Table, labels: pa.Table) -> pa.Table:
    """Requests with what became of them, in the columns of the training data."""
    return requests.join(labels, KEY, join_type="inner").select(SCHEMA.names).cast(SCHEMA).sort_by("timestamp")


def months(requests: pa.Table, labels: pa.Table, until: dt.datetime) -> dict[str, pa.Table]:
    """The months before `until` that are over and whose labels have come, keyed `YYYY-MM`."""
    names = pc.strftime(requests["timestamp"], format="%Y-%m")
    found: dict[str, pa.Table] = {}
    for month in sorted(set(names.to_pylist())):
        asked = requests.filter(pc.equal(names, month))
        known = labelled(asked, labels)
        if end_of(month) <= until and known.num_rows >= LEAST * asked.num_rows:
            found[month] = known
    return found


def end_of(month: str) -> dt.datetime:
    """The first moment after a month."""
    first = dt.datetime.strptime(month, "%Y-%m")
    return (first + dt.timedelta(days=32)).replace(day=1)


def main(arguments: list[str] | None = None) -> None:
    """Write a file per month into `data`, and say which."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the training data's folder")
    parser.add_argument("live", type=Path, help="requests: a Parquet file, or a folder of them")
    parser.add_argument("labels", type=Path, help="what was rented: the same")
    parser.add_argument("until", type=dt.datetime.fromisoformat, help="the first moment that is not known yet")
    options = parser.parse_args(arguments)
    requests = tables(options.live, [name for name in SCHEMA.names if name not in LABELS])
    labels = tables(options.labels, [KEY, *LABELS])
    for month, table in months(requests, labels, options.until).items():
        parquet_files.write(table, options.data / f"{month}.parquet")
        print(f"{month}: {table.num_rows:,} hours")


if __name__ == "__main__":
    main()
