"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.rounding import about, brief, counted, decimals_for, number, percent, signed


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (71.312, 1, "71.3"),
        (1234567.0, 0, "1,234,567"),
        (-0.021, 3, "−0.021"),
        (-0.0004, 3, "0.000"),
        (-0.0, 1, "0.0"),
        (0.0, 0, "0"),
        (1e308, 2, "1.000e+308"),
        (1e-320, 4, "1.000e−320"),
        (2.0**53 + 2, 0, "9.007e+15"),
        (99_999_999_999_999.0, 0, "99,999,999,999,999"),
        (None, 3, "–"),
        (math.nan, 3, "–"),
        (-math.inf, 3, "–"),
    ],
)
def test_number(value: float | None, decimals: int, text: str) -> None:
    assert number(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(1.44, 1, "+1.4"), (-1.44, 1, "−1.4"), (0.004, 2, "0.00"), (-0.004, 2, "0.00"), (0.0, 1, "0.0"), (None, 1, "–")],
)
def test_signed(value: float | None, decimals: int, text: str) -> None:
    assert signed(value, decimals) == text


@pytest.mark.parametrize(
    ("share", "decimals", "text"),
    [(0.021, 1, "2.1%"), (-0.5, 0, "−50%"), (0.0012, 2, "0.12%"), (None, 1, "–"), (math.inf, 1, "–")],
)
def test_percent(share: float | None, decimals: int, text: str) -> None:
    assert percent(share, decimals) == text


@pytest.mark.parametrize(
    ("values", "interval", "decimals"),
    [
        ([71.31, 69.92], (-2.12, -0.71), 2),
        ([71.31, 73.98], (1.41, 4.02), 1),
        ([0.8936, 0.8977], (0.0021, 0.0063), 4),
        ([120_000.0, 119_000.0], (-2_000.0, 10.0), 0),
        ([4.0, 129.0, 526.0], None, 0),
        ([0.05], None, 5),
        ([71.3127], None, 2),
        ([None, None], None, 0),
        ([], None, 0),
        ([0.912341, 0.912342], (-1.0, 1.0), 1),
        ([0.9123, 0.9124], (-0.01, 0.01), 4),
        ([1.0, 1.0], (0.0, 0.0), 0),
        ([1e-300, 2e-300], None, 12),
    ],
)
def test_decimals_follow_the_width_of_the_interval(
    values: list[float | None], interval: tuple[float, float] | None, decimals: int
) -> None:
    assert decimals_for(values, interval) == decimals


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(finite, finite, finite)
def test_number_never_raises_and_never_shows_a_negative_zero(value: float, low: float, high: float) -> None:
    decimals = decimals_for([value], tuple(sorted((low, high))))
    assert 0 <= decimals <= 12
    text = number(value, decimals)
    assert text
    assert "-" not in text
    assert not (text.startswith("−") and not any(digit in text for digit in "123456789"))


@given(st.floats(min_value=-1e9, max_value=1e9), st.integers(min_value=0, max_value=12))
def test_number_says_no_more_and_no_less_than_the_value(value: float, decimals: int) -> None:
    text = number(value, decimals).replace(",", "").replace("−", "-")
    assert abs(float(text) - value) <= 0.5 * 10.0**-decimals + abs(value) * 1e-3 * ("e" in text) + 1e-6


@pytest.mark.parametrize(
    ("values", "decimals"),
    [
        ([3.1, 0.7], 1),
        ([0.021, 0.010], 3),
        ([120.0, 0.7], 1),
        ([1234.0], 0),
        ([60.04, 60.0], 2),
        ([0.0, None, math.nan], 0),
        ([1e-20], 12),
    ],
)
def test_a_sentence_has_few_digits_and_tells_values_apart(values: list[float | None], decimals: int) -> None:
    assert brief(values) == decimals


@pytest.mark.parametrize(
    ("count", "text"), [(7, "7"), (99, "99"), (101, "110"), (8_951, "9,000"), (123_456, "130,000")]
)
def test_a_count_is_said_in_two_digits_and_never_too_small(count: int, text: str) -> None:
    assert about(count) == text


def test_a_count_agrees_with_its_noun() -> None:
    assert [counted(number, "row") for number in (0, 1, 2, 9000)] == ["0 rows", "1 row", "2 rows", "9,000 rows"]
