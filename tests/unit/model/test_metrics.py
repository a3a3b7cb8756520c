"""The numbers that a reader sees are the textbook's, and undefined ones are an error instead of a NaN."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as textbook

import metrics

COUNTS = st.lists(st.tuples(st.integers(0, 1000), st.floats(0, 2000)), min_size=2, max_size=50)


@given(COUNTS)
def test_agree_with_scikit_learn(pairs: list[tuple[int, float]]) -> None:
    truth, predicted = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    if np.ptp(truth) == 0:
        return
    measured = metrics.measure(truth, predicted)
    assert measured["rmse"] == pytest.approx(textbook.root_mean_squared_error(truth, predicted))
    assert measured["mae"] == pytest.approx(textbook.mean_absolute_error(truth, predicted))
    assert measured["r2"] == pytest.approx(textbook.r2_score(truth, predicted), rel=1e-9, abs=1e-9)
    assert measured["rows"] == len(pairs)


def test_by_hand_with_an_hour_without_rentals() -> None:
    measured = metrics.measure(np.array([0.0, 10.0]), np.array([4.0, 7.0]))
    assert measured == {"rmse": math.sqrt(12.5), "mae": 3.5, "r2": 0.5, "wape": 0.7, "bias": 0.5, "rows": 2}
    assert json.loads(json.dumps(measured, allow_nan=False)) == measured


@given(COUNTS, st.randoms())
def test_order_of_rows_changes_no_digit(pairs: list[tuple[int, float]], draw: object) -> None:
    shuffled = pairs.copy()
    draw.shuffle(shuffled)  # type: ignore[attr-defined]
    one, two = (np.array(rows, dtype=float).T for rows in (pairs, shuffled))
    if np.ptp(one[0]) == 0:
        return
    assert metrics.measure(*one) == metrics.measure(*two)


@pytest.mark.parametrize(
    ("truth", "predicted"),
    [
        ([], []),
        ([1.0, 2.0], [1.0]),
        ([3.0, 3.0], [1.0, 2.0]),
        ([0.0, 0.0], [1.0, 2.0]),
        ([1.0, 2.0], [1.0, math.nan]),
        ([1.0, 2.0], [1.0, math.inf]),
    ],
    ids=["no rows", "lengths", "constant truth", "no rentals", "nan", "infinity"],
)
def test_undefined_is_an_error(truth: list[float], predicted: list[float]) -> None:
    with pytest.raises(ValueError, match=r"cannot be compared|need a truth"):
        metrics.measure(np.array(truth), np.array(predicted))
