"""Which way an answer must move: on the average of the hold-out, since trees may be uneven at single hours."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.directional


def at_degrees(rows, celsius):
    """The same hours at one temperature; the columns are shares of ranges in °C, see DATA.md."""
    shares = {"temperature": (celsius + 8) / 47, "feels_like": (celsius + 16) / 66}
    return {**rows, **{name: np.full_like(rows[name], share) for name, share in shares.items()}}


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
    most = 1.02 * clear + 1
    gained = wet > most
    tell(rows["instant"], gained, wet, [f"at most {value:.4g}, hardly more than when clear" for value in most])
    assert gained.mean() <= 0.05


def test_humidity_costs_rentals(rows, ask):
    humid = {**rows, "humidity": np.minimum(rows["humidity"] + 0.2, 1.0)}
    assert ask(humid).mean() < ask(rows).mean()


def test_warmth_brings_rentals(rows, ask):
    """From 2 °C to 8 °C, whatever the season of the hold-out was: on a hot day warmth brings nobody."""
    assert ask(at_degrees(rows, 8)).mean() > 1.05 * ask(at_degrees(rows, 2)).mean()
