"""Requests that clients send: rows of the live months, which DVC keeps inside the example's repository."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
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
    return [body(row) for month in months for row in rows(table(read, f"requests/{month}.parquet"))]


def body(row: Mapping[str, Any]) -> bytes:
    """A request for one row."""
    return json.dumps({"dataframe_records": [row]}).encode()


def table(read: Read, name: str) -> Any:
    """A file of the live months as an Arrow table. Raises InputError E-SIM-040 where the repository has no such one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    return pq.read_table(pa.BufferReader(_stored(read, name)))


def rows(table: Any) -> list[dict[str, Any]]:
    """What is asked in each hour of a table."""
    import pyarrow as pa

    table = table.select(list(COLUMNS))
    place = table.schema.get_field_index("timestamp")
    # The model takes times as the numbers that they are stored as.
    found: list[dict[str, Any]] = table.set_column(place, "timestamp", table["timestamp"].cast(pa.int64())).to_pylist()
    return found


def months(read: Read) -> list[str]:
    """The live months that the repository has, in order (``2012-01``). Raises InputError E-SIM-040 without any."""
    return sorted(name.removeprefix("requests/")[:7] for name in _listing(read, "requests/") if "requests/" in name)


def _stored(read: Read, name: str) -> bytes:
    """A file of the tracked folder, out of the remote that lies in the repository."""
    return read(_place(_listing(read, name)[name]))


def _listing(read: Read, wanted: str) -> dict[str, str]:
    """Hashes by name of all that is tracked, with something whose name begins as `wanted` among it."""
    try:
        pointer = workflow_yaml.load(read(TRACKED).decode(), TRACKED)["outs"][0]["md5"]
        found = {entry["relpath"]: entry["md5"] for entry in json.loads(read(_place(pointer)))}
    except (KeyError, IndexError, TypeError, ValueError):
        found = {}
    if not any(name.startswith(wanted) for name in found):
        raise InputError("E-SIM-040", f"has no {wanted}, which clients of this scenario send.", where=TRACKED)
    return found


def _place(md5: str) -> str:
    return f"{STORAGE}/{md5[:2]}/{md5[2:]}"
