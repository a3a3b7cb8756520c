"""The example's expectations: good months pass all of them, and every single one can fail."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from data_sets import DataSet, in_this_process
from tidegate.adapters.great_expectations import validation as great_expectations
from tidegate.core.data.periods import frames
from tidegate.core.data.suite_fit import require_parameters, unknown_columns
from tidegate.core.data.suites import Suite, read

FOLDER = Path(__file__).parents[2] / "model" / "expectations"
SHARES = ("temperature", "feels_like", "humidity", "windspeed")
KINDS = {
    **dict.fromkeys(("instant", "casual", "registered", "rentals"), pa.int64()),
    **dict.fromkeys(SHARES, pa.float64()),
    **dict.fromkeys(("holiday", "workingday"), pa.bool_()),
    **dict.fromkeys(("season", "weather"), pa.string()),
    "timestamp": pa.timestamp("us"),
}
MONTHS = {"2011-01.parquet": datetime(2011, 1, 1), "2011-02.parquet": datetime(2011, 2, 1)}
LAST = "2011-02.parquet"
Columns = dict[str, list[Any]]
Months = dict[str, Columns]


def hour(number: int, time: datetime, chance: random.Random) -> dict[str, Any]:
    casual, registered = chance.randrange(1, 90), chance.randrange(1, 400)
    return {
        "instant": number,
        "timestamp": time,
        "season": "winter",
        "holiday": False,
        "workingday": time.weekday() < 5,
        "weather": chance.choice(["clear", "mist", "light_precipitation"]),
        **{name: chance.random() for name in SHARES},
        "casual": casual,
        "registered": registered,
        "rentals": casual + registered,
    }


def good() -> Months:
    chance, number, months = random.Random(7), 0, {}
    for name, start in MONTHS.items():
        hours = [start + timedelta(hours=step) for step in range(744)]
        rows = [hour(number := number + 1, time, chance) for time in hours if time.month == start.month]
        months[name] = {column: [row[column] for row in rows] for column in KINDS}
    return months


def everywhere(change: Callable[[Columns], None]) -> Callable[[Months], None]:
    def corrupt(months: Months) -> None:
        for columns in months.values():
            change(columns)

    return corrupt


def put(column: str, value: Any, row: int = 30) -> Callable[[Months], None]:
    def corrupt(months: Months) -> None:
        months[LAST][column][row] = value

    return corrupt


def together(*corruptions: Callable[[Months], None]) -> Callable[[Months], None]:
    def corrupt(months: Months) -> None:
        for one in corruptions:
            one(months)

    return corrupt


def swap(column: str) -> Callable[[Months], None]:
    """Two neighbours change places, over the border of the files."""

    def corrupt(months: Months) -> None:
        first, second = (months[name][column] for name in MONTHS)
        first[-1], second[0] = second[0], first[-1]

    return corrupt


def nothing_there(columns: Columns) -> None:
    for values in columns.values():
        values[30] = None


def another_type(columns: Columns) -> None:
    for name, kind in KINDS.items():
        as_text = kind != pa.string()
        columns[name] = [str(value) if as_text else len(value) for value in columns[name]]


def other_columns(columns: Columns) -> None:
    columns["wind_speed"] = columns["windspeed"]


def short(months: Months) -> None:
    for values in months[LAST].values():
        del values[-200:]


def few_labels(columns: Columns) -> None:
    for row in range(len(columns["rentals"])):
        columns["casual"][row], columns["registered"][row], columns["rentals"][row] = 1, 1, 2


def broken_sensor(columns: Columns) -> None:
    columns["humidity"][:40] = [0.0] * 40


def copied_days(months: Months) -> None:
    """Hours of January under February's dates, also what was measured in them."""
    source, copy = (months[name] for name in MONTHS)
    for name in copy:
        if name not in ("instant", "timestamp"):
            copy[name][:100] = source[name][:100]


