"""The effect that a window of this size reaches by chance: simulated from the reference, never a rule of thumb.

Two hundred rows without drift reach a PSI of 0.085; a fixed limit of 0.1 on ten million rows hides everything below it
and on a hundred rows alarms every day. So the limit is the contract's, raised where chance alone would reach it.
"""

from __future__ import annotations

from math import log
from zlib import crc32

import numpy as np
from scipy.special import chdtri

from tidegate.core.drift.cells import Sample
from tidegate.core.drift.distances import jensen_shannon, shares
from tidegate.core.drift.spread import Spread

DRAWS = 2_000
_SAFE = 2.0
"""How far, in squared distance, the large-sample law has to stay below a floor for the simulation to be left out."""


def floor(base: Sample, spread: Spread, min_effect: float, *, alpha: float, name: str) -> float:
    """The effect from which on a difference counts: `min_effect`, or what chance alone reaches where that is more."""
    cells = max(int(np.count_nonzero(base.counts)) - 1, 1)
    sizes = 1 / spread.effective + 1 / spread.base_effective
    expected = float(chdtri(cells, alpha)) * sizes / (8 * log(2))  # squared distance of well-filled cells
    if expected * _SAFE < min_effect**2:
        return min_effect
    return max(min_effect, by_chance(base, spread, alpha=alpha, name=name))


def by_chance(base: Sample, spread: Spread, *, alpha: float, name: str) -> float:
    """The Jensen–Shannon distance that a window without drift exceeds with a probability of about `alpha`.

    Both sides are drawn with as many rows as they are worth when rows of a cluster are alike: whole numbers, because a
    week of seven weathers is no bell curve. Seeded by the column and the sizes: the same question has the same answer.
    """
    p = shares(base.counts)
    here, there = (max(round(size), 1) for size in (spread.effective, spread.base_effective))
    random = np.random.default_rng([crc32(name.encode("utf-8", "replace")), here, there])
    one, other = (random.multinomial(size, p, size=DRAWS) / size for size in (here, there))
    return float(np.quantile(jensen_shannon(one, other), 1 - alpha, method="higher"))
