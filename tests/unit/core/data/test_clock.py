"""Series of times against the clocks of a zone: what is missing, doubled, between steps, or never was."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.data.clock import Change, Clock, odd_times, problems, read
from tidegate.errors import InputError

HOUR = 3_600_000_000
EPOCH = datetime(1970, 1, 1)
HOURLY = Clock(column="time", zone="Europe/Berlin", step=HOUR, every="1h")
FORWARD = Change(2 * HOUR, 3 * HOUR, twice=False)  # 02:00 is skipped
BACK = Change(2 * HOUR, 3 * HOUR, twice=True)  # 02:00 comes twice


def at(*hours: float) -> np.ndarray:
    return np.array([round(hour * HOUR) for hour in hours], dtype=np.int64)


def told(times: np.ndarray, *changes: Change, clock: Clock = HOURLY) -> list[tuple[str, str]]:
    found = odd_times(times, clock, changes)
    return [(str(EPOCH + timedelta(microseconds=one.time))[11:16], one.told) for one in found]


CASES = {
    "whole": (at(0, 1, 2, 3), (), []),
    "in any order": (at(3, 1, 0, 2), (), []),
    "missing": (at(0, 1, 3), (), [("02:00", "is missing")]),
    "doubled": (at(0, 1, 1, 2), (), [("01:00", "is there 2 times")]),
    "skipped, rightly": (at(0, 1, 3, 4), (FORWARD,), []),
    "skipped, and there": (at(0, 1, 2, 3), (FORWARD,), [("02:00", "does not exist: clocks went forward over it")]),
    "twice, rightly": (at(0, 1, 2, 2, 3), (BACK,), []),
    "twice, and once": (
        at(0, 1, 2, 3),
        (BACK,),
        [("02:00", "is there once: clocks went back, so that it comes twice")],
    ),
    "twice, and missing": (at(0, 1, 3), (BACK,), [("02:00", "is missing: clocks went back, so that it comes twice")]),
    "begins between the two": (at(2, 3, 4), (BACK,), []),
    "ends between the two": (at(0, 1, 2), (BACK,), []),
    "between steps": (at(0, 1, 1.5, 2), (), [("01:30", "is between two steps")]),
    "first one between steps": (at(0.25, 1, 2, 3), (), [("00:15", "is between two steps")]),
    "one": (at(5), (), []),
    "none": (at(), (), []),
}


@pytest.mark.parametrize(("times", "changes", "expected"), CASES.values(), ids=CASES)
def test_what_is_odd_is_told(times: np.ndarray, changes: tuple[Change, ...], expected: list[tuple[str, str]]) -> None:
    assert told(times, *changes) == expected


def test_dates_are_skipped_by_no_clock() -> None:
    daily = Clock(column="day", zone="Europe/Berlin", step=24 * HOUR, every="1d")
    assert told(at(0, 24, 48), FORWARD, BACK, clock=daily) == []


def test_a_step_too_short_for_the_times_is_refused() -> None:
    second = Clock(column="time", zone="UTC", step=1_000_000, every="1s")
    with pytest.raises(InputError, match="too short a step"):
        odd_times(at(0, 24 * 365 * 10), second, [])


@given(st.sets(st.integers(0, 200), min_size=2), st.integers(1, 199))
def test_what_was_taken_out_is_found_and_nothing_else(gone: set[int], first: int) -> None:
    every = [hour for hour in range(first, first + 202) if hour not in gone or hour in (first, first + 201)]
    missing = [hour for hour in range(first, first + 202) if hour not in every]
    found = odd_times(at(*every), HOURLY, [])
    assert [one.time // HOUR for one in found] == missing


def test_it_is_read_from_the_suite() -> None:
    document = {"meta": {"tidegate": {"clock": {"column": "time", "zone": "UTC", "every": "15m"}}}}
    assert read(document) == Clock(column="time", zone="UTC", step=HOUR // 4, every="15m")
    assert read({}) is None


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ("1h", "expected an object"),
        ({"column": "time", "zone": "UTC"}, "/every is None; expected a text"),
        ({"column": 3, "zone": "UTC", "every": "1h"}, "/column is 3; expected a text"),
        ({"column": "time", "zone": "UTC", "every": "hourly"}, "expected a step such as 15m, 1h or 1d"),
        ({"column": "time", "zone": "UTC", "every": "0h"}, "expected a step"),
        ({"column": "time", "zone": "UTC", "every": "1h", "timezone": "x"}, "unknown key 'timezone'"),
    ],
    ids=["text", "missing", "type", "word", "nothing", "key"],
)
def test_a_clock_that_is_none_is_refused(found: object, message: str) -> None:
    assert any(message in str(problem) for problem in problems(found, "e/hours.json"))
