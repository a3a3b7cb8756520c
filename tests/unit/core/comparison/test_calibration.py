"""Intervals that are as often right as they say, and gates that are as seldom wrong as they say, by simulation.

A world is drawn again and again in which the truth is known; more: `tests/benchmarks/calibration.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pytest

import worlds
from tidegate.core.answer import Verdict
from tidegate.core.comparison.gates.findings import judge
from tidegate.core.comparison.gates.questions import Question
from tidegate.core.comparison.inference.estimation import Estimate, estimates
from tidegate.core.comparison.metric_table import KNOWN
from tidegate.core.comparison.samples.sample import Coded, Output, Sample
from tidegate.core.contract import Gate
from worlds import World, clustered, regression, shares

TRIALS = 1000
DRAWS = 400
AT_LENGTH = ("rows-rmse", "clusters-mae", "cells-accuracy", "cells-f1", "rows-log-loss", "ranking-auc")
"""A family for each way of drawing, in 2,000 trials; the others, which draw in the same ways, in 400."""
SLOW = ("classes-auc-ovo",)
"""Left to `tests/benchmarks/calibration.py`."""


@cache
def simulated(world: World, metric: str, trials: int = TRIALS, draws: int = DRAWS) -> tuple[Estimate, ...]:
    return worlds.simulated(world, metric, trials, draws)


def families(names: Iterable[str], trials: int) -> list[Any]:
    return [pytest.param(*worlds.EQUAL[name], trials, id=name) for name in names]


FAMILIES = [
    *families(AT_LENGTH, 2000),
    *families([name for name in worlds.EQUAL if name not in (*AT_LENGTH, *SLOW)], 400),
]


def by_chance(trials: int) -> float:
    """Two standard errors of a share near 95 % in so many trials, beyond what 2,000 leave open."""
    return 2 * math.sqrt(0.0475 / trials) if trials < 2000 else 0.0


@pytest.mark.parametrize(("world", "metric", "trials"), FAMILIES)
def test_intervals_cover_as_often_as_they_say(world: World, metric: str, trials: int) -> None:
    """93 to 97 % at a nominal 95 %, for the difference."""
    covered, above, below = shares(simulated(world, metric, trials))
    assert 0.93 - by_chance(trials) <= covered <= 0.97 + by_chance(trials)
    assert max(above, below) <= 0.04 + by_chance(trials), "misses are not all on one side"


@pytest.mark.parametrize("name", ["rows-rmse", "clusters-mae", "cells-f1", "quantiles-pinball", "queries-mrr"])
def test_corrected_intervals_cover_as_often_as_they_say(name: str) -> None:
    covered, above, below = shares(worlds.simulated(*worlds.EQUAL[name], trials=500, draws=600, kind="bca"))
    assert 0.93 - by_chance(500) <= covered <= 0.97 + by_chance(500)
    assert max(above, below) <= 0.04 + by_chance(500)


@pytest.mark.parametrize(("clusters", "size"), [(10, 30), (20, 10)])
def test_few_clusters_still_cover(clusters: int, size: int) -> None:
    found = simulated(lambda random: clustered(random, clusters, size), "mae")
    assert 0.925 <= shares(found)[0] <= 0.98


def test_rows_taken_for_independent_would_not_cover() -> None:
    """Why clusters are drawn: the same world, its days ignored."""
    assert shares(simulated(lambda random: _without_clusters(clustered(random)), "rmse", trials=300))[0] < 0.75


def _without_clusters(sample: Sample) -> Sample:
    return Sample(ids=sample.ids, truth=sample.truth, candidate=sample.candidate, champion=sample.champion)


def question(estimate: Estimate, limit: float, kind: str = "no_worse_by", *, relative: bool = False) -> Question:
    gate = Gate(metric=estimate.metric, kind=kind, limit=Decimal(str(limit)), relative=relative, text=str(limit))  # type: ignore[arg-type]
    direction = KNOWN[estimate.metric].direction
    return Question(gate=gate, direction=direction, part=None, rows=estimate.rows, estimate=estimate)


def verdicts(found: Iterable[Estimate], limit: float) -> list[Verdict]:
    return [judge([question(estimate, limit)], 0.05)[0][0].verdict for estimate in found]


@pytest.mark.parametrize(("world", "metric", "trials"), FAMILIES)
def test_a_model_as_good_as_the_champion_seldom_fails(world: World, metric: str, trials: int) -> None:
    """A/A at the strictest limit there is: at most alpha, a point of tolerance."""
    failed = np.mean([verdict is Verdict.FAIL for verdict in verdicts(simulated(world, metric, trials), limit=0)])
    assert failed <= 0.06


def test_a_model_exactly_at_the_limit_seldom_passes_and_seldom_fails() -> None:
    found = simulated(lambda random: regression(random, worse=1.3), "rmse")
    true_difference = float(np.sqrt(25 + 25 * 1.3**2) - np.sqrt(50))
    decided = verdicts(found, limit=true_difference)
    assert np.mean([verdict is Verdict.PASS for verdict in decided]) <= 0.045
    assert np.mean([verdict is Verdict.FAIL for verdict in decided]) <= 0.045


SHARE = 0.3
"""What the candidate's errors are larger by, as a share of the champion's in the long run."""


def alike(random: np.random.Generator) -> Sample:
    """Two models that miss the same rows; the candidate misses each by about as much more, whatever the sample."""
    truth, shared = random.normal(100, 20, 150), random.normal(0, 10, 150)
    more = SHARE * 10 * math.sqrt(2 / math.pi) + random.normal(0, 0.5, 150)
    said = [truth + shared + np.sign(shared) * more, truth + shared]
    outputs = [Output(prediction=column) for column in said]
    return Sample(ids=np.arange(150), truth=truth, candidate=outputs[0], champion=outputs[1])


def decided_at_its_limit(estimate: Estimate) -> Verdict:
    return judge([question(estimate, SHARE, relative=True)], 0.05)[0][0].verdict


def test_a_share_of_the_champions_value_is_as_uncertain_as_that_value() -> None:
    """A relative limit moves with the sample; taken for a constant, it would be decided wrongly most of the time."""
    found = simulated(alike, "mae")
    decided = [decided_at_its_limit(estimate) for estimate in found]
    assert np.mean([verdict is Verdict.PASS for verdict in decided]) <= 0.045
    assert np.mean([verdict is Verdict.FAIL for verdict in decided]) <= 0.045
    constant = [decided_at_its_limit(replace(estimate, champion_draws=None)) for estimate in found]
    assert np.mean([verdict is not Verdict.UNDECIDED for verdict in constant]) > 0.5


POWERED = ("rows-rmse", "clusters-mae", "cells-accuracy", "ranking-auc", "quantiles-pinball", "queries-ndcg")


@pytest.mark.parametrize("name", POWERED)
def test_the_printed_detectable_effect_is_decided_in_four_of_five_repeats(name: str) -> None:
    world, metric = worlds.EQUAL[name]
    trials = 2000 if name in AT_LENGTH else 400
    found = simulated(world, metric, trials)
    printed = [judge([question(estimate, 0)], 0.05)[0][0].detectable for estimate in found]
    distance = float(np.median([one for one in printed if one is not None]))
    worse = distance if KNOWN[metric].direction == "lower" else -distance
    for shift, verdict in ((0.0, Verdict.PASS), (2 * worse, Verdict.FAIL)):
        decided = verdicts([_shifted(estimate, shift) for estimate in found], limit=distance)
        power = np.mean([one is verdict for one in decided])
        assert 0.76 - by_chance(trials) <= power <= 0.85 + by_chance(trials)


def _shifted(estimate: Estimate, by: float) -> Estimate:
    """The same evidence about a candidate whose value is another by a constant."""
    assert estimate.difference_draws is not None
    return replace(
        estimate,
        candidate=estimate.candidate + by,
        candidate_draws=estimate.candidate_draws + by,
        difference_draws=estimate.difference_draws + by,
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


def _jittered(output: Output, random: np.random.Generator) -> Output:
    """The same model after a training that differs in nothing but noise."""
    scores = {name: score + random.normal(0, 0.002, len(score)) for name, score in output.scores.items()}
    prediction = output.prediction
    if isinstance(prediction, Coded):
        some = random.random(len(prediction.codes)) < 0.005
        prediction = replace(prediction, codes=np.where(some, 1 - prediction.codes, prediction.codes))
    elif prediction is not None:
        prediction = prediction + random.normal(0, 0.05, len(prediction))
    return Output(prediction=prediction, scores=scores)


JITTER = {
    "rmse": (regression, 0.07),
    "median_absolute_error": (regression, 0.3),
    "accuracy": (worlds.classification, 0.02),
    "auc": (worlds.classification, 0.005),
    "pinball": (worlds.quantiles, 0.05),
    "ndcg": (worlds.queries, 0.03),
}


@pytest.mark.parametrize("metric", JITTER)
def test_a_change_that_is_only_jitter_never_fails(metric: str) -> None:
    random, (world, limit) = np.random.default_rng(9), JITTER[metric]
    for seed in range(100):
        sample = world(random)
        assert sample.champion is not None
        retrained = replace(sample, candidate=_jittered(sample.champion, random))
        estimate = estimates(retrained, [metric], DRAWS, seed)[metric]
        for strictness in (limit, 0.0):
            verdict = judge([question(estimate, strictness)], 0.05)[0][0].verdict
            assert verdict is not Verdict.FAIL or not strictness


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
