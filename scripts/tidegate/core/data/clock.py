"""Is a series of times whole? No expectation can tell: an hour that clocks skip is right to be missing, one that they
repeat is right to be there twice, and which those are only a time zone says.

A suite's `meta.tidegate.clock` names the column, the zone that its wall-clock times are in, and the step from one to
the next. Every step between the first and the last time is then expected as often as that zone's clocks showed it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.core.data.suite_problems import wrong
from tidegate.core.near_miss import did_you_mean
from tidegate.errors import InputError

Micros = NDArray[np.int64]
MOST_STEPS = 20_000_000
_KEYS = ("column", "zone", "every")
_STEP = re.compile(r"([1-9][0-9]{0,3})([smhd])")
_UNITS = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Wall-clock times in `column`, of the time zone `zone`, `step` microseconds apart; `every` as it was written."""

    column: str
    zone: str
    step: int
    every: str


@dataclass(frozen=True)
class Change:
    """Wall-clock times from `start` up to `end` (microseconds) that a zone's clocks skip, or show twice."""

    start: int
    end: int
    twice: bool


@dataclass(frozen=True, kw_only=True)
class Odd:
    """A time that is there another number of times than clocks showed it; `off`: it is no step of the clock at all."""

    time: int
    there: int
    expected: int
    changes: bool
    off: bool = False

    @property
    def told(self) -> str:
        """What is odd, with its reason."""
        if self.off:
            return "is between two steps"
        if self.expected == 0:
            return "does not exist: clocks went forward over it"
        if not self.there:
            return "is missing" + (": clocks went back, so that it comes twice" if self.changes else "")
        times = "once" if self.there == 1 else f"{self.there} times"
        return f"is there {times}" + (": clocks went back, so that it comes twice" if self.changes else "")


def problems(found: object, path: str) -> Iterator[InputError]:
    """What is wrong with a suite's `meta.tidegate.clock`."""
    where = f"{path} /meta/tidegate/clock"
    if not isinstance(found, dict):
        fix = 'Write {"column": "timestamp", "zone": "Europe/Berlin", "every": "1h"}.'
        yield wrong(where, f"is {found!r:.80}; expected an object.", fix)
        return
    for key in sorted(set(map(str, found)) - set(_KEYS)):
        message = f"unknown key {key[:80]!r}; known: {', '.join(_KEYS)}.{did_you_mean(key, _KEYS)}"
        yield wrong(where, message, "Remove it.")
    for key in _KEYS:
        if not isinstance(found.get(key), str) or not found[key].strip():
            yield wrong(f"{where}/{key}", f"is {found.get(key)!r:.80}; expected a text.", f"Give the {key}.")
    every = found.get("every")
    if isinstance(every, str) and every.strip() and not _STEP.fullmatch(every):
        yield wrong(f"{where}/every", f"is {every!r:.80}; expected a step such as 15m, 1h or 1d.", "")


def read(document: Mapping[str, Any]) -> Clock | None:
    """The clock of a suite without problems, None where it has none."""
    meta = document.get("meta")
    ours = meta.get("tidegate") if isinstance(meta, dict) else None
    found = ours.get("clock") if isinstance(ours, dict) else None
    if found is None:
        return None
    count, unit = _STEP.fullmatch(found["every"]).groups()  # type: ignore[union-attr]  # it was looked at before
    return Clock(column=found["column"], zone=found["zone"], step=int(count) * _UNITS[unit], every=found["every"])


def odd_times(times: Micros, clock: Clock, changes: Sequence[Change]) -> list[Odd]:
    """Times that are there too often, too rarely, or not at all, in order of time.

    `times`: microseconds on the wall clock, in any order. Steps of whole days are dates, which no clock skips. Raises
    InputError E-DAT-020 for a step so short that nobody could list what is missing.
    """
    if not len(times):
        return []
    present, there = np.unique(times, return_counts=True)
    phases, each = np.unique(present % clock.step, return_counts=True)
    on_grid = present % clock.step == phases[np.argmax(each)]
    start, end = int(present[on_grid][0]), int(present[on_grid][-1])
    if (end - start) // clock.step > MOST_STEPS:
        raise wrong("/meta/tidegate/clock/every", f"{clock.every} is too short a step for these times.", "")
    counts = np.zeros((end - start) // clock.step + 1, dtype=np.int64)
    counts[(present[on_grid] - start) // clock.step] = there[on_grid]
    expected, shifted = _expected(start, len(counts), clock, changes)
    free = np.zeros(len(counts), dtype=bool)
    free[[0, -1]] = expected[[0, -1]] == 2  # the series may begin or end between the two
    places = np.flatnonzero((counts != expected) & ~(free & (counts == 1)))
    found = [
        Odd(
            time=start + int(place) * clock.step,
            there=int(counts[place]),
            expected=int(expected[place]),
            changes=bool(shifted[place]),
        )
        for place in places
    ]
    off = [
        Odd(time=int(time), there=int(count), expected=0, changes=False, off=True)
        for time, count in zip(present[~on_grid], there[~on_grid], strict=True)
    ]
    return sorted([*found, *off], key=lambda one: one.time)


def _expected(
    start: int, count: int, clock: Clock, changes: Sequence[Change]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """How often the clock showed each step, and which steps a change of it is about."""
    expected, shifted = np.ones(count, dtype=np.int64), np.zeros(count, dtype=bool)
    if clock.step % _UNITS["d"] == 0:
        return expected, shifted
    for change in changes:
        first, last = (max(0, -((start - end) // clock.step)) for end in (change.start, change.end))
        expected[first:last] = 2 if change.twice else 0
        shifted[first:last] = True
    return expected, shifted
