"""How much longer than the champion's clients those of a release wait."""

from __future__ import annotations

import math

from scipy import special

from tidegate.core.deployment.environment import Limits
from tidegate.core.deployment.measurement import Measurement, decided, nothing
from tidegate.core.deployment.traffic import Histogram


def latency(release: Histogram, champion: Histogram, limits: Limits, alpha: float) -> Measurement:
    """The quotient of one quantile of both versions' answering times, times below the floor taken for the floor.

    Each quantile lies between two order statistics whose ranks follow from the binomial distribution, whatever the
    times are distributed like (Hahn and Meeker, Statistical Intervals, 1991, section 5.2); each takes half of `alpha`.
    """
    name, limit, floor = "latency", limits.latency_ratio or math.inf, limits.latency_floor.total_seconds()
    ours, theirs = (_quantile(histogram, limits.quantile, alpha / 2) for histogram in (release, champion))
    if ours is None or theirs is None:
        which = "the release" if ours is None else "the champion"
        return nothing(name, limit, f"{which} has too few requests for its {limits.quantile:.0%} quantile")
    low = max(ours[0], floor) / max(theirs[1], floor)
    high = max(ours[1], floor) / max(theirs[0], floor)
    shown = f"{low:.2f} to {'more' if math.isinf(high) else f'{high:.2f}'}"
    return Measurement(
        name=name,
        outcome=decided(low, high, limit),
        observed=None,
        low=low,
        high=high,
        limit=limit,
        sentence=f"{limits.quantile:.0%} of requests take {shown} times as long as the champion's (limit {limit:g})",
    )


def _quantile(histogram: Histogram, quantile: float, alpha: float) -> tuple[float, float] | None:
    """Between which times the quantile lies; None when so few requests cannot say."""
    total = histogram.total
    lower, upper = (
        _binomial_quantile(alpha / 2, total, quantile),
        _binomial_quantile(1 - alpha / 2, total, quantile) + 1,
    )
    if lower < 1 or upper > total:
        return None
    return max(0.0, histogram.bounds_of_rank(lower)[0]), histogram.bounds_of_rank(upper)[1]


def _binomial_quantile(share: float, trials: int, probability: float) -> int:
    """The smallest count that a binomial variable reaches or stays under with at least this probability."""
    if not trials:
        return 0
    count = max(0, math.ceil(float(special.bdtrik(share, trials, probability))))
    return count - 1 if count and special.bdtr(count - 1, trials, probability) >= share else count
