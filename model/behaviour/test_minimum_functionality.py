"""What any model of these rentals has to get right, however simple it is: the shape of a day, and when to be silent."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.minimum_functionality
HOUR, DAY = 3_600_000_000, 86_400_000_000
RUSH = (7, 8, 9, 16, 17, 18, 19)
NIGHT = (2, 3, 4)


def whole_days(rows, working):
    """Places of the 24 hours of every day that is whole, working days or the others."""
    day = rows["timestamp"] // DAY
    chosen = (np.flatnonzero(day == one) for one in np.unique(day[rows["workingday"] == working]))
    return [places for places in chosen if len(places) == 24]


def hours(rows, places):
    return rows["timestamp"][places] // HOUR % 24


def test_working_days_peak_when_people_go_to_work_or_home(rows, ask, tell):
    answers, days = ask(rows), whole_days(rows, working=True)
    peaks = np.array([places[answers[places].argmax()] for places in days])
    bad = ~np.isin(hours(rows, peaks), RUSH)
    tell(rows["instant"][peaks], bad, answers[peaks], ["the day's peak within the rush hours"] * len(peaks))
    assert len(days) >= 30
    assert not bad.any()


def test_days_off_peak_by_daylight(rows, ask, tell):
    answers, days = ask(rows), whole_days(rows, working=False)
    peaks = np.array([places[answers[places].argmax()] for places in days])
    bad = ~np.isin(hours(rows, peaks), range(10, 19))
    tell(rows["instant"][peaks], bad, answers[peaks], ["the day's peak from 10 to 18 o'clock"] * len(peaks))
    assert len(days) >= 15
    assert not bad.any()


def test_nights_are_quiet(rows, ask, tell):
    """From two to five o'clock at most a third of what the day has in the mean.

    One day in twenty may differ: on 22 April 2012 it rained from the morning on, and the nights before were dry.
    """
    answers = ask(rows)
    days = [*whole_days(rows, working=True), *whole_days(rows, working=False)]
    night = np.array([answers[places][np.isin(hours(rows, places), NIGHT)].mean() for places in days])
    most = np.array([answers[places].mean() / 3 for places in days])
    tell(
        np.array([rows["instant"][places[0]] for places in days]),
        night > most,
        night,
        [f"at most {one:.4g}" for one in most],
    )
    assert (night > most).mean() <= 0.05


def test_rentals_are_counts_that_the_city_can_have(rows, ask, tell):
    """The busiest hour of both years had 977."""
    answers = ask(rows)
    bad = ~((answers >= 0) & (answers <= 1_500))
    tell(rows["instant"], bad, answers, ["from 0 to 1,500"] * len(bad))
    assert not bad.any()


def test_a_missing_measurement_is_refused_and_not_guessed(rows, ask, reads):
    """Of those that the model looks at: which these are is a parameter of its training."""
    for column in reads & {"temperature", "feels_like", "humidity", "windspeed"}:
        assert np.isnan(ask({**rows, column: np.full_like(rows[column], np.nan)})).all(), column


def test_a_weather_that_nobody_knows_is_refused(rows, ask, reads):
    answers = ask({**rows, "weather": np.full_like(rows["weather"], "hail")})
    assert np.isnan(answers).all() == ("weather" in reads)
