"""How often drift is called without any, and how often it is seen: tables from whole checks of twenty columns.

    python tests/benchmarks/drift_calibration.py [--checks 1000] [--power-checks 200]

A check is what one window of live data gets: every question of every column, corrected together, against one profile
that is drawn anew for every ten checks; from 200 to ten million rows, independent or in days of which any two rows
correlate by 0.3. That any column is significant is promised in at most alpha (0.01) of the checks without drift; that
its effect also reaches the floor is rarer. Power by kind of change, through the command: drift_power.py.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class Size:
    """A reference and a window of so many units: independent rows, or days of `rows` rows that are alike."""

    reference: int
    window: int
    rows: int = 1
    alike: float = 0.0

    def __str__(self) -> str:
        unit = f"days of {self.rows:,}" if self.alike else "rows"
        return f"{self.window:,} {unit} against {self.reference:,}"

    @property
    def short(self) -> str:
        exponents = {6: "M", 3: "k"}
        many = next((f"{self.window // 10**e}{m}" for e, m in exponents.items() if self.window >= 10**e), self.window)
        return f"{many} d·{self.rows}" if self.alike else f"{many} r"

    def draw(self, number: int, random: Random, shares: Any = None) -> Any:
        """Counts by day and cell; independent rows together in one."""
        if self.alike:
            return Days(cells=CELLS, rows=self.rows, alike=self.alike).draw(number, random, shares)
        return random.multinomial(number, np.full(CELLS, 1 / CELLS) if shares is None else shares)[None, :]


SIZES = (
    *(Size(reference=10_000, window=rows) for rows in (200, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)),
    *(Size(reference=365, window=days, rows=24, alike=0.3) for days in (7, 30, 90)),
    Size(reference=365, window=90, rows=111_111, alike=0.3),
)


def profile(size: Size, random: Random) -> Profile:
    drawn = {name: size.draw(size.reference, random).astype(np.int64) for name in NAMES}
    products = {name: counts.T @ counts for name, counts in drawn.items()} if size.alike else {}
    cluster = "date" if size.alike else None
    return Profile(cluster=cluster, columns=KNOWN, total=_part(drawn, size.reference), products=products)


def window(size: Size, random: Random, shares: Any = None) -> Window:
    """A window of that size; the first column has other shares when some are given."""
    drawn = {name: size.draw(size.window, random, shares if name == NAMES[0] else None) for name in NAMES}
    part = _part(drawn, size.window)
    seen = {name: Sighting(types={"double": part.rows}) for name in NAMES}
    return Window(start=drift.START, end=drift.START + timedelta(days=7), part=part, seen=seen)


def _part(drawn: dict[str, Any], clusters: int) -> Part:
    columns = {name: Numbers(counts=tuple(counts.sum(axis=0).tolist())) for name, counts in drawn.items()}
    return Part(rows=max(sum(column.counts) for column in columns.values()), clusters=clusters, columns=columns)


def false_alarms(size: Size, checks: int) -> tuple[float, float]:
    """Share of checks in which any column drifted, and in which any was significant, whatever its effect."""
    random, fired = np.random.default_rng([size.window, size.rows, int(size.alike * 100)]), np.zeros(2)
    for start in range(0, checks, PER_PROFILE):
        against = profile(size, random)
        for _ in range(min(PER_PROFILE, checks - start)):
            seen = window(size, random)
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


def power(size: Size, checks: int, shares: Any) -> float:
    """Share of checks in which the first column, which moved, was called drifted."""
    random, found = np.random.default_rng([size.window, size.rows, checks]), 0
    against = profile(size, random)
    for _ in range(checks):
        found += NAMES[0] in of_one(against, window(size, random, shares), drift.RULES).drifted
    return found / checks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checks", type=int, default=1_000)
    parser.add_argument("--power-checks", type=int, default=200)
    asked = parser.parse_args()
    print(f"without drift, {asked.checks:,} checks of {COLUMNS} columns, alpha 0.01: share with any column")
    for size in SIZES:
        usual, bare = false_alarms(size, asked.checks)
        print(f"  {size!s:36} drifted: {usual:.4f}   significant: {bare:.4f}", flush=True)
    print(f"\npower, {asked.power_checks:,} checks each: the column that moved is called drifted (floor 0.1)")
    print(" " * 28 + "".join(f"{size.short:>12}" for size in SIZES))
    for name, shares in SHIFTS.items():
        rates = (power(size, asked.power_checks, shares()) for size in SIZES)
        print(f"  {name:26}" + "".join(f"{rate:12.2f}" for rate in rates), flush=True)


if __name__ == "__main__":
    main()
