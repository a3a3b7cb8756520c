"""When a workflow's schedule is due: cron lines as GitHub reads them, in UTC and five fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_RANGES = ((0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, _MONTHS), (0, 6, _DAYS))
FARTHEST = timedelta(days=400)
"""How far back firings are looked for: longer silences are silences all the same."""


@dataclass(frozen=True, kw_only=True)
class Cron:
    """The values that each field allows; `either`: day of the month and day of the week are both restricted.

    One of them is then enough, as in POSIX.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def on(self, day: datetime) -> bool:
        """Whether it is due on the day at all."""
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and (of_month or of_week if self.either else of_month and of_week)


def parsed(line: str) -> Cron:
    """The schedule of a line. Raises ValueError for a line that is none."""
    fields = line.split()
    if len(fields) != len(_RANGES):
        raise ValueError(f"{line[:80]!r} has not five fields")
    values = [_values(field, *known) for field, known in zip(fields, _RANGES, strict=True)]
    minutes, hours, days, months, weekdays = values
    either = not (fields[2].startswith("*") or fields[4].startswith("*"))
    return Cron(minutes=minutes, hours=hours, days=days, months=months, weekdays=weekdays, either=either)


def due(schedules: Sequence[Cron], after: datetime, until: datetime) -> list[datetime]:
    """All firings later than `after` and not later than `until`, oldest first, in at most the last 400 days."""
    begin = max(after, until - FARTHEST)
    found = {moment for schedule in schedules for moment in _firings(schedule, begin, until)}
    return sorted(found)


def _firings(schedule: Cron, after: datetime, until: datetime) -> Iterator[datetime]:
    day = datetime.combine(after.date(), time(), after.tzinfo)
    while day <= until:
        if schedule.on(day):
            for hour in schedule.hours:
                for minute in schedule.minutes:
                    if after < (moment := day.replace(hour=hour, minute=minute)) <= until:
                        yield moment
        day += timedelta(days=1)


def _values(field: str, low: int, high: int, names: tuple[str, ...]) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        begin = low if first == "*" else _number(first, low, names)
        end = _number(last, low, names) if last else high if first == "*" or step else begin
        if not low <= begin <= end <= high or int(step or 1) < 1:
            raise ValueError(f"{part[:40]!r} is not within {low} to {high}")
        found.update(range(begin, end + 1, int(step or 1)))
    return frozenset(found)


def _number(text: str, low: int, names: tuple[str, ...]) -> int:
    return names.index(text.lower()) + low if text.lower() in names else int(text)
