"""Schedules of workflows: which cron line is due in which minute, read as GitHub reads them (UTC, five fields)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tidegate.errors import InputError

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = ((0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, _MONTHS), (0, 6, _DAYS))


def lines(workflow: Mapping[str, Any]) -> tuple[str, ...]:
    """The cron lines of a workflow's `on.schedule`; none where it has no schedule."""
    on = workflow.get("on")
    given = on.get("schedule") if isinstance(on, Mapping) else None
    return tuple(str(entry["cron"]) for entry in given or ())


def due(line: str, moment: datetime) -> bool:
    """Whether a line is due in a minute. Raises InputError E-SIM-045 for a line that is none.

    Where both the day of the month and the day of the week are restricted, one of them is enough, as in POSIX.
    """
    fields = line.split()
    if len(fields) != len(_FIELDS):
        raise _wrong(line)
    now = (moment.minute, moment.hour, moment.day, moment.month, moment.isoweekday() % 7)
    fits = [value in _values(field, *known, line) for value, field, known in zip(now, fields, _FIELDS, strict=True)]
    minute, hour, day, month, weekday = fits
    either = not (fields[2].startswith("*") or fields[4].startswith("*"))
    return minute and hour and month and (day or weekday if either else day and weekday)


def _values(field: str, low: int, high: int, names: tuple[str, ...], line: str) -> set[int]:
    """All that a field allows."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        try:
            begin = low if first == "*" else _number(first, low, names)
            end = _number(last, low, names) if last else high if first == "*" or step else begin
            allowed = range(begin, end + 1, int(step or 1))
        except ValueError:
            raise _wrong(line) from None
        if not allowed or not low <= begin <= end <= high:
            raise _wrong(line)
        found.update(allowed)
    return found


def _number(text: str, low: int, names: tuple[str, ...]) -> int:
    return names.index(text.lower()) + low if text.lower() in names else int(text)


def _wrong(line: str) -> InputError:
    return InputError("E-SIM-045", f"{line[:80]!r} is no schedule: minute, hour, day, month and weekday are needed.")
