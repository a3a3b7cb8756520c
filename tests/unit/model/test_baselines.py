"""The yardsticks are computed as they are described."""

from __future__ import annotations

import numpy as np

from baselines import seasonal_naive
from evaluate import hour_bands


def test_seasonal_naive_is_the_count_of_one_week_before() -> None:
    time = np.datetime64("2011-01-01", "us") + np.arange(24 * 21) * np.timedelta64(1, "h")
    truth = np.arange(24 * 21, dtype=float)
    answer = seasonal_naive(time, truth)
    assert np.isnan(answer[: 24 * 7]).all()
    assert np.array_equal(answer[24 * 7 :], truth[: -24 * 7])


def test_seasonal_naive_goes_further_back_where_the_hour_is_absent() -> None:
    time = np.array(["2011-01-01T05", "2011-01-15T05", "2011-01-22T05"], dtype="datetime64[us]")
    answer = seasonal_naive(time, np.array([1.0, 2.0, 3.0]))
    assert answer[1:].tolist() == [1.0, 2.0]
    assert np.isnan(answer[0])


def test_hour_bands_cover_the_day() -> None:
    day = np.datetime64("2011-01-01", "us") + np.arange(24) * np.timedelta64(1, "h")
    bands = hour_bands(day).tolist()
    assert [bands.count(band) for band in ("night", "morning rush", "midday", "evening rush", "evening")] == [
        6,
        4,
        6,
        4,
        4,
    ]
    assert bands[0] == bands[5] == "night"
    assert bands[6] == bands[9] == "morning rush"
    assert bands[19] == "evening rush"
    assert bands[23] == "evening"
