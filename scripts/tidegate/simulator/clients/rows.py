"""Requests that clients send: rows of the live months, which DVC keeps inside the example's repository."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from tidegate.errors import InputError
from tidegate.simulator import workflow_yaml

TRACKED = "model/live.dvc"
STORAGE = ".dvc/storage/files/md5"
COLUMNS = (
    "timestamp",
    "season",
    "holiday",
    "workingday",
    "weather",
    "temperature",
    "feels_like",
    "humidity",
    "windspeed",
)

Read = Callable[[str], bytes]


def bodies(read: Read, *, months: Sequence[str]) -> list[bytes]:
    """One request body for each hour of the `months` (``2012-01``), for MLflow's ``/invocations``.

    `read` gives a file of the repository. Raises InputError E-SIM-040 where it has no such rows.
    """
    found = [row for month in months for row in _rows(read, f"requests/{month}.parquet")]
    return [json.dumps({"dataframe_records": [row]}).encode() for row in found]


def _rows(read: Read, name: str) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(pa.BufferReader(_stored(read, name))).select(list(COLUMNS))
    place = table.schema.get_field_index("timestamp")
    # The model takes times as the numbers that they are stored as.
    rows: list[dict[str, Any]] = table.set_column(place, "timestamp", table["timestamp"].cast(pa.int64())).to_pylist()
    return rows


def _stored(read: Read, name: str) -> bytes:
    """A file of the tracked folder, out of the remote that lies in the repository."""
    try:
        pointer = workflow_yaml.load(read(TRACKED).decode(), TRACKED)["outs"][0]["md5"]
        listing = json.loads(read(_place(pointer)))
        md5 = next(entry["md5"] for entry in listing if entry["relpath"] == name)
    except (KeyError, IndexError, TypeError, ValueError, StopIteration):
        raise InputError("E-SIM-040", f"has no {name}, which clients of this scenario send.", where=TRACKED) from None
    return read(_place(md5))


def _place(md5: str) -> str:
    return f"{STORAGE}/{md5[:2]}/{md5[2:]}"
