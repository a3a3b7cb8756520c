"""The threshold keeps its promise of rare false alarms, and the test is Page and Hinkley's, as River's is."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from river import drift

from tidegate.core.drift.sequential import ALLOWANCE, MEAN, STEPS_AT_LEAST, PageHinkley, calibrated, surprise


def until_false_alarm(test: PageHinkley, seed: int, most: int) -> int:
    """Steps without any change until the test alarms."""
    generator = np.random.default_rng(seed)
    score = 0.0
    for step, p in enumerate(generator.uniform(size=most), 1):
        score = test.after(score, surprise(float(p)))
        if test.fires(score):
            return step
    return most


@pytest.mark.parametrize("steps", [50, 400])
def test_false_alarms_are_no_more_frequent_than_asked(steps: int) -> None:
    """The mean of 300 waiting times, which are nearly exponential: its standard error is about 6 %."""
    test = calibrated(steps)
    free = PageHinkley(threshold=test.threshold)  # without the cap, for which the formula is
    waits = [until_false_alarm(free, seed, 100 * steps) for seed in range(300)]
    assert np.mean(waits) > steps
    capped = [until_false_alarm(test, seed, 10 * steps) for seed in range(50)]
    assert np.mean(capped) > np.mean(np.minimum(waits[:50], 10 * steps))


def test_theta_solves_its_equation() -> None:
    for allowance in (0.25, 1.0, 3.0):
        test = calibrated(math.e, allowance)
        theta = 1 / test.threshold
        assert -math.log1p(-theta) == pytest.approx(theta * (1 + allowance))


def test_rarer_alarms_and_smaller_allowances_need_more() -> None:
    thresholds = [calibrated(steps).threshold for steps in (10, 100, 1_000)]
    assert thresholds == sorted(thresholds)
    assert calibrated(100, 0.5).threshold > calibrated(100, 1.0).threshold


def test_no_single_step_alarms_and_three_do() -> None:
    test, score = calibrated(1_000), 0.0
    for step in range(1, STEPS_AT_LEAST + 1):
        score = test.after(score, surprise(0.0))
        assert test.fires(score) is (step == STEPS_AT_LEAST)


def test_it_comes_down_again_when_the_change_is_over() -> None:
    test = calibrated(1_000)
    score, steps = test.after(test.threshold, surprise(0.0)), 0
    while score > 0:
        score, steps = test.after(score, MEAN), steps + 1
    assert steps == math.ceil(test.threshold / ALLOWANCE)


@pytest.mark.parametrize("seed", range(20))
def test_it_is_river_s_test_but_for_the_mean_that_river_has_to_learn(seed: int) -> None:
    """Fed with the mean that River has learnt by then, it alarms at the very same value."""
    generator = random.Random(seed)
    values = [generator.gauss(0, 1) + (1.5 if place > 150 else 0.0) for place in range(300)]
    theirs = drift.PageHinkley(min_instances=1, delta=0.2, threshold=12.0, alpha=1.0, mode="up")
    mine, score, total = PageHinkley(threshold=12.0, allowance=0.2), 0.0, 0.0
    for place, value in enumerate(values, 1):
        theirs.update(value)
        total += value
        score = mine.after(score, value, total / place)
        assert theirs.drift_detected is mine.fires(score)
        if theirs.drift_detected:
            return
    raise AssertionError("no alarm")


def test_a_stream_that_was_moved_from_its_first_row_on_is_seen_here_and_not_by_a_learnt_mean() -> None:
    generator = np.random.default_rng(0)
    moved = generator.normal(4.0, 0.3, 500).tolist()
    mine, score = calibrated(1_000), 0.0
    river = drift.PageHinkley(delta=mine.allowance, threshold=mine.threshold)
    found = []
    for value in moved:
        river.update(value)
        score = mine.after(score, value)
        found.append((river.drift_detected, mine.fires(score)))
    assert any(ours for _, ours in found[:20])
    assert not any(theirs for theirs, _ in found)
