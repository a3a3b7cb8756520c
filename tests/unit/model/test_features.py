"""What the model looks at is what the table of features says, and never a part of the target."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from features import FEATURES, Category, columns, matrix
from prepare import REQUEST
from unit.model.rows import hours

MOMENT = dt.datetime(2012, 2, 29, 17, 59, 59)  # a Wednesday, 424 days after 2011-01-01


def one_hour(**changes: object) -> pa.Table:
    row = {
        "instant": 1,
        "timestamp": MOMENT,
        "season": "winter",
        "holiday": False,
        "workingday": True,
        "weather": "mist",
        "temperature": 0.25,
        "feels_like": 0.5,
        "humidity": 0.75,
        "windspeed": 0.125,
    }
    table = pa.Table.from_pylist([row | changes])
    return table.set_column(1, "timestamp", table["timestamp"].cast(pa.timestamp("us")))


@pytest.mark.parametrize(
    ("feature", "changes", "value"),
    [
        ("hour", {}, 17),
        ("hour", {"timestamp": dt.datetime(2011, 1, 1)}, 0),
        ("weekday", {}, 2),
        ("weekday", {"timestamp": dt.datetime(2011, 1, 2, 23)}, 6),
        ("weekday", {"timestamp": dt.datetime(2011, 1, 3)}, 0),
        ("quarter", {}, 424 // 91),
        ("quarter", {"timestamp": dt.datetime(2011, 1, 1)}, 0),
        ("quarter", {"timestamp": dt.datetime(2011, 4, 1, 23)}, 0),
        ("quarter", {"timestamp": dt.datetime(2011, 4, 2)}, 1),
        ("season", {}, 0),
        ("season", {"season": "fall"}, 3),
        ("weather", {}, 1),
        ("weather", {"weather": "heavy_precipitation"}, 3),
        ("holiday", {}, 0),
        ("workingday", {}, 1),
        ("temperature", {}, 0.25),
        ("feels_like", {}, 0.5),
        ("humidity", {}, 0.75),
        ("windspeed", {}, 0.125),
    ],
)
def test_feature_of_one_hour(feature: str, changes: dict[str, object], value: float) -> None:
    assert matrix(one_hour(**changes), [feature]).tolist() == [[value]]


def test_matrix_keeps_the_order_asked_for() -> None:
    assert matrix(one_hour(), ["windspeed", "hour"]).tolist() == [[0.125, 17]]


def test_unknown_word_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match=r"season: unknown \['autumn'\]"):
        matrix(one_hour(season="autumn"), ["season"])


def test_missing_number_is_not_a_number_and_never_zero() -> None:
    assert np.isnan(matrix(one_hour(temperature=None), ["temperature"])).all()


def test_no_feature_reads_the_target_or_a_part_of_it() -> None:
    read = {feature.column for feature in FEATURES.values()}
    assert read.isdisjoint({"casual", "registered", "rentals"})
    assert read <= set(REQUEST)


def test_leaks_cannot_change_a_feature() -> None:
    table = hours(50)
    nonsense = pa.array(np.full(50, 10**6))
    scrambled = table
    for leak in ("casual", "registered", "rentals"):
        scrambled = scrambled.set_column(scrambled.column_names.index(leak), leak, nonsense)
    assert np.array_equal(matrix(table, list(FEATURES)), matrix(scrambled, list(FEATURES)))


def test_columns_are_named_once_each() -> None:
    assert columns(["hour", "season", "weekday"]) == ["timestamp", "season"]


def test_every_category_has_different_words() -> None:
    for feature in FEATURES.values():
        if isinstance(feature.how, Category):
            assert len(set(feature.how.words)) == len(feature.how.words)
