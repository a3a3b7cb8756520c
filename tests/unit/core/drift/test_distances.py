"""Distances agree with scipy, and the binned one knows how far off it can be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance

from fixtures import drift
from tidegate.core.drift import distances

COUNTS = st.lists(st.integers(0, 50), min_size=2, max_size=12).filter(sum)
TWO = COUNTS.flatmap(
    lambda one: st.tuples(st.just(one), st.lists(st.integers(0, 50), min_size=len(one), max_size=len(one)).filter(sum))
)


@given(TWO)
def test_jensen_shannon_is_scipys_and_a_distance(two: tuple[list[int], list[int]]) -> None:
    p, q = map(distances.shares, two)
    ours = float(distances.jensen_shannon(p, q))
    assert ours == pytest.approx(jensenshannon(p, q, base=2), abs=1e-7)
    assert ours == pytest.approx(float(distances.jensen_shannon(q, p)), abs=1e-12)
    assert 0 <= ours <= 1


@given(TWO)
def test_pearson_is_scipys(two: tuple[list[int], list[int]]) -> None:
    table = np.array(two)[:, np.sum(two, axis=0) > 0]
    expected = chi2_contingency(table, correction=False).statistic
    assert distances.pearson(*two) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.05, 0.3, 1.0, 4.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_exact_kolmogorov_smirnov_distance_lies_within_the_bounds(seed: int, shift: float) -> None:
    random = np.random.default_rng(seed)
    one, other = random.normal(size=3_000), random.normal(shift, 1.2, size=2_000)
    borders = drift.edges(one)
    p, q = (distances.shares(drift.numbers(values, borders).counts) for values in (one, other))
    least, most = distances.kolmogorov_smirnov(p, q)
    assert least <= ks_2samp(one, other).statistic + 1e-12 <= most + 2e-12


@pytest.mark.parametrize("shift", [0.0, 0.2, 1.0])
def test_wasserstein_over_fine_bins_is_near_scipys(shift: float) -> None:
    random = np.random.default_rng(1)
    one, other = random.normal(size=4_000), random.normal(shift, 1.5, size=4_000)
    knots = np.linspace(-8, 8, 321)
    p, q = (distances.shares(np.histogram(values, knots)[0]) for values in (one, other))
    found = distances.wasserstein(p, q, knots[1:-1], one.mean() - other.mean())
    assert found == pytest.approx(wasserstein_distance(one, other), abs=0.01)


@pytest.mark.parametrize("shift", [-3.0, 0.1, 0.5, 4.0])
def test_wasserstein_of_a_shift_is_about_the_shift_though_bins_are_wide(shift: float) -> None:
    values = np.random.default_rng(1).gamma(2, 3, 4_000)
    borders = drift.edges(values)
    p, q = (distances.shares(drift.numbers(side, borders).counts) for side in (values, values + shift))
    assert distances.wasserstein(p, q, np.array(borders), shift) == pytest.approx(abs(shift), abs=0.05)


def test_the_population_stability_index_of_a_known_table() -> None:
    p, q = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    by_hand = 0.25 * np.log(2) + -0.25 * np.log(0.5 / 0.75)
    assert distances.population_stability(p, q) == pytest.approx(by_hand)


def test_an_empty_cell_does_not_make_the_index_infinite() -> None:
    assert np.isfinite(distances.population_stability(np.array([1.0, 0.0]), np.array([0.5, 0.5])))


def test_no_rows_have_no_shares() -> None:
    with pytest.raises(ZeroDivisionError):
        distances.shares([0, 0])
