"""How unlikely the truth is under a distribution whose mean was predicted, for counts, amounts and mixtures of both."""

from __future__ import annotations

import numpy as np
from scipy.special import xlogy

from tidegate.core.comparison.samples.sample import Floats


def deviance(truth: Floats, mean: Floats, power: float) -> Floats:
    """Unit deviance of the Tweedie family (Jørgensen 1987): variance ∝ mean^power; 1 is Poisson, 2 is gamma.

    NaN where the distribution cannot be: a mean that is not above zero, a truth below zero (from power 2: at zero).
    """
    with np.errstate(all="ignore"):
        value = np.asarray(2 * _half(truth, mean, power))
    outside = (mean <= 0) | ((truth <= 0) if power >= 2 else (truth < 0))
    return np.where(outside, np.nan, value)


def _half(truth: Floats, mean: Floats, power: float) -> Floats:
    if power == 1:
        return np.asarray(xlogy(truth, truth / mean) - truth + mean)
    if power == 2:
        return np.asarray(np.log(mean / truth) + truth / mean - 1)
    one, two = 1 - power, 2 - power
    return np.asarray(truth**two / (one * two) - truth * mean**one / one + mean**two / two)
