"""What two versions said to the very same requests: the sharpest comparison there is, since nothing else differs."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right

from tidegate.core.deployment.environment import Changed
from tidegate.core.deployment.measurement import Measurement, decided, nothing
from tidegate.core.deployment.shares import exact
from tidegate.core.deployment.traffic import Histogram, Pairs

_RANGE = 2.0
"""A relative change lies between -1 and 1."""


def changed_share(pairs: Pairs | None, limits: Changed, alpha: float) -> Measurement:
    """The share of requests whose answer changed by more than `limits.beyond`, with its exact interval.

    Changes are counted in bins; where `beyond` lies inside a bin, that bin counts for neither end of the interval.
    """
    if pairs is None or not pairs.relative.total:
        return nothing("changed", limits.at_most, "no request was answered by both versions yet")
    counted = pairs.relative if limits.relative else pairs.absolute
    fewest, most = _beyond(counted, limits.beyond)
    low, high = exact(fewest, counted.total, alpha)[0], exact(most, counted.total, alpha)[1]
    amount = f"{limits.beyond:.3%}" if limits.relative else f"{limits.beyond:g}"
    some = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
    return Measurement(
        name="changed",
        outcome=decided(low, high, limits.at_most),
        observed=(fewest + most) / 2 / counted.total,
        low=low,
        high=high,
        limit=limits.at_most,
        sentence=f"{some} of {counted.total:,} answers changed by more than {amount} "
        f"({low:.2%} to {high:.2%}; limit {limits.at_most:.2%})",
    )


def mean_change(pairs: Pairs | None, limit: float, alpha: float) -> Measurement:
    """The mean relative change of an answer, up or down.

    With the empirical Bernstein bound, which holds for every distribution of a bounded value: Maurer and Pontil (2009),
    theorem 4.
    """
    if pairs is None or pairs.relative.total < 2:
        return nothing("mean change", limit, "fewer than two requests were answered by both versions yet")
    count = pairs.relative.total
    mean = pairs.total / count
    variance = max(0.0, (pairs.squares - pairs.total * mean) / (count - 1))
    surprise = math.log(4 / alpha)
    slack = math.sqrt(2 * variance * surprise / count) + 7 * _RANGE * surprise / (3 * (count - 1))
    low, high = max(0.0, abs(mean) - slack), abs(mean) + slack
    return Measurement(
        name="mean change",
        outcome=decided(low, high, limit),
        observed=mean,
        low=low,
        high=high,
        limit=limit,
        sentence=f"answers changed by {mean:+.2%} on average ({low:.2%} to {high:.2%} either way; limit {limit:.2%})",
    )


def _beyond(histogram: Histogram, value: float) -> tuple[int, int]:
    """Fewest and most values above `value`."""
    within = (0, *histogram.cumulative())
    surely, perhaps = bisect_left(histogram.edges, value) + 1, bisect_right(histogram.edges, value)
    return histogram.total - within[min(surely, len(within) - 1)], histogram.total - within[perhaps]
