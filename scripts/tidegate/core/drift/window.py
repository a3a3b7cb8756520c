"""What was read of one stretch of live data: its counts, and what the files said about their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tidegate.core.drift.performance import Performance
from tidegate.core.drift.profile import Part

_MONDAY = datetime(1970, 1, 5)


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """One column as the files have it: rows by type, those that could be counted, and rows of files without it."""

    types: Mapping[str, int] = field(default_factory=dict)
    misfits: Mapping[str, int] = field(default_factory=dict)
    absent: int = 0


@dataclass(frozen=True, kw_only=True)
class Window:
    """Rows with ``start <= time < end``. `seen`: every column of the files; `untimed`: rows without a time.

    `labelled`: counts of labels that were joined from elsewhere, over the rows that have one; `measured`: performance
    on them. `answered`: counts of the model's answers over the rows that the release answered, None where live data
    does not tell.
    """

    start: datetime
    end: datetime
    part: Part
    seen: Mapping[str, Sighting] = field(default_factory=dict)
    untimed: int = 0
    outside: int = 0
    labelled: Part | None = None
    measured: tuple[Performance, ...] = ()
    answered: Part | None = None

    def part_of(self, name: str) -> Part:
        """The rows in which a column is to be looked at: those that have a label, or that the release answered."""
        apart = (part for part in (self.labelled, self.answered) if part is not None and name in part.columns)
        return next(apart, self.part)

    @property
    def months(self) -> tuple[int, ...]:
        """The months that the window touches, 1 to 12; none for a window without a span, all for a year or more."""
        if self.start == datetime.min:
            return ()
        days = min((self.end - self.start).days + 1, 366)
        last = self.end - timedelta(microseconds=1)
        touched = {
            (self.start + timedelta(days=day)).month for day in range(days) if self.start + timedelta(days=day) <= last
        }
        return tuple(sorted(touched | {last.month}))


def stretches(first: datetime, last: datetime, length: timedelta, most: int) -> list[tuple[datetime, datetime]]:
    """The `most` latest windows between the first and the last row that are over, oldest first.

    Their borders are multiples of `length` from a Monday, so that every run, whenever it happens, sees the same
    windows. A window is over when data of a later time has been seen.
    """
    start = _MONDAY + (first - _MONDAY) // length * length
    end = _MONDAY + (last - _MONDAY) // length * length
    number = (end - start) // length
    return [(end - length * back, end - length * (back - 1)) for back in range(min(most, number), 0, -1)]
