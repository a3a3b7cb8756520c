"""What traffic says of a release: right as often as promised, and never a success without evidence."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tidegate.core.deployment.analysis import analyse, conclude
from tidegate.core.deployment.environment import Limits
from tidegate.core.deployment.latency import latency
from tidegate.core.deployment.measurement import Outcome
from tidegate.core.deployment.prediction_distance import predictions
from tidegate.core.deployment.shares import error_rate
from tidegate.core.deployment.traffic import Histogram, Traffic

EDGES = tuple(0.0001 * 1.15**power for power in range(90))
NO_FLOOR = timedelta()
LIMITS = Limits(error_rate=0.02, latency_ratio=1.5, quantile=0.95, latency_floor=NO_FLOOR, prediction_distance=0.2)


def counted(values: np.ndarray[tuple[int], np.dtype[np.float64]], edges: tuple[float, ...] = EDGES) -> Histogram:
    places = np.searchsorted(edges, values, side="left")
    return Histogram(edges=edges, counts=tuple(np.bincount(places, minlength=len(edges) + 1).tolist()))


def traffic(random: np.random.Generator, requests: int, *, errors: float = 0.0, slower: float = 1.0) -> Traffic:
    return Traffic(
        requests=requests,
        errors=int(random.binomial(requests, errors)),
        latency=counted(random.lognormal(-6, 0.5, requests) * slower),
        predictions=counted(random.normal(0.5, 0.1, requests), tuple(np.linspace(0, 1, 21))),
    )


NONE = Histogram(edges=EDGES, counts=(0,) * (len(EDGES) + 1))


def test_no_traffic_is_no_success() -> None:
    nothing = Traffic(requests=0, errors=0, latency=NONE)
    found = analyse(nothing, nothing, LIMITS, looks=1)
    assert [measurement.outcome for measurement in found] == [Outcome.INCONCLUSIVE] * 3
    assert conclude(found) is Outcome.INCONCLUSIVE


def test_no_question_is_no_success() -> None:
    assert conclude([]) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(("errors", "requests"), [(0, 10), (3, 200), (200, 200), (1, 1), (0, 1)])
def test_error_rate_has_the_exact_interval(errors: int, requests: int) -> None:
    found = error_rate(Traffic(requests=requests, errors=errors, latency=NONE), 0.01, 0.05)
    expected = stats.binomtest(errors, requests).proportion_ci(0.95, "exact")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_clean_requests_that_would_decide_do_decide() -> None:
    few = error_rate(Traffic(requests=100, errors=0, latency=NONE), 0.01, 0.05)
    assert few.outcome is Outcome.INCONCLUSIVE
    more = int(few.sentence.split("; ")[-1].split(" ")[0].replace(",", ""))
    for short, outcome in ((0, Outcome.SUCCESS), (1, Outcome.INCONCLUSIVE)):
        found = error_rate(Traffic(requests=100 + more - short, errors=0, latency=NONE), 0.01, 0.05)
        assert found.outcome is outcome


@pytest.mark.parametrize("quantile", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("requests", [60, 500, 4_000])
def test_latency_interval_covers_the_truth(quantile: float, requests: int) -> None:
    random = np.random.default_rng(requests)
    covered = 0
    for _ in range(300):
        ours, theirs = (counted(random.lognormal(-6, 0.5, requests) * slower) for slower in (1.4, 1.0))
        found = latency(ours, theirs, Limits(quantile=quantile, latency_ratio=2.0, latency_floor=NO_FLOOR), 0.05)
        covered += math.isnan(found.low) or found.low <= 1.4 <= found.high
    assert covered >= 285


def test_binned_ranks_agree_with_the_values() -> None:
    random = np.random.default_rng(3)
    values = np.sort(random.lognormal(-6, 0.5, 700))
    found = counted(values)
    for rank in (1, 2, 350, 699, 700):
        low, high = found.bounds_of_rank(rank)
        assert low < values[rank - 1] <= high


@pytest.mark.parametrize(
    ("errors", "slower", "outcome"),
    [(0.0, 1.0, Outcome.SUCCESS), (0.1, 1.0, Outcome.FAILURE), (0.0, 3.0, Outcome.FAILURE)],
    ids=["good", "failing", "slow"],
)
def test_a_planted_fault_is_found_and_a_good_release_is_not_accused(
    errors: float, slower: float, outcome: Outcome
) -> None:
    random = np.random.default_rng(7)
    for _ in range(20):
        release, champion = traffic(random, 3_000, errors=errors, slower=slower), traffic(random, 9_000)
        assert conclude(analyse(release, champion, LIMITS, looks=10)) is outcome


def test_a_release_at_its_limits_is_stopped_no_more_often_than_promised() -> None:
    random = np.random.default_rng(11)
    stopped = 0
    for _ in range(400):
        seen = Traffic(requests=0, errors=0, latency=NONE)
        champion = traffic(random, 4_000)
        outcomes = []
        for _ in range(5):
            more = traffic(random, 300, errors=0.02, slower=1.5)
            counts = tuple(a + b for a, b in zip(seen.latency.counts, more.latency.counts, strict=True))
            seen = Traffic(
                requests=seen.requests + 300,
                errors=seen.errors + more.errors,
                latency=Histogram(edges=EDGES, counts=counts),
                predictions=more.predictions,
            )
            outcomes.append(conclude(analyse(seen, champion, LIMITS, looks=5)))
        stopped += Outcome.FAILURE in outcomes
    assert stopped <= 400 * LIMITS.alpha


def test_times_that_nobody_notices_are_no_failure() -> None:
    random = np.random.default_rng(2)
    fast, faster = (counted(random.lognormal(-9, 0.2, 2_000) * slower) for slower in (3.0, 1.0))
    assert latency(fast, faster, LIMITS, 0.05).outcome is Outcome.FAILURE
    noticed = Limits(latency_ratio=1.5, latency_floor=timedelta(milliseconds=1))
    assert latency(fast, faster, noticed, 0.05).outcome is Outcome.SUCCESS


def test_predictions_of_another_distribution_are_found() -> None:
    random = np.random.default_rng(5)
    edges = tuple(np.linspace(0, 1, 21))
    champion = counted(random.normal(0.5, 0.1, 5_000), edges)
    constant = counted(np.full(2_000, 0.5), edges)
    assert predictions(constant, champion, 0.2, 0.01).outcome is Outcome.FAILURE
    assert predictions(counted(random.normal(0.5, 0.1, 2_000), edges), champion, 0.2, 0.01).outcome is Outcome.SUCCESS
    assert predictions(counted(np.full(5, 0.5), edges), champion, 0.2, 0.01).outcome is Outcome.INCONCLUSIVE


@given(st.integers(0, 5_000), st.integers(0, 5_000), st.floats(0.0001, 0.5))
def test_more_errors_never_help(requests: int, errors: int, limit: float) -> None:
    order = {Outcome.SUCCESS: 0, Outcome.INCONCLUSIVE: 1, Outcome.FAILURE: 2}
    errors = min(errors, requests)
    few, many = (
        error_rate(Traffic(requests=requests, errors=count, latency=NONE), limit, 0.05)
        for count in (errors, min(errors + 1, requests))
    )
    assert order[few.outcome] <= order[many.outcome]


def test_a_restarted_server_is_not_a_negative_count() -> None:
    early, late = (Traffic(requests=count, errors=0, latency=NONE) for count in (10, 3))
    with pytest.raises(ValueError, match="started anew"):
        late.since(early)
