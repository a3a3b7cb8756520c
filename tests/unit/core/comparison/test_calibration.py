"""Intervals that are as often right as they say, and gates that are as seldom wrong as they say, by simulation.

A world is drawn again and again in which the truth is known; more: `tests/benchmarks/calibration.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cache

import numpy as np
import pytest

import worlds
from tidegate.core.answer import Verdict
from tidegate.core.comparison.estimation import Estimate, estimates
from tidegate.core.comparison.findings import judge
from tidegate.core.comparison.intervals import detectable
from tidegate.core.comparison.questions import Question
from tidegate.core.comparison.sample import Output, Sample
from tidegate.core.contract import Gate
from worlds import World, clustered, regression, shares

TRIALS = 1000
DRAWS = 400


@cache
def simulated(world: World, metric: str, trials: int = TRIALS, draws: int = DRAWS) -> tuple[Estimate, ...]:
    return worlds.simulated(world, metric, trials, draws)


FAMILIES = [pytest.param(world, metric, id=name) for name, (world, metric) in worlds.EQUAL.items()]


@pytest.mark.parametrize(("world", "metric"), FAMILIES)
def test_intervals_cover_as_often_as_they_say(world: World, metric: str) -> None:
    """93 to 97 % at a nominal 95 %, for the difference; a thousand trials give or take 0.7 %."""
    covered, above, below = shares(simulated(world, metric))
    assert 0.93 <= covered <= 0.97
    assert max(above, below) <= 0.04, "misses are not all on one side"


@pytest.mark.parametrize(("clusters", "size"), [(10, 30), (20, 10)])
def test_few_clusters_still_cover(clusters: int, size: int) -> None:
    found = simulated(lambda random: clustered(random, clusters, size), "mae")
    assert 0.925 <= shares(found)[0] <= 0.98


def test_rows_taken_for_independent_would_not_cover() -> None:
    """Why clusters are drawn: the same world, its days ignored."""
    assert shares(simulated(lambda random: _without_clusters(clustered(random)), "rmse", trials=300))[0] < 0.75


def _without_clusters(sample: Sample) -> Sample:
    return Sample(ids=sample.ids, truth=sample.truth, candidate=sample.candidate, champion=sample.champion)


def question(estimate: Estimate, limit: float, kind: str = "no_worse_by") -> Question:
    gate = Gate(metric=estimate.metric, kind=kind, limit=Decimal(str(limit)), relative=False, text=str(limit))  # type: ignore[arg-type]
    direction = "lower" if estimate.metric in ("rmse", "mae", "log_loss") else "higher"
    return Question(gate=gate, direction=direction, part=None, rows=estimate.rows, estimate=estimate)  # type: ignore[arg-type]


def verdicts(found: Iterable[Estimate], limit: float) -> list[Verdict]:
    return [judge([question(estimate, limit)], 0.05)[0][0].verdict for estimate in found]


@pytest.mark.parametrize(("world", "metric"), FAMILIES)
def test_a_model_as_good_as_the_champion_seldom_fails(world: World, metric: str) -> None:
    """A/A at the strictest limit there is: at most alpha, a point of tolerance."""
    failed = np.mean([verdict is Verdict.FAIL for verdict in verdicts(simulated(world, metric), limit=0)])
    assert failed <= 0.06


def test_a_model_exactly_at_the_limit_seldom_passes_and_seldom_fails() -> None:
    found = simulated(lambda random: regression(random, worse=1.3), "rmse")
    true_difference = float(np.sqrt(25 + 25 * 1.3**2) - np.sqrt(50))
    decided = verdicts(found, limit=true_difference)
    assert np.mean([verdict is Verdict.PASS for verdict in decided]) <= 0.045
    assert np.mean([verdict is Verdict.FAIL for verdict in decided]) <= 0.045


def test_the_printed_detectable_effect_is_decided_in_four_of_five_repeats() -> None:
    found = simulated(regression, "rmse")
    spread = float(np.median([np.std(estimate.difference_draws) for estimate in found]))  # type: ignore[arg-type]
    distance = detectable(spread, 0.05)
    for limit, verdict in ((distance, Verdict.PASS), (-distance, Verdict.FAIL)):
        shifted = [_shifted(estimate, 0.0 if limit > 0 else 2 * distance) for estimate in found]
        decided = verdicts(shifted, limit=distance)
        assert 0.76 <= np.mean([one is verdict for one in decided]) <= 0.84


def _shifted(estimate: Estimate, by: float) -> Estimate:
    """The same evidence about a candidate that is worse by a constant."""
    return Estimate(
        metric=estimate.metric,
        rows=estimate.rows,
        units=estimate.units,
        candidate=estimate.candidate + by,
        champion=estimate.champion,
        candidate_draws=estimate.candidate_draws + by,
        difference_draws=estimate.difference_draws + by,  # type: ignore[operator]
        unseen=estimate.unseen,
    )


def test_as_many_rows_as_were_asked_for_settle_the_question() -> None:
    """The number in "about 9,000 more rows would settle it" is taken at its word."""
    limit, random = 0.6, np.random.default_rng(3)
    asked = []
    for seed in range(40):
        estimate = estimates(regression(random), ["rmse"], DRAWS, seed)["rmse"]
        finding = judge([question(estimate, limit)], 0.05)[0][0]
        if finding.verdict is Verdict.UNDECIDED and finding.rows_needed is not None:
            asked.append(finding.rows_needed)
    more = int(np.median(asked))
    settled = 0
    for seed in range(100):
        estimate = estimates(regression(random, 150 + more), ["rmse"], DRAWS, seed)["rmse"]
        settled += judge([question(estimate, limit)], 0.05)[0][0].verdict is not Verdict.UNDECIDED
    assert settled >= 60


def test_a_change_that_is_only_jitter_never_fails() -> None:
    random = np.random.default_rng(9)
    for seed in range(100):
        sample = regression(random, rows=400)
        jitter = sample.champion.prediction + random.normal(0, 0.05, 400)  # type: ignore[union-attr,operator]
        retrained = Sample(
            ids=sample.ids, truth=sample.truth, candidate=Output(prediction=jitter), champion=sample.champion
        )
        estimate = estimates(retrained, ["rmse"], DRAWS, seed)["rmse"]
        assert judge([question(estimate, 0.07)], 0.05)[0][0].verdict is Verdict.PASS


def test_of_many_gates_at_their_limits_all_are_seldom_decided_wrongly() -> None:
    """Holm: the chance of any wrong verdict in the family stays at alpha, where six single tests reach 26 %."""
    random, wrong, wrong_alone = np.random.default_rng(4), 0, 0
    trials = 200
    for seed in range(trials):
        found = [estimates(regression(random, rows=100), ["mae"], 1500, seed + 1000 * k)["mae"] for k in range(6)]
        family = [question(estimate, 0) for estimate in found]
        wrong += any(finding.verdict is not Verdict.UNDECIDED for finding in judge(family, 0.05)[0])
        wrong_alone += any(judge([one], 0.05)[0][0].verdict is not Verdict.UNDECIDED for one in family)
    assert wrong / trials <= 0.08
    assert wrong_alone / trials > 0.18
