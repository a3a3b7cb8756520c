"""Shares of requests: how many were not answered, how many were answered otherwise than by the champion."""

from __future__ import annotations

import math

from scipy import special

from tidegate.core.deployment.measurement import Measurement, Outcome, decided, nothing
from tidegate.core.deployment.traffic import Traffic


def exact(hits: int, trials: int, alpha: float) -> tuple[float, float]:
    """The exact interval of Clopper and Pearson (1934) for a probability; 0 to 1 without trials."""
    low = float(special.betaincinv(hits, trials - hits + 1, alpha / 2)) if hits else 0.0
    high = float(special.betaincinv(hits + 1, trials - hits, 1 - alpha / 2)) if hits < trials else 1.0
    return low, high


def error_rate(traffic: Traffic, limit: float, alpha: float) -> Measurement:
    """The share of requests without an answer, with its exact interval."""
    errors, requests = traffic.errors, traffic.requests
    if not requests:
        return nothing("error rate", limit, "no request was answered yet")
    low, high = exact(errors, requests, alpha)
    outcome = decided(low, high, limit)
    sentence = f"{errors:,} of {requests:,} requests failed ({low:.2%} to {high:.2%}; limit {limit:.2%})"
    more = _clean_requests(limit, alpha) - requests if outcome is Outcome.INCONCLUSIVE and not errors else None
    if more is not None:
        sentence += f"; {more:,} more without a failure would decide"
    return Measurement(
        name="error rate",
        outcome=outcome,
        observed=errors / requests,
        low=low,
        high=high,
        limit=limit,
        sentence=sentence,
        more=more,
    )


def _clean_requests(limit: float, alpha: float) -> int:
    """How many requests without a failure put the upper end at the limit: ``(1 - limit)^n <= alpha / 2``."""
    return math.ceil(math.log(alpha / 2) / math.log1p(-limit))
