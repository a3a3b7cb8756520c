"""How often drift is called without any, and how often it is seen: tables from whole checks of twenty columns.

    python tests/benchmarks/drift_calibration.py [--checks 1000] [--power-checks 200]

A check is what one window of live data gets: every question of every column, corrected together, against one profile
that is drawn anew for every ten checks. That any column is significant is promised in at most alpha (0.01) of the
checks without drift; that its effect also reaches the floor is rarer. Clustered rows: days of 24 hours of which any two
correlate by 0.3.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2] / "scripts")]

import numpy as np  # noqa: E402

from fixtures import drift  # noqa: E402
from fixtures.clusters import Days  # noqa: E402
from tidegate.core.drift.profile import Column, Numbers, Part, Profile  # noqa: E402
from tidegate.core.drift.verdict import of_one  # noqa: E402
from tidegate.core.drift.window import Sighting, Window  # noqa: E402

COLUMNS, CELLS, PER_PROFILE = 20, 10, 10
NAMES = [f"c{number:02d}" for number in range(COLUMNS)]
KNOWN = {name: Column(kind="number", edges=tuple(map(float, range(1, CELLS)))) for name in NAMES}
Random = np.random.Generator


def draw(alike: float, number: int, random: Random, shares: Any = None) -> Any:
    """Counts by day and cell; independent rows together in one."""
    if alike:
        return Days(cells=CELLS, rows=24, alike=alike).draw(number, random, shares)
    return random.multinomial(number, np.full(CELLS, 1 / CELLS) if shares is None else shares)[None, :]


def profile(alike: float, number: int, random: Random) -> Profile:
    drawn = {name: draw(alike, number, random).astype(np.int64) for name in NAMES}
    products = {name: counts.T @ counts for name, counts in drawn.items()} if alike else {}
    cluster = "date" if alike else None
    return Profile(cluster=cluster, columns=KNOWN, total=_part(drawn, number), products=products)


def window(alike: float, number: int, random: Random, shares: Any = None) -> Window:
    """A window of so many days; the first column has other shares when some are given."""
    drawn = {name: draw(alike, number, random, shares if name == NAMES[0] else None) for name in NAMES}
    part = _part(drawn, number)
    seen = {name: Sighting(types={"double": part.rows}) for name in NAMES}
    return Window(start=drift.START, end=drift.START + timedelta(days=7), part=part, seen=seen)


def _part(drawn: dict[str, Any], clusters: int) -> Part:
    columns = {name: Numbers(counts=tuple(counts.sum(axis=0).tolist())) for name, counts in drawn.items()}
    return Part(rows=max(sum(column.counts) for column in columns.values()), clusters=clusters, columns=columns)


def false_alarms(alike: float, reference: int, number: int, checks: int) -> tuple[float, float]:
    """Share of checks in which any column drifted, and in which any was significant, whatever its effect."""
    random, fired = np.random.default_rng([number, int(alike * 100)]), np.zeros(2)
    for start in range(0, checks, PER_PROFILE):
        against = profile(alike, reference, random)
        for _ in range(min(PER_PROFILE, checks - start)):
            seen = window(alike, number, random)
            findings = of_one(against, seen, drift.RULES)
            fired += (
                bool(findings.drifted),
                any(item.q is not None and item.q <= drift.RULES.alpha for item in findings.findings),
            )
    return tuple(fired / checks)  # type: ignore[return-value]


SHIFTS: dict[str, Callable[[], Any]] = {
    "nothing": lambda: np.full(CELLS, 0.1),
    "mean + 0.1 sd": lambda: normal(0.1, 1),
    "mean + 0.3 sd": lambda: normal(0.3, 1),
    "mean + 0.5 sd": lambda: normal(0.5, 1),
    "sd × 1.5": lambda: normal(0, 1.5),
    "sd × 2": lambda: normal(0, 2),
    "10 % into the last tenth": lambda: np.full(CELLS, 0.09) + np.eye(CELLS)[-1] * 0.1,
    "half the last tenth gone": lambda: np.append(np.full(CELLS - 1, 0.95 / (CELLS - 1)), 0.05),
}


def normal(mean: float, deviation: float) -> Any:
    """Shares of the tenths of a standard normal when it has moved."""
    from scipy.special import ndtr, ndtri

    borders = ndtr((ndtri(np.arange(1, CELLS) / CELLS) - mean) / deviation)
    return np.diff(np.concatenate([[0.0], borders, [1.0]]))


def power(alike: float, reference: int, number: int, checks: int, shares: Any) -> float:
    """Share of checks in which the first column, which moved, was called drifted."""
    random, found = np.random.default_rng([number, checks]), 0
    against = profile(alike, reference, random)
    for _ in range(checks):
        found += NAMES[0] in of_one(against, window(alike, number, random, shares), drift.RULES).drifted
    return found / checks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checks", type=int, default=1_000)
    parser.add_argument("--power-checks", type=int, default=200)
    asked = parser.parse_args()
    sizes = [(0.0, 10_000, rows) for rows in (200, 1_000, 10_000, 100_000)] + [(0.3, 365, days) for days in (7, 30, 90)]
    print(f"without drift, {asked.checks:,} checks of {COLUMNS} columns, alpha 0.01: share with any column")
    for alike, reference, number in sizes:
        what = f"{number:,} {'days' if alike else 'rows'} against {reference:,}"
        usual, bare = false_alarms(alike, reference, number, asked.checks)
        print(f"  {what:32} drifted: {usual:.4f}   significant: {bare:.4f}", flush=True)
    print(f"\npower, {asked.power_checks:,} checks each: the column that moved is called drifted (floor 0.1)")
    print(" " * 28 + "".join(f"{number:>9,}{'d' if alike else 'r'}" for alike, _, number in sizes))
    for name, shares in SHIFTS.items():
        rates = (power(*size, asked.power_checks, shares()) for size in sizes)
        print(f"  {name:26}" + "".join(f"{rate:10.2f}" for rate in rates), flush=True)


if __name__ == "__main__":
    main()
