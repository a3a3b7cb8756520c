"""Distances between distributions, against SciPy and against what a distance has to be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp

from tidegate.core.data.distributions import Column, distance, jensen_shannon, kolmogorov_smirnov, numbers, summary

values = st.lists(st.floats(-1e6, 1e6).map(lambda number: round(number, 1)), min_size=1, max_size=60).map(np.array)
counts = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 10_000), min_size=1)


@given(values, values)
def test_kolmogorov_smirnov_is_scipy_s(one: NDArray[np.float64], other: NDArray[np.float64]) -> None:
    with np.errstate(divide="ignore"):  # in its p-value for one row, which nobody asked for
        expected = ks_2samp(one, other, method="asymp").statistic
    assert kolmogorov_smirnov(one, other) == pytest.approx(expected, abs=1e-12)


@given(counts, counts)
def test_jensen_shannon_is_scipy_s(one: dict[str, int], other: dict[str, int]) -> None:
    names = sorted(set(one) | set(other))
    p, q = ([side.get(name, 0) for name in names] for side in (one, other))
    with np.errstate(invalid="ignore"):  # SciPy's rounding can make it the root of a tiny negative number
        expected = np.nan_to_num(jensenshannon(p, q, base=2))
    assert jensen_shannon(one, other) == pytest.approx(expected, abs=1e-7)


@given(values, values, values)
def test_both_are_distances_from_zero_to_one(
    one: NDArray[np.float64], other: NDArray[np.float64], third: NDArray[np.float64]
) -> None:
    assert kolmogorov_smirnov(one, one) == 0
    assert 0 <= kolmogorov_smirnov(one, other) == kolmogorov_smirnov(other, one) <= 1
    assert kolmogorov_smirnov(one, third) <= kolmogorov_smirnov(one, other) + kolmogorov_smirnov(other, third) + 1e-12


@given(counts, counts, counts)
def test_jensen_shannon_is_a_metric(one: dict[str, int], other: dict[str, int], third: dict[str, int]) -> None:
    assert jensen_shannon(one, one) == 0
    assert 0 <= jensen_shannon(one, other) <= 1
    assert jensen_shannon(one, other) == pytest.approx(jensen_shannon(other, one), abs=1e-12)
    assert jensen_shannon(one, third) <= jensen_shannon(one, other) + jensen_shannon(other, third) + 1e-7


def test_what_has_nothing_in_common_is_one_apart() -> None:
    assert kolmogorov_smirnov(np.array([1.0, 2.0]), np.array([5.0])) == 1
    assert jensen_shannon({"a": 3}, {"b": 9}) == 1


def test_how_many_rows_there_are_does_not_move_a_category() -> None:
    assert jensen_shannon({"a": 1, "b": 3}, {"a": 100, "b": 300}) == 0


def numeric(*parts: float, missing: int = 0) -> Column:
    return Column(kind="numeric", rows=len(parts) + missing, missing=missing, values=np.array(parts))


def category(**parts: int) -> Column:
    return Column(kind="category", rows=sum(parts.values()), missing=0, counts=parts)


@pytest.mark.parametrize(
    ("one", "other"),
    [(numeric(1), category(a=1)), (numeric(missing=3), numeric(1)), (numeric(1), numeric(missing=2))],
    ids=["kinds-differ", "nothing-before", "nothing-after"],
)
def test_what_cannot_be_compared_has_no_distance(one: Column, other: Column) -> None:
    assert distance(one, other) is None


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (category(clear=66, mist=26, rain=8), "clear 66%, mist 26%, rain 8%"),
        (category(a=5, b=4, c=3, d=2, e=1), "a 33%, b 27%, c 20%, d 13% and 1 more"),
        (numeric(*range(11)), "median 5, 80% from 1 to 9"),
        (
            Column(kind="time", rows=2, missing=0, values=np.array([1293840000.0, 1325372400.0])),
            "2011-01-01 00:00 to 2011-12-31 23:00",
        ),
        (
            Column(kind="time", rows=1, missing=0, values=np.array([253402300800.0])),
            "10000-01-01 00:00 to 10000-01-01 00:00",
        ),
    ],
    ids=["categories", "many-categories", "numbers", "times", "times-beyond-the-calendar"],
)
def test_a_side_in_a_few_words(column: Column, words: str) -> None:
    assert summary(column) == words


def test_the_label_in_six_numbers() -> None:
    found = numbers(np.arange(101.0))
    assert found == {"rows": 101, "mean": 50, "std": pytest.approx(29.3001706), "p05": 5, "p50": 50, "p95": 95}


def test_one_row_has_no_spread() -> None:
    assert numbers(np.array([4.0]))["std"] == 0
