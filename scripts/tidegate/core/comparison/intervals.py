"""From draws to an interval, and from an interval to what it could and could not have seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from tidegate.core.comparison.sample import Floats

POWER = 0.8
FEWEST_UNITS = 10
"""Fewer independent units say nothing reliable about their own spread; nothing is judged on them."""


@dataclass(frozen=True)
class Interval:
    """Both ends, infinite where the draws do not bound the quantity."""

    low: float
    high: float

    @property
    def bounded(self) -> bool:
        """Whether both ends are finite numbers."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    def negated(self) -> Interval:
        """The interval of the quantity with its sign turned."""
        return Interval(-self.high, -self.low)


def percentile(draws: Floats, alpha: float, units: int) -> Interval:
    """Two-sided percentile interval at level ``1 - alpha``, widened for few units (Hesterberg 2015, section 5.4).

    A draw without a value (NaN) counts as low for the lower end and as high for the upper end: what may be undefined
    cannot be judged better for it.
    """
    tail = widened(alpha / 2, units)
    low = np.where(np.isnan(draws), -np.inf, draws)
    high = np.where(np.isnan(draws), np.inf, draws)
    return Interval(_quantile(low, tail), _quantile(high, 1 - tail))


def widened(tail: float, units: int) -> float:
    """The tail that makes a percentile interval as wide as Student's for this many units; `tail` itself for many."""
    if units < 2:
        return 0.0
    return float(ndtr(math.sqrt(units / (units - 1)) * stdtrit(units - 1, tail)))


def _quantile(draws: Floats, share: float) -> float:
    """Linear between order statistics, the k-th of n standing for ``k / (n + 1)``: few draws do not narrow the ends.

    An infinite neighbour is taken instead of turned into NaN.
    """
    ordered = np.sort(draws)
    place = min(max(share * (len(ordered) + 1) - 1, 0), len(ordered) - 1)
    below, above = float(ordered[math.floor(place)]), float(ordered[math.ceil(place)])
    if below == above or not (math.isfinite(below) and math.isfinite(above)):
        return below if share < 0.5 else above
    return below + (above - below) * (place - math.floor(place))


def detectable(spread: float, alpha: float) -> float:
    """Distance from a limit that is decided in 80 % of repeats, for a standard error `spread` and level `alpha`."""
    return float((-ndtri(alpha / 2) + ndtri(POWER)) * spread)


def rows_needed(distance: float, spread: float, alpha: float, rows: int) -> int | None:
    """How many more rows decide (in 80 % of repeats) a limit this far away; None when a thousandfold would not."""
    if distance <= 0 or not math.isfinite(distance):
        return None
    times = (detectable(spread, alpha) / distance) ** 2
    return math.ceil(rows * (times - 1)) if 1 < times <= 1000 else None
