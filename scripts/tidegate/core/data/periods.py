"""What a suite is run on: frames of one or more data files, with the span of time that their names stand for.

Freshness is judged by data time, never by the clock: a check that fails tomorrow for what passed today is of no use in
a pull request. So files that are named by month (or day, or year) give their suites the month's limits as parameters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from tidegate.core.data.suite_problems import Rows

ALL = "all files"
_PERIOD = re.compile(r"(?<!\d)((?:19|20)\d{2})(?:-(\d{2})(?:-(\d{2}))?)?(?!\d)")


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The rows of `files` together; `parameters` are known to the suite's expressions."""

    name: str
    files: tuple[str, ...]
    parameters: Mapping[str, datetime | int] = field(default_factory=dict)


def frames(rows: Rows, names: Sequence[str]) -> tuple[Frame, ...]:
    """The frames that a suite on `rows` is run on, for data files called `names`."""
    ordered = sorted(names, key=_by_time)
    if rows == "all":
        return (Frame(name=ALL, files=tuple(ordered), parameters=_parameters(ordered, "data")),)
    chosen = ordered if rows == "each-file" else ordered[-1:]
    return tuple(
        Frame(name=name, files=(name,), parameters={**_parameters(ordered, "data"), **_parameters([name], "file")})
        for name in chosen
    )


def period(name: str) -> tuple[datetime, datetime] | None:
    """Start and end (the first instant after it) of the last year, month or day in a file's name, None without one."""
    found = list(_PERIOD.finditer(PurePosixPath(name).with_suffix("").as_posix()))
    if not found:
        return None
    year, month, day = (int(part) if part else None for part in found[-1].groups())
    try:
        start = datetime(year or 0, month or 1, day or 1)
        if day:
            return start, start + timedelta(days=1)
        if month:
            return start, datetime(start.year + month // 12, month % 12 + 1, 1)
        return start, datetime(start.year + 1, 1, 1)
    except (ValueError, OverflowError):
        return None


def _by_time(name: str) -> tuple[bool, datetime, str]:
    span = period(name)
    return span is not None, span[1] if span else datetime.min, name


def _parameters(names: Sequence[str], prefix: str) -> dict[str, datetime | int]:
    known = [span for name in names if (span := period(name))]
    count = {"files": len(names)} if prefix == "data" else {}
    if len(known) != len(names):
        return dict(count)
    limits = {f"{prefix}_start": min(start for start, _ in known), f"{prefix}_end": max(end for _, end in known)}
    return {**count, **limits}
