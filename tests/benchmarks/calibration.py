"""How often intervals are right and gates are wrong, in more trials than the tests have time for.

    python tests/benchmarks/calibration.py [--trials 10000] [--draws 1000] [--interval percentile bca] [--only auc]

Both models are equally good in every world, so an interval is right when it holds 0, and a gate `no_worse_by: 0` is
wrong when it fails. Nominal: 95 % and at most 2.5 %. Power: how often a candidate as good as the champion passes the
limit that gates print as detectable, and one as far beyond it fails; nominal 80 %.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent / "scripts")]

from tidegate.core.answer import Verdict  # noqa: E402 - after the path is set
from tidegate.core.comparison.gates.findings import Finding, judge  # noqa: E402
from tidegate.core.comparison.gates.questions import Question  # noqa: E402
from tidegate.core.comparison.inference.estimation import Estimate, estimates  # noqa: E402
from tidegate.core.comparison.metric_table import KNOWN  # noqa: E402
from tidegate.core.contract import Gate  # noqa: E402
from worlds import EQUAL, World, clustered, regression, shares, simulated  # noqa: E402

FEW: dict[str, tuple[World, str]] = {
    f"{count} clusters-mae": (lambda random, count=count: clustered(random, count, 20), "mae") for count in (10, 15, 30)
}
MEMBERS = 6


def question(estimate: Estimate, limit: float) -> Question:
    """Is the candidate no worse by this much?"""
    text = repr(limit)
    gate = Gate(metric=estimate.metric, kind="no_worse_by", limit=Decimal(text), relative=False, text=text)
    direction = KNOWN[estimate.metric].direction
    return Question(gate=gate, direction=direction, part=None, rows=estimate.rows, estimate=estimate)


def found(estimate: Estimate, limit: float) -> Finding:
    """What one gate on its own finds."""
    return judge([question(estimate, limit)], 0.05)[0][0]


def shifted(estimate: Estimate, by: float) -> Estimate:
    """The same evidence about a candidate whose value is another by a constant."""
    assert estimate.difference_draws is not None
    return replace(
        estimate,
        candidate=estimate.candidate + by,
        candidate_draws=estimate.candidate_draws + by,
        difference_draws=estimate.difference_draws + by,
    )


def power(evidence: Sequence[Estimate]) -> tuple[float, float]:
    """Share that passes at the printed detectable distance, and share that fails as far beyond it."""
    printed = [found(estimate, 0.0).detectable for estimate in evidence]
    distance = float(np.median([one for one in printed if one is not None]))
    worse = distance if KNOWN[evidence[0].metric].direction == "lower" else -distance
    passes = [found(estimate, distance).verdict is Verdict.PASS for estimate in evidence]
    fails = [found(shifted(estimate, 2 * worse), distance).verdict is Verdict.FAIL for estimate in evidence]
    return float(np.mean(passes)), float(np.mean(fails))


def family_wise(trials: int, draws: int) -> tuple[float, float]:
    """Share of families of gates at their limits in which any is decided, with Holm's levels and each on its own."""
    random, together, alone = np.random.default_rng(4), 0, 0
    for seed in range(trials):
        evidence = [
            estimates(regression(random, rows=100), ["mae"], draws, seed + trials * member)["mae"]
            for member in range(MEMBERS)
        ]
        family = [question(estimate, 0.0) for estimate in evidence]
        together += any(finding.verdict is not Verdict.UNDECIDED for finding in judge(family, 0.05)[0])
        alone += any(judge([one], 0.05)[0][0].verdict is not Verdict.UNDECIDED for one in family)
    return together / trials, alone / trials


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--interval", nargs="+", default=["percentile"], choices=["percentile", "bca"])
    parser.add_argument("--only", default="", help="families whose names hold this")
    options = parser.parse_args()
    chance = 1.96 * math.sqrt(0.0475 / options.trials)
    print(f"{options.trials:,} trials of {options.draws:,} draws; ± {chance:.1%} by chance")
    for kind in options.interval:
        print(f"\n{kind:<28}{'coverage':>10}{'false fail':>12}{'false pass':>12}{'power':>16}{'seconds':>9}")
        for name, (world, metric) in {**EQUAL, **FEW}.items():
            if options.only not in name:
                continue
            start = time.perf_counter()
            evidence = simulated(world, metric, options.trials, options.draws, kind)
            covered, above, below = shares(evidence)
            worse, better = (above, below) if KNOWN[metric].direction == "lower" else (below, above)
            passes, fails = power(evidence)
            seconds = time.perf_counter() - start
            line = f"{name:<28}{covered:>10.1%}{worse:>12.1%}{better:>12.1%}{passes:>9.1%}{fails:>7.1%}{seconds:>9.0f}"
            print(line, flush=True)
    if not options.only:
        together, alone = family_wise(options.trials // 5, options.draws)
        print(f"\n{MEMBERS} gates at their limits, any of them decided: {together:.1%} with Holm, {alone:.1%} without")


if __name__ == "__main__":
    main()
