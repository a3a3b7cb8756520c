"""How often intervals are right and gates are wrong, in more trials than the tests have time for.

    python tests/benchmarks/calibration.py [--trials 10000] [--draws 1000]

Both models are equally good in every world, so an interval is right when it holds 0, and a gate `no_worse_by: 0` is
wrong when it fails. Nominal: 95 % and at most 2.5 %.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent / "scripts")]

from tidegate.core.comparison.metric_table import KNOWN  # noqa: E402 - after the path is set
from worlds import EQUAL, World, clustered, shares, simulated  # noqa: E402

FEW: dict[str, tuple[World, str]] = {
    f"{count} clusters-mae": (lambda random, count=count: clustered(random, count, 20), "mae") for count in (10, 15, 30)
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--draws", type=int, default=1000)
    options = parser.parse_args()
    chance = 1.96 * math.sqrt(0.0475 / options.trials)
    print(f"{options.trials:,} trials of {options.draws:,} draws; ± {chance:.1%} by chance")
    print(f"{'family':<20}{'coverage':>10}{'false fail':>12}{'false pass':>12}{'seconds':>9}")
    for name, (world, metric) in {**EQUAL, **FEW}.items():
        start = time.perf_counter()
        covered, above, below = shares(simulated(world, metric, options.trials, options.draws))
        worse, better = (above, below) if KNOWN[metric].direction == "lower" else (below, above)
        print(f"{name:<20}{covered:>10.1%}{worse:>12.1%}{better:>12.1%}{time.perf_counter() - start:>9.0f}", flush=True)


if __name__ == "__main__":
    main()
