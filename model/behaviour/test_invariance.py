"""What must not change an answer: the name of an hour, the minute in it, and the company it is asked in."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.invariance
HOUR = 3_600_000_000
SAME = 1e-9  # rentals; what the order of a sum may move


def unchanged(rows, usual, other, tell):
    """Every row's answer is the usual one."""
    bad = ~(np.abs(other - usual) <= SAME)
    tell(rows["instant"], bad, other, [f"{value:.4g}, as usual" for value in usual])
    assert not bad.any(), f"{bad.sum()} of {len(bad)} answers changed, by up to {np.abs(other - usual).max():.3g}"


def test_the_instant_of_an_hour_is_only_its_name(rows, ask, tell):
    renamed = {**rows, "instant": rows["instant"][::-1] + 1_000_000}
    unchanged(rows, ask(rows), ask(renamed), tell)


@pytest.mark.parametrize("minute", [1, 30, 59])
def test_the_minute_within_an_hour_does_not_count(rows, ask, tell, minute):
    later = {**rows, "timestamp": rows["timestamp"] // HOUR * HOUR + minute * HOUR // 60}
    unchanged(rows, ask(rows), ask(later), tell)


def test_the_order_of_the_rows_does_not_count(rows, ask, tell):
    turned = {name: column[::-1] for name, column in rows.items()}
    unchanged(rows, ask(rows), ask(turned)[::-1], tell)


def test_an_hour_asked_alone_gets_the_same_answer(rows, ask, tell):
    hours = range(len(rows["instant"]))
    alone = [ask({name: column[hour : hour + 1] for name, column in rows.items()})[0] for hour in hours]
    unchanged(rows, ask(rows), np.array(alone), tell)


def test_what_the_truth_was_does_not_count(rows, ask, tell):
    unchanged(rows, ask(rows), ask({**rows, "rentals": np.zeros_like(rows["rentals"])}), tell)
