"""How far two histograms of predictions are apart, in the same bins or not, and whether one is a single value.

A release counts its predictions in the bins of its own profile. Two releases of which one was trained on newer data
have other bins, so that between the edges only bounds are known; all that is said here holds whatever lies inside.
"""

from __future__ import annotations

import math
from bisect import bisect_left

from tidegate.core.deployment.measurement import Measurement, Outcome, decided, nothing
from tidegate.core.deployment.shares import exact
from tidegate.core.deployment.traffic import Histogram

Between = tuple[float, float]


def predictions(
    release: Histogram | None,
    reference: Histogram | None,
    limit: float,
    alpha: float,
    *,
    name: str = "predictions",
    whose: str = "the champion's",
) -> Measurement:
    """How far both distributions are apart: the Kolmogorov-Smirnov distance at the edges of both.

    Either empirical distribution is off by at most sqrt(ln(2 / a) / 2n) with probability 1 - a (Massart 1990).
    """
    if reference is None or not reference.total:
        return nothing(name, limit, f"{whose} are not known")
    if release is None or not release.total:
        return nothing(name, limit, "no predictions were counted yet")
    least, most = distance(release, reference)
    slack = sum(math.sqrt(math.log(4 / alpha) / (2 * counted.total)) for counted in (release, reference))
    low, high = max(0.0, least - slack), min(1.0, most + slack)
    seen = f"{least:.3f}" if most - least < 0.0005 else f"{least:.3f} to {most:.3f} (bins differ)"
    return Measurement(
        name=name,
        outcome=decided(low, high, limit),
        observed=(least + most) / 2,
        low=low,
        high=high,
        limit=limit,
        sentence=f"predictions are {seen} from {whose} ({low:.3f} to {high:.3f}; limit {limit:g})",
    )


def distance(one: Histogram, other: Histogram) -> Between:
    """Smallest and largest possible distance at the edges of both; one number for equal bins.

    Raises ZeroDivisionError for a histogram of nothing.
    """
    least = most = 0.0
    for edge in sorted({*one.edges, *other.edges}):
        mine, theirs = below(one, edge), below(other, edge)
        least = max(least, mine[0] - theirs[1], theirs[0] - mine[1])
        most = max(most, mine[1] - theirs[0], theirs[1] - mine[0])
    return least, most


def below(histogram: Histogram, value: float) -> Between:
    """Between which shares the share of values up to and with `value` lies; exact where `value` is an edge."""
    cumulative = (0, *histogram.cumulative())
    place = bisect_left(histogram.edges, value)
    upper = cumulative[place + 1]
    is_edge = place < len(histogram.edges) and histogram.edges[place] == value
    return (upper if is_edge else cumulative[place]) / histogram.total, upper / histogram.total


def constant(release: Histogram | None, reference: Histogram | None, alpha: float) -> Measurement:
    """Whether the release says one thing only, where `reference` (champion or profile) says many.

    When all n predictions lie in a bin that holds at most a share p of the reference, chance does that with p^n.
    """
    if release is None or not release.total:
        return nothing("constant", 1.0, "no predictions were counted yet")
    total = release.total
    filled = [place for place, count in enumerate(release.counts) if count]
    if len(filled) > 1 or reference is None or not reference.total:
        return _spread(max(release.counts) / total, f"predictions fall into {len(filled)} bins")
    there = _share_in(reference, *_bounds(release, filled[0]))
    if there == reference.total:
        return _spread(1.0, f"all {total:,} predictions fall into one bin, as the reference's do")
    chance = exact(there, reference.total, alpha)[1] ** total
    failed = chance <= alpha / 2
    shown = f"all {total:,} predictions fall into one bin, which holds {there / reference.total:.0%} of the reference's"
    return Measurement(
        name="constant",
        outcome=Outcome.FAILURE if failed else Outcome.INCONCLUSIVE,
        observed=1.0,
        low=1 - chance,
        high=1.0,
        limit=1.0,
        sentence=f"constant: {shown}",
    )


def _spread(largest: float, sentence: str) -> Measurement:
    return Measurement(
        name="constant",
        outcome=Outcome.SUCCESS,
        observed=largest,
        low=0.0,
        high=largest,
        limit=1.0,
        sentence=sentence,
    )


def _bounds(histogram: Histogram, place: int) -> Between:
    edges = (-math.inf, *histogram.edges, math.inf)
    return edges[place], edges[place + 1]


def _share_in(histogram: Histogram, low: float, high: float) -> int:
    """At most so many values lie in ``(low, high]``: those of every bin that reaches into it."""
    bins = (_bounds(histogram, place) for place in range(len(histogram.counts)))
    overlapping = (low < top and bottom < high for bottom, top in bins)
    return sum(count for count, inside in zip(histogram.counts, overlapping, strict=True) if inside)
