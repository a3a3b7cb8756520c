"""Split the months by time: the newest ones are the hold-out, everything before is training.

What leaves here has no `casual` and no `registered`: their sum is the target, so no later stage can see them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import params
import parquet_files
from features import TARGET

if TYPE_CHECKING:
    import pyarrow as pa

DATA = Path("data")
PREPARED = Path("model/prepared")
REQUEST = (
    "instant",
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


def split(table: pa.Table, holdout_months: int) -> tuple[pa.Table, pa.Table]:
    """(training, hold-out), each in order of time. Raises ValueError when no month would be left to train on."""
    table = table.sort_by("timestamp")
    month = table["timestamp"].to_numpy().astype("datetime64[M]")
    calendar = np.unique(month)
    if len(calendar) <= holdout_months:
        raise ValueError(f"{len(calendar)} months of data cannot spare {holdout_months} for the hold-out")
    held_out = month >= calendar[-holdout_months]
    return table.filter(~held_out), table.filter(held_out)


def describe(name: str, table: pa.Table) -> str:
    """One line for the log: what is in the table and from when to when."""
    time = table["timestamp"]
    return f"{name}: {table.num_rows:,} hours from {time[0]} to {time[-1]}"


def main() -> None:
    """Read data/, write the two tables."""
    months = sorted(DATA.glob("*.parquet"))
    if not months:
        raise SystemExit("data/ holds no months; `dvc pull data.dvc` brings them")
    table = parquet_files.read(months, [*REQUEST, TARGET])
    training, holdout = split(table, params.load().holdout_months)
    for name, part in (("train", training), ("holdout", holdout)):
        parquet_files.write(part, PREPARED / f"{name}.parquet")
        print(describe(name, part))


if __name__ == "__main__":
    main()
