"""What live traffic says of a release: within its limits, beyond them, or not known yet. Nothing is never a success.

As in the comparison of models a decision is taken on a whole interval and not on a point. All intervals are exact or
hold for every distribution, so that a handful of requests cannot pass for evidence.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from scipy import special

from tidegate.core.deployment.environment import Limits
from tidegate.core.deployment.traffic import Histogram, Traffic


class Outcome(StrEnum):
    """What one look says."""

    SUCCESS = "success"
    FAILURE = "failure"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One question to the traffic: where the true value lies, and what would decide when it is open.

    `observed` is None where nothing was measured.
    """

    name: str
    outcome: Outcome
    observed: float | None
    low: float
    high: float
    limit: float
    sentence: str


def analyse(release: Traffic, champion: Traffic | None, limits: Limits, looks: int) -> tuple[Measurement, ...]:
    """Every question that the limits ask. `looks`: how often the traffic is looked at in all, this look included.

    The chance of a false failure over all questions and looks together is at most ``limits.alpha`` (Bonferroni).
    Without a champion nothing is asked that compares.
    """
    questions = [
        ("error rate", limits.error_rate is not None),
        ("latency", limits.latency_ratio is not None and champion is not None),
        ("predictions", limits.prediction_distance is not None and champion is not None),
    ]
    wanted = [name for name, asked in questions if asked]
    alpha = limits.alpha / max(1, len(wanted) * looks)
    found = []
    if limits.error_rate is not None:
        found.append(error_rate(release, limits.error_rate, alpha))
    if champion is not None and limits.latency_ratio is not None:
        found.append(latency(release.latency, champion.latency, limits, alpha))
    if champion is not None and limits.prediction_distance is not None:
        found.append(predictions(release.predictions, champion.predictions, limits.prediction_distance, alpha))
    return tuple(found)


def conclude(measurements: Iterable[Measurement]) -> Outcome:
    """One failure is a failure, all successes are a success; nothing measured is inconclusive."""
    outcomes = [measurement.outcome for measurement in measurements]
    if Outcome.FAILURE in outcomes:
        return Outcome.FAILURE
    return Outcome.SUCCESS if outcomes and set(outcomes) == {Outcome.SUCCESS} else Outcome.INCONCLUSIVE


def error_rate(traffic: Traffic, limit: float, alpha: float) -> Measurement:
    """The share of requests without an answer, with the exact interval of Clopper and Pearson (1934)."""
    errors, requests = traffic.errors, traffic.requests
    if not requests:
        return _nothing("error rate", limit, "no request was answered yet")
    low = float(special.betaincinv(errors, requests - errors + 1, alpha / 2)) if errors else 0.0
    high = float(special.betaincinv(errors + 1, requests - errors, 1 - alpha / 2)) if errors < requests else 1.0
    outcome = _decided(low, high, limit)
    sentence = f"{errors:,} of {requests:,} requests failed ({low:.2%} to {high:.2%}; limit {limit:.2%})"
    if outcome is Outcome.INCONCLUSIVE and not errors:
        sentence += f"; {_clean_requests(limit, alpha) - requests:,} more without a failure would decide"
    return Measurement(
        name="error rate",
        outcome=outcome,
        observed=errors / requests,
        low=low,
        high=high,
        limit=limit,
        sentence=sentence,
    )


def latency(release: Histogram, champion: Histogram, limits: Limits, alpha: float) -> Measurement:
    """The quotient of one quantile of both versions' answering times, times below the floor taken for the floor.

    Each quantile lies between two order statistics whose ranks follow from the binomial distribution, whatever the
    times are distributed like (Hahn and Meeker, Statistical Intervals, 1991, section 5.2); each takes half of `alpha`.
    """
    name, limit, floor = "latency", limits.latency_ratio or math.inf, limits.latency_floor.total_seconds()
    ours, theirs = (_quantile(histogram, limits.quantile, alpha / 2) for histogram in (release, champion))
    if ours is None or theirs is None:
        which = "the release" if ours is None else "the champion"
        return _nothing(name, limit, f"{which} has too few requests for its {limits.quantile:.0%} quantile")
    low = max(ours[0], floor) / max(theirs[1], floor)
    high = max(ours[1], floor) / max(theirs[0], floor)
    shown = f"{low:.2f} to {'more' if math.isinf(high) else f'{high:.2f}'}"
    return Measurement(
        name=name,
        outcome=_decided(low, high, limit),
        observed=None,
        low=low,
        high=high,
        limit=limit,
        sentence=f"{limits.quantile:.0%} of requests take {shown} times as long as the champion's (limit {limit:g})",
    )


def predictions(release: Histogram | None, champion: Histogram | None, limit: float, alpha: float) -> Measurement:
    """How far both versions' predictions are apart: the Kolmogorov-Smirnov distance at the bins' edges.

    Either empirical distribution is off by at most sqrt(ln(2 / a) / 2n) with probability 1 - a (Massart 1990).
    """
    name = "predictions"
    if release is None or champion is None or not release.total or not champion.total:
        return _nothing(name, limit, "no predictions were counted yet")
    if release.edges != champion.edges:
        return _nothing(name, limit, "the two versions count predictions in different bins")
    shares = zip(_shares(release), _shares(champion), strict=True)
    distance = max((abs(ours - theirs) for ours, theirs in shares), default=0.0)
    slack = sum(math.sqrt(math.log(4 / alpha) / (2 * counted.total)) for counted in (release, champion))
    low, high = max(0.0, distance - slack), min(1.0, distance + slack)
    return Measurement(
        name=name,
        outcome=_decided(low, high, limit),
        observed=distance,
        low=low,
        high=high,
        limit=limit,
        sentence=f"predictions are {distance:.3f} apart ({low:.3f} to {high:.3f}; limit {limit:g})",
    )


def _decided(low: float, high: float, limit: float) -> Outcome:
    if math.isnan(low) or math.isnan(high):
        return Outcome.INCONCLUSIVE
    if high <= limit:
        return Outcome.SUCCESS
    return Outcome.FAILURE if low > limit else Outcome.INCONCLUSIVE


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


def _shares(histogram: Histogram) -> list[float]:
    return [count / histogram.total for count in histogram.cumulative()[:-1]]


def _clean_requests(limit: float, alpha: float) -> int:
    """How many requests without a failure put the upper end at the limit: ``(1 - limit)^n <= alpha / 2``."""
    return math.ceil(math.log(alpha / 2) / math.log1p(-limit))


def _nothing(name: str, limit: float, why: str) -> Measurement:
    return Measurement(
        name=name,
        outcome=Outcome.INCONCLUSIVE,
        observed=None,
        low=math.nan,
        high=math.nan,
        limit=limit,
        sentence=f"{name}: {why}",
    )
