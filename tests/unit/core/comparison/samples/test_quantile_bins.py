"""Numbers as slices: where they are cut, what the slices are called, and that a name says truly what is inside."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.comparison.samples.quantile_bins import binned
from tidegate.core.comparison.samples.sample import Coded

NAN, INF = float("nan"), float("inf")


def counts(column: Coded) -> dict[str, int]:
    return {label: int(np.count_nonzero(column.codes == code)) for code, label in enumerate(column.labels)}


@pytest.mark.parametrize(
    ("values", "bins", "expected"),
    [
        (np.linspace(0.02, 0.98, 97), 3, {"up to 0.33": 32, "0.33 to 0.7": 36, "above 0.7": 29}),
        (np.linspace(0.02, 0.98, 97), 4, {"up to 0.25": 24, "0.25 to 0.5": 25, "0.5 to 0.74": 24, "above 0.74": 24}),
        (np.arange(1, 13), 4, {"up to 3": 3, "4 to 6": 3, "7 to 9": 3, "10 or more": 3}),
        (np.repeat([0, 1, 2, 3], [60, 20, 15, 5]), 4, {"0": 60, "1": 20, "2 or more": 20}),
        (np.repeat([2011, 2012], 50), 2, {"2011": 50, "2012": 50}),
        (np.full(50, 7.5), 4, {"7.5": 50}),
        (np.arange(5.0), 20, {"0": 1, "1": 1, "2": 1, "3": 1, "4": 1}),
        (np.r_[np.arange(100), [NAN] * 9], 2, {"up to 50": 51, "51 or more": 49, "": 9}),
        (np.full(12, NAN), 4, {"": 12}),
        (np.r_[[-INF] * 10, np.arange(80), [INF] * 10], 2, {"up to 40": 51, "above 40": 49}),
        (np.arange(1_000_000, 3_000_000, 10_000), 2, {"up to 2000000": 101, "2000001 or more": 99}),
        (-np.arange(1.0, 101.0) / 8, 2, {"up to -6": 53, "above -6": 47}),
    ],
    ids=["cut in three", "cut in four", "whole numbers", "ties", "years", "one value", "few values", "missing",
         "all missing", "infinite", "large", "negative"],
)  # fmt: skip
def test_slices_of_numbers(values: np.ndarray, bins: int, expected: dict[str, int]) -> None:
    found = counts(binned(values.astype(np.float64), bins))
    assert found == expected
    assert list(found) == list(expected), "in the order of numbers"


FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)
COLUMNS = st.lists(st.one_of(FINITE, st.integers(-5, 5).map(float), st.just(NAN)), min_size=1, max_size=80)


def inside(label: str, value: float) -> bool:
    """Whether a number is in the range that a name states; whole numbers' ranges hold both ends."""
    number = r"(-?[0-9.]+(?:e[-+]?[0-9]+)?)"
    if found := re.fullmatch(f"up to {number}", label):
        return value <= float(found[1])
    if found := re.fullmatch(f"above {number}", label):
        return value > float(found[1])
    if found := re.fullmatch(f"{number} or more", label):
        return value >= float(found[1])
    if found := re.fullmatch(f"{number} to {number}", label):
        return float(found[1]) <= value <= float(found[2])
    return value == float(label)


@given(COLUMNS, st.integers(2, 20))
def test_every_row_is_in_the_slice_whose_name_holds_it(values: list[float], bins: int) -> None:
    column = np.array(values)
    found = binned(column, bins)
    assert len(set(found.labels)) == len(found.labels) <= bins + 1
    for value, code in zip(column, found.codes, strict=True):
        label = found.labels[code]
        assert (label == "") == bool(np.isnan(value))
        assert label == "" or inside(label, float(value)), (label, value)


@given(COLUMNS, st.integers(2, 20), st.randoms(use_true_random=False))
def test_cuts_depend_on_no_order_and_tear_no_equal_numbers_apart(values: list[float], bins: int, order: object) -> None:
    column = np.array(values)
    places = list(range(len(column)))
    order.shuffle(places)  # type: ignore[attr-defined]
    found, shuffled = binned(column, bins), binned(column[places], bins)
    assert found.labels == shuffled.labels
    assert np.array_equal(found.codes[places], shuffled.codes)
    ordered = found.codes[np.argsort(column, kind="stable")]
    assert np.all(np.diff(ordered) >= 0), "slices are in the order of numbers, what is missing last"


@given(st.integers(0, 2**32 - 1), st.integers(2, 20))
def test_slices_of_different_numbers_are_about_equally_large(seed: int, bins: int) -> None:
    random = np.random.default_rng(seed)
    found = counts(binned(random.lognormal(0, 1, 2_000), bins))
    assert len(found) == bins
    assert max(abs(size - 2_000 / bins) for size in found.values()) <= 0.2 * 2_000 / bins + 1
