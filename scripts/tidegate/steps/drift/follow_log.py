"""One look at a log that grows: what is new is counted, steps that are over are judged, alarms are told."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from tidegate.adapters.scan import ledger as ledgers
from tidegate.adapters.scan import tail
from tidegate.adapters.scan.ledger import UNREAD, Entry
from tidegate.adapters.scan.stream import moment
from tidegate.adapters.scan.tail import Limits, Piece
from tidegate.core.drift import following
from tidegate.core.drift.following import Alarm, Plan
from tidegate.core.drift.telling.follow_metrics import Progress
from tidegate.core.drift.window import Window
from tidegate.core.drift.wording import shown, times
from tidegate.errors import InputError
from tidegate.steps.drift.follow_state import Memory

SUFFIX = ".parquet"
NEW = Entry(size=UNREAD, modified=UNREAD)
ENOUGH = 2_000_000
"""Rows after which a look ends: a long log is caught up with in several, each of them kept."""


@dataclass(frozen=True, kw_only=True)
class Log:
    """Where files lie. `root` is what their names are relative to; `pattern` picks among them, else all of a folder."""

    root: Path
    pattern: str = ""

    def files(self) -> dict[str, Path]:
        """By name, in its order; files whose names begin with a dot or an underscore are not finished."""
        if self.root.is_file():
            return {self.root.name: self.root}
        found = self.root.glob(self.pattern) if self.pattern else self.root.rglob(f"*{SUFFIX}")
        named = {os.path.relpath(path, self.root): path for path in found if path.suffix.lower() == SUFFIX}
        return {name: named[name] for name in sorted(named) if not _hidden(name)}


@dataclass(kw_only=True)
class Follower:
    """`say` tells people; `ended` says that the process is to end, which is heeded between row groups.

    `problems`: why files that lie there cannot be read, by name; `changed`: whether there is anything new to be kept;
    `more`: whether the look was ended early, so that what was counted can be kept.
    """

    log: Log
    plan: Plan
    memory: Memory
    say: Callable[[str], None]
    ended: Callable[[], bool] = lambda: False
    problems: dict[str, str] = field(default_factory=dict)
    there: int = 0
    changed: bool = False
    more: bool = False

    def look(self, until: datetime) -> None:
        """Count what is new; rows later than `until` do not count. A file that cannot be read stops nothing."""
        found, begun = self.log.files(), self.memory.stream.rows
        self.more = False
        self.problems = {name: told for name, told in self.problems.items() if name in found}
        for name, path in found.items():
            self.more = self.memory.stream.rows - begun > ENOUGH
            if self.more or self.ended():
                break
            try:
                self._look_at(name, path, until)
            except FileNotFoundError:
                continue
        self.there = len(found)
        self.memory.ledger.forget(found)

    def progress(self) -> Progress:
        """How far it is."""
        stream, window = self.memory.stream, self.memory.stream.open()
        return Progress(
            rows=stream.rows,
            steps=self.memory.steps,
            raised=self.memory.raised,
            open_rows=0 if window is None else window.part.rows,
            last=None if stream.last is None else moment(stream.last),
            left_out={"untimed": stream.untimed, "outside": stream.outside, "late": stream.late},
            files={"counted": self.there - len(self.problems), "unreadable": len(self.problems)},
        )

    def _look_at(self, name: str, path: Path, until: datetime) -> None:
        seen = path.stat()
        entry = self.memory.ledger.entries.get(name, NEW)
        if entry.same(seen.st_size, seen.st_mtime_ns):
            if entry.problem:
                self.problems[name] = entry.problem
            return
        self.changed = True
        try:
            problem = "" if self._read(name, path, until) else entry.problem
        except FileNotFoundError:
            raise
        except (InputError, OSError) as error:
            problem = str(error)
        self._note(name, seen, problem)

    def _note(self, name: str, seen: os.stat_result, problem: str) -> None:
        """The file as it was before it was read: what was written meanwhile is news for the next look."""
        known = self.memory.ledger.entries.get(name, NEW)
        if self.ended():
            return
        if problem and problem != known.problem:
            self.say(f"{shown(name)} is not read: {problem}")
        self.problems.pop(name, None)
        if problem:
            self.problems[name] = problem
        self.memory.ledger.put(name, replace(known, size=seen.st_size, modified=seen.st_mtime_ns, problem=problem))

    def _read(self, name: str, path: Path, until: datetime) -> bool:
        """Count the row groups that are new, each wholly or not at all."""
        memory = self.memory
        marks = ledgers.marks_of(path)
        since = memory.ledger.since(name, marks)
        if memory.ledger.rewritten(name, marks):
            self.say(f"{shown(name)} holds something else than before: its later rows are taken as new ones.")
        for group in range(memory.ledger.counted(name, marks), len(marks)):
            if self.ended():
                return False
            limits = Limits(until=until, since=since, after=memory.after)
            found = tail.piece(path, group, memory.stream.asked, limits, memory.stream.filled)
            self._count(name, found, marks[: group + 1], since)
        return True

    def _count(self, name: str, found: Piece, marks: Sequence[str], since: int | None) -> None:
        ledger = self.memory.ledger
        known = ledger.entries.get(name, NEW)
        steps = self.memory.stream.take(found)
        last = max((one for one in (known.last, found.last) if one is not None), default=None)
        ledger.put(name, replace(ledgers.noted(known, marks), size=UNREAD, modified=UNREAD, last=last, since=since))
        for step in steps:
            self._judge(step)

    def _judge(self, step: Window) -> None:
        tracks, raised = following.advanced(self.memory.tracks, step, self.plan)
        for key, track in self.memory.tracks.items():
            if track.alarm is not None and tracks[key].alarm is None:
                self.say(f"{shown(key[0])} is as before again ({key[1]}), by {step.end:%Y-%m-%d %H:%M}.")
        self.memory.tracks = tracks
        self.memory.steps += 1
        self.memory.raise_(raised)
        for alarm in raised:
            self.say(told(alarm))


def told(alarm: Alarm) -> str:
    """One line for people."""
    return (
        f"ALARM: {shown(alarm.column)} ({alarm.subject}) is unlike the reference since {alarm.since:%Y-%m-%d %H:%M}: "
        f"distance {alarm.effect:.2f} over {times(alarm.rows, 'row')}, {alarm.floor:.2f} counts."
    )


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "_")) for part in Path(name).parts)
