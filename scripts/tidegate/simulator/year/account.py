"""What a year came to, month by month: how wrong the model that ran was, and how wrong the first would have been."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidegate.simulator.year.answers import Answer
from tidegate.simulator.year.stream import Hour


@dataclass(frozen=True, kw_only=True)
class Errors:
    """Root mean squared errors over the same `rows`: of what clients were answered, and of the first model."""

    rows: int
    frozen: float
    live: float


@dataclass(frozen=True, kw_only=True)
class Month:
    """A row of the table. `versions`: who answered; `drifted`: columns of the latest window; `action`: what came."""

    name: str
    errors: Errors
    versions: tuple[str, ...]
    state: str
    drifted: tuple[str, ...]
    worse: bool
    action: str
    seconds: float


def errors(hours: Sequence[Hour], answers: Mapping[int, Answer], frozen: Mapping[int, float]) -> Errors:
    """Over the hours that were answered; NaN where none was."""
    answered = [hour for hour in hours if hour.instant in answers]
    return Errors(
        rows=len(answered),
        frozen=_root_mean_square(frozen[hour.instant] - hour.rentals for hour in answered),
        live=_root_mean_square(answers[hour.instant].predicted - hour.rentals for hour in answered),
    )


def versions(hours: Sequence[Hour], answers: Mapping[int, Answer]) -> tuple[str, ...]:
    """Who answered the hours, in the order of their first answer."""
    return tuple(dict.fromkeys(answers[hour.instant].version for hour in hours if hour.instant in answers))


def table(months: Sequence[Month], whole: Errors) -> Iterator[str]:
    """The table as lines of text, numbers under one another."""
    head = ("month", "rows", "drift", "drifted columns", "frozen", "live", "by", "action")
    rows = [head, *(_cells(month) for month in months), ("all", f"{whole.rows:,}", "", "", *_rmse(whole), "", "")]
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    for row in rows:
        cells = [
            cell.rjust(width) if place in (1, 4, 5) else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def document(month: Month) -> dict[str, Any]:
    """A row for programs; errors are exact."""
    return {
        "month": month.name,
        "rows": month.errors.rows,
        "state": month.state,
        "drifted": list(month.drifted),
        "worse": month.worse,
        "rmse_frozen": month.errors.frozen,
        "rmse_live": month.errors.live,
        "versions": list(month.versions),
        "action": month.action,
        "seconds": round(month.seconds, 1),
    }


def _cells(month: Month) -> tuple[str, ...]:
    columns = ", ".join([*month.drifted, *(["errors"] if month.worse else [])]) or "–"
    by = "+".join(f"v{version}" for version in month.versions)
    return (month.name, f"{month.errors.rows:,}", month.state, columns, *_rmse(month.errors), by, month.action)


def _rmse(found: Errors) -> tuple[str, str]:
    return f"{found.frozen:.1f}", f"{found.live:.1f}"


def _root_mean_square(differences: Iterator[float]) -> float:
    squares = [difference * difference for difference in differences]
    return math.sqrt(math.fsum(squares) / len(squares)) if squares else math.nan
