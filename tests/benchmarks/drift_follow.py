"""How often a follower alarms without any drift, and how soon with it; River's detectors on the same rows beside it.

    python tests/benchmarks/drift_follow.py [--streams 20] [--delays 20]

A stream is 20 columns against one profile of their own, in steps as `detect-drift --follow` judges them: blocks of 500
independent rows, or days of 24 rows of which any two correlate by 0.3. Promised is at most alpha (0.01) false alarms of
all columns together in 100 blocks, or in a week of days. River's detectors get the same values row by row, each column
its own, with River's defaults; they know no profile and no days. Delay: steps until the column that moved is told.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]
sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "scripts")]

import numpy as np  # noqa: E402
from drift_calibration import CELLS, NAMES, SHIFTS, Size, profile, window  # noqa: E402
from river import drift as river  # noqa: E402

from fixtures import drift  # noqa: E402
from tidegate.core.drift import following  # noqa: E402
from tidegate.core.drift.following import Alarm, Plan, Tracks  # noqa: E402
from tidegate.core.drift.profile import Numbers  # noqa: E402
from tidegate.core.drift.window import Window  # noqa: E402

BLOCKS = Size(reference=10_000, window=500)
DAYS = Size(reference=365, window=1, rows=24, alike=0.3)
KINDS = {BLOCKS: (400, 100.0), DAYS: (365, 7.0)}
"""Steps of a stream, and steps of a window."""
LEAD, PATIENCE = 20, 200
DETECTORS: dict[str, Callable[[], Any]] = {"ADWIN": river.ADWIN, "Page-Hinkley": river.PageHinkley}


def steps(size: Size, number: int, random: Any, shares: Any = None, *, at: int = 0) -> Iterator[Window]:
    """One step after the other; the first column has other shares from step `at` on."""
    for place in range(number):
        start = drift.START + timedelta(hours=place)
        yield replace(
            window(size, random, shares if place >= at else None), start=start, end=start + timedelta(hours=1)
        )


def alarms(plan: Plan, stream: Iterator[Window]) -> Iterator[tuple[int, Alarm]]:
    """Those that are raised, with their step."""
    tracks: Tracks = {}
    for place, step in enumerate(stream):
        tracks, raised = following.advanced(tracks, step, plan)
        yield from ((place, alarm) for alarm in raised)


def rivers(make: Callable[[], Any], stream: Iterator[Window], random: Any) -> Iterator[tuple[int, str]]:
    """River's alarms: a detector for each column, fed with its rows in any order."""
    detectors = {name: make() for name in NAMES}
    for place, step in enumerate(stream):
        for name, detector in detectors.items():
            for value in _values(step, name, random):
                detector.update(value)
                if detector.drift_detected:
                    yield place, name


def _values(step: Window, name: str, random: Any) -> Any:
    summary = step.part.columns[name]
    assert isinstance(summary, Numbers)
    return random.permutation(np.repeat(np.arange(CELLS) / (CELLS - 1), summary.counts)).tolist()


def calm(size: Size, streams: int) -> None:
    """False alarms of streams in which nothing changes."""
    length, usual = KINDS[size]
    found, told = np.zeros((streams, 1 + len(DETECTORS))), []
    for number in range(streams):
        plan = following.plan(profile(size, np.random.default_rng([1, number])), drift.RULES, usual)
        seeded = [np.random.default_rng([2, number]) for _ in range(1 + len(DETECTORS))]
        found[number, 0] = len(list(alarms(plan, steps(size, length, seeded[0]))))
        if number < max(streams // 10, 1):  # they take a hundred times as long
            told.append(number)
            for place, make in enumerate(DETECTORS.values(), 1):
                found[number, place] = len(list(rivers(make, steps(size, length, seeded[place]), seeded[place])))
    promised = f"promised at most {drift.RULES.alpha * length / usual:.3f} a stream"
    print(f"{_called(size)}: {streams} streams of {length} steps; {promised}")
    print(
        f"  follower     {found[:, 0].mean():8.3f} false alarms a stream, {np.mean(found[:, 0] > 0):.2f} of the streams"
    )
    for place, name in enumerate(DETECTORS, 1):
        print(f"  {name:12} {found[told, place].mean():8.1f} false alarms a stream ({len(told)} streams)", flush=True)


def delays(size: Size, streams: int) -> None:
    """Steps from a change to the alarm about its column."""
    print(f"{_called(size)}: median steps until it is told, and the share that is told within {PATIENCE}")
    for name, shares in SHIFTS.items():
        waits = [wait for number in range(streams) if (wait := _delay(size, shares(), number)) is not None]
        told = (
            f"{median(waits):6.1f} steps ({median(waits) * size.window * size.rows:,.0f} rows)" if waits else "     –"
        )
        print(f"  {name:26} {len(waits) / streams:5.2f}  {told}", flush=True)


def _delay(size: Size, shares: Any, number: int) -> int | None:
    random = np.random.default_rng([3, number])
    plan = following.plan(profile(size, random), drift.RULES, KINDS[size][1])
    stream = steps(size, LEAD + PATIENCE, random, shares, at=LEAD)
    mine = (place for place, alarm in alarms(plan, stream) if alarm.column == NAMES[0] and place >= LEAD)
    found = next(mine, None)
    return None if found is None else found - LEAD + 1


def _called(size: Size) -> str:
    return f"days of {size.rows} rows" if size.alike else f"blocks of {size.window} rows"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=20)
    parser.add_argument("--delays", type=int, default=20)
    asked = parser.parse_args()
    for size in KINDS:
        calm(size, asked.streams)
    for size in KINDS:
        print()
        delays(size, asked.delays)


if __name__ == "__main__":
    main()
