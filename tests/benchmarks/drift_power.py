"""How often a change of a stated size is seen: whole checks through the command, files, labels and all.

    python tests/benchmarks/drift_power.py [--checks 99] [--rows 200 1000 5000]

One row for each kind of change and size, one column for each number of rows in a window: the share of windows in which
the column that moved was called drifted, or, for a changed concept, in which labels showed the model to be worse.
Every window is a week of rides of its own against a profile of 4,000. `nothing` is the share in which anything was.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2] / "scripts")]

import numpy as np  # noqa: E402

from fixtures.drift_world import CITIES, CONTRACT, START, WEEK, DriftWorld  # noqa: E402
from fixtures.drift_world import rows as rides  # noqa: E402

MOST = 99
Random = np.random.Generator
Change = Callable[[dict[str, Any], Random], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A change of `column` (empty: of none); `labels`: truth comes to every ride."""

    name: str
    column: str
    change: Change
    labels: bool = False


def moved(column: str, by: float) -> Change:
    return lambda told, _: {column: told[column] + by}


def wider(by: float) -> Change:
    return lambda told, _: {"size": told["size"] * by}


def tail(share: float) -> Change:
    return lambda told, random: {"size": np.where(random.random(len(told["size"])) < share, 4.0, told["size"])}


def mix(first: float) -> Change:
    rest = (1 - first) / 2
    return lambda told, random: {
        "city": [CITIES[p] for p in random.choice(3, len(told["size"]), p=(first, rest, rest))]
    }


def missing(share: float) -> Change:
    import pyarrow as pa

    return lambda told, random: {"age": pa.array(told["age"], mask=random.random(len(told["age"])) < share)}


def stranger(share: float) -> Change:
    def change(told: dict[str, Any], random: Random) -> dict[str, Any]:
        new = random.random(len(told["city"])) < share
        return {"city": ["Bergen" if strange else city for strange, city in zip(new, told["city"], strict=True)]}

    return change


def concept(by: float) -> Change:
    """The same inputs, answers and truths as before; so much of the answers' tie to the truth is gone."""

    def change(told: dict[str, Any], random: Random) -> dict[str, Any]:
        truth, places = told["truth"].copy(), np.flatnonzero(random.random(len(told["truth"])) < by)
        truth[places] = truth[random.permutation(places)]
        return {"truth": truth}

    return change


SHIFTS = (
    Shift(name="nothing", column="", change=lambda *_: {}, labels=True),
    *(Shift(name=f"mean + {by} sd", column="size", change=moved("size", by)) for by in (0.1, 0.3, 0.5)),
    *(Shift(name=f"variance × {by * by:g}", column="size", change=wider(by)) for by in (1.25, 1.5, 2)),
    *(Shift(name=f"tail: {share:.0%} at 4 sd", column="size", change=tail(share)) for share in (0.02, 0.05)),
    *(Shift(name=f"mix: a third → {first:.0%}", column="city", change=mix(first)) for first in (0.45, 0.6)),
    *(Shift(name=f"missing: none → {share:.0%}", column="age", change=missing(share)) for share in (0.01, 0.05)),
    *(Shift(name=f"one new category: {share:.0%}", column="city", change=stranger(share)) for share in (0.01, 0.05)),
    *(Shift(name=f"answers + {by} sd", column="said", change=moved("said", 2.2 * by)) for by in (0.3, 0.5)),
    *(
        Shift(name=f"label: mean + {by} sd", column="truth", change=moved("truth", 2 * by), labels=True)
        for by in (0.3, 0.5)
    ),
    *(Shift(name=f"concept: {by:.0%} untied", column="worse", change=concept(by), labels=True) for by in (0.1, 0.5)),
)


def seen(shift: Shift, rows: int, checks: int) -> float:
    """The share of windows in which the change was found."""
    contract = CONTRACT if shift.labels else CONTRACT.replace(", labels: {path: labels}", "")
    contract = contract if shift.labels else contract.replace("      slices: [city]\n", "")
    with TemporaryDirectory() as place:
        world = DriftWorld(Path(place) / "repository", contract=contract.replace("2 of 3", f"1 of {MOST}")).made()
        world.now = START + WEEK * (checks + 10)
        for number in range(checks):
            random = np.random.default_rng([rows, number])
            told = rides(rows, 20_000 + number, start=START + WEEK * number)
            world.week(number, rows=rows, labels=shift.labels, **{**told, **shift.change(told, random)})
        world.over(checks - 1)
        with contextlib.redirect_stderr(io.StringIO()):
            world.check()
        windows = world.evidence["result"]["windows"]
    return sum(found(shift, window) for window in windows) / len(windows)


def found(shift: Shift, window: dict[str, Any]) -> bool:
    if not shift.column:
        return bool(window["found"] == "drifted")
    if shift.column == "worse":
        return bool(window["worse"])
    return any(item["column"] == shift.column and item["found"] == "drifted" for item in window["findings"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checks", type=int, default=MOST, choices=range(1, MOST + 1), metavar=f"1…{MOST}")
    parser.add_argument("--rows", type=int, nargs="+", default=[200, 1_000, 5_000])
    asked = parser.parse_args()
    print(f"{asked.checks} windows each, alpha 0.01, floor 0.1; rows in a window:")
    print(" " * 26 + "".join(f"{rows:>9,}" for rows in asked.rows))
    for shift in SHIFTS:
        print(
            f"{shift.name:26}" + "".join(f"{seen(shift, rows, asked.checks):9.2f}" for rows in asked.rows), flush=True
        )


if __name__ == "__main__":
    main()
