"""When a schedule is due, by examples worked out by hand; GitHub reads POSIX's five fields in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.github import cron

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)

DUE = {
    "every day at an odd minute": ("23 4 * * *", 3, ["23 04:23", "24 04:23", "25 04:23"]),
    "on working days": ("0 6 * * 1-5", 7, ["23 06:00", "24 06:00", "25 06:00", "26 06:00", "27 06:00"]),
    "by names": ("0 6 * nov mon,Thu", 7, ["23 06:00", "26 06:00"]),
    "every six hours": ("5 */6 * * *", 1, ["23 00:05", "23 06:05", "23 12:05", "23 18:05"]),
    "from a value on in steps": ("40/10 3 * * *", 1, ["23 03:40", "23 03:50"]),
    "day of the month or of the week": ("0 0 25 * 5", 7, ["25 00:00", "27 00:00"]),
    "day of the month in steps and of the week": ("0 0 */2 * 3", 7, ["25 00:00"]),
    "another month": ("0 0 * 12 *", 7, []),
}


@pytest.mark.parametrize(("line", "days", "wanted"), DUE.values(), ids=DUE.keys())
def test_due(line: str, days: int, wanted: list[str]) -> None:
    before = MONDAY - timedelta(seconds=1)
    found = cron.due([cron.parsed(line)], before, before + timedelta(days=days))
    assert [f"{moment:%d %H:%M}" for moment in found] == wanted


def test_the_border_belongs_to_the_later_stretch() -> None:
    every = [cron.parsed("0 6 * * *")]
    at = MONDAY.replace(hour=6)
    assert cron.due(every, at, at + timedelta(hours=23)) == []
    assert cron.due(every, at - timedelta(minutes=1), at) == [at]


def test_several_lines_at_one_time_are_one_firing() -> None:
    both = [cron.parsed("0 6 * * *"), cron.parsed("0 6 * * 1")]
    assert len(cron.due(both, MONDAY, MONDAY + timedelta(days=1))) == 1


def test_a_long_silence_is_counted_back_for_a_year_only() -> None:
    found = cron.due([cron.parsed("0 0 * * *")], datetime(2000, 1, 1, tzinfo=UTC), MONDAY)
    assert len(found) == 400


@pytest.mark.parametrize(
    "line",
    ["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 7", "a * * * *",
     "*/0 * * * *", "5-1 * * * *", "@daily", "1,,2 * * * *"],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        cron.parsed(line)


@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    start=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    days=st.integers(0, 300),
)
def test_a_daily_schedule_is_due_once_a_day_whenever_one_looks(
    minute: int, hour: int, start: datetime, days: int
) -> None:
    found = cron.due([cron.parsed(f"{minute} {hour} * * *")], start, start + timedelta(days=days))
    assert len(found) == days
    assert all((moment.hour, moment.minute) == (hour, minute) for moment in found)