CORRUPTIONS: dict[str, Callable[[Months], None]] = {
    "nothing-there": everywhere(nothing_there),
    "another-type": everywhere(another_type),
    "other-columns": everywhere(other_columns),
    "short-month": short,
    "few-labels": everywhere(few_labels),
    "broken-sensor": everywhere(broken_sensor),
    "copied-days": copied_days,
    "id-twice": put("instant", 3),
    "hour-twice": put("timestamp", datetime(2011, 2, 2)),
    "hour-of-another-month": put("timestamp", datetime(2011, 3, 1)),
    "ids-out-of-order": swap("instant"),
    "hours-out-of-order": swap("timestamp"),
    "season": put("season", "monsoon"),
    "weather": put("weather", "hail"),
    "above-one": together(*(put(name, 1.5) for name in SHARES)),
    "below-zero": together(*(put(name, -0.1) for name in SHARES)),
    "fewer-than-none": together(put("casual", -1), put("registered", -1)),
    "rentals": put("rentals", 0),
    "rentals-too-many": put("rentals", 5001),
    "not-the-sum": put("rentals", 600),
}
# What each corruption has to be caught by, among others.
CAUGHT_BY = {
    "other-columns": ("schema", "expect_table_columns_to_match_set"),
    "short-month": ("freshness", "expect_column_max_to_be_between"),
    "copied-days": ("split", "expect_compound_columns_to_be_unique"),
    "id-twice": ("split", "expect_column_values_to_be_unique"),
    "ids-out-of-order": ("split", "expect_column_values_to_be_increasing"),
    "hour-of-another-month": ("months", "expect_column_values_to_be_between"),
    "not-the-sum": ("label", "expect_column_values_to_be_null"),
    "few-labels": ("label", "expect_column_unique_value_count_to_be_between"),
}


@pytest.fixture(scope="module")
def suites() -> tuple[Suite, ...]:
    return read({f"model/expectations/{path.name}": path.read_text() for path in FOLDER.glob("*.json")}, "e")


@pytest.fixture(scope="module")
def failing(
    suites: tuple[Suite, ...], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Months], set[tuple[str, int]]]:
    """(suite, index) of the expectations that months do not meet."""

    def ask(months: Months) -> set[tuple[str, int]]:
        folder = tmp_path_factory.mktemp("arrow")
        arrow = dict(_written(months, folder))
        runs = [great_expectations.Run(suite=one, frames=frames(one.rows, list(arrow))) for one in suites]
        found = great_expectations.validate(
            runs, arrow, id_column="instant", environment=os.environ, ask=in_this_process
        )
        return {(outcome.suite, outcome.index) for outcome in found.outcomes if not outcome.success}

    return ask


def _written(months: Months, folder: Path) -> Iterator[tuple[str, Path]]:
    for name, columns in months.items():
        table = pa.table({column: _array(column, values) for column, values in columns.items()})
        path = folder / f"{name}.arrow"
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        yield name, path


def _array(column: str, values: list[Any]) -> pa.Array:
    try:
        return pa.array(values, KINDS.get(column))
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array(values)


@pytest.fixture(scope="module")
def caught(failing: Callable[[Months], set[tuple[str, int]]]) -> dict[str, set[tuple[str, int]]]:
    """What fails under each corruption."""
    results = {}
    for name, corrupt in CORRUPTIONS.items():
        months = good()
        corrupt(months)
        results[name] = failing(months)
    return results


def test_suites_and_the_example_s_files_belong_together(suites: tuple[Suite, ...]) -> None:
    assert not unknown_columns(suites, list(KINDS))
    for suite in suites:
        require_parameters(suite, frames(suite.rows, list(MONTHS)))


def test_good_months_meet_every_expectation(failing: Callable[[Months], set[tuple[str, int]]]) -> None:
    assert failing(good()) == set()


def test_the_example_s_own_data_meets_every_expectation_in_a_fresh_clone(tmp_path: Path) -> None:
    clone = DataSet(tmp_path / "clone")
    clone.root.mkdir()
    clone.git("clone", "--quiet", "--no-hardlinks", str(FOLDER.parents[1]), ".")
    answer = clone.validate(base="HEAD")
    assert answer.sentence == "data: 49 of 49 checks passed on 8,645 rows"
    assert clone.git("status", "--short") == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_no_corruption_passes(caught: dict[str, set[tuple[str, int]]], suites: tuple[Suite, ...], name: str) -> None:
    by_name = {suite.name: suite for suite in suites}
    kinds = {(suite, by_name[suite].expectations[index].type) for suite, index in caught[name]}
    assert kinds
    if name in CAUGHT_BY:
        assert CAUGHT_BY[name] in kinds


@pytest.mark.slow
def test_every_expectation_can_fail(caught: dict[str, set[tuple[str, int]]], suites: tuple[Suite, ...]) -> None:
    every = {(suite.name, index) for suite in suites for index in range(len(suite.expectations))}
    never = every - set().union(*caught.values())
    assert not [(name, index) for name, index in sorted(never)]
