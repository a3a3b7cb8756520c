"""What is remembered from run to run, and which windows there are to look at."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures import drift
from tidegate.core.drift.finding import Found, State
from tidegate.core.drift.history import Record, merged, record, state
from tidegate.core.drift.window import stretches
from tidegate.errors import InputError


def week(number: int, found: Found, *, at_once: bool = False) -> Record:
    start = drift.START + drift.WEEK * number
    return Record(start=start, end=start + drift.WEEK, rows=100, found=found, at_once=at_once, columns=("a",))


FINDINGS = st.sampled_from(list(Found))


@given(st.lists(st.tuples(st.integers(0, 9), FINDINGS), max_size=12), st.randoms(use_true_random=False))
def test_records_come_in_data_time_whatever_time_they_were_made(made: list[tuple[int, Found]], random: Any) -> None:
    latest = dict(made)
    records = [week(number, found) for number, found in latest.items()]
    random.shuffle(records)
    assert merged(records, records) == merged((), sorted(records, key=lambda item: item.start))


CASES = {
    "nothing known": ([], State.UNKNOWN),
    "one drifted window": ([Found.DRIFTED], State.WATCH),
    "two of three": ([Found.DRIFTED, Found.CALM, Found.DRIFTED], State.DRIFT),
    "two of four": ([Found.DRIFTED, Found.CALM, Found.CALM, Found.DRIFTED], State.WATCH),
    "the latest is calm": ([Found.DRIFTED, Found.DRIFTED, Found.CALM], State.CALM),
    "the latest is unknown": ([Found.DRIFTED, Found.DRIFTED, Found.UNKNOWN], State.UNKNOWN),
    "an unknown window between": ([Found.DRIFTED, Found.UNKNOWN, Found.UNKNOWN, Found.DRIFTED], State.DRIFT),
}


@pytest.mark.parametrize(("found", "expected"), CASES.values(), ids=CASES.keys())
def test_two_of_three_and_the_latest(found: list[Found], expected: State) -> None:
    assert state([week(number, one) for number, one in enumerate(found)], 2, 3) is expected


def test_what_needs_no_second_window() -> None:
    assert state([week(0, Found.DRIFTED, at_once=True)], 2, 3) is State.DRIFT


def test_records_survive_being_written() -> None:
    made = week(3, Found.DRIFTED, at_once=True)
    assert record(json.loads(json.dumps(made.document())), "history.json") == made


@pytest.mark.parametrize(
    "broken",
    [{}, {"start": "soon"}, {"found": "perhaps"}, {"rows": "many"}, {"columns": None}],
    ids=str,
)
def test_a_record_that_is_none_names_its_file(broken: dict[str, Any]) -> None:
    document = {**week(0, Found.CALM).document(), **broken} if broken else {}
    with pytest.raises(InputError, match=r"history\.json"):
        record(document, "history.json")


MONDAY = datetime(2024, 3, 4)


@pytest.mark.parametrize(
    ("first", "last", "most", "starts"),
    [
        (MONDAY, MONDAY + timedelta(days=15), 3, [0, 7]),
        (MONDAY + timedelta(days=3), MONDAY + timedelta(days=15), 3, [0, 7]),
        (MONDAY, MONDAY + timedelta(days=15), 1, [7]),
        (MONDAY, MONDAY + timedelta(days=6), 3, []),
        (MONDAY, MONDAY, 3, []),
    ],
)
def test_windows_that_are_over(first: datetime, last: datetime, most: int, starts: list[int]) -> None:
    week_long = timedelta(days=7)
    expected = [(MONDAY + timedelta(days=day), MONDAY + timedelta(days=day + 7)) for day in starts]
    assert stretches(first, last, week_long, most) == expected


@given(st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)), st.timedeltas(timedelta(0), timedelta(days=40)))
def test_a_later_run_sees_the_same_windows_and_perhaps_more(first: datetime, more: timedelta) -> None:
    last = first + timedelta(days=50)
    early, late = (stretches(first, end, timedelta(days=3), 1_000) for end in (last, last + more))
    assert late[: len(early)] == early
