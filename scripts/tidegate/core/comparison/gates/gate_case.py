"""One gate with its evidence: which side of its limit the whole interval lies on, alone and among others.

Every gate is turned into one question: is a quantity at least a threshold? `no_worse_by` asks it of the gain (candidate
against champion, positive is better) and minus the limit, `better_by` of the gain and the limit, `at_least` of the
value, `at_most` of its negative.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from tidegate.core.answer import Verdict
from tidegate.core.comparison.inference.estimation import Estimate
from tidegate.core.comparison.inference.intervals import (
    POWER,
    Interval,
    Noise,
    detectable,
    percentile,
    rows_needed,
    widened,
)
from tidegate.core.comparison.metric_table import Direction
from tidegate.core.comparison.samples.sample import Floats
from tidegate.core.contract import Gate

AGAINST_CHAMPION = ("no_worse_by", "better_by")
_LEAST_ALPHA, _FINE = 1e-6, 0.05
_DIGITS = 12  # of the larger value: less is noise of binary arithmetic, and must not push a value over its limit


@dataclass(frozen=True, kw_only=True)
class Case:
    """A gate and the draws that decide it (of the difference, or of the candidate's value).

    `bounds`: the quantity's interval at level ``1 - alpha``, where draws alone do not give it.
    """

    gate: Gate
    direction: Direction
    estimate: Estimate
    draws: Floats
    bounds: Callable[[float], Interval] | None = None

    @cached_property
    def limit(self) -> Decimal:
        """The limit in the metric's own unit: a relative one is a share of the champion's value."""
        if not self.gate.relative or self.estimate.champion is None:
            return self.gate.limit
        return self.gate.limit * abs(Decimal(repr(self.estimate.champion)))

    @property
    def threshold(self) -> Decimal:
        """What the quantity must reach."""
        return -self.limit if self.gate.kind in ("no_worse_by", "at_most") else self.limit

    @property
    def sign(self) -> int:
        """1 where a larger difference (or value) is a larger quantity, else -1."""
        if self.gate.kind in AGAINST_CHAMPION:
            return 1 if self.direction == "higher" else -1
        return 1 if self.gate.kind == "at_least" else -1

    @cached_property
    def quantity(self) -> Floats:
        """Draws of the quantity, shape (draws,).

        A relative limit is a share of a champion's value that chance moves, too; its part of the chance is put on this
        side, so that the threshold can stay where it is.
        """
        estimate = self.estimate
        quantity = self.draws * self.sign
        moves = self.gate.relative and self.gate.kind in AGAINST_CHAMPION
        if not moves or estimate.champion is None or estimate.champion_draws is None:
            return quantity
        limit = float(self.gate.limit) * (np.abs(estimate.champion_draws) - abs(estimate.champion))
        return quantity + limit if self.gate.kind == "no_worse_by" else quantity - limit

    @property
    def here(self) -> float:
        """The quantity on the sample itself."""
        value = self.estimate.difference if self.gate.kind in AGAINST_CHAMPION else self.estimate.candidate
        return math.nan if value is None else value * self.sign

    @cached_property
    def spread(self) -> float:
        """Standard error of the quantity."""
        if self.noise is not None:  # draws of what few repeats left uncertain have tails too heavy to take it from
            return self.noise.total
        known = self.quantity[np.isfinite(self.quantity)]
        with np.errstate(over="ignore", invalid="ignore"):
            return float(np.std(known, ddof=1)) if len(known) > 1 else 0.0

    @property
    def noise(self) -> Noise | None:
        """Where the chance in the quantity comes from, if trainings with other seeds have told."""
        return self.estimate.noise if self.gate.kind in AGAINST_CHAMPION else None

    def detectable(self, alpha: float) -> float:
        """Distance from the threshold that is decided in 80 % of repeats, at level ``1 - alpha``."""
        if self.noise is None and self.bounds is None:
            return detectable(self.spread, self._widened(alpha))
        interval = self.interval(alpha)
        return (interval.high - interval.low) / 2 + float(ndtri(POWER)) * self.spread

    def rows_needed(self, alpha: float, rows: int) -> int | None:
        """How many more rows would decide it in 80 % of repeats; None when a thousandfold would not."""
        distance = abs(self.here - float(self.threshold))
        if self.noise is None and self.bounds is None:
            return rows_needed(distance, self.spread, self._widened(alpha), rows)
        noise = self.noise or Noise(rows=self.spread, seeds=0.0)
        return noise.rows_needed(distance, self.detectable(alpha), rows)

    def _widened(self, alpha: float) -> float:
        """The level at which an interval of many units would be as wide as this one."""
        return 2 * widened(alpha / 2, self.estimate.units)

    @cached_property
    def doubt(self) -> tuple[float, float]:
        """Two-sided p-value of the threshold (the smallest alpha that would decide the gate, before widening).

        Among equal ones (none of the draws is beyond it) the nearer threshold, in standard errors, is more doubtful.
        """
        if self.bounds is not None:
            return self._smallest_alpha(), -math.inf
        threshold = float(self.threshold)
        low = float(np.mean(~(self.quantity >= threshold)))
        high = float(np.mean(~(self.quantity < threshold)))
        return min(1.0, 2 * min(low, high)), -abs(self.here - threshold) / self.spread if self.spread else -math.inf

    def _smallest_alpha(self) -> float:
        """The smallest alpha whose interval decides, to a twentieth of itself."""
        low, high = math.log(_LEAST_ALPHA), 0.0
        while high - low > _FINE:
            middle = (low + high) / 2
            decided = self.decide(self.interval(math.exp(middle))) is not Verdict.UNDECIDED
            low, high = (low, middle) if decided else (middle, high)
        return math.exp(high)

    def interval(self, alpha: float) -> Interval:
        """Interval of the quantity at level ``1 - alpha``; as wide as what went unseen where no draw varies.

        A total that came without rows is taken as it is.
        """
        if not self.estimate.sampled:
            return Interval(self.here, self.here)
        if self.bounds is not None:
            return self.bounds(alpha)
        interval = percentile(self.quantity, alpha, self.estimate.units)
        if self.noise is not None and self.noise.same:
            return interval.including(0.0)
        if self.gate.kind in AGAINST_CHAMPION or interval.low < interval.high:
            return interval
        unseen = self.estimate.unseen(alpha / 2) or (self.estimate.candidate, self.estimate.candidate)
        low, high = sorted(end * self.sign for end in unseen)
        return Interval(min(low, interval.low), max(high, interval.high))

    def decide(self, interval: Interval) -> Verdict:
        """Pass when all of the interval reaches the threshold, fail when none of it does; a total by its own digits."""
        if not self.estimate.sampled:
            if self._enough(self._written(), self.threshold):
                return Verdict.PASS
            equal = self.noise is not None and self.noise.same
            return Verdict.UNDECIDED if equal and self._enough(Decimal(0), self.threshold) else Verdict.FAIL
        if self.reaches(interval.low):
            return Verdict.PASS
        return Verdict.UNDECIDED if self.reaches(interval.high) else Verdict.FAIL

    def reaches(self, value: float) -> bool:
        """Whether a quantity is at or over the threshold (over it, for ``better_by: 0``), to 12 digits."""
        if not math.isfinite(value):
            return value == math.inf
        sizes = [Decimal(repr(abs(size or 0.0))) for size in (self.estimate.candidate, self.estimate.champion, value)]
        step = Decimal(1).scaleb(max(*sizes, abs(self.threshold)).adjusted() - _DIGITS + 1)
        return self._enough(Decimal(round(Decimal(repr(value)) / step)), Decimal(round(self.threshold / step)))

    def _enough(self, found: Decimal, needed: Decimal) -> bool:
        return found > needed if self.gate.kind == "better_by" and self.limit == 0 else found >= needed

    def _written(self) -> Decimal:
        """The quantity in the digits in which its values were written."""
        value = Decimal(repr(self.estimate.candidate))
        if self.gate.kind in AGAINST_CHAMPION:
            value -= Decimal(repr(self.estimate.champion))
        return value * self.sign


def holm(cases: Sequence[Case], alpha: float) -> list[float]:
    """The level each case of a family is decided at, in the order given (Holm 1979, step down).

    The surest case is judged at ``alpha / m``, the next at ``alpha / (m - 1)`` and so on until one stays
    undecided; that one's level holds for all that are left. With these levels each verdict is that of the printed
    interval, and the chance that any verdict of the family is wrong is at most `alpha`.
    """
    levels = [alpha] * len(cases)
    order = sorted(range(len(cases)), key=lambda place: cases[place].doubt)
    stopped = 0.0
    for step, place in enumerate(order):
        levels[place] = stopped or alpha / (len(cases) - step)
        if not stopped and cases[place].decide(cases[place].interval(levels[place])) is Verdict.UNDECIDED:
            stopped = levels[place]
    return levels
