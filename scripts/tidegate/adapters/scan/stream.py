"""Everything that a follower has counted: the latest windows, the steps that are not over yet, and how far it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tidegate.adapters.scan.growing import Growing, restored
from tidegate.adapters.scan.tail import DAY, EPOCH, MONDAY, Piece, Step, Stretch
from tidegate.core.drift.window import Window, stretches

LATE = 5 * 60_000_000
"""A day is over when data of five minutes later has been seen: several servers write, each when its file is full."""


@dataclass(kw_only=True)
class Stream:
    """`keep`: how many windows that are over are kept. Times are microseconds since 1970.

    `closed`: the last day that was judged; rows of it or of days before come too late for a step (`late`), and still
    count in their window.
    """

    asked: Stretch
    keep: int
    windows: dict[int, Growing] = field(default_factory=dict)
    steps: dict[int, Step] = field(default_factory=dict)
    closed: int | None = None
    first: int | None = None
    last: int | None = None
    rows: int = 0
    untimed: int = 0
    outside: int = 0
    late: int = 0

    @property
    def filled(self) -> int:
        """Rows of the block that is being filled; 0 where steps are days."""
        return 0 if self.asked.by_day or 0 not in self.steps else self.steps[0].rows.part.rows

    def take(self, piece: Piece) -> list[Window]:
        """Count a row group; the steps that are over now, in their order."""
        self.rows += piece.rows
        self.untimed += piece.untimed
        self.outside += piece.outside
        if piece.first is not None and piece.last is not None:
            self.first = piece.first if self.first is None else min(self.first, piece.first)
            self.last = piece.last if self.last is None else max(self.last, piece.last)
        for number, growing in piece.windows.items():
            self.windows.setdefault(number, Growing(columns=self.asked.columns)).merge(growing)
        self._prune()
        return list(self._days(piece.steps) if self.asked.by_day else self._blocks(piece.steps))

    def latest(self) -> list[Window]:
        """The latest windows that are over, as a check of all files would see them."""
        if self.first is None or self.last is None:
            return []
        length = self.asked.window
        return [
            replace(self._window(start, end), untimed=self.untimed)
            for start, end in stretches(moment(self.first), moment(self.last), length, self.keep)
        ]

    def open(self) -> Window | None:
        """The window that is not over: everything so far."""
        if self.last is None:
            return None
        start = moment(self._number(self.last) * self.asked.microseconds + MONDAY)
        return self._window(start, start + self.asked.window)

    def document(self) -> dict[str, Any]:
        """As a JSON object; `restored` of it counts on."""
        return {
            "windows": {str(number): growing.document() for number, growing in self.windows.items()},
            "steps": [
                {"number": step.number, "first": step.first, "last": step.last, "rows": step.rows.document()}
                for step in self.steps.values()
            ],
            **{name: getattr(self, name) for name in _NUMBERS},
        }

    def restore(self, given: Any) -> None:
        """Go on from what `document` wrote. Raises KeyError, TypeError or ValueError where it is not whole."""
        columns = self.asked.columns
        self.windows = {int(number): restored(growing, columns) for number, growing in given["windows"].items()}
        steps = [
            Step(number=_whole(one["number"]), first=_whole(one["first"]), last=_whole(one["last"]), rows=rows)
            for one in given["steps"]
            for rows in [restored(one["rows"], columns)]
        ]
        self.steps = {step.number: step for step in steps}
        for name in _NUMBERS:
            setattr(self, name, None if given[name] is None and name in _TIMES else _whole(given[name]))

    def _days(self, steps: Iterable[Step]) -> Iterator[Window]:
        for step in steps:
            if self.closed is not None and step.number <= self.closed:
                self.late += step.rows.part.rows
            else:
                self._grow(step)
        over = -1 if self.last is None else (self.last - LATE) // DAY
        for day in sorted(number for number in self.steps if number < over):
            self.closed = day
            yield self.steps.pop(day).rows.window(moment(day * DAY), moment((day + 1) * DAY))

    def _blocks(self, steps: Iterable[Step]) -> Iterator[Window]:
        for step in steps:
            self._grow(step)
            if self.filled >= self.asked.block:
                done = self.steps.pop(0)
                yield done.rows.window(moment(done.first), moment(done.last + 1))

    def _grow(self, step: Step) -> None:
        if step.number in self.steps:
            self.steps[step.number].merge(step)
        else:
            self.steps[step.number] = step

    def _prune(self) -> None:
        """Windows before the latest ones are not looked at again."""
        if self.last is None:
            return
        oldest = self._number(self.last) - self.keep
        for number in [number for number in self.windows if number < oldest]:
            del self.windows[number]

    def _number(self, time: int) -> int:
        return (time - MONDAY) // self.asked.microseconds

    def _window(self, start: datetime, end: datetime) -> Window:
        number = self._number(microseconds_of(start))
        if number in self.windows:
            return self.windows[number].window(start, end)
        growing = Growing(columns=self.asked.columns)
        for other in self.windows.values():
            for name, rows in other.types.items():
                growing.types.setdefault(name, Counter()).update(dict.fromkeys(rows, 0))
        return growing.window(start, end)


_TIMES = frozenset({"closed", "first", "last"})
_NUMBERS = ("closed", "first", "last", "rows", "untimed", "outside", "late")


def moment(time: int) -> datetime:
    """From microseconds since 1970."""
    return EPOCH + timedelta(microseconds=time)


def microseconds_of(time: datetime) -> int:
    """Since 1970."""
    return (time - EPOCH) // timedelta(microseconds=1)


def _whole(number: Any) -> int:
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValueError(f"{number!r:.40} is no whole number")
    return number
