"""Whole checks through the command, files and all: how often calm data opens an issue, and what a check costs.

    python tests/benchmarks/drift_checks.py [--checks 1000] [--rows 200 2000 20000]

Every check is `detect-drift` on a week of rides of its own (three features and the model's answers), with one window
that decides alone, so that nothing is smoothed by m of n. Promised is that a check without drift calls any column
drifted in at most alpha (0.01) of all checks. The last line is the share with 2 of 3 windows, as contracts have it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2] / "scripts")]

from fixtures.drift_world import CONTRACT, START, WEEK, DriftWorld  # noqa: E402
from fixtures.drift_world import rows as rides  # noqa: E402

MOST = 99
ALONE = CONTRACT.replace(", labels: {path: labels}", "").replace("      slices: [city]\n", "")


def drifted(place: Path, rows: int, weeks: int, first: int) -> tuple[list[bool], float]:
    """Whether each week's window drifted, and the seconds that the check of all of them took."""
    world = DriftWorld(place / "repository", contract=ALONE.replace("2 of 3", f"1 of {MOST}")).made()
    world.now = START + WEEK * (weeks + 10)
    for number in range(weeks):
        world.week(number, rows=rows, **rides(rows, 10_000 + first + number, start=START + WEEK * number))
    world.over(weeks - 1)
    begun = time.perf_counter()
    with contextlib.redirect_stderr(io.StringIO()):
        world.check()
    seconds = time.perf_counter() - begun
    return [window["found"] == "drifted" for window in world.evidence["result"]["windows"]], seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checks", type=int, default=1_000)
    parser.add_argument("--rows", type=int, nargs="+", default=[200, 2_000, 20_000])
    asked = parser.parse_args()
    for rows in asked.rows:
        found: list[bool] = []
        seconds = 0.0
        while len(found) < asked.checks:
            with TemporaryDirectory() as place:
                told, took = drifted(Path(place), rows, min(MOST, asked.checks - len(found)), len(found))
            found += told
            seconds += took
        pairs = [sum(found[place - 2 : place + 1]) >= 2 and found[place] for place in range(2, len(found))]
        rate, opened = sum(found) / len(found), sum(pairs) / max(len(pairs), 1)
        each = seconds / len(found) * 1000
        print(
            f"{rows:>8,} rows, {len(found):,} checks: drifted {rate:.4f}, 2 of 3 {opened:.4f}, {each:.1f} ms a window"
        )


if __name__ == "__main__":
    main()
