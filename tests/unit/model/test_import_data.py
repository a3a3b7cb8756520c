"""Reading hour.csv: both headers in circulation, every code to its word, and no line that is quietly wrong."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import import_data

HERE = (
    "instant,dateday,season,year,month,hour,holiday,weekday,workingday,weathersit,temp,feelingTemp,humidity,"
    "windspeed,casual,registered,count"
)
PUBLISHED = (
    "instant,dteday,season,yr,mnth,hr,holiday,weekday,workingday,weathersit,temp,atemp,hum,"
    "windspeed,casual,registered,cnt"
)
FIRST = "7,{day},4,0,12,{hour},1,6,0,3,0.24,0.2879,0.81,0.0896,3,13,16"


def line(day: str = "31-12-2011", hour: str = "23") -> str:
    return FIRST.format(day=day, hour=hour)


@pytest.mark.parametrize(("header", "day"), [(HERE, "31-12-2011"), (PUBLISHED, "2011-12-31")], ids=["words", "short"])
def test_both_headers_give_the_same_hour(header: str, day: str) -> None:
    assert import_data.rows([header, line(day)]) == [
        {
            "instant": 7,
            "timestamp": dt.datetime(2011, 12, 31, 23),
            "season": "fall",
            "holiday": True,
            "workingday": False,
            "weather": "light_precipitation",
            "temperature": 0.24,
            "feels_like": 0.2879,
            "humidity": 0.81,
            "windspeed": 0.0896,
            "casual": 3,
            "registered": 13,
            "rentals": 16,
        }
    ]


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (line().replace(",4,0,", ",5,0,"), "line 2 is not an hour"),
        (line().replace(",1,6,", ",2,6,"), "line 2 is not an hour"),
        (line().replace("0.81", "wet"), "line 2 is not an hour"),
        (line("31-13-2011"), "line 2 is not an hour"),
        (line(""), "line 2 is not an hour"),
        (line().rsplit(",", 1)[0], "line 2 is not an hour"),
        (line().replace(",13,16", ",13,17"), "line 2: rentals are not"),
        (f"{line()}\n{line()}", "line 3: hours must increase"),
    ],
    ids=["season", "flag", "number", "month", "no day", "short line", "sum", "order"],
)
def test_wrong_line_is_named(wrong: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        import_data.rows([HERE, *wrong.split("\n")])


def test_months_are_split_into_a_past_and_live_traffic_without_labels(tmp_path: Path) -> None:
    hours = import_data.rows([HERE, line(), line("01-01-2012", "0"), line("01-01-2012", "1")])
    tables = import_data.months(hours)
    import_data.write_months(tables, "2012-01", tmp_path / "data", tmp_path / "live")
    written = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.parquet"))
    assert written == ["data/2011-12.parquet", "live/labels/2012-01.parquet", "live/requests/2012-01.parquet"]
    assert pq.read_table(tmp_path / written[0]).schema.equals(import_data.SCHEMA)
    assert set(import_data.LABELS).isdisjoint(pq.read_schema(tmp_path / written[2]).names)
    assert pq.read_table(tmp_path / written[1])["rentals"].to_pylist() == [16, 16]


def test_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        tables = import_data.months(import_data.rows([HERE, line()]))
        import_data.write_months(tables, "2012-01", tmp_path / folder, tmp_path / "live")
    one, two = (tmp_path / folder / "2011-12.parquet" for folder in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
