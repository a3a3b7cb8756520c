"""Late labels: what was rented arrives in a folder of the runner some days after it was asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from tidegate.simulator.year.stream import Hour

LATE = timedelta(days=2)
COLUMNS = ("instant", "casual", "registered", "rentals")


def deliver(folder: Path, hours: Sequence[Hour], now: datetime) -> int:
    """Write what is known by `now`, one file a month, the newest as far as it goes: how many rows there are."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    known = [hour for hour in hours if hour.moment < now - LATE]
    for month, group in groupby(known, key=lambda hour: hour.month):
        found = list(group)
        table = pa.table({name: [getattr(hour, name) for hour in found] for name in COLUMNS})
        hidden = folder / f".{month}.part"
        pq.write_table(table, hidden)
        hidden.replace(folder / f"{month}.parquet")
    return len(known)
