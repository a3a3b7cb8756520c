"""Answers of two versions to the same requests: exact shares, honest bins, and bounds that hold."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.core.deployment.analysis import analyse
from tidegate.core.deployment.environment import Changed, Limits
from tidegate.core.deployment.measurement import Outcome
from tidegate.core.deployment.pairs import changed_share, mean_change
from tidegate.core.deployment.shares import exact
from tidegate.core.deployment.traffic import Histogram, Pairs, Traffic

EDGES = (0.0, 0.01, 0.1, 0.25, 0.5, 1.0)


def pairs(changes: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Pairs:
    sizes = np.abs(changes)
    places = np.searchsorted(EDGES, sizes, side="left")
    counted = Histogram(edges=EDGES, counts=tuple(np.bincount(places, minlength=len(EDGES) + 1).tolist()))
    return Pairs(relative=counted, absolute=counted, total=float(changes.sum()), squares=float((changes**2).sum()))


def test_a_tolerance_on_an_edge_counts_exactly() -> None:
    changes = np.array([0.0] * 90 + [0.1] * 5 + [0.2] * 5)
    found = changed_share(pairs(changes), Changed(beyond=0.1, at_most=0.2), 0.05)
    assert found.observed == pytest.approx(0.05)
    assert (found.low, found.high) == pytest.approx(exact(5, 100, 0.05))
    assert found.sentence.startswith("5 of 100 answers changed by more than 10.000%")


def test_a_tolerance_inside_a_bin_is_honest_about_that_bin() -> None:
    changes = np.array([0.0] * 80 + [0.2] * 15 + [0.4] * 5)
    found = changed_share(pairs(changes), Changed(beyond=0.2, at_most=0.1), 0.05)
    assert (found.low, found.high) == pytest.approx((exact(5, 100, 0.05)[0], exact(20, 100, 0.05)[1]))
    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.sentence.startswith("5 to 20 of 100 answers")


@pytest.mark.parametrize("beyond", [1.0, 5.0])
def test_a_tolerance_beyond_all_edges_has_nothing_surely_above_it(beyond: float) -> None:
    found = changed_share(pairs(np.array([0.3] * 50)), Changed(beyond=beyond, at_most=0.5), 0.05)
    assert found.low == 0.0


def test_absolute_tolerances_use_absolute_changes() -> None:
    relative, absolute = (pairs(np.array([value] * 200)) for value in (0.5, 0.001))
    both = Pairs(relative=relative.relative, absolute=absolute.absolute, total=0.0, squares=0.0)
    assert changed_share(both, Changed(beyond=0.1, at_most=0.1), 0.05).outcome is Outcome.FAILURE
    assert changed_share(both, Changed(beyond=0.1, at_most=0.1, relative=False), 0.05).outcome is Outcome.SUCCESS


@pytest.mark.parametrize("count", [20, 300, 3_000])
@pytest.mark.parametrize("spread", [0.02, 0.3])
def test_the_mean_change_is_covered_as_often_as_promised(count: int, spread: float) -> None:
    random = np.random.default_rng(count)
    covered = 0
    for _ in range(300):
        found = mean_change(pairs(np.clip(random.normal(0.05, spread, count), -1, 1)), 0.1, 0.05)
        covered += found.low <= 0.05 <= found.high
    assert covered >= 285


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_mean_change_is_found_in_both_directions(sign: int) -> None:
    random = np.random.default_rng(1)
    found = mean_change(pairs(sign * np.clip(random.normal(0.3, 0.05, 2_000), -1, 1)), 0.1, 0.01)
    assert found.outcome is Outcome.FAILURE
    assert mean_change(pairs(random.normal(0.0, 0.01, 2_000)), 0.1, 0.01).outcome is Outcome.SUCCESS


def test_a_shadow_that_answered_nothing_is_no_success() -> None:
    nothing = pairs(np.array([]))
    limits = Limits(error_rate=0.05, latency_ratio=None, changed=Changed(beyond=0.1, at_most=0.1), mean_change=0.1)
    release = Traffic(requests=0, errors=0, latency=nothing.relative, pairs=nothing)
    outcomes = [found.outcome for found in analyse(release, None, limits, looks=1)]
    assert outcomes == [Outcome.INCONCLUSIVE] * 3
    assert changed_share(None, Changed(beyond=0.1, at_most=0.1), 0.05).outcome is Outcome.INCONCLUSIVE


def test_counts_between_two_looks_are_a_difference() -> None:
    early, late = pairs(np.array([0.1] * 5)), pairs(np.array([0.1] * 5 + [-0.2] * 3))
    since = late.since(early)
    assert since.relative.total == 3
    assert (since.total, since.squares) == pytest.approx((-0.6, 0.12))
