"""How far apart the two most different of several groups are, with an interval that holds for any number of groups.

The largest of many noisy differences is too large on average: equal groups look unequal. So no interval is taken from
draws of the largest difference itself. With ``d[p]`` the true difference of the ordered pair ``p`` of groups, the gap
is ``max d[p]``, and

* it is at least ``d[p]`` for every pair, so the largest of *simultaneous* lower ends is a lower end: draws of the
  largest studentised error of any pair say how far the ends have to lie (max-t; Westfall and Young 1993, chapter 2);
* it is ``d[p]`` for one pair that is what it is, whatever the sample says, so the largest of the *single* upper ends is
  an upper end (an intersection-union argument; Berger 1982).

Both together miss with probability `alpha` at most. The change of the gap between two models is bounded by the paired
change of one pair: ``gap' - gap <= d'[p] - d[p]`` for the widest pair ``p`` of the new model, and the other way round
for that of the old one. Which pairs may be the widest, simultaneous bands of both models say, at a fifth of `alpha`
each; so do the bands bound the change by themselves, which counts where the widest pair is another one than before.

Ratios are treated the same way on the logarithmic scale. A test holds all of this against simulations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

import numpy as np
from scipy.special import ndtr, ndtri

from tidegate.core.comparison.inference.intervals import Interval, percentile, widened
from tidegate.core.comparison.samples.sample import Floats
from tidegate.core.contract import Measure

_BAND = 0.2
"""The share of `alpha` that each model's band takes when two models are compared."""
Unseen = Callable[[float], tuple[float, float] | None]
_Pair = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Spread:
    """One metric of one model in several groups: values (groups,), draws (groups, draws), independent units of each.

    `unseen`: what a group without any variation leaves open at a tail probability, see `Summed.unseen`.
    """

    measure: Measure
    values: Floats
    draws: Floats
    units: Sequence[int]
    unseen: Sequence[Unseen] = ()

    @property
    def gap(self) -> float:
        """The largest value minus the smallest, or over it; NaN where a value is undefined or a ratio means nothing."""
        largest, smallest = float(np.max(self.values)), float(np.min(self.values))
        if self.measure == "difference":
            return largest - smallest
        return largest / smallest if smallest > 0 else math.nan

    @property
    def gap_draws(self) -> Floats:
        """The same of every draw, shape (draws,): for its spread only, see the module."""
        scaled = _scaled(self.measure, self.draws)
        return _unscaled(self.measure, scaled.max(axis=0) - scaled.min(axis=0))

    @cached_property
    def pairs(self) -> tuple[_Pair, ...]:
        """All ordered pairs of groups."""
        return tuple(permutations(range(len(self.values)), 2))

    @cached_property
    def _here(self) -> Floats:
        return _scaled(self.measure, self.values)

    @cached_property
    def _scaled(self) -> Floats:
        return _scaled(self.measure, self.draws)

    def pair_here(self, pair: _Pair) -> float:
        """Their difference on the sample, on the scale of the measure."""
        return float(self._here[pair[0]] - self._here[pair[1]])

    def pair_draws(self, pair: _Pair) -> Floats:
        """Their difference in every draw, on the scale of the measure, shape (draws,)."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self._scaled[pair[0]] - self._scaled[pair[1]])

    def pair_units(self, pair: _Pair) -> int:
        """How many independent units the smaller of the two has."""
        return min(self.units[place] for place in pair)

    @cached_property
    def _errors(self) -> tuple[Floats, Floats]:
        """Standard error of each pair, shape (pairs,), and the sorted largest studentised error of any, (draws,)."""
        errors, largest = np.zeros(len(self.pairs)), np.zeros(self.draws.shape[1])
        for place, pair in enumerate(self.pairs):
            moved = self.pair_draws(pair) - self.pair_here(pair)
            known = moved[np.isfinite(moved)]
            errors[place] = np.std(known, ddof=1) if len(known) > 1 else 0.0
            if errors[place]:
                largest = np.maximum(largest, np.where(np.isfinite(moved), np.abs(moved) / errors[place], np.inf))
        return errors, np.sort(largest)

    def band(self, alpha: float) -> tuple[Floats, Floats]:
        """Both ends for every pair, shape (pairs,) each; all of them hold together with probability ``1 - alpha``."""
        errors, largest = self._errors
        place = min(max(math.ceil((1 - alpha) * (len(largest) + 1)) - 1, 0), len(largest) - 1)
        tail = float(ndtr(-largest[place]))
        wide = np.array([-ndtri(widened(tail, self.pair_units(pair))) if tail else math.inf for pair in self.pairs])
        here = np.array([self.pair_here(pair) for pair in self.pairs])
        reach = np.where(errors > 0, wide * np.where(errors > 0, errors, 1.0), 0.0)
        slack = self._slack(alpha / 2)
        place_of = {pair: number for number, pair in enumerate(self.pairs)}
        turned = slack[[place_of[pair[::-1]] for pair in self.pairs]]
        return here - reach - turned, here + reach + slack

    def _slack(self, tail: float) -> Floats:
        """By how much each pair may be further apart for groups that show no variation at all, shape (pairs,)."""
        up, down = np.zeros(len(self.values)), np.zeros(len(self.values))
        for place, unseen in enumerate(self.unseen):
            if np.ptp(self.draws[place]) == 0 and (ends := unseen(tail / len(self.values))) is not None:
                low, high = _scaled(self.measure, np.array(ends))
                up[place], down[place] = high - self._here[place], self._here[place] - low
        return np.array([up[one] + down[other] for one, other in self.pairs])

    def interval(self, alpha: float) -> Interval:
        """Interval of the gap at level ``1 - alpha``."""
        if not np.all(np.isfinite(self._here)):
            return Interval(-math.inf, math.inf)
        lows, _ = self.band(alpha / 2)
        ends = np.array([max(0.0, lows.max()), self._highest(alpha)])
        return Interval(*_unscaled(self.measure, ends).tolist())

    def _highest(self, alpha: float) -> float:
        """The largest of the single upper ends of all pairs, each at level ``1 - alpha``."""
        slack, highest = self._slack(alpha / 2), 0.0
        for place, pair in enumerate(self.pairs):
            draws = self.pair_draws(pair)
            if not draws.max() + slack[place] <= highest:  # else its end is not the largest either
                highest = max(highest, percentile(draws, alpha, self.pair_units(pair)).high + slack[place])
        return highest


def change(new: Spread, old: Spread, alpha: float, factor: float = 1.0) -> Interval:
    """Interval of the new model's gap minus `factor` times the old one's, whose draws belong together one by one."""
    if not (np.all(np.isfinite(new.values)) and np.all(np.isfinite(old.values))):
        return Interval(-math.inf, math.inf)
    bands = [_Band.of(spread, _BAND * alpha) for spread in (new, old)]
    ends = [
        [_paired(new, old, pair, (1 - 2 * _BAND) * alpha, factor) for pair in band.widest(spread)]
        for spread, band in zip((new, old), bands, strict=True)
    ]
    low = max(min(end.low for end in ends[1]), bands[0].low - factor * bands[1].high)
    high = min(max(end.high for end in ends[0]), bands[0].high - factor * bands[1].low)
    return Interval(min(low, high), max(low, high))


@dataclass(frozen=True, kw_only=True)
class _Band:
    """Simultaneous ends of a model's pairs (on the scale of the measure) and of its gap (in its own unit)."""

    lows: Floats
    highs: Floats
    low: float
    high: float

    @classmethod
    def of(cls, spread: Spread, alpha: float) -> _Band:
        lows, highs = spread.band(alpha)
        low, high = _unscaled(spread.measure, np.array([max(0.0, lows.max()), max(0.0, highs.max())]))
        return cls(lows=lows, highs=highs, low=float(low), high=float(high))

    def widest(self, spread: Spread) -> Iterator[_Pair]:
        """The pairs that may be the widest."""
        floor = max(0.0, self.lows.max())
        return (pair for pair, high in zip(spread.pairs, self.highs, strict=True) if high >= floor)


def _paired(new: Spread, old: Spread, pair: _Pair, alpha: float, factor: float) -> Interval:
    """Interval of the change of one pair, in the unit of the measure."""
    now, before = (_unscaled(spread.measure, spread.pair_draws(pair)) for spread in (new, old))
    return percentile(now - factor * before, alpha, new.pair_units(pair))


def _scaled(measure: Measure, values: Floats) -> Floats:
    """What differences are taken of; NaN for what has no logarithm."""
    if measure == "difference":
        return values
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(values > 0, np.log(np.where(values > 0, values, 1.0)), np.nan)


def _unscaled(measure: Measure, values: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return values if measure == "difference" else np.exp(values)
