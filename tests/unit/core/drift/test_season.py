"""A January need not be like the year: a window is held against its own months as well."""

from __future__ import annotations

from datetime import datetime
from functools import reduce

import numpy as np
import pytest

from fixtures import drift
from tidegate.core.drift.finding import Found
from tidegate.core.drift.profile import Column, Part, Profile, merge
from tidegate.core.drift.verdict import of_one
from tidegate.core.drift.window import Sighting, Window

WARMTH = [0, 1, 4, 8, 13, 18, 21, 20, 15, 9, 4, 1]


def days(month: int, random: np.random.Generator, warmer: float = 0.0) -> np.ndarray:
    return random.normal(WARMTH[month - 1] + warmer, 2, 700)


def year(months: range = range(1, 13)) -> Profile:
    random = np.random.default_rng(2)
    values = {month: days(month, random) for month in months}
    known = {"warmth": Column(kind="number", edges=drift.edges(np.concatenate(list(values.values()))))}
    periods: dict[str, Part] = {
        f"2023-{month:02d}": drift.part({"warmth": read}, known) for month, read in values.items()
    }
    return Profile(cluster=None, columns=known, total=reduce(merge, periods.values()), periods=periods)


def window(reference: Profile, month: int, warmer: float = 0.0) -> Window:
    values = days(month, np.random.default_rng(month), warmer)
    return Window(
        start=datetime(2024, month, 1),
        end=datetime(2024, month, 28),
        part=drift.part({"warmth": values}, reference.columns),
        seen={"warmth": Sighting(types={"double": len(values)})},
    )


@pytest.mark.parametrize("month", [1, 4, 7, 10])
def test_a_month_like_the_same_month_is_calm(month: int) -> None:
    reference = year()
    assert of_one(reference, window(reference, month), drift.RULES).found is Found.CALM


def test_a_month_unlike_the_year_and_the_same_month_has_drifted() -> None:
    reference = year()
    answer = of_one(reference, window(reference, 7, warmer=8), drift.RULES)
    assert answer.found is Found.DRIFTED


def test_a_month_like_another_time_of_the_year_only_has_drifted() -> None:
    """A July as cold as a January is in the reference, and still no July; nor is it like the year."""
    reference = year()
    assert of_one(reference, window(reference, 7, warmer=-20), drift.RULES).found is Found.DRIFTED


def test_a_month_that_the_reference_never_had_is_held_against_all_of_it() -> None:
    reference = year(range(1, 7))
    assert of_one(reference, window(reference, 6), drift.RULES).found is Found.CALM
    assert of_one(reference, window(reference, 7), drift.RULES).found is Found.DRIFTED


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (datetime(2024, 1, 1), datetime(2024, 2, 1), (1,)),
        (datetime(2024, 1, 29), datetime(2024, 2, 5), (1, 2)),
        (datetime(2023, 12, 25), datetime(2024, 1, 2), (1, 12)),
        (datetime(2024, 5, 31, 23), datetime(2024, 6, 1, 1), (5, 6)),
        (datetime(2020, 1, 1), datetime(2024, 1, 1), tuple(range(1, 13))),
        (datetime.min, datetime.max, ()),
    ],
)
def test_the_months_that_a_window_touches(start: datetime, end: datetime, months: tuple[int, ...]) -> None:
    assert Window(start=start, end=end, part=Part(rows=0, clusters=0, columns={})).months == months
