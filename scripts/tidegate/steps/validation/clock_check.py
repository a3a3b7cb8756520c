"""The clocks that suites declare, held against the data: which times are missing, doubled, or never were."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from tidegate.adapters.data import clock_times
from tidegate.core.data.clock import Clock, Odd, odd_times
from tidegate.core.data.findings import Finding, Sample
from tidegate.core.data.periods import ALL, frames
from tidegate.core.data.suite_problems import wrong
from tidegate.core.data.suites import Suite
from tidegate.core.data.validation import Checked
from tidegate.core.near_miss import did_you_mean
from tidegate.core.rounding import counted
from tidegate.errors import InputError, Problems

_SAMPLES = 5
EXPECTATION = "a whole series of times"


def require_known(suites: Sequence[Suite], present: Sequence[str]) -> None:
    """Raise Problems with an E-DAT-020 for each clock whose column or zone there is none of."""
    problems: list[InputError] = []
    for suite in suites:
        if suite.clock is None:
            continue
        if suite.clock.column not in present:
            name = suite.clock.column
            near = did_you_mean(name, present)
            where = f"{suite.path} /meta/tidegate/clock/column"
            problems.append(wrong(where, f"there is no column {name[:80]!r}.{near}", "Name a column of times."))
        try:
            clock_times.zone_of(suite.clock, suite.path)
        except InputError as error:
            problems.append(error)
    if problems:
        raise Problems(problems)


def checked(
    suites: Sequence[Suite],
    found: Sequence[Checked],
    paths: Mapping[str, Path],
    names: Sequence[str],
    present: Collection[str],
) -> tuple[tuple[Checked, ...], tuple[Finding, ...]]:
    """The suites' counts with one check more for each clock, and what the clocks found."""
    findings: list[Finding] = []
    counts: list[Checked] = []
    for suite, count in zip(suites, found, strict=True):
        if suite.clock is None:
            counts.append(count)
            continue
        odd = _findings(suite, suite.clock, paths, names, present)
        findings += odd
        counts.append(replace(count, checks=count.checks + 1, failed=count.failed + bool(odd)))
    return tuple(counts), tuple(findings)


def _findings(
    suite: Suite, clock: Clock, paths: Mapping[str, Path], names: Sequence[str], present: Collection[str]
) -> list[Finding]:
    """One for each frame of the suite whose times are not whole.

    Only a suite of the base's can speak of a column that is gone: the change's own are looked at before.
    """
    if clock.column not in present:
        return [_finding(suite, clock, "no such column", ALL, ())]
    zone = clock_times.zone_of(clock, suite.path)
    found = []
    for frame in frames(suite.rows, names):
        times = clock_times.wall_times(paths, frame.files, clock)
        if times is None:
            found.append(_finding(suite, clock, "values that are no times", frame.name, ()))
            continue
        aware = clock_times.with_zone(paths, frame.files[0], clock.column)
        odd = odd_times(times, clock, [] if aware else clock_times.changes_of(zone, times))
        if odd:
            found.append(_finding(suite, clock, counted(len(odd), "odd time"), frame.name, odd))
    return found


def _finding(suite: Suite, clock: Clock, observed: str, frame: str, odd: Sequence[Odd]) -> Finding:
    return Finding(
        suite=suite.title,
        expectation=EXPECTATION,
        column=clock.column,
        observed=f"{observed} in {frame}",
        expected=f"every {clock.every} on the clocks of {clock.zone}",
        severity="block",
        count=len(odd) or None,
        samples=tuple(Sample(row=_shown(one.time), value=one.told) for one in odd[:_SAMPLES]),
        path=suite.path,
    )


def _shown(time: int) -> str:
    return str(datetime(1970, 1, 1) + timedelta(microseconds=time))
