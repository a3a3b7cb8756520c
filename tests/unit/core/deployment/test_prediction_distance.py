"""Distances of predictions counted in different bins hold whatever the values inside the bins are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.deployment.analysis import analyse
from tidegate.core.deployment.environment import Limits
from tidegate.core.deployment.measurement import Outcome
from tidegate.core.deployment.prediction_distance import below, constant, distance, predictions
from tidegate.core.deployment.traffic import Histogram, Traffic

Values = np.ndarray[tuple[int], np.dtype[np.float64]]
VALUES = st.lists(st.floats(-5, 5), min_size=1, max_size=40)
EDGES = st.lists(st.floats(-4, 4), min_size=1, max_size=8, unique=True).map(sorted)


def counted(values: Values, edges: tuple[float, ...]) -> Histogram:
    places = np.searchsorted(edges, values, side="left")
    return Histogram(edges=edges, counts=tuple(np.bincount(places, minlength=len(edges) + 1).tolist()))


@given(VALUES, VALUES, EDGES, EDGES)
def test_the_true_distance_at_the_edges_lies_between_the_bounds(
    one: list[float], other: list[float], mine: list[float], theirs: list[float]
) -> None:
    ours, others = np.array(one), np.array(other)
    least, most = distance(counted(ours, tuple(mine)), counted(others, tuple(theirs)))
    at_edges = [abs(float((ours <= edge).mean() - (others <= edge).mean())) for edge in {*mine, *theirs}]
    assert least - 1e-9 <= max(at_edges) <= most + 1e-9
    anywhere = [abs(float((ours <= value).mean() - (others <= value).mean())) for value in (*one, *other)]
    assert least <= max(anywhere) + 1e-9


@given(VALUES, VALUES, EDGES)
def test_equal_bins_leave_nothing_open(one: list[float], other: list[float], edges: list[float]) -> None:
    least, most = distance(counted(np.array(one), tuple(edges)), counted(np.array(other), tuple(edges)))
    assert least == pytest.approx(most)


@given(VALUES, EDGES, st.floats(-6, 6))
def test_a_share_below_any_value_is_bounded(values: list[float], edges: list[float], value: float) -> None:
    low, high = below(counted(np.array(values), tuple(edges)), value)
    assert low <= float((np.array(values) <= value).mean()) <= high


def test_releases_whose_bins_differ_can_be_compared() -> None:
    random = np.random.default_rng(4)
    mine, theirs = tuple(np.linspace(0, 1, 41)), tuple(np.linspace(0.01, 0.99, 36))
    champion = counted(random.normal(0.5, 0.1, 20_000), theirs)
    same, far = (counted(random.normal(mean, 0.1, 20_000), mine) for mean in (0.5, 0.7))
    assert predictions(same, champion, 0.25, 0.01).outcome is Outcome.SUCCESS
    assert predictions(far, champion, 0.25, 0.01).outcome is Outcome.FAILURE
    assert "bins differ" in predictions(same, champion, 0.25, 0.01).sentence


def test_bins_that_say_too_little_decide_nothing() -> None:
    random = np.random.default_rng(5)
    champion = counted(random.normal(0.5, 0.1, 50_000), (0.5,))
    found = predictions(counted(random.normal(0.5, 0.1, 50_000), (0.45, 0.55)), champion, 0.1, 0.01)
    assert found.outcome is Outcome.INCONCLUSIVE


def test_live_predictions_are_held_against_the_profile() -> None:
    random = np.random.default_rng(6)
    edges = tuple(np.linspace(0, 1, 21))
    profile = counted(random.normal(0.5, 0.1, 7_000), edges)
    limits = Limits(error_rate=None, latency_ratio=None, profile_distance=0.2)
    for mean, outcome in ((0.5, Outcome.SUCCESS), (0.8, Outcome.FAILURE)):
        live = counted(random.normal(mean, 0.1, 2_000), edges)
        release = Traffic(requests=2_000, errors=0, latency=live, predictions=live)
        assert analyse(release, None, limits, 5, profile)[0].outcome is outcome
    assert analyse(release, None, limits, 5, None)[0].outcome is Outcome.INCONCLUSIVE


SPREAD = Histogram(edges=(0.25, 0.5, 0.75), counts=(100, 100, 100, 100))


@pytest.mark.parametrize(
    ("counts", "reference", "outcome"),
    [
        ((0, 300, 0, 0), SPREAD, Outcome.FAILURE),
        ((0, 2, 0, 0), SPREAD, Outcome.INCONCLUSIVE),
        ((0, 299, 1, 0), SPREAD, Outcome.SUCCESS),
        ((0, 0, 0, 0), SPREAD, Outcome.INCONCLUSIVE),
        ((0, 300, 0, 0), Histogram(edges=(0.25, 0.5, 0.75), counts=(0, 400, 0, 0)), Outcome.SUCCESS),
        ((0, 300, 0, 0), Histogram(edges=(0.1, 0.9), counts=(10, 380, 10)), Outcome.FAILURE),
    ],
    ids=["constant", "too few to say", "varies", "nothing", "clients ask one thing", "other bins"],
)
def test_one_answer_to_everything_is_no_success(
    counts: tuple[int, ...], reference: Histogram, outcome: Outcome
) -> None:
    found = constant(Histogram(edges=(0.25, 0.5, 0.75), counts=counts), reference, 0.01)
    assert found.outcome is outcome


def test_a_constant_release_is_seen_against_champion_or_profile_and_never_passes() -> None:
    limits = Limits(error_rate=None, latency_ratio=None)
    stuck = Histogram(edges=SPREAD.edges, counts=(0, 300, 0, 0))
    release = Traffic(requests=300, errors=0, latency=stuck, predictions=stuck)
    champion = Traffic(requests=400, errors=0, latency=stuck, predictions=SPREAD)
    assert analyse(release, champion, limits, 10)[0].outcome is Outcome.FAILURE
    assert analyse(release, None, limits, 10, SPREAD)[0].outcome is Outcome.FAILURE


def test_a_varied_release_is_called_constant_no_more_often_than_promised() -> None:
    random = np.random.default_rng(9)
    wrong = 0
    for _ in range(2_000):
        release = counted(random.choice([0.1, 0.9], size=6, p=[0.3, 0.7]), (0.5,))
        champion = counted(random.choice([0.1, 0.9], size=50, p=[0.3, 0.7]), (0.5,))
        wrong += constant(release, champion, 0.05).outcome is Outcome.FAILURE
    assert wrong <= 2_000 * 0.05
