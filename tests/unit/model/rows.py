"""Small made-up tables with the columns of the example's data."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

SEASONS = ("winter", "spring", "summer", "fall")
WEATHER = ("clear", "mist", "light_precipitation", "heavy_precipitation")


def hours(count: int, start: str = "2011-01-01", seed: int = 0) -> pa.Table:
    """`count` consecutive hours of plausible noise, every word of every category among a few dozen rows."""
    draw = np.random.default_rng(seed)
    casual, registered = draw.integers(0, 50, count), draw.integers(0, 300, count)
    return pa.table(
        {
            "instant": np.arange(1, count + 1),
            "timestamp": np.datetime64(start, "us") + np.arange(count) * np.timedelta64(1, "h"),
            "season": draw.choice(SEASONS, count),
            "holiday": draw.random(count) < 0.03,
            "workingday": draw.random(count) < 0.7,
            "weather": draw.choice(WEATHER, count),
            "temperature": draw.random(count),
            "feels_like": draw.random(count),
            "humidity": draw.random(count),
            "windspeed": draw.random(count),
            "casual": casual,
            "registered": registered,
            "rentals": casual + registered,
        }
    )
