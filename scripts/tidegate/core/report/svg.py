"""Axes of the page's charts: where a value stands, and at which round numbers a line helps the eye."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tidegate.core.rounding import number

_STEPS = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high` on positions from `start` to `end`, in whatever unit positions are."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """The position of a value; what lies beyond an end is at it."""
        if self.high <= self.low:
            return (self.start + self.end) / 2
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def holds(self, value: float) -> bool:
        """Whether a value has its own place."""
        return self.low <= value <= self.high

    def ticks(self, about: int) -> list[float]:
        """Around so many round numbers within."""
        step = _step((self.high - self.low) / max(about, 1))
        if not step or not math.isfinite(step):
            return []
        first = math.ceil(self.low / step - 1e-9)
        return [count * step for count in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _step(least: float) -> float:
    """The smallest round number that is not below `least`."""
    if least <= 0 or not math.isfinite(least):
        return 0.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * step for step in _STEPS if power * step >= least * (1 - 1e-9))


def tick_text(value: float, step: float) -> str:
    """A tick's number in as many decimals as its step has."""
    return number(value, min(max(math.ceil(-math.log10(step) - 1e-9), 0), 12))
