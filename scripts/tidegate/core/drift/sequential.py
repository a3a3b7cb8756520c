"""Page and Hinkley's test with a mean that is known: how long can a stream of p-values look surprised by chance?

A test that learns its mean from the stream it judges never alarms on a stream that was moved from its first row on, and
learns slow drift as usual. Here the profile says what is usual: minus the logarithm of a p-value has mean 1 while
nothing has changed, whatever the column. So the threshold follows from how rare a false alarm is to be, by a formula.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MEAN = 1.0
"""Of minus the logarithm of a p-value while nothing has changed: an exponential distribution's."""
ALLOWANCE = 1.0
"""What a step may exceed the mean by before it adds up: changes too small to matter never do."""
STEPS_AT_LEAST = 3
"""No single step, however strange, makes an alarm: each adds at most the threshold over this number."""
_SMALLEST = 1e-300
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class PageHinkley:
    """`threshold`: the sum from which on it alarms; `most`: what one step can add (Page 1954, Hinkley 1971)."""

    threshold: float
    allowance: float = ALLOWANCE
    most: float = math.inf

    def after(self, score: float, value: float, mean: float = MEAN) -> float:
        """The sum after one more step: never below zero, and never so high that it could not come down again."""
        added = min(value - mean - self.allowance, self.most)
        return min(max(score + added, 0.0), self.threshold)

    def fires(self, score: float) -> bool:
        """Whether the sum has reached the threshold."""
        return score >= self.threshold * (1 - _ROUNDING)


def surprise(p: float) -> float:
    """What a step with this p-value says: exponential with mean 1 while nothing has changed."""
    return -math.log(max(p, _SMALLEST))


def calibrated(steps: float, allowance: float = ALLOWANCE) -> PageHinkley:
    """The test that alarms falsely at most once in `steps` steps on average, `steps` > 1.

    A sum of steps with E exp(θ·step) = 1 that is set back to zero needs on average at least exp(θ·λ) steps to reach λ
    (Lorden 1971, theorem 2, by Wald's identity). For a value that is exponential, θ solves −ln(1 − θ) = θ·(1 + δ).
    P-values that are larger than uniform ones, or capped, only make alarms rarer.
    """
    threshold = math.log(steps) / _theta(allowance)
    return PageHinkley(threshold=threshold, allowance=allowance, most=threshold / STEPS_AT_LEAST)


def _theta(allowance: float) -> float:
    """The positive root by bisection: the function is below zero before it and above behind."""
    low, high = 1e-9, 1.0 - 1e-15
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if -math.log1p(-middle) > middle * (1 + allowance) else (middle, high)
    return (low + high) / 2
