"""When clocks were changed, from the time zone database; a column of times as its wall clock showed them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tidegate.adapters.data.clock_times import changes_of, wall_times, with_zone, zone_of
from tidegate.core.data.clock import Change, Clock, odd_times
from tidegate.errors import InputError

EPOCH = datetime(1970, 1, 1)
HOURLY = Clock(column="time", zone="Europe/Berlin", step=3_600_000_000, every="1h")


def micros(*times: datetime) -> np.ndarray:
    return np.array([(time - EPOCH) // timedelta(microseconds=1) for time in times], dtype=np.int64)


def between(start: datetime, end: datetime, zone: str) -> list[tuple[datetime, datetime, bool]]:
    def shown(change: Change) -> tuple[datetime, datetime, bool]:
        start, end = (EPOCH + timedelta(microseconds=one) for one in (change.start, change.end))
        return start, end, change.twice

    return [shown(change) for change in changes_of(ZoneInfo(zone), micros(start, end))]


def test_a_year_in_berlin_has_one_hour_skipped_and_one_twice() -> None:
    assert between(datetime(2024, 1, 1), datetime(2024, 12, 31), "Europe/Berlin") == [
        (datetime(2024, 3, 31, 2), datetime(2024, 3, 31, 3), False),
        (datetime(2024, 10, 27, 2), datetime(2024, 10, 27, 3), True),
    ]


@pytest.mark.parametrize(
    ("zone", "minutes"),
    [("UTC", []), ("Asia/Tokyo", []), ("Australia/Lord_Howe", [30, 30]), ("Europe/London", [60, 60])],
)
def test_zones_change_their_clocks_as_they_do(zone: str, minutes: list[int]) -> None:
    found = between(datetime(2024, 1, 1), datetime(2024, 12, 31), zone)
    assert [(end - start) // timedelta(minutes=1) for start, end, _ in found] == minutes


@pytest.mark.parametrize(
    ("zone", "minutes"),
    [("Europe/Berlin", 60), ("America/New_York", 30), ("Australia/Lord_Howe", 30), ("Asia/Tokyo", 15)],
)
def test_every_instant_of_a_year_is_a_whole_series(zone: str, minutes: int) -> None:
    """The oracle: the wall clock at every step of the year, as the library shows it."""
    start, step = datetime(2024, 1, 1, tzinfo=UTC), timedelta(minutes=minutes)
    walls = [
        (start + number * step).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        for number in range(366 * 1440 // minutes)
    ]
    times = micros(*walls)
    clock = Clock(column="time", zone=zone, step=minutes * 60_000_000, every=f"{minutes}m")
    assert odd_times(times, clock, changes_of(ZoneInfo(zone), times)) == []
    lost = np.delete(times, len(times) // 2)
    assert [one.time for one in odd_times(lost, clock, changes_of(ZoneInfo(zone), lost))] == [times[len(times) // 2]]


def written(folder: Path, **columns: pa.Array) -> dict[str, Path]:
    pq.write_table(pa.table(columns), folder / "a.parquet")
    return {"a.parquet": folder / "a.parquet"}


def test_times_of_any_unit_and_dates_are_read(tmp_path: Path) -> None:
    moment = datetime(2024, 3, 31, 1)
    for kind in (pa.timestamp("s"), pa.timestamp("ns"), pa.timestamp("us")):
        paths = written(tmp_path, time=pa.array([moment, None], kind))
        assert wall_times(paths, ["a.parquet"], HOURLY).tolist() == micros(moment).tolist()
    paths = written(tmp_path, time=pa.array([date(2024, 3, 31)], pa.date32()))
    assert wall_times(paths, ["a.parquet"], HOURLY).tolist() == micros(datetime(2024, 3, 31)).tolist()


def test_times_with_a_zone_are_in_utc(tmp_path: Path) -> None:
    moment = datetime(2024, 7, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    paths = written(tmp_path, time=pa.array([moment], pa.timestamp("us", "Europe/Berlin")))
    assert with_zone(paths, "a.parquet", "time")
    assert wall_times(paths, ["a.parquet"], HOURLY).tolist() == micros(datetime(2024, 7, 1, 10)).tolist()


def test_texts_are_no_times(tmp_path: Path) -> None:
    assert wall_times(written(tmp_path, time=pa.array(["2024-03-31"])), ["a.parquet"], HOURLY) is None


@pytest.mark.parametrize("zone", ["Europe/Berln", "../../etc/passwd", "/etc/localtime", "CET+99"])
def test_a_zone_that_is_none_is_refused_with_the_nearest(zone: str) -> None:
    with pytest.raises(InputError, match="there is no time zone") as error:
        zone_of(Clock(column="time", zone=zone, step=1, every="1h"), "e/hours.json")
    assert error.value.code == "E-DAT-020"
    assert error.value.where == "e/hours.json /meta/tidegate/clock/zone"
