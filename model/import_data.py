"""Turn the published hour.csv into one Parquet file per month: a past to train on, and live traffic still to come.

Run once by whoever maintains the example; everybody else gets the result with `dvc pull`. See DATA.md for the source.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import parquet_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SEASONS = {"1": "winter", "2": "spring", "3": "summer", "4": "fall"}
WEATHER = {"1": "clear", "2": "mist", "3": "light_precipitation", "4": "heavy_precipitation"}

SCHEMA = pa.schema(
    [
        ("instant", pa.int64()),
        ("timestamp", pa.timestamp("us")),
        ("season", pa.string()),
        ("holiday", pa.bool_()),
        ("workingday", pa.bool_()),
        ("weather", pa.string()),
        ("temperature", pa.float64()),
        ("feels_like", pa.float64()),
        ("humidity", pa.float64()),
        ("windspeed", pa.float64()),
        ("casual", pa.int64()),
        ("registered", pa.int64()),
        ("rentals", pa.int64()),
    ]
)
LABELS = ("casual", "registered", "rentals")

# The file is in circulation with two headers: the publisher's, and this one with words instead of abbreviations.
PUBLISHED_NAMES = {
    "dteday": "dateday",
    "yr": "year",
    "mnth": "month",
    "hr": "hour",
    "atemp": "feelingTemp",
    "hum": "humidity",
    "cnt": "count",
}


def row(record: Mapping[str, str]) -> dict[str, Any]:
    """One hour in our columns and types. Raises KeyError or ValueError on a value the source does not define."""
    day = record["dateday"]
    date = dt.datetime.strptime(day, "%Y-%m-%d" if day[4] == "-" else "%d-%m-%Y")
    return {
        "instant": int(record["instant"]),
        "timestamp": date + dt.timedelta(hours=int(record["hour"])),
        "season": SEASONS[record["season"]],
        "holiday": {"0": False, "1": True}[record["holiday"]],
        "workingday": {"0": False, "1": True}[record["workingday"]],
        "weather": WEATHER[record["weathersit"]],
        "temperature": float(record["temp"]),
        "feels_like": float(record["feelingTemp"]),
        "humidity": float(record["humidity"]),
        "windspeed": float(record["windspeed"]),
        "casual": int(record["casual"]),
        "registered": int(record["registered"]),
        "rentals": int(record["count"]),
    }


def rows(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Every hour of the CSV, oldest first. Raises ValueError naming the line that does not fit."""
    reader = csv.DictReader(lines)
    result: list[dict[str, Any]] = []
    for record in reader:
        try:
            hour = row({PUBLISHED_NAMES.get(name, name): value for name, value in record.items()})
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise ValueError(f"line {reader.line_num} is not an hour of this data set: {error!r}") from error
        if hour["rentals"] != hour["casual"] + hour["registered"]:
            raise ValueError(f"line {reader.line_num}: rentals are not casual + registered")
        if result and hour["timestamp"] <= result[-1]["timestamp"]:
            raise ValueError(f"line {reader.line_num}: hours must increase")
        result.append(hour)
    return result


def months(hours: Iterable[Mapping[str, Any]]) -> dict[str, pa.Table]:
    """The hours as one table per calendar month, keyed `YYYY-MM`, in order."""
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for hour in hours:
        grouped.setdefault(f"{hour['timestamp']:%Y-%m}", []).append(hour)
    return {month: pa.Table.from_pylist(grouped[month], schema=SCHEMA) for month in sorted(grouped)}


def write_months(tables: Mapping[str, pa.Table], first_live: str, data: Path, live: Path) -> None:
    """Months before `first_live` whole into `data`; later ones as requests, and what became of them as labels."""
    for month, table in tables.items():
        if month < first_live:
            parquet_files.write(table, data / f"{month}.parquet")
        else:
            parquet_files.write(table.drop_columns(list(LABELS)), live / "requests" / f"{month}.parquet")
            parquet_files.write(table.select(["instant", *LABELS]), live / "labels" / f"{month}.parquet")


def main(arguments: list[str] | None = None) -> None:
    """Read the CSV, write the months, say what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", type=Path, help="hour.csv as published")
    parser.add_argument("--data", type=Path, default=Path("data"), help="months to train and evaluate on")
    parser.add_argument("--live", type=Path, default=Path("model/live"), help="months that arrive later")
    parser.add_argument("--first-live", default="2012-01", metavar="YYYY-MM", help="first live month")
    options = parser.parse_args(arguments)
    with options.csv.open(encoding="utf-8", newline="") as lines:
        hours = rows(lines)
    write_months(months(hours), options.first_live, options.data, options.live)
    print(f"{len(hours):,} hours, {sum(hour['rentals'] for hour in hours):,} rentals")


if __name__ == "__main__":
    main()
