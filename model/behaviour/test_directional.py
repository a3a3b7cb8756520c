"""Which way an answer must move: on the average of the hold-out, since trees may be uneven at single hours."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.directional
SIX_DEGREES = {"temperature": 6 / 47, "feels_like": 6 / 66}  # the columns are shares of ranges in °C, see DATA.md


def with_weather(rows, word):
    return {**rows, "weather": np.full_like(rows["weather"], word)}


@pytest.mark.parametrize("worse", ["light_precipitation", "heavy_precipitation"])
def test_precipitation_costs_a_tenth_of_the_rentals_or_more(rows, ask, worse):
    clear, wet = ask(with_weather(rows, "clear")).mean(), ask(with_weather(rows, worse)).mean()
    assert wet <= 0.9 * clear


def test_mist_brings_no_rentals(rows, ask):
    assert ask(with_weather(rows, "mist")).mean() <= ask(with_weather(rows, "clear")).mean()


def test_hardly_any_hour_gains_by_precipitation(rows, ask, tell):
    """One hour in twenty may; a model that learnt the opposite somewhere gains at whole parts of the day."""
    clear, wet = ask(with_weather(rows, "clear")), ask(with_weather(rows, "light_precipitation"))
    gained = wet > clear + 1
    tell(rows["instant"], gained, wet, [f"at most {value:.4g}, as when clear" for value in clear])
    assert gained.mean() <= 0.05


def test_humidity_costs_rentals(rows, ask):
    humid = {**rows, "humidity": np.minimum(rows["humidity"] + 0.2, 1.0)}
    assert ask(humid).mean() < ask(rows).mean()


def test_warmth_brings_rentals(rows, ask):
    """November and December: no day is too hot."""
    warmer = {**rows, **{name: rows[name] + more for name, more in SIX_DEGREES.items()}}
    assert ask(warmer).mean() > 1.05 * ask(rows).mean()
