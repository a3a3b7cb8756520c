"""Which files a suite is run on, and the span of time that their names stand for."""

from __future__ import annotations

from datetime import datetime

import pytest

from tidegate.core.data.periods import frames, period

MONTHS = ["2011-10.parquet", "2011-09.parquet", "2011-12.parquet"]


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("2011-01.parquet", (2011, 1, 1), (2011, 2, 1)),
        ("2011-12.parquet", (2011, 12, 1), (2012, 1, 1)),
        ("2012-02.csv", (2012, 2, 1), (2012, 3, 1)),
        ("2011-02-28.csv", (2011, 2, 28), (2011, 3, 1)),
        ("2011.csv", (2011, 1, 1), (2012, 1, 1)),
        ("sales-2011-01.csv", (2011, 1, 1), (2011, 2, 1)),
        ("2010/sales-2011-01.csv", (2011, 1, 1), (2011, 2, 1)),
    ],
)
def test_a_date_in_the_name_is_a_span(name: str, start: tuple[int, int, int], end: tuple[int, int, int]) -> None:
    assert period(name) == (datetime(*start), datetime(*end))


@pytest.mark.parametrize(
    "name", ["train.csv", "part-0001.csv", "2011-13.csv", "2011-02-30.csv", "12011-01.csv", "20110101.csv", "9999.csv"]
)
def test_anything_else_is_not(name: str) -> None:
    assert period(name) is None


def test_all_files_are_one_frame_in_order_of_time() -> None:
    (frame,) = frames("all", MONTHS)
    assert frame.files == ("2011-09.parquet", "2011-10.parquet", "2011-12.parquet")
    assert frame.parameters == {"files": 3, "data_start": datetime(2011, 9, 1), "data_end": datetime(2012, 1, 1)}


def test_each_file_knows_its_own_limits_and_those_of_all() -> None:
    first, *_ = found = frames("each-file", MONTHS)
    assert [frame.name for frame in found] == ["2011-09.parquet", "2011-10.parquet", "2011-12.parquet"]
    assert first.parameters["file_start"] == datetime(2011, 9, 1)
    assert first.parameters["file_end"] == datetime(2011, 10, 1)
    assert first.parameters["data_end"] == datetime(2012, 1, 1)


def test_the_newest_file_is_the_one_that_ends_last() -> None:
    (frame,) = frames("newest-file", MONTHS)
    assert frame.files == ("2011-12.parquet",)


def test_names_without_dates_are_ordered_by_name_and_give_no_limits() -> None:
    (frame,) = frames("newest-file", ["b.csv", "a.csv"])
    assert frame.files == ("b.csv",)
    assert frame.parameters == {"files": 2}


def test_one_name_without_a_date_leaves_the_whole_without_limits() -> None:
    (frame,) = frames("all", ["2011-01.csv", "rest.csv"])
    assert frame.parameters == {"files": 2}
