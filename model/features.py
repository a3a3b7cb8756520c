"""What the model may look at: one table of features, used by training and written into the model file.

Every feature says which request column it comes from and how. The same description is executed with NumPy here and
translated to ONNX in export_onnx.py, so the served model derives its features exactly as the trained one did.
`casual` and `registered` are parts of the target: they are in no description, so no parameter can select them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

TARGET = "rentals"
HOUR = 3_600_000_000  # microseconds, the unit of the timestamp column
DAY = 24 * HOUR
MONDAY = -3 * DAY  # 1969-12-29; zero is a Thursday
OPENING = 14_975 * DAY  # 2011-01-01, the first day of the data


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Whole units since `start`, `(timestamp - start) // unit % turn`; without a turn the count goes on for ever.

    For times from `start` on: before it, ONNX rounds towards zero and NumPy down.
    """

    unit: int
    start: int = 0
    turn: int | None = None


@dataclass(frozen=True, kw_only=True)
class Category:
    """The place of a word in an ordered list, as trees split on order."""

    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Flag:
    """False is 0, true is 1."""


@dataclass(frozen=True, kw_only=True)
class Number:
    """The value as it is."""


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One model input: the request column and what is done to it."""

    column: str
    how: Clock | Category | Flag | Number


FEATURES: Mapping[str, Feature] = {
    "hour": Feature(column="timestamp", how=Clock(unit=HOUR, turn=24)),
    "weekday": Feature(column="timestamp", how=Clock(unit=DAY, start=MONDAY, turn=7)),
    "quarter": Feature(column="timestamp", how=Clock(unit=91 * DAY, start=OPENING)),
    "season": Feature(column="season", how=Category(words=("winter", "spring", "summer", "fall"))),
    "holiday": Feature(column="holiday", how=Flag()),
    "workingday": Feature(column="workingday", how=Flag()),
    "weather": Feature(
        column="weather", how=Category(words=("clear", "mist", "light_precipitation", "heavy_precipitation"))
    ),
    "temperature": Feature(column="temperature", how=Number()),
    "feels_like": Feature(column="feels_like", how=Number()),
    "humidity": Feature(column="humidity", how=Number()),
    "windspeed": Feature(column="windspeed", how=Number()),
}


def columns(names: Sequence[str]) -> list[str]:
    """The request columns that these features need, each once, in order of first use."""
    return list(dict.fromkeys(FEATURES[name].column for name in names))


def matrix(table: pa.Table, names: Sequence[str]) -> NDArray[np.float32]:
    """Rows × features. float32 because scikit-learn's trees split on float32: nothing is rounded out of sight.

    Raises ValueError when a word is not in a category's list.
    """
    return np.column_stack([values(table, FEATURES[name]) for name in names])


def values(table: pa.Table, feature: Feature) -> NDArray[np.float32]:
    """One feature for every row."""
    column = table[feature.column]
    match feature.how:
        case Clock() as clock:
            units = (column.cast(pa.int64()).to_numpy() - clock.start) // clock.unit
            return np.asarray(units if clock.turn is None else units % clock.turn, dtype=np.float32)
        case Category(words=words):
            codes = {word: code for code, word in enumerate(words)}
            unknown = set(column.unique().to_pylist()) - codes.keys()
            if unknown:
                raise ValueError(f"{feature.column}: unknown {sorted(map(str, unknown))}; known are {list(words)}")
            return np.array([codes[word] for word in column.to_pylist()], dtype=np.float32)
        case Flag() | Number():
            return np.asarray(column.to_numpy(), dtype=np.float32)
