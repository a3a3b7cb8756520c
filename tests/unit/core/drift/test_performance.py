"""Worse than at release means: certainly, given how well both were measured."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest

from fixtures import drift
from tidegate.core.drift.finding import Found
from tidegate.core.drift.performance import Measured, Performance, compare

HIGHER = Performance(
    metric="auc",
    better="higher",
    released=Measured(value=0.9, low=0.88, high=0.92, rows=900, clusters=900),
    live=Measured(value=0.8, low=0.77, high=0.83, rows=500, clusters=500),
)


@pytest.mark.parametrize(
    ("performance", "found"),
    [
        (drift.rmse(50, 60), Found.DRIFTED),
        (drift.rmse(50, 52.8), Found.CALM),  # √(2² + 2²) = 2.83
        (drift.rmse(50, 52.9), Found.DRIFTED),
        (drift.rmse(50, 40), Found.CALM),
        (HIGHER, Found.DRIFTED),
        (replace(HIGHER, live=HIGHER.released), Found.CALM),
        (replace(HIGHER, better="lower"), Found.CALM),
        (replace(HIGHER, live=None), Found.UNKNOWN),
        (replace(HIGHER, released=None), Found.UNKNOWN),
        (replace(HIGHER, live=replace(HIGHER.live, clusters=2)), Found.UNKNOWN),  # type: ignore[type-var]
        (replace(HIGHER, live=replace(HIGHER.live, low=-inf)), Found.UNKNOWN),  # type: ignore[type-var]
        (replace(HIGHER, live=replace(HIGHER.live, value=nan)), Found.UNKNOWN),  # type: ignore[type-var]
    ],
)
def test_one_metric(performance: Performance, found: Found) -> None:
    assert compare(performance).found is found
    assert f'"{performance.metric}"' in compare(performance).sentence


def test_the_slice_is_named() -> None:
    assert '"season=winter"' in compare(replace(HIGHER, slice="season=winter")).sentence


def test_equal_models_are_called_worse_as_seldom_as_the_intervals_miss() -> None:
    """Two means of the same normal distribution with their 98 % intervals: one-sided 1 %."""
    random, trials, wrong = np.random.default_rng(4), 4_000, 0
    for _ in range(trials):
        then, now = (_mean(random.normal(size=number)) for number in (400, 150))
        wrong += compare(Performance(metric="m", better="lower", released=then, live=now)).found is Found.DRIFTED
    assert abs(wrong / trials - 0.01) <= 0.005


def _mean(values: np.ndarray) -> Measured:
    half = 2.326 * values.std(ddof=1) / len(values) ** 0.5
    mean = float(values.mean())
    return Measured(value=mean, low=mean - half, high=mean + half, rows=len(values), clusters=len(values))
