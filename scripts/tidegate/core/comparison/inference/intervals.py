"""From draws to an interval, and from an interval to what it could and could not have seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from tidegate.core.comparison.samples.sample import Floats

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

    def including(self, value: float) -> Interval:
        """The interval stretched to hold `value`."""
        return Interval(min(self.low, value), max(self.high, value))

    def negated(self) -> Interval:
        """The interval of the quantity with its sign turned."""
        return Interval(-self.high, -self.low)


@dataclass(frozen=True)
class Noise:
    """Where the chance in a difference comes from, as standard deviations in the metric's unit.

    `rows`: other rows of the same kind; `seeds`: another seed of both trainings, which no number of rows makes smaller.
    `same`: both models come from one recipe, so that the true difference is known to be none.
    """

    rows: float
    seeds: float
    same: bool = False

    @property
    def total(self) -> float:
        """Both together, as they are independent."""
        return math.hypot(self.rows, self.seeds)

    def rows_needed(self, distance: float, noticed: float, rows: int) -> int | None:
        """As the function, where `rows` rows notice a distance of `noticed`; None where seeds are in the way."""
        if distance <= 0 or not math.isfinite(distance) or not math.isfinite(noticed) or not noticed:
            return None
        left = (distance * self.total / noticed) ** 2 - self.seeds**2
        times = self.rows**2 / left if left > 0 else math.inf
        return math.ceil(rows * (times - 1)) if 1 < times <= 1000 else None


def percentile(draws: Floats, alpha: float, units: int) -> Interval:
    """Two-sided percentile interval at level ``1 - alpha``, widened for few units (Hesterberg 2015, section 5.4).

    A draw without a value (NaN) counts as low for the lower end and as high for the upper end: what may be undefined
    cannot be judged better for it.
    """
    tail = widened(alpha / 2, units)
    low = np.where(np.isnan(draws), -np.inf, draws)
    high = np.where(np.isnan(draws), np.inf, draws)
    return Interval(_quantile(low, tail), _quantile(high, 1 - tail))


def corrected(draws: Floats, here: float, acceleration: float) -> Floats:
    """Draws moved so that their percentiles are the ends of BCa intervals, at every level at once (Efron 1987).

    `here` is the value at the sample, `acceleration` the skewness that the jackknife finds. Each draw takes the place
    in the order of draws that BCa gives to its own, so draws of several quantities still belong together by number.
    """
    known = np.sort(draws[np.isfinite(draws)])
    if len(known) < 2 or known[0] == known[-1] or not math.isfinite(here):
        return draws
    most = len(known) + 1
    below = (np.mean(known < here) + np.mean(known <= here)) / 2
    bias = ndtri(np.clip(below, 1 / most, 1 - 1 / most))
    places = (np.searchsorted(known, draws, "left") + np.searchsorted(known, draws, "right") + 1) / 2
    moved = bias + ndtri(np.clip(places / most, 1 / most, 1 - 1 / most))
    # Beyond 1 / acceleration the correction is past its pole: all the way to the end that it was heading for.
    scale = np.maximum(1 - acceleration * moved, 0.0)
    with np.errstate(divide="ignore"):
        share = ndtr(bias + np.where(scale > 0, moved / np.where(scale > 0, scale, 1.0), np.copysign(np.inf, moved)))
    ends = np.interp(share * most - 1, np.arange(len(known)), known)
    return np.where(np.isfinite(draws), ends, draws)


def acceleration(without: Floats, times: Floats | None = None) -> float:
    """A sixth of the skewness of the values that leaving out one unit at a time gives; 0 where they do not vary.

    `times`: for how many units each value stands.
    """
    known = np.isfinite(without)
    counts = np.ones(len(without)) if times is None else np.asarray(times, dtype=np.float64)
    without, counts = without[known], counts[known]
    if not counts.sum():
        return 0.0
    shifts = np.average(without, weights=counts) - without
    squares = float(np.sum(counts * shifts**2))
    return float(np.sum(counts * shifts**3)) / (6 * squares**1.5) if squares > 0 else 0.0


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
