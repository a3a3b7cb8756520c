"""What earlier windows said, so that one strange week is not a changed world: m of the latest n, and the latest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidegate.core.drift.finding import Found, State, WindowFindings
from tidegate.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Record:
    """One window's answer in short. `at_once`: it needs no second window; `worse`: see `WindowFindings`."""

    start: datetime
    end: datetime
    rows: int
    found: Found
    at_once: bool = False
    columns: tuple[str, ...] = ()
    worse: bool | None = None

    def document(self) -> dict[str, Any]:
        """The record as a JSON object."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "rows": self.rows,
            "found": self.found.value,
            "at_once": self.at_once,
            "columns": list(self.columns),
            "worse": self.worse,
        }


def of_findings(window: WindowFindings) -> Record:
    """What of a window's findings is remembered."""
    return Record(
        start=window.start,
        end=window.end,
        rows=window.rows,
        found=window.found,
        at_once=window.fires_at_once,
        columns=window.drifted,
        worse=window.worse,
    )


def record(document: Mapping[str, Any], where: str) -> Record:
    """A record from its JSON object. Raises InputError E-DRF-010 naming `where` when it is not one."""
    try:
        return Record(
            start=datetime.fromisoformat(document["start"]),
            end=datetime.fromisoformat(document["end"]),
            rows=int(document["rows"]),
            found=Found(document["found"]),
            at_once=document["at_once"] is True,
            columns=tuple(str(name) for name in document["columns"]),
            worse=None if document.get("worse") is None else document["worse"] is True,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("E-DRF-010", f"holds no window: {error!r:.120}.", where=where) from None


def merged(earlier: Iterable[Record], latest: Iterable[Record]) -> tuple[Record, ...]:
    """One record per window in the order of data time. A window that was read again says what it says now."""
    by_window = {(item.start, item.end): item for item in (*earlier, *latest)}
    return tuple(by_window[window] for window in sorted(by_window))


def state(records: Sequence[Record], windows: int, of: int) -> State:
    """Drift when the latest window drifted, and at least `windows` of the latest `of` that were found out.

    A latest window that could not be found out is unknown, whatever came before. Labels come late, so windows that
    have some are looked at by themselves: the latest of them may lie behind others whose inputs are calm.
    """
    if not records or records[-1].found is Found.UNKNOWN:
        return State.UNKNOWN
    known = [item for item in records if item.found is not Found.UNKNOWN]
    drifted = _of([item.found is Found.DRIFTED for item in known], windows, of)
    worse = worsened(records, windows, of)
    if State.DRIFT in (drifted, worse) or (records[-1].found is Found.DRIFTED and records[-1].at_once):
        return State.DRIFT
    return State.WATCH if State.WATCH in (drifted, worse) else State.CALM


def worsened(records: Sequence[Record], windows: int, of: int) -> State:
    """The same question asked of performance in the windows that have labels."""
    return _of([item.worse for item in records if item.worse is not None], windows, of)


def _of(bad: Sequence[bool], windows: int, of: int) -> State:
    if not bad or not bad[-1]:
        return State.CALM
    return State.DRIFT if sum(bad[-of:]) >= windows else State.WATCH
